/*
 * supervisor: the process that stands between a worker and the processes of one attempt
 * (tidemill-worker --supervise). It adopts whatever the attempt leaves behind, and ends all of it
 * when it is told to, when the attempt's first process ends, or when its worker is gone.
 */
#ifndef WORKER_SUPERVISOR_H
#define WORKER_SUPERVISOR_H

/* supervise: runs the job of JOB_FILE_FD to its end; the exit code of the program. */
int supervise(void);

#endif
