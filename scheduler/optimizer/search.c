/*
 * Knows how to find where the expected improvement is largest: many candidates scored at once, half
 * of them near the best points, then a climb from the best few, by gradients over continuous
 * parameters and by exchange over discrete ones.
 *
 * The acquisition is LogEI (Ament et al. 2023). With pending points it is the logarithm of EI
 * averaged over joint draws of their values (Snoek et al. 2012, section 3.2), each draw with its
 * own incumbent.
 */
#include "optimizer/state.h"

#include "base/rng.h"
#include "optimizer/normal.h"

#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    CANDIDATES = 768,
    BATCH = 128,
    STARTS = 4,
    CLIMB_EVALUATIONS = 50,
    EXCHANGES = 24, /* alternatives tried for one discrete parameter */
    ROUNDS = 3
};

static const double near_observed = 1e-7;

struct hunt {
    struct tide_optimizer *optimizer;
    struct rng rng;
    double incumbent[GP_DRAWS_MAX];
    double floor;                     /* of the variance */
    double at[TIDE_PARAMETERS_MAX];   /* the point a climb moves */
    size_t free[TIDE_PARAMETERS_MAX]; /* its continuous active parameters */
    size_t free_count;
};

enum tide_status search_init(struct search *search, size_t parameters)
{
    search->x = calloc(CANDIDATES * parameters, sizeof(double));
    search->mean = calloc((size_t)CANDIDATES * GP_DRAWS_MAX, sizeof(double));
    search->variance = calloc(CANDIDATES, sizeof(double));
    search->score = calloc(CANDIDATES, sizeof(double));
    if (search->x == NULL || search->mean == NULL || search->variance == NULL ||
        search->score == NULL) {
        search_fini(search);
        return TIDE_NO_MEMORY;
    }
    return TIDE_OK;
}

void search_fini(struct search *search)
{
    free(search->x);
    free(search->mean);
    free(search->variance);
    free(search->score);
    free(search->work);
    *search = (struct search){0};
}

static bool reserve_work(struct search *search, size_t rows)
{
    if (rows * BATCH > search->work_reals) {
        const size_t reals = 2 * rows * BATCH;
        free(search->work);
        search->work = calloc(reals, sizeof(double));
        search->work_reals = search->work == NULL ? 0 : reals;
    }
    return search->work != NULL;
}

/* log of the mean over draws of EI; with slopes by each draw's mean and by the variance. */
static double improvement(const struct hunt *hunt, const double *mean, double variance,
                          double *by_mean, double *by_variance)
{
    const size_t draws = hunt->optimizer->gp.draws;
    const double sd = sqrt(fmax(variance, hunt->floor));
    double value[GP_DRAWS_MAX];
    double slope[GP_DRAWS_MAX];
    double top = -HUGE_VAL;
    double sum = 0;

    for (size_t d = 0; d < draws; d++) {
        value[d] = normal_log_h((hunt->incumbent[d] - mean[d]) / sd, &slope[d]);
        top = fmax(top, value[d]);
    }
    for (size_t d = 0; d < draws; d++) {
        sum += exp(value[d] - top);
    }
    if (by_mean != NULL) {
        *by_variance = 0.5 / (sd * sd);
        for (size_t d = 0; d < draws; d++) {
            const double share = exp(value[d] - top) / sum;
            const double z = (hunt->incumbent[d] - mean[d]) / sd;
            by_mean[d] = -share * slope[d] / sd;
            *by_variance -= share * slope[d] * z * 0.5 / (sd * sd);
        }
        *by_variance = variance > hunt->floor ? *by_variance : 0;
    }
    return log(sd) + top + log(sum / (double)draws);
}

