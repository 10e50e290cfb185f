/*
 * The coordinator's side of enrolment: a token becomes a worker's key, once.
 */
#include "transport/transport_parts.h"

#include <string.h>

static void refuse(struct wire_message *answer, const char *text)
{
    *answer = (struct wire_message){.type = WIRE_ERROR, .error = {.text = text, .fatal = true}};
}

/* The directory a token came from: its own, not the run directory's where keys are configured. */
static const char *directory_of(const struct transport *transport, const char *token)
{
    return keys_has(transport->keys_directory, KEY_ENROL, token) ? transport->keys_directory
                                                                 : transport->run_directory;
}

void transport_enrol(struct transport *transport, const char *token, const struct wire_enrol *enrol,
                     struct wire_message *answer)
{
    const char *directory = directory_of(transport, token);
    const bool expired = keys_expired(directory, KEY_ENROL, token);
    struct error error;

    if (!key_name_valid(enrol->name) || !key_text_valid(enrol->public_key)) {
        refuse(answer, "this is no name, or no public key");
    } else if (keys_has(transport->keys_directory, KEY_WORKER, enrol->name) ||
               keys_has(transport->run_directory, KEY_WORKER, enrol->name)) {
        refuse(answer, "a worker of this name is there already");
    } else if (keys_revoke(directory, KEY_ENROL, token, &error) != TIDE_OK) {
        refuse(answer, "this token has been used");
    } else if (expired) {
        refuse(answer, "this token has expired");
    } else if (keys_grant(directory, KEY_WORKER, enrol->name, enrol->public_key, 0, &error) !=
               TIDE_OK) {
        refuse(answer, "the coordinator cannot write its keys");
    } else {
        *answer = (struct wire_message){.type = WIRE_ENROLLED, .enrolled = {.worker = enrol->name}};
    }
}
