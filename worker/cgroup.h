/*
 * cgroup: where this machine lets a worker make control groups (version 2), each attempt gets one:
 * then nothing it starts can escape, not even when worker and supervisor are killed with -9
 * together: the next worker on the same state folder ends what is left.
 *
 *   MOUNT/OWN-GROUP/tidemill-HASH/E.T.N     HASH: of the state folder's path
 */
#ifndef WORKER_CGROUP_H
#define WORKER_CGROUP_H

#include "worker/files.h"

#include <tidemill/wire.h>

#include <stdbool.h>
#include <stdint.h>

struct cgroup {
    char folder[FILES_PATH_BYTES]; /* "" where none can be made */
};

/* cgroup_open: makes the worker's group if it can, and ends what an earlier one left in it. */
void cgroup_open(struct cgroup *cgroup, const char *state);

/* cgroup_close: takes it away again; what still runs in it is ended. */
void cgroup_close(struct cgroup *cgroup);

/* cgroup_make: a group for the attempt, its path into `path` (of FILES_PATH_BYTES), "" without. */
void cgroup_make(const struct cgroup *cgroup, struct wire_attempt attempt, char *path);

/* cgroup_end: ends what runs in `path` ("" nothing) and takes it away; false: not empty yet. */
bool cgroup_end(const char *path);

/* cgroup_out_of_memory: the kernel has killed a process of `path` for memory. */
bool cgroup_out_of_memory(const char *path);

#endif
