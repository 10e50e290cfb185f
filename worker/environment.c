#include "worker/environment.h"

#include "base/number.h"

#include <jansson.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static char **find(struct environment *environment, const char *name, size_t length)
{
    for (size_t i = 0; i < environment->count; i++) {
        if (strncmp(environment->strings[i], name, length) == 0 &&
            environment->strings[i][length] == '=') {
            return &environment->strings[i];
        }
    }
    return NULL;
}

/* Sets name to value; the last one set stands. */
static void set(struct environment *environment, const char *name, const char *value)
{
    const size_t length = strlen(name);
    const size_t bytes = length + strlen(value) + 2;
    char *string = malloc(bytes);
    char **old = find(environment, name, length);

    if (string == NULL || (old == NULL && environment->count == ENVIRONMENT_MAX)) {
        free(string);
        environment->failed = true;
        return;
    }
    (void)snprintf(string, bytes, "%s=%s", name, value);
    if (old != NULL) {
        free(*old);
        *old = string;
    } else {
        environment->strings[environment->count++] = string;
    }
}

static void set_own(struct environment *environment, const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    if (value != NULL || otherwise != NULL) {
        set(environment, name, value != NULL ? value : otherwise);
    }
}

/* What another coordinator told an outer attempt is not for this one. */
static void set_inherited(struct environment *environment)
{
    for (char **at = environ; *at != NULL; at++) {
        const char *equals = strchr(*at, '=');
        char name[256];
        if (equals == NULL || equals == *at || strncmp(*at, "TIDEMILL_", 9) == 0 ||
            (size_t)(equals - *at) >= sizeof name) {
            continue;
        }
        memcpy(name, *at, (size_t)(equals - *at));
        name[equals - *at] = '\0';
        set(environment, name, equals + 1);
    }
}

static void set_minimal(struct environment *environment, const struct environment_paths *paths)
{
    set_own(environment, "PATH", "/usr/local/bin:/usr/bin:/bin");
    set_own(environment, "LANG", NULL);
    set_own(environment, "CUDA_VISIBLE_DEVICES", NULL);
    if (paths->home[0] != '\0') {
        set(environment, "HOME", paths->home);
    } else {
        set_own(environment, "HOME", "/");
    }
    set(environment, "TMPDIR", paths->temporary);
}

static enum tide_status set_secrets(struct environment *environment,
                                    const struct wire_assign *assign, struct error *error)
{
    for (size_t i = 0; i < assign->secret_count; i++) {
        const char *value = getenv(assign->secrets[i]);
        if (value == NULL) {
            return error_set(error, TIDE_NOT_FOUND,
                             "secret %s is not in the environment of this worker",
                             assign->secrets[i]);
        }
        set(environment, assign->secrets[i], value);
    }
    return TIDE_OK;
}

static void set_parameter(struct environment *environment, const char *name, const json_t *json)
{
    char variable[sizeof "TIDEMILL_PARAM_" + WIRE_NAME_BYTES];
    char text[NUMBER_TEXT_BYTES];
    const char *value = text;

    (void)snprintf(variable, sizeof variable, "TIDEMILL_PARAM_%s", name);
    if (json_is_string(json)) {
        value = json_string_value(json);
    } else if (json_is_integer(json)) {
        (void)snprintf(text, sizeof text, "%" PRId64, (int64_t)json_integer_value(json));
    } else if (json_is_real(json)) {
        (void)number_print_real(text, json_real_value(json));
    } else {
        value = json_is_true(json) ? "true" : json_is_false(json) ? "false" : "";
    }
    set(environment, variable, value);
}

static void set_parameters(struct environment *environment, const char *params)
{
    json_t *root = json_loads(params, 0, NULL);
    const char *name = NULL;
    json_t *json = NULL;

    json_object_foreach(root, name, json)
    {
        set_parameter(environment, name, json);
    }
    json_decref(root);
}

__attribute__((format(printf, 3, 4))) static void
set_format(struct environment *environment, const char *name, const char *format, ...)
{
    char value[64];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    set(environment, name, value);
}

static void set_tidemill(struct environment *environment, const struct wire_assign *assign,
                         const struct environment_paths *paths)
{
    set_format(environment, "TIDEMILL_TRIAL", "%" PRId32 ".%" PRId32, assign->attempt.experiment,
               assign->attempt.trial);
    set_format(environment, "TIDEMILL_ATTEMPT", "%" PRId32, assign->attempt.number);
    set_format(environment, "TIDEMILL_RESUME", "%d", assign->checkpoint.attempt_number > 0 ? 1 : 0);
    if (assign->target_step > 0) {
        set_format(environment, "TIDEMILL_BUDGET", "%" PRId64, assign->target_step);
    }
    set(environment, "TIDEMILL_PARAMS", paths->params);
    set(environment, "TIDEMILL_REPORT", paths->report);
    set(environment, "TIDEMILL_NOTICE", paths->notice);
    set(environment, "TIDEMILL_CHECKPOINT_DIR", paths->checkpoint);
    set_parameters(environment, assign->params);
}

static enum tide_status check(const struct environment *environment, struct error *error)
{
    return environment->failed
               ? error_set(error, TIDE_LIMIT, "more than %d variables, or no memory for them",
                           ENVIRONMENT_MAX)
               : TIDE_OK;
}

enum tide_status environment_make_common(struct environment *environment,
                                         const struct wire_assign *assign,
                                         const struct environment_paths *paths, bool inherit,
                                         struct error *error)
{
    *environment = (struct environment){0};
    if (inherit) {
        set_inherited(environment);
    } else {
        set_minimal(environment, paths);
    }
    const enum tide_status status = set_secrets(environment, assign, error);
    for (size_t i = 0; i < assign->env_count; i++) {
        set(environment, assign->env[i].key, assign->env[i].value);
    }
    return status == TIDE_OK ? check(environment, error) : status;
}

enum tide_status environment_make(struct environment *environment, const struct wire_assign *assign,
                                  const struct environment_paths *paths, bool inherit,
                                  struct error *error)
{
    const enum tide_status status =
        environment_make_common(environment, assign, paths, inherit, error);

    set_tidemill(environment, assign, paths);
    return status == TIDE_OK ? check(environment, error) : status;
}

void environment_fini(struct environment *environment)
{
    for (size_t i = 0; i < environment->count; i++) {
        free(environment->strings[i]);
    }
    *environment = (struct environment){0};
}
