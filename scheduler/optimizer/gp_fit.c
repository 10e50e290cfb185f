/*
 * Knows which hyperparameters are plausible and how to climb to the most plausible ones.
 *
 * Priors: lengthscales are log-normal around sqrt(d) (Hvarfner et al., "Vanilla Bayesian
 * Optimization Performs Great in High Dimensions", ICML 2024), with a Matern kernel and a signal
 * variance instead of their RBF without one; the noise is low, or with some probability such as
 * measurements have it, each log-normal.
 */
#include "optimizer/gp.h"

#include "optimizer/lapack.h"

#include <gsl/gsl_math.h>
#include <math.h>
#include <nlopt.h>
#include <string.h>

static const double weight_low = -14; /* lengthscale 1,100: the parameter does nothing */
static const double weight_high = 10; /* lengthscale 0.0067 */
static const double scale_bound = 6;
static const double mean_bound = 3;
static const double noise_high = 1;
static const double measured_share = 0.3; /* of searches whose values err though nobody says so */
static const double measured_mean = -3;   /* the logarithm of their variance */
static const double measured_sd = 1.5;
static const double trend_low = -16;
static const double trend_high = 8;
static const double skew_bound = 6; /* a bound no search should meet */

struct gp_prior gp_prior_for(size_t parameters, bool noisy)
{
    /* log weight = -2 log lengthscale. */
    return (struct gp_prior){.weight_mean = 3.17 - log((double)parameters),
                             .weight_sd = 3.46,
                             .scale_sd = 1,
                             .noise_mean = noisy ? measured_mean : -10,
                             .noise_sd = noisy ? measured_sd : 3,
                             .noise_low = log(noisy ? 1e-4 : 1e-8),
                             .mean_sd = 0.5,
                             .trend_mean = -4,
                             .trend_sd = 2};
}

struct gp_hyper gp_start(const struct gp_prior *prior)
{
    struct gp_hyper hyper = {
        .scale = 0, .noise = fmax(prior->noise_mean, prior->noise_low), .trend = prior->trend_mean};

    for (size_t i = 0; i < SPACE_PARAMETERS_MAX; i++) {
        hyper.weight[i] = prior->weight_mean;
    }
    return hyper;
}

/* Adds a normal prior's logarithm and slope. */
static void believe(double value, double mean, double sd, double *log_prior, double *slope)
{
    const double z = (value - mean) / sd;

    *log_prior -= 0.5 * z * z;
    *slope -= z / sd;
}

/* Of two beliefs, in units of the first one's density. */
static void believe_noise(double value, const struct gp_prior *prior, double *log_prior,
                          double *slope)
{
    double exact = 0;
    double measured = log(measured_share / (1 - measured_share) * prior->noise_sd / measured_sd);
    double by_exact = 0;
    double by_measured = 0;

    believe(value, prior->noise_mean, prior->noise_sd, &exact, &by_exact);
    believe(value, measured_mean, measured_sd, &measured, &by_measured);
    const double share = 1 / (1 + exp(exact - measured));
    *log_prior += fmax(exact, measured) + log1p(exp(-fabs(exact - measured)));
    *slope += (1 - share) * by_exact + share * by_measured;
}

static double log_prior(const struct gp *gp, const struct gp_hyper *hyper,
                        const struct gp_prior *prior, double *gradient)
{
    const size_t d = gp->space->count;
    double total = 0;

    for (size_t i = 0; i < d; i++) {
        believe(hyper->weight[i], prior->weight_mean, prior->weight_sd, &total, &gradient[i]);
    }
    believe(hyper->scale, 0, prior->scale_sd, &total, &gradient[d]);
    believe_noise(hyper->noise, prior, &total, &gradient[d + 1]);
    believe(hyper->mean, 0, prior->mean_sd, &total, &gradient[d + 2]);
    believe(hyper->trend, prior->trend_mean, prior->trend_sd, &total, &gradient[d + 3]);
    for (size_t i = 0; i < d && prior->skew_sd > 0; i++) {
        believe(hyper->skew[i], 0, prior->skew_sd, &total, &gradient[d + 4 + i]);
    }
    return total;
}

static double trace_of_inverse(struct gp *gp)
{
    const int n = (int)gp->observed;
    const int stride = (int)gp->capacity;
    double trace = 0;
    int info = 0;

    for (size_t i = 0; i < gp->observed; i++) {
        memcpy(gp->inverse + i * gp->capacity, gp->factor + i * gp->capacity,
               (i + 1) * sizeof *gp->inverse);
    }
    dpotri_("U", &n, gp->inverse, &stride, &info);
    for (size_t i = 0; i < gp->observed; i++) {
        trace += gp->inverse[i * gp->capacity + i];
    }
    return trace;
}

