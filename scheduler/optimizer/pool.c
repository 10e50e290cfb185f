/*
 * Knows how to choose hundreds of points from one scoring.
 *
 * A pending point is taken to have the value the model expects (Desautels et al., "Parallelizing
 * Exploration-Exploitation Tradeoffs in Gaussian Process Bandit Optimization", JMLR 15, 2014):
 * means stay, variances shrink, so scores can only fall, and the lazy greedy choice (Minoux 1978)
 * is the eager one: a candidate is brought up to date only when it leads. Every number of v is made
 * by the same operations whenever it is made, so that a pool built anew after a restart gives the
 * same bits.
 */
#include "optimizer/pool.h"

#include "optimizer/normal.h"
#include "optimizer/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double jitter = 1e-9;

void pool_fini(struct pool *pool)
{
    free(pool->x);
    free(pool->features);
    free(pool->v);
    free(pool->mean);
    free(pool->variance);
    free(pool->feasible);
    free(pool->score);
    free(pool->taken_in);
    free(pool->row);
    free(pool->row_sd);
    free(pool->row_features);
    *pool = (struct pool){0};
}

static double *reals(size_t count)
{
    return calloc(count, sizeof(double));
}

static bool reserve(struct pool *pool, const struct model *model, size_t base)
{
    const size_t stride = base + POOL_PENDING_MAX;

    if (POOL_CANDIDATES * stride > pool->reals) {
        const size_t columns = model->space.columns;
        pool_fini(pool);
        pool->reals = POOL_CANDIDATES * (stride + base / 4);
        pool->x = reals(POOL_CANDIDATES * model->space.count);
        pool->features = reals(POOL_CANDIDATES * columns);
        pool->v = reals(pool->reals);
        pool->mean = reals(POOL_CANDIDATES);
        pool->variance = reals(POOL_CANDIDATES);
        pool->feasible = reals(POOL_CANDIDATES);
        pool->score = reals(POOL_CANDIDATES);
        pool->taken_in = calloc(POOL_CANDIDATES, sizeof *pool->taken_in);
        pool->row = reals(pool->reals / 2);
        pool->row_sd = reals(POOL_PENDING_MAX);
        pool->row_features = reals(POOL_PENDING_MAX * columns);
    }
    pool->base = base;
    pool->stride = stride;
    if (pool->x == NULL || pool->features == NULL || pool->v == NULL || pool->mean == NULL ||
        pool->variance == NULL || pool->feasible == NULL || pool->score == NULL ||
        pool->taken_in == NULL || pool->row == NULL || pool->row_sd == NULL ||
        pool->row_features == NULL) {
        pool_fini(pool);
        return false;
    }
    return true;
}

static void rescore(struct pool *pool, const struct gp *gp, size_t c)
{
    const double sd = sqrt(fmax(pool->variance[c], 1e-12 * exp(gp->hyper.scale)));
    double slope = 0;

    pool->score[c] =
        log(sd) + normal_log_h((pool->incumbent - pool->mean[c]) / sd, &slope) + pool->feasible[c];
}

/* Candidates, their v over the observed rows, and their scores before any point is pending. */
static bool build(struct pool *pool, struct tide_optimizer *optimizer)
{
    struct model *model = &optimizer->model;
    struct judge *judge = &optimizer->judge;
    struct gp *gp = &model->gp[0];
    const size_t width = model->space.count;

    judge->model = model;
    if (!reserve(pool, model, gp->observed) || judge_open(judge, optimizer) != TIDE_OK) {
        return false;
    }
    pool->rows = 0;
    pool->incumbent = judge->incumbent[0];
    pool->count =
        search_candidates(optimizer, (int64_t)optimizer->observed.count, pool->x, POOL_CANDIDATES);
    const bool hopeless = judge->hopeless;
    judge->hopeless = true; /* the constraints alone */
    judge_many(judge, pool->x, pool->count, pool->feasible);
    judge->hopeless = hopeless;
    for (size_t at = 0; at < pool->count; at += JUDGE_BATCH) {
        const size_t batch = pool->count - at < JUDGE_BATCH ? pool->count - at : JUDGE_BATCH;
        gp_screen(gp, pool->x + at * width, batch, pool->mean + at, pool->variance + at,
                  judge->work);
        for (size_t i = 0; i < batch; i++) {
            memcpy(pool->v + (at + i) * pool->stride, judge->work + i * pool->base,
                   pool->base * sizeof *pool->v);
        }
    }
    for (size_t c = 0; c < pool->count; c++) {
        gp_features(gp, pool->x + c * width, pool->features + c * model->space.columns, 1);
        pool->taken_in[c] = 0;
        rescore(pool, gp, c);
    }
    pool->serial = model->serial;
    return true;
}

