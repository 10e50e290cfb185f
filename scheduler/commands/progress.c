#include "commands/progress.h"

#include "commands/agenda.h"
#include "commands/format.h"
#include "core/record.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CURVE_POINTS = 16,
    CURVE_SHORT = 8, /* when that makes room for another attempt beside it */
    CURVE_READ = 64, /* more, because a later attempt repeats steps of the one before */
    BAR_COLUMNS = 16,
    WORKER_COLUMNS = 16,
    CELL_GAP = 4
};

/* ---- the model ---- */

/* At the pace so far: what an ended trial took, over the slots that are busy now. A running trial
 * is taken to be half way. */
static void eta_add(json_t *model, int64_t now_ms)
{
    const int64_t done = model_integer(model, "done");
    const int64_t running = model_integer(model, "running");
    const double left = (double)(model_integer(model, "budget_trials") - done);

    if (!model_has(model, "budget_trials") || done == 0 || running == 0) {
        (void)json_object_set_new(model, "eta_ms", json_null());
        return;
    }
    const double trial_ms = model_real(model, "spent_ms") / (double)done;
    const double wait_ms = trial_ms * (left - (double)running / 2) / (double)running;
    (void)json_object_set_new(model, "eta_ms", json_integer(now_ms + (int64_t)fmax(0, wait_ms)));
}

/* The end of the curve of an attempt's trial, oldest first, and the last step: of a step that two
 * attempts reported, the later counts. */
static void curve_add(struct query *query, json_t *attempt, int64_t experiment, const char *metric)
{
    json_t *rows = query_rows(query,
                              "SELECT step, value FROM metric WHERE experiment = ? AND trial = ?"
                              " AND name = ? ORDER BY attempt DESC, step DESC LIMIT 64",
                              "iis", experiment, model_integer(attempt, "number"), metric);
    json_t *curve = json_array();
    int64_t before = INT64_MAX;

    for (size_t i = 0; i < json_array_size(rows) && json_array_size(curve) < CURVE_POINTS; i++) {
        const json_t *row = json_array_get(rows, i);
        if (model_integer(row, "step") < before) {
            before = model_integer(row, "step");
            (void)json_array_insert(curve, 0, json_object_get(row, "value"));
        }
    }
    if (json_array_size(rows) > 0) {
        (void)json_object_set(attempt, "step", json_object_get(json_array_get(rows, 0), "step"));
    }
    (void)json_object_set_new(attempt, "curve", curve);
    json_decref(rows);
}

static json_t *attempts_read(struct query *query, int64_t experiment, const char *metric)
{
    json_t *attempts = query_rows(
        query,
        "SELECT a.experiment || '.' || a.trial AS trial, a.trial AS number, a.number AS attempt,"
        " a.state, w.name AS worker, a.started, a.last_step AS step"
        /* open attempts are found through their workers, by an index, however many there were: the
           + keeps SQLite from reading all attempts of the experiment instead */
        " FROM worker AS w CROSS JOIN attempt AS a ON a.worker = w.id"
        " WHERE a.ended IS NULL AND +a.experiment = ?"
        " ORDER BY a.trial",
        "i", experiment);

    for (size_t i = 0; i < json_array_size(attempts); i++) {
        curve_add(query, json_array_get(attempts, i), experiment, metric);
    }
    return attempts;
}