/* Per column, sums over pairs of rows of what the evidence gains by their covariance. */
struct slopes {
    double moment[SPACE_COLUMNS_MAX]; /* times squared distance */
    double lean[SPACE_COLUMNS_MAX];   /* times what a skew makes of that */
    double twist[SPACE_COLUMNS_MAX];  /* of the trend, by what a skew makes of it */
    double trend;
};

/* What a skew does to the trend between row i and those before it, and with itself (`own`). */
static void twist_row(const struct gp *gp, const double *pull, double own, size_t i,
                      const double *features, struct slopes *slopes)
{
    double all = 0;

    for (size_t j = 0; j < i; j++) {
        all += pull[j];
    }
    for (size_t c = 0; c < gp->space->columns; c++) {
        const double *column = gp->features + c * gp->capacity;
        const double off = features[c] - gp->centre[c];
        const double spread = features[c] * (1 - features[c]);
        if (gp_skews(gp, c)) {
            slopes->twist[c] +=
                2 * gp->bend[c] *
                (spread * (gp->rows->dot(pull, column, i) - gp->centre[c] * all + own * off) +
                 off * gp->rows->spread(pull, column, i));
        }
    }
}

/* One pass over the lower triangle: the kernel's derivative times (alpha alpha^T - K^-1), then its
 * moments of squared distance, column by column. */
static void sum_slopes(struct gp *gp, bool skew, struct slopes *slopes)
{
    const struct kernel_columns columns = gp_columns(gp);
    double features[SPACE_COLUMNS_MAX];
    double *w = gp->row;
    double *pull = gp->row + gp->capacity;

    for (size_t i = 0; i < gp->observed; i++) {
        const double *radial = gp->radial + i * gp->capacity;
        const double *bent = gp->bent + i * gp->capacity;
        const double *inverse = gp->inverse + i * gp->capacity;
        const double here = gp->alpha[i];
        for (size_t j = 0; j < i; j++) {
            w[j] = here * gp->alpha[j] - inverse[j];
            pull[j] = w[j] * bent[j];
            w[j] *= radial[j];
        }
        slopes->trend += gp->rows->dot(pull, bent, i);
        gp_row_features(gp, i, features);
        const double own = gp_prior_variance(gp, features) - exp(gp->hyper.scale);
        const double square = own * exp(-gp->hyper.trend);
        const double gain = here * here - inverse[i];
        slopes->trend += 0.5 * square * gain;
        gp->rows->moments(slopes->moment, skew ? slopes->lean : NULL, w, i, &columns, features);
        if (skew) {
            twist_row(gp, pull, gain * sqrt(square), i, features, slopes);
        }
    }
}

/* Adds to the slopes by weight and, if wanted, by skew; returns that by the trend. */
static double weight_slopes(struct gp *gp, bool skew, double *gradient)
{
    const double trend = exp(gp->hyper.trend);
    double *by_skew = gradient + gp->space->count + 4;
    struct slopes slopes = {0};

    sum_slopes(gp, skew, &slopes);
    for (size_t c = 0; c < gp->space->columns; c++) {
        const size_t parameter = gp->space->group[c];
        gradient[parameter] += gp->column_weight[c] * slopes.moment[c];
        if (skew && gp_skews(gp, c)) {
            by_skew[parameter] +=
                2 * gp->column_weight[c] * slopes.lean[c] + trend * slopes.twist[c];
        }
    }
    return trend * slopes.trend;
}

/* How many of its numbers a fit may choose. */
static size_t freedoms(const struct gp *gp, const struct gp_prior *prior)
{
    return gp->space->count * (prior->skew_sd > 0 ? 2 : 1) + 4;
}

