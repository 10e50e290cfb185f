/*
 * Knows the linear program's dual. With an hour of work worth `value`, a level (the k-th slot of a
 * pool) is on in some ticks and off in others so that paid minus worth is least; the work that all
 * levels do then grows with the value, and the bound is highest where it meets the work wanted.
 */
#include "sim/bound.h"

#include <math.h>

static const double hour_ms = 3600000;

struct path {
    double cost_micro; /* reduced: paid minus value of the work */
    double work_ms;
};

static struct path path_better(struct path a, struct path b)
{
    return a.cost_micro <= b.cost_micro ? a : b;
}

static struct path level_path(const struct market *market, const struct market_pool *pool,
                              int32_t level, int32_t start, int32_t ticks, double value)
{
    const double per_ms = value / hour_ms;
    const double tick_ms = (double)market->tick_ms;
    const double delay_ms = (double)market->delay_ms;
    struct path off = {0, 0};
    struct path on = {INFINITY, 0};

    for (int32_t tick = start; tick < start + ticks; tick++) {
        struct path next_on = {INFINITY, 0};
        const struct path next_off = path_better(off, on);
        if (pool->available[tick] >= level) {
            const struct path started = {off.cost_micro + delay_ms * per_ms,
                                         off.work_ms - delay_ms};
            next_on = path_better(on, started);
            next_on.cost_micro += ((double)pool->price_micro[tick] / hour_ms - per_ms) * tick_ms;
            next_on.work_ms += tick_ms;
        }
        off = next_off;
        on = next_on;
    }
    return path_better(off, on);
}

static void add_path(struct path *sum, struct path path, double times)
{
    sum->cost_micro += path.cost_micro * times;
    sum->work_ms += path.work_ms * times;
}

/* The first level above `level` that is available in other ticks. */
static int32_t next_level(const struct market_pool *pool, int32_t level, int32_t start,
                          int32_t ticks)
{
    int32_t next = pool->lanes + 1;

    for (int32_t tick = start; tick < start + ticks; tick++) {
        if (pool->available[tick] >= level && pool->available[tick] + 1 < next) {
            next = pool->available[tick] + 1;
        }
    }
    return next;
}

static struct path pool_path(const struct market *market, int32_t index, int32_t start,
                             int32_t ticks, double value)
{
    const struct market_pool *pool = &market->pools[index];
    struct path sum = {0, 0};
    int32_t level = 1;

    while (level <= pool->lanes) {
        const int32_t next = next_level(pool, level, start, ticks);
        add_path(&sum, level_path(market, pool, level, start, ticks, value), next - level);
        level = next;
    }
    return sum;
}

/* On-demand is never taken away: from the first tick to the last, or not at all. */
static struct path on_demand_path(const struct market *market, int32_t ticks, int32_t slots,
                                  double value)
{
    const double span_ms = (double)ticks * (double)market->tick_ms;
    const double per_ms = value / hour_ms;
    struct path on = {((double)market->on_demand_micro / hour_ms - per_ms) * span_ms +
                          (double)market->delay_ms * per_ms,
                      span_ms - (double)market->delay_ms};
    struct path sum = {0, 0};

    add_path(&sum, path_better((struct path){0, 0}, on), slots);
    return sum;
}

int64_t bound_fleet_micro(const struct market *market, int32_t start, int32_t ticks,
                          int64_t work_ms, int32_t on_demand_max)
{
    const int bisections = 80;
    double low = 0;
    double high = 64e12;
    double best = 0;

    for (int step = 0; step < bisections; step++) {
        const double value = (low + high) / 2;
        struct path sum = on_demand_path(market, ticks, on_demand_max, value);
        for (int32_t i = 0; i < market->pool_count; i++) {
            add_path(&sum, pool_path(market, i, start, ticks, value), 1);
        }
        const double bound = value * (double)work_ms / hour_ms + sum.cost_micro;
        best = bound > best ? bound : best;
        if (sum.work_ms < (double)work_ms) {
            low = value;
        } else {
            high = value;
        }
    }
    return (int64_t)best;
}
