/*
 * warm: what a search begins with: the results of the earlier experiments that its spec names.
 * Which results those are is settled when it is submitted and kept in its row, so that a
 * coordinator that starts later tells its search the same ones.
 */
#include "loop/inside.h"

#include "spec/point.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 160 }; /* results of all sources together: the search has its own to look at */

/* ---- which experiments ---- */

/* The latest experiment of the name; 0 when there is none. */
static int32_t latest_named(const struct coordinator *coordinator, const char *name)
{
    int32_t id = coordinator->experiment_count;

    while (id > 0 && strcmp(coordinator->submissions[id].spec->name, name) != 0) {
        id--;
    }
    return id;
}

/* Which of the source's objectives goes for objective `index`: the one of its name, or the only one
 * for the only one; its objective_count when none does. */
static size_t counterpart(const struct spec *spec, size_t index, const struct spec *source)
{
    for (size_t i = 0; i < source->objective_count; i++) {
        if (strcmp(source->objectives[i].metric, spec->objectives[index].metric) == 0) {
            return i;
        }
    }
    return spec->objective_count == 1 && source->objective_count == 1 ? 0 : source->objective_count;
}

static enum tide_status source_check(const struct spec *spec, const char *name,
                                     const struct spec *source, struct error *error)
{
    if (source == NULL) {
        return error_set(error, TIDE_INVALID,
                         "%s:%d:%d: error: no experiment of this store is called '%s'", spec->file,
                         spec->warm_start_line, spec->warm_start_column, name);
    }
    for (size_t i = 0; i < spec->objective_count; i++) {
        if (counterpart(spec, i, source) == source->objective_count) {
            return error_set(error, TIDE_INVALID,
                             "%s:%d:%d: error: the experiment '%s' has no objective '%s'",
                             spec->file, spec->warm_start_line, spec->warm_start_column, name,
                             spec->objectives[i].metric);
        }
    }
    return TIDE_OK;
}

enum tide_status warm_resolve(const struct coordinator *coordinator, const struct spec *spec,
                              struct submission *submission, struct error *error)
{
    enum tide_status status = TIDE_OK;

    submission->source_count = spec->warm_start.count;
    for (size_t i = 0; i < spec->warm_start.count && status == TIDE_OK; i++) {
        const char *name = spec->warm_start.items[i];
        const int32_t id = latest_named(coordinator, name);
        status =
            source_check(spec, name, id == 0 ? NULL : coordinator->submissions[id].spec, error);
        if (status == TIDE_OK) {
            submission->sources[i] = (struct warm_source){
                .experiment = id, .told_count = core_experiment(coordinator->core, id)->told_count};
        }
    }
    return status;
}

