#include "transport/arrival.h"

#include "transport/zap.h"

#include <string.h>
#include <sys/socket.h>

enum { ROUTING_BYTES = 5 /* of the ids the ROUTER gives out: a zero and a number */ };

/* ROUTER has no way to drop a peer, but its socket can be shut down: libzmq sees the end of the
 * stream and clears the peer away. */
void arrival_cut(const struct arrival *arrival)
{
    if (arrival->socket >= 0) {
        (void)shutdown(arrival->socket, SHUT_RDWR);
    }
}

static bool routing_read(zmq_msg_t *frame, uint32_t *routing)
{
    const uint8_t *id = zmq_msg_data(frame);

    if (zmq_msg_size(frame) != ROUTING_BYTES || id[0] != 0) {
        return false;
    }
    memcpy(routing, id + 1, sizeof *routing);
    return true;
}

/* Throws away what is left of a message. */
static void rest_drain(void *router)
{
    zmq_msg_t frame;
    int more = 1;

    while (more != 0) {
        (void)zmq_msg_init(&frame);
        more = zmq_msg_recv(&frame, router, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&frame);
        (void)zmq_msg_close(&frame);
    }
}

bool arrival_read(void *router, struct arrival *arrival, zmq_msg_t *body, zmq_msg_t *data)
{
    zmq_msg_t id;

    *arrival = (struct arrival){.socket = -1};
    (void)zmq_msg_init(body);
    (void)zmq_msg_init(&id);
    if (data != NULL) {
        (void)zmq_msg_init(data);
    }
    if (zmq_msg_recv(&id, router, ZMQ_DONTWAIT) < 0) {
        return false;
    }
    arrival->routing_given = routing_read(&id, &arrival->routing);
    bool more = zmq_msg_more(&id) != 0;
    (void)zmq_msg_close(&id);
    if (!more || zmq_msg_recv(body, router, ZMQ_DONTWAIT) < 0) {
        return true;
    }
    arrival->known = zap_user_read(zmq_msg_gets(body, "User-Id"), &arrival->grant);
    arrival->socket = zmq_msg_get(body, ZMQ_SRCFD);
    more = zmq_msg_more(body) != 0;
    if (more && data != NULL) {
        more = zmq_msg_recv(data, router, ZMQ_DONTWAIT) < 0 || zmq_msg_more(data) != 0;
    }
    arrival->whole = !more;
    if (more) {
        rest_drain(router);
    }
    return true;
}

bool arrival_answer(void *router, uint32_t routing, const char *frame, size_t bytes,
                    zmq_msg_t *data)
{
    uint8_t id[ROUTING_BYTES] = {0};

    memcpy(id + 1, &routing, sizeof routing);
    const bool headed =
        zmq_send(router, id, sizeof id, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
        zmq_send(router, frame, bytes, ZMQ_DONTWAIT | (data == NULL ? 0 : ZMQ_SNDMORE)) >= 0;
    if (data == NULL) {
        return headed;
    }
    const bool sent = headed && zmq_msg_send(data, router, ZMQ_DONTWAIT) >= 0;
    if (!sent) {
        (void)zmq_msg_close(data);
    }
    return sent;
}
