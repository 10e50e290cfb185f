/*
 * link: the one connection of a worker to its coordinator. Nothing is queued while it is down: what
 * was not sent, the agent sends again.
 */
#ifndef WORKER_LINK_H
#define WORKER_LINK_H

#include "base/error.h"
#include "transport/keys.h"

#include <tidemill/wire.h>

#include <stdbool.h>

struct link {
    void *context;
    void *dealer;
    char boot[WIRE_ID_HEX + 1]; /* of this process */
    int64_t seq;
};

/* link_open: connects in the background, for ever. Call it with the signals blocked. */
enum tide_status link_open(struct link *link, const struct key_access *access, struct error *error);

/* link_move: the coordinator is at access->endpoint now, no more at `from`. */
enum tide_status link_move(struct link *link, const char *from, const struct key_access *access,
                           struct error *error);

/* link_send: fills boot and seq of the message and sends it. TIDE_UNREACHABLE: not now (the dealer
 * becomes writable); TIDE_LIMIT, TIDE_INVALID as wire_encode. */
enum tide_status link_send(struct link *link, struct wire_message *message);

/* link_fd: becomes readable when the link may have changed; link_look tells how, and must be called
 * before each wait: the descriptor tells every change only once. */
int link_fd(const struct link *link);
void link_look(const struct link *link, bool *readable, bool *writable);

/* link_flush: gives what was sent up to `wait_ms` to leave, then closes. The process must end by
 * _exit. */
void link_flush(struct link *link, int wait_ms);

#endif
