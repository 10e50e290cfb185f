/*
 * Knows when a search stands still.
 *
 * On a function that is rugged throughout, values tell only of their surroundings: the process
 * finds short lengthscales, the expected improvement is all next to the best point, and the search
 * polishes one of many hollows to its end. Such a function shows in how much of the variance of an
 * arbitrary point the observations explain: less than a tenth, where the model of a smooth one
 * explains most.
 */
#include "optimizer/standstill.h"

#include "base/rng.h"
#include "optimizer/state.h"

#include <math.h>

enum { PLACES = 64, PATIENCE = 4 };

static const double gain_expected = 0.1; /* of the spread of the values, in the last asks */
static const double share_explained = 0.1;
static const double noise_most = 1e-2; /* variance in the model's unit: above, values err */

/* The least of the told values was lower by something before the last few were told. */
static bool gained(const struct tide_optimizer *optimizer)
{
    const struct table *observed = &optimizer->observed;
    const size_t lately = optimizer->space.count + PATIENCE;
    double before = HUGE_VAL;
    double since = HUGE_VAL;

    for (size_t i = 0; i < observed->count; i++) {
        const struct record *record = &observed->record[i];
        double *least = i + lately < observed->count ? &before : &since;
        if (record->outcome == TIDE_EVALUATED && record->source == 0) {
            *least = fmin(*least, warp_forward(&optimizer->model.warp[0], record->values[0]));
        }
    }
    return before == HUGE_VAL || since < before - gain_expected;
}

/* How much of the variance at arbitrary points the observations explain; always the same points. */
static double explained(struct tide_optimizer *optimizer)
{
    const struct space *space = &optimizer->model.space;
    struct gp *gp = &optimizer->model.gp[0];
    double x[SPACE_PARAMETERS_MAX];
    double features[SPACE_COLUMNS_MAX];
    double mean[GP_DRAWS_MAX];
    double left = 0;
    double all = 0;
    struct rng rng;

    rng_init(&rng, optimizer->seed, "standstill");
    for (size_t place = 0; place < PLACES; place++) {
        double variance = 0;
        for (size_t i = 0; i < optimizer->model.shared; i++) {
            x[i] = space_draw(space, i, rng_unit(&rng));
        }
        model_place(&optimizer->model, x, x);
        space_settle(space, x);
        gp_predict(gp, x, mean, &variance);
        gp_features(gp, x, features, 1);
        left += variance;
        all += gp_prior_variance(gp, features);
    }
    return 1 - left / all;
}

bool standstill(struct tide_optimizer *optimizer)
{
    const struct model *model = &optimizer->model;

    return model->objectives == 1 && model->gp[0].hyper.noise < log(noise_most) &&
           !gained(optimizer) && explained(optimizer) < share_explained;
}
