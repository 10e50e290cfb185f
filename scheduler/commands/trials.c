/*
 * trials: the trials of an experiment, best first.
 */
#include "commands/trials.h"
#include "commands/format.h"
#include "commands/reading.h"
#include "commands/table.h"
#include "commands/verbs.h"

#include "base/text.h"
#include "core/record.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SQL_BYTES = 2048, ORDER_BYTES = 256, LIMIT_DEFAULT = 20 };

#define TRIAL_COLUMNS                                                                              \
    "id, number, state, reason, value, objectives AS \"objectives:json\", feasible,"               \
    " params AS \"params:json\", attempts, restarts, preemptions, step, created, started, ended,"  \
    " useful_ms, lost_ms, cost"

/* --sort KEY; the SQL of each key, in its natural order. */
static const struct {
    const char *key;
    const char *sql;
} sorts[] = {
    {"number", "number"},   {"started", "started"},   {"ended", "ended"},
    {"cost", "cost_micro"}, {"attempts", "attempts"}, {"time", "useful_ms + lost_ms"},
};

enum { SORT_COUNT = sizeof sorts / sizeof *sorts };

/* The trials in the states wanted, with ?2 for the state; an index has them by state. */
static const char *state_sql(const struct trials_wanted *wanted)
{
    return *wanted->state == '\0' ? "?2 = ''" : "state = ?2";
}

/*
 * By value means best first; trials without one come last, in the order of their numbers. The two
 * parts are separate statements: an index holds the order of the first, and the second is read no
 * further than needed.
 */
static json_t *by_value(struct query *query, const struct trials_wanted *wanted,
                        const char *direction)
{
    static const char others[] = "SELECT " TRIAL_COLUMNS " FROM trial WHERE experiment = ?"
                                 " AND state <> 'completed' AND ?2 = '' ORDER BY number LIMIT ?3";
    /* without a value the index of states holds them by number */
    static const char of_state[] = "SELECT " TRIAL_COLUMNS " FROM trial INDEXED BY trial_state"
                                   " WHERE experiment = ? AND state = ?2"
                                   " ORDER BY value, feasible, number LIMIT ?3";
    const bool all = *wanted->state == '\0';
    const bool completed = all || strcmp(wanted->state, "completed") == 0;
    char sql[SQL_BYTES];
    json_t *rows = json_array();

    if (completed) {
        (void)snprintf(sql, sizeof sql,
                       "SELECT " TRIAL_COLUMNS " FROM trial WHERE experiment = ? AND"
                       " state = 'completed' AND feasible >= ?2 ORDER BY value%s, number LIMIT ?3",
                       strcmp(direction, "maximize") == 0 ? " DESC" : "");
        json_decref(rows);
        rows = query_rows(query, sql, "iii", wanted->experiment, (int64_t)wanted->feasible,
                          wanted->limit);
    }
    const int64_t missing = wanted->limit < 0 ? -1 : wanted->limit - (int64_t)json_array_size(rows);
    if (missing != 0 && (all || !completed)) {
        json_t *rest = query_rows(query, all ? others : of_state, "isi", wanted->experiment,
                                  wanted->state, missing);
        (void)json_array_extend(rows, rest);
        json_decref(rest);
    }
    return rows;
}

/* The SQL of a key that is not `value`: a fixed word, or a parameter of the experiment. */
static bool order_find(struct query *query, int64_t experiment, const char *key, char *order)
{
    for (size_t i = 0; i < SORT_COUNT; i++) {
        if (strcmp(sorts[i].key, key) == 0) {
            return text_copy(order, ORDER_BYTES, sorts[i].sql);
        }
    }
    json_t *row = query_row(query, "SELECT name FROM parameter WHERE experiment = ? AND name = ?",
                            "is", experiment, key);
    const bool found = json_is_object(row);
    json_decref(row);
    if (found) { /* names of parameters are identifiers: no quoting is needed */
        (void)snprintf(order, ORDER_BYTES, "params ->> '$.%s'", key);
    } else {
        query_refuse(query, TIDE_INVALID,
                     "--sort takes value, number, started, ended, cost, attempts, time or a "
                     "parameter, not '%s'",
                     key);
    }
    return found;
}

static json_t *by_key(struct query *query, const struct trials_wanted *wanted)
{
    const bool reverse = *wanted->sort == '-';
    char order[ORDER_BYTES];
    char sql[SQL_BYTES];

    if (!order_find(query, wanted->experiment, wanted->sort + (reverse ? 1 : 0), order)) {
        return NULL;
    }
    (void)snprintf(sql, sizeof sql,
                   "SELECT " TRIAL_COLUMNS " FROM trial WHERE experiment = ? AND %s"
                   " ORDER BY %s%s, number LIMIT ?3",
                   state_sql(wanted), order, reverse ? " DESC" : "");
    return query_rows(query, sql, "isi", wanted->experiment, wanted->state, wanted->limit);
}

json_t *trials_read(struct query *query, const struct trials_wanted *wanted)
{
    json_t *model = query_row(
        query,
        "SELECT e.id AS experiment, e.name, e.metric, e.direction, e.objectives AS"
        " \"objectives:json\", (SELECT json_group_array(name) FROM (SELECT name FROM parameter"
        "  WHERE experiment = e.id AND type <> 'constant' ORDER BY position))"
        " AS \"parameters:json\", CASE ?2 WHEN '' THEN p.trials ELSE coalesce((SELECT trials FROM"
        "  tally WHERE experiment = e.id AND state = ?2), 0) END AS total"
        " FROM experiment AS e JOIN progress AS p ON p.experiment = e.id WHERE e.id = ?1",
        "is", wanted->experiment, wanted->state);
    json_t *rows = strcmp(wanted->sort, "value") == 0
                       ? by_value(query, wanted, model_text(model, "direction"))
                       : by_key(query, wanted);

    (void)json_object_set_new(model, "trials", rows);
    return model;
}