double gp_evidence(struct gp *gp, const struct gp_hyper *hyper, const struct gp_prior *prior,
                   double *gradient)
{
    const size_t n = gp->observed;
    const size_t d = gp->space->count;
    const double noise = exp(hyper->noise);
    double slopes[GP_HYPER_MAX] = {0};
    double value = 0;

    gp_set_hyper(gp, hyper);
    gp_kernel_matrix(gp);
    if (!gp_factor(gp)) {
        return -HUGE_VAL;
    }
    gp_solve_data(gp);
    value = log_prior(gp, hyper, prior, slopes) - 0.5 * gp->rows->dot(gp->white, gp->white, n);
    for (size_t i = 0; i < n; i++) {
        value -= log(gp->factor[i * gp->capacity + i]);
    }
    if (gradient != NULL) {
        const double trace = trace_of_inverse(gp);
        const double square = gp->rows->dot(gp->alpha, gp->alpha, n);
        const double fit = gp->rows->dot(gp->white, gp->white, n);
        const double trend = weight_slopes(gp, prior->skew_sd > 0, slopes);
        slopes[d] += 0.5 * (fit - noise * square - ((double)n - noise * trace)) - trend;
        slopes[d + 3] += trend;
        slopes[d + 1] += 0.5 * noise * (square - trace);
        for (size_t i = 0; i < n; i++) {
            slopes[d + 2] += gp->alpha[i];
        }
        memcpy(gradient, slopes, freedoms(gp, prior) * sizeof *gradient);
    }
    return isfinite(value) ? value : -HUGE_VAL;
}

/* ---- the climb ---- */

struct climb {
    struct gp *gp;
    const struct gp_prior *prior;
    double best;
    struct gp_hyper best_hyper;
};

static void pack(const struct gp_hyper *hyper, size_t d, double *p)
{
    memcpy(p, hyper->weight, d * sizeof *p);
    p[d] = hyper->scale;
    p[d + 1] = hyper->noise;
    p[d + 2] = hyper->mean;
    p[d + 3] = hyper->trend;
    memcpy(p + d + 4, hyper->skew, d * sizeof *p);
}

static void unpack(struct gp_hyper *hyper, size_t d, size_t count, const double *p)
{
    memcpy(hyper->weight, p, d * sizeof *p);
    hyper->scale = p[d];
    hyper->noise = p[d + 1];
    hyper->mean = p[d + 2];
    hyper->trend = p[d + 3];
    memcpy(hyper->skew, p + d + 4, (count - d - 4) * sizeof *p);
}

static double climb_value(unsigned count, const double *p, double *gradient, void *context)
{
    struct climb *climb = context;
    struct gp_hyper hyper = climb->best_hyper; /* for what is not free */

    unpack(&hyper, climb->gp->space->count, count, p);
    const double value = gp_evidence(climb->gp, &hyper, climb->prior, gradient);
    if (value > climb->best) {
        climb->best = value;
        climb->best_hyper = hyper;
    }
    if (!(value > -HUGE_VAL)) { /* a wall, not a NaN: the line search must turn back */
        if (gradient != NULL) {
            memset(gradient, 0, count * sizeof *gradient);
        }
        return -1e10;
    }
    return value;
}

static void set_bounds(nlopt_opt solver, const struct gp_prior *prior, size_t d)
{
    double low[GP_HYPER_MAX];
    double high[GP_HYPER_MAX];

    for (size_t i = 0; i < d; i++) {
        low[i] = weight_low;
        high[i] = weight_high;
    }
    low[d] = -scale_bound;
    high[d] = scale_bound;
    low[d + 1] = prior->noise_low;
    high[d + 1] = noise_high;
    low[d + 2] = -mean_bound;
    high[d + 2] = mean_bound;
    low[d + 3] = trend_low;
    high[d + 3] = trend_high;
    for (size_t i = 0; i < d; i++) {
        low[d + 4 + i] = -skew_bound;
        high[d + 4 + i] = skew_bound;
    }
    (void)nlopt_set_lower_bounds(solver, low);
    (void)nlopt_set_upper_bounds(solver, high);
}

double gp_fit(struct gp *gp, const struct gp_prior *prior, struct gp_hyper *hyper, int evaluations)
{
    const size_t d = gp->space->count;
    struct climb climb = {.gp = gp, .prior = prior, .best = -HUGE_VAL, .best_hyper = *hyper};
    double p[GP_HYPER_MAX];
    double value = 0;
    const unsigned count = (unsigned)freedoms(gp, prior);
    nlopt_opt solver = nlopt_create(NLOPT_LD_LBFGS, count);

    pack(hyper, d, p);
    if (solver == NULL) { /* out of memory: the start serves */
        return climb_value(count, p, NULL, &climb);
    }
    set_bounds(solver, prior, d);
    (void)nlopt_set_max_objective(solver, climb_value, &climb);
    (void)nlopt_set_ftol_abs(solver, 1e-4);
    (void)nlopt_set_maxeval(solver, evaluations);
    /* A negative code is no reason to stop: the best point seen is kept either way. */
    (void)nlopt_optimize(solver, p, &value);
    nlopt_destroy(solver);
    *hyper = climb.best_hyper;
    return climb.best;
}
