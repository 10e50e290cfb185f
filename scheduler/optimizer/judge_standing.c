/*
 * Knows what there is to beat: the incumbent, or the front and its reference point; and which
 * observations are worth looking near.
 */
#include "optimizer/judge.h"
#include "optimizer/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double noise_margin = 1.5; /* deviations of the noise */
static const double trusted_noise =
    1e-4; /* variance in the model's unit: values as good as exact */

/* Observation `index`; behind the observations come the points of curves. */
static const struct record *record_at(const struct tide_optimizer *optimizer, size_t index)
{
    const size_t observed = optimizer->observed.count;

    return index < observed ? &optimizer->observed.record[index]
                            : &optimizer->curve.record[index - observed];
}

static const double *point_at(const struct tide_optimizer *optimizer, size_t index)
{
    const size_t observed = optimizer->observed.count;
    const size_t width = optimizer->model.shared;

    return index < observed ? optimizer->observed.x + index * width
                            : optimizer->curve.x + (index - observed) * width;
}

/* Whether an observation, in full or on its way, satisfies the outcome constraints, as far as it
 * says. */
static bool satisfies(const struct tide_optimizer *optimizer, const struct record *record)
{
    for (size_t i = 0; i < optimizer->model.outcomes; i++) {
        if (record->outcomes[i] > 0) {
            return false;
        }
    }
    return (record->outcome == TIDE_EVALUATED || record->outcome == TIDE_RUNNING) &&
           record->source == 0;
}

enum { SHORTLIST = 32 };

/* Whether it is the last point of a curve, or not of a curve. */
static bool is_latest(const struct tide_optimizer *optimizer, size_t index)
{
    const struct table *curve = &optimizer->curve;
    const size_t next = index + 1 - optimizer->observed.count;

    return index < optimizer->observed.count || next == curve->count ||
           curve->record[next].id != curve->record[next - 1].id;
}

/* What an observation is worth by what was told: less is better, infinite if it cannot serve. */
static double told_merit(const struct tide_optimizer *optimizer, size_t index)
{
    const struct record *record = record_at(optimizer, index);
    const bool valued = record->outcome == TIDE_EVALUATED || record->outcome == TIDE_RUNNING;

    if (!valued || record->source != 0 || !isfinite(record->values[0]) ||
        !is_latest(optimizer, index)) {
        return HUGE_VAL;
    }
    return warp_forward(&optimizer->model.warp[0], record->values[0]) +
           (satisfies(optimizer, record) ? 0 : 1e6);
}

/* Keeps the `limit` least values in order; `count` is how many there are. */
static void keep_least(double value, size_t index, double *values, size_t *indices, size_t *count,
                       size_t limit)
{
    size_t at = *count;

    while (at > 0 && value < values[at - 1]) {
        at--;
    }
    if (at == limit || value == HUGE_VAL) {
        return;
    }
    *count += *count < limit ? 1 : 0;
    for (size_t j = *count - 1; j > at; j--) {
        values[j] = values[j - 1];
        indices[j] = indices[j - 1];
    }
    values[at] = value;
    indices[at] = index;
}

static size_t shortlist(const struct tide_optimizer *optimizer, size_t *indices)
{
    double values[SHORTLIST];
    size_t count = 0;

    for (size_t i = 0; i < optimizer->observed.count + optimizer->curve.count; i++) {
        keep_least(told_merit(optimizer, i), i, values, indices, &count, SHORTLIST);
    }
    return count;
}

static double expected(struct judge *judge, const struct tide_optimizer *optimizer, size_t index)
{
    double placed[SPACE_PARAMETERS_MAX];
    double mean[GP_DRAWS_MAX];
    double variance = 0;

    model_place(judge->model, point_at(optimizer, index), placed);
    gp_predict(&judge->model->gp[0], placed, mean, &variance);
    return mean[0];
}

/* The lowest expected value of a full evaluation at an observed place. */
static double lowest(const struct tide_optimizer *optimizer, struct judge *judge)
{
    const struct model *model = judge->model;
    const struct gp *gp = &model->gp[0];
    const bool plain = model->space.count == model->shared && model->outcomes == 0;
    size_t indices[SHORTLIST];
    double best = HUGE_VAL;

    for (size_t i = 0; i < gp->observed && plain; i++) {
        best = fmin(best, gp_mean_at(gp, i));
    }
    const size_t count = plain ? 0 : shortlist(optimizer, indices);
    for (size_t i = 0; i < count; i++) {
        if (satisfies(optimizer, record_at(optimizer, indices[i]))) {
            best = fmin(best, expected(judge, optimizer, indices[i]));
        }
    }
    return best;
}

/*
 * What a value to beat is lowered by under noise: about where the least of the told values lies. An
 * improvement on the best expected value itself is always to be had next to it, where the noise has
 * left a doubt, and the search would go nowhere else.
 */
static double margin(const struct gp *gp)
{
    return noise_margin * sqrt(fmax(exp(gp->hyper.noise) - trusted_noise, 0));
}

static void set_incumbents(struct judge *judge, const struct tide_optimizer *optimizer)
{
    struct gp *gp = &judge->model->gp[0];
    const double best = lowest(optimizer, judge) - margin(gp);

    judge->hopeless = best == HUGE_VAL;
    for (size_t d = 0; d < gp->draws; d++) {
        judge->incumbent[d] = best;
        for (size_t row = 0; row < gp->pending && judge->model->outcomes == 0; row++) {
            judge->incumbent[d] = fmin(judge->incumbent[d], gp_drawn(gp, d, row));
        }
    }
}

