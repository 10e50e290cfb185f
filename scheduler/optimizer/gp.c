/*
 * Knows the algebra of the posterior. Everything goes through the lower Cholesky factor L of the
 * joint kernel matrix of observed and pending rows: with v = L^-1 k(x), the mean of draw d is
 * m + v . white_d and the variance is scale - v . v. The pending block of L is the factor of the
 * pending points' joint posterior, so white_d is (L_oo^-1 (y - m), the draw's normals) and drawing
 * costs nothing.
 *
 * The observed block is factored at once, pending rows are appended one by one: the bits do not
 * depend on what an earlier call left behind.
 */
#include "optimizer/gp.h"

#include "optimizer/lapack.h"

#include <gsl/gsl_blas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a pending row has instead of noise, relative to the variance of the signal. */
static const double pending_jitter = 1e-9;
static const double trend_reach = 4; /* makes the trend 1 + 1 between equal corners */

void gp_init(struct gp *gp, const struct space *space)
{
    *gp = (struct gp){.space = space, .rows = kernel_rows(), .draws = 1};
    for (size_t c = 0; c < space->columns; c++) {
        const bool arc = (c > 0 && space->group[c - 1] == space->group[c]) ||
                         (c + 1 < space->columns && space->group[c + 1] == space->group[c]);
        gp->code[c] = space->kind[c] == COLUMN_CODE ? 1 : 0;
        gp->bend[c] = gp->code[c] != 0 ? 0 : trend_reach / (double)space->columns;
        gp->stretch[c] = 1;
        gp->centre[c] = arc ? 0 : 0.5; /* an inactive number, at the arc's centre, has no trend */
    }
}

void gp_fini(struct gp *gp)
{
    free(gp->places);
    free(gp->features);
    free(gp->x);
    free(gp->y);
    free(gp->factor);
    free(gp->radial);
    free(gp->bent);
    free(gp->inverse);
    free(gp->white);
    free(gp->alpha);
    free(gp->row);
    *gp = (struct gp){0};
}

static double *reals(size_t count)
{
    return calloc(count, sizeof(double));
}

enum tide_status gp_reserve(struct gp *gp, size_t rows)
{
    const struct space *space = gp->space;

    gp_clear(gp);
    if (rows <= gp->capacity) {
        return TIDE_OK;
    }
    gp_fini(gp);
    gp_init(gp, space);
    /* An odd multiple of eight: rows stay aligned and do not share cache sets. */
    const size_t capacity = ((rows + rows / 4 + 15) / 16) * 16 + 8;
    gp->places = reals(space->columns * capacity);
    gp->features = reals(space->columns * capacity);
    gp->x = reals(space->count * capacity);
    gp->y = reals(capacity);
    gp->factor = reals(capacity * capacity);
    gp->radial = reals(capacity * capacity);
    gp->bent = reals(capacity * capacity);
    gp->inverse = reals(capacity * capacity);
    gp->white = reals(GP_DRAWS_MAX * capacity);
    gp->alpha = reals(GP_DRAWS_MAX * capacity);
    gp->row = reals(4 * capacity);
    if (gp->places == NULL || gp->features == NULL || gp->x == NULL || gp->y == NULL ||
        gp->factor == NULL || gp->radial == NULL || gp->bent == NULL || gp->inverse == NULL ||
        gp->white == NULL || gp->alpha == NULL || gp->row == NULL) {
        gp_fini(gp);
        gp_init(gp, space);
        return TIDE_NO_MEMORY;
    }
    gp->capacity = capacity;
    return TIDE_OK;
}

void gp_clear(struct gp *gp)
{
    gp->observed = 0;
    gp->pending = 0;
    gp->draws = 1;
}

/* logit(warped) = logit(place) + log stretch; a stretch of 1 changes no bit. */
static double warped(double place, double stretch)
{
    return stretch * place / (1 + (stretch - 1) * place);
}

/* The slope of that by place, from what came of it. */
static double steepness(double feature, double stretch)
{
    const double part = stretch + (1 - stretch) * feature;

    return part * part / stretch;
}

