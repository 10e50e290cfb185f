/*
 * dealer_enrol: how a new machine becomes a worker by a one-time token.
 */
#ifndef TRANSPORT_DEALER_ENROL_H
#define TRANSPORT_DEALER_ENROL_H

#include "base/error.h"
#include "transport/keys.h"

/*
 * dealer_enrol: lets the coordinator at access->endpoint take access->pair as the key of the worker
 * `name` in exchange for the token (as key_token_read), and sets access->server_key. The caller has
 * put the secret where it survives: the token is good for nothing afterwards. TIDE_REFUSED for a
 * token that the coordinator does not know (any more), and with its words for a name that is taken
 * or a token that has expired; TIDE_UNREACHABLE; for the token, as key_token_read.
 */
enum tide_status dealer_enrol(const char *token, const char *name, int deadline_ms,
                              struct key_access *access, struct error *error);

#endif
