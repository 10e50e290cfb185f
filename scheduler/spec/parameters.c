/*
 * `parameters:`. Two passes, because a condition may name a parameter that is written further down:
 * first every parameter by itself, then who depends on whom.
 */
#include "spec/conditions.h"
#include "spec/sections.h"

#include "base/digest.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define WHOLE_MAX 1e15 /* every whole number up to here is a double and prints without exponent */
#define REAL_MAX_SPAN 1e300 /* max - min stays finite */

static const char *const type_words[] = {"float", "int", "categorical", "ordinal", "bool", NULL};

/* A parameter as written: nodes, NULL where a key is absent. */
struct raw {
    const struct node *type;
    const struct node *min;
    const struct node *max;
    const struct node *step;
    const struct node *log;
    const struct node *values;
    const struct node *initial;
    const struct node *when;
};

#define RAW(key, member)                                                                           \
    {                                                                                              \
        .name = key, .read = field_node, .offset = offsetof(struct raw, member)                    \
    }

static const struct field raw_fields[] = {
    RAW("type", type), RAW("min", min),       RAW("max", max),         RAW("step", step),
    RAW("log", log),   RAW("values", values), RAW("default", initial), RAW("when", when),
};

bool is_parameter_name(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    const size_t length = strspn(text, letters);

    return length > 0 && length < SPEC_NAME_BYTES && text[length] == '\0' &&
           (*text < '0' || *text > '9');
}

static bool is_numeric(enum spec_type type)
{
    return type == SPEC_FLOAT || type == SPEC_INT;
}

/* A bound, step or default of a numeric parameter; NaN if it is absent or wrong. */
static double read_number(struct reader *reader, const struct spec_parameter *parameter,
                          const struct node *node, const char *name)
{
    const double limit = parameter->type == SPEC_INT ? WHOLE_MAX : REAL_MAX_SPAN;
    const struct field field = {.name = name, .min = -limit, .max = limit};
    double value = NAN;
    int64_t whole = INT64_MIN;

    if (node == NULL) {
        return NAN;
    }
    if (parameter->type == SPEC_FLOAT) {
        field_real(reader, &field, node, &value);
        return value;
    }
    field_integer(reader, &field, node, &whole);
    return whole == INT64_MIN ? (double)NAN : (double)whole;
}

static void missing_key(struct reader *reader, const struct node *node, const char *key,
                        const char *type)
{
    reader_error(reader, node->key_place, "", "parameter '%s' needs '%s'%s%s", node->key, key,
                 type == NULL ? "" : ": it is of type ", type == NULL ? "" : type);
}

/* A key that says nothing about a parameter of this type. */
static void refuse_key(struct reader *reader, const struct node *node, const char *type)
{
    if (node != NULL) {
        reader_error(reader, node->key_place, "", "'%s' means nothing for a parameter of type %s",
                     node->key, type);
    }
}

static void check_log(struct reader *reader, const struct spec_parameter *parameter,
                      const struct node *min)
{
    if (parameter->log && !isnan(parameter->min) && parameter->min <= 0) {
        reader_error(reader, min->place, parameter->type == SPEC_INT ? "try 1" : "try 1e-6",
                     "log scale needs min > 0, got %s", min->text);
    }
}

static void check_range(struct reader *reader, const struct spec_parameter *parameter,
                        const struct raw *raw)
{
    char hint[SPEC_HINT_BYTES] = "";

    if (parameter->max == parameter->min) {
        (void)snprintf(hint, sizeof hint, "a constant is written '%s: %s'", parameter->name,
                       raw->min->text);
    } else if (parameter->max < parameter->min) {
        (void)snprintf(hint, sizeof hint, "swap them?");
    }
    if (parameter->max <= parameter->min) {
        reader_error(reader, raw->max->place, hint, "max must be above min (%s), got %s",
                     raw->min->text, raw->max->text);
    }
}

/* Whether `value` is min + k step, up to the rounding of decimal fractions. */
static bool on_grid(const struct spec_parameter *parameter, double value)
{
    const double steps = (value - parameter->min) / parameter->step;

    return fabs(steps - nearbyint(steps)) <= 1e-9 * fmax(1, fabs(steps));
}

static void check_step(struct reader *reader, struct spec_parameter *parameter,
                       const struct raw *raw)
{
    char hint[SPEC_HINT_BYTES];
    char number[NUMBER_TEXT_BYTES];
    const double span = parameter->max - parameter->min;

    if (isnan(parameter->step)) {
        parameter->step = 0;
    } else if (parameter->step <= 0) {
        reader_error(reader, raw->step->place, "", "step must be above 0, got %s", raw->step->text);
    } else if (parameter->step > span && span > 0) {
        reader_error(reader, raw->step->place, "", "step is larger than max - min");
    } else if (span > 0 && !on_grid(parameter, parameter->max)) {
        const double steps = floor(span / parameter->step);
        const double reached = parameter->min + steps * parameter->step;
        (void)snprintf(number, sizeof number, "%.12g", reached);
        (void)snprintf(hint, sizeof hint, "try max: %s", number);
        reader_error(reader, raw->step->place, hint, "max - min is no multiple of step %s",
                     raw->step->text);
    }
}

