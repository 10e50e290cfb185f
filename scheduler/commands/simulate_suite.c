/*
 * Knows which file of the folder is which trace, and how the comparison is printed. A market's
 * electricity file that is not there is left out: not all of them may be passed on.
 */
#include "commands/simulate_suite.h"

#include "commands/format.h"
#include "commands/reading.h"
#include "commands/table.h"
#include "commands/text_file.h"

#include "sim/suite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRACE_COUNT = 7, PATH_BYTES = 4096, ELECTRICITY_WINDOWS = 300 };

static const char *const trace_files[TRACE_COUNT] = {
    "spot_2022-10-26_us-west-2_600s.csv",
    "windows_2022-10-26.csv",
    "spot_2023-02-15_aws-p3.2xlarge_195s.csv",
    "spotprice_2023-02-15_aws-p3.2xlarge.csv",
    "windows_2023-02-15.csv",
    "fleet_2025-10-04_gcp-a3-highgpu-1g_600s.csv",
    "zoneprice_gcp-a3-highgpu-8g_2025-10-23.csv",
};

static const struct {
    const char *name;
    const char *file;
} electricity_markets[] = {
    {"CAISO", "elec_US-CAL-CISO_2023_1h.csv"},
    {"ERCOT", "elec_US-TEX-ERCO_2023_1h.csv"},
    {"AU-NSW", "elec_AU-NSW_2023_1h.csv"},
};

static const struct {
    int32_t work;
    int32_t window;
} electricity_jobs[] = {{8, 24}, {16, 48}, {36, 48}};

static enum tide_status read_csv(struct csv *csv, const char *folder, const char *file,
                                 struct error *error)
{
    char path[PATH_BYTES];
    char *text = NULL;
    enum tide_status status = TIDE_OK;

    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    status = text_file_read(path, &text, error);
    if (status == TIDE_OK) {
        status = csv_parse(csv, text, error);
        if (status != TIDE_OK) {
            error_at(error, path, error->line, 0);
        }
    }
    free(text);
    return status;
}

/* ---- machines ---- */

static json_t *row_model(const struct suite_table *table, const struct suite_row *row)
{
    const double work_ms = (double)table->work_ms * table->windows;
    json_t *model =
        json_pack("{s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "policy", row->policy, "late",
                  (int)row->late, "ratio", row->ratio, "mean", row->mean, "worst", row->worst,
                  "cost", (double)row->cost_micro / 1e6 / table->windows, "wasted",
                  ((double)row->paid_ms - work_ms) / work_ms, "on_demand_h",
                  (double)row->on_demand_ms / 3.6e6 / table->windows, "spot_h",
                  (double)row->spot_ms / 3.6e6 / table->windows);

    if (table->bound_spot_ms > 0) {
        (void)json_object_set_new(model, "spot_use",
                                  json_real((double)row->spot_ms / (double)table->bound_spot_ms));
    }
    return model;
}

static json_t *table_model(const struct suite_table *table)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < table->row_count; i++) {
        (void)json_array_append_new(rows, row_model(table, &table->rows[i]));
    }
    return json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:o}", "set", table->name, "against",
                     table->bound, "windows", (int)table->windows, "bound",
                     (double)table->bound_micro / 1e6 / table->windows, "bound_spot_h",
                     (double)table->bound_spot_ms / 3.6e6 / table->windows, "solid", table->solid,
                     "aim", table->aim, "rows", rows);
}

static json_t *sets_model(const struct suite_traces *traces, struct error *error)
{
    json_t *sets = json_array();

    for (size_t i = 0; i < suite_count(); i++) {
        struct suite_table table;
        if (suite_run(traces, i, &table, error) != TIDE_OK) {
            json_decref(sets);
            return NULL;
        }
        (void)json_array_append_new(sets, table_model(&table));
    }
    return sets;
}

/* ---- electricity ---- */

static json_t *electricity_row(const char *market, size_t job,
                               const struct electricity_result *result)
{
    json_t *ratios = json_object();

    for (int policy = 0; policy < ELECTRICITY_POLICIES; policy++) {
        (void)json_object_set_new(
            ratios, electricity_policy_text((enum electricity_policy)policy),
            json_real((double)result->cost_micro[policy] / (double)result->bound_micro));
    }
    return json_pack("{s:s, s:i, s:i, s:i, s:o}", "market", market, "work_h",
                     (int)electricity_jobs[job].work, "window_h", (int)electricity_jobs[job].window,
                     "windows", (int)result->windows, "ratio", ratios);
}

static enum tide_status add_market(json_t *rows, const char *folder, size_t market,
                                   struct error *error)
{
    struct csv prices = {0};
    enum tide_status status = read_csv(&prices, folder, electricity_markets[market].file, error);

    for (size_t job = 0; job < sizeof electricity_jobs / sizeof *electricity_jobs; job++) {
        struct electricity_result result;
        if (status == TIDE_OK) {
            status = electricity_run(&prices, ELECTRICITY_WINDOWS, electricity_jobs[job].work,
                                     electricity_jobs[job].window, &result, error);
        }
        if (status == TIDE_OK) {
            (void)json_array_append_new(
                rows, electricity_row(electricity_markets[market].name, job, &result));
        }
    }
    csv_fini(&prices);
    return status;
}