static void set_incumbents(struct hunt *hunt)
{
    struct gp *gp = &hunt->optimizer->gp;
    double best = HUGE_VAL;

    for (size_t i = 0; i < gp->observed; i++) {
        best = fmin(best, gp_mean_at(gp, i));
    }
    for (size_t d = 0; d < gp->draws; d++) {
        hunt->incumbent[d] = best;
        for (size_t row = 0; row < gp->pending; row++) {
            hunt->incumbent[d] = fmin(hunt->incumbent[d], gp_drawn(gp, d, row));
        }
    }
    hunt->floor = 1e-12 * exp(gp->hyper.scale);
}

/* ---- candidates ---- */

static void random_point(struct hunt *hunt, double *x)
{
    const struct space *space = &hunt->optimizer->space;

    for (size_t i = 0; i < space->count; i++) {
        x[i] = space_draw(space, i, rng_unit(&hunt->rng));
    }
    space_settle(space, x);
}

/* Moves one coordinate: a number by `step` of its range, a choice to another one. */
static double moved(struct hunt *hunt, size_t i, double value, double step)
{
    const struct space *space = &hunt->optimizer->space;
    const uint64_t levels = space_levels(space, i);

    if (isnan(value) || space_discrete(space, i) || (levels > 0 && levels <= 3)) {
        return space_draw(space, i, rng_unit(&hunt->rng));
    }
    double delta = step * (2 * rng_unit(&hunt->rng) - 1) * 1.7320508075688773;
    if (levels > 1) { /* at least one level away */
        delta = copysign(fmax(fabs(delta), 1.0 / (double)(levels - 1)), delta);
    }
    double u = space_place(space, i, value) + delta;
    u = u < 0 ? -u : (u > 1 ? 2 - u : u);
    return space_value(space, i, fmin(fmax(u, 0), 1));
}

/* A neighbour of x: step 10^U(-3, -0.5), each coordinate moved with one random probability. */
static void neighbour(struct hunt *hunt, const double *x, double *near)
{
    const struct space *space = &hunt->optimizer->space;
    const double step = pow(10, -3 + 2.5 * rng_unit(&hunt->rng));
    const double share = rng_unit(&hunt->rng);
    const size_t always = (size_t)rng_below(&hunt->rng, space->count);

    for (size_t i = 0; i < space->count; i++) {
        const bool move = rng_unit(&hunt->rng) < share || i == always;
        near[i] = move || isnan(x[i]) ? moved(hunt, i, x[i], step) : x[i];
    }
    space_settle(space, near);
}

/* The observed row with the rank-th lowest posterior mean, rank 0 ... 3. */
static size_t good_row(const struct gp *gp, size_t rank)
{
    size_t best[4] = {0};
    size_t count = 0;

    for (size_t i = 0; i < gp->observed; i++) {
        size_t at = count < 4 ? count++ : 4;
        while (at > 0 && gp_mean_at(gp, i) < gp_mean_at(gp, best[at - 1])) {
            if (at < 4) {
                best[at] = best[at - 1];
            }
            at--;
        }
        if (at < 4) {
            best[at] = i;
        }
    }
    return best[rank < count ? rank : 0];
}

static size_t make_candidates(struct hunt *hunt)
{
    struct tide_optimizer *optimizer = hunt->optimizer;
    const struct space *space = &optimizer->space;
    size_t good[4];
    size_t count = 0;

    for (size_t rank = 0; rank < 4; rank++) {
        good[rank] = good_row(&optimizer->gp, rank);
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        double *x = optimizer->search.x + count * space->count;
        if (i % 2 == 0) {
            random_point(hunt, x);
        } else {
            const size_t rank = i % 4 == 1 ? 0 : (i / 4) % 4;
            neighbour(hunt, optimizer->gp.x + good[rank] * space->count, x);
        }
        count += space_allowed(space, x) ? 1 : 0;
    }
    return count;
}

static void score(struct hunt *hunt, size_t count)
{
    struct tide_optimizer *optimizer = hunt->optimizer;
    struct search *search = &optimizer->search;
    struct gp *gp = &optimizer->gp;

    for (size_t at = 0; at < count; at += BATCH) {
        const size_t batch = count - at < BATCH ? count - at : BATCH;
        gp_screen(gp, search->x + at * optimizer->space.count, batch, search->mean + at * gp->draws,
                  search->variance + at, search->work);
    }
    for (size_t i = 0; i < count; i++) {
        search->score[i] =
            improvement(hunt, search->mean + i * gp->draws, search->variance[i], NULL, NULL);
    }
}

