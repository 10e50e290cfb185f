/*
 * Knows a fit as the numbers that a caller keeps with its suggestion and gives back.
 */
#include "optimizer/state.h"

#include <math.h>
#include <string.h>

/* A fit as numbers: how many rows, the lead of the unwarped fit, then for each process its lambda,
 * scale, noise, mean, trend and weights, and in the end the skews of the first: no other has any.
 */
static size_t fit_numbers(const struct tide_optimizer *optimizer)
{
    const struct model *model = &optimizer->model;

    return 2 + model_learnt(model) * (5 + model->space.count) + model->space.count;
}

size_t tide_fit_get(const struct tide_optimizer *optimizer, double *fit)
{
    const struct fit *now = &optimizer->fit;
    const size_t d = optimizer->model.space.count;
    double *at = fit + 2;

    if (now->told == 0) {
        return 0;
    }
    fit[0] = (double)now->told;
    fit[1] = now->lead;
    for (size_t i = 0; i < model_learnt(&optimizer->model); i++) {
        at[0] = now->lambda[i];
        at[1] = now->hyper[i].scale;
        at[2] = now->hyper[i].noise;
        at[3] = now->hyper[i].mean;
        at[4] = now->hyper[i].trend;
        memcpy(at + 5, now->hyper[i].weight, d * sizeof *fit);
        at += 5 + d;
    }
    memcpy(at, now->hyper[0].skew, d * sizeof *fit);
    return fit_numbers(optimizer);
}

enum tide_status tide_fit_set(struct tide_optimizer *optimizer, const double *fit, size_t count)
{
    struct fit *now = &optimizer->fit;
    const size_t d = optimizer->model.space.count;
    const double *at = fit + 2;

    optimizer->version++;
    if (count == 0) {
        *now = (struct fit){0};
        return TIDE_OK;
    }
    if (count != fit_numbers(optimizer) || !(fit[0] >= 1 && fit[0] < 1e15)) {
        return TIDE_INVALID;
    }
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(fit[i]) || fabs(fit[i]) > 1e15) {
            return TIDE_INVALID;
        }
    }
    now->told = (size_t)fit[0];
    now->lead = fit[1];
    for (size_t i = 0; i < model_learnt(&optimizer->model); i++) {
        now->lambda[i] = at[0];
        now->hyper[i].scale = at[1];
        now->hyper[i].noise = at[2];
        now->hyper[i].mean = at[3];
        now->hyper[i].trend = at[4];
        memcpy(now->hyper[i].weight, at + 5, d * sizeof *fit);
        at += 5 + d;
    }
    memcpy(now->hyper[0].skew, at, d * sizeof *fit);
    return TIDE_OK;
}
