/*
 * Knows how to find where the judge is most pleased: many candidates scored at once, half of them
 * near the best points, then a climb from the best few, by gradients over continuous parameters and
 * by exchange over discrete ones. Every third ask is confined to a region around the best point,
 * and every third one strays where the search stands still (standstill.h).
 *
 * When little improvement is left to expect near the best point, every other ask looks where the
 * model is least sure instead (a lower confidence bound): an optimizer with budget left can afford
 * to doubt its model, and a quarter of all runs on Hartmann's function end in the wrong optimum
 * otherwise.
 */
#include "base/rng.h"
#include "optimizer/region.h"
#include "optimizer/standstill.h"
#include "optimizer/state.h"

#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    STARTS = 4,
    STRAY_EVERY = 3, /* not the local ones of region.c */
    STRAY_TRIES = 20,
    CLIMB_EVALUATIONS = 50,
    EXCHANGES = 24, /* alternatives tried for one discrete parameter */
    ROUNDS = 3
};

static const double stalled = -7; /* log of the improvement to expect, in model units */
static const double doubt = 3;    /* deviations of the bound, then */
static const double stray_step = 0.3;

struct hunt {
    struct tide_optimizer *optimizer;
    struct judge *judge;
    const struct space *space; /* the model's; only the first `movable` parameters move */
    size_t movable;
    struct rng rng;
    double at[SPACE_PARAMETERS_MAX];   /* the point a climb moves */
    size_t free[SPACE_PARAMETERS_MAX]; /* its continuous active parameters */
    size_t free_count;
    bool local; /* confined to the region */
    struct region region;
};

/* ---- candidates ---- */

/* In the region each coordinate moves away from its centre with one random probability. */
static void local_point(struct hunt *hunt, double *x)
{
    const struct region *region = &hunt->region;
    const double share = rng_unit(&hunt->rng);

    memcpy(x, region->centre, hunt->space->count * sizeof *x);
    for (size_t i = 0; i < hunt->movable; i++) {
        const bool move = rng_unit(&hunt->rng) < share || isnan(x[i]);
        const double u = rng_unit(&hunt->rng);
        if (move && (space_discrete(hunt->space, i) || isnan(x[i]))) {
            x[i] = space_draw(hunt->space, i, u);
        } else if (move) {
            x[i] = space_value(hunt->space, i,
                               region->low[i] + u * (region->high[i] - region->low[i]));
        }
    }
    space_settle(hunt->space, x);
}

static void random_point(struct hunt *hunt, double *x)
{
    for (size_t i = 0; i < hunt->movable; i++) {
        x[i] = space_draw(hunt->space, i, rng_unit(&hunt->rng));
    }
    model_place(hunt->judge->model, x, x);
    space_settle(hunt->space, x);
}

/* Moves one coordinate: a number by `step` of its range, a choice to another one. */
static double moved(struct hunt *hunt, size_t i, double value, double step)
{
    const struct space *space = hunt->space;
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
    u = fmin(fmax(u, 0), 1);
    return space_value(space, i, hunt->local ? region_clamp(&hunt->region, i, u) : u);
}

/* A neighbour of x: step 10^U(-3, -0.5), each coordinate moved with one random probability. */
static void neighbour(struct hunt *hunt, const double *x, double *near)
{
    const struct space *space = hunt->space;
    const double step = pow(10, -3 + 2.5 * rng_unit(&hunt->rng));
    const double share = rng_unit(&hunt->rng);
    const size_t always = (size_t)rng_below(&hunt->rng, hunt->movable);

    memcpy(near, x, space->count * sizeof *near);
    for (size_t i = 0; i < hunt->movable; i++) {
        const bool move = rng_unit(&hunt->rng) < share || i == always;
        near[i] = move || isnan(x[i]) ? moved(hunt, i, x[i], step) : x[i];
    }
    space_settle(space, near);
}

