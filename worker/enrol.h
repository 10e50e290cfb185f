/*
 * enrol: how a machine that only has a one-time token gets a key of its own, and finds it again
 * when it starts anew.
 */
#ifndef WORKER_ENROL_H
#define WORKER_ENROL_H

#include "base/error.h"
#include "transport/keys.h"

/*
 * enrol_name: the name under which this folder's worker was known before, or `name` from now on: a
 * result in its outbox is taken only from the worker that had the attempt.
 */
void enrol_name(const char *state, char name[KEY_NAME_BYTES]);

/*
 * enrol_access: the key in the folder `state`, which it gets for the token at the first start; with
 * the coordinator's key that the token holds. TIDE_UNREACHABLE, TIDE_REFUSED as dealer_enrol, and
 * the failures of key files.
 */
enum tide_status enrol_access(const char *state, const char *endpoint, const char *token,
                              const char *name, struct key_access *access, struct error *error);

#endif
