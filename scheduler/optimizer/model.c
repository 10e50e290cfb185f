/*
 * Knows which observations each process sees, when a fit is renewed, and what pending points do.
 */
#include "optimizer/model.h"

#include "base/rng.h"
#include "optimizer/source.h"
#include "optimizer/state.h"
#include "optimizer/table.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 1000, SUBSET_ROWS = 500, PENDING_ROWS_MAX = 256, DRAWS = 16 };

static const double step_span = 1e-3; /* steps below this share of the full one look alike */
static const double odds_noise = 0.1;
static const double no_trend = -40;       /* log variance */
static const double out_of_question = 10; /* nats */

/* ---- life ---- */

static void add_parameter(struct tide_parameter *parameters, size_t *count,
                          struct tide_parameter parameter, size_t *at)
{
    *at = *count;
    parameters[(*count)++] = parameter;
}

enum tide_status model_init(struct model *model, const struct tide_config *config, char *message)
{
    struct tide_parameter parameters[SPACE_PARAMETERS_MAX];
    struct tide_config wider = *config;
    size_t count = config->parameter_count;
    enum tide_status status = TIDE_OK;

    memcpy(parameters, config->parameters, count * sizeof *parameters);
    model->shared = count;
    model->step_at = SIZE_MAX;
    model->source_at = SIZE_MAX;
    if (config->step_max > 0) {
        add_parameter(parameters, &count,
                      (struct tide_parameter){.name = "tidemill_step",
                                              .type = TIDE_FLOAT,
                                              .low = config->step_max * step_span,
                                              .high = config->step_max,
                                              .log = true},
                      &model->step_at);
    }
    if (config->source_count > 0) {
        add_parameter(parameters, &count,
                      (struct tide_parameter){.name = "tidemill_source",
                                              .type = TIDE_CATEGORICAL,
                                              .choice_count = config->source_count + 1},
                      &model->source_at);
    }
    wider.parameters = parameters;
    wider.parameter_count = count;
    status = space_init(&model->space, &wider, message);
    if (status != TIDE_OK) {
        return status;
    }
    model->objectives = config->objective_count == 0 ? 1 : config->objective_count;
    model->outcomes = config->outcome_count;
    for (size_t i = 0; i < MODEL_PROCESSES_MAX; i++) {
        gp_init(&model->gp[i], &model->space);
        model->warp[i].sign = 1;
    }
    gp_init(&model->thinner, &model->space);
    gp_init(&model->earlier, &model->space);
    for (size_t i = 0; i < config->objective_count; i++) {
        model->warp[i].sign = config->objectives[i].direction == TIDE_MAXIMIZE ? -1 : 1;
    }
    return TIDE_OK;
}

void model_fini(struct model *model)
{
    for (size_t i = 0; i < MODEL_PROCESSES_MAX; i++) {
        gp_fini(&model->gp[i]);
    }
    gp_fini(&model->thinner);
    gp_fini(&model->earlier);
    free(model->values);
    space_fini(&model->space);
}

void model_place(const struct model *model, const double *x, double *placed)
{
    memcpy(placed, x, model->shared * sizeof *placed);
    if (model->step_at != SIZE_MAX) {
        placed[model->step_at] = model->step_aim;
    }
    if (model->source_at != SIZE_MAX) {
        placed[model->source_at] = 0;
    }
}

/* An observation's place: its own step and source. */
static void place_record(const struct model *model, const struct record *record, const double *x,
                         double *placed)
{
    model_place(model, x, placed);
    if (model->step_at != SIZE_MAX) {
        const struct tide_parameter *step = &model->space.parameter[model->step_at];
        placed[model->step_at] =
            record->step > 0 ? fmin(fmax(record->step, step->low), step->high) : step->high;
    }
    if (model->source_at != SIZE_MAX) {
        placed[model->source_at] = (double)record->source;
    }
}

/* ---- rows ---- */

