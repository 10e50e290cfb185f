/*
 * The ROUTER. Who a peer is comes from its key alone, by the ZAP User-Id of the body frame
 * (RELIABILITY.md, findings 3 and 4): routing ids can be claimed by anybody and only say where a
 * reply goes.
 */
#include "transport/arrival.h"
#include "transport/transport_parts.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_MAX = 512, /* messages refused in a turn before the loop has its say */
    REFRESH_MS = 1000,
    WHY_BYTES = 256
};

struct transport_limits transport_limits_default(void)
{
    return (struct transport_limits){
        .messages_per_s = 200,
        .bytes_per_s = 1000000,
        .burst_s = 10,
        .messages_per_sent = 8,
        .bytes_per_sent = 65536,
        .errors = 3,
        .discards = 2000,
        .bar_ms = 60000,
        .probe_ms = 5000,
        .peers = 16384,
    };
}

/* Stamps, encodes and sends a message to a connection. */
static enum tide_status message_send(struct transport *transport, uint32_t routing,
                                     struct wire_message *message)
{
    size_t bytes = 0;

    (void)text_copy(message->cluster, sizeof message->cluster, transport->cluster);
    message->incarnation = transport->incarnation;
    message->seq = ++transport->seq;
    const enum tide_status status = wire_encode(message, transport->frame, &bytes);
    if (status != TIDE_OK) {
        return status;
    }
    return arrival_answer(transport->router, routing, transport->frame, bytes, NULL)
               ? TIDE_OK
               : TIDE_UNREACHABLE;
}

static void error_send(struct transport *transport, uint32_t routing, const char *text, bool fatal)
{
    struct wire_message message = {.type = WIRE_ERROR, .error = {.text = text, .fatal = fatal}};

    (void)message_send(transport, routing, &message);
}

static struct session *session_of(struct transport *transport, const struct keyring_grant *grant,
                                  int64_t now_ms)
{
    ASSERT(grant->holder < transport->peer_count);
    struct session *session = &transport->sessions[grant->holder];

    if (session->grant != grant->grant) {
        session_begin(session, &transport->limits, grant->grant, now_ms);
    }
    return session;
}

/* A key that misbehaves is refused for a while: its connection ends here, the next one in ZAP. */
static void key_bar(struct transport *transport, const struct arrival *arrival, const char *reason,
                    int64_t now_ms)
{
    struct session *session = &transport->sessions[arrival->grant.holder];

    session->barred = true;
    session->connected = false;
    session->barred_until_ms = now_ms + transport->limits.bar_ms;
    transport->barred_count++;
    transport->counts.barred++;
    keyring_bar(transport->keyring, arrival->grant.holder, true);
    log_line(LOG_WARNING, "key_barred", "role=%s name=%s reason=%s for_ms=%" PRId32,
             key_role_text(arrival->grant.role), arrival->grant.name, reason,
             transport->limits.bar_ms);
}

static void bars_lift(struct transport *transport, int64_t now_ms)
{
    for (uint32_t i = 0; i < transport->peer_count && transport->barred_count > 0; i++) {
        struct session *session = &transport->sessions[i];
        if (session->barred && now_ms >= session->barred_until_ms) {
            session_begin(session, &transport->limits, session->grant, now_ms);
            keyring_bar(transport->keyring, i, false);
            transport->barred_count--;
        }
    }
}

/* Once a second: keys that came or went, bars that are over. */
static void housekeeping(struct transport *transport, int64_t now_ms)
{
    if (now_ms - transport->refreshed_ms >= REFRESH_MS) {
        transport->refreshed_ms = now_ms;
        keyring_refresh(transport->keyring);
        bars_lift(transport, now_ms);
    }
}

/* Whether the sender may say this kind of thing. */
static bool role_may_send(enum key_role role, enum wire_type type)
{
    switch (role) {
    case KEY_WORKER:
        return wire_type_sender(type) == 'W';
    case KEY_OPERATOR:
        return wire_type_sender(type) == 'K';
    case KEY_ENROL:
        return wire_type_sender(type) == 'E';
    case KEY_ROLE_COUNT:
        return false;
    }
    return false;
}

static void protocol_error(struct transport *transport, const struct arrival *arrival,
                           const char *why, int64_t now_ms)
{
    struct session *session = session_of(transport, &arrival->grant, now_ms);
    const bool last = session_error(session, &transport->limits);

    transport->counts.malformed++;
    error_send(transport, arrival->routing, why, last);
    if (last) {
        key_bar(transport, arrival, "malformed", now_ms);
    }
}

/* Who comes in at all: a peer whose key still stands, one message at a time, within its budget. */
static bool arrival_admit(struct transport *transport, const struct arrival *arrival, size_t bytes,
                          int64_t now_ms)
{
    if (!arrival->known || !arrival->routing_given ||
        !keyring_valid(transport->keyring, arrival->grant.holder, arrival->grant.grant)) {
        arrival_cut(arrival);
        return false;
    }
    struct session *session = session_of(transport, &arrival->grant, now_ms);
    if (!arrival->whole) {
        key_bar(transport, arrival, "frames", now_ms);
        arrival_cut(arrival);
        return false;
    }
    if (!session_spend(session, &transport->limits, bytes, now_ms)) {
        if (session->discards >= transport->limits.discards) {
            key_bar(transport, arrival, "flood", now_ms);
            arrival_cut(arrival);
        }
        return false;
    }
    return true;
}

static void rival_refute(struct transport *transport, const struct session *session,
                         const struct arrival *arrival)
{
    char text[WHY_BYTES];

    (void)snprintf(text, sizeof text,
                   "worker '%s' is connected already: two workers cannot share one key",
                   arrival->grant.name);
    error_send(transport, session->rival, text, true);
    log_line(LOG_WARNING, "second_worker_refused", "name=%s", arrival->grant.name);
}

