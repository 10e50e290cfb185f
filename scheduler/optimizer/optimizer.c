/*
 * Knows the phases of a search: the defaults, an even start, then the model; and keeps the books of
 * what was asked and told.
 */
#include "base/rng.h"
#include "optimizer/state.h"
#include "optimizer/table.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRIES = 1000,
    COUNTABLE = 1 << 20,
    SOURCES_ASKED = 3,
    MANY = 24 /* pending points from which the pool serves */
};

/* ---- life ---- */

static enum tide_status check(const struct tide_config *config, char *message)
{
    if (config->parameter_count > TIDE_PARAMETERS_MAX ||
        config->objective_count > TIDE_OBJECTIVES_MAX ||
        config->outcome_count > TIDE_OUTCOMES_MAX || config->source_count >= TIDE_CHOICES_MAX) {
        (void)snprintf(message, TIDE_MESSAGE_BYTES,
                       "at most %d parameters, %d objectives and %d outcome constraints",
                       TIDE_PARAMETERS_MAX, TIDE_OBJECTIVES_MAX, TIDE_OUTCOMES_MAX);
        return TIDE_INVALID;
    }
    return TIDE_OK;
}

static enum tide_status check_grid(const struct tide_optimizer *optimizer, char *message)
{
    for (size_t i = 0; i < optimizer->space.count; i++) {
        if (optimizer->algorithm == TIDE_GRID && space_levels(&optimizer->space, i) == 0) {
            (void)snprintf(message, TIDE_MESSAGE_BYTES, "%s: a grid over a float needs a step",
                           optimizer->space.parameter[i].name);
            return TIDE_INVALID;
        }
    }
    return TIDE_OK;
}

/* A search begins with the best point of each of so many sources. */
static size_t sources_asked(size_t source_count)
{
    return source_count < SOURCES_ASKED ? source_count : SOURCES_ASKED;
}

static size_t initial_points(const struct tide_config *config)
{
    size_t initial = config->parameter_count + 1;

    if (config->initial > 0) {
        return config->initial;
    }
    initial = initial < 4 ? 4 : (initial > MODEL_START_MAX ? MODEL_START_MAX : initial);
    if (config->budget > 0 && initial > config->budget / 4) {
        initial = config->budget / 4 > 2 ? config->budget / 4 : 2;
    }
    return initial + sources_asked(config->source_count);
}

static enum tide_status start(struct tide_optimizer *optimizer, const struct tide_config *config,
                              char *message)
{
    enum tide_status status = check(config, message);

    if (status == TIDE_OK) {
        status = space_init(&optimizer->space, config, message);
    }
    if (status != TIDE_OK) {
        return status;
    }
    for (size_t i = 0; i < config->objective_count; i++) {
        optimizer->objective[i] = config->objectives[i];
    }
    optimizer->seed = config->seed;
    optimizer->algorithm = config->algorithm;
    optimizer->initial = initial_points(config);
    optimizer->initial_warm = config->initial > 0 || config->source_count == 0
                                  ? optimizer->initial
                                  : 2 + sources_asked(config->source_count);
    optimizer->source_count = config->source_count;
    optimizer->noisy = config->noisy;
    optimizer->per_cost = config->per_cost;
    optimizer->curve.curves = true;
    sobol_init(&optimizer->sobol, optimizer->space.count, config->seed);
    status = check_grid(optimizer, message);
    if (status == TIDE_OK) {
        status = model_init(&optimizer->model, config, message);
    }
    if (status != TIDE_OK) {
        return status;
    }
    optimizer->candidates =
        calloc(SEARCH_CANDIDATES * optimizer->model.space.count, sizeof(double));
    optimizer->score = calloc(SEARCH_CANDIDATES, sizeof(double));
    return optimizer->candidates == NULL || optimizer->score == NULL ? TIDE_NO_MEMORY : TIDE_OK;
}

enum tide_status tide_new(const struct tide_config *config, struct tide_optimizer **optimizer,
                          char *message)
{
    char ignored[TIDE_MESSAGE_BYTES];
    struct tide_optimizer *fresh = calloc(1, sizeof *fresh);
    enum tide_status status = TIDE_NO_MEMORY;

    *optimizer = NULL;
    openblas_set_num_threads(1);
    if (fresh != NULL) {
        status = start(fresh, config, message == NULL ? ignored : message);
    }
    if (status != TIDE_OK) {
        tide_free(fresh);
        return status;
    }
    *optimizer = fresh;
    return TIDE_OK;
}

