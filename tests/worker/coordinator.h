/*
 * A small coordinator for tests of the real worker: the real transport and codec, and a script in
 * the place of a scheduler. It welcomes, renews and acknowledges by itself; a test assigns, and
 * looks at what came back.
 */
#ifndef TESTS_WORKER_COORDINATOR_H
#define TESTS_WORKER_COORDINATOR_H

#include "transport/transport.h"

#include <tidemill/wire.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { RECORDS_MAX = 64, RECORD_TEXT_BYTES = 65536, WAIT_MS = 60000 };

/* What was heard of one attempt. */
struct record {
    struct wire_attempt attempt;
    int accepted, refused, results;
    enum wire_refusal refusal;
    struct wire_result result; /* strings are not kept, but message and values */
    char message[WIRE_TEXT_BYTES];
    double value;
    char points[4096];               /* "val_loss@1=0.5 " for each */
    char logs[2][RECORD_TEXT_BYTES]; /* stdout, stderr: what fits */
    int64_t log_bytes[2];            /* the end of the last piece */
    int checkpoints;
    struct wire_checkpoint checkpoint; /* the last one; strings below */
    char hash[WIRE_HASH_HEX + 1];
    char location[1024];
};

/* record_ended, record_says: fail the test unless the attempt ended so, with these words in its
 * message. */
void record_ended(const struct record *record, enum wire_outcome outcome, enum wire_cause cause);
void record_says(const struct record *record, const char *words);

struct coordinator {
    char *folder;
    char run[512], state[512];
    char endpoint[KEY_ENDPOINT_BYTES]; /* the same after a restart */
    struct transport *transport;
    struct peer peer;
    bool has_peer;
    int64_t lease_ms, renew_ms;
    bool deaf; /* takes messages and answers nothing */
    bool full; /* records no checkpoint, and does not answer one */
    bool bare; /* its worker gets none of the usual options */
    int hellos, byes, preempts;
    int32_t slots_free;
    int32_t running, owed; /* of the last HELLO */
    pid_t worker;
    int exit_status;
    struct record records[RECORDS_MAX];
    size_t record_count;
};

/* coordinator_open: listens; coordinator_close: ends worker and folder. */
void coordinator_open(struct coordinator *self);
void coordinator_close(struct coordinator *self);

/* coordinator_setup, coordinator_teardown: of a test whose state is a coordinator, with its worker.
 */
int coordinator_setup(void **state);
int coordinator_teardown(void **state);

/* coordinator_stop, coordinator_restart: it is gone as by kill -9, and comes back under the next
 * incarnation. */
void coordinator_stop(struct coordinator *self);
void coordinator_restart(struct coordinator *self);

/* coordinator_worker: starts the real program (`words` after the usual ones, NULL at the end) and
 * waits until it is ready. */
void coordinator_worker(struct coordinator *self, const char *const *words);

/* coordinator_turn: everything that arrives within `wait_ms`, or sooner once something has. */
void coordinator_turn(struct coordinator *self, int wait_ms);

/* coordinator_wait: turns until *value >= least; fails the test after WAIT_MS. */
void coordinator_wait(struct coordinator *self, const int *value, int least);

/* coordinator_wait_output: turns until the attempt has printed `words` on stdout. */
void coordinator_wait_output(struct coordinator *self, const struct record *record,
                             const char *words);

/* coordinator_wait_exit: until the worker has ended; its exit status as waitpid gives it. */
int coordinator_wait_exit(struct coordinator *self);

/* assignment: an ASSIGN of `sh -c script` with objective val_loss, for the test to change. */
struct wire_assign assignment(int32_t trial, int32_t number, const char *script);

/* coordinator_assign: sends it; the record of that attempt. */
struct record *coordinator_assign(struct coordinator *self, const struct wire_assign *assign);

/* coordinator_run: assigns and waits for the result. */
struct record *coordinator_run(struct coordinator *self, const struct wire_assign *assign);

/* coordinator_stop_attempt: sends STOP. */
void coordinator_stop_attempt(struct coordinator *self, struct wire_attempt attempt,
                              enum wire_reason reason, int64_t grace_ms);

/* coordinator_send: any message to the worker. */
void coordinator_send(struct coordinator *self, struct wire_message *message);

#endif