static void check_initial(struct reader *reader, const struct spec_parameter *parameter,
                          const struct node *initial)
{
    const double value = parameter->initial;

    if (isnan(value)) {
        return;
    }
    if (value < parameter->min || value > parameter->max) {
        reader_error(reader, initial->place, "", "default %s is outside min ... max",
                     initial->text);
    } else if (parameter->step > 0 && !on_grid(parameter, value)) {
        reader_error(reader, initial->place, "", "default %s is not min plus a multiple of step",
                     initial->text);
    }
}

static void read_numeric(struct reader *reader, struct spec_parameter *parameter,
                         const struct node *node, const struct raw *raw)
{
    static const struct field log_field = {.name = "log"};
    const char *type = type_words[parameter->type];

    refuse_key(reader, raw->values, type);
    if (raw->min == NULL) {
        missing_key(reader, node, "min", type);
    }
    if (raw->max == NULL) {
        missing_key(reader, node, "max", type);
    }
    if (raw->log != NULL) {
        field_bool(reader, &log_field, raw->log, &parameter->log);
    }
    parameter->min = read_number(reader, parameter, raw->min, "min");
    parameter->max = read_number(reader, parameter, raw->max, "max");
    parameter->step = read_number(reader, parameter, raw->step, "step");
    parameter->initial = read_number(reader, parameter, raw->initial, "default");
    check_log(reader, parameter, raw->min);
    check_range(reader, parameter, raw);
    check_step(reader, parameter, raw);
    check_initial(reader, parameter, raw->initial);
}

static bool is_among(const struct spec_scalar *choices, size_t count,
                     const struct spec_scalar *choice)
{
    for (size_t i = 0; i < count; i++) {
        if (same_choice(&choices[i], choice)) {
            return true;
        }
    }
    return false;
}

static void read_choices(struct reader *reader, struct spec_parameter *parameter,
                         const struct node *values)
{
    struct spec_scalar *choices = NULL;

    if (!reader_expect(reader, values, NODE_SEQUENCE, "values")) {
        return;
    }
    if (values->count == 0 || values->count > SPEC_CHOICES_MAX) {
        reader_error(reader, values->place, "", "values takes 1 to %d values, got %zu",
                     SPEC_CHOICES_MAX, values->count);
        return;
    }
    choices = reader_take(reader, values->count, sizeof *choices);
    parameter->choices = choices;
    for (const struct node *item = values->first; item != NULL && !reader->no_memory;
         item = item->next) {
        struct spec_scalar *choice = &choices[parameter->choice_count];
        if (!reader_expect(reader, item, NODE_SCALAR, "one of the values") ||
            !reader_scalar(reader, item, choice) || reader->no_memory) {
            continue;
        }
        if (is_among(choices, parameter->choice_count, choice)) {
            reader_error(reader, item->place, "", "'%s' is there twice",
                         shown_text(choice->text).text);
            continue;
        }
        parameter->choice_count++;
    }
}

static void read_bool(struct reader *reader, struct spec_parameter *parameter,
                      const struct node *initial)
{
    static const struct field field = {.name = "default"};
    const size_t before = reader->report->error_count;
    bool value = false;

    field_bool(reader, &field, initial, &value);
    if (reader->report->error_count == before) {
        parameter->initial = value;
    }
}

static void set_bools(struct reader *reader, struct spec_parameter *parameter)
{
    struct spec_scalar *bools = reader_take(reader, 2, sizeof *bools);

    if (bools != NULL) {
        bools[0] =
            (struct spec_scalar){SPEC_SCALAR_BOOL, "false", "false", 0, digest_text("false")};
        bools[1] = (struct spec_scalar){SPEC_SCALAR_BOOL, "true", "true", 1, digest_text("true")};
        parameter->choices = bools;
        parameter->choice_count = 2;
    }
}

static void read_discrete(struct reader *reader, struct spec_parameter *parameter,
                          const struct node *node, const struct raw *raw)
{
    const char *type = type_words[parameter->type];

    refuse_key(reader, raw->min, type);
    refuse_key(reader, raw->max, type);
    refuse_key(reader, raw->step, type);
    refuse_key(reader, raw->log, type);
    if (parameter->type == SPEC_BOOL) {
        refuse_key(reader, raw->values, type);
        set_bools(reader, parameter);
    } else if (raw->values == NULL) {
        missing_key(reader, node, "values", type);
    } else {
        read_choices(reader, parameter, raw->values);
    }
    if (raw->initial != NULL && parameter->type == SPEC_BOOL) {
        read_bool(reader, parameter, raw->initial);
    } else if (raw->initial != NULL && parameter->choice_count > 0) {
        const size_t index = condition_choice(reader, parameter, raw->initial, "default");
        parameter->initial = index == SPEC_NONE ? (double)NAN : (double)index;
    }
}

