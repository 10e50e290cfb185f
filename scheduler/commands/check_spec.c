/*
 * check: what a good spec asks for, in a page.
 */
#include "commands/check.h"

#include "commands/format.h"
#include "commands/reproduce.h"
#include "commands/table.h"
#include "spec/point.h"

#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_BYTES = 160 };

static const char *type_text(enum spec_type type)
{
    static const char *const texts[] = {
        [SPEC_FLOAT] = "float",     [SPEC_INT] = "int",   [SPEC_CATEGORICAL] = "categorical",
        [SPEC_ORDINAL] = "ordinal", [SPEC_BOOL] = "bool",
    };

    return texts[type];
}

static const char *algorithm_text(enum spec_algorithm algorithm)
{
    static const char *const texts[] = {[SPEC_BAYES] = "bayes",
                                        [SPEC_RANDOM] = "random",
                                        [SPEC_SOBOL] = "sobol",
                                        [SPEC_GRID] = "grid"};

    return texts[algorithm];
}

static bool is_numeric(const struct spec_parameter *parameter)
{
    return parameter->type == SPEC_FLOAT || parameter->type == SPEC_INT;
}

/* Choices by comma, as many as fit. */
static void join(char *text, const struct spec_scalar *choices, const size_t *picked, size_t count)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *choice = choices[picked == NULL ? i : picked[i]].text;
        if (used + strlen(choice) + sizeof ", ..." >= CELL_BYTES) {
            (void)snprintf(text + used, CELL_BYTES - used, ", ...");
            return;
        }
        used +=
            (size_t)snprintf(text + used, CELL_BYTES - used, "%s%s", i == 0 ? "" : ", ", choice);
    }
}

/* "1e-05 ... 0.1, log" or "adam, sgd" */
static void range_text(char *text, const struct spec_parameter *parameter)
{
    char low[NUMBER_TEXT_BYTES];
    char high[NUMBER_TEXT_BYTES];
    char step[NUMBER_TEXT_BYTES];

    if (!is_numeric(parameter)) {
        join(text, parameter->choices, NULL, parameter->choice_count);
        return;
    }
    (void)snprintf(text, CELL_BYTES, "%s ... %s%s%s%s", number_print_real(low, parameter->min),
                   number_print_real(high, parameter->max), parameter->step > 0 ? " by " : "",
                   parameter->step > 0 ? number_print_real(step, parameter->step) : "",
                   parameter->log ? ", log" : "");
}

static void default_text(char *text, const struct spec_parameter *parameter)
{
    if (isnan(parameter->initial)) {
        text[0] = '\0';
    } else if (is_numeric(parameter)) {
        (void)number_print_real(text, parameter->initial);
    } else {
        (void)snprintf(text, CELL_BYTES, "%s", parameter->choices[(size_t)parameter->initial].text);
    }
}

/* "opt is sgd, lion" */
static void when_text(char *text, const struct spec *spec, const struct spec_parameter *parameter)
{
    char choices[CELL_BYTES];

    text[0] = '\0';
    if (parameter->parent != SPEC_NONE) {
        const struct spec_parameter *parent = &spec->parameters[parameter->parent];
        join(choices, parent->choices, parameter->parent_choices, parameter->parent_choice_count);
        (void)snprintf(text, CELL_BYTES, "%s is %.80s", parent->name, choices);
    }
}

static void parameter_cells(struct table *table, const struct spec *spec,
                            const struct spec_parameter *parameter)
{
    char text[CELL_BYTES];

    table_cell(table, STYLE_BOLD, "%s", parameter->name);
    table_cell(table, STYLE_NONE, "%s", type_text(parameter->type));
    range_text(text, parameter);
    table_cell(table, STYLE_NONE, "%s", text);
    default_text(text, parameter);
    table_cell(table, STYLE_NONE, "%s", text);
    when_text(text, spec, parameter);
    table_cell(table, STYLE_NONE, "%s", text);
}

