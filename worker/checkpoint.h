/*
 * checkpoint: the checkpoint directory of one attempt, saved to the store and restored from it by
 * processes of their own (pack.h, carry.h). One thing at a time; the caller polls helper.out,
 * which may be another one after each call, and calls checkpoint_ready.
 *
 *   STORE/CLUSTER/E.T/NUMBER-SEQ.tar.zst     on a shared path; never overwritten (R8)
 *
 * Without a shared path the archive is a file without a name, which goes to the coordinator.
 */
#ifndef WORKER_CHECKPOINT_H
#define WORKER_CHECKPOINT_H

#include "worker/agent.h"
#include "worker/files.h"
#include "worker/helper.h"

#include "base/error.h"

#include <tidemill/wire.h>

#include <stdbool.h>
#include <sys/types.h>

/* What the process at work does. */
enum checkpoint_stage {
    CHECKPOINT_ARCHIVES,
    CHECKPOINT_STORES, /* to the coordinator */
    CHECKPOINT_FETCHES,
    CHECKPOINT_EXTRACTS
};

struct checkpoint {
    char folder[FILES_PATH_BYTES]; /* what is saved */
    char store[FILES_PATH_BYTES];  /* STORE/CLUSTER/E.T; "" the coordinator */
    const struct key_access *way;  /* to the coordinator's files; its endpoint "": none is known */
    const char *scratch;           /* a folder for archives on their way */
    struct wire_attempt attempt;
    int64_t max_bytes;
    int32_t keep;
    int32_t from_attempt, from_seq; /* where it began; attempt 0 the beginning */
    bool has_user;
    uint32_t uid, gid;

    struct helper helper; /* the process at work */
    int file;             /* the archive on its way; -1 none */
    enum checkpoint_stage stage;
    struct agent_checkpoint from; /* that is being restored */
    int64_t begun_ms, took_ms;    /* of the last save that was finished */
    char path[FILES_PATH_BYTES], beside[FILES_PATH_BYTES];
    uint64_t signature;           /* of what is being saved */
    uint64_t saved_signature;     /* of what was saved last */
    struct agent_checkpoint last; /* the last one saved */
    struct agent_checkpoint
        making; /* its number and step: the one being saved, or that was dropped */
};

enum checkpoint_event {
    CHECKPOINT_BUSY,
    CHECKPOINT_SAVED,   /* `last` is in the store, durable */
    CHECKPOINT_DROPPED, /* helper.said tells why */
    CHECKPOINT_RESTORED,
    CHECKPOINT_BAD,     /* it is not what was saved, or gone; helper.said tells why */
    CHECKPOINT_LOST_WAY /* it could not be fetched or unpacked here; helper.said tells why */
};

/* checkpoint_init: of `folder`, into the assignment's store; `way` and `scratch` must stay. */
void checkpoint_init(struct checkpoint *checkpoint, const struct wire_assign *assign,
                     const char *cluster, const char *folder, const struct key_access *way,
                     const char *scratch);

/* checkpoint_changed: there is something in the folder that was not saved yet. */
bool checkpoint_changed(const struct checkpoint *checkpoint);

/* checkpoint_save, checkpoint_restore: begins. TIDE_NOT_FOUND: the checkpoint is not there. */
enum tide_status checkpoint_save(struct checkpoint *checkpoint, int64_t step, int64_t now_ms,
                                 struct error *error);
enum tide_status checkpoint_restore(struct checkpoint *checkpoint,
                                    const struct agent_checkpoint *from, struct error *error);

/* checkpoint_ready: helper.out has input or was closed. */
enum checkpoint_event checkpoint_ready(struct checkpoint *checkpoint, int64_t now_ms);

/* checkpoint_abandon: ends what is at work. */
void checkpoint_abandon(struct checkpoint *checkpoint);

/* checkpoint_prune: `seq` of this attempt is on record: of it and all before it only the last ones
 * stay on a shared path, as many as the spec says. */
void checkpoint_prune(const struct checkpoint *checkpoint, int32_t seq);

#endif
