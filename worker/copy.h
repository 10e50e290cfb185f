/*
 * copy: a folder with everything in it, as the attempt's user, by a process of its own:
 *
 *   tidemill-worker --copy FROM TO USER GROUP
 *
 * TO is there, and empty. Files share their blocks with the original where the file system can do
 * that. In the end it prints COPY_DONE, or one line for a person.
 */
#ifndef WORKER_COPY_H
#define WORKER_COPY_H

#define COPY_DONE "copied"

/* copy_main: the program in this role; its exit code. */
int copy_main(int argc, char **argv);

#endif
