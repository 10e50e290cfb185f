/*
 * worker: the loop of tidemill-worker: one thread, the only clock and poll. Events go to the agent,
 * its actions to link, outbox and attempts.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "worker/options.h"

/* worker_run: until there is a reason to leave; the exit code of the program. The process must end
 * by _exit afterwards. */
int worker_run(const struct options *options);

#endif