static bool print_parameters(struct screen *screen, const struct spec *spec)
{
    static const char *const titles[] = {"PARAMETER", "TYPE", "VALUES", "DEFAULT", "WHEN"};
    struct table *table = table_new(sizeof titles / sizeof *titles);
    bool printed = false;

    if (table == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        table_cell(table, STYLE_DIM, "%s", titles[i]);
    }
    for (size_t i = 0; i < spec->parameter_count; i++) {
        parameter_cells(table, spec, &spec->parameters[i]);
    }
    for (size_t i = 0; i < spec->constant_count; i++) {
        table_cell(table, STYLE_BOLD, "%s", spec->constants[i].name);
        table_cell(table, STYLE_NONE, "constant");
        table_cell(table, STYLE_NONE, "%s", spec->constants[i].value.text);
        table_cell(table, STYLE_NONE, "%s", "");
        table_cell(table, STYLE_NONE, "%s", "");
    }
    printed = table_print(table, screen);
    table_free(table);
    return printed;
}

/* The words of the first trial: the defaults, and the middle where there is none. */
static json_t *first_words(const struct spec *spec)
{
    double values[SPEC_PARAMETERS_MAX];
    char **argv = NULL;
    struct error error;
    json_t *words = NULL;

    spec_point_initial(spec, values);
    if (spec_command(spec, values, spec->fidelity.max, &argv, &error) == TIDE_OK) {
        words = json_array();
        for (size_t i = 0; i < spec->environment.wrapper.count; i++) {
            (void)json_array_append_new(words, json_string(spec->environment.wrapper.items[i]));
        }
        for (size_t i = 0; argv[i] != NULL; i++) {
            (void)json_array_append_new(words, json_string(argv[i]));
        }
    }
    free(argv);
    return words;
}

static void print_objectives(struct screen *screen, const struct spec *spec)
{
    char text[FORMAT_BYTES];

    for (size_t i = 0; i < spec->objective_count; i++) {
        const struct spec_objective *objective = &spec->objectives[i];
        screen_label(screen, i == 0 ? "objective" : "");
        screen_print(screen, "%s ", objective->maximize ? "maximize" : "minimize");
        screen_text(screen, objective->metric, 0);
        screen_print(screen, ", the %s value",
                     objective->reduce == SPEC_REDUCE_BEST ? "best" : "last");
        if (!isnan(objective->target)) {
            screen_print(screen, ", done at %s", format_value(text, objective->target));
        }
        screen_print(screen, "\n");
    }
}

static void print_search(struct screen *screen, const struct spec *spec)
{
    screen_label(screen, "search");
    screen_print(screen, "%s, seed %" PRId64, algorithm_text(spec->search.algorithm),
                 spec->search.seed);
    if (spec->search.concurrency > 0) {
        screen_print(screen, ", at most %" PRId64 " at once", spec->search.concurrency);
    }
    screen_print(screen, "\n");
}

static void print_budget(struct screen *screen, const struct spec *spec)
{
    const struct spec_budget *budget = &spec->budget;
    const char *comma = "";
    char text[FORMAT_BYTES];

    screen_label(screen, "budget");
    if (budget->trials > 0) {
        screen_print(screen, "%" PRId64 " trials", budget->trials);
        comma = ", ";
    }
    if (budget->compute_ms > 0) {
        screen_print(screen, "%s%s inside attempts", comma,
                     format_duration(text, budget->compute_ms));
        comma = ", ";
    }
    if (budget->cost_micro >= 0) {
        screen_print(screen, "%s%s %s", comma, format_money(text, budget->cost_micro),
                     spec->currency);
        comma = ", ";
    }
    if (budget->failures > 0) {
        screen_print(screen, "%s%" PRId64 " failures", comma, budget->failures);
        comma = ", ";
    }
    screen_print(screen, "%s\n", *comma == '\0' ? "the whole grid" : "");
}

