/*
 * Knows what can be said about a search so far: observations, the recommendation, predictions.
 */
#include "optimizer/state.h"
#include "optimizer/table.h"

#include <math.h>

size_t tide_count(const struct tide_optimizer *optimizer)
{
    return optimizer->observed.count;
}

enum tide_status tide_get(const struct tide_optimizer *optimizer, size_t index,
                          struct tide_observation *observation)
{
    if (index >= optimizer->observed.count) {
        return TIDE_NOT_FOUND;
    }
    const struct record *record = &optimizer->observed.record[index];
    *observation = (struct tide_observation){record->id,
                                             optimizer->observed.x + index * optimizer->space.count,
                                             record->values, record->outcome};
    return TIDE_OK;
}

/* The noise, as a share of the spread of the values, above which values are not to be taken at
 * their word. */
static bool believes_noise(const struct tide_optimizer *optimizer, const struct fit *fit)
{
    return optimizer->noisy || fit->hyper.noise > log(1e-3);
}

enum tide_status tide_best(struct tide_optimizer *optimizer, size_t *indices, size_t capacity,
                           size_t *count)
{
    const struct table *observed = &optimizer->observed;
    const double sign = optimizer->objective[0].direction == TIDE_MAXIMIZE ? -1 : 1;
    struct fit fit = optimizer->fit;
    const bool smooth =
        model_build(optimizer, &fit, true) == TIDE_OK && believes_noise(optimizer, &fit);
    double best = HUGE_VAL;
    double mean[GP_DRAWS_MAX];
    double variance = 0;

    *count = 0;
    optimizer->gp.pending = 0;
    optimizer->gp.draws = 1;
    for (size_t i = 0; i < observed->count; i++) {
        if (observed->record[i].outcome != TIDE_EVALUATED) {
            continue;
        }
        double value = sign * observed->record[i].values[0];
        if (smooth) {
            gp_predict(&optimizer->gp, observed->x + i * optimizer->space.count, mean, &variance);
            value = mean[0];
        }
        if (*count == 0 || value < best) {
            best = value;
            *count = 1;
            if (capacity > 0) {
                indices[0] = i;
            }
        }
    }
    return *count > 0 ? TIDE_OK : TIDE_NOT_FOUND;
}

enum tide_status tide_predict(struct tide_optimizer *optimizer, const double *x, size_t objective,
                              struct tide_prediction *prediction)
{
    struct fit fit = optimizer->fit;
    double mean[GP_DRAWS_MAX];
    double variance = 0;
    enum tide_status status = TIDE_INVALID;

    if (objective < optimizer->objective_count && space_legal(&optimizer->space, x)) {
        status = model_build(optimizer, &fit, true);
    }
    if (status != TIDE_OK) {
        return status;
    }
    optimizer->gp.pending = 0;
    optimizer->gp.draws = 1;
    gp_predict(&optimizer->gp, x, mean, &variance);
    const double sd = sqrt(variance);
    const double low = warp_back(&optimizer->warp, mean[0] - sd);
    const double high = warp_back(&optimizer->warp, mean[0] + sd);
    *prediction = (struct tide_prediction){warp_back(&optimizer->warp, mean[0]), fmin(low, high),
                                           fmax(low, high)};
    return TIDE_OK;
}
