/*
 * Knows how parameters, choices and points are written in JSON.
 */
#include "commands/optimizer_space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says what is wrong; false, so that `return refuse(...)` reads well. */
#define refuse(message, ...) ((void)snprintf(message, TIDE_MESSAGE_BYTES, __VA_ARGS__), false)

double face_real(json_t *value, double otherwise)
{
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

bool face_reals(json_t *array, double *values, size_t count)
{
    if (!json_is_array(array) || json_array_size(array) != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_array_get(array, i);
        values[i] = face_real(value, NAN);
    }
    return true;
}

static bool read_type(const char *text, enum tide_type *type)
{
    static const struct {
        const char *text;
        enum tide_type type;
    } types[] = {{"float", TIDE_FLOAT},     {"int", TIDE_INT},
                 {"cat", TIDE_CATEGORICAL}, {"categorical", TIDE_CATEGORICAL},
                 {"ordinal", TIDE_ORDINAL}, {"bool", TIDE_BOOL}};

    for (size_t i = 0; text != NULL && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].text, text) == 0) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

/* The number that stands for a JSON value of parameter `index`; false if it is none of its values.
 */
static bool read_value(const struct face_space *space, size_t index, json_t *value, double *number)
{
    const enum tide_type type = space->parameter[index].type;

    if (type == TIDE_BOOL) {
        *number = json_is_true(value) ? 1 : 0;
        return json_is_boolean(value);
    }
    if (type == TIDE_CATEGORICAL || type == TIDE_ORDINAL) {
        json_t *choices = space->choices[index];
        for (size_t i = 0; i < json_array_size(choices); i++) {
            json_t *choice = json_array_get(choices, i);
            if (json_equal(choice, value) ||
                (json_is_number(choice) && json_is_number(value) &&
                 json_number_value(choice) == json_number_value(value))) {
                *number = (double)i;
                return true;
            }
        }
        return false;
    }
    *number = face_real(value, NAN);
    return json_is_number(value);
}

/* Numeric choices are what constraints read. */
static bool read_choices(struct face_space *space, size_t index, json_t *object, char *message)
{
    struct tide_parameter *parameter = &space->parameter[index];
    json_t *choices = json_object_get(object, "choices");
    const size_t count = json_array_size(choices);
    bool numbers = count > 0;

    if (parameter->type != TIDE_CATEGORICAL && parameter->type != TIDE_ORDINAL) {
        return true;
    }
    if (count == 0) {
        return refuse(message, "%s: choices is a list with at least one value", parameter->name);
    }
    space->choices[index] = choices;
    parameter->choice_count = count;
    for (size_t i = 0; i < count; i++) {
        numbers = numbers && json_is_number(json_array_get(choices, i));
    }
    if (numbers) {
        double *values = calloc(count, sizeof *values);
        if (values == NULL) {
            return refuse(message, "out of memory");
        }
        (void)face_reals(choices, values, count);
        parameter->choice_values = values;
    }
    return true;
}

/* The one of the first `count` parameters that is called `name`. */
static bool find_parameter(const struct face_space *space, size_t count, json_t *name,
                           size_t *parameter)
{
    const char *text = json_string_value(name);

    for (size_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(space->parameter[i].name, text) == 0) {
            *parameter = i;
            return true;
        }
    }
    return false;
}

static bool read_when(struct face_space *space, size_t index, json_t *when, char *message)
{
    struct tide_parameter *parameter = &space->parameter[index];
    json_t *allowed = json_object_get(when, "values");
    double *values = NULL;
    size_t at = 0;

    if (!find_parameter(space, index, json_object_get(when, "name"), &at) ||
        json_array_size(allowed) == 0) {
        return refuse(message, "%s: when needs the name of an earlier parameter and its values",
                      parameter->name);
    }
    values = calloc(json_array_size(allowed), sizeof *values);
    if (values == NULL) {
        return refuse(message, "out of memory");
    }
    parameter->when_values = values;
    parameter->when_parent = at;
    parameter->when_count = json_array_size(allowed);
    for (size_t i = 0; i < parameter->when_count; i++) {
        if (!read_value(space, at, json_array_get(allowed, i), &values[i])) {
            return refuse(message, "%s: when: not a value of %s", parameter->name,
                          space->parameter[at].name);
        }
    }
    return true;
}