json_t *progress_model(struct query *query, int64_t experiment, int64_t now_ms)
{
    json_t *model = query_row(
        query,
        "SELECT e.id AS experiment, e.name, e.state, e.reason, e.started, e.ended, e.metric,"
        " e.direction, e.budget_trials, json_array_length(e.objectives) AS objective_count,"
        " p.completed + p.failed + p.buried + p.infeasible + p.pruned + p.cancelled AS done,"
        " p.trials, p.queued, p.running, p.paused, p.completed, p.failed + p.buried AS failed,"
        " p.infeasible, p.pruned, p.cancelled, c.cost,"
        " CASE WHEN e.ended IS NULL THEN e.spec END AS spec, e.workdir,"
        " (SELECT sum(useful_ms + lost_ms) FROM tally WHERE experiment = e.id) AS spent_ms,"
        " (SELECT id FROM best WHERE experiment = e.id) AS best_trial,"
        " (SELECT value FROM best WHERE experiment = e.id) AS best_value, (SELECT step FROM trial"
        "  WHERE experiment = e.id AND number = (SELECT number FROM best WHERE experiment = e.id))"
        " AS full_step FROM experiment AS e"
        " JOIN progress AS p ON p.experiment = e.id JOIN cost AS c ON c.experiment = e.id"
        " WHERE e.id = ?",
        "i", experiment);

    eta_add(model, now_ms);
    (void)json_object_set_new(
        model, "agenda",
        agenda_read(model_text(model, "spec"), model_text(model, "workdir"), now_ms));
    (void)json_object_del(model, "spec");
    (void)json_object_del(model, "workdir");
    (void)json_object_set_new(model, "attempts",
                              attempts_read(query, experiment, model_text(model, "metric")));
    if (query->status != TIDE_OK) {
        json_decref(model);
        return NULL;
    }
    return model;
}

/* ---- the block ---- */

static void gap_print(struct screen *screen, int columns)
{
    screen_tab(screen, screen->at + columns);
}

/* "digits  minimize val_loss  best 0.0487 (7.31)" */
static void subject_print(struct screen *screen, const json_t *model)
{
    char text[FORMAT_BYTES];

    screen_style(screen, STYLE_BOLD);
    screen_text(screen, model_text(model, "name"), 0);
    screen_plain(screen);
    screen_print(screen, "  %s ", model_text(model, "direction"));
    screen_text(screen, model_text(model, "metric"), 0);
    if (model_integer(model, "objective_count") > 1) {
        screen_print(screen, " and %" PRId64 " more", model_integer(model, "objective_count") - 1);
    }
    if (model_has(model, "best_trial")) {
        screen_print(screen, "  best ");
        screen_style(screen, STYLE_GOOD);
        screen_print(screen, "%s", format_value(text, model_real(model, "best_value")));
        screen_plain(screen);
        screen_print(screen, " (%s)", model_text(model, "best_trial"));
    }
}

/* "██████████░░░░░░ 31/50  1 failed  eta 03:40" */
static void course_print(struct screen *screen, const json_t *model, int64_t now_ms)
{
    const int64_t done = model_integer(model, "done");
    const int64_t budget = model_integer(model, "budget_trials");
    char text[FORMAT_BYTES];

    if (budget > 0) {
        screen_bar(screen, (double)done, (double)budget, BAR_COLUMNS);
        screen_print(screen, " %" PRId64 "/%" PRId64, done, budget);
    } else {
        screen_print(screen, "%" PRId64 " done", done);
    }
    if (model_integer(model, "failed") > 0) {
        screen_style(screen, STYLE_BAD);
        screen_print(screen, "  %" PRId64 " failed", model_integer(model, "failed"));
        screen_plain(screen);
    }
    if (model_has(model, "ended")) {
        screen_print(screen, "  ended %s", format_time(text, model_time(model, "ended"), now_ms));
    } else if (model_has(model, "eta_ms")) {
        screen_print(screen, "  eta %s", format_time(text, model_integer(model, "eta_ms"), now_ms));
    }
}

/* What is known of an attempt's steps: "step 11/20", "step 11", or "leaving". */
static void step_text(char *text, const json_t *model, const json_t *attempt)
{
    const char *state = model_text(attempt, "state");

    if (strcmp(state, "active") != 0) {
        (void)snprintf(text, FORMAT_BYTES, "%s", *state == 's' ? "leaving" : "begins");
    } else if (!model_has(attempt, "step")) {
        (void)snprintf(text, FORMAT_BYTES, "runs");
    } else if (model_has(model, "full_step")) {
        (void)snprintf(text, FORMAT_BYTES, "step %" PRId64 "/%" PRId64,
                       model_integer(attempt, "step"), model_integer(model, "full_step"));
    } else {
        (void)snprintf(text, FORMAT_BYTES, "step %" PRId64, model_integer(attempt, "step"));
    }
}

/* The columns of one attempt's cell, as wide as the widest attempt needs. */
struct cell_widths {
    int trial, worker, step, value, curve;
    int all;
};