/* Types of other tools, and what they are called here. */
static const char *type_alias(const char *word)
{
    static const char *const aliases[][2] = {
        {"real", "float"},       {"double", "float"},     {"uniform", "float"},
        {"loguniform", "float"}, {"integer", "int"},      {"choice", "categorical"},
        {"cat", "categorical"},  {"enum", "categorical"}, {"boolean", "bool"},
        {"discrete", "ordinal"},
    };

    for (size_t i = 0; i < COUNT(aliases); i++) {
        if (strcmp(word, aliases[i][0]) == 0) {
            return aliases[i][1];
        }
    }
    return NULL;
}

static bool read_type(struct reader *reader, struct spec_parameter *parameter,
                      const struct node *node, const struct node *type)
{
    char hint[SPEC_HINT_BYTES];

    if (type == NULL) {
        missing_key(reader, node, "type", NULL);
        return false;
    }
    if (!reader_expect(reader, type, NODE_SCALAR, "type")) {
        return false;
    }
    for (unsigned i = 0; type_words[i] != NULL; i++) {
        if (strcmp(type->text, type_words[i]) == 0) {
            parameter->type = (enum spec_type)i;
            return true;
        }
    }
    if (type_alias(type->text) != NULL) {
        (void)snprintf(hint, sizeof hint, "did you mean '%s'?", type_alias(type->text));
    } else {
        reader_nearest(hint, sizeof hint, type->text, type_words, COUNT(type_words) - 1);
    }
    reader_error(reader, type->place, hint, "unknown parameter type '%s'",
                 shown_text(type->text).text);
    return false;
}

/* One parameter without its condition; its `when` node in *when. */
static void read_parameter(struct reader *reader, struct spec_parameter *parameter,
                           const struct node *node, const struct node **when)
{
    struct raw raw = {0};

    *parameter = (struct spec_parameter){.name = node->key,
                                         .min = NAN,
                                         .max = NAN,
                                         .initial = NAN,
                                         .parent = SPEC_NONE,
                                         .place = node->key_place};
    if (!reader_fields(reader, node, "a parameter", raw_fields, COUNT(raw_fields), &raw) ||
        !read_type(reader, parameter, node, raw.type)) {
        return;
    }
    *when = raw.when;
    if (is_numeric(parameter->type)) {
        read_numeric(reader, parameter, node, &raw);
    } else {
        read_discrete(reader, parameter, node, &raw);
    }
}

static void read_constant(struct reader *reader, struct spec_constant *constant,
                          const struct node *node)
{
    constant->name = node->key;
    (void)reader_scalar(reader, node, &constant->value);
}

static bool check_name(struct reader *reader, const struct node *node)
{
    if (!is_parameter_name(node->key)) {
        reader_error(reader, node->key_place, "",
                     "a parameter's name is letters, digits and '_', not '%s'",
                     shown_text(node->key).text);
        return false;
    }
    if (strcmp(node->key, "args") == 0) {
        reader_error(reader, node->key_place, "", "'args' stands for all parameters in a command");
        return false;
    }
    return true;
}

/* How many of the children are parameters rather than constants. */
static size_t count_parameters(const struct node *node)
{
    size_t count = 0;

    for (const struct node *child = node->first; child != NULL; child = child->next) {
        count += child->kind != NODE_SCALAR;
    }
    return count;
}

static void order_parameters(struct reader *reader, struct spec_parameter *parameters, size_t count)
{
    struct spec_parameter *room = reader_take(reader, count, sizeof *room);

    if (room != NULL) {
        conditions_order(parameters, count, room);
    }
}

void section_parameters(struct reader *reader, const struct node *node)
{
    const struct node *whens[SPEC_PARAMETERS_MAX] = {NULL};
    const size_t count = count_parameters(node);
    struct spec_parameter *parameters = NULL;
    struct spec_constant *constants = NULL;
    struct spec *spec = reader->spec;

    if (!reader_expect(reader, node, NODE_MAPPING, "parameters")) {
        return;
    }
    if (count == 0 || count > SPEC_PARAMETERS_MAX || node->count - count > SPEC_CONSTANTS_MAX) {
        reader_error(reader, node->key_place, "",
                     "parameters takes 1 to %d parameters and at most %d constants",
                     SPEC_PARAMETERS_MAX, SPEC_CONSTANTS_MAX);
        return;
    }
    parameters = reader_take(reader, count, sizeof *parameters);
    constants = reader_take(reader, node->count - count, sizeof *constants);
    spec->parameters = parameters;
    spec->constants = constants;
    for (const struct node *child = node->first; child != NULL && !reader->no_memory;
         child = child->next) {
        if (!check_name(reader, child)) {
            continue;
        }
        if (child->kind == NODE_SCALAR) {
            read_constant(reader, &constants[spec->constant_count++], child);
        } else {
            read_parameter(reader, &parameters[spec->parameter_count], child,
                           &whens[spec->parameter_count]);
            spec->parameter_count++;
        }
    }
    if (reader->no_memory) {
        return;
    }
    conditions_read(reader, parameters, spec->parameter_count, whens);
    if (reader->report->error_count == 0) {
        order_parameters(reader, parameters, spec->parameter_count);
    }
}
