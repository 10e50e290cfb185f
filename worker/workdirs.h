/*
 * workdirs: the packed working directories that this worker has: each fetched once from the
 * coordinator, verified, unpacked and set up, whatever the number of slots that wait for it. From
 * the result every attempt gets a copy of its own.
 *
 *   STATE/workdirs/HASH-SETUP/tree     SETUP: a digest of the setup's words
 *   STATE/workdirs/HASH-SETUP/tmp
 *   STATE/workdirs/HASH-SETUP.ready    it can be used; without it the folder is made anew
 */
#ifndef WORKER_WORKDIRS_H
#define WORKER_WORKDIRS_H

#include "worker/attempt.h"
#include "worker/helper.h"
#include "worker/setup.h"

enum {
    WORKDIRS_MAX = 8, /* on the disk at once; the one that was not used for longest gives way */
    WORKDIR_FDS = 2,
    WORKDIR_NONE = -1
};

enum workdir_state {
    WORKDIR_EMPTY,
    WORKDIR_FETCHES,
    WORKDIR_EXTRACTS,
    WORKDIR_SETS_UP,
    WORKDIR_READY,
    WORKDIR_FAILED /* `cause` and `why`; the next attempt that wants it tries again */
};

struct workdir {
    enum workdir_state state;
    char name[WIRE_HASH_HEX + 32];
    char folder[FILES_PATH_BYTES];
    char tree[FILES_PATH_BYTES];
    char hash[WIRE_HASH_HEX + 1];
    int64_t bytes;
    int users;     /* attempts that wait for it, or run in a copy */
    uint64_t used; /* the larger, the later */
    struct helper helper;
    int file; /* the archive; -1 none */
    int job;  /* of the setup; -1 none */
    struct setup setup;
    enum wire_cause cause;
    char why[ERROR_TEXT_BYTES];
};

struct workdirs {
    const struct attempt_options *options;
    uint64_t uses;
    struct workdir list[WORKDIRS_MAX];
};

/* workdirs_open: finds those that an earlier worker of this state folder left ready. */
void workdirs_open(struct workdirs *workdirs, const struct attempt_options *options);

/* workdirs_want: the one of this assignment, begun if it is not there; its index, WORKDIR_NONE
 * where all are in use. Given back by workdirs_release. */
int workdirs_want(struct workdirs *workdirs, const struct wire_assign *assign);
void workdirs_release(struct workdirs *workdirs, int index);

/* workdirs_fds: what to poll of entry `index`. workdirs_ready: one of them has input or was closed.
 */
void workdirs_fds(const struct workdirs *workdirs, int index, int fds[WORKDIR_FDS]);
void workdirs_ready(struct workdirs *workdirs, int index, int64_t now_ms);

/* workdirs_deadline, workdirs_tick: the end of a setup's time. */
int64_t workdirs_deadline(const struct workdirs *workdirs);
void workdirs_tick(struct workdirs *workdirs, int64_t now_ms);

/* workdirs_reroute: the coordinator's files are elsewhere now, as the options' `way` says. */
void workdirs_reroute(struct workdirs *workdirs);

/* workdirs_reaped: whether this child was one of theirs. */
bool workdirs_reaped(struct workdirs *workdirs, pid_t child);

/* workdirs_close: ends what is at work. */
void workdirs_close(struct workdirs *workdirs);

#endif
