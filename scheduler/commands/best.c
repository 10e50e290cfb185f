/*
 * best: the best trial, or, of several objectives, those that no other trial beats in all of them.
 */
#include "commands/format.h"
#include "commands/reading.h"
#include "commands/reproduce.h"
#include "commands/show.h"
#include "commands/table.h"
#include "commands/verbs.h"

#include "core/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the front ---- */

struct front_point {
    int64_t number;
    double values[OBJECTIVES_MAX]; /* as if all were minimised */
};

struct front {
    struct front_point *points;
    size_t count, capacity;
    size_t objective_count;
    bool failed; /* memory ran out */
};

/* a is nowhere worse than b. */
static bool point_covers(const struct front *front, const struct front_point *a,
                         const struct front_point *b)
{
    for (size_t i = 0; i < front->objective_count; i++) {
        if (a->values[i] > b->values[i]) {
            return false;
        }
    }
    return true;
}

/* Points come in the order of their first value, so a later one covers an earlier one only where
 * the first values are equal. Of equal points the first stays. */
static void front_take(struct front *front, const struct front_point *point)
{
    size_t kept = 0;

    for (size_t i = 0; i < front->count; i++) {
        if (point_covers(front, &front->points[i], point)) {
            return;
        }
    }
    for (size_t i = 0; i < front->count; i++) {
        if (!point_covers(front, point, &front->points[i])) {
            front->points[kept++] = front->points[i];
        }
    }
    front->count = kept;
    if (front->count == front->capacity) {
        const size_t capacity = 2 * front->capacity + 16;
        struct front_point *points = realloc(front->points, capacity * sizeof *points);
        if (points == NULL) {
            front->failed = true;
            return;
        }
        front->points = points;
        front->capacity = capacity;
    }
    front->points[front->count++] = *point;
}

static struct front_point point_read(const json_t *row, const json_t *objectives)
{
    const json_t *values = json_object_get(row, "objectives");
    struct front_point point = {.number = model_integer(row, "number")};

    for (size_t i = 0; i < json_array_size(objectives) && i < OBJECTIVES_MAX; i++) {
        const char *direction = model_text(json_array_get(objectives, i), "direction");
        const double value = json_number_value(json_array_get(values, i));
        point.values[i] = strcmp(direction, "maximize") == 0 ? -value : value;
    }
    return point;
}

/* ---- the model ---- */

static json_t *trial_row(const struct reading *reading, int64_t number)
{
    json_t *row = query_row(reading->query,
                            "SELECT id AS trial, number, value, objectives AS \"objectives:json\","
                            " params AS \"params:json\", started, ended, cost FROM trial"
                            " WHERE experiment = ? AND number = ?",
                            "ii", reading->target.experiment, number);

    (void)json_object_set_new(row, "reproduce",
                              reproduce_words(reading->query, reading->target.experiment,
                                              json_object_get(row, "params")));
    return row;
}

static json_t *front_rows(const struct reading *reading, const json_t *objectives,
                          const char *direction)
{
    const char *sql = strcmp(direction, "maximize") == 0
                          ? "SELECT number, objectives AS \"objectives:json\" FROM trial WHERE"
                            " experiment = ? AND state = 'completed' AND feasible = 1"
                            " ORDER BY value DESC, number"
                          : "SELECT number, objectives AS \"objectives:json\" FROM trial WHERE"
                            " experiment = ? AND state = 'completed' AND feasible = 1"
                            " ORDER BY value, number";
    struct cursor cursor;
    struct front front = {.objective_count = json_array_size(objectives)};
    json_t *rows = json_array();

    cursor_open(&cursor, reading->query, sql, "i", reading->target.experiment);
    for (json_t *row = cursor_next(&cursor); row != NULL; row = cursor_next(&cursor)) {
        const struct front_point point = point_read(row, objectives);
        json_decref(row);
        front_take(&front, &point);
    }
    cursor_close(&cursor);
    for (size_t i = 0; i < front.count; i++) {
        (void)json_array_append_new(rows, trial_row(reading, front.points[i].number));
    }
    if (front.failed) {
        query_refuse(reading->query, TIDE_NO_MEMORY, "out of memory");
    }
    free(front.points);
    return rows;
}