/* Whether a worker's message comes from the one process that holds its name. */
static bool worker_admit(struct transport *transport, const struct arrival *arrival,
                         const struct wire_message *message, int64_t now_ms)
{
    struct session *session = &transport->sessions[arrival->grant.holder];
    const uint32_t first = session->routing;
    struct wire_message who = {.type = WIRE_WHO};

    switch (session_claim(session, &transport->limits, message, arrival->routing, now_ms)) {
    case CLAIM_OWN:
        return true;
    case CLAIM_MOVED: /* what was sent by the last one may be lost */
        if (message->type != WIRE_HELLO) {
            (void)message_send(transport, arrival->routing, &who);
        }
        return true;
    case CLAIM_WAIT:
        return false;
    case CLAIM_REFUTED:
        rival_refute(transport, session, arrival);
        return true;
    case CLAIM_PROBE:
        if (message_send(transport, first, &who) == TIDE_OK) {
            return false;
        }
        session_yield(session, message, arrival->routing); /* the first one is gone */
        return true;
    }
    return false;
}

/* Decodes an admitted body; false when it was refused, and answered. */
static bool body_decode(struct transport *transport, const struct arrival *arrival, zmq_msg_t *body,
                        struct wire_message *message, int64_t now_ms)
{
    char why[WHY_BYTES] = "";
    const enum tide_status status =
        wire_decode(zmq_msg_data(body), zmq_msg_size(body), message, why, sizeof why);

    if (status != TIDE_OK) {
        protocol_error(transport, arrival, why, now_ms);
        return false;
    }
    if (!role_may_send(arrival->grant.role, message->type)) {
        (void)snprintf(why, sizeof why, "%s is not for the role '%s' to send",
                       wire_type_text(message->type), key_role_text(arrival->grant.role));
        protocol_error(transport, arrival, why, now_ms);
        wire_message_fini(message);
        return false;
    }
    if (arrival->grant.role == KEY_WORKER && !worker_admit(transport, arrival, message, now_ms)) {
        transport->counts.discarded++;
        wire_message_fini(message);
        return false;
    }
    return true;
}

/* Enrolment is the transport's own affair: only keys are concerned. */
static void enrol_answer(struct transport *transport, const struct arrival *arrival,
                         struct wire_message *message)
{
    struct wire_message answer;

    transport_enrol(transport, arrival->grant.name, &message->enrol, &answer);
    (void)message_send(transport, arrival->routing, &answer);
    log_line(LOG_INFO, answer.type == WIRE_ENROLLED ? "worker_enrolled" : "enrolment_refused",
             "token=%s name=%s", arrival->grant.name, message->enrol.name);
    wire_message_fini(message);
}

void peer_of_arrival(struct peer *peer, const struct arrival *arrival)
{
    peer->role = arrival->grant.role;
    (void)text_copy(peer->name, sizeof peer->name, arrival->grant.name);
    peer->index = arrival->grant.holder;
    peer->grant = arrival->grant.grant;
    peer->routing = arrival->routing;
}

enum tide_status transport_receive(struct transport *transport, int64_t now_ms,
                                   struct wire_message *message, struct peer *peer)
{
    struct arrival arrival;
    zmq_msg_t body;

    if (zap_ended(transport->zap)) {
        log_line(LOG_ERROR, "keys_unchecked", "endpoint=%s", transport->endpoint);
        return TIDE_IO;
    }
    housekeeping(transport, now_ms);
    for (int refused = 0; refused < TURN_MAX; refused++) {
        bool accepted = false;
        const bool arrived = arrival_read(transport->router, &arrival, &body, NULL);
        if (arrived) {
            accepted = arrival_admit(transport, &arrival, zmq_msg_size(&body), now_ms);
            transport->counts.discarded += accepted ? 0 : 1;
        }
        accepted = accepted && body_decode(transport, &arrival, &body, message, now_ms);
        (void)zmq_msg_close(&body);
        if (accepted && arrival.grant.role == KEY_ENROL) {
            enrol_answer(transport, &arrival, message);
        } else if (accepted) {
            peer_of_arrival(peer, &arrival);
            return TIDE_OK;
        }
        if (!arrived) {
            break;
        }
    }
    return TIDE_NOT_FOUND;
}

enum tide_status transport_send(struct transport *transport, const struct peer *peer,
                                struct wire_message *message)
{
    ASSERT(peer->index < transport->peer_count);
    struct session *session = &transport->sessions[peer->index];
    const bool worker = peer->role == KEY_WORKER;

    if (!keyring_valid(transport->keyring, peer->index, peer->grant) ||
        session->grant != peer->grant || (worker && !session->connected)) {
        return TIDE_UNREACHABLE;
    }
    const enum tide_status status =
        message_send(transport, worker ? session->routing : peer->routing, message);
    if (status == TIDE_OK) {
        session_credit(session, &transport->limits);
    } else if (status == TIDE_UNREACHABLE && worker) {
        session->connected = false;
    }
    return status;
}

const char *transport_endpoint(const struct transport *transport)
{
    return transport->endpoint;
}

struct bulk_socket *transport_bulk(struct transport *transport)
{
    return &transport->bulk;
}

int32_t transport_bulk_port(const struct transport *transport)
{
    return key_endpoint_port(transport->bulk_endpoint);
}

void *transport_socket(const struct transport *transport)
{
    return transport->router;
}

int transport_alarm_fd(const struct transport *transport)
{
    return zap_ended_fd(transport->zap);
}

struct transport_counts transport_counts(const struct transport *transport)
{
    struct transport_counts counts = transport->counts;

    counts.keys_refused = zap_refused_count(transport->zap);
    return counts;
}
