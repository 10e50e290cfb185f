/*
 * scenario: one spec in one recorded market, from what was read of both: prices as steps, what
 * machines came and went as a table, windows as stretches of UTC.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "base/timeline.h"
#include "sim/market.h"

struct scenario_source {
    int64_t from_ms; /* UTC */
    int64_t to_ms;   /* the deadline, or the end of what is known */
    int64_t tick_ms;
    int64_t delay_ms;                /* start-up of a machine */
    int64_t known_ms;                /* prices are known so far ahead */
    const struct price_step *prices; /* at least one; before the first, the first holds */
    size_t price_count;
    const struct interval *windows; /* NULL: always open */
    size_t window_count;
    int64_t max_price_micro;    /* nothing runs above it; INT64_MAX: no such limit */
    const struct csv *machines; /* NULL: `slots` machines that stay */
    int64_t machines_tick_ms;   /* of its rows, when its first column is `tick` */
    int64_t machines_shift_ms;  /* where in it the replay starts; it is repeated at its end */
    int32_t slots;              /* for each unit of a cell */
    int64_t on_demand_micro;
};

struct scenario {
    struct market market;
    bool *open;
};

/*
 * scenario_init: the market of `source`. The first column of `machines` is `tick`, or a time in
 * seconds at which its row begins to hold. TIDE_INVALID when times do not ascend, TIDE_LIMIT,
 * TIDE_NO_MEMORY. Ended by scenario_fini.
 */
enum tide_status scenario_init(struct scenario *scenario, const struct scenario_source *source,
                               struct error *error);

/* scenario_fini: accepts a zeroed one. */
void scenario_fini(struct scenario *scenario);

#endif
