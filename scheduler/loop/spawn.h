/*
 * spawn: how the coordinator starts processes: posix_spawn, never fork, for it has threads.
 */
#ifndef LOOP_SPAWN_H
#define LOOP_SPAWN_H

#include <spawn.h>

/* spawn_attributes: a group of its own, so that a terminal's Ctrl-C reaches the coordinator alone;
 * signals as a new program expects them. The caller destroys the attributes. */
void spawn_attributes(posix_spawnattr_t *attributes);

#endif
