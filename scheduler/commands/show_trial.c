#include "commands/show.h"

#include "commands/ending.h"
#include "commands/format.h"
#include "commands/output.h"
#include "commands/reproduce.h"
#include "commands/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TAIL_LINES = 5, RANK_MAX = 100000 };

/* ---- the model ---- */

static json_t *trial_row(const struct reading *reading)
{
    return query_row(
        reading->query,
        "SELECT t.id AS trial, t.experiment, t.number, e.name, t.state, t.reason, t.value,"
        " e.metric, e.direction, e.objectives AS \"objectives:json\","
        " t.objectives AS \"values:json\", t.feasible, t.params AS \"params:json\","
        " s.origin AS \"origin:json\", t.attempts AS attempt_count, t.restarts, t.preemptions,"
        " t.step, t.rungs AS \"rungs:json\", t.median, t.created, t.started, t.ended, t.useful_ms, "
        "t.lost_ms, t.cost"
        " FROM trial AS t JOIN experiment AS e ON e.id = t.experiment LEFT JOIN suggestion AS s"
        " ON s.experiment = t.experiment AND s.number = t.suggestion"
        " WHERE t.experiment = ? AND t.number = ?",
        "ii", reading->target.experiment, reading->target.trial);
}

/* Which of the completed trials it is, counted from the best up to RANK_MAX; nothing for one that
 * is not, or that breaks a constraint. */
static void rank_add(const struct reading *reading, json_t *model)
{
    const bool maximize = strcmp(model_text(model, "direction"), "maximize") == 0;

    if (strcmp(model_text(model, "state"), "completed") != 0 ||
        model_integer(model, "feasible") == 0) {
        return;
    }
    json_t *better =
        query_row(reading->query,
                  maximize ? "SELECT count(*) AS count FROM (SELECT 1 FROM trial WHERE experiment ="
                             " ? AND state = 'completed' AND value > ? AND feasible = 1"
                             " LIMIT 100000)"
                           : "SELECT count(*) AS count FROM (SELECT 1 FROM trial WHERE experiment ="
                             " ? AND state = 'completed' AND value < ? AND feasible = 1"
                             " LIMIT 100000)",
                  "ir", reading->target.experiment, model_real(model, "value"));
    const int64_t count = model_integer(better, "count");
    (void)json_object_set_new(model, "rank",
                              count < RANK_MAX ? json_integer(count + 1) : json_null());
    json_decref(better);
    json_t *tally = query_row(reading->query,
                              "SELECT trials AS completed FROM tally WHERE experiment = ? AND"
                              " state = 'completed'",
                              "i", reading->target.experiment);
    (void)json_object_update(model, tally);
    json_decref(tally);
}

static json_t *attempt_rows(const struct reading *reading)
{
    json_t *attempts = query_rows(
        reading->query,
        "SELECT a.number, a.state, w.name AS worker, a.leave, a.outcome, a.cause, a.exit_code,"
        " a.signal, a.from_step, a.last_step, (SELECT max(step) FROM checkpoint WHERE experiment ="
        " a.experiment AND trial = a.trial AND attempt = a.number) AS saved_step, a.offered,"
        " a.started, a.ended, a.duration_ms, a.useful_ms, a.lost_ms, a.cost_micro / 1e6 AS cost,"
        " a.late AS \"late:bool\", a.message FROM attempt AS a JOIN worker AS w ON w.id = a.worker"
        " WHERE a.experiment = ? AND a.trial = ? ORDER BY a.number",
        "ii", reading->target.experiment, reading->target.trial);

    for (size_t i = 0; i < json_array_size(attempts); i++) {
        json_t *attempt = json_array_get(attempts, i);
        const int row = ending_row(attempt);
        (void)json_object_set_new(attempt, "row", row == 0 ? json_null() : json_integer(row));
        (void)json_object_set_new(attempt, "row_text", json_string(ending_row_text(row)));
    }
    return attempts;
}

/* What the last attempt printed last, where it did not end well. */
static void output_add(const struct reading *reading, json_t *model)
{
    static const char *const streams[] = {"stdout", "stderr"};
    const json_t *attempts = json_object_get(model, "attempts");
    const json_t *last = json_array_get(attempts, json_array_size(attempts) - 1);
    const char *outcome = model_text(last, "outcome");
    json_t *output = json_object();

    for (size_t i = 0; i < 2 && strcmp(outcome, "failed") == 0; i++) {
        (void)json_object_set_new(output, streams[i],
                                  output_tail(reading->query, reading->target.experiment,
                                              reading->target.trial, model_integer(last, "number"),
                                              streams[i], TAIL_LINES));
    }
    (void)json_object_set_new(model, "output", output);
}

json_t *show_trial_model(const struct reading *reading)
{
    json_t *model = trial_row(reading);

    rank_add(reading, model);
    (void)json_object_set_new(model, "early_stopping", show_rungs_model(reading, model));
    (void)json_object_set_new(model, "attempts", attempt_rows(reading));
    (void)json_object_set_new(model, "reproduce",
                              reproduce_words(reading->query, reading->target.experiment,
                                              json_object_get(model, "params")));
    output_add(reading, model);
    return model;
}

