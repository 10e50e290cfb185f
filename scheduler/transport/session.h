/*
 * session: what one key is allowed at this moment: its connection, its budget of messages, bytes
 * and errors, and the rival that wants its name. Values and arithmetic only; transport.c does what
 * it says.
 */
#ifndef TRANSPORT_SESSION_H
#define TRANSPORT_SESSION_H

#include "transport/transport.h"

#include <stdbool.h>

struct session {
    uint32_t grant;   /* the key this session began with; another one begins anew */
    uint32_t routing; /* a worker's connection */
    bool connected;
    bool barred;
    char boot[WIRE_ID_HEX + 1]; /* of the worker behind the connection; "" not known */
    int64_t rival_until_ms;     /* the worker must have said HELLO by then; 0 no rival */
    uint32_t rival;             /* the routing of the second worker */
    int64_t message_millis;     /* thousandths of messages it may still send */
    int64_t byte_millis;
    int64_t refilled_ms;
    int32_t errors;
    int32_t discards;
    int64_t barred_until_ms;
};

/* session_begin: a session with full budgets for this grant. */
void session_begin(struct session *session, const struct transport_limits *limits, uint32_t grant,
                   int64_t now_ms);

/* session_spend: takes one message of `bytes` from the budget; false, and a discard counted, when
 * it is used up. */
bool session_spend(struct session *session, const struct transport_limits *limits, size_t bytes,
                   int64_t now_ms);

/* session_credit: a message was sent to this peer, which will answer. */
void session_credit(struct session *session, const struct transport_limits *limits);

/* session_error: counts a malformed message; true when the budget of errors is used up. */
bool session_error(struct session *session, const struct transport_limits *limits);

/* What to do with a worker's message, by the connection it came by. */
enum session_claim {
    CLAIM_OWN,    /* its own connection, or it had none, or has just taken over */
    CLAIM_MOVED,  /* the process that was known, by another connection */
    CLAIM_PROBE,  /* a second worker: ask the first one whether it lives */
    CLAIM_WAIT,   /* it was asked already */
    CLAIM_REFUTED /* the first worker has answered: tell the second one */
};

/*
 * session_claim: a message of a worker. The same boot by another connection is the same process,
 * which reconnected. Another boot must wait until the first one has not answered for probe_ms.
 */
enum session_claim session_claim(struct session *session, const struct transport_limits *limits,
                                 const struct wire_message *message, uint32_t routing,
                                 int64_t now_ms);

/* session_yield: the first worker turned out to be gone: the sender of `message` takes its place.
 */
void session_yield(struct session *session, const struct wire_message *message, uint32_t routing);

#endif