/* [[3,57],[5,20]]; NULL without sources. The caller frees it. */
char *warm_text(const struct submission *submission)
{
    json_t *list = json_array();

    for (size_t i = 0; i < submission->source_count; i++) {
        (void)json_array_append_new(list, json_pack("[i,I]", (int)submission->sources[i].experiment,
                                                    (json_int_t)submission->sources[i].told_count));
    }
    char *text = submission->source_count == 0 ? NULL : json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

/* Of experiments before number `own`. */
static bool pair_read(const json_t *pair, int32_t own, struct warm_source *source)
{
    *source =
        (struct warm_source){.experiment = (int32_t)json_integer_value(json_array_get(pair, 0)),
                             .told_count = json_integer_value(json_array_get(pair, 1))};
    return source->experiment >= 1 && source->experiment < own && source->told_count >= 0 &&
           source->told_count <= TRIALS_MAX;
}

bool warm_parse(struct submission *submission, int32_t own, const char *text)
{
    json_t *list = text == NULL ? json_array() : json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool whole = json_is_array(list) && json_array_size(list) == submission->spec->warm_start.count;

    submission->source_count = whole ? json_array_size(list) : 0;
    for (size_t i = 0; i < submission->source_count && whole; i++) {
        whole = pair_read(json_array_get(list, i), own, &submission->sources[i]);
    }
    json_decref(list);
    return whole;
}

/* ---- which of their results ---- */

struct harvest {
    const struct spec *spec;   /* of the search that begins */
    const struct spec *source; /* of the earlier experiment */
    const struct trial_row **rows;
    size_t count;
};

/* Completed, and told before the search began. */
static bool counts(const struct trial_row *row, const struct warm_source *source,
                   int64_t created_ms)
{
    return row->state == TRIAL_COMPLETED && row->told <= source->told_count &&
           row->ended_ms <= created_ms && row->value_count > 0;
}

static bool maximized(const struct spec *source, size_t objective)
{
    return source->objectives[objective].maximize;
}

/* How many of the others are better by the first objective; ties break by number. */
static size_t rank_of(const struct harvest *harvest, size_t index)
{
    const size_t objective = counterpart(harvest->spec, 0, harvest->source);
    const double sign = maximized(harvest->source, objective) ? -1 : 1;
    const double mine = sign * harvest->rows[index]->values[objective];
    size_t better = 0;

    for (size_t i = 0; i < harvest->count; i++) {
        const double other = sign * harvest->rows[i]->values[objective];
        better += other < mine || (other == mine && i < index) ? 1 : 0;
    }
    return better;
}

/* The value of objective `index` as this search has it: with the sign of its own direction. */
static double value_of(const struct harvest *harvest, size_t index, const struct trial_row *row)
{
    const size_t objective = counterpart(harvest->spec, index, harvest->source);
    const bool turned =
        maximized(harvest->source, objective) != harvest->spec->objectives[index].maximize;

    return turned ? -row->values[objective] : row->values[objective];
}

static void row_tell(struct coordinator *coordinator, const struct harvest *harvest,
                     const struct trial_row *row, struct search_tell *tell)
{
    double x[SPEC_PARAMETERS_MAX];
    const char *params = NULL;
    char *borrowed = NULL;
    struct error error;

    if (store_params(coordinator->store, row->experiment, row->number, &params, &error) !=
            TIDE_OK ||
        !spec_params_borrow(harvest->spec, params, x) ||
        spec_params_json(harvest->spec, x, &borrowed, &error) != TIDE_OK) {
        return; /* not a point of this space */
    }
    for (size_t i = 0; i < OBJECTIVES_MAX + OUTCOMES_MAX; i++) {
        tell->values[i] =
            i < harvest->spec->objective_count ? value_of(harvest, i, row) : (double)NAN;
    }
    tell->params = borrowed;
    searcher_tell(coordinator->searcher, tell);
    free(borrowed);
}

/* Of more than `most` results half are the best and half the first others. */
static void source_tell(struct coordinator *coordinator, const struct harvest *harvest, size_t most,
                        struct search_tell *tell)
{
    size_t others = 0;

    for (size_t i = 0; i < harvest->count; i++) {
        const bool best = harvest->count <= most || rank_of(harvest, i) < most / 2;
        others += best ? 0 : 1;
        if (best || others <= most - most / 2) {
            row_tell(coordinator, harvest, harvest->rows[i], tell);
        }
    }
}

void warm_tell(struct coordinator *coordinator, int32_t experiment)
{
    const struct submission *submission = &coordinator->submissions[experiment];
    const struct experiment_row *row = core_experiment(coordinator->core, experiment);
    const int64_t created_ms = row == NULL ? INT64_MAX : row->created_ms; /* NULL: it is now */

    for (size_t i = 0; i < submission->source_count; i++) {
        const struct warm_source *source = &submission->sources[i];
        const int64_t told = source->told_count;
        struct harvest harvest = {.spec = submission->spec,
                                  .source = coordinator->submissions[source->experiment].spec,
                                  .rows = calloc((size_t)told + 1, sizeof(struct trial_row *))};
        struct search_tell tell = {.experiment = experiment, .completed = true, .source = i + 1};
        const struct trial_row *trial = core_trial(coordinator->core, source->experiment, 0);
        for (int32_t number = 0; harvest.rows != NULL && trial != NULL; number++) {
            if (counts(trial, source, created_ms)) {
                harvest.rows[harvest.count++] = trial;
            }
            trial = core_trial(coordinator->core, source->experiment, number + 1);
        }
        source_tell(coordinator, &harvest, ROWS_MAX / submission->source_count, &tell);
        free((void *)harvest.rows);
    }
}
