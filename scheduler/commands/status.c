/*
 * status: a line for every experiment.
 */
#include "commands/agenda.h"
#include "commands/alive.h"
#include "commands/format.h"
#include "commands/reading.h"
#include "commands/table.h"
#include "commands/verbs.h"

#include "core/record.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static json_t *status_model(const struct reading *reading)
{
    static const char sql[] =
        "SELECT e.id, e.name, e.state, e.reason, e.created, e.started, e.ended, e.metric,"
        " e.direction, e.budget_trials, p.trials,"
        " p.completed + p.failed + p.buried + p.infeasible + p.pruned + p.cancelled AS done,"
        " p.queued, p.running, p.paused, p.completed, p.failed, p.buried, p.infeasible, p.pruned,"
        " p.cancelled, (SELECT id FROM best WHERE experiment = e.id) AS best_trial,"
        " (SELECT value FROM best WHERE experiment = e.id) AS best_value, e.compute_ms, c.cost,"
        " c.budget_cost, c.currency,"
        " CASE WHEN e.ended IS NULL THEN e.spec END AS spec, e.workdir"
        " FROM experiment AS e JOIN progress AS p ON p.experiment = e.id"
        " JOIN cost AS c ON c.experiment = e.id"
        " WHERE e.id = ?1 OR ?1 = 0 AND (?2 = 1 OR e.ended IS NULL OR e.id IN"
        "  (SELECT id FROM experiment WHERE ended IS NOT NULL ORDER BY id DESC LIMIT 10))"
        " ORDER BY e.id DESC";
    const int64_t all = options_value(reading->options, "all") != NULL;

    json_t *rows = query_rows(reading->query, sql, "ii", reading->target.experiment, all);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        (void)json_object_set_new(
            row, "agenda",
            agenda_read(model_text(row, "spec"), model_text(row, "workdir"), reading->now_ms));
        (void)json_object_del(row, "spec");
        (void)json_object_del(row, "workdir");
    }
    return json_pack("{s:o, s:o}", "coordinator", alive_coordinator(reading->options->store),
                     "experiments", rows);
}

static void done_cell(struct table *table, const json_t *row)
{
    if (model_has(row, "budget_trials")) {
        table_cell(table, STYLE_NONE, "%" PRId64 "/%" PRId64, model_integer(row, "done"),
                   model_integer(row, "budget_trials"));
    } else {
        table_cell(table, STYLE_NONE, "%" PRId64, model_integer(row, "done"));
    }
}

/* Whether windows and prices are what there is to say: it runs, or waits for them. */
static bool gate_decides(const json_t *row)
{
    const char *reason = model_text(row, "reason");

    return *reason == '\0' || strcmp(reason, experiment_reason_text(WHY_WINDOW)) == 0 ||
           strcmp(reason, experiment_reason_text(WHY_PRICE)) == 0;
}

static void why_cell(struct table *table, const json_t *row, bool dead, int64_t now_ms)
{
    const char *reason = model_text(row, "reason");
    char time[FORMAT_BYTES];
    char brief[AGENDA_TEXT_BYTES];

    (void)agenda_brief(brief, json_object_get(row, "agenda"), now_ms);
    if (dead && !model_has(row, "ended")) {
        table_cell(table, STYLE_BAD, "no coordinator is running");
    } else if (strcmp(model_text(row, "state"), "completed") == 0) {
        table_cell(table, STYLE_NONE, "ended %s",
                   format_time(time, model_time(row, "ended"), now_ms));
    } else if (gate_decides(row) && *brief != '\0') {
        table_cell(table, STYLE_NONE, "%s", brief);
    } else {
        table_cell(table, STYLE_NONE, "%s", reason);
    }
}

/* "4.10/20", or what was spent alone. */
static void cost_cell(struct table *table, const json_t *row)
{
    char spent[FORMAT_BYTES] = "0";

    if (model_real(row, "cost") > 0) {
        (void)format_money(spent, llround(model_real(row, "cost") * 1e6));
    }
    if (model_has(row, "budget_cost")) {
        table_cell(table, STYLE_NONE, "%s/%.10g", spent, model_real(row, "budget_cost"));
    } else {
        table_cell(table, STYLE_NONE, "%s", model_real(row, "cost") > 0 ? spent : "-");
    }
}

static void experiment_cells(struct table *table, const json_t *row, bool dead, int64_t now_ms)
{
    const int64_t failed = model_integer(row, "failed") + model_integer(row, "buried");
    const double best = model_real(row, "best_value");
    char text[FORMAT_BYTES];

    table_cell(table, STYLE_NONE, "%" PRId64, model_integer(row, "id"));
    table_cell(table, STYLE_BOLD, "%s", model_text(row, "name"));
    table_cell(table, state_style(model_text(row, "state")), "%s", model_text(row, "state"));
    done_cell(table, row);
    table_cell(table, STYLE_NONE, "%" PRId64, model_integer(row, "running"));
    table_cell(table, failed > 0 ? STYLE_BAD : STYLE_NONE, "%" PRId64, failed);
    table_cell(table, STYLE_NONE, "%s", format_value(text, best));
    cost_cell(table, row);
    why_cell(table, row, dead, now_ms);
}

static void status_suggest(const struct options *options, const json_t *rows)
{
    const json_t *latest = json_array_get(rows, 0);
    const int64_t id = model_integer(latest, "id");

    if (latest == NULL) {
        reading_suggest(options, "tidemill run SPEC");
    } else if (strcmp(model_text(latest, "state"), "waiting") == 0) {
        reading_suggest(options, "tidemill why %" PRId64, id);
    } else if (model_has(latest, "ended")) {
        reading_suggest(options, "tidemill %s %" PRId64,
                        model_has(latest, "best_trial") ? "best" : "why", id);
    } else {
        reading_suggest(options, "tidemill watch %" PRId64, id);
    }
}

static bool status_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    static const char *const titles[] = {"ID",   "NAME", "STATE", "DONE",       "RUN",
                                         "FAIL", "BEST", "COST",  "WHY / UNTIL"};
    static const int widths[] = {2, 7, 9, 7, 3, 4, 6, 7, 0};
    enum { COLUMN_COUNT = sizeof titles / sizeof *titles };
    const json_t *rows = json_object_get(model, "experiments");
    const bool dead = json_is_false(json_object_get(model, "coordinator"));
    struct table *table = table_new(COLUMN_COUNT);
    size_t index = 0;
    json_t *row = NULL;

    if (table == NULL) {
        return false;
    }
    table_widen(table, widths, COLUMN_COUNT);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        table_cell(table, STYLE_DIM, "%s", titles[i]);
    }
    json_array_foreach(rows, index, row)
    {
        experiment_cells(table, row, dead, reading->now_ms);
    }
    const bool printed = table_print(table, screen);
    table_free(table);
    status_suggest(reading->options, rows);
    return printed;
}

static const struct option_rule rules[] = {
    {"all", 'a', NULL, "every finished experiment, not the latest ten alone"}};

const struct reading_verb verb_status = {
    .usage = {.verb = "status",
              .arguments = "[ID]",
              .text = "A line for every experiment: how far it is, its best value, what it cost\n"
                      "and what it waits for.",
              .rules = rules,
              .rule_count = sizeof rules / sizeof *rules,
              .arguments_max = 1,
              .example = "tidemill status\ntidemill status digits --json"},
    .targets = READING_ANY,
    .model = status_model,
    .screen = status_screen,
};

int command_status(int argc, char **argv)
{
    return reading_run(&verb_status, argc, argv, wall_ms());
}
