/*
 * Knows how three axes of time (prices, machines, windows) are laid over one of ticks.
 */
#include "sim/scenario.h"

#include "base/assert.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { TICKS_MAX = 500000 };

static int64_t price_at(const struct scenario_source *source, size_t *step, int64_t at_ms)
{
    while (*step + 1 < source->price_count && source->prices[*step + 1].start_ms <= at_ms) {
        (*step)++;
    }
    return source->prices[*step].price_micro;
}

static bool is_open(const struct scenario_source *source, size_t *window, int64_t at_ms)
{
    if (!source->windows) {
        return true;
    }
    while (*window < source->window_count && source->windows[*window].close_ms <= at_ms) {
        (*window)++;
    }
    return *window < source->window_count && source->windows[*window].open_ms <= at_ms;
}

/* A tick is open when its whole length is: what starts must be able to leave in time. */
static void lay_windows(struct scenario *scenario, const struct scenario_source *source)
{
    size_t window = 0;
    size_t step = 0;

    for (int32_t tick = 0; tick < scenario->market.tick_count; tick++) {
        const int64_t at_ms = source->from_ms + tick * source->tick_ms;
        const bool fits =
            is_open(source, &window, at_ms) &&
            (!source->windows || source->windows[window].close_ms >= at_ms + source->tick_ms);
        scenario->open[tick] = price_at(source, &step, at_ms) <= source->max_price_micro && fits;
    }
}

static void lay_prices(struct market *market, const struct scenario_source *source)
{
    size_t step = 0;

    for (int32_t tick = 0; tick < market->tick_count; tick++) {
        const int64_t price_micro =
            price_at(source, &step, source->from_ms + tick * source->tick_ms);
        for (int32_t i = 0; i < market->pool_count; i++) {
            market->pools[i].price_micro[tick] = price_micro;
        }
    }
}

static bool has_times(const struct csv *machines)
{
    return !text_equal(machines->names[0], "tick");
}

/* When row `row` begins, from the first one. */
static int64_t row_ms(const struct scenario_source *source, size_t row)
{
    const struct csv *machines = source->machines;

    if (!has_times(machines)) {
        return (int64_t)row * source->machines_tick_ms;
    }
    return (int64_t)((csv_cell(machines, row, 0) - csv_cell(machines, 0, 0)) * 1000);
}

/* The row that holds `at_ms` after the first; the recording begins again when it is over. */
static size_t find_row(const struct scenario_source *source, int64_t at_ms)
{
    const size_t rows = source->machines->row_count;
    const int64_t last_ms = row_ms(source, rows - 1);
    const int64_t span_ms = last_ms + (rows > 1 ? last_ms / (int64_t)(rows - 1) : 1);
    const int64_t within_ms = span_ms > 0 ? at_ms % span_ms : 0;
    size_t low = 0;
    size_t count = rows;

    while (count > 0) {
        const size_t half = count / 2;
        if (row_ms(source, low + half) <= within_ms) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low > 0 ? low - 1 : 0;
}

static void lay_machines(struct scenario *scenario, const struct scenario_source *source)
{
    struct market *market = &scenario->market;

    for (int32_t i = 0; i < market->pool_count; i++) {
        struct market_pool *pool = &market->pools[i];
        for (int32_t tick = 0; tick < market->tick_count; tick++) {
            const int64_t at_ms = source->machines_shift_ms + tick * source->tick_ms;
            const int32_t units =
                source->machines
                    ? (int32_t)csv_cell(source->machines, find_row(source, at_ms), (size_t)i + 1)
                    : 1;
            const int32_t slots = units > 0 ? units * source->slots : 0;
            pool->lanes = slots > pool->lanes ? slots : pool->lanes;
            pool->available[tick] = scenario->open[tick] ? slots : 0;
        }
    }
}

static enum tide_status allocate(struct scenario *scenario, const struct scenario_source *source,
                                 struct error *error)
{
    struct market *market = &scenario->market;
    const size_t ticks = (size_t)market->tick_count;
    bool whole = true;

    scenario->open = calloc(ticks, sizeof *scenario->open);
    for (int32_t i = 0; i < market->pool_count; i++) {
        struct market_pool *pool = &market->pools[i];
        (void)text_copy(pool->name, sizeof pool->name,
                        source->machines ? source->machines->names[i + 1] : "machines");
        pool->available = calloc(ticks, sizeof *pool->available);
        pool->price_micro = calloc(ticks, sizeof *pool->price_micro);
        whole = whole && pool->available && pool->price_micro;
    }
    return whole && scenario->open
               ? TIDE_OK
               : error_set(error, TIDE_NO_MEMORY, "no memory for %zu ticks", ticks);
}

static enum tide_status check(const struct scenario_source *source, struct error *error)
{
    const int64_t ticks = (source->to_ms - source->from_ms) / source->tick_ms;

    if (ticks < 1 || ticks > TICKS_MAX) {
        return error_set(error, TIDE_LIMIT, "between 1 and %d ticks can be simulated, not %lld",
                         TICKS_MAX, (long long)ticks);
    }
    for (size_t row = 1; source->machines && row < source->machines->row_count; row++) {
        if (row_ms(source, row) <= row_ms(source, row - 1)) {
            (void)error_set(error, TIDE_INVALID, "times must ascend");
            error_at(error, "", (int)row + 2, 0);
            return TIDE_INVALID;
        }
    }
    return TIDE_OK;
}

enum tide_status scenario_init(struct scenario *scenario, const struct scenario_source *source,
                               struct error *error)
{
    struct market *market = &scenario->market;
    enum tide_status status = check(source, error);

    memset(scenario, 0, sizeof *scenario);
    if (status != TIDE_OK) {
        return status;
    }
    market->tick_count = (int32_t)((source->to_ms - source->from_ms) / source->tick_ms);
    market->tick_ms = source->tick_ms;
    market->delay_ms = source->delay_ms;
    market->known_ms = source->known_ms;
    market->stays = source->machines == NULL;
    market->on_demand_micro = source->on_demand_micro;
    market->pool_count = source->machines ? (int32_t)source->machines->column_count - 1 : 1;
    status = allocate(scenario, source, error);
    if (status != TIDE_OK) {
        scenario_fini(scenario);
        return status;
    }
    market->open = scenario->open;
    lay_windows(scenario, source);
    lay_prices(market, source);
    lay_machines(scenario, source);
    return TIDE_OK;
}

void scenario_fini(struct scenario *scenario)
{
    free(scenario->open);
    scenario->open = NULL;
    market_fini(&scenario->market);
}