/* ---- the climb ---- */

static double value_at(struct hunt *hunt, const double *x)
{
    double mean[GP_DRAWS_MAX];
    double variance = 0;

    gp_predict(&hunt->optimizer->gp, x, mean, &variance);
    return improvement(hunt, mean, variance, NULL, NULL);
}

static double climb_value(unsigned count, const double *u, double *gradient, void *context)
{
    struct hunt *hunt = context;
    struct gp *gp = &hunt->optimizer->gp;
    double mean[GP_DRAWS_MAX];
    double by_mean[GP_DRAWS_MAX];
    double slope[TIDE_PARAMETERS_MAX];
    double by_variance = 0;
    double variance = 0;

    for (unsigned i = 0; i < count; i++) {
        hunt->at[hunt->free[i]] = space_value(&hunt->optimizer->space, hunt->free[i], u[i]);
    }
    gp_predict(gp, hunt->at, mean, &variance);
    const double value = improvement(hunt, mean, variance, by_mean, &by_variance);
    if (gradient != NULL) {
        gp_slopes(gp, hunt->at, by_mean, by_variance, slope);
        for (unsigned i = 0; i < count; i++) {
            gradient[i] = slope[hunt->free[i]];
        }
    }
    return value;
}

/* A climb that ended outside the constraints goes back towards its start, which is inside. */
static void retreat(struct hunt *hunt, const double *start, const double *end)
{
    const struct space *space = &hunt->optimizer->space;

    for (double share = 1; share > 1e-3 && !space_allowed(space, hunt->at); share *= 0.7) {
        for (size_t i = 0; i < hunt->free_count; i++) {
            hunt->at[hunt->free[i]] =
                space_value(space, hunt->free[i], start[i] + 0.7 * share * (end[i] - start[i]));
        }
    }
    for (size_t i = 0; i < hunt->free_count && !space_allowed(space, hunt->at); i++) {
        hunt->at[hunt->free[i]] = space_value(space, hunt->free[i], start[i]);
    }
}

static void climb_continuous(struct hunt *hunt)
{
    const struct space *space = &hunt->optimizer->space;
    double start[TIDE_PARAMETERS_MAX];
    double u[TIDE_PARAMETERS_MAX];
    double value = 0;

    hunt->free_count = 0;
    for (size_t i = 0; i < space->count; i++) {
        if (space_levels(space, i) == 0 && !isnan(hunt->at[i])) {
            start[hunt->free_count] = space_place(space, i, hunt->at[i]);
            hunt->free[hunt->free_count++] = i;
        }
    }
    if (hunt->free_count == 0) {
        return;
    }
    memcpy(u, start, hunt->free_count * sizeof *u);
    nlopt_opt solver = nlopt_create(NLOPT_LD_LBFGS, (unsigned)hunt->free_count);
    if (solver == NULL) {
        return;
    }
    (void)nlopt_set_lower_bounds1(solver, 0);
    (void)nlopt_set_upper_bounds1(solver, 1);
    (void)nlopt_set_max_objective(solver, climb_value, hunt);
    (void)nlopt_set_ftol_abs(solver, 1e-5);
    (void)nlopt_set_maxeval(solver, CLIMB_EVALUATIONS);
    (void)nlopt_optimize(solver, u, &value);
    nlopt_destroy(solver);
    for (size_t i = 0; i < hunt->free_count; i++) {
        hunt->at[hunt->free[i]] = space_value(space, hunt->free[i], u[i]);
    }
    retreat(hunt, start, u);
}

/* The j-th alternative for a discrete parameter: all levels where they are few, otherwise
 * neighbours and random ones. */