/* What process `index` may learn from a record: NaN for nothing. */
static double lesson(const struct model *model, size_t index, const struct record *record)
{
    if (record->outcome == TIDE_STOPPED) {
        return NAN;
    }
    if (index >= model->objectives + model->outcomes) {
        return record->outcome == TIDE_EVALUATED ? 0 : 1;
    }
    if (record->outcome != TIDE_EVALUATED && record->outcome != TIDE_RUNNING) {
        return NAN;
    }
    return index < model->objectives ? record->values[index]
                                     : record->outcomes[index - model->objectives];
}

/* A place in the two tables, read one after the other. */
static const struct record *row_at(const struct tide_optimizer *optimizer, size_t i,
                                   const double **x)
{
    const struct table *table = &optimizer->observed;
    const size_t width = optimizer->model.shared;

    if (i >= table->count) {
        i -= table->count;
        table = &optimizer->curve;
    }
    *x = table->x + i * width;
    return &table->record[i];
}

/* Of a curve the model sees its last point, and that no more once the end is known: a trial counts
 * once. */
static bool telling(const struct tide_optimizer *optimizer, size_t i)
{
    const struct table *curve = &optimizer->curve;

    if (i < optimizer->observed.count) {
        return true;
    }
    i -= optimizer->observed.count;
    const int64_t id = curve->record[i].id;
    const size_t told = table_find(&optimizer->observed, id, 0);
    return (i + 1 == curve->count || curve->record[i + 1].id != id) &&
           (told == optimizer->observed.count ||
            optimizer->observed.record[told].outcome == TIDE_STOPPED);
}

/*
 * Which rows a process sees: all, or where they are more than ROWS_MAX a subset of bounded cost,
 * half of it the best and half the latest others. `chosen` gets indices for row_at.
 */
static size_t choose_rows(struct tide_optimizer *optimizer, size_t index, size_t *chosen)
{
    struct model *model = &optimizer->model;
    const size_t total = optimizer->observed.count + optimizer->curve.count;
    double *values = model->values;
    double worst = HUGE_VAL;
    const double *x = NULL;
    size_t usable = 0;
    size_t count = 0;

    for (size_t i = 0; i < total; i++) {
        const double value = lesson(model, index, row_at(optimizer, i, &x));
        if (isfinite(value) && telling(optimizer, i)) {
            values[usable++] = model->warp[index].sign * value;
        }
    }
    size_t recent = usable;
    if (usable > ROWS_MAX) {
        gsl_sort(values, 1, usable);
        worst = values[SUBSET_ROWS / 2];
        recent = 0;
    }
    for (size_t i = total; i-- > 0 && usable > ROWS_MAX;) { /* from which row on all are taken */
        const double value =
            model->warp[index].sign * lesson(model, index, row_at(optimizer, i, &x));
        count += isfinite(value) && value >= worst ? 1 : 0;
        if (count >= SUBSET_ROWS / 2) {
            recent = i;
            break;
        }
    }
    count = 0;
    for (size_t i = 0; i < total && count < ROWS_MAX; i++) {
        const double value =
            model->warp[index].sign * lesson(model, index, row_at(optimizer, i, &x));
        if (isfinite(value) && telling(optimizer, i) &&
            (usable <= ROWS_MAX || value < worst || i >= recent)) {
            chosen[count++] = i;
        }
    }
    return count;
}

static enum tide_status reserve(struct tide_optimizer *optimizer)
{
    struct model *model = &optimizer->model;
    const size_t count = optimizer->observed.count + optimizer->curve.count + 1;

    if (count > model->values_capacity) {
        double *values = realloc(model->values, 6 * count * sizeof *values);
        if (values == NULL) {
            return TIDE_NO_MEMORY;
        }
        model->values = values;
        model->values_capacity = 2 * count;
    }
    return TIDE_OK;
}

