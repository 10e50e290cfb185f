/*
 * submit: a spec becomes an experiment: its rules as the core needs them, its description as SQL
 * wants to know it.
 */
#include "loop/inside.h"

#include "base/digest.h"
#include "loop/search_space.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void requirement_fill(const struct spec_resources *resources, struct requirement *need)
{
    char label[2 * WIRE_NAME_BYTES];

    need->cpus_milli = (int32_t)lround(resources->cpus * 1000);
    need->memory_bytes = resources->memory_bytes;
    need->gpus = (int32_t)resources->gpus;
    for (size_t i = 0; i < resources->label_count && i < REQUIREMENT_KEYS_MAX; i++) {
        const struct spec_label *from = &resources->labels[i];
        const uint32_t key = need->key_count++;
        for (size_t j = 0; j < from->values.count && j < REQUIREMENT_VALUES_MAX; j++) {
            (void)snprintf(label, sizeof label, "%s=%s", from->name, from->values.items[j]);
            need->labels[key][need->value_count[key]++] = digest_text(label);
        }
    }
}

static enum stopping_rule stopping_of(enum spec_early_algorithm algorithm)
{
    switch (algorithm) {
    case SPEC_EARLY_NONE:
        return STOPPING_NONE;
    case SPEC_EARLY_ASHA:
        return STOPPING_HALVING;
    case SPEC_EARLY_MEDIAN:
        return STOPPING_MEDIAN;
    }
    return STOPPING_NONE;
}

/* Under halving the steps grow by eta and the end is a rung too; the median rule looks at every
 * doubling, from the first step on where the spec does not say how many there are. */
static void rungs_fill(const struct spec *spec, struct experiment_config *config)
{
    const bool halving = config->stopping == STOPPING_HALVING;
    const int64_t factor = halving ? config->eta : 2;
    const int64_t end = config->step_max == 0 ? INT64_MAX / 2 : config->step_max;
    int64_t step = config->step_max == 0 ? 1 : spec->fidelity.min;

    for (; step < end && config->rung_count < RUNGS_MAX - 1; step *= factor) {
        config->rung_steps[config->rung_count++] = step;
    }
    if (halving) {
        config->rung_steps[config->rung_count++] = config->step_max;
    }
}

static void stopping_fill(const struct spec *spec, struct experiment_config *config)
{
    const struct spec_early_stopping *from = &spec->early_stopping;

    config->step_max = spec->fidelity.name == NULL ? 0 : spec->fidelity.max;
    config->stopping = stopping_of(from->algorithm);
    config->eta = (int32_t)from->eta;
    for (size_t i = 0; i < spec->objective_count && from->metric != NULL; i++) {
        if (strcmp(spec->objectives[i].metric, from->metric) == 0) {
            config->ranked = (uint32_t)i;
        }
    }
    if (config->stopping != STOPPING_NONE) {
        rungs_fill(spec, config);
    }
}

static struct outcome_rule bounds_of(const struct spec_constraint *constraint)
{
    return (struct outcome_rule){
        .min = isnan(constraint->min) ? -(double)INFINITY : constraint->min,
        .max = isnan(constraint->max) ? (double)INFINITY : constraint->max};
}

/* The constraints on outcomes, in the spec's order. */
static void outcomes_fill(const struct spec *spec, struct experiment_config *config)
{
    for (size_t i = 0; i < spec->constraint_count && config->outcome_count < OUTCOMES_MAX; i++) {
        if (spec->constraints[i].text == NULL) {
            config->outcomes[config->outcome_count++] = bounds_of(&spec->constraints[i]);
        }
    }
}

static enum late_rule late_rule_of(enum spec_if_late if_late)
{
    switch (if_late) {
    case SPEC_LATE_WARN:
        return LATE_WARN;
    case SPEC_LATE_IGNORE_WINDOWS:
        return LATE_IGNORE_WINDOWS;
    case SPEC_LATE_ON_DEMAND:
        return LATE_ON_DEMAND;
    }
    return LATE_WARN;
}

void config_of_spec(const struct spec *spec, struct experiment_config *config)
{
    *config = (struct experiment_config){
        .trials_max = (int32_t)spec->budget.trials,
        .concurrency_max = (int32_t)spec->search.concurrency,
        .failures_max = (int32_t)spec->budget.failures,
        .compute_max_ms = spec->budget.compute_ms,
        .cost_max_micro = spec->budget.cost_micro < 0 ? 0 : spec->budget.cost_micro,
        .timeout_ms = spec->retry.timeout_ms,
        .deadline_ms = spec->schedule.deadline == NULL ? 0 : spec->schedule.deadline_ms,
        .if_late = late_rule_of(spec->schedule.if_late),
        .restarts_max = (int32_t)spec->retry.max_restarts,
        .preemptions_max = (int32_t)spec->retry.max_preemptions,
        .backoff_ms = spec->retry.backoff_ms,
        .grace_ms = spec->preemption.grace_ms,
        .always_from_start = spec->preemption.resume == SPEC_RESUME_RESTART,
        .finish_at_close = spec->schedule.at_close == SPEC_CLOSE_FINISH,
        .sequential_model = spec->search.algorithm == SPEC_BAYES,
        .objective_count = (uint32_t)spec->objective_count};
    for (size_t i = 0; i < spec->objective_count; i++) {
        config->objectives[i] =
            (struct objective_rule){.maximize = spec->objectives[i].maximize,
                                    .has_target = !isnan(spec->objectives[i].target),
                                    .target = spec->objectives[i].target};
    }
    outcomes_fill(spec, config);
    requirement_fill(&spec->resources, &config->requirement);
    stopping_fill(spec, config);
}