void tide_free(struct tide_optimizer *optimizer)
{
    if (optimizer == NULL) {
        return;
    }
    judge_close(&optimizer->judge);
    pool_fini(&optimizer->pool);
    model_fini(&optimizer->model);
    table_fini(&optimizer->observed);
    table_fini(&optimizer->curve);
    table_fini(&optimizer->pending);
    space_fini(&optimizer->space);
    free(optimizer->candidates);
    free(optimizer->score);
    free(optimizer);
}

/* ---- ask ---- */

bool state_used(const struct tide_optimizer *optimizer, const double *x)
{
    return table_has(&optimizer->observed, &optimizer->space, x) ||
           table_has(&optimizer->pending, &optimizer->space, x);
}

static bool fresh_point(const struct tide_optimizer *optimizer, const double *x)
{
    return space_allowed(&optimizer->space, x) && !state_used(optimizer, x);
}

static void point_at(const struct tide_optimizer *optimizer, const double *quantile, double *x)
{
    for (size_t i = 0; i < optimizer->space.count; i++) {
        x[i] = space_draw(&optimizer->space, i, quantile[i]);
    }
    space_settle(&optimizer->space, x);
}

/* The first unused point of a countable space from a random place on. */
static enum tide_status any_left(const struct tide_optimizer *optimizer, struct rng *rng, double *x)
{
    const double points = optimizer->space.points;

    if (!(points <= COUNTABLE)) {
        return TIDE_EXHAUSTED;
    }
    const uint64_t count = (uint64_t)points;
    const uint64_t from = rng_below(rng, count);
    for (uint64_t i = 0; i < count; i++) {
        if (space_enumerate(&optimizer->space, (from + i) % count, x) &&
            !state_used(optimizer, x)) {
            return TIDE_OK;
        }
    }
    return TIDE_EXHAUSTED;
}

/* Random points until one is new; a countable space is searched to its end. */
static enum tide_status random_point(const struct tide_optimizer *optimizer, double *x)
{
    double quantile[TIDE_PARAMETERS_MAX];
    struct rng rng;

    rng_init(&rng, optimizer->seed ^ (uint64_t)optimizer->next * 0x9e3779b97f4a7c15U, "random");
    for (int i = 0; i < TRIES; i++) {
        for (size_t j = 0; j < optimizer->space.count; j++) {
            quantile[j] = rng_unit(&rng);
        }
        point_at(optimizer, quantile, x);
        if (fresh_point(optimizer, x)) {
            return TIDE_OK;
        }
    }
    return any_left(optimizer, &rng, x);
}

static enum tide_status sobol_ask(const struct tide_optimizer *optimizer, double *x)
{
    double quantile[SOBOL_DIMENSIONS];

    const int64_t asked = (int64_t)sources_asked(optimizer->source_count);

    sobol_point(&optimizer->sobol,
                (uint32_t)(optimizer->next - (optimizer->next < asked ? 0 : asked)), quantile);
    point_at(optimizer, quantile, x);
    return fresh_point(optimizer, x) ? TIDE_OK : random_point(optimizer, x);
}

static enum tide_status grid_ask(const struct tide_optimizer *optimizer, double *x)
{
    if (!(optimizer->space.points < 1e15)) {
        return TIDE_LIMIT;
    }
    const uint64_t count = (uint64_t)optimizer->space.points;
    for (uint64_t i = 0; i < count; i++) {
        if (space_enumerate(&optimizer->space, i, x) && !state_used(optimizer, x)) {
            return TIDE_OK;
        }
    }
    return TIDE_EXHAUSTED;
}

/* Points known or asked for so far: what the caller brought makes up for a start. */
static size_t points_so_far(const struct tide_optimizer *optimizer)
{
    const struct table *observed = &optimizer->observed;
    size_t count = (size_t)optimizer->next;

    for (size_t i = 0; i < observed->count && observed->record[i].id == TIDE_OWN; i++) {
        count += observed->record[i].source == 0 && observed->record[i].outcome == TIDE_EVALUATED;
    }
    return count;
}

/* With many points pending the model is kept while nothing new was told. */
static enum tide_status build_for_ask(struct tide_optimizer *optimizer, struct fit *fit, bool many)
{
    enum tide_status status = TIDE_OK;

