/*
 * outbox: what a worker must not forget, on its disk: per cluster the results it still owes (R3),
 * the highest attempt it has seen of each trial (R6), and the highest incarnation (R10).
 *
 *   STATE/lock                       held while a worker uses the folder
 *   STATE/last                       the cluster of the last session
 *   STATE/CLUSTER/incarnation
 *   STATE/CLUSTER/seen               a line "EXPERIMENT TRIAL ATTEMPT" for each that was accepted
 *   STATE/CLUSTER/outbox/E.T.N       the RESULT as it goes on the wire
 *   STATE/CLUSTER/outbox/E.T.N.ckpt  the CKPT that must go before it
 *   STATE/attempts/E.T.N/            the files of an attempt that runs
 */
#ifndef WORKER_OUTBOX_H
#define WORKER_OUTBOX_H

#include "worker/agent.h"
#include "worker/files.h"

#include "base/error.h"

#include <tidemill/wire.h>

struct outbox {
    char folder[FILES_PATH_BYTES]; /* STATE */
    char cluster[WIRE_ID_HEX + 1]; /* "" none yet */
    int lock;
    int seen; /* the file, open for appending; -1 no cluster */
    size_t seen_lines;
};

/* outbox_open: takes the folder `state`, made if missing; TIDE_BUSY when another worker has it.
 * `cluster` becomes the last one. Closed by outbox_close. */
enum tide_status outbox_open(struct outbox *outbox, const char *state, struct error *error);
void outbox_close(struct outbox *outbox);

/* outbox_enter: from now on of `cluster`, under this incarnation. */
enum tide_status outbox_enter(struct outbox *outbox, const char *cluster, int64_t incarnation,
                              struct error *error);

/* outbox_incarnation: the highest seen of the present cluster; 0 none. */
int64_t outbox_incarnation(const struct outbox *outbox);

/* outbox_remember: before anybody can know that the attempt was accepted. */
enum tide_status outbox_remember(struct outbox *outbox, struct wire_attempt attempt,
                                 struct error *error);

/* outbox_store: the result and, where `checkpoint` is not NULL, the CKPT before it; durable. */
enum tide_status outbox_store(struct outbox *outbox, const struct wire_message *result,
                              const struct wire_message *checkpoint, struct error *error);

/* outbox_result: the stored result into `message`, for the caller to wire_message_fini. */
enum tide_status outbox_result(const struct outbox *outbox, struct wire_attempt attempt,
                               struct wire_message *message, struct error *error);

/* outbox_settled: the CKPT is on record. outbox_forget: so is the result. */
void outbox_settled(const struct outbox *outbox, struct wire_attempt attempt);
void outbox_forget(const struct outbox *outbox, struct wire_attempt attempt);

/*
 * outbox_load: one event after another for an agent that meets this cluster: REMEMBERED, then OWED.
 * `cursor` is zero at first; false at the end. What cannot be read is left out.
 */
struct outbox_cursor {
    void *lines;   /* FILE of seen */
    void *entries; /* DIR of outbox */
    bool begun;
};
bool outbox_load(const struct outbox *outbox, struct outbox_cursor *cursor,
                 struct agent_event *event);

/* outbox_empty: no result is owed to the present cluster. */
bool outbox_empty(const struct outbox *outbox);

#endif
