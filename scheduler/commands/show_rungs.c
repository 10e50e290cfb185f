/*
 * show_rungs: why early stopping let a trial go on, wait or leave: what it was worth at the steps
 * at which it was looked at, and where that put it among the others as they stand now.
 */
#include "commands/show.h"

#include "commands/format.h"
#include "spec/spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the model ---- */

/* What the spec says of early stopping; null where it stops nothing. */
static json_t *rule_of(const struct spec *spec)
{
    const struct spec_early_stopping *from = &spec->early_stopping;
    const struct spec_objective *objective = &spec->objectives[0];

    if (from->algorithm == SPEC_EARLY_NONE) {
        return json_null();
    }
    for (size_t i = 0; i < spec->objective_count && from->metric != NULL; i++) {
        if (strcmp(spec->objectives[i].metric, from->metric) == 0) {
            objective = &spec->objectives[i];
        }
    }
    return json_pack("{s:s, s:s, s:b, s:I}", "algorithm",
                     from->algorithm == SPEC_EARLY_ASHA ? "asha" : "median", "metric",
                     objective->metric, "maximize", (int)objective->maximize, "eta",
                     (json_int_t)from->eta);
}

static json_t *rule_read(const struct reading *reading)
{
    json_t *row = query_row(reading->query, "SELECT name, spec FROM experiment WHERE id = ?", "i",
                            reading->target.experiment);
    const char *text = model_text(row, "spec");
    struct spec_report *report = calloc(1, sizeof *report);
    struct spec *spec = NULL;
    json_t *rule = NULL;

    if (report != NULL &&
        spec_parse(text, strlen(text), model_text(row, "name"), &spec, report) == TIDE_OK) {
        rule = rule_of(spec);
    }
    spec_free(spec);
    free(report);
    json_decref(row);
    return rule == NULL ? json_null() : rule;
}

/* The trial's rank at its rung `index` among all that have reached it; of equals the earlier one is
 * ahead. */
static void rank_add(const struct reading *reading, const json_t *trial, size_t index,
                     bool maximize, json_t *rung)
{
    char path[32];
    json_t *count = NULL;

    (void)snprintf(path, sizeof path, "$[%zu]", index);
    count = query_row(
        reading->query,
        maximize ? "SELECT count(*) AS reached, 1 + sum(value > ?1 OR (value = ?1 AND number <"
                   " ?2)) AS rank FROM (SELECT number, json_extract(rungs, ?3) AS value FROM trial"
                   " WHERE experiment = ?4) WHERE value IS NOT NULL"
                 : "SELECT count(*) AS reached, 1 + sum(value < ?1 OR (value = ?1 AND number <"
                   " ?2)) AS rank FROM (SELECT number, json_extract(rungs, ?3) AS value FROM trial"
                   " WHERE experiment = ?4) WHERE value IS NOT NULL",
        "risi", model_real(rung, "value"), model_integer(trial, "number"), path,
        reading->target.experiment);
    (void)json_object_update(rung, count);
    json_decref(count);
}

json_t *show_rungs_model(const struct reading *reading, const json_t *trial)
{
    const json_t *values = json_object_get(trial, "rungs");
    json_t *rule = json_array_size(values) == 0 ? json_null() : rule_read(reading);
    json_t *rungs = NULL;

    if (json_is_null(rule)) {
        return rule;
    }
    rungs = query_rows(reading->query,
                       "SELECT max(b) AS step FROM event WHERE experiment = ? AND trial = ?"
                       " AND kind = 'rung' GROUP BY a ORDER BY a",
                       "ii", reading->target.experiment, model_integer(trial, "number"));
    for (size_t i = 0; i < json_array_size(rungs) && i < json_array_size(values); i++) {
        json_t *rung = json_array_get(rungs, i);
        (void)json_object_set(rung, "value", json_array_get(values, i));
        rank_add(reading, trial, i, json_is_true(json_object_get(rule, "maximize")), rung);
    }
    (void)json_object_del(rule, "maximize");
    (void)json_object_set_new(rule, "rungs", rungs);
    return rule;
}

/* ---- the screen ---- */

/* Whether halving let the trial go on from its last rung. */
static bool went_on(const json_t *trial)
{
    return strcmp(model_text(trial, "state"), "pruned") != 0 &&
           strcmp(model_text(trial, "reason"), "rung") != 0;
}

static void rung_print(struct screen *screen, const json_t *trial, size_t index)
{
    const json_t *rule = json_object_get(trial, "early_stopping");
    const json_t *rungs = json_object_get(rule, "rungs");
    const json_t *rung = json_array_get(rungs, index);
    const bool last = index + 1 == json_array_size(rungs);
    char text[FORMAT_BYTES];

    screen_label(screen, index == 0 ? "rungs" : "");
    screen_print(screen, "step %" PRId64 "  ", model_integer(rung, "step"));
    screen_text(screen, model_text(rule, "metric"), 0);
    screen_print(screen, " %s   rank %" PRId64 " of %" PRId64,
                 format_value(text, model_real(rung, "value")), model_integer(rung, "rank"),
                 model_integer(rung, "reached"));
    if (strcmp(model_text(rule, "algorithm"), "asha") == 0) {
        screen_print(screen, !last || went_on(trial) ? ", it went on" : ", it waited");
    }
    screen_print(screen, "\n");
}

void show_rungs_screen(struct screen *screen, const json_t *trial)
{
    const json_t *rule = json_object_get(trial, "early_stopping");
    const json_t *rungs = json_object_get(rule, "rungs");
    const size_t count = json_array_size(rungs);
    const json_t *last = json_array_get(rungs, count - 1);
    char value[FORMAT_BYTES];
    char median[FORMAT_BYTES];

    for (size_t i = 0; i < count; i++) {
        rung_print(screen, trial, i);
    }
    if (count > 0 && model_has(trial, "median")) {
        screen_label(screen, "pruned");
        screen_print(screen, "at step %" PRId64 ": best %s, the median of the others %s\n",
                     model_integer(last, "step"), format_value(value, model_real(last, "value")),
                     format_value(median, model_real(trial, "median")));
    }
}
