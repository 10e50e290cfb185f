#include "transport/dealer.h"

#include "transport/socket.h"

#include <zmq.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { HWM_RECEIVE = 1024, HWM_SEND = 1000 };

/* IMMEDIATE: nothing is queued for a coordinator that is not there, which would be stale when it
 * is. No routing id of our own: two peers with one would be one peer and a deaf one. */
static bool options_set(void *dealer, const struct key_access *access, struct dealer_retry retry)
{
    const struct socket_option options[] = {
        {ZMQ_IMMEDIATE, 1},
        {ZMQ_RCVHWM, HWM_RECEIVE},
        {ZMQ_SNDHWM, HWM_SEND},
        {ZMQ_RECONNECT_IVL, retry.first_ms},
        {ZMQ_RECONNECT_IVL_MAX, retry.longest_ms},
        {ZMQ_IPV6, 1},
    };

    return socket_set(dealer, options, sizeof options / sizeof *options) &&
           zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, access->server_key, KEY_TEXT_BYTES) == 0 &&
           zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, access->pair.public_key, KEY_TEXT_BYTES) ==
               0 &&
           zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, access->pair.secret_key, KEY_TEXT_BYTES) ==
               0;
}

enum tide_status dealer_open(void *context, const struct key_access *access,
                             struct dealer_retry retry, void **dealer, struct error *error)
{
    *dealer = zmq_socket(context, ZMQ_DEALER);
    if (*dealer != NULL && options_set(*dealer, access, retry)) {
        return TIDE_OK;
    }
    const enum tide_status status =
        error_set(error, TIDE_IO, "cannot make a socket: %s", zmq_strerror(errno));
    if (*dealer != NULL) {
        (void)zmq_close(*dealer);
        *dealer = NULL;
    }
    return status;
}

enum tide_status dealer_connect(void *dealer, const struct key_access *access, struct error *error)
{
    return zmq_connect(dealer, access->endpoint) == 0
               ? TIDE_OK
               : error_set(error, TIDE_INVALID, "'%s' is no address to connect to: %s",
                           access->endpoint, zmq_strerror(errno));
}

enum tide_status dealer_send(void *dealer, const struct wire_message *message)
{
    char frame[WIRE_FRAME_BYTES];
    size_t bytes = 0;
    const enum tide_status status = wire_encode(message, frame, &bytes);

    if (status != TIDE_OK) {
        return status;
    }
    return zmq_send(dealer, frame, bytes, ZMQ_DONTWAIT) >= 0 ? TIDE_OK : TIDE_UNREACHABLE;
}

/* Throws away the rest of a message of too many frames; whether there was any. */
static bool rest_drained(void *dealer, zmq_msg_t *frame)
{
    const bool rest = zmq_msg_more(frame) != 0;

    while (zmq_msg_more(frame) != 0 && zmq_msg_recv(frame, dealer, ZMQ_DONTWAIT) >= 0) {
    }
    return rest;
}

enum tide_status dealer_receive(void *dealer, struct wire_message *message, char *why,
                                size_t why_bytes)
{
    zmq_msg_t frame;
    enum tide_status status = TIDE_NOT_FOUND;

    (void)zmq_msg_init(&frame);
    if (zmq_msg_recv(&frame, dealer, ZMQ_DONTWAIT) >= 0) {
        if (rest_drained(dealer, &frame)) {
            (void)snprintf(why, why_bytes, "a message of more than one frame");
            status = TIDE_PROTOCOL;
        } else {
            status =
                wire_decode(zmq_msg_data(&frame), zmq_msg_size(&frame), message, why, why_bytes);
        }
    }
    (void)zmq_msg_close(&frame);
    return status;
}

int64_t dealer_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
