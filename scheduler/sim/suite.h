/*
 * suite: the sets of windows on which docs/COST.md compares policies, and the comparison.
 */
#ifndef SIM_SUITE_H
#define SIM_SUITE_H

#include "sim/electricity.h"
#include "sim/episode.h"

#include <stddef.h>

enum { SUITE_ROWS_MAX = 8, SUITE_NAME_BYTES = 64 };

/* suite_traces: the files of tests/data/traces, parsed; borrowed. */
struct suite_traces {
    const struct csv *spot_2022, *windows_2022;
    const struct csv *spot_2023, *prices_2023, *windows_2023;
    const struct csv *fleet_2025, *zone_prices;
};

/* suite_row: one policy over all windows of a set. */
struct suite_row {
    const char *policy;
    int32_t late;
    int64_t cost_micro;            /* summed over windows */
    int64_t spot_ms, on_demand_ms; /* useful */
    int64_t paid_ms;
    double ratio; /* of this cost to the bound's: sum over sum */
    double mean;  /* of the windows' ratios */
    double worst;
};

struct suite_table {
    char name[SUITE_NAME_BYTES];
    const char *bound; /* what ratios are against */
    int32_t windows;
    int64_t work_ms; /* of one window */
    int64_t bound_micro, bound_spot_ms;
    double solid, aim; /* of docs/COST.md; 0 none */
    size_t row_count;
    struct suite_row rows[SUITE_ROWS_MAX];
};

/* suite_count: how many sets of machines there are. */
size_t suite_count(void);

/* suite_run: the set `index` below suite_count. `table` is whole only on TIDE_OK. */
enum tide_status suite_run(const struct suite_traces *traces, size_t index,
                           struct suite_table *table, struct error *error);

#endif