static double alternative(struct hunt *hunt, size_t i, uint64_t levels, size_t j)
{
    const struct space *space = &hunt->optimizer->space;

    if (levels <= EXCHANGES) {
        return space_level(space, i, j);
    }
    if (j < 8 && !space_discrete(space, i)) {
        const double unit = 1.0 / (double)(levels - 1);
        const double delta = (double)(1U << j / 2) * (j % 2 == 0 ? unit : -unit);
        const double u = space_place(space, i, hunt->at[i]) + delta;
        return space_value(space, i, fmin(fmax(u, 0), 1));
    }
    return space_draw(space, i, rng_unit(&hunt->rng));
}

/* Tries other values of every discrete parameter in turn; true if one was better. */
static bool exchange(struct hunt *hunt, double *value)
{
    const struct space *space = &hunt->optimizer->space;
    double trial[TIDE_PARAMETERS_MAX];
    bool better = false;

    for (size_t i = 0; i < space->count; i++) {
        const uint64_t levels = space_levels(space, i);
        if (levels < 2 || isnan(hunt->at[i])) {
            continue;
        }
        for (size_t j = 0; j < (levels <= EXCHANGES ? levels : EXCHANGES); j++) {
            memcpy(trial, hunt->at, space->count * sizeof *trial);
            trial[i] = alternative(hunt, i, levels, j);
            space_settle(space, trial);
            if (trial[i] == hunt->at[i] || !space_allowed(space, trial) ||
                state_used(hunt->optimizer, trial, near_observed)) {
                continue;
            }
            const double found = value_at(hunt, trial);
            if (found > *value + 1e-9) {
                *value = found;
                memcpy(hunt->at, trial, space->count * sizeof *trial);
                better = true;
            }
        }
    }
    return better;
}

static double climb(struct hunt *hunt)
{
    double value = 0;

    for (int round = 0; round < ROUNDS; round++) {
        climb_continuous(hunt);
        value = value_at(hunt, hunt->at);
        if (!exchange(hunt, &value)) {
            break;
        }
    }
    return value;
}

/* ---- the choice ---- */

/* Takes the best unused candidate out of the list: its index, or `count` if none is left. */
static size_t take_best(struct hunt *hunt, size_t count)
{
    struct tide_optimizer *optimizer = hunt->optimizer;
    double *score_of = optimizer->search.score;

    for (;;) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            if (score_of[i] > -HUGE_VAL && (best == count || score_of[i] > score_of[best])) {
                best = i;
            }
        }
        if (best == count) {
            return count;
        }
        const double *x = optimizer->search.x + best * optimizer->space.count;
        score_of[best] = -HUGE_VAL;
        if (!state_used(optimizer, x, near_observed)) {
            return best;
        }
    }
}

bool search_point(struct tide_optimizer *optimizer, int64_t k, double *x, double *acquisition)
{
    const size_t width = optimizer->space.count;
    struct hunt hunt = {.optimizer = optimizer};
    bool found = false;

    if (!reserve_work(&optimizer->search, optimizer->gp.observed + optimizer->gp.pending)) {
        return false;
    }
    rng_init(&hunt.rng, optimizer->seed ^ (uint64_t)k * 0x9e3779b97f4a7c15U, "search");
    set_incumbents(&hunt);
    const size_t count = make_candidates(&hunt);
    score(&hunt, count);
    for (size_t start = 0; start < STARTS; start++) {
        const size_t best = take_best(&hunt, count);
        if (best == count) {
            break;
        }
        const double *candidate = optimizer->search.x + best * width;
        memcpy(hunt.at, candidate, width * sizeof *x);
        double value = climb(&hunt);
        if (state_used(optimizer, hunt.at, near_observed)) {
            memcpy(hunt.at, candidate, width * sizeof *x);
            value = value_at(&hunt, candidate);
        }
        if (!found || value > *acquisition) {
            found = true;
            *acquisition = value;
            memcpy(x, hunt.at, width * sizeof *x);
        }
    }
    return found;
}
