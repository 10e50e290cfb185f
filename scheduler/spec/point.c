#include "spec/point.h"

#include "base/assert.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { VALUE_BYTES = NUMBER_TEXT_BYTES + 2 };

static bool is_numeric(const struct spec_parameter *parameter)
{
    return parameter->type == SPEC_FLOAT || parameter->type == SPEC_INT;
}

static bool has_choice(const struct spec_parameter *parameter, double value)
{
    for (size_t i = 0; i < parameter->parent_choice_count; i++) {
        if ((double)parameter->parent_choices[i] == value) {
            return true;
        }
    }
    return false;
}

bool spec_point_active(const struct spec *spec, const double *values, size_t index)
{
    for (size_t at = index; spec->parameters[at].parent != SPEC_NONE;
         at = spec->parameters[at].parent) {
        if (!has_choice(&spec->parameters[at], values[spec->parameters[at].parent])) {
            return false;
        }
    }
    return true;
}

static bool value_fits(const struct spec_parameter *parameter, double value)
{
    const double low = is_numeric(parameter) ? parameter->min : 0;
    const double high =
        is_numeric(parameter) ? parameter->max : (double)parameter->choice_count - 1;

    return value >= low && value <= high &&
           (parameter->type == SPEC_FLOAT || value == nearbyint(value));
}

enum tide_status spec_point_check(const struct spec *spec, const double *values,
                                  struct error *error)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        const struct spec_parameter *parameter = &spec->parameters[i];
        const bool active = spec_point_active(spec, values, i);
        if (active && isnan(values[i])) {
            return error_set(error, TIDE_INVALID, "parameter '%s' is active and has no value",
                             parameter->name);
        }
        if (!active && !isnan(values[i])) {
            return error_set(error, TIDE_INVALID,
                             "parameter '%s' is not active here but has a value", parameter->name);
        }
        if (active && !value_fits(parameter, values[i])) {
            return error_set(error, TIDE_INVALID,
                             "the value %g of parameter '%s' is outside its %s", values[i],
                             parameter->name, is_numeric(parameter) ? "bounds" : "choices");
        }
    }
    return TIDE_OK;
}

/* The middle on the scale it is searched on, moved to the nearest value it can have. */
static double middle(const struct spec_parameter *parameter)
{
    const double half = parameter->log ? sqrt(parameter->min) * sqrt(parameter->max)
                                       : parameter->min / 2 + parameter->max / 2;
    double value = half;

    if (parameter->step > 0) {
        value = parameter->min + parameter->step * floor((half - parameter->min) / parameter->step);
    }
    return parameter->type == SPEC_INT ? floor(value) : value;
}

static double initial_value(const struct spec_parameter *parameter)
{
    return !isnan(parameter->initial) ? parameter->initial
           : is_numeric(parameter)    ? middle(parameter)
                                      : 0;
}

/* Takes out of values that are there for all parameters those whose parents decided otherwise. */
static void deactivate(const struct spec *spec, double *values)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        if (!spec_point_active(spec, values, i)) {
            values[i] = (double)NAN;
        }
    }
}

void spec_point_initial(const struct spec *spec, double *values)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        values[i] = initial_value(&spec->parameters[i]);
    }
    deactivate(spec, values);
}

/* A value as text; `room` holds VALUE_BYTES. In JSON a float keeps its point, so that 1 stays 1.0.
 */
static const char *value_text(const struct spec_parameter *parameter, double value, bool json,
                              char *room)
{
    if (!is_numeric(parameter)) {
        const struct spec_scalar *choice = &parameter->choices[(size_t)value];
        return json ? choice->json : choice->text;
    }
    if (parameter->type == SPEC_INT) {
        (void)snprintf(room, VALUE_BYTES, "%" PRId64, (int64_t)value);
        return room;
    }
    (void)number_print_real(room, value);
    if (json && strpbrk(room, ".e") == NULL) {
        memcpy(room + strlen(room), ".0", 3);
    }
    return room;
}

/*
 * Text that grows in two runs: the first only counts (`bytes` is NULL), the second writes into room
 * of that size. So nothing is reallocated and nothing can overflow unnoticed.
 */
struct sink {
    char *bytes;
    size_t used;
};

static void put(struct sink *sink, const char *text)
{
    const size_t length = strlen(text);

    if (sink->bytes != NULL) {
        memcpy(sink->bytes + sink->used, text, length);
    }
    sink->used += length;
}

/* The end of a word: its terminator. */
static void put_end(struct sink *sink)
{
    if (sink->bytes != NULL) {
        sink->bytes[sink->used] = '\0';
    }
    sink->used++;
}

