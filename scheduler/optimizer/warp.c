/*
 * Knows how to make told values nearly normal: robust scaling, a logarithm beyond a hundred
 * spreads, Yeo and Johnson's power transformation (Biometrika 87, 2000), and standardisation.
 *
 * Deviation: the power is not fitted to the values alone, which an optimizer gathers near the
 * optimum, but chosen by the evidence of the process (model_fit.c), as Snelson et al., "Warped
 * Gaussian Processes", NIPS 2003, do; it goes from no change (1) by the logarithm (0) to -1, where
 * even infinitely bad values are no more than a certain distance from the median.
 */
#include "optimizer/warp.h"

#include <gsl/gsl_math.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdbool.h>

static const double far_out = 100;

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

void warp_fit(struct warp *warp, double sign, double lambda, const double *values, size_t count,
              double *scratch)
{
    for (size_t i = 0; i < count; i++) {
        scratch[i] = values[i];
    }
    gsl_sort(scratch, 1, count);
    *warp = (struct warp){.sign = sign, .lambda = lambda, .sd = 1};
    warp->centre = scratch[(count - 1) / 2] / 2 + scratch[count / 2] / 2;
    warp->spread = spread_of(scratch, count, warp->centre);
    for (size_t i = 0; i < count; i++) {
        scratch[i] = yeo_johnson(standard(warp, values[i]), lambda);
    }
    moments_of(scratch, count, &warp->mean, &warp->sd);
    if (!(warp->sd > 1e-12)) {
        warp->sd = 1; /* constant values */
    }
}

double warp_density(const struct warp *warp, const double *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        const double z = standard(warp, values[i]);
        sum += (warp->lambda - 1) * copysign(log1p(fabs(z)), z);
    }
    return sum - (double)count * log(warp->sd);
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