/* --state, checked; "" for all of them. */
static const char *state_wanted(const struct reading *reading)
{
    const char *text = options_value(reading->options, "state");
    enum trial_state state = TRIAL_QUEUED;

    if (text != NULL && !trial_state_parse(text, &state)) {
        query_refuse(reading->query, TIDE_INVALID,
                     "--state takes queued, running, paused, completed, failed, buried, "
                     "infeasible, pruned or cancelled, not '%s'",
                     text);
    }
    return text == NULL ? "" : text;
}

static json_t *trials_model(const struct reading *reading)
{
    const char *sort = options_value(reading->options, "sort");
    struct trials_wanted wanted = {.experiment = reading->target.experiment,
                                   .state = state_wanted(reading),
                                   .sort = sort == NULL ? "value" : sort};
    struct error error;

    if (options_integer(reading->options, "limit", 0, INT32_MAX, LIMIT_DEFAULT, &wanted.limit,
                        &error) != TIDE_OK) {
        query_refuse(reading->query, TIDE_INVALID, "%s", error.text);
    }
    wanted.limit = wanted.limit == 0 ? -1 : wanted.limit;
    return trials_read(reading->query, &wanted);
}

static void trial_cells(struct table *table, const json_t *model, const json_t *trial)
{
    const json_t *parameters = json_object_get(model, "parameters");
    const json_t *params = json_object_get(trial, "params");
    const json_t *values = json_object_get(trial, "objectives");
    const size_t objective_count = json_array_size(json_object_get(model, "objectives"));
    char text[FORMAT_BYTES];

    table_cell(table, STYLE_BOLD, "%s", model_text(trial, "id"));
    if (model_has(trial, "feasible") && model_integer(trial, "feasible") == 0) {
        table_cell(table, STYLE_WARN, "not feasible");
    } else {
        table_cell(table, state_style(model_text(trial, "state")), "%s",
                   model_text(trial, "state"));
    }
    for (size_t i = 0; i < objective_count; i++) {
        const json_t *value = json_array_get(values, i);
        table_cell(
            table, STYLE_NONE, "%s",
            format_value(text, json_is_number(value) ? json_number_value(value) : (double)NAN));
    }
    table_cell(
        table, STYLE_NONE, "%s",
        format_duration(text, model_integer(trial, "useful_ms") + model_integer(trial, "lost_ms")));
    table_cell(table, STYLE_NONE, "%" PRId64, model_integer(trial, "attempts"));
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const char *name = json_string_value(json_array_get(parameters, i));
        table_cell(table, STYLE_NONE, "%s", format_parameter(text, json_object_get(params, name)));
    }
}

static void title_cells(struct table *table, const json_t *model)
{
    const json_t *objectives = json_object_get(model, "objectives");
    const json_t *parameters = json_object_get(model, "parameters");

    table_cell(table, STYLE_DIM, "TRIAL");
    table_cell(table, STYLE_DIM, "STATE");
    for (size_t i = 0; i < json_array_size(objectives); i++) {
        table_cell(table, STYLE_DIM, "%s", model_text(json_array_get(objectives, i), "metric"));
    }
    table_cell(table, STYLE_DIM, "TIME");
    table_cell(table, STYLE_DIM, "ATTEMPTS");
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        table_cell(table, STYLE_DIM, "%s", json_string_value(json_array_get(parameters, i)));
    }
}

bool trials_print(const json_t *model, struct screen *screen)
{
    const json_t *trials = json_object_get(model, "trials");
    struct table *table = table_new(4 + json_array_size(json_object_get(model, "objectives")) +
                                    json_array_size(json_object_get(model, "parameters")));

    if (table == NULL) {
        return false;
    }
    title_cells(table, model);
    for (size_t i = 0; i < json_array_size(trials); i++) {
        trial_cells(table, model, json_array_get(trials, i));
    }
    const bool printed = table_print(table, screen);
    table_free(table);
    return printed;
}

static bool trials_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    const json_t *trials = json_object_get(model, "trials");
    const size_t shown = json_array_size(trials);
    const int64_t total = model_integer(model, "total");

    if (!trials_print(model, screen)) {
        return false;
    }
    if ((int64_t)shown < total) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "%zu of %" PRId64 " trials are shown; --limit 0 shows all\n", shown,
                      total);
    } else if (shown > 0) {
        reading_suggest(reading->options, "tidemill show %s",
                        model_text(json_array_get(trials, 0), "id"));
    }
    return true;
}

static const struct option_rule rules[] = {
    {"state", 0, "STATE", "only trials in this state"},
    {"sort", 0, "KEY", "the order: value without it, the best first"},
    {"limit", 'n', "N", "at most N trials, 20 without it; 0 for all"},
};

const struct reading_verb verb_trials = {
    .usage = {.verb = "trials",
              .arguments = "[ID]",
              .text = "The trials of an experiment with their parameters, best first.\n"
                      "KEY of --sort is value, number, started, ended, cost, attempts, time or\n"
                      "the name of a parameter; -KEY turns the order around.",
              .rules = rules,
              .rule_count = sizeof rules / sizeof *rules,
              .arguments_max = 1,
              .example = "tidemill trials 7 --state failed\ntidemill trials 7 --sort -started"},
    .targets = READING_EXPERIMENT,
    .model = trials_model,
    .screen = trials_screen,
};

int command_trials(int argc, char **argv)
{
    return reading_run(&verb_trials, argc, argv, wall_ms());
}
