/*
 * bound: what a window would have cost with all of its future known.
 */
#ifndef SIM_BOUND_H
#define SIM_BOUND_H

#include "base/error.h"
#include "sim/market.h"

/*
 * bound_fleet_micro: no policy can do `work_ms` of work over `ticks` ticks from `start`, with at
 * most `on_demand_max` on-demand slots, for less. The linear program of docs/COST.md by its dual:
 * counts split into nested on/off levels, for a price of work each level is a shortest path, and
 * the best price is found by bisection.
 */
int64_t bound_fleet_micro(const struct market *market, int32_t start, int32_t ticks,
                          int64_t work_ms, int32_t on_demand_max);

struct bound_single {
    int64_t cost_micro;
    int64_t spot_ms; /* useful */
    int64_t on_demand_ms;
};

/* bound_single: the cheapest way for one trial on one machine at a time, from the market's first
 * pool or on-demand: a dynamic program over tick, machine, start-up and progress. TIDE_NO_MEMORY;
 * TIDE_INVALID when the work cannot be done in time. */
enum tide_status bound_single(const struct market *market, int32_t start, int32_t ticks,
                              int64_t work_ms, struct bound_single *bound, struct error *error);

#endif
