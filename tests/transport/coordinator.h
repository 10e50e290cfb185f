/*
 * A coordinator of the test's own on loopback: a transport, a clock that the test moves, and peers
 * that speak to it. Nothing sleeps: what must arrive is waited for on the sockets.
 */
#ifndef TESTS_TRANSPORT_COORDINATOR_H
#define TESTS_TRANSPORT_COORDINATOR_H

#include "support/support.h"

#include "transport/dealer.h"
#include "transport/transport.h"

#include <stdbool.h>

enum { WAIT_MS = 60000 }; /* long past what anything here takes: only a failure waits so long */

struct coordinator {
    char *parent;
    char run_directory[512];
    struct transport *transport;
    struct transport_limits limits;
    int64_t now_ms;
    void *context; /* of the peers */
};

/* A peer with a key of its own, and the boot it tells. */
struct caller {
    struct coordinator *coordinator;
    struct key_access access;
    enum key_role role;
    char name[KEY_NAME_BYTES];
    char boot[WIRE_ID_HEX + 1];
    void *dealer;
};

/* coordinator_begin: with these limits (NULL: the default ones). */
void coordinator_begin(struct coordinator *coordinator, const struct transport_limits *limits);
void coordinator_end(struct coordinator *coordinator);

/* caller_begin: joins under `name` and connects. caller_connect: the same key once more. */
void caller_begin(struct caller *caller, struct coordinator *coordinator, enum key_role role,
                  const char *name);
void caller_connect(struct caller *caller, const struct caller *owner);
void caller_end(struct caller *caller);

/* caller_mask: connects anew, under a routing id of its own choosing. */
void caller_mask(struct caller *caller, const void *routing_id, size_t bytes);

/* caller_say: sends a message of `type` (READY, HELLO, BYE, RENEW or REQUEST) once connected. */
void caller_say(struct caller *caller, enum wire_type type);

/* caller_say_raw: sends a frame as it is; `more` follow it. */
void caller_say_raw(struct caller *caller, const char *frame, size_t bytes, bool more);

/* caller_hears: waits for the next message; its type, with the text of an ERROR in `text` (of
 * 256). */
enum wire_type caller_hears(struct caller *caller, char *text);

/* coordinator_takes: waits for something to arrive and takes it once: whether a message got
 * through, which must then be `type` by `name`. */
bool coordinator_takes(struct coordinator *coordinator, enum wire_type type, const char *name,
                       struct peer *peer);

/* coordinator_hears: waits for the next message that gets through, which must be `type` by `name`.
 */
void coordinator_hears(struct coordinator *coordinator, enum wire_type type, const char *name,
                       struct peer *peer);

/* coordinator_discards: takes what comes, all of which must be refused, until `wanted` messages
 * have been discarded or malformed since the beginning. */
void coordinator_discards(struct coordinator *coordinator, uint64_t wanted);

#endif
