/*
 * become: giving up root for good.
 */
#ifndef WORKER_BECOME_H
#define WORKER_BECOME_H

#include <stdbool.h>
#include <sys/types.h>

/* become_user: groups, group and user, verified; false (errno) leaves the process to be ended. */
bool become_user(uid_t uid, gid_t gid);

/* become_named: the same with numbers in text; "-" stays who it is. */
bool become_named(const char *user, const char *group);

#endif
