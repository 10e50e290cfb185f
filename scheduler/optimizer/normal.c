/*
 * Knows how to keep log EI and log Phi exact where their direct forms cancel or underflow.
 *
 * Ament et al., "Unexpected Improvements to Expected Improvement", NeurIPS 2023, use erfcx and an
 * asymptotic series below -1. Here the Mills ratio's continued fraction serves for both: with
 * t = -z and c = 1/(t + 2/(t + 3/(t + ...))), Phi(z)/phi(z) = 1/(t + c), so
 * (phi + z Phi)/phi = c/(t + c) without any subtraction, and the derivative of log h is 1/c.
 */
#include "optimizer/normal.h"

#include <math.h>

static const double log_sqrt_two_pi = 0.91893853320467274178;

/* The fraction needs about 400/t^2 levels for full precision from t = 1 on. */
static double mills_tail(double t)
{
    int level = 10 + (int)(400.0 / (t * t));
    double c = t;

    for (; level >= 2; level--) {
        c = t + level / c;
    }
    return 1.0 / c;
}

double normal_cdf(double z)
{
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

static double log_density(double z)
{
    return -0.5 * z * z - log_sqrt_two_pi;
}

double normal_log_h(double z, double *slope)
{
    if (z > -1) {
        const double cdf = normal_cdf(z);
        const double h = exp(log_density(z)) + z * cdf;
        *slope = cdf / h;
        return log(h);
    }
    const double c = mills_tail(-z);
    *slope = 1 / c;
    return log_density(z) + log(c / (c - z));
}

double normal_log_cdf(double z, double *slope)
{
    if (z > -1) {
        const double cdf = normal_cdf(z);
        *slope = exp(log_density(z)) / cdf;
        return log(cdf);
    }
    const double c = mills_tail(-z);
    *slope = c - z;
    return log_density(z) - log(c - z);
}