static int wider(int a, int b)
{
    return a > b ? a : b;
}

static double curve_last(const json_t *curve)
{
    const size_t count = json_array_size(curve);

    return count == 0 ? (double)NAN : json_number_value(json_array_get(curve, count - 1));
}

static struct cell_widths widths_of(const json_t *model, int columns)
{
    const json_t *attempts = json_object_get(model, "attempts");
    struct cell_widths widths = {0};
    char text[FORMAT_BYTES];

    for (size_t i = 0; i < json_array_size(attempts); i++) {
        const json_t *attempt = json_array_get(attempts, i);
        const int worker = text_columns(model_text(attempt, "worker"));
        widths.trial = wider(widths.trial, text_columns(model_text(attempt, "trial")));
        widths.worker = wider(widths.worker, worker < WORKER_COLUMNS ? worker : WORKER_COLUMNS);
        step_text(text, model, attempt);
        widths.step = wider(widths.step, text_columns(text));
        (void)format_value(text, curve_last(json_object_get(attempt, "curve")));
        widths.value = wider(widths.value, text_columns(text));
    }
    const int words = widths.trial + widths.worker + widths.step + widths.value + 8;
    const int across = (columns + CELL_GAP) / (words + CURVE_SHORT + CELL_GAP);
    const int room = across > 1 ? (columns + CELL_GAP) / across - words - CELL_GAP : CURVE_POINTS;
    widths.curve = room < CURVE_POINTS ? room : CURVE_POINTS;
    widths.all = words + widths.curve;
    return widths;
}

static void attempt_print(struct screen *screen, const json_t *model, const json_t *attempt,
                          const struct cell_widths *widths)
{
    const json_t *curve = json_object_get(attempt, "curve");
    const int start = screen->at;
    double values[CURVE_POINTS];
    char text[FORMAT_BYTES];

    screen_print(screen, "%s", model_text(attempt, "trial"));
    screen_tab(screen, start + widths->trial + 2);
    screen_text(screen, model_text(attempt, "worker"), WORKER_COLUMNS);
    screen_tab(screen, start + widths->trial + widths->worker + 4);
    step_text(text, model, attempt);
    screen_print(screen, "%s", text);
    screen_tab(screen, start + widths->trial + widths->worker + widths->step + 6);
    screen_print(screen, "%s", format_value(text, curve_last(curve)));
    screen_tab(screen, start + widths->trial + widths->worker + widths->step + widths->value + 8);
    for (size_t i = 0; i < json_array_size(curve); i++) {
        values[i] = json_number_value(json_array_get(curve, i));
    }
    screen_style(screen, STYLE_BUSY);
    screen_spark(screen, values, json_array_size(curve), widths->curve);
    screen_plain(screen);
}

/* The open attempts, as many side by side as fit. */
static void attempts_print(struct screen *screen, const json_t *model, int rows)
{
    const json_t *attempts = json_object_get(model, "attempts");
    const size_t count = json_array_size(attempts);
    const struct cell_widths widths = widths_of(model, screen->columns);
    const int fit = (screen->columns + CELL_GAP) / (widths.all + CELL_GAP);
    const size_t across = fit < 1 ? 1 : (size_t)fit;
    const size_t lines = (count + across - 1) / across;
    const size_t shown = lines <= (size_t)rows ? count : across * (size_t)(rows > 1 ? rows - 1 : 0);

    for (size_t i = 0; i < shown; i++) {
        const size_t column = i % across;
        if (column > 0) {
            screen_tab(screen, (int)column * (widths.all + CELL_GAP));
        }
        attempt_print(screen, model, json_array_get(attempts, i), &widths);
        if (column + 1 == across || i + 1 == shown) {
            screen_print(screen, "\n");
        }
    }
    if (shown < count) {
        screen_print(screen, "and %zu more\n", count - shown);
    }
}

/* Whether the subject and the course fit side by side. */
static bool fits_one_line(const struct screen *screen, const json_t *model, int64_t now_ms)
{
    struct screen measure = {.blocks = screen->blocks};

    subject_print(&measure, model);
    gap_print(&measure, 2);
    course_print(&measure, model, now_ms);
    return screen->columns == 0 || measure.at <= screen->columns;
}

