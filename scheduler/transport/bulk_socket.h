/*
 * bulk_socket: the coordinator's second ROUTER, for files. It lets in the keys that the first one
 * does and belongs to the one thread that reads it; it shares nothing with the control socket but
 * the key check, so that neither waits for the other.
 */
#ifndef TRANSPORT_BULK_SOCKET_H
#define TRANSPORT_BULK_SOCKET_H

#include "transport/transport.h"

#include <zmq.h>

struct bulk_socket;

/* bulk_socket_poll: for zmq_poll. */
void *bulk_socket_poll(const struct bulk_socket *socket);

/*
 * bulk_socket_receive: the next message of a worker or an operator, one that may be said here; the
 * caller ends it with wire_message_fini, and closes `data`, the bytes of a CHUNK (empty else).
 * TIDE_NOT_FOUND when nothing more is to be had in this turn: then both are closed already.
 */
enum tide_status bulk_socket_receive(struct bulk_socket *socket, struct wire_message *message,
                                     struct peer *peer, zmq_msg_t *data);

/* bulk_socket_send: to the connection that `peer` came by; `data` (NULL none) is taken over. Never
 * blocks: TIDE_UNREACHABLE when the peer is gone or does not read. */
enum tide_status bulk_socket_send(struct bulk_socket *socket, const struct peer *peer,
                                  struct wire_message *message, zmq_msg_t *data);

#endif
