/*
 * sweep: ends the children of this process. A process that adopts orphans (PR_SET_CHILD_SUBREAPER)
 * calls it until none is left: the children of what it kills come to it.
 */
#ifndef WORKER_SWEEP_H
#define WORKER_SWEEP_H

#include <stddef.h>
#include <sys/types.h>

/* sweep_children: SIGKILL to each child but the `count` of `spared`; how many there were. */
size_t sweep_children(const pid_t *spared, size_t count);

#endif
