/*
 * Knows what can be said about a search so far: observations, the recommendation, predictions.
 * Nothing here leaves a trace in a later ask.
 */
#include "optimizer/pareto.h"
#include "optimizer/state.h"
#include "optimizer/table.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

static const double trusted_noise =
    1e-3; /* of the spread of the values: they speak for themselves */

size_t tide_count(const struct tide_optimizer *optimizer)
{
    return optimizer->observed.count;
}

enum tide_status tide_get(const struct tide_optimizer *optimizer, size_t index,
                          struct tide_observation *observation)
{
    if (index >= optimizer->observed.count) {
        return TIDE_NOT_FOUND;
    }
    const struct record *record = &optimizer->observed.record[index];
    *observation = (struct tide_observation){record->id,
                                             optimizer->observed.x + index * optimizer->space.count,
                                             record->values, record->outcome, record->source};
    return TIDE_OK;
}

/* ---- the recommendation ---- */

/* How far an observation is from being eligible: 0 for a full evaluation that satisfies every
 * constraint; less is better. */
static double shortfall(const struct tide_optimizer *optimizer, const struct record *record)
{
    const struct model *model = &optimizer->model;
    double missing = 0;

    if (record->outcome != TIDE_EVALUATED || record->source != 0) {
        return HUGE_VAL;
    }
    for (size_t i = 0; i < model->outcomes; i++) {
        missing += record->outcomes[i] > 0 ? 1 + record->outcomes[i] : 0;
    }
    if (model->step_at != SIZE_MAX && record->step > 0) {
        missing += 1 - fmin(record->step / model->space.parameter[model->step_at].high, 1);
    }
    return missing;
}

static bool values_are_noisy(const struct tide_optimizer *optimizer)
{
    return optimizer->noisy ||
           (optimizer->fit.told > 0 && optimizer->fit.hyper[0].noise > log(trusted_noise));
}

static double smoothed(struct tide_optimizer *optimizer, size_t index)
{
    double placed[SPACE_PARAMETERS_MAX];
    double mean[GP_DRAWS_MAX];
    double variance = 0;

    model_place(&optimizer->model, optimizer->observed.x + index * optimizer->space.count, placed);
    gp_predict(&optimizer->model.gp[0], placed, mean, &variance);
    return mean[0];
}

/* Builds the model of what was told alone. */
static enum tide_status build_plain(struct tide_optimizer *optimizer)
{
    struct fit fit = optimizer->fit;
    const enum tide_status status = model_build(optimizer, &fit, MODEL_WARPED, false);

    model_aim_full(&optimizer->model);
    return status;
}

static enum tide_status best_one(struct tide_optimizer *optimizer, size_t *index)
{
    const struct table *observed = &optimizer->observed;
    const bool smooth = values_are_noisy(optimizer) && build_plain(optimizer) == TIDE_OK;
    double least = HUGE_VAL;
    double best = HUGE_VAL;

    for (size_t i = 0; i < observed->count; i++) {
        const double missing = shortfall(optimizer, &observed->record[i]);
        const double value = missing == HUGE_VAL ? HUGE_VAL
                             : smooth
                                 ? smoothed(optimizer, i)
                                 : optimizer->model.warp[0].sign * observed->record[i].values[0];
        if (missing < least || (missing == least && missing < HUGE_VAL && value < best)) {
            least = missing;
            best = value;
            *index = i;
        }
    }
    return least < HUGE_VAL ? TIDE_OK : TIDE_NOT_FOUND;
}

/* The front among those that fall least short, ordered by the first objective. */
static enum tide_status best_front(struct tide_optimizer *optimizer, size_t *indices,
                                   size_t capacity, size_t *count)
{
    const struct table *observed = &optimizer->observed;
    const size_t m = optimizer->model.objectives;
    double *points = calloc((observed->count + 1) * m, sizeof *points);
    size_t *origin = calloc(observed->count + 1, sizeof *origin);
    bool *front = calloc(observed->count + 1, sizeof *front);
    double least = HUGE_VAL;
    size_t eligible = 0;

    for (size_t i = 0; i < observed->count; i++) {
        least = fmin(least, shortfall(optimizer, &observed->record[i]));
    }
    for (size_t i = 0; i < observed->count && points != NULL && origin != NULL; i++) {
        if (shortfall(optimizer, &observed->record[i]) == least && least < HUGE_VAL) {
            for (size_t j = 0; j < m; j++) {
                points[eligible * m + j] =
                    optimizer->model.warp[j].sign * observed->record[i].values[j];
            }
            origin[eligible++] = i;
        }
    }
    *count = front == NULL || points == NULL || origin == NULL
                 ? 0
                 : pareto_front(points, eligible, m, front);
    size_t written = 0;
    double last = -HUGE_VAL;
    while (written < *count) { /* the next in order of the first objective, ties by index */
        size_t next = eligible;
        for (size_t i = 0; i < eligible; i++) {
            if (front[i] && points[i * m] >= last &&
                (next == eligible || points[i * m] < points[next * m])) {
                next = i;
            }
        }
        front[next] = false;
        last = points[next * m];
        if (written < capacity) {
            indices[written] = origin[next];
        }
        written++;
    }
    free(points);
    free(origin);
    free(front);
    return *count > 0 ? TIDE_OK : TIDE_NOT_FOUND;
}