/* The front of what was told and what is pending, in the models' units; false if it is empty. */
static size_t gather_front(struct judge *judge, const struct tide_optimizer *optimizer,
                           double *points, double *worst)
{
    struct model *model = judge->model;
    const size_t m = model->objectives;
    bool front[PARETO_POINTS_MAX];
    size_t count = 0;
    size_t kept = 0;

    for (size_t i = optimizer->observed.count; i-- > 0 && count < PARETO_POINTS_MAX;) {
        const struct record *record = &optimizer->observed.record[i];
        if (satisfies(optimizer, record)) {
            for (size_t j = 0; j < m; j++) {
                points[count * m + j] = warp_forward(&model->warp[j], record->values[j]);
                worst[j] = fmax(worst[j], points[count * m + j]);
            }
            count++;
        }
    }
    for (size_t row = 0; row < model->gp[0].pending && count < PARETO_POINTS_MAX; row++) {
        for (size_t j = 0; j < m; j++) {
            points[count * m + j] = gp_drawn(&model->gp[j], 0, row);
        }
        count++;
    }
    (void)pareto_front(points, count, m, front);
    for (size_t i = 0; i < count; i++) {
        if (front[i]) {
            memmove(points + kept++ * m, points + i * m, m * sizeof *points);
        }
    }
    return kept;
}

static int by_first(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

/* The caller's reference, or a tenth of the front's range beyond its worst values. */
static void set_front(struct judge *judge, const struct tide_optimizer *optimizer)
{
    const struct model *model = judge->model;
    const size_t m = model->objectives;
    double points[PARETO_POINTS_MAX * TIDE_OBJECTIVES_MAX] = {0};
    double worst[TIDE_OBJECTIVES_MAX] = {-HUGE_VAL, -HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    double reference[TIDE_OBJECTIVES_MAX];
    const size_t count = gather_front(judge, optimizer, points, worst);

    judge->hopeless = count == 0;
    qsort(points, count, m * sizeof *points, by_first);
    for (size_t j = 0; j < m; j++) {
        double low = HUGE_VAL;
        double high = -HUGE_VAL;
        for (size_t i = 0; i < count; i++) {
            low = fmin(low, points[i * m + j]);
            high = fmax(high, points[i * m + j]);
        }
        reference[j] = high > low ? high + 0.1 * (high - low) : worst[j] + 0.1;
        if (optimizer->objective[j].has_reference) {
            reference[j] = warp_forward(&model->warp[j], optimizer->objective[j].reference);
        }
    }
    if (!judge->hopeless) {
        pareto_divide(judge->pareto, points, count, m, reference);
    }
}

void judge_standing(struct judge *judge, const struct tide_optimizer *optimizer)
{
    if (judge->model->objectives > 1) {
        set_front(judge, optimizer);
    } else {
        set_incumbents(judge, optimizer);
    }
}

/* How many of the observations that satisfy the constraints dominate this one. */
static size_t dominators(const struct tide_optimizer *optimizer, size_t index)
{
    const struct record *mine = &optimizer->observed.record[index];
    size_t count = 0;

    for (size_t i = 0; i < optimizer->observed.count; i++) {
        const struct record *other = &optimizer->observed.record[i];
        bool all = satisfies(optimizer, other);
        bool any = false;
        for (size_t j = 0; j < optimizer->model.objectives && all; j++) {
            const double sign = optimizer->model.warp[j].sign;
            all = sign * other->values[j] <= sign * mine->values[j];
            any = any || other->values[j] != mine->values[j];
        }
        count += all && any ? 1 : 0;
    }
    return count;
}

/* Points of the front, in an order that differs from ask to ask, then what they dominate. */
static size_t front_anchors(const struct tide_optimizer *optimizer, uint64_t pick, size_t *indices)
{
    double values[JUDGE_ANCHORS];
    size_t count = 0;

    for (size_t i = 0; i < optimizer->observed.count; i++) {
        const struct record *record = &optimizer->observed.record[i];
        const double shuffle = (double)((i * 2654435761U + pick * 40503U) % 1024) / 1024;
        const double value = record->outcome != TIDE_EVALUATED ? HUGE_VAL
                             : satisfies(optimizer, record)
                                 ? (double)dominators(optimizer, i) + shuffle
                                 : 1e6 + shuffle;
        keep_least(value, i, values, indices, &count, JUDGE_ANCHORS);
    }
    return count;
}

/* The best of the shortlist by what the model expects there. */
static size_t single_anchors(struct judge *judge, const struct tide_optimizer *optimizer,
                             size_t *indices)
{
    size_t candidates[SHORTLIST];
    double values[JUDGE_ANCHORS];
    size_t count = 0;
    const size_t listed = shortlist(optimizer, candidates);

    for (size_t i = 0; i < listed; i++) {
        const struct record *record = record_at(optimizer, candidates[i]);
        const double value = expected(judge, optimizer, candidates[i]);
        keep_least(value + (satisfies(optimizer, record) ? 0 : 1e6), candidates[i], values, indices,
                   &count, JUDGE_ANCHORS);
    }
    return count;
}

size_t judge_anchors(struct judge *judge, const struct tide_optimizer *optimizer, uint64_t pick,
                     double *x)
{
    const struct model *model = judge->model;
    size_t indices[JUDGE_ANCHORS];
    const size_t count = model->objectives > 1 ? front_anchors(optimizer, pick, indices)
                                               : single_anchors(judge, optimizer, indices);

    for (size_t i = 0; i < count; i++) {
        model_place(model, point_at(optimizer, indices[i]), x + i * model->space.count);
    }
    return count;
}
