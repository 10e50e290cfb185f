/*
 * arrival: one message as it comes out of a ROUTER: by which connection, and whose key stands
 * behind that (RELIABILITY.md, findings 3 and 4). Shared by the control and the bulk socket.
 */
#ifndef TRANSPORT_ARRIVAL_H
#define TRANSPORT_ARRIVAL_H

#include "transport/keyring.h"

#include <zmq.h>

#include <stdbool.h>
#include <stdint.h>

struct arrival {
    uint32_t routing;
    bool routing_given; /* by us, not chosen by the peer */
    bool whole;         /* no more frames than there may be */
    int socket;         /* the connection it came by, -1 unknown */
    bool known;         /* `grant` is set */
    struct keyring_grant grant;
};

/* arrival_read: the next message, its body in `body` and, where `data` is not NULL, its second
 * frame there; both are the caller's to close whatever is returned. False when none waits. */
bool arrival_read(void *router, struct arrival *arrival, zmq_msg_t *body, zmq_msg_t *data);

/* arrival_cut: ends the connection that the message has just come by. */
void arrival_cut(const struct arrival *arrival);

/* arrival_answer: sends one frame, and `data` (taken over; NULL none) behind it, to a connection;
 * never blocks. False: it is gone, or does not read. */
bool arrival_answer(void *router, uint32_t routing, const char *frame, size_t bytes,
                    zmq_msg_t *data);

#endif
