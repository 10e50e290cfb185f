/*
 * Knows the cheapest schedule of one trial on one machine at a time. A state is a machine and how
 * much of its start-up has passed; for every progress the least cost to be there is carried from
 * tick to tick. Progress is counted in the largest unit that divides tick and start-up; only what
 * can have been reached, and from where the goal can still be, is looked at.
 */
#include "sim/bound.h"

#include "base/assert.h"
#include "core/ledger.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MACHINES = 2, SPOT = 0 };

static const int64_t unreachable = INT64_MAX / 2;

/* A cost in millionths above the units of spot work on the way there: the least of two is the
 * cheaper one. */
enum { SPOT_BITS = 20 };

struct schedule {
    const struct market *market;
    int32_t goal; /* units of progress */
    int32_t pace; /* units a warm machine does in a tick */
    int32_t ages; /* ticks until a machine is warm, rounded up */
    int32_t low;  /* the progress that is looked at now, both included */
    int32_t high;
    int64_t unit_ms;
    int64_t *now;  /* by state: idle, then every machine at every age, then the best of all */
    int64_t *next; /* the same after the tick */
    int64_t best;
};

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int32_t state_count(const struct schedule *schedule)
{
    return 1 + MACHINES * schedule->ages;
}

static int64_t *row(const struct schedule *schedule, int64_t *cells, int32_t state)
{
    return cells + (size_t)state * ((size_t)schedule->goal + 1);
}

