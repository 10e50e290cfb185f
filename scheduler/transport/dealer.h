/*
 * dealer: how a worker or a client connects to the coordinator, and sends and receives messages.
 * Functions over a plain ZeroMQ socket, which the caller polls (zmq_poll) and closes (zmq_close).
 */
#ifndef TRANSPORT_DEALER_H
#define TRANSPORT_DEALER_H

#include "base/error.h"
#include "transport/keys.h"

#include <tidemill/wire.h>

#include <stddef.h>
#include <stdint.h>

/* When to try again while nobody answers: the first pause, and the longest. */
struct dealer_retry {
    int first_ms;
    int longest_ms;
};

/*
 * dealer_open: a DEALER with the options of docs/PROTOCOL.md and these keys, not connected
 * yet. TIDE_IO.
 */
enum tide_status dealer_open(void *context, const struct key_access *access,
                             struct dealer_retry retry, void **dealer, struct error *error);

/*
 * dealer_connect: connects to access->endpoint in the background, and again whenever the connection
 * breaks. It sends and receives only while one with that very server key stands. TIDE_INVALID for
 * an endpoint that is none.
 */
enum tide_status dealer_connect(void *dealer, const struct key_access *access, struct error *error);

/*
 * dealer_send: one message, without blocking. TIDE_UNREACHABLE while there is no connection (the
 * socket becomes writable when there is); TIDE_LIMIT, TIDE_INVALID as wire_encode.
 */
enum tide_status dealer_send(void *dealer, const struct wire_message *message);

/*
 * dealer_receive: the next message, without blocking; the caller ends it with wire_message_fini.
 * TIDE_NOT_FOUND when none waits, TIDE_PROTOCOL with the reason in `why` for one that is malformed
 * (it is gone, the next one can be read).
 */
enum tide_status dealer_receive(void *dealer, struct wire_message *message, char *why,
                                size_t why_bytes);

/* dealer_now_ms: CLOCK_BOOTTIME, for deadlines. */
int64_t dealer_now_ms(void);

#endif