static bool read_parameter(struct face_space *space, size_t index, json_t *object, char *message)
{
    struct tide_parameter *parameter = &space->parameter[index];
    json_t *when = json_object_get(object, "when");
    json_t *given = json_object_get(object, "default");

    parameter->name = json_string_value(json_object_get(object, "name"));
    if (parameter->name == NULL) {
        return refuse(message, "parameter %zu has no name", index);
    }
    if (!read_type(json_string_value(json_object_get(object, "type")), &parameter->type)) {
        return refuse(message, "%s: type is float, int, cat, ordinal or bool", parameter->name);
    }
    parameter->low = face_real(json_object_get(object, "low"), NAN);
    parameter->high = face_real(json_object_get(object, "high"), NAN);
    parameter->step = face_real(json_object_get(object, "step"), 0);
    parameter->log = json_is_true(json_object_get(object, "log"));
    if (!read_choices(space, index, object, message)) {
        return false;
    }
    if (given != NULL && !json_is_null(given)) {
        parameter->has_default = true;
        if (!read_value(space, index, given, &parameter->default_value)) {
            return refuse(message, "%s: the default is not one of its values", parameter->name);
        }
    }
    return when == NULL || json_is_null(when) || read_when(space, index, when, message);
}

static bool read_direction(json_t *value, struct tide_objective *objective)
{
    const char *text = json_string_value(value);

    if (text != NULL && strcmp(text, "maximize") == 0) {
        objective->direction = TIDE_MAXIMIZE;
        return true;
    }
    return text != NULL && strcmp(text, "minimize") == 0;
}

static bool read_objectives(struct face_space *space, json_t *request, char *message)
{
    json_t *list = json_object_get(request, "objectives");
    json_t *one = json_object_get(request, "objective");
    json_t *reference = json_object_get(request, "reference");

    space->config.objectives = space->objective;
    space->config.objective_count = 1;
    if (!json_is_array(list)) {
        return one == NULL || read_direction(one, &space->objective[0]) ||
               refuse(message, "objective is minimize or maximize");
    }
    space->config.objective_count = json_array_size(list);
    if (json_array_size(list) == 0 || json_array_size(list) > TIDE_OBJECTIVES_MAX) {
        return refuse(message, "between 1 and %d objectives", TIDE_OBJECTIVES_MAX);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *value = json_array_get(reference, i);
        if (!read_direction(json_array_get(list, i), &space->objective[i])) {
            return refuse(message, "an objective is minimize or maximize");
        }
        space->objective[i].has_reference = json_is_number(value);
        space->objective[i].reference = face_real(value, 0);
    }
    return true;
}

static bool read_constraints(struct face_space *space, json_t *list, char *message)
{
    space->config.constraints = space->constraint;
    space->config.constraint_count = json_array_size(list);
    if (json_array_size(list) > TIDE_CONSTRAINTS_MAX) {
        return refuse(message, "at most %d constraints", TIDE_CONSTRAINTS_MAX);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        space->constraint[i] = json_string_value(json_array_get(list, i));
        if (space->constraint[i] == NULL) {
            return refuse(message, "a constraint is a text");
        }
    }
    return true;
}

size_t face_count(json_t *request, const char *name)
{
    const json_int_t value = json_integer_value(json_object_get(request, name));

    return value > 0 && value < INT32_MAX ? (size_t)value : 0;
}

static bool read_algorithm(json_t *value, enum tide_algorithm *algorithm)
{
    static const char *const names[] = {"bayes", "random", "sobol", "grid"};
    const char *text = json_string_value(value);

    for (size_t i = 0; text != NULL && i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *algorithm = (enum tide_algorithm)i;
            return true;
        }
    }
    return value == NULL;
}

static bool read_acquisition(json_t *value, bool *per_cost)
{
    const char *text = json_string_value(value);

    *per_cost = text != NULL && strcmp(text, "per_cost") == 0;
    return value == NULL || *per_cost || (text != NULL && strcmp(text, "auto") == 0);
}