/* Extends v from row `from` to all pending rows and returns what the variance loses. */
static double extend(const struct pool *pool, const struct gp *gp, const double *features,
                     double *v, size_t from)
{
    const size_t columns = gp->space->columns;
    double lost = 0;

    for (size_t j = from; j < pool->rows; j++) {
        const double k = gp_covariance(gp, features, pool->row_features + j * columns);
        const double across = gp->rows->dot(v, pool->row + j * pool->stride, pool->base + j);
        const double value = (k - across) / pool->row_sd[j];
        v[pool->base + j] = value;
        lost += value * value;
    }
    return lost;
}

static void bring_up_to_date(struct pool *pool, const struct gp *gp, size_t c)
{
    pool->variance[c] -= extend(pool, gp, pool->features + c * gp->space->columns,
                                pool->v + c * pool->stride, pool->taken_in[c]);
    pool->taken_in[c] = pool->rows;
    rescore(pool, gp, c);
}

/* Appends a pending point; a candidate's v serves, another's is made. */
static void absorb(struct pool *pool, struct tide_optimizer *optimizer, const double *x)
{
    const struct model *model = &optimizer->model;
    struct gp *gp = &optimizer->model.gp[0];
    const size_t width = model->space.count;
    const size_t columns = model->space.columns;
    double *row = pool->row + pool->rows * pool->stride;
    double placed[SPACE_PARAMETERS_MAX];
    double mean = 0;
    double variance = 0;

    model_place(model, x, placed);
    gp_features(gp, placed, pool->row_features + pool->rows * columns, 1);
    size_t c = 0;
    while (c < pool->count && memcmp(pool->x + c * width, placed, width * sizeof *placed) != 0) {
        c++;
    }
    if (c < pool->count) {
        bring_up_to_date(pool, gp, c);
        memcpy(row, pool->v + c * pool->stride, (pool->base + pool->rows) * sizeof *row);
        variance = pool->variance[c];
        pool->score[c] = -HUGE_VAL;
    } else {
        gp_screen(gp, placed, 1, &mean, &variance, row);
        variance -= extend(pool, gp, pool->row_features + pool->rows * columns, row, 0);
    }
    pool->row_sd[pool->rows++] = sqrt(fmax(variance, 0) + jitter * exp(gp->hyper.scale));
}

/* The leader among the candidates that is up to date and unused; count if there is none. */
static size_t leader(struct pool *pool, struct tide_optimizer *optimizer)
{
    const struct gp *gp = &optimizer->model.gp[0];

    for (;;) {
        size_t best = pool->count;
        for (size_t c = 0; c < pool->count; c++) {
            if (pool->score[c] > -HUGE_VAL &&
                (best == pool->count || pool->score[c] > pool->score[best])) {
                best = c;
            }
        }
        if (best == pool->count) {
            return best;
        }
        if (pool->taken_in[best] < pool->rows) {
            bring_up_to_date(pool, gp, best);
        } else if (state_used(optimizer, pool->x + best * optimizer->model.space.count)) {
            pool->score[best] = -HUGE_VAL;
        } else {
            return best;
        }
    }
}

bool pool_point(struct tide_optimizer *optimizer, double *x, double *acquisition)
{
    struct pool *pool = &optimizer->pool;
    const struct table *pending = &optimizer->pending;
    const size_t width = optimizer->space.count;

    if (pool->serial != optimizer->model.serial && !build(pool, optimizer)) {
        return false;
    }
    while (pool->rows < pending->count && pool->rows < POOL_PENDING_MAX) {
        absorb(pool, optimizer, pending->x + pool->rows * width);
    }
    const size_t best = leader(pool, optimizer);
    if (best == pool->count) {
        return false;
    }
    memcpy(x, pool->x + best * optimizer->model.space.count, width * sizeof *x);
    *acquisition = pool->score[best];
    return true;
}