void progress_draw(json_t *model, int64_t now_ms, struct screen *screen, int rows)
{
    const char *state = model_text(model, "state");
    const char *reason = model_text(model, "reason");
    int used = 1;

    subject_print(screen, model);
    if (fits_one_line(screen, model, now_ms)) {
        gap_print(screen, 2);
    } else {
        screen_print(screen, "\n");
        used++;
    }
    course_print(screen, model, now_ms);
    screen_print(screen, "\n");
    if (json_is_object(json_object_get(model, "agenda"))) {
        agenda_line(screen, json_object_get(model, "agenda"), now_ms);
        used++;
    }
    if (strcmp(state, "running") != 0) {
        screen_style(screen, state_style(state));
        screen_print(screen, "%s", state);
        screen_plain(screen);
        screen_print(screen, *reason == '\0' ? "" : ": ");
        screen_text(screen, reason, 0);
        screen_print(screen, "\n");
        used++;
    }
    attempts_print(screen, model, rows - used);
}

/* ---- the lines ---- */

json_t *progress_events(struct query *query, int64_t experiment, int64_t last_event)
{
    return query_rows(
        query,
        "SELECT v.id, v.time, v.kind, v.experiment, v.trial, v.attempt, w.name AS worker, v.a, v.b,"
        " coalesce(replace(v.text, ' worker ' || v.worker, ' ' || w.name), v.text, v.kind) AS text,"
        " t.value, t.told, e.metric, e.budget_trials, " PROGRESS_MESSAGE_SQL
        " AS message FROM event AS v LEFT JOIN trial AS t ON v.kind = 'trial' AND t.experiment = "
        "v.experiment"
        " AND t.number = v.trial LEFT JOIN experiment AS e ON e.id = v.experiment"
        " LEFT JOIN worker AS w ON w.id = v.worker"
        " WHERE v.id > ? AND (v.experiment = ? OR v.experiment IS NULL) ORDER BY v.id",
        "ii", last_event, experiment);
}

/* Steps on the way to what the next line says, and moves that come by the thousand. */
static bool event_matters(const json_t *event)
{
    static const char *const quiet[] = {"suggested", "suggestion_stale", "accepted", "checkpoint"};
    const char *kind = model_text(event, "kind");
    const int64_t a = model_integer(event, "a");

    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++) {
        if (strcmp(quiet[i], kind) == 0) {
            return false;
        }
    }
    if (strcmp(kind, "attempt_ended") == 0) {
        return a != ATTEMPT_DONE;
    }
    return strcmp(kind, "trial") != 0 || (a != TRIAL_QUEUED && a != TRIAL_RUNNING);
}

/* Of a message of several lines, the first says what was seen, and the last is what it printed
 * last.
 */
void progress_event_text(const json_t *event, struct screen *screen)
{
    const char *message = model_text(event, "message");
    const size_t first = strcspn(message, "\n");
    const char *last = strrchr(message, '\n');
    char *line = strndup(message, first);

    screen_text(screen, model_text(event, "text"), 0);
    if (line != NULL && *line != '\0') {
        screen_print(screen, ": ");
        screen_text(screen, line, 0);
    }
    if (last != NULL) {
        screen_print(screen, " ");
        screen_text(screen, last + 1 + strspn(last + 1, " "), 0);
    }
    free(line);
}

void progress_event_line(const json_t *event, struct screen *screen)
{
    char text[FORMAT_BYTES];

    if (!event_matters(event)) {
        return;
    }
    screen_style(screen, STYLE_DIM);
    screen_print(screen, "%s", format_seconds(text, model_time(event, "time")));
    screen_plain(screen);
    screen_print(screen, "  ");
    progress_event_text(event, screen);
    if (model_has(event, "value")) {
        screen_print(screen, "  ");
        screen_text(screen, model_text(event, "metric"), 0);
        screen_print(screen, " %s", format_value(text, model_real(event, "value")));
    }
    if (model_has(event, "told") && model_has(event, "budget_trials")) {
        screen_print(screen, "  %" PRId64 "/%" PRId64, model_integer(event, "told"),
                     model_integer(event, "budget_trials"));
    }
    screen_print(screen, "\n");
}
