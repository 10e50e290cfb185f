/*
 * workers: every worker that is or was connected, and what it runs.
 */
#include "commands/format.h"
#include "commands/pools.h"
#include "commands/reading.h"
#include "commands/table.h"
#include "commands/verbs.h"

#include <inttypes.h>
#include <stdio.h>

static json_t *workers_model(const struct reading *reading)
{
    static const char sql[] =
        "SELECT w.name, CASE WHEN NOT w.connected THEN 'away' WHEN w.draining THEN 'draining'"
        " ELSE 'connected' END AS state, w.slots, count(a.worker) AS busy,"
        " json_group_array(a.experiment || '.' || a.trial) FILTER (WHERE a.worker IS NOT NULL)"
        " AS \"trials:json\", w.cpus_milli, w.gpus, w.memory_bytes, w.pool, w.host,"
        " w.labels AS \"labels:json\", w.software, w.first_seen, w.last_seen"
        " FROM worker AS w LEFT JOIN attempt AS a ON a.worker = w.id"
        " AND a.ended IS NULL"
        " WHERE w.connected OR ? GROUP BY w.id ORDER BY w.connected DESC, w.name";

    return json_pack("{s:o, s:o}", "workers",
                     query_rows(reading->query, sql, "i",
                                (int64_t)(options_value(reading->options, "all") != NULL)),
                     "pools", pools_model(reading->query, reading->now_ms));
}

static enum style worker_style(const json_t *worker)
{
    const char *state = model_text(worker, "state");

    return *state == 'c' ? STYLE_GOOD : *state == 'd' ? STYLE_WARN : STYLE_DIM;
}

/* "7.40 7.42" and how many more. */
static void trials_cell(struct table *table, const json_t *trials)
{
    enum { SHOWN_MAX = 4 };
    char text[160] = "";
    size_t bytes = 0;

    for (size_t i = 0; i < json_array_size(trials) && i < SHOWN_MAX; i++) {
        bytes += (size_t)snprintf(text + bytes, sizeof text - bytes, "%s%.24s", i == 0 ? "" : " ",
                                  json_string_value(json_array_get(trials, i)));
    }
    if (json_array_size(trials) > SHOWN_MAX) {
        (void)snprintf(text + bytes, sizeof text - bytes, " +%zu",
                       json_array_size(trials) - SHOWN_MAX);
    }
    table_cell(table, STYLE_NONE, "%s", text);
}

static void worker_cells(struct table *table, const json_t *worker, int64_t now_ms)
{
    char text[FORMAT_BYTES];

    table_cell(table, STYLE_BOLD, "%s", model_text(worker, "name"));
    table_cell(table, worker_style(worker), "%s", model_text(worker, "state"));
    table_cell(table, STYLE_NONE, "%" PRId64 "/%" PRId64, model_integer(worker, "busy"),
               model_integer(worker, "slots"));
    table_cell(table, STYLE_NONE, "%.4g", (double)model_integer(worker, "cpus_milli") / 1000);
    table_cell(table, STYLE_NONE, "%s", format_bytes(text, model_integer(worker, "memory_bytes")));
    table_cell(table, STYLE_NONE, "%" PRId64, model_integer(worker, "gpus"));
    table_cell(table, STYLE_NONE, "%s", model_text(worker, "pool"));
    table_cell(table, STYLE_NONE, "%s", model_text(worker, "host"));
    table_cell(table, STYLE_NONE, "%s", format_time(text, model_time(worker, "last_seen"), now_ms));
    trials_cell(table, json_object_get(worker, "trials"));
}

static bool workers_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    static const char *const titles[] = {"NAME", "STATE", "SLOTS", "CPUS", "MEMORY",
                                         "GPUS", "POOL",  "HOST",  "SEEN", "RUNS"};
    enum { COLUMN_COUNT = sizeof titles / sizeof *titles };
    const json_t *workers = json_object_get(model, "workers");
    const json_t *pools = json_object_get(model, "pools");
    struct table *table = table_new(COLUMN_COUNT);

    if (table == NULL) {
        return false;
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        table_cell(table, STYLE_DIM, "%s", titles[i]);
    }
    for (size_t i = 0; i < json_array_size(workers); i++) {
        worker_cells(table, json_array_get(workers, i), reading->now_ms);
    }
    bool printed = table_print(table, screen);
    table_free(table);
    if (printed && json_array_size(pools) > 0) {
        screen_print(screen, "\n");
        printed = pools_table(screen, pools);
    }
    if (json_array_size(workers) == 0) {
        (void)fputs("no worker is connected; --all shows those of the past\n", stderr);
    }
    return printed;
}

static const struct option_rule rules[] = {
    {"all", 'a', NULL, "workers that are not connected any more too"}};

const struct reading_verb verb_workers = {
    .usage = {.verb = "workers",
              .arguments = "",
              .text = "Every connected worker: its slots and how many are busy, what it offers,\n"
                      "when it was last heard of, and the trials it runs; then the pools of the\n"
                      "coordinator's configuration: their prices, machines and troubles.",
              .rules = rules,
              .rule_count = sizeof rules / sizeof *rules,
              .example = "tidemill workers\ntidemill workers --all --json"},
    .targets = READING_NOTHING,
    .model = workers_model,
    .screen = workers_screen,
};

int command_workers(int argc, char **argv)
{
    return reading_run(&verb_workers, argc, argv, wall_ms());
}