/* Columns of rows `from` to `to`. */
static void warp_rows(struct gp *gp, size_t from, size_t to)
{
    for (size_t c = 0; c < gp->space->columns; c++) {
        const double *place = gp->places + c * gp->capacity;
        double *feature = gp->features + c * gp->capacity;
        for (size_t i = from; i < to; i++) {
            feature[i] = warped(place[i], gp->stretch[c]);
        }
    }
}

void gp_features(const struct gp *gp, const double *x, double *features, size_t stride)
{
    space_features(gp->space, x, features, stride);
    for (size_t c = 0; c < gp->space->columns; c++) {
        features[c * stride] = warped(features[c * stride], gp->stretch[c]);
    }
}

static void place_row(struct gp *gp, size_t row, const double *x)
{
    memcpy(gp->x + row * gp->space->count, x, gp->space->count * sizeof *x);
    space_features(gp->space, x, gp->places + row, gp->capacity);
    warp_rows(gp, row, row + 1);
}

void gp_add(struct gp *gp, const double *x, double y)
{
    place_row(gp, gp->observed, x);
    gp->y[gp->observed++] = y;
}

struct kernel_columns gp_columns(const struct gp *gp)
{
    return (struct kernel_columns){gp->features,      gp->capacity, gp->space->columns, gp->code,
                                   gp->column_weight, gp->bend,     gp->centre};
}

bool gp_skews(const struct gp *gp, size_t column)
{
    return gp->bend[column] > 0 && gp->centre[column] > 0;
}

void gp_set_hyper(struct gp *gp, const struct gp_hyper *hyper)
{
    gp->hyper = *hyper;
    for (size_t c = 0; c < gp->space->columns; c++) {
        const size_t parameter = gp->space->group[c];
        gp->column_weight[c] = exp(hyper->weight[parameter]);
        gp->stretch[c] = gp_skews(gp, c) ? exp(hyper->skew[parameter]) : 1;
    }
    warp_rows(gp, 0, gp->observed);
}

void gp_row_features(const struct gp *gp, size_t row, double *features)
{
    for (size_t c = 0; c < gp->space->columns; c++) {
        features[c] = gp->features[c * gp->capacity + row];
    }
}

void gp_kernel_matrix(struct gp *gp)
{
    const struct kernel_columns columns = gp_columns(gp);
    const double scale = exp(gp->hyper.scale);
    const double noise = exp(gp->hyper.noise);
    const double trend = exp(gp->hyper.trend);
    double features[SPACE_COLUMNS_MAX];

    for (size_t i = 0; i < gp->observed; i++) {
        double *k = gp->factor + i * gp->capacity;
        gp_row_features(gp, i, features);
        gp->rows->distances(k, i, &columns, features);
        gp->rows->matern(k, gp->radial + i * gp->capacity, k, i, scale);
        gp->rows->trend(k, gp->bent + i * gp->capacity, i, &columns, features, trend);
        k[i] = gp_prior_variance(gp, features) + noise;
    }
}

bool gp_factor(struct gp *gp)
{
    const int n = (int)gp->observed;
    const int stride = (int)gp->capacity;
    double log_determinant = 0;
    int info = 0;

    dpotrf_("U", &n, gp->factor, &stride, &info); /* row by row, lower is Fortran's upper */
    for (size_t i = 0; i < gp->observed && info == 0; i++) {
        log_determinant += log(gp->factor[i * gp->capacity + i]);
    }
    return info == 0 && isfinite(log_determinant); /* a NaN pivot is reported as success */
}

/* v = L^-1 v (transpose false) or L^-T v, over the first n rows. */
static void solve_vector(const struct gp *gp, bool transpose, double *v, size_t n)
{
    if (n > 0) {
        gsl_matrix_const_view factor =
            gsl_matrix_const_view_array_with_tda(gp->factor, n, n, gp->capacity);
        gsl_vector_view vector = gsl_vector_view_array(v, n);
        gsl_blas_dtrsv(CblasLower, transpose ? CblasTrans : CblasNoTrans, CblasNonUnit,
                       &factor.matrix, &vector.vector);
    }
}

void gp_solve_data(struct gp *gp)
{
    for (size_t i = 0; i < gp->observed; i++) {
        gp->white[i] = gp->y[i] - gp->hyper.mean;
    }
    solve_vector(gp, false, gp->white, gp->observed);
    memcpy(gp->alpha, gp->white, gp->observed * sizeof *gp->alpha);
    solve_vector(gp, true, gp->alpha, gp->observed);
}

