/*
 * Knows how to make told values nearly normal: robust scaling, a logarithm beyond a hundred
 * spreads, Yeo and Johnson's power transformation (Biometrika 87, 2000) by maximum likelihood, and
 * standardisation.
 *
 * Deviations: a weak prior holds lambda near 1 (no change) while there are few values, and lambda
 * is kept within [0, 1], the logarithm and no change.
 */
#include "optimizer/warp.h"

#include <gsl/gsl_math.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdbool.h>

static const double far_out = 100;
static const double lambda_low = 0;
static const double lambda_high = 1;

static double soften(double z)
{
    return fabs(z) <= far_out ? z : copysign(far_out * (1 + log(fabs(z) / far_out)), z);
}

static double harden(double z)
{
    return fabs(z) <= far_out ? z : copysign(far_out * exp(fabs(z) / far_out - 1), z);
}

/* (b^p - 1) / p, and its limit. */
static double power(double log_base, double p)
{
    return fabs(p) < 1e-9 ? log_base : expm1(p * log_base) / p;
}

static double yeo_johnson(double z, double lambda)
{
    return z >= 0 ? power(log1p(z), lambda) : -power(log1p(-z), 2 - lambda);
}

static double power_back(double value, double p)
{
    if (fabs(p) < 1e-9) {
        return expm1(fmin(value, 700));
    }
    const double base = 1 + p * value;
    return base <= 1e-300 ? (p < 0 ? 1e300 : -1 + 1e-300) : expm1(fmin(log(base) / p, 690));
}

static double yeo_johnson_back(double value, double lambda)
{
    return value >= 0 ? power_back(value, lambda) : -power_back(-value, 2 - lambda);
}

static double standard(const struct warp *warp, double value)
{
    const double z = warp->sign * (value / warp->spread - warp->centre / warp->spread);

    return soften(fmin(fmax(z, -1e300), 1e300));
}

static void moments_of(const double *values, size_t count, double *mean, double *sd)
{
    double sum = 0;
    double square = 0;

    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        square += gsl_pow_2(values[i] - *mean);
    }
    *sd = sqrt(square / (double)count);
}

/* Profile log likelihood of lambda for the scaled values z. */
static double likelihood(const double *z, size_t count, double lambda, double *scratch)
{
    double jacobian = 0;
    double mean = 0;
    double sd = 0;

    for (size_t i = 0; i < count; i++) {
        scratch[i] = yeo_johnson(z[i], lambda);
        jacobian += copysign(log1p(fabs(z[i])), z[i]);
    }
    moments_of(scratch, count, &mean, &sd);
    return -(double)count * log(fmax(sd, 1e-12)) + (lambda - 1) * jacobian -
           0.5 * gsl_pow_2(lambda - 1);
}

/* Golden section: the likelihood has one maximum. */
static double best_lambda(const double *z, size_t count, double *scratch)
{
    const double golden = 0.61803398874989485;
    double low = lambda_low;
    double high = lambda_high;
    double a = high - golden * (high - low);
    double b = low + golden * (high - low);
    double at_a = likelihood(z, count, a, scratch);
    double at_b = likelihood(z, count, b, scratch);

    while (high - low > 1e-3) {
        if (at_a >= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - golden * (high - low);
            at_a = likelihood(z, count, a, scratch);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + golden * (high - low);
            at_b = likelihood(z, count, b, scratch);
        }
    }
    return (low + high) / 2;
}

/* Half the interquartile range over that of the normal; where it is zero, the mean deviation. */
static double spread_of(const double *sorted, size_t count, double centre)
{
    const double quartiles =
        sorted[(3 * (count - 1) + 3) / 4] / 1.349 - sorted[(count - 1) / 4] / 1.349;
    double sum = 0;

    if (quartiles > 0) {
        return fmin(quartiles, 1e308);
    }
    for (size_t i = 0; i < count; i++) {
        sum += fabs(sorted[i] / (double)count - centre / (double)count);
    }
    return sum > 0 ? fmin(sum, 1e308) : 1;
}

void warp_fit(struct warp *warp, double sign, const double *values, size_t count, double *scratch)
{
    double *sorted = scratch;
    double *z = scratch + count;
    double *work = scratch + 2 * count;

    for (size_t i = 0; i < count; i++) {
        sorted[i] = values[i];
    }
    gsl_sort(sorted, 1, count);
    *warp = (struct warp){.sign = sign, .lambda = 1, .sd = 1};
    warp->centre = sorted[(count - 1) / 2] / 2 + sorted[count / 2] / 2;
    warp->spread = spread_of(sorted, count, warp->centre);
    for (size_t i = 0; i < count; i++) {
        z[i] = standard(warp, values[i]);
    }
    warp->lambda = count >= 3 ? best_lambda(z, count, work) : 1;
    for (size_t i = 0; i < count; i++) {
        work[i] = yeo_johnson(z[i], warp->lambda);
    }
    moments_of(work, count, &warp->mean, &warp->sd);
    if (!(warp->sd > 1e-12)) {
        warp->sd = 1; /* constant values */
    }
}

double warp_forward(const struct warp *warp, double value)
{
    return (yeo_johnson(standard(warp, value), warp->lambda) - warp->mean) / warp->sd;
}

double warp_back(const struct warp *warp, double warped)
{
    const double z = harden(yeo_johnson_back(warped * warp->sd + warp->mean, warp->lambda));

    return warp->centre + warp->sign * z * warp->spread;
}
