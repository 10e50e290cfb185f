/*
 * Knows the sets, exactly: which trace, which windows, how much work, how many on-demand slots.
 */
#include "sim/suite.h"

#include "base/text.h"
#include "sim/bound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum source { SOURCE_SINGLE, SOURCE_TWO_WEEK, SOURCE_TWO_MONTH, SOURCE_H100 };
enum { H100_WINDOWS = 24, H100_GPUS = 8, TWO_WEEK_STRIDE = 3 };

struct set {
    const char *name;
    enum source source;
    int32_t trials;
    int32_t trial_h;
    int32_t window_h;
    int32_t delay_s;
    int32_t on_demand_max;
    double solid, aim;
};

static const struct set sets[] = {
    {"one job, R 60 h, d .20 h (Table 3)", SOURCE_SINGLE, 1, 48, 60, 720, 1, 1.09, 1.06},
    {"one job, R 52 h, d .05 h", SOURCE_SINGLE, 1, 48, 52, 180, 1, 0, 0},
    {"one job, R 52 h, d .20 h", SOURCE_SINGLE, 1, 48, 52, 720, 1, 0, 0},
    {"one job, R 60 h, d .05 h", SOURCE_SINGLE, 1, 48, 60, 180, 1, 0, 0},
    {"one job, R 70 h, d .05 h", SOURCE_SINGLE, 1, 48, 70, 180, 1, 0, 0},
    {"one job, R 70 h, d .20 h", SOURCE_SINGLE, 1, 48, 70, 720, 1, 0, 0},
    {"two-week, W 1536 h, M 96", SOURCE_TWO_WEEK, 1536, 1, 60, 720, 96, 1.045, 1.03},
    {"two-week, W 1536 h, M 32", SOURCE_TWO_WEEK, 1536, 1, 60, 720, 32, 1.12, 1.09},
    {"two-month, W 1228 h, M 96", SOURCE_TWO_MONTH, 1228, 1, 48, 720, 96, 1.055, 1.04},
    {"H100, W 1000 h, M 96", SOURCE_H100, 1000, 1, 48, 720, 96, 1.08, 1.05},
    {"H100, W 2000 h, M 96", SOURCE_H100, 2000, 1, 48, 720, 96, 1.08, 1.05},
    {"H100, W 2600 h, M 96", SOURCE_H100, 2600, 1, 48, 720, 96, 1.08, 1.05},
    {"H100, W 3200 h, M 96", SOURCE_H100, 3200, 1, 48, 720, 96, 1.08, 1.05},
};

static const int64_t hour_ms = 3600000;
static const int64_t p3_spot_micro = 973100;
static const int64_t p3_on_demand_micro = 3060000;

size_t suite_count(void)
{
    return sizeof sets / sizeof *sets;
}

static enum tide_status open_market(const struct suite_traces *traces, const struct set *set,
                                    struct market *market, struct error *error)
{
    const int32_t lanes = set->source == SOURCE_TWO_MONTH ? 8 : 4;
    enum tide_status status = TIDE_OK;

    switch (set->source) {
    case SOURCE_SINGLE:
    case SOURCE_TWO_WEEK:
        status = market_init(market, traces->spot_2022, set->source == SOURCE_SINGLE ? 1 : lanes,
                             600000, p3_spot_micro, p3_on_demand_micro, error);
        if (status == TIDE_OK) {
            market_starts_listed(market, traces->windows_2022, traces->spot_2022);
        }
        break;
    case SOURCE_TWO_MONTH:
        status =
            market_init(market, traces->spot_2023, lanes, 195000, 0, p3_on_demand_micro, error);
        if (status == TIDE_OK) {
            market_price_changes(market, traces->prices_2023);
            market_starts_listed(market, traces->windows_2023, traces->spot_2023);
        }
        break;
    case SOURCE_H100:
        status = market_init(market, traces->fleet_2025, 1, 600000, 0, 0, error);
        if (status == TIDE_OK) {
            market_price_list(market, traces->zone_prices, H100_GPUS);
            market_starts_even(market, H100_WINDOWS, set->window_h * hour_ms);
        }
        break;
    }
    market->delay_ms = set->delay_s * INT64_C(1000);
    return status;
}

static void row_add(struct suite_row *row, const struct episode_result *result, int64_t bound_micro)
{
    const double ratio = (double)result->cost_micro / (double)bound_micro;

    row->late += result->late;
    row->cost_micro += result->cost_micro;
    row->spot_ms += result->spot_ms;
    row->on_demand_ms += result->on_demand_ms;
    row->paid_ms += result->paid_ms;
    row->mean += ratio;
    row->worst = ratio > row->worst ? ratio : row->worst;
}

static void result_add(struct episode_result *sum, const struct episode_result *result)
{
    sum->late = sum->late || result->late;
    sum->cost_micro += result->cost_micro;
    sum->spot_ms += result->spot_ms;
    sum->on_demand_ms += result->on_demand_ms;
    sum->paid_ms += result->paid_ms;
}

