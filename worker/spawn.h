/*
 * spawn: this program once more, in another role, as a child. Never fork: a worker may be large.
 */
#ifndef WORKER_SPAWN_H
#define WORKER_SPAWN_H

#include "base/error.h"

#include <sys/types.h>

enum { SPAWN_FDS = 4, SPAWN_FIRST_FD = 1 };

/*
 * spawn_self: runs this binary with `words` (NULL at the end) in a session of its own, with an
 * empty environment, /dev/null as input and `fds[i]` as its descriptor SPAWN_FIRST_FD + i (-1:
 * /dev/null). Call it from the main thread only: the supervisor's children die with the thread that
 * forked.
 */
enum tide_status spawn_self(const char *const *words, const int fds[SPAWN_FDS], pid_t *pid,
                            struct error *error);

/* spawn_beside: the same with the program `name` of this one's folder. */
enum tide_status spawn_beside(const char *name, const char *const *words, const int fds[SPAWN_FDS],
                              pid_t *pid, struct error *error);

#endif