static const char *type_text(enum spec_type type)
{
    switch (type) {
    case SPEC_FLOAT:
        return "float";
    case SPEC_INT:
        return "int";
    case SPEC_CATEGORICAL:
        return "categorical";
    case SPEC_ORDINAL:
        return "ordinal";
    case SPEC_BOOL:
        return "bool";
    }
    return "?";
}

/* ["adam","sgd"]; the caller frees it. */
static char *choices_text(const struct spec_scalar *choices, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, json_loads(choices[i].json, JSON_DECODE_ANY, NULL));
    }
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

/* {"opt":["sgd","lion"]}; the caller frees it. */
static char *condition_text(const struct spec *spec, const struct spec_parameter *parameter)
{
    const struct spec_parameter *parent = &spec->parameters[parameter->parent];
    json_t *list = json_array();

    for (size_t i = 0; i < parameter->parent_choice_count; i++) {
        const char *json = parent->choices[parameter->parent_choices[i]].json;
        (void)json_array_append_new(list, json_loads(json, JSON_DECODE_ANY, NULL));
    }
    json_t *object = json_pack("{s:o}", parent->name, list);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static void parameters_describe(const struct spec *spec, struct store_parameter *to)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        const struct spec_parameter *from = &spec->parameters[i];
        const bool ranged = from->type == SPEC_FLOAT || from->type == SPEC_INT;
        to[i] = (struct store_parameter){
            .name = from->name,
            .type = type_text(from->type),
            .low = from->min,
            .high = from->max,
            .log = from->log,
            .step = from->step,
            .choices = ranged ? NULL : choices_text(from->choices, from->choice_count),
            .condition = from->parent == SPEC_NONE ? NULL : condition_text(spec, from)};
    }
    for (size_t i = 0; i < spec->constant_count; i++) {
        const struct spec_constant *constant = &spec->constants[i];
        to[spec->parameter_count + i] =
            (struct store_parameter){.name = constant->name,
                                     .type = "constant",
                                     .choices = choices_text(&constant->value, 1)};
    }
}

static size_t outcomes_describe(const struct spec *spec, struct store_outcome *to)
{
    size_t count = 0;

    for (size_t i = 0; i < spec->constraint_count; i++) {
        const struct spec_constraint *from = &spec->constraints[i];
        if (from->text == NULL) {
            const struct outcome_rule bounds = bounds_of(from);
            to[count++] = (struct store_outcome){
                .metric = from->metric, .min = bounds.min, .max = bounds.max};
        }
    }
    return count;
}

static enum tide_status describe(struct coordinator *coordinator, int32_t experiment,
                                 const struct spec *spec)
{
    struct store_parameter parameters[SPEC_PARAMETERS_MAX + SPEC_CONSTANTS_MAX] = {0};
    struct store_objective objectives[SPEC_OBJECTIVES_MAX];
    struct store_outcome outcomes[SPEC_CONSTRAINTS_MAX];
    const uint32_t parameter_count = (uint32_t)(spec->parameter_count + spec->constant_count);

    parameters_describe(spec, parameters);
    for (size_t i = 0; i < spec->objective_count; i++) {
        objectives[i] = (struct store_objective){.metric = spec->objectives[i].metric,
                                                 .maximize = spec->objectives[i].maximize};
    }
    const struct store_description description = {
        .experiment = experiment,
        .budget_trials = (int32_t)spec->budget.trials,
        .budget_cost_micro = spec->budget.cost_micro < 0 ? 0 : spec->budget.cost_micro,
        .currency = spec->currency[0] == '\0' ? NULL : spec->currency,
        .parameters = parameters,
        .parameter_count = parameter_count,
        .objectives = objectives,
        .objective_count = (uint32_t)spec->objective_count,
        .outcomes = outcomes,
        .outcome_count = (uint32_t)outcomes_describe(spec, outcomes)};
    const enum tide_status status = store_describe(coordinator->store, &description);
    for (uint32_t i = 0; i < parameter_count; i++) {
        free((void *)(uintptr_t)parameters[i].choices);
        free((void *)(uintptr_t)parameters[i].condition);
    }
    return status;
}