static bool read_space(struct face_space *space, json_t *request, char *message)
{
    json_t *list = json_object_get(request, "params");
    const size_t count = json_array_size(list);
    struct tide_config *config = &space->config;

    if (count == 0 || count > TIDE_PARAMETERS_MAX) {
        return refuse(message, "params: between 1 and %d parameters", TIDE_PARAMETERS_MAX);
    }
    space->parameter = calloc(count, sizeof *space->parameter);
    space->choices = calloc(count, sizeof(json_t *)); /* NOLINT(bugprone-sizeof-expression) */
    if (space->parameter == NULL || space->choices == NULL) {
        return refuse(message, "out of memory");
    }
    config->parameters = space->parameter;
    for (size_t i = 0; i < count; i++) {
        config->parameter_count = i + 1;
        if (!read_parameter(space, i, json_array_get(list, i), message)) {
            return false;
        }
    }
    config->seed = (uint64_t)json_integer_value(json_object_get(request, "seed"));
    config->budget = face_count(request, "budget");
    config->parallel = face_count(request, "parallel");
    config->initial = face_count(request, "initial");
    config->source_count = face_count(request, "sources");
    config->outcome_count = face_count(request, "outcome_constraints");
    config->noisy = json_is_true(json_object_get(request, "noisy"));
    config->step_max = face_real(json_object_get(request, "step_max"), 0);
    if (!read_algorithm(json_object_get(request, "algorithm"), &config->algorithm)) {
        return refuse(message, "algorithm is bayes, random, sobol or grid");
    }
    if (!read_acquisition(json_object_get(request, "acquisition"), &config->per_cost)) {
        return refuse(message, "acquisition is auto or per_cost");
    }
    return read_objectives(space, request, message) &&
           read_constraints(space, json_object_get(request, "constraints"), message);
}

bool face_space_read(struct face_space *space, json_t *request, char *message)
{
    *space = (struct face_space){.request = json_incref(request)};
    if (read_space(space, request, message)) {
        return true;
    }
    face_space_fini(space);
    return false;
}

/* The library's view of the values is const; they are ours. */
static void free_values(const double *values)
{
    union {
        const double *read;
        double *own;
    } pointer = {.read = values};

    free(pointer.own);
}

void face_space_fini(struct face_space *space)
{
    for (size_t i = 0; i < space->config.parameter_count; i++) {
        free_values(space->parameter[i].choice_values);
        free_values(space->parameter[i].when_values);
    }
    free(space->parameter);
    free(space->choices);
    json_decref(space->request);
    *space = (struct face_space){0};
}

bool face_point_read(const struct face_space *space, json_t *params, double *x, char *message)
{
    if (!json_is_object(params)) {
        return refuse(message, "params is an object");
    }
    for (size_t i = 0; i < space->config.parameter_count; i++) {
        json_t *value = json_object_get(params, space->parameter[i].name);
        x[i] = NAN;
        if (value != NULL && !json_is_null(value) && !read_value(space, i, value, &x[i])) {
            return refuse(message, "%s: not one of its values", space->parameter[i].name);
        }
    }
    return true;
}

bool face_values_read(const struct face_space *space, json_t *name, json_t *list, size_t *parameter,
                      double *values, char *message)
{
    const size_t count = json_array_size(list);

    if (!find_parameter(space, space->config.parameter_count, name, parameter)) {
        return refuse(message, "name is that of a parameter");
    }
    if (count == 0 || count > FACE_VALUES_MAX) {
        return refuse(message, "values: between 1 and %d of them", FACE_VALUES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_value(space, *parameter, json_array_get(list, i), &values[i])) {
            return refuse(message, "%s: not one of its values", space->parameter[*parameter].name);
        }
    }
    return true;
}

static json_t *write_value(const struct face_space *space, size_t index, double value)
{
    switch (space->parameter[index].type) {
    case TIDE_FLOAT:
        return json_real(value);
    case TIDE_INT:
        return json_integer((json_int_t)value);
    case TIDE_BOOL:
        return json_boolean(value != 0);
    case TIDE_CATEGORICAL:
    case TIDE_ORDINAL:
        return json_incref(json_array_get(space->choices[index], (size_t)value));
    }
    return json_null();
}

json_t *face_point_write(const struct face_space *space, const double *x)
{
    json_t *params = json_object();

    for (size_t i = 0; i < space->config.parameter_count; i++) {
        if (!isnan(x[i])) {
            json_object_set_new(params, space->parameter[i].name, write_value(space, i, x[i]));
        }
    }
    return params;
}
