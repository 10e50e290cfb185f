/*
 * A Gaussian process over the features of a space: Matern-5/2, one lengthscale a parameter, fitted
 * by maximum a posteriori.
 *
 * Rows are the observed points, then the pending ones, whose outcomes are not known but whose
 * places are: they have no noise, and their values are drawn (gp_draw).
 */
#ifndef OPTIMIZER_GP_H
#define OPTIMIZER_GP_H

#include "optimizer/kernel_rows.h"
#include "optimizer/space.h"

enum { GP_DRAWS_MAX = 32, GP_HYPER_MAX = 2 * SPACE_PARAMETERS_MAX + 4 };

/*
 * Logarithms, but the mean: one weight (inverse squared lengthscale) a parameter, variance of the
 * signal, variance of the noise. The skew is the input warp of a number: what is added to the logit
 * of its place, so that above 0 what happens at the low end is spread out, at e^skew times the
 * scale, and below 0 what happens at the high one.
 */
struct gp_hyper {
    double weight[SPACE_PARAMETERS_MAX];
    double skew[SPACE_PARAMETERS_MAX];
    double scale;
    double noise;
    double mean;
    double trend; /* variance of the quadratic trend */
};

/* Normal priors on the above. */
struct gp_prior {
    double weight_mean, weight_sd;
    double scale_sd;
    double noise_mean, noise_sd, noise_low;
    double mean_sd;
    double trend_mean, trend_sd;
    double skew_sd; /* 0: the skew stays what it is */
};

struct gp {
    const struct space *space; /* borrowed */
    const struct kernel_rows *rows;
    size_t observed, pending, capacity;
    int code[SPACE_COLUMNS_MAX];
    double column_weight[SPACE_COLUMNS_MAX];
    double bend[SPACE_COLUMNS_MAX];
    double centre[SPACE_COLUMNS_MAX];
    double stretch[SPACE_COLUMNS_MAX]; /* e^skew, 1 where there is none */
    struct gp_hyper hyper;
    double *places;   /* columns x capacity: the features before the input warp */
    double *features; /* columns x capacity */
    double *x;        /* capacity x parameters: the points themselves */
    double *y;        /* capacity: observed values */
    double *factor;   /* capacity x capacity: lower Cholesky factor, row by row */
    double *radial;   /* capacity x capacity: derivative by squared distance; scratch of the fit */
    double *bent;     /* capacity x capacity: of the trend; scratch of the fit */
    double *inverse;  /* capacity x capacity: scratch of the fit */
    double *white;    /* GP_DRAWS_MAX x capacity: factor^-1 (values - mean) of each draw */
    double *alpha;    /* GP_DRAWS_MAX x capacity: kernel^-1 (values - mean) of each draw */
    double *row;      /* 4 x capacity: scratch */
    size_t draws;     /* 1 without pending points */
};

/* gp_init: an empty process over `space`, which outlives it. gp_fini accepts a zeroed one. */
void gp_init(struct gp *gp, const struct space *space);
void gp_fini(struct gp *gp);

/* gp_reserve: room for `rows` rows; what was in it is gone. */
enum tide_status gp_reserve(struct gp *gp, size_t rows);

/* gp_clear, gp_add: the data; at most the reserved rows. */
void gp_clear(struct gp *gp);
void gp_add(struct gp *gp, const double *x, double y);

/* gp_prior_for: the priors for this many parameters, `noisy` where the caller says so. */
struct gp_prior gp_prior_for(size_t parameters, bool noisy);

/* gp_start: hyperparameters to start a fit from when nothing is known. */
struct gp_hyper gp_start(const struct gp_prior *prior);

/*
 * gp_evidence: log marginal likelihood plus log prior at `hyper`, and its gradient (weights, scale,
 * noise, mean, trend and, where the prior has them free, skews; NULL if not wanted). -infinity
 * where the kernel matrix is not positive definite.
 */
double gp_evidence(struct gp *gp, const struct gp_hyper *hyper, const struct gp_prior *prior,
                   double *gradient);

/* gp_fit: climbs the evidence from `hyper`, leaves the best found there and returns its evidence.
 */
double gp_fit(struct gp *gp, const struct gp_prior *prior, struct gp_hyper *hyper, int evaluations);

/* gp_condition: factors the observed rows at `hyper`. TIDE_NUMERIC if that cannot be done. */
enum tide_status gp_condition(struct gp *gp, const struct gp_hyper *hyper);

/* gp_pend: appends a pending row to a conditioned process (at most the reserved rows). */
void gp_pend(struct gp *gp, const double *x);

/* gp_draw: joint values of the pending rows, `draws` times, from the caller's standard normal
 * numbers (draws x pending; ignored without pending rows). */
void gp_draw(struct gp *gp, size_t draws, const double *normals);

/* gp_features: `columns` numbers at `stride` apart, as the conditioned process sees x. */
void gp_features(const struct gp *gp, const double *x, double *features, size_t stride);

/* gp_prior_variance: of the noise-free value at these features. */
double gp_prior_variance(const struct gp *gp, const double *features);

/* gp_covariance: the prior covariance of the noise-free values at two places by their features. */
double gp_covariance(const struct gp *gp, const double *a, const double *b);

/* gp_drawn: value of pending row `row` in `draw`. */
double gp_drawn(const struct gp *gp, size_t draw, size_t row);

/*
 * gp_misfit: (y - m)^T K^-1 (y - m) for other values `y` of the observed rows of a conditioned
 * process, at the constant m that makes it least.
 */
double gp_misfit(struct gp *gp, const double *y);

/* gp_mean_at: the posterior mean at observed row `row`. */
double gp_mean_at(const struct gp *gp, size_t row);

/*
 * gp_predict: mean (one per draw) and variance of the noise-free value at x. With `cross`
 * (observed + pending) kept, gp_slopes gives what their derivatives by the place of each parameter
 * are: sum over draws of by_mean[d] dmean[d] + by_variance dvariance.
 */
void gp_predict(struct gp *gp, const double *x, double *mean, double *variance);
void gp_slopes(struct gp *gp, const double *x, const double *by_mean, double by_variance,
               double *gradient);

/*
 * gp_screen: gp_predict for `count` points at once; x is count x parameters, mean count x draws,
 * variance count, `work` count x (observed + pending).
 */
void gp_screen(struct gp *gp, const double *x, size_t count, double *mean, double *variance,
               double *work);

/* The steps of gp_condition, for the fit: hyperparameters, kernel matrix (with its radial
 * derivatives), its factor (false if there is none), white and alpha of the data. */
struct kernel_columns gp_columns(const struct gp *gp); /* its rows, for the loops over them */
void gp_row_features(const struct gp *gp, size_t row, double *features); /* of one that is there */
bool gp_skews(const struct gp *gp, size_t column); /* whether the column has an input warp */
void gp_set_hyper(struct gp *gp, const struct gp_hyper *hyper);
void gp_kernel_matrix(struct gp *gp);
bool gp_factor(struct gp *gp);
void gp_solve_data(struct gp *gp);

#endif