static json_t *best_model(const struct reading *reading)
{
    json_t *model = query_row(
        reading->query,
        "SELECT e.id AS experiment, e.name, e.state, e.ended, e.direction, e.objectives AS"
        " \"objectives:json\", p.completed, (SELECT number FROM best"
        "  WHERE experiment = e.id) AS number FROM experiment AS e"
        " JOIN progress AS p ON p.experiment = e.id WHERE e.id = ?",
        "i", reading->target.experiment);
    const json_t *objectives = json_object_get(model, "objectives");
    json_t *trials = NULL;

    if (!model_has(model, "number")) {
        query_refuse(reading->query, TIDE_NOT_FOUND,
                     "experiment %" PRId64 " has no completed trial%s", reading->target.experiment,
                     model_integer(model, "completed") > 0 ? " that meets its constraints"
                     : model_has(model, "ended")           ? ""
                                                           : " yet");
    } else if (json_array_size(objectives) > 1) {
        trials = front_rows(reading, objectives, model_text(model, "direction"));
    } else {
        trials = json_pack("[o]", trial_row(reading, model_integer(model, "number")));
    }
    (void)json_object_del(model, "number");
    (void)json_object_del(model, "direction");
    (void)json_object_del(model, "ended");
    (void)json_object_set_new(model, "trials", trials);
    return model;
}

/* ---- the screen ---- */

static void one_print(struct screen *screen, const json_t *model, const json_t *trial)
{
    const json_t *objective = json_array_get(json_object_get(model, "objectives"), 0);
    char text[FORMAT_BYTES];

    screen_style(screen, STYLE_BOLD);
    screen_print(screen, "trial %s", model_text(trial, "trial"));
    screen_plain(screen);
    screen_print(screen, "  ");
    screen_text(screen, model_text(objective, "metric"), 0);
    screen_print(screen, " %s", format_value(text, model_real(trial, "value")));
    screen_print(screen, "   best of %" PRId64 " completed\n", model_integer(model, "completed"));
    screen_label(screen, "parameters");
    params_print(screen, json_object_get(trial, "params"));
    if (model_has(trial, "reproduce")) {
        screen_label(screen, "reproduce");
        reproduce_print(screen, json_object_get(trial, "reproduce"));
    }
}

/* "lr 0.00190  opt sgd" in one cell: conditional parameters would leave holes in columns. */
static void params_cell(struct table *table, json_t *params)
{
    char text[SCREEN_PRINT_BYTES] = "";
    char value_text[FORMAT_BYTES];
    size_t bytes = 0;
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach(params, name, value)
    {
        const int added =
            snprintf(text + bytes, sizeof text - bytes, "%s%s %s", bytes == 0 ? "" : "  ", name,
                     format_parameter(value_text, value));
        if (added < 0 || (size_t)added >= sizeof text - bytes) {
            break;
        }
        bytes += (size_t)added;
    }
    table_cell(table, STYLE_NONE, "%s", text);
}

static bool front_print(struct screen *screen, const json_t *model)
{
    const json_t *objectives = json_object_get(model, "objectives");
    const json_t *trials = json_object_get(model, "trials");
    struct table *table = table_new(2 + json_array_size(objectives));
    char text[FORMAT_BYTES];

    if (table == NULL) {
        return false;
    }
    table_cell(table, STYLE_DIM, "TRIAL");
    for (size_t i = 0; i < json_array_size(objectives); i++) {
        table_cell(table, STYLE_DIM, "%s", model_text(json_array_get(objectives, i), "metric"));
    }
    table_cell(table, STYLE_DIM, "PARAMETERS");
    for (size_t row = 0; row < json_array_size(trials); row++) {
        const json_t *trial = json_array_get(trials, row);
        const json_t *values = json_object_get(trial, "objectives");
        table_cell(table, STYLE_BOLD, "%s", model_text(trial, "trial"));
        for (size_t i = 0; i < json_array_size(objectives); i++) {
            table_cell(table, STYLE_NONE, "%s",
                       format_value(text, json_number_value(json_array_get(values, i))));
        }
        params_cell(table, json_object_get(trial, "params"));
    }
    screen_print(screen, "front of %zu among %" PRId64 " completed trials\n",
                 json_array_size(trials), model_integer(model, "completed"));
    const bool printed = table_print(table, screen);
    table_free(table);
    return printed;
}

static bool best_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    const json_t *trials = json_object_get(model, "trials");
    const json_t *first = json_array_get(trials, 0);

    if (json_array_size(json_object_get(model, "objectives")) > 1) {
        if (!front_print(screen, model)) {
            return false;
        }
    } else {
        one_print(screen, model, first);
    }
    reading_suggest(reading->options, "tidemill show %s", model_text(first, "trial"));
    return true;
}

const struct reading_verb verb_best = {
    .usage = {.verb = "best",
              .arguments = "[ID]",
              .text = "The best completed trial that meets the constraints, with the command that\n"
                      "repeats it; of several objectives the front: the trials that no other\n"
                      "one beats in all of them.",
              .arguments_max = 1,
              .example = "tidemill best 7\ntidemill best digits --json"},
    .targets = READING_EXPERIMENT,
    .model = best_model,
    .screen = best_screen,
};

int command_best(int argc, char **argv)
{
    return reading_run(&verb_best, argc, argv, wall_ms());
}
