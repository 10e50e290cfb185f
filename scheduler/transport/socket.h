/*
 * socket: the options that both ends of the encrypted link share (docs/RELIABILITY.md).
 */
#ifndef TRANSPORT_SOCKET_H
#define TRANSPORT_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

struct socket_option {
    int name; /* ZMQ_... of an int */
    int value;
};

/* socket_set: these options, and those of every socket: keep-alive, a bounded frame, nothing left
 * behind at the end. False with zmq_errno. */
bool socket_set(void *socket, const struct socket_option *options, size_t count);

#endif