/* ---- the screen ---- */

static void objectives_print(struct screen *screen, const json_t *model)
{
    const json_t *objectives = json_object_get(model, "objectives");
    const json_t *values = json_object_get(model, "values");
    char text[FORMAT_BYTES];

    for (size_t i = 0; i < json_array_size(values); i++) {
        screen_print(screen, i == 0 ? "  " : "   ");
        screen_text(screen, model_text(json_array_get(objectives, i), "metric"), 0);
        screen_print(screen, " %s",
                     format_value(text, json_number_value(json_array_get(values, i))));
    }
    if (model_has(model, "rank") && json_array_size(objectives) == 1) {
        screen_print(screen, " (rank %" PRId64 " of %" PRId64 ")", model_integer(model, "rank"),
                     model_integer(model, "completed"));
    }
}

/* "from bayes, EI 0.013": the suggestion's phase, and its expected improvement, of which the
 * optimizer gives the logarithm. */
static void origin_print(struct screen *screen, const json_t *origin)
{
    const double acquisition = model_real(origin, "acquisition");

    if (!model_has(origin, "phase")) {
        return;
    }
    screen_print(screen, "   from ");
    screen_text(screen, model_text(origin, "phase"), 0);
    if (!isnan(acquisition)) {
        screen_print(screen, ", EI %.2g", exp(acquisition));
    }
}

void params_print(struct screen *screen, json_t *params)
{
    char text[FORMAT_BYTES];
    const char *name = NULL;
    json_t *value = NULL;
    bool first = true;

    json_object_foreach(params, name, value)
    {
        screen_print(screen, first ? "" : "   ");
        screen_text(screen, name, 0);
        screen_print(screen, " ");
        screen_text(screen, format_parameter(text, value), 0);
        first = false;
    }
    screen_print(screen, "\n");
}

/* "22:04-22:19"; an attempt of less than a minute says how long it took. */
static void span_print(char *text, size_t bytes, const json_t *attempt, int64_t now_ms)
{
    const int64_t from_ms =
        model_time(attempt, model_has(attempt, "started") ? "started" : "offered");
    const int64_t duration_ms = model_integer(attempt, "duration_ms");
    char from[FORMAT_BYTES];
    char to[FORMAT_BYTES];

    (void)format_time(from, from_ms, now_ms);
    if (!model_has(attempt, "ended")) {
        (void)snprintf(text, bytes, "%s-", from);
    } else if (duration_ms < 60000) {
        (void)snprintf(text, bytes, "%s %s", from, format_duration(to, duration_ms));
    } else {
        (void)snprintf(text, bytes, "%s-%s", from, format_clock(to, model_time(attempt, "ended")));
    }
}

/* What became of its steps: "from step 9", "saved step 9", "lost 2 steps". */
static void steps_print(char *text, size_t bytes, const json_t *attempt)
{
    const int64_t from = model_integer(attempt, "from_step");
    const int64_t saved =
        model_has(attempt, "saved_step") ? model_integer(attempt, "saved_step") : from;
    const int64_t last =
        model_has(attempt, "last_step") ? model_integer(attempt, "last_step") : saved;
    const char *outcome = model_text(attempt, "outcome");

    *text = '\0';
    if (strcmp(outcome, "completed") == 0 || strcmp(outcome, "infeasible") == 0) {
        if (from > 0) {
            (void)snprintf(text, bytes, "from step %" PRId64, from);
        }
    } else if (!model_has(attempt, "ended")) {
        if (model_has(attempt, "last_step")) {
            (void)snprintf(text, bytes, "step %" PRId64, last);
        }
    } else if (saved > from && last > saved) {
        (void)snprintf(text, bytes, "saved step %" PRId64 ", lost %" PRId64, saved, last - saved);
    } else if (saved > from) {
        (void)snprintf(text, bytes, "saved step %" PRId64, saved);
    } else if (last > saved) {
        (void)snprintf(text, bytes, "lost %" PRId64 " step%s", last - saved,
                       last - saved == 1 ? "" : "s");
    }
}

static void attempt_cells(struct table *table, const json_t *attempt, int64_t now_ms)
{
    const double cost = model_real(attempt, "cost");
    char text[ENDING_BYTES];
    char money[FORMAT_BYTES];

    table_cell(table, STYLE_DIM, "attempt %" PRId64, model_integer(attempt, "number"));
    span_print(text, sizeof text, attempt, now_ms);
    table_cell(table, STYLE_NONE, "%s", text);
    table_cell(table, STYLE_NONE, "%s", model_text(attempt, "worker"));
    (void)ending_print(text, attempt);
    table_cell(table, state_style(model_text(attempt, "state")), "%s%s", text,
               json_is_true(json_object_get(attempt, "late")) ? ", late" : "");
    steps_print(text, sizeof text, attempt);
    table_cell(table, STYLE_NONE, "%s", text);
    table_cell(table, STYLE_NONE, "%s", cost > 0 ? format_money(money, llround(cost * 1e6)) : "");
}

