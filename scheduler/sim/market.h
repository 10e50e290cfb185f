/*
 * market: recorded availability and prices of pools on an axis of equal ticks, and the windows over
 * them that docs/COST.md defines.
 */
#ifndef SIM_MARKET_H
#define SIM_MARKET_H

#include "base/error.h"
#include "sim/csv.h"

#include <stdbool.h>
#include <stdint.h>

enum { MARKET_POOLS_MAX = CSV_COLUMNS_MAX, MARKET_STARTS_MAX = 512 };

struct market_pool {
    char name[CSV_NAME_BYTES];
    int32_t lanes;        /* the most slots that ever are available */
    int32_t *available;   /* by tick: slots that can be held during it */
    int64_t *price_micro; /* by tick: per slot-hour */
};

struct market {
    int32_t pool_count;
    int32_t tick_count;
    int64_t tick_ms;
    int64_t delay_ms;        /* start-up of a slot, paid at its price */
    int64_t on_demand_micro; /* per slot-hour */
    bool stays;              /* machines are the user's own: nobody takes them away */
    const bool *open; /* by tick: whether the user's own windows let anything run; NULL: always */
    int64_t known_ms; /* prices are known so far ahead; 0: no more than the present one */
    int32_t start_count; /* windows of a set: their first ticks */
    int32_t starts[MARKET_STARTS_MAX];
    struct market_pool pools[MARKET_POOLS_MAX];
};

/*
 * market_init: a pool for every column but the first of `availability`, of `lanes` slots for each
 * unit of a cell, all at price `spot_micro`. TIDE_NO_MEMORY. Ended by market_fini.
 */
enum tide_status market_init(struct market *market, const struct csv *availability, int32_t lanes,
                             int64_t tick_ms, int64_t spot_micro, int64_t on_demand_micro,
                             struct error *error);

/* market_fini: accepts a zeroed market. */
void market_fini(struct market *market);

/* market_starts_listed: windows at the ticks of the second column, on the axis of
 * `availability`'s first column. */
void market_starts_listed(struct market *market, const struct csv *windows,
                          const struct csv *availability);

/* market_starts_even: `count` windows of `window_ms`, spread over the whole market. */
void market_starts_even(struct market *market, int32_t count, int64_t window_ms);

/* market_price_changes: rows `zone, from_tick, price per hour`. */
void market_price_changes(struct market *market, const struct csv *changes);

/* market_price_list: rows `zone, on-demand, spot` per hour of `units` slots; on-demand is bought
 * where it is cheapest. */
void market_price_list(struct market *market, const struct csv *list, int32_t units);

/* market_lane: one slot of one pool as a market of its own that borrows `available`, room for
 * tick_count ticks, and everything else from `market`; not to be ended. */
struct market market_lane(const struct market *market, int32_t pool, int32_t level,
                          int32_t *available);

/* market_lanes: over all pools. */
int32_t market_lanes(const struct market *market);

#endif