/* What a command is filled with. */
struct filling {
    const struct spec *spec;
    const double *values;
    int64_t step;
    struct sink sink;
    char **words; /* NULL in the counting run */
    size_t count;
};

static void begin_word(struct filling *filling)
{
    if (filling->words != NULL) {
        filling->words[filling->count] = filling->sink.bytes + filling->sink.used;
    }
    filling->count++;
}

static void put_parameter(struct filling *filling, size_t index)
{
    char room[VALUE_BYTES];

    put(&filling->sink,
        value_text(&filling->spec->parameters[index], filling->values[index], false, room));
}

static void put_step(struct filling *filling)
{
    char room[VALUE_BYTES];

    (void)snprintf(room, sizeof room, "%" PRId64, filling->step);
    put(&filling->sink, room);
}

static void begin_option(struct filling *filling, const char *name)
{
    begin_word(filling);
    put(&filling->sink, "--");
    put(&filling->sink, name);
    put(&filling->sink, "=");
}

/* {args}: active parameters, constants, the step to reach, each as --name=value. */
static void put_args(struct filling *filling)
{
    const struct spec *spec = filling->spec;

    for (size_t i = 0; i < spec->parameter_count; i++) {
        if (!isnan(filling->values[i])) {
            begin_option(filling, spec->parameters[i].name);
            put_parameter(filling, i);
            put_end(&filling->sink);
        }
    }
    for (size_t i = 0; i < spec->constant_count; i++) {
        begin_option(filling, spec->constants[i].name);
        put(&filling->sink, spec->constants[i].value.text);
        put_end(&filling->sink);
    }
    if (spec->fidelity.name != NULL) {
        begin_option(filling, spec->fidelity.name);
        put_step(filling);
        put_end(&filling->sink);
    }
}

static void put_piece(struct filling *filling, const struct spec_piece *piece)
{
    switch (piece->kind) {
    case SPEC_PIECE_TEXT:
        put(&filling->sink, piece->text);
        return;
    case SPEC_PIECE_PARAMETER:
        put_parameter(filling, piece->index);
        return;
    case SPEC_PIECE_CONSTANT:
        put(&filling->sink, filling->spec->constants[piece->index].value.text);
        return;
    case SPEC_PIECE_STEP:
        put_step(filling);
        return;
    case SPEC_PIECE_ARGS:
        return; /* a word by itself: fill_word sees to it */
    }
}

static bool has_inactive(const struct filling *filling, const struct spec_word *word)
{
    for (size_t i = 0; i < word->piece_count; i++) {
        if (word->pieces[i].kind == SPEC_PIECE_PARAMETER &&
            isnan(filling->values[word->pieces[i].index])) {
            return true;
        }
    }
    return false;
}

static void fill_word(struct filling *filling, const struct spec_word *word)
{
    if (word->piece_count == 1 && word->pieces[0].kind == SPEC_PIECE_ARGS) {
        put_args(filling);
        return;
    }
    begin_word(filling);
    for (size_t i = 0; i < word->piece_count; i++) {
        put_piece(filling, &word->pieces[i]);
    }
    put_end(&filling->sink);
}

static void fill(struct filling *filling)
{
    const struct spec_template *command = &filling->spec->command;

    for (size_t i = 0; i < command->word_count; i++) {
        const struct spec_word *word = &command->words[i];
        const bool goes_with_next = word->option_of_next && has_inactive(filling, word + 1);
        if (!goes_with_next && !has_inactive(filling, word)) {
            fill_word(filling, word);
        }
    }
}

enum tide_status spec_command(const struct spec *spec, const double *values, int64_t step,
                              char ***argv, struct error *error)
{
    struct filling counting = {.spec = spec, .values = values, .step = step};
    struct filling writing = counting;
    const enum tide_status status = spec_point_check(spec, values, error);
    size_t pointers = 0;

    *argv = NULL;
    if (status != TIDE_OK) {
        return status;
    }
    fill(&counting);
    pointers = (counting.count + 1) * sizeof(char *);
    writing.words = malloc(pointers + counting.sink.used);
    if (writing.words == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "%s", tide_status_text(TIDE_NO_MEMORY));
    }
    writing.sink.bytes = (char *)writing.words + pointers;
    fill(&writing);
    ASSERT(writing.count == counting.count);
    ASSERT(writing.sink.used == counting.sink.used);
    writing.words[writing.count] = NULL;
    *argv = writing.words;
    return TIDE_OK;
}

static void put_member(struct sink *sink, const char *name, const char *value)
{
    put(sink, sink->used == 1 ? "\"" : ",\"");
    put(sink, name);
    put(sink, "\":");
    put(sink, value);
}

