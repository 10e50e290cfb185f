/*
 * Knows how a process is fitted: where from, and with which output warp.
 *
 * The power of the warp is chosen from a few by the evidence: with the scale and mean of the
 * process profiled out, its logarithm is -n/2 log misfit + log density of the map (Snelson et al.,
 * NIPS 2003, section 3). A log-like warp helps where values span orders of magnitude and makes a
 * search greedy where they do not.
 */
#include "optimizer/model.h"

#include <math.h>

enum { FEW = 100, MANY = 400, POWERS = 5 };

static const double warp_cost = 3; /* nats that the evidence must gain for a logarithm */

void model_warp(struct model *model, size_t index, double lambda, const double *values,
                size_t count)
{
    double *scratch = model->values + model->values_capacity;

    warp_fit(&model->warp[index], model->warp[index].sign, lambda, values, count, scratch);
    for (size_t i = 0; i < count; i++) {
        model->gp[index].y[i] = warp_forward(&model->warp[index], values[i]);
    }
}

/* The power under which the conditioned process finds the values most plausible. */
static double best_power(struct model *model, size_t index, double now, const double *values,
                         size_t count)
{
    double best = -HUGE_VAL;
    double power = now;

    for (int i = 0; i < POWERS; i++) {
        const double lambda = (double)i / (POWERS - 1);
        model_warp(model, index, lambda, values, count);
        const double misfit = gp_misfit(&model->gp[index], model->gp[index].y);
        const double evidence = warp_density(&model->warp[index], values, count) -
                                0.5 * (double)count * log(fmax(misfit, 1e-300)) -
                                warp_cost * (1 - lambda);
        if (evidence > best) {
            best = evidence;
            power = lambda;
        }
    }
    return power;
}

/* A warm start is near its summit; with many rows each evaluation is dear. */
static int patience(const struct gp *gp)
{
    return gp->observed < FEW ? 40 : (gp->observed < MANY ? 25 : 12);
}

static void climb(struct gp *gp, const struct gp_prior *prior, struct gp_hyper *hyper, bool cold)
{
    struct gp_hyper fresh = gp_start(prior);
    const double value = gp_fit(gp, prior, hyper, patience(gp));

    if (cold && gp_fit(gp, prior, &fresh, patience(gp)) > value) {
        *hyper = fresh;
    }
}

void model_renew(struct model *model, struct fit *fit, size_t index, enum model_face face,
                 bool noisy, const double *values, size_t count)
{
    struct gp *gp = &model->gp[index];
    const struct gp_prior prior = gp_prior_for(model->space.count, noisy);
    const bool warped = model->objectives == 1 && index == 0;

    if (fit->told == 0) {
        fit->hyper[index] = gp_start(&prior);
        fit->lambda[index] = warped ? 0.5 : 1;
    }
    model_warp(model, index, fit->lambda[index], values, count);
    climb(gp, &prior, &fit->hyper[index], fit->told > 0 && count < FEW);
    if (warped && count >= 4 && gp_condition(gp, &fit->hyper[index]) == TIDE_OK) {
        const double power = best_power(model, index, fit->lambda[index], values, count);
        model_warp(model, index, power, values, count);
        if (power != fit->lambda[index]) {
            fit->lambda[index] = power;
            climb(gp, &prior, &fit->hyper[index], false);
        }
    }
    const size_t plain = model_learnt(model) - 1;
    if (warped && fit->told == 0) {
        fit->hyper[plain] = fit->hyper[index];
        fit->lambda[plain] = 1;
    }
    if (warped && face == MODEL_PLAIN) {
        model_warp(model, index, 1, values, count);
        climb(gp, &prior, &fit->hyper[plain], false);
    }
}
