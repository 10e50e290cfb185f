#include "worker/enrol.h"

#include "worker/files.h"

#include "base/text.h"
#include "transport/dealer_enrol.h"

#include <string.h>

enum { ENROL_MS = 30000 };

void enrol_name(const char *state, char name[KEY_NAME_BYTES])
{
    char path[FILES_PATH_BYTES];
    char known[KEY_NAME_BYTES];
    size_t bytes = 0;
    struct error ignored;

    if (files_path(path, "%s/name", state) &&
        files_read(path, known, sizeof known, &bytes, &ignored) == TIDE_OK &&
        key_name_valid(known)) {
        (void)text_copy(name, KEY_NAME_BYTES, known);
    } else { /* a name that cannot be kept is good for this time */
        (void)files_write(state, "name", name, strlen(name), &ignored);
    }
}

/* The token is used up when the coordinator answers, so the secret is on the disk before. */
static enum tide_status pair_find(const char *path, struct key_pair *pair, bool *found,
                                  struct error *error)
{
    const enum tide_status status = key_pair_read(path, pair, error);

    *found = status == TIDE_OK;
    if (status != TIDE_NOT_FOUND) {
        return status;
    }
    key_pair_make(pair);
    return key_secret_write(path, pair, error);
}

/* `server.pub` beside the secret says that the enrolment is done. */
static enum tide_status token_spend(const char *state, const char *token, const char *name,
                                    bool tried, struct key_access *access, struct error *error)
{
    struct key_pair server = {{0}, {0}};
    const enum tide_status status = dealer_enrol(token, name, ENROL_MS, access, error);

    if ((status == TIDE_UNREACHABLE || status == TIDE_REFUSED) && tried) {
        return TIDE_OK; /* a start before this one may have spent it, and not heard the answer */
    }
    if (status != TIDE_OK) {
        return status;
    }
    (void)text_copy(server.public_key, sizeof server.public_key, access->server_key);
    return keys_publish(state, &server, error);
}

enum tide_status enrol_access(const char *state, const char *endpoint, const char *token,
                              const char *name, struct key_access *access, struct error *error)
{
    char secret[FILES_PATH_BYTES];
    char server[FILES_PATH_BYTES];
    bool tried = false;

    *access = (struct key_access){.lock = -1};
    if (!files_path(secret, "%s/worker.key", state) ||
        !files_path(server, "%s/server.pub", state) ||
        !text_copy(access->endpoint, sizeof access->endpoint, endpoint)) {
        return error_set(error, TIDE_INVALID, "--state or --connect is too long");
    }
    enum tide_status status = pair_find(secret, &access->pair, &tried, error);
    if (status != TIDE_OK) {
        return status;
    }
    status = key_public_read(server, access->server_key, error);
    return status == TIDE_NOT_FOUND ? token_spend(state, token, name, tried, access, error)
                                    : status;
}
