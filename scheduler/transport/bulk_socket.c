#include "transport/bulk_socket.h"

#include "transport/arrival.h"
#include "transport/transport_parts.h"

#include "base/log.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { TURN_MAX = 64 /* messages refused in a turn before the thread looks around */ };

void *bulk_socket_poll(const struct bulk_socket *socket)
{
    return socket->router;
}

static bool admitted(struct bulk_socket *socket, const struct arrival *arrival)
{
    return arrival->known && arrival->routing_given && arrival->whole &&
           arrival->grant.role != KEY_ENROL &&
           keyring_valid(socket->keyring, arrival->grant.holder, arrival->grant.grant);
}

/* What makes no sense here ends the connection: who means well connects again. */
static bool understood(const struct arrival *arrival, zmq_msg_t *body, zmq_msg_t *data,
                       struct wire_message *message)
{
    char why[256] = "";

    if (wire_decode(zmq_msg_data(body), zmq_msg_size(body), message, why, sizeof why) == TIDE_OK) {
        if (wire_type_sender(message->type) == 'B' &&
            (message->type == WIRE_CHUNK || zmq_msg_size(data) == 0)) {
            return true;
        }
        (void)snprintf(why, sizeof why, "%s is not for this socket", wire_type_text(message->type));
        wire_message_fini(message);
    }
    log_line(LOG_WARNING, "bulk_malformed", "role=%s name=%s why=\"%s\"",
             key_role_text(arrival->grant.role), arrival->grant.name, why);
    return false;
}

enum tide_status bulk_socket_receive(struct bulk_socket *socket, struct wire_message *message,
                                     struct peer *peer, zmq_msg_t *data)
{
    struct arrival arrival;
    zmq_msg_t body;
    bool arrived = true;

    for (int refused = 0; arrived && refused < TURN_MAX; refused++) {
        arrived = arrival_read(socket->router, &arrival, &body, data);
        const bool taken =
            arrived && admitted(socket, &arrival) && understood(&arrival, &body, data, message);
        (void)zmq_msg_close(&body);
        if (taken) {
            peer_of_arrival(peer, &arrival);
            return TIDE_OK;
        }
        (void)zmq_msg_close(data);
        if (arrived) {
            arrival_cut(&arrival);
        }
    }
    return TIDE_NOT_FOUND;
}

enum tide_status bulk_socket_send(struct bulk_socket *socket, const struct peer *peer,
                                  struct wire_message *message, zmq_msg_t *data)
{
    char frame[WIRE_FRAME_BYTES];
    size_t bytes = 0;

    (void)text_copy(message->cluster, sizeof message->cluster, socket->cluster);
    message->incarnation = socket->incarnation;
    message->seq = ++socket->seq;
    const enum tide_status status = wire_encode(message, frame, &bytes);
    if (status != TIDE_OK) {
        if (data != NULL) {
            (void)zmq_msg_close(data);
        }
        return status;
    }
    return arrival_answer(socket->router, peer->routing, frame, bytes, data) ? TIDE_OK
                                                                             : TIDE_UNREACHABLE;
}