static void table_init(struct suite_table *table, const struct set *set, bool single)
{
    memset(table, 0, sizeof *table);
    (void)text_copy(table->name, sizeof table->name, set->name);
    table->bound = single ? "omniscient" : "offline bound";
    table->work_ms = set->trials * set->trial_h * hour_ms;
    table->solid = set->solid;
    table->aim = set->aim;
    for (int policy = 0; policy < EPISODE_POLICIES; policy++) {
        if (single || policy != EPISODE_UNIFORM_PLAIN) {
            table->rows[table->row_count++].policy =
                episode_policy_text((enum episode_policy)policy);
        }
    }
    if (!single) {
        table->rows[table->row_count++].policy = "uniform progress, per lane";
    }
}

static void table_finish(struct suite_table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        table->rows[i].mean /= table->windows;
        table->rows[i].ratio = (double)table->rows[i].cost_micro / (double)table->bound_micro;
    }
}

/* Every series as a market of its own, every window of it. */
static enum tide_status run_single(const struct market *market, const struct episode_job *job,
                                   int32_t *available, struct suite_table *table,
                                   struct error *error)
{
    const int32_t ticks = (int32_t)(job->window_ms / market->tick_ms);
    enum tide_status status = TIDE_OK;

    for (int32_t i = 0; i < market->pool_count * market->start_count && status == TIDE_OK; i++) {
        const int32_t start = market->starts[i % market->start_count];
        const struct market lane = market_lane(market, i / market->start_count, 1, available);
        struct bound_single bound;
        struct episode_result result;
        if (start + ticks > market->tick_count) {
            continue;
        }
        status = bound_single(&lane, start, ticks, job->trial_ms, &bound, error);
        for (int policy = 0; policy < EPISODE_POLICIES && status == TIDE_OK; policy++) {
            status = episode_run(&lane, start, job, (enum episode_policy)policy, &result, error);
            row_add(&table->rows[policy], &result, bound.cost_micro);
        }
        table->windows++;
        table->bound_micro += bound.cost_micro;
        table->bound_spot_ms += bound.spot_ms;
    }
    return status;
}

/* Uniform Progress for each lane as if it were alone, with its share of the work. */
static enum tide_status run_per_lane(const struct market *market, int32_t start,
                                     const struct episode_job *job, int32_t *available,
                                     struct episode_result *sum, struct error *error)
{
    const struct episode_job share = {.trials = 1,
                                      .trial_ms =
                                          job->trials * job->trial_ms / market_lanes(market),
                                      .window_ms = job->window_ms,
                                      .on_demand_max = 1};
    enum tide_status status = TIDE_OK;

    memset(sum, 0, sizeof *sum);
    for (int32_t pool = 0; pool < market->pool_count; pool++) {
        for (int32_t level = 1; level <= market->pools[pool].lanes && status == TIDE_OK; level++) {
            const struct market lane = market_lane(market, pool, level, available);
            struct episode_result result;
            status = episode_run(&lane, start, &share, EPISODE_UNIFORM, &result, error);
            result_add(sum, &result);
        }
    }
    return status;
}

static enum tide_status run_fleet(const struct market *market, const struct episode_job *job,
                                  int32_t stride, int32_t *available, struct suite_table *table,
                                  struct error *error)
{
    const int32_t ticks = (int32_t)(job->window_ms / market->tick_ms);
    enum tide_status status = TIDE_OK;

    for (int32_t i = 0; i < market->start_count && status == TIDE_OK; i += stride) {
        const int32_t start = market->starts[i];
        const int64_t bound_micro = bound_fleet_micro(
            market, start, ticks, job->trials * job->trial_ms, job->on_demand_max);
        struct episode_result result;
        size_t row = 0;
        for (int policy = 0; policy < EPISODE_POLICIES && status == TIDE_OK; policy++) {
            if (policy != EPISODE_UNIFORM_PLAIN) {
                status =
                    episode_run(market, start, job, (enum episode_policy)policy, &result, error);
                row_add(&table->rows[row++], &result, bound_micro);
            }
        }
        if (status == TIDE_OK) {
            status = run_per_lane(market, start, job, available, &result, error);
            row_add(&table->rows[row], &result, bound_micro);
        }
        table->windows++;
        table->bound_micro += bound_micro;
    }
    return status;
}

enum tide_status suite_run(const struct suite_traces *traces, size_t index,
                           struct suite_table *table, struct error *error)
{
    const struct set *set = &sets[index];
    const struct episode_job job = {.trials = set->trials,
                                    .trial_ms = set->trial_h * hour_ms,
                                    .window_ms = set->window_h * hour_ms,
                                    .on_demand_max = set->on_demand_max};
    const bool single = set->source == SOURCE_SINGLE;
    struct market market;
    int32_t *available = NULL;
    enum tide_status status = open_market(traces, set, &market, error);

    if (status != TIDE_OK) {
        return status;
    }
    table_init(table, set, single);
    available = calloc((size_t)market.tick_count, sizeof *available);
    if (!available) {
        status = error_set(error, TIDE_NO_MEMORY, "no memory for %d ticks", market.tick_count);
    } else if (single) {
        status = run_single(&market, &job, available, table, error);
    } else {
        status = run_fleet(&market, &job, set->source == SOURCE_TWO_WEEK ? TWO_WEEK_STRIDE : 1,
                           available, table, error);
    }
    free(available);
    market_fini(&market);
    table_finish(table);
    return status;
}
