/*
 * tidemill optimizer: ask and tell as JSON lines on stdin and stdout, for any language. One object
 * a line, one answer a request. docs/OPTIMIZER.md describes the requests.
 */
#include "commands/optimizer.h"

#include "commands/optimizer_space.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
    struct face_space space;
    struct tide_optimizer *optimizer; /* NULL before the first "space" */
};

static json_t *trouble(const char *text)
{
    return json_pack("{s:s}", "error", text);
}

static json_t *status_answer(enum tide_status status)
{
    return status == TIDE_OK ? json_pack("{s:b}", "ok", 1) : trouble(tide_status_text(status));
}

static void session_close(struct session *session)
{
    tide_free(session->optimizer);
    session->optimizer = NULL;
    face_space_fini(&session->space);
}

static json_t *command_space(struct session *session, json_t *request)
{
    struct face_space fresh;
    struct tide_optimizer *optimizer = NULL;
    char message[TIDE_MESSAGE_BYTES] = "";

    if (!face_space_read(&fresh, request, message)) {
        return trouble(message);
    }
    const enum tide_status status = tide_new(&fresh.config, &optimizer, message);
    if (status != TIDE_OK) {
        face_space_fini(&fresh);
        return trouble(message[0] == '\0' ? tide_status_text(status) : message);
    }
    session_close(session);
    session->space = fresh;
    session->optimizer = optimizer;
    return status_answer(TIDE_OK);
}

static json_t *command_ask(struct session *session, json_t *request)
{
    struct tide_suggestion suggestion;
    double x[TIDE_PARAMETERS_MAX];
    const enum tide_status status = tide_ask(session->optimizer, x, &suggestion);

    (void)request;
    if (status != TIDE_OK) {
        return status_answer(status);
    }
    return json_pack("{s:I, s:o}", "id", (json_int_t)suggestion.id, "params",
                     face_point_write(&session->space, x));
}

/* "value" or "values", "outcome_constraints", "step", "cost", "status". */
static bool read_result(const struct session *session, json_t *request, struct tide_result *result,
                        double *values, double *outcomes)
{
    const char *status = json_string_value(json_object_get(request, "status"));
    const size_t objectives = session->space.config.objective_count;

    *result = (struct tide_result){.outcome = TIDE_EVALUATED};
    if (status != NULL && strcmp(status, "failed") == 0) {
        result->outcome = TIDE_FAILED;
    } else if (status != NULL && strcmp(status, "infeasible") == 0) {
        result->outcome = TIDE_INFEASIBLE;
    } else if (status != NULL && strcmp(status, "stopped") == 0) {
        result->outcome = TIDE_STOPPED;
    } else if (status != NULL && strcmp(status, "running") == 0) {
        result->outcome = TIDE_RUNNING;
    } else if (status != NULL && strcmp(status, "ok") != 0) {
        return false;
    }
    if (result->outcome == TIDE_EVALUATED || result->outcome == TIDE_RUNNING) {
        result->values = values;
        if (!face_reals(json_object_get(request, "values"), values, objectives)) {
            values[0] = face_real(json_object_get(request, "value"), NAN);
            if (objectives > 1) {
                return false;
            }
        }
    }
    if (face_reals(json_object_get(request, "outcome_constraints"), outcomes,
                   session->space.config.outcome_count)) {
        result->outcomes = outcomes;
    }
    result->step = face_real(json_object_get(request, "step"), 0);
    result->cost = face_real(json_object_get(request, "cost"), 0);
    result->source = face_count(request, "source");
    return true;
}

static json_t *command_tell(struct session *session, json_t *request)
{
    json_t *id = json_object_get(request, "id");
    json_t *params = json_object_get(request, "params");
    double x[TIDE_PARAMETERS_MAX];
    double values[TIDE_OBJECTIVES_MAX] = {0};
    double outcomes[TIDE_OUTCOMES_MAX] = {0};
    char message[TIDE_MESSAGE_BYTES];
    struct tide_result result;

    if (!read_result(session, request, &result, values, outcomes)) {
        return trouble("status is ok, failed, infeasible, running or stopped; values has one "
                       "number per objective");
    }
    if (params != NULL && !face_point_read(&session->space, params, x, message)) {
        return trouble(message);
    }
    if (params == NULL && !json_is_integer(id)) {
        return trouble("id or params is needed");
    }
    return status_answer(tide_tell(session->optimizer,
                                   json_is_integer(id) ? json_integer_value(id) : TIDE_OWN,
                                   params == NULL ? NULL : x, &result));
}

static json_t *describe(const struct session *session, size_t index)
{
    struct tide_observation observation;
    const size_t objectives = session->space.config.objective_count;

    if (tide_get(session->optimizer, index, &observation) != TIDE_OK) {
        return json_null();
    }
    json_t *answer =
        json_pack("{s:o, s:f}", "params", face_point_write(&session->space, observation.x), "value",
                  observation.values[0]);
    if (observation.id != TIDE_OWN) {
        json_object_set_new(answer, "id", json_integer(observation.id));
    }
    if (objectives > 1) {
        json_t *values = json_array();
        for (size_t i = 0; i < objectives; i++) {
            json_array_append_new(values, json_real(observation.values[i]));
        }
        json_object_set_new(answer, "values", values);
    }
    return answer;
}

static json_t *command_best(struct session *session, json_t *request)
{
    size_t index[256];
    size_t count = 0;
    const enum tide_status status = tide_best(session->optimizer, index, 256, &count);

    (void)request;
    if (status != TIDE_OK) {
        return status_answer(status);
    }
    json_t *answer = describe(session, index[0]);
    if (session->space.config.objective_count > 1) {
        json_t *front = json_array();
        for (size_t i = 0; i < count && i < 256; i++) {
            json_array_append_new(front, describe(session, index[i]));
        }
        json_object_set_new(answer, "front", front);
    }
    return answer;
}

