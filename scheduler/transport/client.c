#include "transport/client.h"

#include "base/text.h"
#include "transport/dealer.h"
#include "transport/dealer_carry.h"
#include "transport/dealer_watch.h"

#include <zmq.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RETRY_FIRST_MS = 100, RETRY_LONGEST_MS = 2000, WHY_BYTES = 256, PATIENCE_MS = 30000 };

struct client {
    void *context;
    void *dealer;
    struct key_access access;
    char run_directory[KEY_PATH_BYTES]; /* "" where it was not joined */
    char name[KEY_NAME_BYTES];
    int64_t asked; /* questions so far: the id of the last */
};

/* The server's key is given as it is, or as the file it is in. */
static enum tide_status server_key_read(const char *text, char key[KEY_TEXT_BYTES],
                                        struct error *error)
{
    if (key_text_valid(text)) {
        (void)text_copy(key, KEY_TEXT_BYTES, text);
        return TIDE_OK;
    }
    return key_public_read(text, key, error);
}

static enum tide_status access_configured(const struct client_config *config,
                                          struct key_access *access, struct error *error)
{
    if (config->key_file == NULL || config->server_key == NULL) {
        return error_set(error, TIDE_INVALID,
                         "to connect to %s takes --key and --server-key as well", config->connect);
    }
    if (!text_copy(access->endpoint, sizeof access->endpoint, config->connect)) {
        return error_set(error, TIDE_INVALID, "the address is too long");
    }
    const enum tide_status status = server_key_read(config->server_key, access->server_key, error);
    return status == TIDE_OK ? key_pair_read(config->key_file, &access->pair, error) : status;
}

static enum tide_status access_get(struct client *client, const struct client_config *config,
                                   struct error *error)
{
    if (config->connect != NULL) {
        return access_configured(config, &client->access, error);
    }
    (void)snprintf(client->name, sizeof client->name, "cli-%ld", (long)getpid());
    const enum tide_status status =
        keys_join(config->run_directory, KEY_OPERATOR, client->name, &client->access, error);
    if (status == TIDE_OK) {
        (void)text_copy(client->run_directory, sizeof client->run_directory, config->run_directory);
    }
    return status;
}

static enum tide_status sockets_open(struct client *client, struct error *error)
{
    const struct dealer_retry retry = {RETRY_FIRST_MS, RETRY_LONGEST_MS};

    client->context = zmq_ctx_new();
    if (client->context == NULL) {
        return error_set(error, TIDE_IO, "no ZeroMQ context: %s", zmq_strerror(errno));
    }
    return dealer_open(client->context, &client->access, retry, &client->dealer, error);
}

enum tide_status client_open(const struct client_config *config, int64_t deadline_ms,
                             struct client **client, struct error *error)
{
    struct client *made = calloc(1, sizeof *made);
    enum tide_status status = TIDE_OK;

    *client = NULL;
    if (made == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "no memory for a connection");
    }
    status = access_get(made, config, error);
    if (status == TIDE_OK) {
        status = sockets_open(made, error);
    }
    if (status == TIDE_OK) {
        status =
            dealer_connect_watched(made->context, made->dealer, &made->access, deadline_ms, error);
    }
    if (status != TIDE_OK) {
        client_close(made);
        return status;
    }
    *client = made;
    return TIDE_OK;
}

void client_close(struct client *client)
{
    if (client == NULL) {
        return;
    }
    if (client->run_directory[0] != '\0') {
        keys_leave(client->run_directory, KEY_OPERATOR, client->name, &client->access);
    }
    if (client->dealer != NULL) {
        (void)zmq_close(client->dealer);
    }
    if (client->context != NULL) {
        (void)zmq_ctx_term(client->context);
    }
    free(client);
}

static enum tide_status request_send(struct client *client, const char *verb, const char *body,
                                     struct error *error)
{
    const struct wire_message message = {
        .type = WIRE_REQUEST,
        .seq = client->asked,
        .request = {.id = client->asked, .verb = verb, .body = body},
    };

    const enum tide_status status = dealer_send(client->dealer, &message);
    if (status == TIDE_LIMIT) {
        return error_set(error, status, "this is too much for one message of %d bytes",
                         WIRE_FRAME_BYTES);
    }
    if (status == TIDE_INVALID) {
        return error_set(error, status, "the question is not UTF-8 text");
    }
    return status == TIDE_OK ? TIDE_OK
                             : error_set(error, status, "the coordinator at %s went away",
                                         client->access.endpoint);
}

/* Whether a message is what was asked for. TIDE_BUSY: no; it is ended. */
static enum tide_status reply_judge(const struct client *client, struct wire_message *message,
                                    struct error *error)
{
    enum tide_status status = TIDE_BUSY;

    if (message->type == WIRE_REPLY && message->reply.id == client->asked) {
        return TIDE_OK;
    }
    if (message->type == WIRE_ERROR) {
        status = error_set(error, TIDE_REFUSED, "the coordinator says: %s", message->error.text);
    }
    wire_message_fini(message);
    return status;
}

enum tide_status client_ask(struct client *client, const char *verb, const char *body,
                            int64_t deadline_ms, struct wire_message *reply, struct error *error)
{
    const int64_t until_ms = dealer_now_ms() + deadline_ms;
    char why[WHY_BYTES];

    client->asked++;
    enum tide_status status = request_send(client, verb, body, error);
    if (status == TIDE_OK) {
        status = TIDE_BUSY;
    }
    while (status == TIDE_BUSY) {
        zmq_pollitem_t item = {.socket = client->dealer, .events = ZMQ_POLLIN};
        const int64_t left_ms = until_ms - dealer_now_ms();
        if (left_ms <= 0) {
            return error_set(error, TIDE_TIMEOUT, "the coordinator at %s does not answer",
                             client->access.endpoint);
        }
        (void)zmq_poll(&item, 1, (long)left_ms);
        status = dealer_receive(client->dealer, reply, why, sizeof why);
        if (status == TIDE_OK) {
            status = reply_judge(client, reply, error);
        } else if (status == TIDE_NOT_FOUND) {
            status = TIDE_BUSY;
        } else {
            return error_set(error, status, "an answer that makes no sense: %s", why);
        }
    }
    return status;
}

enum tide_status client_store(const struct client *client, int32_t bulk_port, const char *hash,
                              int fd, int64_t bytes, struct error *error)
{
    struct key_access access = client->access;
    const struct carry carry = {.access = &access,
                                .claim = {.object = OBJECT_WORKDIR, .hash = hash},
                                .fd = fd,
                                .bytes = bytes,
                                .patience_ms = PATIENCE_MS};

    if (bulk_port == 0 || !key_endpoint_at(client->access.endpoint, bulk_port, access.endpoint)) {
        return error_set(error, TIDE_UNREACHABLE, "the coordinator at %s takes no files",
                         client->access.endpoint);
    }
    return carry_store(&carry, error);
}