    if (many && optimizer->built == optimizer->version &&
        optimizer->pool.serial == optimizer->model.serial && optimizer->pool.serial > 0) {
        return TIDE_OK;
    }
    status = model_build(optimizer, fit,
                         !many && optimizer->next % 5 == 2 ? MODEL_PLAIN : MODEL_WARPED, !many);
    optimizer->built = optimizer->version;
    return status;
}

static enum tide_status bayes_ask(struct tide_optimizer *optimizer, double *x,
                                  struct tide_suggestion *suggestion)
{
    const bool many = optimizer->pending.count >= MANY && optimizer->model.objectives == 1;
    const size_t so_far = points_so_far(optimizer);
    struct fit fit = optimizer->fit;
    enum tide_status status = TIDE_NOT_FOUND;
    bool found = false;

    if (so_far >= optimizer->initial_warm) {
        status = build_for_ask(optimizer, &fit, many);
    }
    if (status == TIDE_OK && so_far < optimizer->initial &&
        optimizer->model.sources_believed == 0) {
        status = TIDE_NOT_FOUND; /* nothing makes up for the start */
    }
    if (status == TIDE_NO_MEMORY) {
        return status;
    }
    if (status != TIDE_OK) { /* no model yet */
        suggestion->phase = TIDE_PHASE_SOBOL;
        return sobol_ask(optimizer, x);
    }
    suggestion->phase = TIDE_PHASE_BAYES;
    found = many ? pool_point(optimizer, x, &suggestion->acquisition)
                 : search_point(optimizer, optimizer->next, x, &suggestion->acquisition);
    if (!found) {
        suggestion->phase = TIDE_PHASE_RANDOM;
        status = random_point(optimizer, x);
    }
    if (status == TIDE_OK) {
        optimizer->fit = fit;
    }
    return status;
}

/* The best point of source `source`, by the first objective; false if this search has it already.
 */
static bool source_best(const struct tide_optimizer *optimizer, size_t source, double *x)
{
    const struct table *observed = &optimizer->observed;
    const double sign = optimizer->model.warp[0].sign;
    size_t best = observed->count;

    for (size_t i = 0; i < observed->count; i++) {
        if (observed->record[i].source == source && observed->record[i].outcome == TIDE_EVALUATED &&
            (best == observed->count ||
             sign * observed->record[i].values[0] < sign * observed->record[best].values[0])) {
            best = i;
        }
    }
    if (best == observed->count) {
        return false;
    }
    memcpy(x, observed->x + best * optimizer->space.count, optimizer->space.count * sizeof *x);
    return fresh_point(optimizer, x);
}

static enum tide_status choose(struct tide_optimizer *optimizer, double *x,
                               struct tide_suggestion *suggestion)
{
    if (optimizer->next == 0 && space_default(&optimizer->space, x) && fresh_point(optimizer, x)) {
        suggestion->phase = TIDE_PHASE_DEFAULT;
        return TIDE_OK;
    }
    if (optimizer->algorithm == TIDE_BAYES &&
        optimizer->next < (int64_t)sources_asked(optimizer->source_count) &&
        source_best(optimizer, (size_t)optimizer->next + 1, x)) {
        suggestion->phase = TIDE_PHASE_SOURCE;
        return TIDE_OK;
    }
    switch (optimizer->algorithm) {
    case TIDE_BAYES:
        return bayes_ask(optimizer, x, suggestion);
    case TIDE_RANDOM:
        suggestion->phase = TIDE_PHASE_RANDOM;
        return random_point(optimizer, x);
    case TIDE_SOBOL:
        suggestion->phase = TIDE_PHASE_SOBOL;
        return sobol_ask(optimizer, x);
    case TIDE_GRID:
        suggestion->phase = TIDE_PHASE_GRID;
        return grid_ask(optimizer, x);
    }
    return TIDE_BUG;
}

enum tide_status tide_ask(struct tide_optimizer *optimizer, double *x,
                          struct tide_suggestion *suggestion)
{
    struct record record = {.id = optimizer->next, .outcome = TIDE_RUNNING};
    enum tide_status status = TIDE_OK;

    *suggestion = (struct tide_suggestion){.id = optimizer->next, .acquisition = NAN};
    status = choose(optimizer, x, suggestion);
    if (status == TIDE_OK) {
        record.cell = space_cell(&optimizer->space, x);
        status = table_put(&optimizer->pending, &record, x, optimizer->space.count);
    }
    if (status == TIDE_OK) {
        optimizer->next++;
    }
    return status;
}

/* ---- tell ---- */

