#include "transport/socket.h"

#include <tidemill/wire.h>

#include <zmq.h>

#include <stdint.h>

enum {
    CURVE_OVERHEAD = 64, /* MAXMSGSIZE counts the encrypted frame: 33 bytes more */
    KEEPALIVE_IDLE_S = 30,
    KEEPALIVE_INTERVAL_S = 10,
    KEEPALIVE_COUNT = 3,
    UNSENT_MS = 60000,
    HANDSHAKE_MS = 30000
};

static bool options_set(void *socket, const struct socket_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof(int)) != 0) {
            return false;
        }
    }
    return true;
}

bool socket_set(void *socket, const struct socket_option *options, size_t count)
{
    static const struct socket_option usual[] = {
        {ZMQ_LINGER, 0},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S},
        {ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S},
        {ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_COUNT},
        {ZMQ_TCP_MAXRT, UNSENT_MS},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
    };
    static const int64_t frame_bytes = WIRE_FRAME_BYTES + CURVE_OVERHEAD;

    return options_set(socket, usual, sizeof usual / sizeof *usual) &&
           options_set(socket, options, count) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_bytes, sizeof frame_bytes) == 0;
}