static void put_params(struct sink *sink, const struct spec *spec, const double *values)
{
    char room[VALUE_BYTES];

    put(sink, "{");
    for (size_t i = 0; i < spec->parameter_count; i++) {
        if (!isnan(values[i])) {
            put_member(sink, spec->parameters[i].name,
                       value_text(&spec->parameters[i], values[i], true, room));
        }
    }
    for (size_t i = 0; i < spec->constant_count; i++) {
        put_member(sink, spec->constants[i].name, spec->constants[i].value.json);
    }
    put(sink, "}");
    put_end(sink);
}

enum tide_status spec_params_json(const struct spec *spec, const double *values, char **json,
                                  struct error *error)
{
    const enum tide_status status = spec_point_check(spec, values, error);
    struct sink counting = {NULL, 0};
    struct sink writing = {NULL, 0};

    *json = NULL;
    if (status != TIDE_OK) {
        return status;
    }
    put_params(&counting, spec, values);
    writing.bytes = malloc(counting.used);
    if (writing.bytes == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "%s", tide_status_text(TIDE_NO_MEMORY));
    }
    put_params(&writing, spec, values);
    ASSERT(writing.used == counting.used);
    *json = writing.bytes;
    return TIDE_OK;
}

/* Whether a JSON value is the scalar: of its type, with its value. */
static bool same_scalar(const json_t *value, const struct spec_scalar *scalar)
{
    switch (scalar->type) {
    case SPEC_SCALAR_TEXT:
        return json_is_string(value) && strcmp(json_string_value(value), scalar->text) == 0;
    case SPEC_SCALAR_BOOL:
        return json_is_boolean(value) && json_is_true(value) == (scalar->number != 0);
    case SPEC_SCALAR_INTEGER:
    case SPEC_SCALAR_REAL:
        return json_is_number(value) && json_number_value(value) == scalar->number;
    }
    return false;
}

static bool read_value(const struct spec_parameter *parameter, const json_t *value, double *out)
{
    if (is_numeric(parameter)) {
        *out = json_number_value(value);
        return json_is_number(value);
    }
    for (size_t i = 0; i < parameter->choice_count; i++) {
        if (same_scalar(value, &parameter->choices[i])) {
            *out = (double)i;
            return true;
        }
    }
    return false;
}

static bool constant_agrees(const struct spec *spec, const char *name, const json_t *value)
{
    for (size_t i = 0; i < spec->constant_count; i++) {
        if (strcmp(spec->constants[i].name, name) == 0) {
            return same_scalar(value, &spec->constants[i].value);
        }
    }
    return false;
}

/* Takes what belongs to parameters out of the object, so that only constants may be left. */
static enum tide_status take_values(const struct spec *spec, json_t *root, double *values,
                                    struct error *error)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        const struct spec_parameter *parameter = &spec->parameters[i];
        const json_t *value = json_object_get(root, parameter->name);
        values[i] = (double)NAN;
        if (value != NULL && !read_value(parameter, value, &values[i])) {
            return error_set(error, TIDE_INVALID, "parameter '%s' cannot have this value",
                             parameter->name);
        }
        (void)json_object_del(root, parameter->name);
    }
    return TIDE_OK;
}

static enum tide_status check_rest(const struct spec *spec, json_t *root, struct error *error)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach(root, name, value)
    {
        if (!constant_agrees(spec, name, value)) {
            return error_set(error, TIDE_INVALID,
                             "'%s' is no parameter, or a constant's other value", name);
        }
    }
    return TIDE_OK;
}

enum tide_status spec_params_parse(const struct spec *spec, const char *json, double *values,
                                   struct error *error)
{
    json_error_t fault;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &fault);
    enum tide_status status = TIDE_OK;

    if (!json_is_object(root)) {
        status = error_set(error, TIDE_INVALID, "not a JSON object: %s",
                           root == NULL ? fault.text : "another value");
    }
    if (status == TIDE_OK) {
        status = take_values(spec, root, values, error);
    }
    if (status == TIDE_OK) {
        status = check_rest(spec, root, error);
    }
    json_decref(root);
    return status == TIDE_OK ? spec_point_check(spec, values, error) : status;
}

bool spec_params_borrow(const struct spec *spec, const char *json, double *values)
{
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    bool fits = json_is_object(root);
    struct error error;

    for (size_t i = 0; i < spec->parameter_count && fits; i++) {
        const struct spec_parameter *parameter = &spec->parameters[i];
        const json_t *value = json_object_get(root, parameter->name);
        values[i] = initial_value(parameter);
        fits = value == NULL || read_value(parameter, value, &values[i]);
    }
    json_decref(root);
    if (!fits) {
        return false;
    }
    deactivate(spec, values);
    return spec_point_check(spec, values, &error) == TIDE_OK;
}