static enum tide_status read_result(const struct tide_optimizer *optimizer,
                                    const struct tide_result *result, struct record *record)
{
    const struct model *model = &optimizer->model;
    const bool valued = result->outcome == TIDE_EVALUATED || result->outcome == TIDE_RUNNING;

    if ((valued && result->values == NULL) || result->source > optimizer->source_count ||
        !(result->step >= 0) || !isfinite(result->step)) {
        return TIDE_INVALID;
    }
    record->outcome = result->outcome;
    record->source = result->source;
    record->step = result->step;
    record->cost = result->cost;
    for (size_t i = 0; i < model->objectives && valued; i++) {
        record->values[i] = result->values[i];
        if (!isfinite(result->values[i]) && result->outcome == TIDE_EVALUATED) {
            record->outcome = TIDE_INFEASIBLE;
        }
    }
    for (size_t i = 0; i < model->outcomes; i++) {
        record->outcomes[i] = result->outcomes == NULL ? (double)NAN : result->outcomes[i];
    }
    return TIDE_OK;
}

/* The point an id stands for: NULL if it is not known. */
static const double *known_point(const struct tide_optimizer *optimizer, int64_t id)
{
    const size_t waiting = table_find(&optimizer->pending, id, 0);
    const size_t told = table_find(&optimizer->observed, id, 0);

    if (waiting < optimizer->pending.count) {
        return optimizer->pending.x + waiting * optimizer->space.count;
    }
    return told < optimizer->observed.count ? optimizer->observed.x + told * optimizer->space.count
                                            : NULL;
}

/* A value on the way: the point stays pending. What is no number says nothing yet. */
static enum tide_status tell_curve(struct tide_optimizer *optimizer, const struct record *record,
                                   const double *x)
{
    if (optimizer->model.step_at == SIZE_MAX) {
        return TIDE_OK;
    }
    return table_put(&optimizer->curve, record, x, optimizer->space.count);
}

enum tide_status tide_tell(struct tide_optimizer *optimizer, int64_t id, const double *x,
                           const struct tide_result *result)
{
    const size_t width = optimizer->space.count;
    const size_t waiting = table_find(&optimizer->pending, id, 0);
    struct record record = {.id = id};
    double point[TIDE_PARAMETERS_MAX];
    enum tide_status status = read_result(optimizer, result, &record);

    if (status != TIDE_OK || id < TIDE_OWN) {
        return TIDE_INVALID;
    }
    x = x == NULL ? known_point(optimizer, id) : x;
    if (x == NULL) {
        return TIDE_NOT_FOUND;
    }
    memcpy(point, x, width * sizeof *point);
    if (!space_legal(&optimizer->space, point)) {
        return TIDE_INVALID;
    }
    record.cell = space_cell(&optimizer->space, point);
    optimizer->version++;
    if (result->outcome == TIDE_RUNNING) {
        return tell_curve(optimizer, &record, point);
    }
    status = table_put(&optimizer->observed, &record, point, width);
    if (status == TIDE_OK && waiting < optimizer->pending.count) {
        table_remove(&optimizer->pending, waiting, width);
    }
    return status;
}

enum tide_status tide_forget(struct tide_optimizer *optimizer, int64_t id)
{
    if (id == TIDE_OWN || known_point(optimizer, id) == NULL) {
        return TIDE_NOT_FOUND;
    }
    optimizer->version++;
    table_drop(&optimizer->pending, id, optimizer->space.count);
    table_drop(&optimizer->observed, id, optimizer->space.count);
    table_drop(&optimizer->curve, id, optimizer->space.count);
    return TIDE_OK;
}

/* ---- state ---- */

enum tide_status tide_pending(struct tide_optimizer *optimizer, int64_t id, const double *x)
{
    struct record record = {.id = id, .outcome = TIDE_RUNNING};

    if (id < 0 || !space_legal(&optimizer->space, x)) {
        return TIDE_INVALID;
    }
    if (table_find(&optimizer->observed, id, 0) < optimizer->observed.count) {
        return TIDE_EXISTS;
    }
    record.cell = space_cell(&optimizer->space, x);
    optimizer->version++;
    return table_put(&optimizer->pending, &record, x, optimizer->space.count);
}

enum tide_status tide_next_set(struct tide_optimizer *optimizer, int64_t k)
{
    if (k < 0) {
        return TIDE_INVALID;
    }
    optimizer->version++;
    optimizer->next = k;
    return TIDE_OK;
}
