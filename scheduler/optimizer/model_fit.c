/*
 * Knows how a process is fitted: where from, and with which warps of its values and places.
 *
 * The power of the warp is chosen from a few by the evidence: with the scale and mean of the
 * process profiled out, its logarithm is -n/2 log misfit + log density of the map (Snelson et al.,
 * NIPS 2003, section 3). A log-like warp helps where values span orders of magnitude and makes a
 * search greedy where they do not; a bounded one makes a plain of the places where training
 * diverges or learns nothing. The unwarped fit is kept beside the warped one, with a start of
 * its own at a quadratic trend, which a warp would hide; the evidence of both, with the density of
 * the map, says which one serves, and whether the other is worth an ask now and then.
 *
 * Places are warped where that makes the values more plausible by more than it costs: for scales
 * that people did not know to be other than they wrote. The warp of one number a parameter moves
 * the logit of its place (gp.h); Snoek et al., "Input Warping for Bayesian Optimization of
 * Non-Stationary Functions", ICML 2014, take the distribution function of a beta.
 */
#include "optimizer/model.h"

#include <math.h>
#include <string.h>

enum { FEW = 100, ROWS_FITTED = 256, POWERS = 9 };

static const double warp_cost = 3; /* nats that the evidence must gain for a power less by one */
static const double least_power = -1;
static const double most_lead = 1e6;
static const double start_noise = -3;
static const double bowl_trend = 2;
static const double bowl_scale = -3;
static const double skew_sd = 2;
static const double skew_cost = 8; /* nats that the evidence must gain for an input warp */

/* What a fit of one process works on. */
struct lesson {
    struct model *model;
    size_t index;
    struct gp *gp; /* the process, or a thinner one */
    const double *values;
    size_t count;
    struct gp_prior prior;
};

static void warp_rows(const struct lesson *lesson, double lambda)
{
    struct warp *warp = &lesson->model->warp[lesson->index];
    double *scratch = lesson->model->values + lesson->model->values_capacity;

    warp_fit(warp, warp->sign, lambda, lesson->values, lesson->count, scratch);
    for (size_t i = 0; i < lesson->count; i++) {
        lesson->gp->y[i] = warp_forward(warp, lesson->values[i]);
    }
}

void model_warp(struct model *model, size_t index, double lambda, const double *values,
                size_t count)
{
    const struct lesson lesson = {
        .model = model, .index = index, .gp = &model->gp[index], .values = values, .count = count};

    warp_rows(&lesson, lambda);
}

/* Hyperparameters are known well from a few hundred rows, and a fit costs their cube: of more,
 * every k-th serves. Without memory for the thinner process all rows do. */
static void thin(struct lesson *lesson)
{
    struct model *model = lesson->model;
    const struct gp *whole = lesson->gp;
    double *values = model->values + 2 * model->values_capacity;
    size_t kept = 0;

    if (lesson->count <= ROWS_FITTED || gp_reserve(&model->thinner, ROWS_FITTED) != TIDE_OK) {
        return;
    }
    for (size_t i = 0; i < lesson->count; i++) {
        if ((i + 1) * ROWS_FITTED / lesson->count > kept) {
            gp_add(&model->thinner, whole->x + i * model->space.count, 0);
            values[kept++] = lesson->values[i];
        }
    }
    lesson->gp = &model->thinner;
    lesson->values = values;
    lesson->count = kept;
}

