/*
 * Knows what a point costs: a process over the logarithm of what evaluations took, so that the
 * expected improvement can be divided by it (Snoek et al., NIPS 2012, section 3.2).
 *
 * Its fit is made afresh at every build from the latest evaluations: it is no part of the fit that
 * a caller keeps, and 200 rows are enough for what a cost is needed for.
 */
#include "optimizer/model.h"
#include "optimizer/state.h"

#include <math.h>

enum { COST_ROWS_MAX = 200, COST_ROWS_MIN = 3, COST_EVALUATIONS = 25 };

static bool has_cost(const struct record *record)
{
    return record->outcome == TIDE_EVALUATED && record->source == 0 && record->cost > 0;
}

/* The observation from which on COST_ROWS_MAX have a cost. */
static size_t first_row(const struct table *observed)
{
    size_t first = observed->count;
    size_t count = 0;

    while (first > 0 && count < COST_ROWS_MAX) {
        first--;
        count += has_cost(&observed->record[first]) ? 1 : 0;
    }
    return first;
}

/* Mean and deviation of the logarithms; returns how many there are. */
static size_t spread(const struct table *observed, size_t first, double *mean, double *sd)
{
    double sum = 0;
    double square = 0;
    size_t count = 0;

    for (size_t i = first; i < observed->count; i++) {
        const double value = has_cost(&observed->record[i]) ? log(observed->record[i].cost) : 0;
        sum += value;
        square += value * value;
        count += has_cost(&observed->record[i]) ? 1 : 0;
    }
    *mean = count > 0 ? sum / (double)count : 0;
    *sd = count > 0 ? sqrt(fmax(square / (double)count - *mean * *mean, 0)) : 0;
    return count;
}

bool cost_build(struct tide_optimizer *optimizer, struct gp *gp)
{
    struct model *model = &optimizer->model;
    const struct table *observed = &optimizer->observed;
    const struct gp_prior prior = gp_prior_for(model->space.count, true);
    struct gp_hyper hyper = gp_start(&prior);
    double placed[SPACE_PARAMETERS_MAX];
    double mean = 0;
    const size_t first = first_row(observed);
    const size_t count = spread(observed, first, &mean, &model->cost_sd);

    if (count < COST_ROWS_MIN || !(model->cost_sd > 1e-9) || gp_reserve(gp, count) != TIDE_OK) {
        return false; /* all cost the same, as far as is known */
    }
    for (size_t i = first; i < observed->count; i++) {
        if (has_cost(&observed->record[i])) {
            model_place(model, observed->x + i * optimizer->space.count, placed);
            gp_add(gp, placed, (log(observed->record[i].cost) - mean) / model->cost_sd);
        }
    }
    (void)gp_fit(gp, &prior, &hyper, COST_EVALUATIONS);
    return gp_condition(gp, &hyper) == TIDE_OK;
}