int32_t coordinator_find(const struct coordinator *coordinator, const char *name,
                         const struct spec **spec)
{
    for (int32_t id = EXPERIMENTS_MAX; id >= 1; id--) {
        const struct experiment_row *row = core_experiment(coordinator->core, id);
        const bool open = row != NULL && row->ended_ms == 0;
        if (open && strcmp(coordinator->submissions[id].spec->name, name) == 0) {
            *spec = coordinator->submissions[id].spec;
            return id;
        }
    }
    return 0;
}

static enum tide_status submit_check(struct coordinator *coordinator, const struct spec *spec,
                                     struct error *error)
{
    const struct spec *other = NULL;
    struct tide_optimizer *trial_run = NULL;

    if (coordinator_find(coordinator, spec->name, &other) != 0) {
        return error_set(error, TIDE_EXISTS, "an unfinished experiment is called '%s' already",
                         spec->name);
    }
    const enum tide_status status = pools_check(coordinator, spec, error);
    if (status != TIDE_OK) {
        return status;
    }
    const enum tide_status searchable = search_space_open(spec, &trial_run, error);
    tide_free(trial_run);
    return searchable;
}

enum tide_status coordinator_submit(struct coordinator *coordinator, struct spec *spec,
                                    const char *workdir, int32_t *experiment, struct error *error)
{
    struct event event = {.kind = EVENT_SUBMITTED};
    enum tide_status status = submit_check(coordinator, spec, error);

    if (status == TIDE_OK && !claims_has_workdir(coordinator, workdir)) {
        status = error_set(error, TIDE_NOT_FOUND, "its workdir was not sent before it");
    }
    if (status != TIDE_OK) {
        spec_free(spec);
        return status;
    }
    config_of_spec(spec, &event.submitted.config);
    pools_of_spec(coordinator, spec, &event.submitted.config);
    event.submitted.name_text = step_text(coordinator, spec->name);
    event.submitted.spec_text = step_text(coordinator, spec->text);
    event.submitted.workdir_text = step_text(coordinator, workdir);
    const int32_t next = coordinator->experiment_count + 1;
    if (next > EXPERIMENTS_MAX) {
        spec_free(spec);
        coordinator->text_count = 0;
        return error_set(error, TIDE_LIMIT, "a store holds at most %d experiments",
                         EXPERIMENTS_MAX);
    }
    coordinator->submissions[next] = submission_begin(spec, workdir);
    status = warm_resolve(coordinator, spec, &coordinator->submissions[next], error);
    if (status == TIDE_OK) {
        status = gate_open(coordinator, next, error);
    }
    if (status != TIDE_OK) {
        gate_close(&coordinator->submissions[next]);
        spec_free(spec);
        free(coordinator->submissions[next].workdir);
        coordinator->submissions[next] = (struct submission){.spec = NULL};
        coordinator->text_count = 0;
        return status;
    }
    coordinator->experiment_count = next;
    searcher_begin(coordinator->searcher, next, spec);
    warm_tell(coordinator, next);
    char *sources = warm_text(&coordinator->submissions[next]);
    event.submitted.sources_text = step_text(coordinator, sources);
    step(coordinator, &event);
    free(sources);
    gate_look(coordinator, next);
    *experiment = next;
    return describe(coordinator, next, spec);
}

/* One step digs up as many as it has room for; until none is left. */
static void kick_rest(struct coordinator *coordinator, struct event *event)
{
    while (coordinator->outcome->status == TIDE_OK && coordinator->failed == TIDE_OK) {
        step(coordinator, event);
    }
}

enum tide_status coordinator_command(struct coordinator *coordinator,
                                     const struct command_event *command, struct error *error)
{
    struct event event = {.kind = EVENT_COMMAND, .command = *command};
    const struct experiment_row *row = core_experiment(coordinator->core, command->experiment);

    if (command->verb == VERB_KICK && row != NULL && row->ended_ms > 0) {
        const enum tide_status status = search_restore(coordinator, command->experiment, error);
        if (status != TIDE_OK) {
            return status;
        }
        gate_look(coordinator, command->experiment); /* nobody looked since it ended */
    }
    step(coordinator, &event);
    if (command->verb == VERB_KICK && command->trial < 0 &&
        coordinator->outcome->status == TIDE_OK) {
        kick_rest(coordinator, &event);
        return TIDE_OK;
    }
    if (coordinator->outcome->status == TIDE_NOT_FOUND) {
        return error_set(error, TIDE_NOT_FOUND, "there is no such experiment or trial");
    }
    if (coordinator->outcome->status != TIDE_OK) {
        return error_set(error, TIDE_REFUSED, "it is %s: that cannot be done now",
                         row == NULL ? "gone" : experiment_state_text(row->state));
    }
    return TIDE_OK;
}