static size_t make_candidates(struct hunt *hunt, int64_t k, double *points, size_t wanted)
{
    struct tide_optimizer *optimizer = hunt->optimizer;
    const size_t width = hunt->space->count;
    double anchor[JUDGE_ANCHORS * SPACE_PARAMETERS_MAX];
    const size_t anchors = judge_anchors(hunt->judge, optimizer, (uint64_t)k, anchor);
    size_t count = 0;

    hunt->local = hunt->local && anchors > 0;
    if (hunt->local) {
        region_set(&hunt->region, optimizer, anchor);
    }
    for (size_t i = 0; i < wanted; i++) {
        double *x = points + count * width;
        if (i % 2 == 0 || anchors == 0) {
            (hunt->local ? local_point : random_point)(hunt, x);
        } else {
            const size_t rank = i % 4 == 1 || hunt->local ? 0 : (i / 4) % anchors;
            neighbour(hunt, anchor + rank * width, x);
        }
        count += space_allowed(hunt->space, x) ? 1 : 0;
    }
    return count;
}

/* ---- the climb ---- */

static double climb_value(unsigned count, const double *u, double *gradient, void *context)
{
    struct hunt *hunt = context;
    double slope[SPACE_PARAMETERS_MAX];

    for (unsigned i = 0; i < count; i++) {
        hunt->at[hunt->free[i]] = space_value(hunt->space, hunt->free[i], u[i]);
    }
    const double value = judge_point(hunt->judge, hunt->at, gradient == NULL ? NULL : slope);
    for (unsigned i = 0; i < count && gradient != NULL; i++) {
        gradient[i] = slope[hunt->free[i]];
    }
    return value;
}

