/*
 * warm: what a search begins with: the results of the earlier experiments that its spec names.
 * Which results those are is settled when it is submitted and kept in its row, so that a
 * coordinator that starts later tells its search the same ones.
 */
#include "loop/harvest.h"
#include "loop/inside.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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

static enum tide_status source_check(const struct spec *spec, const char *name,
                                     const struct spec *source, struct error *error)
{
    if (source == NULL) {
        return error_set(error, TIDE_INVALID,
                         "%s:%d:%d: error: no experiment of this store is called '%s'", spec->file,
                         spec->warm_start_line, spec->warm_start_column, name);
    }
    for (size_t i = 0; i < spec->objective_count; i++) {
        if (harvest_objective(spec, i, source) == source->objective_count) {
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

/* Completed, and told before the search began. */
static bool counts(const struct trial_row *row, const struct warm_source *source,
                   int64_t created_ms)
{
    return row->state == TRIAL_COMPLETED && row->told <= source->told_count &&
           row->ended_ms <= created_ms && row->value_count > 0;
}

static const char *row_params(void *context, const struct trial_row *row)
{
    const struct coordinator *coordinator = context;
    const char *params = NULL;
    struct error error;

    return store_params(coordinator->store, row->experiment, row->number, &params, &error) ==
                   TIDE_OK
               ? params
               : NULL;
}

static void row_tell(void *context, const struct search_tell *tell)
{
    const struct coordinator *coordinator = context;

    searcher_tell(coordinator->searcher, tell);
}

void warm_tell(struct coordinator *coordinator, int32_t experiment)
{
    const struct submission *submission = &coordinator->submissions[experiment];
    const struct experiment_row *row = core_experiment(coordinator->core, experiment);
    const int64_t created_ms = row == NULL ? INT64_MAX : row->created_ms; /* NULL: it is now */
    const struct harvest_ways ways = {row_params, row_tell, coordinator};

    for (size_t i = 0; i < submission->source_count; i++) {
        const struct warm_source *source = &submission->sources[i];
        struct harvest harvest = {
            .spec = submission->spec,
            .source = coordinator->submissions[source->experiment].spec,
            .index = i,
            .rows = calloc((size_t)source->told_count + 1, sizeof(struct trial_row *))};
        const struct trial_row *trial = core_trial(coordinator->core, source->experiment, 0);
        for (int32_t number = 0; harvest.rows != NULL && trial != NULL; number++) {
            if (counts(trial, source, created_ms)) {
                harvest.rows[harvest.count++] = trial;
            }
            trial = core_trial(coordinator->core, source->experiment, number + 1);
        }
        harvest_tell(&harvest, experiment, &ways);
        free((void *)harvest.rows);
    }
}