enum tide_status tide_best(struct tide_optimizer *optimizer, size_t *indices, size_t capacity,
                           size_t *count)
{
    size_t index = 0;
    enum tide_status status = TIDE_OK;

    *count = 0;
    if (optimizer->model.objectives > 1) {
        return best_front(optimizer, indices, capacity, count);
    }
    status = best_one(optimizer, &index);
    if (status == TIDE_OK) {
        *count = 1;
        if (capacity > 0) {
            indices[0] = index;
        }
    }
    return status;
}

/* ---- prediction ---- */

enum tide_status tide_predict(struct tide_optimizer *optimizer, const double *x, size_t objective,
                              struct tide_prediction *prediction)
{
    struct model *model = &optimizer->model;
    double placed[SPACE_PARAMETERS_MAX];
    double mean[GP_DRAWS_MAX];
    double variance = 0;
    enum tide_status status = TIDE_INVALID;

    if (objective < model->objectives && space_legal(&optimizer->space, x)) {
        status = build_plain(optimizer);
    }
    if (status != TIDE_OK) {
        return status;
    }
    model_place(model, x, placed);
    gp_predict(&model->gp[objective], placed, mean, &variance);
    const double sd = sqrt(variance);
    const double low = warp_back(&model->warp[objective], mean[0] - sd);
    const double high = warp_back(&model->warp[objective], mean[0] + sd);
    *prediction = (struct tide_prediction){warp_back(&model->warp[objective], mean[0]),
                                           fmin(low, high), fmax(low, high)};
    return TIDE_OK;
}

/* ---- what is left to gain ---- */

enum { ROWS_TO_TRUST = 5 }; /* for each parameter and one: below, intervals are too short */

/* The best end, in the model's units, of the intervals at candidates near and far. */
static double best_end(struct tide_optimizer *optimizer, double deviations)
{
    const struct model *model = &optimizer->model;
    const size_t width = model->space.count;
    const size_t count =
        search_candidates(optimizer, optimizer->next, optimizer->candidates, SEARCH_CANDIDATES);
    double mean[GP_DRAWS_MAX];
    double variance = 0;
    double least = HUGE_VAL;

    for (size_t i = 0; i < count; i++) {
        gp_predict(&optimizer->model.gp[0], optimizer->candidates + i * width, mean, &variance);
        least = fmin(least, mean[0] - deviations * sqrt(variance));
    }
    return least;
}

enum tide_status tide_headroom(struct tide_optimizer *optimizer, double confidence,
                               double *headroom)
{
    struct model *model = &optimizer->model;
    size_t index = 0;

    if (!(confidence >= 0.5 && confidence < 1)) {
        return TIDE_INVALID;
    }
    if (model->objectives > 1 || optimizer->observed.count < ROWS_TO_TRUST * (model->shared + 1) ||
        best_one(optimizer, &index) != TIDE_OK || build_plain(optimizer) != TIDE_OK) {
        return TIDE_NOT_FOUND;
    }
    optimizer->judge.model = model;
    if (judge_open(&optimizer->judge, optimizer) != TIDE_OK) {
        return TIDE_NO_MEMORY;
    }
    const double told = optimizer->observed.record[index].values[0];
    const double best = values_are_noisy(optimizer) ? smoothed(optimizer, index)
                                                    : warp_forward(&model->warp[0], told);
    const double end = best_end(optimizer, gsl_cdf_ugaussian_Pinv(confidence));
    const double gain = warp_back(&model->warp[0], best) - warp_back(&model->warp[0], end);
    *headroom = fmax(model->warp[0].sign * gain, 0);
    return TIDE_OK;
}
