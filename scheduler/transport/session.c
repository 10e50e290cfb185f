#include "transport/session.h"

#include "base/text.h"

#include <string.h>

enum { MILLI = 1000, CREDITS_MAX = 4 * WIRE_SLOTS_MAX };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t burst_millis(const struct transport_limits *limits, int32_t per_s)
{
    return (int64_t)per_s * limits->burst_s * MILLI;
}

void session_begin(struct session *session, const struct transport_limits *limits, uint32_t grant,
                   int64_t now_ms)
{
    *session = (struct session){
        .grant = grant,
        .message_millis = burst_millis(limits, limits->messages_per_s),
        .byte_millis = burst_millis(limits, limits->bytes_per_s),
        .refilled_ms = now_ms,
    };
}

/* Time fills a budget up to its burst; what answers have earned above that stays. */
static int64_t refill(int64_t millis, int64_t burst, int32_t per_s, int64_t elapsed_ms)
{
    return millis >= burst ? millis : least(burst, millis + elapsed_ms * per_s);
}

bool session_spend(struct session *session, const struct transport_limits *limits, size_t bytes,
                   int64_t now_ms)
{
    const int64_t elapsed_ms = least(now_ms - session->refilled_ms, limits->burst_s * MILLI);
    const int64_t messages = burst_millis(limits, limits->messages_per_s);

    session->refilled_ms = now_ms;
    session->message_millis =
        refill(session->message_millis, messages, limits->messages_per_s, elapsed_ms);
    session->byte_millis = refill(session->byte_millis, burst_millis(limits, limits->bytes_per_s),
                                  limits->bytes_per_s, elapsed_ms);
    if (session->message_millis >= messages) {
        session->discards = 0;
    }
    if (session->message_millis < MILLI || session->byte_millis < 0) {
        session->discards++;
        return false;
    }
    session->message_millis -= MILLI;
    session->byte_millis -= (int64_t)bytes * MILLI;
    return true;
}

void session_credit(struct session *session, const struct transport_limits *limits)
{
    const int64_t messages = (int64_t)limits->messages_per_sent * MILLI;
    const int64_t bytes = (int64_t)limits->bytes_per_sent * MILLI;

    session->message_millis =
        least(session->message_millis + messages,
              burst_millis(limits, limits->messages_per_s) + CREDITS_MAX * messages);
    session->byte_millis = least(session->byte_millis + bytes,
                                 burst_millis(limits, limits->bytes_per_s) + CREDITS_MAX * bytes);
}

bool session_error(struct session *session, const struct transport_limits *limits)
{
    return ++session->errors >= limits->errors;
}

void session_yield(struct session *session, const struct wire_message *message, uint32_t routing)
{
    session->connected = true;
    session->routing = routing;
    session->rival_until_ms = 0;
    (void)text_copy(session->boot, sizeof session->boot, message->boot);
}

static enum session_claim claim_by_owner(struct session *session,
                                         const struct wire_message *message)
{
    (void)text_copy(session->boot, sizeof session->boot, message->boot);
    if (session->rival_until_ms != 0 && message->type == WIRE_HELLO) {
        session->rival_until_ms = 0;
        return CLAIM_REFUTED;
    }
    return CLAIM_OWN;
}

enum session_claim session_claim(struct session *session, const struct transport_limits *limits,
                                 const struct wire_message *message, uint32_t routing,
                                 int64_t now_ms)
{
    const bool same_process = *message->boot != '\0' && strcmp(session->boot, message->boot) == 0;

    if (session->connected && session->routing == routing) {
        return claim_by_owner(session, message);
    }
    if (session->rival_until_ms != 0 && now_ms < session->rival_until_ms && !same_process) {
        session->rival = routing;
        return CLAIM_WAIT;
    }
    if (!session->connected || same_process || session->rival_until_ms != 0) {
        session_yield(session, message, routing);
        return same_process ? CLAIM_MOVED : CLAIM_OWN;
    }
    session->rival = routing;
    session->rival_until_ms = now_ms + limits->probe_ms;
    return CLAIM_PROBE;
}