static bool attempts_print(struct screen *screen, const json_t *attempts, int64_t now_ms)
{
    static const int widths[] = {SCREEN_LABEL_COLUMNS - 2, 11, 0, 0, 13, 0};
    enum { COLUMN_COUNT = sizeof widths / sizeof *widths };
    struct table *table = table_new(COLUMN_COUNT);

    if (table == NULL) {
        return false;
    }
    table_widen(table, widths, COLUMN_COUNT);
    for (size_t i = 0; i < json_array_size(attempts); i++) {
        attempt_cells(table, json_array_get(attempts, i), now_ms);
    }
    const bool printed = table_print(table, screen);
    table_free(table);
    return printed;
}

/* Why the trial is where it is; nothing to say about one that goes on or went well. */
static const char *trial_because(const json_t *model)
{
    static const struct {
        const char *reason;
        const char *text;
    } texts[] = {
        {"preempted", "its machine was taken away: it goes on elsewhere"},
        {"window", "the window shut: it goes on in the next one"},
        {"rung", "it waits at a rung until it is among the best there"},
        {"operator", "paused by an operator; 'tidemill resume' lets it go on"},
        {"backoff", "it failed and is tried again after a while"},
        {"budget", "the budget is used up"},
        {"restarts", "max_restarts is used up; 'tidemill kick' tries it again"},
        {"preemptions", "max_preemptions is used up; 'tidemill kick' tries it again"},
        {"target", "the target was reached by another trial"},
        {"ended", "its experiment ended"},
        {"stopping_rule", "it was worse than the median of the others"},
    };
    const char *reason = model_text(model, "reason");

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(texts[i].reason, reason) == 0) {
            return texts[i].text;
        }
    }
    return "";
}

/* Which row of the table it was, why the trial is where it is, and what was printed last. */
static void explanation_print(struct screen *screen, const json_t *model)
{
    const json_t *attempts = json_object_get(model, "attempts");
    const json_t *last = json_array_get(attempts, json_array_size(attempts) - 1);
    const char *row = model_text(last, "row_text");
    const char *because = trial_because(model);

    if (strcmp(model_text(model, "state"), "completed") == 0) {
        return;
    }
    if (*row != '\0') {
        screen_label(screen, "ended by");
        screen_print(screen, "%s\n", row);
    }
    if (*because != '\0') {
        screen_label(screen, "because");
        screen_print(screen, "%s\n", because);
    }
}

/* Foreign text of several lines, each under the label's column. */
static void output_print(struct screen *screen, const json_t *model)
{
    const json_t *attempts = json_object_get(model, "attempts");
    const json_t *last = json_array_get(attempts, json_array_size(attempts) - 1);
    json_t *output = json_object_get(model, "output");
    const char *stream = NULL;
    json_t *lines = NULL;

    if (strchr(model_text(last, "message"), '\n') != NULL) {
        return; /* its worker's message has them already */
    }
    json_object_foreach(output, stream, lines)
    {
        for (size_t i = 0; i < json_array_size(lines); i++) {
            screen_label(screen, i == 0 ? stream : "");
            screen_text(screen, json_string_value(json_array_get(lines, i)), 0);
            screen_print(screen, "\n");
        }
    }
}

static void trial_suggest(const struct options *options, const json_t *model)
{
    const char *trial = model_text(model, "trial");

    if (strcmp(model_text(model, "state"), "buried") == 0) {
        reading_suggest(options, "tidemill kick %s", trial);
    } else if (model_integer(model, "attempt_count") > 0) {
        reading_suggest(options, "tidemill logs %s", trial);
    }
}

bool show_trial_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    const json_t *attempts = json_object_get(model, "attempts");
    const json_t *last = json_array_get(attempts, json_array_size(attempts) - 1);

    screen_style(screen, STYLE_BOLD);
    screen_print(screen, "trial %s", model_text(model, "trial"));
    screen_plain(screen);
    screen_print(screen, "  ");
    screen_style(screen, state_style(model_text(model, "state")));
    screen_print(screen, "%s", model_text(model, "state"));
    screen_plain(screen);
    objectives_print(screen, model);
    origin_print(screen, json_object_get(model, "origin"));
    screen_print(screen, "\n");
    screen_label(screen, "parameters");
    params_print(screen, json_object_get(model, "params"));
    if (!attempts_print(screen, attempts, reading->now_ms)) {
        return false;
    }
    show_rungs_screen(screen, model);
    explanation_print(screen, model);
    if (strcmp(model_text(last, "outcome"), "completed") != 0) {
        screen_message(screen, "message", model_text(last, "message"));
    }
    output_print(screen, model);
    if (model_has(model, "reproduce")) {
        screen_label(screen, "reproduce");
        reproduce_print(screen, json_object_get(model, "reproduce"));
    }
    trial_suggest(reading->options, model);
    return true;
}
