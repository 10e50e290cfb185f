#include "spec/assign.h"

#include "core/limits.h"

#include <tidemill/optimizer.h>

/* What a spec may hold, a message can carry, the core can keep and the optimizer can search. */
_Static_assert((int)SPEC_NAME_BYTES <= (int)WIRE_NAME_BYTES, "metrics have room on the wire");
_Static_assert((int)SPEC_PATTERN_BYTES < (int)WIRE_PATTERN_BYTES, "patterns have room on the wire");
_Static_assert((int)SPEC_RULES_MAX <= (int)WIRE_RULES_MAX, "rules have room on the wire");
_Static_assert((int)SPEC_VARIABLES_MAX <= (int)WIRE_ENV_MAX, "the environment has room");
_Static_assert((int)SPEC_SECRETS_MAX <= (int)WIRE_LABELS_MAX, "secrets have room on the wire");
_Static_assert((int)SPEC_OBJECTIVES_MAX + (int)SPEC_OUTCOMES_MAX <= (int)WIRE_VALUES_MAX,
               "objectives and outcomes have room on the wire");
_Static_assert((int)SPEC_OBJECTIVES_MAX <= (int)OBJECTIVES_MAX &&
                   (int)SPEC_OUTCOMES_MAX <= (int)OUTCOMES_MAX,
               "objectives and outcomes have room in the core");
_Static_assert((int)SPEC_LABELS_MAX <= (int)REQUIREMENT_KEYS_MAX &&
                   (int)SPEC_LABEL_VALUES_MAX <= (int)REQUIREMENT_VALUES_MAX,
               "labels have room in the core");
_Static_assert((int)SPEC_PARAMETERS_MAX <= (int)TIDE_PARAMETERS_MAX &&
                   (int)SPEC_CHOICES_MAX <= (int)TIDE_CHOICES_MAX &&
                   (int)SPEC_OBJECTIVES_MAX <= (int)TIDE_OBJECTIVES_MAX &&
                   (int)SPEC_OUTCOMES_MAX <= (int)TIDE_OUTCOMES_MAX &&
                   (int)SPEC_CONSTRAINTS_MAX <= (int)TIDE_CONSTRAINTS_MAX,
               "the optimizer can search it");
_Static_assert((int)SPEC_TRIALS_MAX <= (int)TRIALS_MAX, "trials have room in the core");

static void assign_objectives(const struct spec *spec, struct wire_assign *assign)
{
    assign->objective_count = 0;
    for (size_t i = 0; i < spec->objective_count; i++) {
        const struct spec_objective *objective = &spec->objectives[i];
        assign->objectives[assign->objective_count++] =
            (struct wire_objective){.metric = objective->metric,
                                    .best = objective->reduce == SPEC_REDUCE_BEST,
                                    .maximize = objective->maximize,
                                    .required = true};
    }
    for (size_t i = 0; i < spec->constraint_count; i++) {
        if (spec->constraints[i].metric != NULL) {
            assign->objectives[assign->objective_count++] =
                (struct wire_objective){.metric = spec->constraints[i].metric};
        }
    }
}

static enum wire_then then_of(enum spec_output_action action)
{
    switch (action) {
    case SPEC_OUTPUT_INFEASIBLE:
        return THEN_INFEASIBLE;
    case SPEC_OUTPUT_FAIL:
        return THEN_FAIL;
    case SPEC_OUTPUT_RESTART:
        return THEN_RESTART;
    case SPEC_OUTPUT_AVOID_WORKER:
        return THEN_AVOID_WORKER;
    }
    return THEN_FAIL;
}

static void assign_output(const struct spec *spec, struct wire_assign *assign)
{
    for (size_t i = 0; i < spec->metrics.pattern_count; i++) {
        assign->patterns[i] =
            (struct wire_pair){spec->metrics.patterns[i].name, spec->metrics.patterns[i].value};
    }
    assign->pattern_count = spec->metrics.pattern_count;
    assign->step_pattern = spec->metrics.step == NULL ? "" : spec->metrics.step;
    for (size_t i = 0; i < spec->on_output_count; i++) {
        assign->rules[i] =
            (struct wire_rule){spec->on_output[i].match, then_of(spec->on_output[i].then)};
    }
    assign->rule_count = spec->on_output_count;
}

static void assign_environment(const struct spec *spec, struct wire_assign *assign)
{
    const struct spec_environment *environment = &spec->environment;

    for (size_t i = 0; i < environment->variable_count; i++) {
        assign->env[i] =
            (struct wire_pair){environment->variables[i].name, environment->variables[i].value};
    }
    assign->env_count = environment->variable_count;
    for (size_t i = 0; i < environment->secrets.count; i++) {
        assign->secrets[i] = environment->secrets.items[i];
    }
    assign->secret_count = environment->secrets.count;
}

void spec_assign(const struct spec *spec, struct wire_assign *assign)
{
    assign_environment(spec, assign);
    assign_objectives(spec, assign);
    assign_output(spec, assign);
    assign->grace_ms = spec->preemption.grace_ms;
    assign->timeout_ms = spec->retry.timeout_ms;
    assign->stall_ms = spec->retry.stall_timeout_ms;
    assign->signal = (int32_t)spec->preemption.signal;
    assign->stop_on_lease_loss = spec->retry.on_lease_loss == SPEC_LEASE_LOSS_STOP;
    assign->checkpoint_store = spec->checkpoint.path == NULL ? "" : spec->checkpoint.path;
    assign->checkpoint_max_bytes = spec->checkpoint.max_bytes;
    assign->setup_count = spec->setup.count;
    for (size_t i = 0; i < spec->setup.count; i++) {
        assign->setup[i] = spec->setup.items[i];
    }
    assign->checkpoint_keep = (int32_t)spec->checkpoint.keep;
}