/* A climb that ended outside the constraints goes back towards its start, which is inside. */
static void retreat(struct hunt *hunt, const double *start, const double *end)
{
    const struct space *space = hunt->space;

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
    const struct space *space = hunt->space;
    double start[SPACE_PARAMETERS_MAX] = {0};
    double low[SPACE_PARAMETERS_MAX];
    double high[SPACE_PARAMETERS_MAX];
    double u[SPACE_PARAMETERS_MAX] = {0};
    double value = 0;

    hunt->free_count = 0;
    for (size_t i = 0; i < hunt->movable; i++) {
        if (space_levels(space, i) == 0 && !isnan(hunt->at[i])) {
            const double place = space_place(space, i, hunt->at[i]);
            start[hunt->free_count] = place;
            low[hunt->free_count] = hunt->local ? fmin(hunt->region.low[i], place) : 0;
            high[hunt->free_count] = hunt->local ? fmax(hunt->region.high[i], place) : 1;
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
    (void)nlopt_set_lower_bounds(solver, low);
    (void)nlopt_set_upper_bounds(solver, high);
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
    const struct space *space = hunt->space;

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
    const struct space *space = hunt->space;
    double trial[SPACE_PARAMETERS_MAX];
    bool better = false;

    for (size_t i = 0; i < hunt->movable; i++) {
        const uint64_t levels = space_levels(space, i);
        if (levels < 2 || isnan(hunt->at[i])) {
            continue;
        }
        for (size_t j = 0; j < (levels <= EXCHANGES ? levels : EXCHANGES); j++) {
            memcpy(trial, hunt->at, space->count * sizeof *trial);
            trial[i] = alternative(hunt, i, levels, j);
            space_settle(space, trial);
            if (trial[i] == hunt->at[i] || !space_allowed(space, trial) ||
                state_used(hunt->optimizer, trial)) {
                continue;
            }
            const double found = judge_point(hunt->judge, trial, NULL);
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
        value = judge_point(hunt->judge, hunt->at, NULL);
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
    double *score = hunt->optimizer->score;

    for (;;) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            if (score[i] > -HUGE_VAL && (best == count || score[i] > score[best])) {
                best = i;
            }
        }
        if (best == count) {
            return count;
        }
        score[best] = -HUGE_VAL;
        if (!state_used(hunt->optimizer, hunt->optimizer->candidates + best * hunt->space->count)) {
            return best;
        }
    }
}

/* Climbs from the best candidates and keeps the best summit. */
static bool pursue(struct hunt *hunt, size_t count, double *x, double *value)
{
    struct tide_optimizer *optimizer = hunt->optimizer;
    const size_t width = hunt->space->count;
    bool found = false;

    judge_many(hunt->judge, optimizer->candidates, count, optimizer->score);
    for (size_t start = 0; start < STARTS; start++) {
        const size_t best = take_best(hunt, count);
        if (best == count) {
            break;
        }
        const double *candidate = optimizer->candidates + best * width;
        memcpy(hunt->at, candidate, width * sizeof *x);
        double summit = climb(hunt);
        if (state_used(optimizer, hunt->at)) {
            memcpy(hunt->at, candidate, width * sizeof *x);
            summit = judge_point(hunt->judge, candidate, NULL);
        }
        if (!found || summit > *value) {
            found = true;
            *value = summit;
            memcpy(x, hunt->at, hunt->movable * sizeof *x);
        }
    }
    return found;
}

static struct hunt start(struct tide_optimizer *optimizer, int64_t k)
{
    struct hunt hunt = {.optimizer = optimizer,
                        .judge = &optimizer->judge,
                        .space = &optimizer->model.space,
                        .movable = optimizer->model.shared};

    rng_init(&hunt.rng, optimizer->seed ^ (uint64_t)k * 0x9e3779b97f4a7c15U, "search");
    return hunt;
}

size_t search_candidates(struct tide_optimizer *optimizer, int64_t k, double *x, size_t count)
{
    struct hunt hunt = start(optimizer, k);

    return make_candidates(&hunt, k, x, count);
}

/* Every number of the best point moved far, whatever the model expects there; choices stay. */
static bool stray(struct hunt *hunt, int64_t k, double *x, double *acquisition)
{
    const struct space *space = hunt->space;
    double anchor[JUDGE_ANCHORS * SPACE_PARAMETERS_MAX];
    double far[SPACE_PARAMETERS_MAX];
    bool found = false;

    if (judge_anchors(hunt->judge, hunt->optimizer, (uint64_t)k, anchor) == 0) {
        return false;
    }
    for (size_t try = 0; try < STRAY_TRIES && !found; try++) {
        memcpy(far, anchor, space->count * sizeof *far);
        for (size_t i = 0; i < hunt->movable; i++) {
            far[i] = space_discrete(space, i) ? far[i] : moved(hunt, i, far[i], stray_step);
        }
        space_settle(space, far);
        found = space_allowed(space, far) && !state_used(hunt->optimizer, far);
    }
    *acquisition = judge_point(hunt->judge, far, NULL);
    memcpy(x, far, hunt->movable * sizeof *x);
    return found;
}

bool search_point(struct tide_optimizer *optimizer, int64_t k, double *x, double *acquisition)
{
    struct judge *judge = &optimizer->judge;
    struct hunt hunt = start(optimizer, k);
    double bound = 0;

    judge->model = &optimizer->model;
    if (judge_open(judge, optimizer) != TIDE_OK) {
        return false;
    }
    hunt.local = region_local(optimizer, k);
    if (k % STRAY_EVERY == 2 && standstill(optimizer) && stray(&hunt, k, x, acquisition)) {
        return true;
    }
    const size_t count = make_candidates(&hunt, k, optimizer->candidates, SEARCH_CANDIDATES);
    if (!pursue(&hunt, count, x, acquisition)) {
        return false;
    }
    if (*acquisition < stalled && k % 2 == 0 && !hunt.local && optimizer->model.objectives == 1) {
        judge->caution = doubt;
        (void)pursue(&hunt, count, x, &bound);
        judge->caution = 0;
    }
    return true;
}