static void print_needs(struct screen *screen, const struct spec *spec)
{
    const struct spec_resources *resources = &spec->resources;
    char text[FORMAT_BYTES];
    char number[NUMBER_TEXT_BYTES];
    const char *comma = "";

    if (resources->cpus == 0 && resources->memory_bytes == 0 && resources->gpus == 0 &&
        resources->label_count == 0) {
        return;
    }
    screen_label(screen, "needs");
    if (resources->cpus > 0) {
        screen_print(screen, "%s CPU%s", number_print_real(number, resources->cpus),
                     resources->cpus == 1 ? "" : "s");
        comma = ", ";
    }
    if (resources->memory_bytes > 0) {
        screen_print(screen, "%s%s", comma, format_bytes(text, resources->memory_bytes));
        comma = ", ";
    }
    if (resources->gpus > 0) {
        screen_print(screen, "%s%" PRId64 " GPU%s", comma, resources->gpus,
                     resources->gpus == 1 ? "" : "s");
        comma = ", ";
    }
    for (size_t i = 0; i < resources->label_count; i++) {
        const struct spec_label *label = &resources->labels[i];
        screen_print(screen, "%s%s ", comma, label->name);
        for (size_t j = 0; j < label->values.count; j++) {
            screen_print(screen, "%s%s", j == 0 ? "" : " or ", label->values.items[j]);
        }
        comma = ", ";
    }
    screen_print(screen, "\n");
}

bool check_spec_print(struct screen *screen, const struct spec *spec)
{
    json_t *words = first_words(spec);

    if (words == NULL || !print_parameters(screen, spec)) {
        json_decref(words);
        return false;
    }
    screen_print(screen, "\n");
    print_objectives(screen, spec);
    print_search(screen, spec);
    print_budget(screen, spec);
    print_needs(screen, spec);
    screen_label(screen, "a trial");
    reproduce_print(screen, words);
    json_decref(words);
    return true;
}

static json_t *choices_model(const struct spec_scalar *choices, const size_t *picked, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(
            list, json_loads(choices[picked == NULL ? i : picked[i]].json, JSON_DECODE_ANY, NULL));
    }
    return list;
}

static json_t *parameter_model(const struct spec *spec, const struct spec_parameter *parameter)
{
    json_t *model =
        json_pack("{s:s, s:s}", "name", parameter->name, "type", type_text(parameter->type));

    if (is_numeric(parameter)) {
        (void)json_object_set_new(model, "min", json_real(parameter->min));
        (void)json_object_set_new(model, "max", json_real(parameter->max));
        (void)json_object_set_new(model, "log", json_boolean(parameter->log));
        (void)json_object_set_new(model, "step",
                                  parameter->step > 0 ? json_real(parameter->step) : json_null());
    } else {
        (void)json_object_set_new(model, "values",
                                  choices_model(parameter->choices, NULL, parameter->choice_count));
    }
    if (parameter->parent != SPEC_NONE) {
        const struct spec_parameter *parent = &spec->parameters[parameter->parent];
        (void)json_object_set_new(
            model, "when",
            json_pack("{s:o}", parent->name,
                      choices_model(parent->choices, parameter->parent_choices,
                                    parameter->parent_choice_count)));
    }
    return model;
}

static json_t *objectives_model(const struct spec *spec)
{
    json_t *list = json_array();

    for (size_t i = 0; i < spec->objective_count; i++) {
        const struct spec_objective *objective = &spec->objectives[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:s}", "metric", objective->metric,
                                                    "direction",
                                                    objective->maximize ? "maximize" : "minimize"));
    }
    return list;
}

json_t *check_spec_model(const struct spec *spec)
{
    json_t *parameters = json_array();
    json_t *constants = json_object();
    char digest[17];

    (void)snprintf(digest, sizeof digest, "%016" PRIx64, spec->digest);
    for (size_t i = 0; i < spec->parameter_count; i++) {
        (void)json_array_append_new(parameters, parameter_model(spec, &spec->parameters[i]));
    }
    for (size_t i = 0; i < spec->constant_count; i++) {
        (void)json_object_set_new(constants, spec->constants[i].name,
                                  json_loads(spec->constants[i].value.json, JSON_DECODE_ANY, NULL));
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:o*}", "name", spec->name, "digest",
                     digest, "parameters", parameters, "constants", constants, "objectives",
                     objectives_model(spec), "algorithm", algorithm_text(spec->search.algorithm),
                     "budget_trials", (json_int_t)spec->budget.trials, "command",
                     first_words(spec));
}
