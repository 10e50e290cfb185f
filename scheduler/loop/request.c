/*
 * request: what an operator asks by REQUEST, and the answers. docs/PROTOCOL.md lists verbs and
 * keys.
 */
#include "loop/inside.h"

#include "base/assert.h"
#include "base/exit.h"
#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* `now`: it says nothing that has still to be committed. */
static void reply_put(struct coordinator *coordinator, const struct peer *peer, int64_t id,
                      int32_t exit_code, json_t *body, bool now)
{
    struct reply *reply = calloc(1, sizeof *reply);

    ASSERT(reply != NULL);
    *reply = (struct reply){
        .peer = *peer, .id = id, .exit_code = exit_code, .body = json_dumps(body, JSON_COMPACT)};
    json_decref(body);
    if (now) {
        reply_send(coordinator, reply);
        reply_free(reply);
        return;
    }
    *coordinator->replies_end = reply;
    coordinator->replies_end = &reply->next;
}

static int32_t exit_code_of(enum tide_status status)
{
    if (status == TIDE_OK) {
        return EXIT_CODE_OK;
    }
    return status == TIDE_NOT_FOUND ? EXIT_CODE_NOT_FOUND : EXIT_CODE_FAILED;
}

static enum tide_status do_submit(struct coordinator *coordinator, const json_t *body,
                                  json_t *answer, struct error *error)
{
    const char *text = json_string_value(json_object_get(body, "spec"));
    const char *name = json_string_value(json_object_get(body, "name"));
    const char *workdir = json_string_value(json_object_get(body, "workdir"));
    struct spec_report *report = calloc(1, sizeof *report);
    struct spec *spec = NULL;
    int32_t experiment = 0;

    ASSERT(report != NULL);
    if (text == NULL || workdir == NULL) {
        free(report);
        return error_set(error, TIDE_INVALID, "submit needs 'spec' and 'workdir'");
    }
    enum tide_status status =
        spec_parse(text, strlen(text), name == NULL ? "spec" : name, &spec, report);
    if (status == TIDE_OK) {
        status = coordinator_submit(coordinator, spec, workdir, &experiment, error);
        (void)json_object_set_new(answer, "experiment", json_integer(experiment));
    } else {
        char *why = spec_report_text(report);
        (void)error_set(error, status, "%s", why == NULL ? "out of memory" : why);
        free(why);
    }
    free(report);
    return status;
}

static enum tide_status do_drain(struct coordinator *coordinator, const json_t *body,
                                 struct error *error)
{
    const char *name = json_string_value(json_object_get(body, "worker"));
    struct event event = {.kind = EVENT_COMMAND, .command = {.verb = VERB_DRAIN}};

    event.worker = name == NULL ? 0 : roster_find(&coordinator->roster, name);
    step(coordinator, &event);
    return coordinator->outcome->status == TIDE_OK
               ? TIDE_OK
               : error_set(error, TIDE_NOT_FOUND, "no worker '%s' is connected",
                           name == NULL ? "" : name);
}

/* An id; -1 where there is none, or none that could be one. */
static int32_t number_of(const json_t *body, const char *key)
{
    const json_t *number = json_object_get(body, key);
    const json_int_t value = json_is_integer(number) ? json_integer_value(number) : -1;

    return value < 0 || value > INT32_MAX ? -1 : (int32_t)value;
}

static enum tide_status do_command(struct coordinator *coordinator, enum command_verb verb,
                                   const json_t *body, struct error *error)
{
    const struct command_event command = {.verb = verb,
                                          .experiment = number_of(body, "experiment"),
                                          .trial = number_of(body, "trial")};

    if (json_object_get(body, "trial") != NULL && verb != VERB_CANCEL && verb != VERB_KICK) {
        return error_set(error, TIDE_INVALID, "only 'cancel' and 'kick' are about single trials");
    }
    return coordinator_command(coordinator, &command, error);
}

static enum tide_status do_verb(struct coordinator *coordinator, const char *verb,
                                const json_t *body, json_t *answer, struct error *error)
{
    static const struct {
        const char *name;
        enum command_verb verb;
    } verbs[] = {
#define X(name, text) {text, name},
        COMMAND_VERB_LIST(X)
#undef X
    };

    if (strcmp(verb, "ping") == 0) {
        (void)json_object_set_new(answer, "bulk_port",
                                  json_integer(transport_bulk_port(coordinator->transport)));
        return TIDE_OK;
    }
    if (strcmp(verb, "submit") == 0) {
        return do_submit(coordinator, body, answer, error);
    }
    if (strcmp(verb, "drain") == 0) {
        return do_drain(coordinator, body, error);
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verb, verbs[i].name) == 0) {
            return do_command(coordinator, verbs[i].verb, body, error);
        }
    }
    return error_set(error, TIDE_INVALID, "unknown request '%s'", verb);
}

void receive_request(struct coordinator *coordinator, const struct wire_request *request,
                     const struct peer *peer)
{
    struct error error = {0};
    json_t *body = json_loads(request->body, JSON_REJECT_DUPLICATES, NULL);
    json_t *answer = json_object();
    enum tide_status status = TIDE_OK;

    const bool ping = strcmp(request->verb, "ping") == 0;
    const bool refused = coordinator->hindered_long && !ping;
    if (refused) { /* nobody waits for an answer that may never come */
        status = error_set(&error, TIDE_BUSY, "nothing can be recorded now: %s",
                           coordinator->hindered_why);
    } else if (!json_is_object(body)) {
        status = error_set(&error, TIDE_INVALID, "the body of a request is one JSON object");
    } else {
        status = do_verb(coordinator, request->verb, body, answer, &error);
    }
    if (status != TIDE_OK) {
        (void)json_object_set_new(answer, "error", json_string(error.text));
    }
    json_decref(body);
    reply_put(coordinator, peer, request->id,
              status == TIDE_INVALID ? EXIT_CODE_USAGE : exit_code_of(status), answer,
              ping || refused);
}