/* Fills process `index` and leaves the told values of its rows in model->values. */
static enum tide_status fill(struct tide_optimizer *optimizer, const struct fit *fit, size_t index,
                             size_t *count)
{
    struct model *model = &optimizer->model;
    const size_t pending = optimizer->pending.count;
    const size_t extra = pending < PENDING_ROWS_MAX ? pending : PENDING_ROWS_MAX;
    size_t chosen[ROWS_MAX];
    double placed[SPACE_PARAMETERS_MAX];
    const double *x = NULL;

    *count = choose_rows(optimizer, index, chosen);
    if (*count == 0) {
        return TIDE_NOT_FOUND;
    }
    if (gp_reserve(&model->gp[index], *count + extra) != TIDE_OK) {
        return TIDE_NO_MEMORY;
    }
    for (size_t i = 0; i < *count; i++) {
        const struct record *record = row_at(optimizer, chosen[i], &x);
        place_record(model, record, x, placed);
        model->values[i] = lesson(model, index, record);
        gp_add(&model->gp[index], placed, model->values[i]);
    }
    if (model->source_at != SIZE_MAX && index < model->objectives) {
        const struct gp_prior prior = gp_prior_for(model->space.count, optimizer->noisy);
        const struct gp_hyper start = fit->told > 0 ? fit->hyper[index] : gp_start(&prior);
        *count = source_align(model, &model->gp[index], &start, model->values);
    }
    return TIDE_OK;
}

/* ---- the step to judge at ---- */

/* The step that a point has come to: of a curve its last one; 0 for a row that says nothing. */
static double step_reached(const struct tide_optimizer *optimizer, size_t i)
{
    const struct model *model = &optimizer->model;
    const struct table *curve = &optimizer->curve;
    const struct tide_parameter *step = &model->space.parameter[model->step_at];
    const double *x = NULL;
    const struct record *record = row_at(optimizer, i, &x);
    const size_t next = i + 1 - optimizer->observed.count;

    if (i < optimizer->observed.count) {
        return record->outcome != TIDE_EVALUATED || record->source > 0 ? 0
               : record->step > 0                                      ? record->step
                                                                       : step->high;
    }
    return next < curve->count && curve->record[next].id == record->id ? 0 : record->step;
}

/*
 * Points are judged at the highest step that enough of them have come to, the rule by which BOHB
 * chooses its model (Falkner et al., ICML 2018): beyond it the process would extrapolate, and be
 * unsure of everything alike.
 */
static void aim(struct tide_optimizer *optimizer)
{
    struct model *model = &optimizer->model;
    const size_t total = optimizer->observed.count + optimizer->curve.count;
    const size_t enough = model->shared + 2;
    size_t count = 0;

    for (size_t i = 0; i < total && model->step_at != SIZE_MAX; i++) {
        const double reached = step_reached(optimizer, i);
        if (reached > 0) {
            model->values[count++] = reached;
        }
    }
    if (count > 0) {
        gsl_sort(model->values, 1, count);
        const struct tide_parameter *step = &model->space.parameter[model->step_at];
        model->step_aim =
            fmin(fmax(model->values[count > enough ? count - enough : 0], step->low), step->high);
    }
}

void model_aim_full(struct model *model)
{
    if (model->step_at != SIZE_MAX) {
        model->step_aim = model->space.parameter[model->step_at].high;
    }
}

/* ---- the build ---- */

/* A fit is renewed at every new row while they are few, then at every fortieth more. */
static bool stale(const struct fit *fit, size_t rows)
{
    return fit->told == 0 || rows < fit->told ||
           (rows > fit->told && rows - fit->told >= 1 + fit->told / 40);
}

