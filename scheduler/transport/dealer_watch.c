/*
 * A CURVE client is not told why nobody talks to it. The monitor of its socket is: a refused key is
 * a handshake that failed with a ZAP status, another server key one that breaks off, a missing
 * coordinator a connection that is tried again.
 */
#include "transport/dealer_watch.h"

#include "transport/dealer.h"

#include <zmq.h>

#include <errno.h>
#include <string.h>

#define MONITOR_ADDRESS "inproc://dealer.monitor"

/* The next event of the monitor: its number, from the first of its two frames; 0 none. */
static int monitor_read(void *monitor)
{
    uint8_t first[16];
    char address[KEY_ENDPOINT_BYTES];
    uint16_t event = 0;

    if (zmq_recv(monitor, first, sizeof first, ZMQ_DONTWAIT) < (int)sizeof event ||
        zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT) < 0) {
        return 0;
    }
    memcpy(&event, first, sizeof event);
    return event;
}

/* What an event says about the connection; TIDE_BUSY: nothing yet. */
static enum tide_status event_judge(const struct key_access *access, int event, struct error *error)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return TIDE_OK;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return error_set(error, TIDE_REFUSED, "the coordinator at %s does not know this key",
                         access->endpoint);
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return error_set(error, TIDE_REFUSED, "what listens at %s does not have the server key %s",
                         access->endpoint, access->server_key);
    case ZMQ_EVENT_CONNECT_RETRIED:
        return error_set(error, TIDE_UNREACHABLE, "no coordinator answers at %s", access->endpoint);
    default:
        return TIDE_BUSY;
    }
}

static enum tide_status events_wait(void *monitor, const struct key_access *access,
                                    int64_t deadline_ms, struct error *error)
{
    const int64_t until_ms = dealer_now_ms() + deadline_ms;
    zmq_pollitem_t item = {.socket = monitor, .events = ZMQ_POLLIN};
    enum tide_status status = TIDE_BUSY;

    while (status == TIDE_BUSY) {
        const int64_t left_ms = until_ms - dealer_now_ms();
        if (left_ms <= 0) {
            return error_set(error, TIDE_UNREACHABLE, "no coordinator answers at %s",
                             access->endpoint);
        }
        (void)zmq_poll(&item, 1, (long)left_ms);
        for (int event = 1; status == TIDE_BUSY && event != 0;) {
            event = monitor_read(monitor);
            status = event_judge(access, event, error);
        }
    }
    return status;
}

/* The monitor listens before the first event: between making the socket and connecting it. */
enum tide_status dealer_connect_watched(void *context, void *dealer,
                                        const struct key_access *access, int64_t deadline_ms,
                                        struct error *error)
{
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    enum tide_status status = TIDE_OK;

    if (monitor == NULL || zmq_setsockopt(monitor, ZMQ_LINGER, &(int){0}, sizeof(int)) != 0 ||
        zmq_socket_monitor(dealer, MONITOR_ADDRESS, ZMQ_EVENT_ALL) != 0 ||
        zmq_connect(monitor, MONITOR_ADDRESS) != 0) {
        status = error_set(error, TIDE_IO, "cannot watch the connection: %s", zmq_strerror(errno));
    } else {
        status = dealer_connect(dealer, access, error);
    }
    if (status == TIDE_OK) {
        status = events_wait(monitor, access, deadline_ms, error);
        (void)zmq_socket_monitor(dealer, NULL, 0);
    }
    if (monitor != NULL) {
        (void)zmq_close(monitor);
    }
    return status;
}
