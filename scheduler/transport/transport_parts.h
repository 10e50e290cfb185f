/*
 * The inside of struct transport, for transport.c, transport_open.c and the tests that break it.
 */
#ifndef TRANSPORT_TRANSPORT_PARTS_H
#define TRANSPORT_TRANSPORT_PARTS_H

#include "transport/keyring.h"
#include "transport/session.h"
#include "transport/transport.h"
#include "transport/zap.h"

#include <zmq.h>

struct transport {
    void *context;
    void *router;
    struct zap *zap;
    struct keyring *keyring;
    struct session *sessions; /* by the index of the key's holder */
    uint32_t peer_count;
    uint32_t barred_count;
    struct transport_limits limits;
    struct transport_counts counts;
    int64_t refreshed_ms;
    int64_t seq;
    int64_t incarnation;
    char cluster[WIRE_ID_HEX + 1];
    char endpoint[KEY_ENDPOINT_BYTES];
    char run_directory[KEY_PATH_BYTES];
    char frame[WIRE_FRAME_BYTES];
};

#endif
