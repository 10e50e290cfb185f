/*
 * Knows how the columns and rows of a trace become pools on one axis of ticks.
 */
#include "sim/market.h"

#include "base/assert.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t start_up_ms = 720000;

static int64_t micro(double price)
{
    return llround(price * 1e6);
}

static void fill_price(struct market_pool *pool, int32_t from, int32_t count, int64_t price_micro)
{
    for (int32_t tick = from; tick < count; tick++) {
        pool->price_micro[tick] = price_micro;
    }
}

static void fill_available(struct market_pool *pool, const struct csv *availability, size_t column,
                           int32_t lanes)
{
    for (size_t tick = 0; tick < availability->row_count; tick++) {
        const int32_t available = (int32_t)csv_cell(availability, tick, column) * lanes;
        pool->available[tick] = available;
        pool->lanes = available > pool->lanes ? available : pool->lanes;
    }
}

enum tide_status market_init(struct market *market, const struct csv *availability, int32_t lanes,
                             int64_t tick_ms, int64_t spot_micro, int64_t on_demand_micro,
                             struct error *error)
{
    const size_t ticks = availability->row_count;

    memset(market, 0, sizeof *market);
    market->tick_count = (int32_t)ticks;
    market->tick_ms = tick_ms;
    market->delay_ms = start_up_ms;
    market->on_demand_micro = on_demand_micro;
    market->pool_count = (int32_t)availability->column_count - 1;
    for (int32_t i = 0; i < market->pool_count; i++) {
        struct market_pool *pool = &market->pools[i];
        (void)text_copy(pool->name, sizeof pool->name, availability->names[i + 1]);
        pool->available = calloc(ticks, sizeof *pool->available);
        pool->price_micro = calloc(ticks, sizeof *pool->price_micro);
        if (!pool->available || !pool->price_micro) {
            market_fini(market);
            return error_set(error, TIDE_NO_MEMORY, "no memory for %zu ticks", ticks);
        }
        fill_available(pool, availability, (size_t)i + 1, lanes);
        fill_price(pool, 0, market->tick_count, spot_micro);
    }
    return TIDE_OK;
}

void market_fini(struct market *market)
{
    for (int32_t i = 0; i < market->pool_count; i++) {
        free(market->pools[i].available);
        free(market->pools[i].price_micro);
    }
    memset(market, 0, sizeof *market);
}

void market_starts_listed(struct market *market, const struct csv *windows,
                          const struct csv *availability)
{
    const int32_t first = (int32_t)csv_cell(availability, 0, 0);

    for (size_t row = 0; row < windows->row_count; row++) {
        if (market->start_count < MARKET_STARTS_MAX) {
            market->starts[market->start_count++] = (int32_t)csv_cell(windows, row, 1) - first;
        }
    }
}

void market_starts_even(struct market *market, int32_t count, int64_t window_ms)
{
    const int64_t room = market->tick_count - window_ms / market->tick_ms;

    ASSERT(room >= 0);
    ASSERT(count > 1 && count <= MARKET_STARTS_MAX);
    market->start_count = count;
    for (int32_t i = 0; i < count; i++) {
        market->starts[i] = (int32_t)(room * i / (count - 1));
    }
}

static struct market_pool *find_pool(struct market *market, const char *name)
{
    for (int32_t i = 0; i < market->pool_count; i++) {
        if (text_equal(market->pools[i].name, name)) {
            return &market->pools[i];
        }
    }
    return NULL;
}

void market_price_changes(struct market *market, const struct csv *changes)
{
    for (size_t row = 0; row < changes->row_count; row++) {
        struct market_pool *pool = find_pool(market, changes->labels[row]);
        if (pool) {
            fill_price(pool, (int32_t)csv_cell(changes, row, 1), market->tick_count,
                       micro(csv_cell(changes, row, 2)));
        }
    }
}

void market_price_list(struct market *market, const struct csv *list, int32_t units)
{
    market->on_demand_micro = INT64_MAX;
    for (size_t row = 0; row < list->row_count; row++) {
        struct market_pool *pool = find_pool(market, list->labels[row]);
        const int64_t on_demand_micro = micro(csv_cell(list, row, 1) / units);
        if (pool) {
            fill_price(pool, 0, market->tick_count, micro(csv_cell(list, row, 2) / units));
        }
        if (on_demand_micro < market->on_demand_micro) {
            market->on_demand_micro = on_demand_micro;
        }
    }
}

struct market market_lane(const struct market *market, int32_t pool, int32_t level,
                          int32_t *available)
{
    struct market lane = *market;

    lane.pool_count = 1;
    lane.pools[0] = market->pools[pool];
    lane.pools[0].lanes = 1;
    lane.pools[0].available = available;
    for (int32_t tick = 0; tick < market->tick_count; tick++) {
        available[tick] = market->pools[pool].available[tick] >= level;
    }
    return lane;
}

int32_t market_lanes(const struct market *market)
{
    int32_t lanes = 0;

    for (int32_t i = 0; i < market->pool_count; i++) {
        lanes += market->pools[i].lanes;
    }
    return lanes;
}
