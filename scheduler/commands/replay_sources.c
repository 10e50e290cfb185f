/* Knows where the results are with which a search began: warm_start. */
#include "commands/replay.h"

#include "loop/harvest.h"

#include <stdlib.h>

struct reaping {
    struct study *study;
    const json_t *rows; /* of the source, by number */
    struct trial_row *trials;
};

static const char *row_params(void *context, const struct trial_row *row)
{
    const struct reaping *reaping = context;

    return model_text(json_array_get(reaping->rows, (size_t)(row - reaping->trials)), "params");
}

static void row_tell(void *context, const struct search_tell *tell)
{
    const struct reaping *reaping = context;

    study_tell(reaping->study, tell);
}

/* All of one source; false when there is no memory for it. */
static bool source_reap(struct harvest *harvest, const json_t *rows, struct study *study)
{
    const size_t count = json_array_size(rows);
    struct reaping reaping = {
        .study = study, .rows = rows, .trials = calloc(count + 1, sizeof *reaping.trials)};
    const struct harvest_ways ways = {row_params, row_tell, &reaping};

    harvest->rows = calloc(count + 1, sizeof(struct trial_row *));
    const bool room = reaping.trials != NULL && harvest->rows != NULL;
    for (size_t i = 0; room && i < count; i++) {
        reaping.trials[i] = replay_trial(harvest->source, json_array_get(rows, i));
        harvest->rows[harvest->count++] = &reaping.trials[i];
    }
    if (room) {
        harvest_tell(harvest, 0, &ways);
    }
    free(reaping.trials);
    free((void *)harvest->rows);
    return room;
}

static bool source_tell(struct query *query, const json_t *pair, const char *created,
                        struct harvest *harvest, struct study *study)
{
    const json_int_t source = json_integer_value(json_array_get(pair, 0));
    struct spec *spec = replay_spec(query, source);
    json_t *rows = query_rows(query,
                              "SELECT number, state, params, objectives AS \"objectives:json\""
                              " FROM trial WHERE experiment = ? AND state = 'completed'"
                              " AND told <= ? AND ended <= ? AND objectives IS NOT NULL"
                              " ORDER BY number",
                              "iis", (int64_t)source,
                              (int64_t)json_integer_value(json_array_get(pair, 1)), created);

    harvest->source = spec;
    const bool good = spec != NULL && rows != NULL && source_reap(harvest, rows, study);
    json_decref(rows);
    spec_free(spec);
    return good;
}

bool replay_sources(struct query *query, int64_t experiment, const struct spec *spec,
                    struct study *study)
{
    json_t *row = query_row(query,
                            "SELECT sources AS \"sources:json\", created FROM experiment"
                            " WHERE id = ?",
                            "i", experiment);
    const json_t *sources = json_object_get(row, "sources");
    bool good = json_array_size(sources) == spec->warm_start.count;

    for (size_t i = 0; good && i < json_array_size(sources); i++) {
        struct harvest harvest = {.spec = spec, .index = i};
        good = source_tell(query, json_array_get(sources, i), model_text(row, "created"), &harvest,
                           study);
    }
    json_decref(row);
    return good;
}