enum tide_status gp_condition(struct gp *gp, const struct gp_hyper *hyper)
{
    gp->pending = 0;
    gp->draws = 1;
    gp_set_hyper(gp, hyper);
    gp_kernel_matrix(gp);
    if (!gp_factor(gp)) {
        return TIDE_NUMERIC;
    }
    gp_solve_data(gp);
    return TIDE_OK;
}

static double trend_between(const struct gp *gp, const double *a, const double *b)
{
    double bent = 1;

    for (size_t c = 0; c < gp->space->columns; c++) {
        bent += gp->bend[c] * (a[c] - gp->centre[c]) * (b[c] - gp->centre[c]);
    }
    return bent;
}

double gp_prior_variance(const struct gp *gp, const double *features)
{
    const double bent = trend_between(gp, features, features);

    return exp(gp->hyper.scale) + exp(gp->hyper.trend) * bent * bent;
}

double gp_covariance(const struct gp *gp, const double *a, const double *b)
{
    const double bent = trend_between(gp, a, b);
    double r2 = 0;
    double k = 0;
    double radial = 0;

    for (size_t c = 0; c < gp->space->columns; c++) {
        const double d = gp->code[c] != 0 ? (a[c] != b[c] ? 1.0 : 0.0) : a[c] - b[c];
        r2 += gp->column_weight[c] * (d * d);
    }
    gp->rows->matern(&k, &radial, &r2, 1, exp(gp->hyper.scale));
    return k + exp(gp->hyper.trend) * bent * bent;
}

/* k, its radial derivative and the trend's base between x and the first n rows. */
static void cross(const struct gp *gp, const double *features, size_t n, double *k, double *radial,
                  double *bent)
{
    const struct kernel_columns columns = gp_columns(gp);

    gp->rows->distances(k, n, &columns, features);
    gp->rows->matern(k, radial, k, n, exp(gp->hyper.scale));
    gp->rows->trend(k, bent, n, &columns, features, exp(gp->hyper.trend));
}

void gp_pend(struct gp *gp, const double *x)
{
    const size_t n = gp->observed + gp->pending;
    const double scale = exp(gp->hyper.scale);
    double *row = gp->factor + n * gp->capacity;
    double features[SPACE_COLUMNS_MAX];

    place_row(gp, n, x);
    gp_row_features(gp, n, features);
    cross(gp, features, n, row, gp->row, gp->row + gp->capacity);
    solve_vector(gp, false, row, n);
    row[n] = sqrt(fmax(gp_prior_variance(gp, features) - gp->rows->dot(row, row, n), 0) +
                  scale * pending_jitter);
    gp->pending++;
}

void gp_draw(struct gp *gp, size_t draws, const double *normals)
{
    const size_t n = gp->observed;

    if (gp->pending == 0) {
        return;
    }
    gp->draws = draws;
    for (size_t d = draws; d-- > 0;) { /* draw 0 holds the data that the others copy */
        double *white = gp->white + d * gp->capacity;
        double *alpha = gp->alpha + d * gp->capacity;
        memmove(white, gp->white, n * sizeof *white);
        memcpy(white + n, normals + d * gp->pending, gp->pending * sizeof *white);
        memcpy(alpha, white, (n + gp->pending) * sizeof *alpha);
        solve_vector(gp, true, alpha, n + gp->pending);
    }
}

double gp_drawn(const struct gp *gp, size_t draw, size_t row)
{
    const size_t n = gp->observed + row;

    return gp->hyper.mean +
           gp->rows->dot(gp->factor + n * gp->capacity, gp->white + draw * gp->capacity, n + 1);
}

double gp_misfit(struct gp *gp, const double *y)
{
    const size_t n = gp->observed;
    double *ones = gp->row;
    double *white = gp->row + gp->capacity;

    for (size_t i = 0; i < n; i++) {
        ones[i] = 1;
        white[i] = y[i];
    }
    solve_vector(gp, false, ones, n);
    solve_vector(gp, false, white, n);
    const double across = gp->rows->dot(ones, white, n);
    return fmax(gp->rows->dot(white, white, n) - across * across / gp->rows->dot(ones, ones, n), 0);
}