static void clear(const struct schedule *schedule, int64_t *cells, int32_t low, int32_t high)
{
    for (int32_t state = 0; state <= state_count(schedule); state++) {
        int64_t *line = row(schedule, cells, state);
        for (int32_t i = low; i <= high; i++) {
            line[i] = unreachable;
        }
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Where a machine can be started from: the best over all states, which is also the idle state of
 * the next tick. */
static void merge_states(const struct schedule *schedule)
{
    int64_t *any = row(schedule, schedule->now, state_count(schedule));
    int64_t *idle = row(schedule, schedule->next, 0);

    for (int32_t state = 0; state < state_count(schedule); state++) {
        const int64_t *line = row(schedule, schedule->now, state);
        for (int32_t i = schedule->low; i <= schedule->high; i++) {
            any[i] = state == 0 ? line[i] : least(any[i], line[i]);
        }
    }
    memcpy(idle + schedule->low, any + schedule->low,
           (size_t)(schedule->high - schedule->low + 1) * sizeof *any);
}

/* One tick on a machine: progress `gain`, at most to the goal. */
static void advance(const struct schedule *schedule, const int64_t *from, int64_t *to, int32_t gain,
                    int64_t paid_micro, bool spot)
{
    const int64_t paid = (paid_micro << SPOT_BITS) + (spot ? gain : 0);
    const int32_t whole =
        schedule->goal - gain < schedule->high ? schedule->goal - gain : schedule->high;

    for (int32_t i = schedule->low; i <= whole; i++) {
        to[i + gain] = least(to[i + gain], from[i] + paid);
    }
    for (int32_t i = whole < schedule->low ? schedule->low : whole + 1;
         i <= schedule->high && i < schedule->goal; i++) {
        const int64_t less = spot ? gain - (schedule->goal - i) : 0;
        to[schedule->goal] = least(to[schedule->goal], from[i] + paid - less);
    }
}

/* Every age of one machine. */
static void run_machine(const struct schedule *schedule, int32_t machine, int64_t price_micro)
{
    const int64_t tick_ms = schedule->market->tick_ms;
    const int64_t paid_micro =
        ledger_cost_micro(price_micro, tick_ms, (struct ledger_scale){.slots = 1});

    for (int32_t age = 0; age <= schedule->ages; age++) {
        const int64_t warm_ms = (age + 1) * tick_ms - schedule->market->delay_ms;
        const int64_t gain_ms = warm_ms < 0 ? 0 : warm_ms < tick_ms ? warm_ms : tick_ms;
        const int32_t first = 1 + machine * schedule->ages;
        const int32_t from = age == 0 ? state_count(schedule) : first + age - 1;
        const int32_t to = first + (age < schedule->ages ? age : schedule->ages - 1);
        advance(schedule, row(schedule, schedule->now, from), row(schedule, schedule->next, to),
                (int32_t)(gain_ms / schedule->unit_ms), paid_micro, machine == SPOT);
    }
}

/* `left` ticks come after this one. */
static void run_tick(struct schedule *schedule, int32_t tick, int32_t left)
{
    const struct market_pool *pool = &schedule->market->pools[0];
    const int32_t reach = schedule->high + schedule->pace;
    const int64_t needed = schedule->goal - (int64_t)schedule->pace * left;
    int64_t *swapped = schedule->now;

    clear(schedule, schedule->next, schedule->low, reach < schedule->goal ? reach : schedule->goal);
    merge_states(schedule);
    if (pool->available[tick] > 0) {
        run_machine(schedule, SPOT, pool->price_micro[tick]);
    }
    run_machine(schedule, SPOT + 1, schedule->market->on_demand_micro);
    for (int32_t state = 1; state < state_count(schedule); state++) {
        schedule->best =
            least(schedule->best, row(schedule, schedule->next, state)[schedule->goal]);
    }
    schedule->now = schedule->next;
    schedule->next = swapped;
    schedule->high = reach < schedule->goal - 1 ? reach : schedule->goal - 1;
    schedule->low = needed > schedule->low ? (int32_t)needed : schedule->low;
}

static enum tide_status schedule_run(struct schedule *schedule, int32_t start, int32_t ticks,
                                     struct error *error)
{
    const size_t cells = (size_t)(state_count(schedule) + 1) * ((size_t)schedule->goal + 1);

    schedule->now = calloc(cells, sizeof *schedule->now);
    schedule->next = calloc(cells, sizeof *schedule->next);
    if (!schedule->now || !schedule->next) {
        return error_set(error, TIDE_NO_MEMORY, "no memory for %zu states", cells);
    }
    clear(schedule, schedule->now, 0, schedule->goal);
    clear(schedule, schedule->next, 0, schedule->goal);
    schedule->now[0] = 0;
    for (int32_t tick = 0; tick < ticks && schedule->low <= schedule->high; tick++) {
        run_tick(schedule, start + tick, ticks - tick - 1);
    }
    return TIDE_OK;
}

enum tide_status bound_single(const struct market *market, int32_t start, int32_t ticks,
                              int64_t work_ms, struct bound_single *bound, struct error *error)
{
    const int64_t unit_ms = common_divisor(market->tick_ms, market->delay_ms);
    const int64_t ages = (market->delay_ms + market->tick_ms - 1) / market->tick_ms;
    struct schedule schedule = {.market = market,
                                .unit_ms = unit_ms,
                                .goal = (int32_t)(work_ms / unit_ms),
                                .pace = (int32_t)(market->tick_ms / unit_ms),
                                .ages = ages > 0 ? (int32_t)ages : 1,
                                .best = unreachable};
    enum tide_status status = TIDE_OK;

    ASSERT(start >= 0 && start + ticks <= market->tick_count);
    ASSERT(schedule.goal > 0 && schedule.goal < 1 << SPOT_BITS);
    status = schedule_run(&schedule, start, ticks, error);
    free(schedule.now);
    free(schedule.next);
    if (status == TIDE_OK && schedule.best == unreachable) {
        status = error_set(error, TIDE_INVALID, "the work does not fit into the window");
    }
    bound->cost_micro = schedule.best >> SPOT_BITS;
    bound->spot_ms = (schedule.best & ((1 << SPOT_BITS) - 1)) * unit_ms;
    bound->on_demand_ms = work_ms - bound->spot_ms;
    return status;
}
