#include "commands/asking.h"

#include "transport/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 5000, ANSWER_MS = 30000, PATH_BYTES = 4096 };

static int unreachable(const struct options *options, enum tide_status status,
                       const struct error *error)
{
    const bool refused = status == TIDE_REFUSED;
    const bool here = options_value(options, "connect") == NULL;

    (void)fprintf(stderr, "tidemill %s: %s\n", options->usage->verb, error->text);
    if (here && !refused) {
        (void)fprintf(stderr, "next: tidemill serve --store %s\n", options->store);
    }
    switch (status) {
    case TIDE_REFUSED:
        return EXIT_CODE_KEY_REFUSED;
    case TIDE_INVALID:
    case TIDE_LIMIT:
        return EXIT_CODE_USAGE;
    case TIDE_OK:
    case TIDE_NO_MEMORY:
    case TIDE_NOT_FOUND:
    case TIDE_EXISTS:
    case TIDE_NUMERIC:
    case TIDE_EXHAUSTED:
    case TIDE_BUG:
    case TIDE_IO:
    case TIDE_BUSY:
    case TIDE_FULL:
    case TIDE_PROTOCOL:
    case TIDE_UNREACHABLE:
    case TIDE_TIMEOUT:
    case TIDE_STALE:
        break;
    }
    return EXIT_CODE_UNREACHABLE;
}

/* The answer's own exit code, after its error was printed. */
static int answer_take(const struct options *options, const struct wire_reply *reply,
                       json_t **answer)
{
    json_t *body = json_loads(reply->body, 0, NULL);
    const char *error = json_string_value(json_object_get(body, "error"));

    if (reply->exit_code != EXIT_CODE_OK) {
        (void)fprintf(stderr, "tidemill %s: %s\n", options->usage->verb,
                      error == NULL ? "the coordinator refused" : error);
        json_decref(body);
        return reply->exit_code;
    }
    *answer = body;
    return EXIT_CODE_OK;
}

static int client_try(const struct options *options, struct client *client, const char *verb,
                      const char *body, json_t **answer)
{
    struct wire_message *reply = calloc(1, sizeof *reply);
    struct error error = {0};
    int code = EXIT_CODE_FAILED;

    if (reply == NULL) {
        return code;
    }
    const enum tide_status status = client_ask(client, verb, body, ANSWER_MS, reply, &error);
    if (status == TIDE_OK) {
        code = answer_take(options, &reply->reply, answer);
        wire_message_fini(reply);
    } else {
        code = unreachable(options, status, &error);
    }
    free(reply);
    return code;
}

static int workdir_store(const struct options *options, struct client *client,
                         const struct workdir_packed *packed)
{
    struct error error = {0};
    json_t *pong = NULL;
    const int code = client_try(options, client, "ping", "{}", &pong);
    const int32_t port = (int32_t)json_integer_value(json_object_get(pong, "bulk_port"));

    json_decref(pong);
    if (code != EXIT_CODE_OK) {
        return code;
    }
    const enum tide_status status =
        client_store(client, port, packed->hash, packed->fd, packed->bytes, &error);
    if (status == TIDE_OK || status == TIDE_UNREACHABLE || status == TIDE_REFUSED) {
        return status == TIDE_OK ? EXIT_CODE_OK : unreachable(options, status, &error);
    }
    (void)fprintf(stderr, "tidemill %s: the workdir was not taken: %s\n", options->usage->verb,
                  error.text);
    return EXIT_CODE_FAILED;
}

int asking_ask(const struct options *options, json_t *body, json_t **answer)
{
    return asking_ask_with(options, NULL, body, answer);
}

int asking_ask_with(const struct options *options, const struct workdir_packed *packed,
                    json_t *body, json_t **answer)
{
    char run_directory[PATH_BYTES];
    const char *connect = options_value(options, "connect");
    const struct client_config config = {.run_directory = connect == NULL ? run_directory : NULL,
                                         .connect = connect,
                                         .key_file = options_value(options, "key"),
                                         .server_key = options_value(options, "server-key")};
    char *text = json_dumps(body, JSON_COMPACT);
    struct client *client = NULL;
    struct error error = {0};
    int code = EXIT_CODE_FAILED;

    *answer = NULL;
    (void)snprintf(run_directory, sizeof run_directory, "%s.run", options->store);
    const enum tide_status status = client_open(&config, CONNECT_MS, &client, &error);
    if (status != TIDE_OK) {
        code = unreachable(options, status, &error);
    } else if (text != NULL) {
        code = packed == NULL ? EXIT_CODE_OK : workdir_store(options, client, packed);
        code = code == EXIT_CODE_OK
                   ? client_try(options, client, options->usage->verb, text, answer)
                   : code;
    }
    client_close(client);
    free(text);
    return code;
}