double gp_mean_at(const struct gp *gp, size_t row)
{
    return gp->y[row] - exp(gp->hyper.noise) * gp->alpha[row];
}

void gp_predict(struct gp *gp, const double *x, double *mean, double *variance)
{
    const size_t n = gp->observed + gp->pending;
    double *k = gp->row;
    double *v = gp->row + 2 * gp->capacity;
    double features[SPACE_COLUMNS_MAX];

    gp_features(gp, x, features, 1);
    cross(gp, features, n, k, gp->row + gp->capacity, gp->row + 3 * gp->capacity);
    memcpy(v, k, n * sizeof *v);
    solve_vector(gp, false, v, n);
    for (size_t d = 0; d < gp->draws; d++) {
        mean[d] = gp->hyper.mean + gp->rows->dot(v, gp->white + d * gp->capacity, n);
    }
    *variance = fmax(gp_prior_variance(gp, features) - gp->rows->dot(v, v, n), 0);
}

void gp_slopes(struct gp *gp, const double *x, const double *by_mean, double by_variance,
               double *gradient)
{
    const size_t n = gp->observed + gp->pending;
    const double *radial = gp->row + gp->capacity;
    double *q = gp->row + 2 * gp->capacity; /* v, from gp_predict */
    double *bent = gp->row + 3 * gp->capacity;
    const double trend = exp(gp->hyper.trend);
    double lift = 0;
    double features[SPACE_COLUMNS_MAX];
    double slope[SPACE_COLUMNS_MAX];
    double total = 0;

    solve_vector(gp, true, q, n);
    for (size_t j = 0; j < n; j++) {
        q[j] *= -2 * by_variance;
    }
    for (size_t d = 0; d < gp->draws; d++) {
        const double *alpha = gp->alpha + d * gp->capacity;
        for (size_t j = 0; j < n; j++) {
            q[j] += by_mean[d] * alpha[j];
        }
    }
    for (size_t j = 0; j < n; j++) {
        bent[j] *= 2 * trend * q[j];
        q[j] *= radial[j];
        total += q[j];
        lift += bent[j];
    }
    gp_features(gp, x, features, 1);
    const double own = 4 * trend * by_variance * trend_between(gp, features, features);
    for (size_t c = 0; c < gp->space->columns; c++) {
        const double pull = gp->rows->dot(q, gp->features + c * gp->capacity, n);
        const double lean = gp->rows->dot(bent, gp->features + c * gp->capacity, n);
        slope[c] = gp->code[c] != 0 ? 0 : 2 * gp->column_weight[c] * (features[c] * total - pull);
        slope[c] +=
            gp->bend[c] * (lean - gp->centre[c] * lift + own * (features[c] - gp->centre[c]));
        slope[c] *= steepness(features[c], gp->stretch[c]);
    }
    memset(gradient, 0, gp->space->count * sizeof *gradient);
    space_slope(gp->space, x, slope, gradient);
}

void gp_screen(struct gp *gp, const double *x, size_t count, double *mean, double *variance,
               double *work)
{
    const size_t n = gp->observed + gp->pending;
    double features[SPACE_COLUMNS_MAX];

    for (size_t i = 0; i < count; i++) {
        gp_features(gp, x + i * gp->space->count, features, 1);
        cross(gp, features, n, work + i * n, gp->row, gp->row + gp->capacity);
        variance[i] = gp_prior_variance(gp, features);
    }
    if (n > 0 && count > 0) { /* rows are points: V L^T = K, from the right */
        gsl_matrix_const_view factor =
            gsl_matrix_const_view_array_with_tda(gp->factor, n, n, gp->capacity);
        gsl_matrix_view v = gsl_matrix_view_array(work, count, n);
        gsl_blas_dtrsm(CblasRight, CblasLower, CblasTrans, CblasNonUnit, 1, &factor.matrix,
                       &v.matrix);
    }
    for (size_t i = 0; i < count; i++) {
        const double *v = work + i * n;
        for (size_t d = 0; d < gp->draws; d++) {
            mean[i * gp->draws + d] =
                gp->hyper.mean + gp->rows->dot(v, gp->white + d * gp->capacity, n);
        }
        variance[i] = fmax(variance[i] - gp->rows->dot(v, v, n), 0);
    }
}
