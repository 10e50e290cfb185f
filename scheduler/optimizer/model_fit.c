/*
 * Knows how a process is fitted: where from, and with which output warp.
 *
 * The power of the warp is chosen from a few by the evidence: with the scale and mean of the
 * process profiled out, its logarithm is -n/2 log misfit + log density of the map (Snelson et al.,
 * NIPS 2003, section 3). A log-like warp helps where values span orders of magnitude and makes a
 * search greedy where they do not. The unwarped fit is kept beside the warped one, with a start of
 * its own at a quadratic trend, which a warp would hide; the evidence of both, with the density of
 * the map, says which one serves.
 */
#include "optimizer/model.h"

#include <math.h>

enum { FEW = 100, MANY = 400, POWERS = 5 };

static const double warp_cost = 3; /* nats that the evidence must gain for a logarithm */
static const double start_noise = -3;
static const double bowl_trend = 2;
static const double bowl_scale = -3;

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

/* Where a fit may start beside the last one; each reaches summits that the others miss. */
enum start {
    START_PRIOR = 1, /* what is expected before anything is told */
    START_NOISE = 2, /* values that differ by chance */
    START_BOWL = 4,  /* little but a quadratic trend */
    STARTS_END = 8
};

static struct gp_hyper start_at(const struct gp_prior *prior, unsigned start)
{
    struct gp_hyper hyper = gp_start(prior);

    if (start == START_NOISE) {
        hyper.noise = fmax(start_noise, prior->noise_low);
    } else if (start == START_BOWL) {
        hyper.trend = bowl_trend;
        hyper.scale = bowl_scale;
    }
    return hyper;
}

/* Climbs from `hyper` and from the `starts`; returns the best summit's evidence. */
static double climb(struct gp *gp, const struct gp_prior *prior, struct gp_hyper *hyper,
                    unsigned starts)
{
    double best = gp_fit(gp, prior, hyper, patience(gp));

    for (unsigned start = START_PRIOR; start < STARTS_END; start *= 2) {
        struct gp_hyper other = start_at(prior, start);
        const double value =
            (starts & start) == 0 ? -HUGE_VAL : gp_fit(gp, prior, &other, patience(gp));
        if (value > best) {
            best = value;
            *hyper = other;
        }
    }
    return best;
}

/* Fits process `index` under the power that the evidence prefers; returns the evidence of the told
 * values. */
static double renew_warped(struct model *model, struct fit *fit, size_t index,
                           const struct gp_prior *prior, unsigned starts, const double *values,
                           size_t count)
{
    struct gp *gp = &model->gp[index];
    double *lambda = &fit->lambda[index];

    model_warp(model, index, *lambda, values, count);
    double evidence = climb(gp, prior, &fit->hyper[index], starts);
    if (count >= 4 && gp_condition(gp, &fit->hyper[index]) == TIDE_OK) {
        const double power = best_power(model, index, *lambda, values, count);
        model_warp(model, index, power, values, count);
        if (power != *lambda) {
            *lambda = power;
            evidence = climb(gp, prior, &fit->hyper[index], 0);
        }
    }
    return evidence + warp_density(&model->warp[index], values, count) - warp_cost * (1 - *lambda);
}

static double renew_plain(struct model *model, struct fit *fit, size_t index,
                          const struct gp_prior *prior, unsigned starts, const double *values,
                          size_t count)
{
    const size_t plain = model_learnt(model) - 1;

    model_warp(model, index, 1, values, count);
    return climb(&model->gp[index], prior, &fit->hyper[plain], starts) +
           warp_density(&model->warp[index], values, count);
}

void model_renew(struct model *model, struct fit *fit, size_t index, bool noisy,
                 const double *values, size_t count)
{
    const struct gp_prior prior = gp_prior_for(model->space.count, noisy);
    const size_t plain = model_learnt(model) - 1;
    const bool first = fit->told == 0;
    const bool few = count < FEW && !first;

    if (model->objectives > 1 || index > 0) {
        fit->hyper[index] = first ? gp_start(&prior) : fit->hyper[index];
        fit->lambda[index] = 1;
        model_warp(model, index, 1, values, count);
        (void)climb(&model->gp[index], &prior, &fit->hyper[index], few ? START_PRIOR : 0);
        return;
    }
    if (first) {
        fit->hyper[index] = gp_start(&prior);
        fit->lambda[index] = 0.5;
    }
    const double warped =
        renew_warped(model, fit, index, &prior, few ? START_PRIOR | START_NOISE : 0, values, count);
    if (first) {
        fit->hyper[plain] = fit->hyper[index];
        fit->lambda[plain] = 1;
    }
    const double unwarped =
        renew_plain(model, fit, index, &prior, few ? START_BOWL : 0, values, count);
    fit->plain = unwarped > warped;
}
