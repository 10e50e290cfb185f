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

struct arrival;

/* The second ROUTER; its thread's alone but for the keyring, which locks. */
struct bulk_socket {
    void *router;
    struct keyring *keyring;
    int64_t seq;
    int64_t incarnation;
    char cluster[WIRE_ID_HEX + 1];
};

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
    char keys_directory[KEY_PATH_BYTES]; /* the configured one, else the run directory */
    char frame[WIRE_FRAME_BYTES];
    struct bulk_socket bulk;
    char bulk_endpoint[KEY_ENDPOINT_BYTES];
};

/* peer_of_arrival: who an admitted message came from. */
void peer_of_arrival(struct peer *peer, const struct arrival *arrival);

/*
 * transport_enrol: makes a worker of a machine that sent ENROL with the token `name`, or refuses;
 * the answer, ENROLLED or ERROR, is in `answer`. The token is used up before anything is granted.
 */
void transport_enrol(struct transport *transport, const char *token, const struct wire_enrol *enrol,
                     struct wire_message *answer);

#endif