/* The power under which the conditioned process finds the values most plausible. */
static double best_power(const struct lesson *lesson, double now)
{
    const struct warp *warp = &lesson->model->warp[lesson->index];
    double best = -HUGE_VAL;
    double power = now;

    for (int i = 0; i < POWERS; i++) {
        const double lambda = least_power + (1 - least_power) * i / (POWERS - 1);
        warp_rows(lesson, lambda);
        const double misfit = gp_misfit(lesson->gp, lesson->gp->y);
        const double evidence = warp_density(warp, lesson->values, lesson->count) -
                                0.5 * (double)lesson->count * log(fmax(misfit, 1e-300)) -
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
    return gp->observed < FEW ? 40 : 12;
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

static void straighten(struct gp_hyper *hyper)
{
    memset(hyper->skew, 0, sizeof hyper->skew);
}

/* Climbs from `hyper` and from the `starts`; returns the best summit's evidence. */
static double climb(const struct lesson *lesson, struct gp_hyper *hyper, unsigned starts)
{
    const int evaluations = patience(lesson->gp);
    double best = gp_fit(lesson->gp, &lesson->prior, hyper, evaluations);

    for (unsigned start = START_PRIOR; start < STARTS_END; start *= 2) {
        struct gp_hyper other = start_at(&lesson->prior, start);
        const double value = (starts & start) == 0
                                 ? -HUGE_VAL
                                 : gp_fit(lesson->gp, &lesson->prior, &other, evaluations);
        if (value > best) {
            best = value;
            *hyper = other;
        }
    }
    return best;
}

/* Gives a fit that is straight an input warp, where the data ask for one: climbs with the skews
 * free, from those of the fit before. Returns the evidence. */
static double skew(const struct lesson *lesson, struct gp_hyper *hyper, const double *before,
                   double straight)
{
    struct gp_prior prior = lesson->prior;
    struct gp_hyper skewed = *hyper;

    prior.skew_sd = skew_sd;
    memcpy(skewed.skew, before, sizeof skewed.skew);
    const double evidence = gp_fit(lesson->gp, &prior, &skewed, patience(lesson->gp)) - skew_cost;
    if (evidence > straight) {
        *hyper = skewed;
    }
    return fmax(evidence, straight);
}

/* Fits under the power that the evidence prefers; returns the evidence of the told values. */
static double renew_warped(const struct lesson *lesson, struct gp_hyper *hyper, double *lambda,
                           unsigned starts)
{
    const struct warp *warp = &lesson->model->warp[lesson->index];
    const struct gp_hyper before = *hyper;

    straighten(hyper);
    warp_rows(lesson, *lambda);
    double evidence = climb(lesson, hyper, starts);
    if (lesson->count >= 4 && gp_condition(lesson->gp, hyper) == TIDE_OK) {
        const double power = best_power(lesson, *lambda);
        warp_rows(lesson, power);
        if (power != *lambda) {
            *lambda = power;
            evidence = climb(lesson, hyper, 0);
        }
    }
    return skew(lesson, hyper, before.skew, evidence) +
           warp_density(warp, lesson->values, lesson->count) - warp_cost * (1 - *lambda);
}

static double renew_plain(const struct lesson *lesson, struct gp_hyper *hyper, unsigned starts)
{
    warp_rows(lesson, 1);
    return climb(lesson, hyper, starts) +
           warp_density(&lesson->model->warp[lesson->index], lesson->values, lesson->count);
}

void model_renew(struct model *model, struct fit *fit, size_t index, bool noisy,
                 const double *values, size_t count)
{
    struct lesson lesson = {.model = model,
                            .index = index,
                            .gp = &model->gp[index],
                            .values = values,
                            .count = count,
                            .prior = gp_prior_for(model->space.count, noisy)};
    struct gp_hyper *hyper = &fit->hyper[index];
    const size_t plain = model_learnt(model) - 1;
    const bool first = fit->told == 0;
    const bool few = count < FEW && (!first || count > MODEL_START_MAX);

    thin(&lesson);
    if (first) {
        *hyper = gp_start(&lesson.prior);
        fit->lambda[index] = 1;
    }
    if (model->objectives > 1 || index > 0) {
        (void)renew_plain(&lesson, hyper, few ? START_PRIOR : 0);
        return;
    }
    if (first) {
        fit->lambda[index] = 0.5;
    }
    const double warped =
        renew_warped(&lesson, hyper, &fit->lambda[index], few ? START_PRIOR | START_NOISE : 0);
    if (first) {
        fit->hyper[plain] = *hyper;
        straighten(&fit->hyper[plain]);
        fit->lambda[plain] = 1;
    }
    fit->lead = renew_plain(&lesson, &fit->hyper[plain], few ? START_BOWL : 0) - warped;
    fit->lead = fmin(fmax(fit->lead, -most_lead), most_lead);
}
