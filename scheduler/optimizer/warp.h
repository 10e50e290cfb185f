/*
 * Output warping: a monotone map from told values to values a Gaussian process can believe in, and
 * back.
 */
#ifndef OPTIMIZER_WARP_H
#define OPTIMIZER_WARP_H

#include <stddef.h>

struct warp {
    double sign;   /* -1 where the objective is maximised */
    double centre; /* median and spread of the told values */
    double spread;
    double lambda; /* Yeo-Johnson */
    double mean;   /* of the transformed values */
    double sd;
};

/*
 * warp_fit: for `count` > 0 finite values and the power `lambda` in [-1, 1]: 1 changes nothing but
 * centre and scale, 0 is a logarithm, and less has a limit. `scratch` has room for count.
 */
void warp_fit(struct warp *warp, double sign, double lambda, const double *values, size_t count,
              double *scratch);

/* warp_density: the logarithm of the map's derivative, summed over the values, up to a constant
 * that does not depend on lambda. */
double warp_density(const struct warp *warp, const double *values, size_t count);

/* warp_forward: to the model's units, where small is good; finite for every finite value. */
double warp_forward(const struct warp *warp, double value);

/* warp_back: the inverse; values the map cannot reach give its nearest end. */
double warp_back(const struct warp *warp, double warped);

#endif
