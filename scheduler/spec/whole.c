/*
 * What no section can tell by itself: whether the parts of a spec agree.
 */
#include "spec/sections.h"

#include <string.h>

/* A grid ends by itself; every other search needs to be told when. */
static void check_end(struct reader *reader, const struct node *root)
{
    const struct node *budget = node_find(root, "budget");

    if (root->kind != NODE_MAPPING || reader->spec->search.algorithm == SPEC_GRID) {
        return;
    }
    if (budget == NULL) {
        reader_error(reader, (struct spec_place){0}, "", "'budget' is missing");
    } else if (budget->kind == NODE_MAPPING && node_find(budget, "trials") == NULL &&
               node_find(budget, "cost") == NULL && node_find(budget, "compute") == NULL) {
        reader_error(reader, budget->key_place, "try trials: 50",
                     "the budget needs one of 'trials', 'cost' and 'compute'");
    }
}

static void check_grid(struct reader *reader)
{
    const struct spec *spec = reader->spec;

    for (size_t i = 0; i < spec->parameter_count && spec->search.algorithm == SPEC_GRID; i++) {
        if (spec->parameters[i].type == SPEC_FLOAT && spec->parameters[i].step == 0) {
            reader_error(reader, spec->parameters[i].place, "",
                         "a grid over the float '%s' needs its 'step'", spec->parameters[i].name);
        }
    }
}

static bool is_parameter(const struct spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        if (strcmp(spec->parameters[i].name, name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < spec->constant_count; i++) {
        if (strcmp(spec->constants[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_fidelity(struct reader *reader, const struct node *fidelity)
{
    const char *name = reader->spec->fidelity.name;

    if (name != NULL && (is_parameter(reader->spec, name) || strcmp(name, "args") == 0)) {
        reader_error(reader, node_find(fidelity, "name")->place, "",
                     "'%s' is a parameter; the fidelity is set by the search itself", name);
    }
}

static bool is_objective(const struct spec *spec, const char *metric)
{
    for (size_t i = 0; i < spec->objective_count; i++) {
        if (spec->objectives[i].metric != NULL && strcmp(spec->objectives[i].metric, metric) == 0) {
            return true;
        }
    }
    return false;
}

static void check_early_stopping(struct reader *reader, const struct node *stopping)
{
    const struct spec *spec = reader->spec;
    const char *metric = spec->early_stopping.metric;

    if (spec->early_stopping.algorithm == SPEC_EARLY_ASHA && spec->fidelity.name == NULL) {
        reader_error(reader, node_find(stopping, "algorithm")->place,
                     "add fidelity: {name: epochs, min: 1, max: 27}", "asha needs a 'fidelity'");
    }
    if (metric != NULL && !is_objective(spec, metric)) {
        reader_error(reader, node_find(stopping, "metric")->place, "",
                     "'%s' is not one of the objectives", metric);
    }
}

/* What is prepared is the packed directory: without one there is nothing to prepare. */
static void check_setup(struct reader *reader, const struct node *setup)
{
    if (setup != NULL && reader->spec->workdir == NULL) {
        reader_error(reader, setup->key_place, "add workdir: .", "'setup' needs a 'workdir'");
    }
}

void whole_check(struct reader *reader, const struct node *root)
{
    check_end(reader, root);
    check_setup(reader, node_find(root, "setup"));
    check_grid(reader);
    check_fidelity(reader, node_find(root, "fidelity"));
    check_early_stopping(reader, node_find(root, "early_stopping"));
}
