/*
 * The logarithm of expected improvement, exact in the tails.
 */
#ifndef OPTIMIZER_NORMAL_H
#define OPTIMIZER_NORMAL_H

/*
 * normal_log_h: log(phi(z) + z Phi(z)), the expected improvement of a standard normal over -z, and
 * in `slope` its derivative; to 1e-13 relative for all finite z.
 */
double normal_log_h(double z, double *slope);

/* normal_cdf, normal_log_cdf: Phi and its logarithm; `slope` gets the derivative of the logarithm.
 */
double normal_cdf(double z);
double normal_log_cdf(double z, double *slope);

#endif