static json_t *electricity_model(const char *folder, struct error *error)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < sizeof electricity_markets / sizeof *electricity_markets; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%s", folder, electricity_markets[i].file);
        if (access(path, R_OK) != 0 && errno == ENOENT) {
            continue;
        }
        if (add_market(rows, folder, i, error) != TIDE_OK) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

json_t *simulate_suite_model(const char *folder, struct error *error)
{
    struct csv csv[TRACE_COUNT] = {{0}};
    const struct suite_traces traces = {
        .spot_2022 = &csv[0],
        .windows_2022 = &csv[1],
        .spot_2023 = &csv[2],
        .prices_2023 = &csv[3],
        .windows_2023 = &csv[4],
        .fleet_2025 = &csv[5],
        .zone_prices = &csv[6],
    };
    enum tide_status status = TIDE_OK;
    json_t *sets = NULL;
    json_t *electricity = NULL;

    for (size_t i = 0; i < TRACE_COUNT && status == TIDE_OK; i++) {
        status = read_csv(&csv[i], folder, trace_files[i], error);
    }
    sets = status == TIDE_OK ? sets_model(&traces, error) : NULL;
    electricity = sets ? electricity_model(folder, error) : NULL;
    for (size_t i = 0; i < TRACE_COUNT; i++) {
        csv_fini(&csv[i]);
    }
    if (!electricity) {
        json_decref(sets);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "sets", sets, "electricity", electricity);
}

/* ---- on screen ---- */

static void policy_cells(struct table *table, const json_t *row)
{
    table_cell(table, STYLE_NONE, "%s", model_text(row, "policy"));
    table_cell(table, STYLE_NONE, "%.3f", model_real(row, "ratio"));
    table_cell(table, STYLE_NONE, "%.3f", model_real(row, "mean"));
    table_cell(table, STYLE_NONE, "%.2f", model_real(row, "worst"));
    table_cell(table, model_integer(row, "late") > 0 ? STYLE_BAD : STYLE_NONE, "%" PRId64,
               model_integer(row, "late"));
    table_cell(table, STYLE_NONE, "%.1f %%", 100 * model_real(row, "wasted"));
    table_cell(table, STYLE_NONE, "%.1f", model_real(row, "on_demand_h"));
    table_cell(table, STYLE_NONE, "%.1f", model_real(row, "spot_h"));
    if (json_object_get(row, "spot_use")) {
        table_cell(table, STYLE_NONE, "%.0f %%", 100 * model_real(row, "spot_use"));
    } else {
        table_cell(table, STYLE_NONE, "-");
    }
}

static bool set_screen(const json_t *set, struct screen *screen)
{
    static const char *const titles[] = {"POLICY", "COST",        "MEAN",   "WORST",   "LATE",
                                         "WASTED", "ON-DEMAND H", "SPOT H", "SPOT USE"};
    enum { COLUMN_COUNT = sizeof titles / sizeof *titles };
    const json_t *rows = json_object_get(set, "rows");
    struct table *table = table_new(COLUMN_COUNT);
    bool printed = false;

    if (!table) {
        return false;
    }
    screen_print(screen, "%s: %" PRId64 " windows, cost over %s (%.2f)", model_text(set, "set"),
                 model_integer(set, "windows"), model_text(set, "against"),
                 model_real(set, "bound"));
    if (model_real(set, "solid") > 0) {
        screen_print(screen, ", solid %.3f, aim %.3f", model_real(set, "solid"),
                     model_real(set, "aim"));
    }
    screen_print(screen, "\n");
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        table_cell(table, STYLE_DIM, "%s", titles[i]);
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        policy_cells(table, json_array_get(rows, i));
    }
    printed = table_print(table, screen);
    screen_print(screen, "\n");
    table_free(table);
    return printed;
}

static bool electricity_screen(const json_t *rows, struct screen *screen)
{
    struct table *table = table_new(2 + ELECTRICITY_POLICIES);
    bool printed = false;

    if (!table) {
        return false;
    }
    screen_print(screen, "electricity: %d windows each, cost over the cheapest hours\n",
                 ELECTRICITY_WINDOWS);
    table_cell(table, STYLE_DIM, "MARKET");
    table_cell(table, STYLE_DIM, "C/R");
    for (int policy = 0; policy < ELECTRICITY_POLICIES; policy++) {
        table_cell(table, STYLE_DIM, "%s",
                   electricity_policy_text((enum electricity_policy)policy));
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *ratio = NULL;
        const char *policy = NULL;
        table_cell(table, STYLE_NONE, "%s", model_text(row, "market"));
        table_cell(table, STYLE_NONE, "%" PRId64 "/%" PRId64, model_integer(row, "work_h"),
                   model_integer(row, "window_h"));
        json_object_foreach((json_t *)(uintptr_t)json_object_get(row, "ratio"), policy, ratio)
        {
            table_cell(table, STYLE_NONE, "%.3f", json_real_value(ratio));
        }
    }
    printed = table_print(table, screen);
    table_free(table);
    return printed;
}

bool simulate_suite_screen(const json_t *model, struct screen *screen)
{
    const json_t *sets = json_object_get(model, "sets");
    bool printed = true;

    for (size_t i = 0; i < json_array_size(sets) && printed; i++) {
        printed = set_screen(json_array_get(sets, i), screen);
    }
    return printed && electricity_screen(json_object_get(model, "electricity"), screen);
}
