#include "loop/search_space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Everything tide_config borrows while tide_new copies it. */
struct space {
    struct tide_parameter parameters[TIDE_PARAMETERS_MAX];
    double choice_values[TIDE_PARAMETERS_MAX][TIDE_CHOICES_MAX];
    double when_values[TIDE_PARAMETERS_MAX][SPEC_CHOICES_MAX];
    struct tide_objective objectives[TIDE_OBJECTIVES_MAX];
    const char *constraints[TIDE_CONSTRAINTS_MAX];
};

_Static_assert((int)SPEC_CHOICES_MAX <= (int)TIDE_CHOICES_MAX, "choices of a spec fit the library");
_Static_assert((int)SPEC_OBJECTIVES_MAX <= (int)TIDE_OBJECTIVES_MAX,
               "objectives of a spec fit the library");
_Static_assert((int)SPEC_CONSTRAINTS_MAX <= (int)TIDE_CONSTRAINTS_MAX,
               "constraints of a spec fit the library");

static enum tide_type type_of(enum spec_type type)
{
    switch (type) {
    case SPEC_FLOAT:
        return TIDE_FLOAT;
    case SPEC_INT:
        return TIDE_INT;
    case SPEC_CATEGORICAL:
        return TIDE_CATEGORICAL;
    case SPEC_ORDINAL:
        return TIDE_ORDINAL;
    case SPEC_BOOL:
        return TIDE_BOOL;
    }
    return TIDE_FLOAT;
}

static enum tide_algorithm algorithm_of(enum spec_algorithm algorithm)
{
    switch (algorithm) {
    case SPEC_BAYES:
        return TIDE_BAYES;
    case SPEC_RANDOM:
        return TIDE_RANDOM;
    case SPEC_SOBOL:
        return TIDE_SOBOL;
    case SPEC_GRID:
        return TIDE_GRID;
    }
    return TIDE_BAYES;
}

static void parameter_fill(struct space *space, const struct spec *spec, size_t index)
{
    const struct spec_parameter *from = &spec->parameters[index];
    struct tide_parameter *to = &space->parameters[index];
    const bool chosen = from->type == SPEC_CATEGORICAL || from->type == SPEC_ORDINAL;

    *to = (struct tide_parameter){.name = from->name,
                                  .type = type_of(from->type),
                                  .low = from->min,
                                  .high = from->max,
                                  .log = from->log,
                                  .step = from->step,
                                  .choice_count = chosen ? from->choice_count : 0,
                                  .has_default = !isnan(from->initial),
                                  .default_value = from->initial};
    if (chosen) {
        for (size_t i = 0; i < from->choice_count; i++) {
            space->choice_values[index][i] = from->choices[i].number;
        }
        to->choice_values = space->choice_values[index];
    }
    if (from->parent != SPEC_NONE) {
        for (size_t i = 0; i < from->parent_choice_count; i++) {
            space->when_values[index][i] = (double)from->parent_choices[i];
        }
        to->when_parent = from->parent;
        to->when_values = space->when_values[index];
        to->when_count = from->parent_choice_count;
    }
}

static void config_fill(struct space *space, const struct spec *spec, struct tide_config *config)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        parameter_fill(space, spec, i);
    }
    for (size_t i = 0; i < spec->objective_count; i++) {
        const struct spec_objective *objective = &spec->objectives[i];
        space->objectives[i] = (struct tide_objective){
            .direction = objective->maximize ? TIDE_MAXIMIZE : TIDE_MINIMIZE,
            .has_reference = !isnan(objective->reference),
            .reference = objective->reference};
    }
    for (size_t i = 0; i < spec->constraint_count; i++) {
        if (spec->constraints[i].text != NULL) {
            space->constraints[config->constraint_count++] = spec->constraints[i].text;
        }
    }
    config->parameters = space->parameters;
    config->parameter_count = spec->parameter_count;
    config->objectives = space->objectives;
    config->objective_count = spec->objective_count;
    config->constraints = space->constraints;
    config->outcome_count = search_space_outcome_count(spec);
    config->seed = (uint64_t)spec->search.seed;
    config->algorithm = algorithm_of(spec->search.algorithm);
    config->initial = (size_t)spec->search.initial;
    config->budget = (size_t)spec->budget.trials;
    config->step_max = spec->fidelity.name == NULL ? 0 : (double)spec->fidelity.max;
    config->parallel = (size_t)spec->search.concurrency;
    config->source_count = spec->warm_start.count;
    config->per_cost = spec->search.acquisition == SPEC_ACQUISITION_PER_COST;
}

enum tide_status search_space_open(const struct spec *spec, struct tide_optimizer **optimizer,
                                   struct error *error)
{
    char why[TIDE_MESSAGE_BYTES] = "";
    struct tide_config config = {0};
    enum tide_status status = TIDE_OK;

    if (spec->parameter_count > TIDE_PARAMETERS_MAX) {
        return error_set(error, TIDE_INVALID,
                         "a search has at most %d parameters, this one has %zu",
                         TIDE_PARAMETERS_MAX, spec->parameter_count);
    }
    struct space *space = calloc(1, sizeof *space);
    if (space == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    config_fill(space, spec, &config);
    status = tide_new(&config, optimizer, why);
    free(space);
    return status == TIDE_OK ? TIDE_OK
                             : error_set(error, status, "the search space is refused: %s",
                                         why[0] == '\0' ? tide_status_text(status) : why);
}

size_t search_space_outcome_count(const struct spec *spec)
{
    size_t count = 0;

    for (size_t i = 0; i < spec->constraint_count; i++) {
        count += spec->constraints[i].text == NULL ? 1 : 0;
    }
    return count;
}

void search_space_outcomes(const struct spec *spec, const double *measured, double *to)
{
    size_t count = 0;

    for (size_t i = 0; i < spec->constraint_count && count < TIDE_OUTCOMES_MAX; i++) {
        const struct spec_constraint *constraint = &spec->constraints[i];
        if (constraint->text == NULL) {
            const double above =
                isnan(constraint->max) ? -(double)INFINITY : measured[count] - constraint->max;
            const double below =
                isnan(constraint->min) ? -(double)INFINITY : constraint->min - measured[count];
            to[count] = isnan(measured[count]) ? (double)NAN : fmax(above, below);
            count++;
        }
    }
}