/* Standard normal numbers that belong to a pending point by its id, whatever else is pending. */
static void append_pending(struct tide_optimizer *optimizer, size_t index, size_t draws)
{
    const struct table *pending = &optimizer->pending;
    const size_t count = pending->count < PENDING_ROWS_MAX ? pending->count : PENDING_ROWS_MAX;
    const size_t first = pending->count - count;
    double normals[DRAWS * PENDING_ROWS_MAX] = {0};
    double placed[SPACE_PARAMETERS_MAX];
    struct rng rng;

    for (size_t row = 0; row < count; row++) {
        const size_t i = first + row;
        model_place(&optimizer->model, pending->x + i * optimizer->model.shared, placed);
        gp_pend(&optimizer->model.gp[index], placed);
        rng_init(&rng, optimizer->seed ^ (uint64_t)pending->record[i].id * 0x9e3779b97f4a7c15U,
                 "fantasy");
        for (size_t d = 0; d < draws && draws > 1; d++) {
            normals[d * count + row] = gsl_cdf_ugaussian_Pinv(rng_unit(&rng) + 0x1p-54);
        }
    }
    gp_draw(&optimizer->model.gp[index], draws, normals);
}

size_t model_learnt(const struct model *model)
{
    return model->objectives + model->outcomes + (model->objectives == 1 ? 1 : 0);
}

static enum tide_status build_one(struct tide_optimizer *optimizer, struct fit *fit, size_t index,
                                  bool renew, enum model_face face)
{
    struct model *model = &optimizer->model;
    const bool single = model->objectives == 1 && index == 0;
    size_t learnt = index;
    size_t count = 0;
    const enum tide_status status = fill(optimizer, fit, index, &count);

    if (status != TIDE_OK) {
        return status;
    }
    if (count < 2) {
        return TIDE_NOT_FOUND;
    }
    if (renew) {
        model_renew(model, fit, index, optimizer->noisy && index < model->objectives, model->values,
                    count);
    }
    if (single && fit->lead > (face == MODEL_PLAIN ? -out_of_question : 0)) {
        learnt = model_learnt(model) - 1;
    }
    model_warp(model, index, fit->lambda[learnt], model->values, count);
    return gp_condition(&model->gp[index], &fit->hyper[learnt]);
}

/* The odds of failure: 1 where a point failed, 0 where not, smoothed at the scale on which the
 * first objective varies. */
static void build_odds(struct tide_optimizer *optimizer, const struct fit *fit)
{
    struct model *model = &optimizer->model;
    const size_t index = model->objectives + model->outcomes;
    struct gp_hyper hyper = fit->hyper[0];
    size_t count = 0;

    bool failed = false;

    for (size_t i = 0; i < optimizer->observed.count && !failed; i++) {
        failed = lesson(model, index, &optimizer->observed.record[i]) > 0;
    }
    model->known[index] = failed;
    if (failed) {
        hyper.scale = log(0.25);
        hyper.noise = log(odds_noise * odds_noise);
        hyper.mean = 0.1;
        hyper.trend = no_trend;
        model->known[index] = fill(optimizer, fit, index, &count) == TIDE_OK &&
                              gp_condition(&model->gp[index], &hyper) == TIDE_OK;
    }
}

enum tide_status model_build(struct tide_optimizer *optimizer, struct fit *fit,
                             enum model_face face, bool pending)
{
    struct model *model = &optimizer->model;
    const size_t rows = optimizer->observed.count + optimizer->curve.count;
    const bool renew = stale(fit, rows);
    enum tide_status status = reserve(optimizer);

    model->serial++;
    model_aim_full(model);
    if (status == TIDE_OK) {
        aim(optimizer);
    }
    for (size_t i = 0; i < model->objectives + model->outcomes && status == TIDE_OK; i++) {
        status = build_one(optimizer, fit, i, renew, face);
        model->known[i] = status == TIDE_OK;
        if (status == TIDE_OK && pending) {
            append_pending(optimizer, i, model->objectives == 1 && i == 0 ? DRAWS : 1);
        }
        if (i >= model->objectives && status == TIDE_NOT_FOUND) {
            status = TIDE_OK; /* nothing is known of this constraint yet */
        }
    }
    if (status == TIDE_OK) {
        fit->told = renew ? rows : fit->told;
        build_odds(optimizer, fit);
        const size_t cost = model->objectives + model->outcomes + 1;
        model->known[cost] = optimizer->per_cost && cost_build(optimizer, &model->gp[cost]);
    }
    return status;
}