static size_t asked_objective(json_t *request)
{
    const json_int_t objective = json_integer_value(json_object_get(request, "objective"));

    return objective < 0 ? SIZE_MAX : (size_t)objective;
}

static json_t *describe_prediction(const struct tide_prediction *prediction)
{
    return json_pack("{s:f, s:f, s:f}", "median", prediction->median, "low", prediction->low,
                     "high", prediction->high);
}

static json_t *command_predict(struct session *session, json_t *request)
{
    struct tide_prediction prediction;
    double x[TIDE_PARAMETERS_MAX];
    char message[TIDE_MESSAGE_BYTES];

    if (!face_point_read(&session->space, json_object_get(request, "params"), x, message)) {
        return trouble(message);
    }
    const enum tide_status status =
        tide_predict(session->optimizer, x, asked_objective(request), &prediction);
    if (status != TIDE_OK) {
        return status_answer(status);
    }
    return describe_prediction(&prediction);
}

static json_t *command_importance(struct session *session, json_t *request)
{
    double share[TIDE_PARAMETERS_MAX];
    const enum tide_status status =
        tide_importance(session->optimizer, asked_objective(request), share);

    if (status != TIDE_OK) {
        return status_answer(status);
    }
    json_t *shares = json_object();
    for (size_t i = 0; i < session->space.config.parameter_count; i++) {
        json_object_set_new(shares, session->space.parameter[i].name, json_real(share[i]));
    }
    return json_pack("{s:o}", "importance", shares);
}

/* The model along one parameter, at the values the request names. */
static json_t *command_partial(struct session *session, json_t *request)
{
    struct tide_prediction prediction[FACE_VALUES_MAX];
    double value[FACE_VALUES_MAX];
    char message[TIDE_MESSAGE_BYTES];
    json_t *values = json_object_get(request, "values");
    const size_t count = json_array_size(values);
    size_t parameter = 0;

    if (!face_values_read(&session->space, json_object_get(request, "name"), values, &parameter,
                          value, message)) {
        return trouble(message);
    }
    const enum tide_status status = tide_partial(session->optimizer, asked_objective(request),
                                                 parameter, value, count, prediction);
    if (status != TIDE_OK) {
        return status_answer(status);
    }
    json_t *curve = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(curve, describe_prediction(&prediction[i]));
    }
    return json_pack("{s:o}", "partial", curve);
}

static json_t *command_forget(struct session *session, json_t *request)
{
    json_t *id = json_object_get(request, "id");

    if (!json_is_integer(id)) {
        return trouble("id is needed");
    }
    return status_answer(tide_forget(session->optimizer, json_integer_value(id)));
}

/* One request, one answer; `quit` is set when the session is over. */
static json_t *answer(struct session *session, json_t *request, bool *quit)
{
    static const struct {
        const char *text;
        json_t *(*answer)(struct session *session, json_t *request);
    } commands[] = {{"ask", command_ask},
                    {"tell", command_tell},
                    {"best", command_best},
                    {"predict", command_predict},
                    {"importance", command_importance},
                    {"partial", command_partial},
                    {"forget", command_forget}};
    const char *command = json_string_value(json_object_get(request, "cmd"));

    if (command == NULL) {
        return trouble("cmd is needed");
    }
    if (strcmp(command, "quit") == 0) {
        *quit = true;
        return NULL;
    }
    if (strcmp(command, "space") == 0) {
        return command_space(session, request);
    }
    if (session->optimizer == NULL) {
        return trouble("the first command is space");
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(command, commands[i].text) == 0) {
            return commands[i].answer(session, request);
        }
    }
    return trouble("unknown cmd");
}

static bool serve_line(struct session *session, const char *line, FILE *out)
{
    json_error_t fault;
    json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, &fault);
    bool quit = false;
    json_t *reply = request == NULL ? trouble(fault.text) : answer(session, request, &quit);

    json_decref(request);
    if (reply != NULL) {
        (void)json_dumpf(reply, out, JSON_COMPACT);
        (void)fputc('\n', out);
        (void)fflush(out);
        json_decref(reply);
    }
    return !quit;
}

int optimizer_serve(FILE *in, FILE *out)
{
    struct session session = {0};
    char *line = NULL;
    size_t bytes = 0;
    bool going = true;

    while (going && getline(&line, &bytes, in) > 0) {
        if (strspn(line, " \t\r\n") == strlen(line)) {
            continue;
        }
        going = serve_line(&session, line, out);
    }
    session_close(&session);
    free(line);
    return ferror(out) != 0 ? 1 : 0;
}

int command_optimizer(int argc, char **argv)
{
    static const char help[] =
        "usage: tidemill optimizer      (a line of JSON on stdin, one on stdout)\n\n"
        "The search alone, for any language: \"cmd\" is space (first), ask, tell, forget,\n"
        "best, predict, importance, partial or quit; docs/OPTIMIZER.md has them all.\n\n"
        "example:\n"
        "  "
        "{\"cmd\":\"space\",\"params\":[{\"name\":\"x\",\"type\":\"float\",\"low\":0,\"high\":1}]}"
        "\n"
        "  {\"cmd\":\"ask\"}\n"
        "  {\"cmd\":\"tell\",\"id\":0,\"value\":0.31}\n";

    if (argc > 1) {
        const bool asked = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
        (void)fputs(help, asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    return optimizer_serve(stdin, stdout);
}
