/*
 * Knows how the rules for hourly prices decide, and that the sum over windows is what is compared:
 * a single window may be free.
 */
#include "sim/electricity.h"

#include "base/assert.h"
#include "core/forecast.h"
#include "core/ledger.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_HOURS = 24, CHEAP_RANK = 7, WINDOW_HOURS_MAX = 240, OPEN_HOUR = 22, SHUT_HOUR = 6 };

static const int64_t hour_ms = 3600000;

struct year {
    int64_t *price_micro; /* by hour, never negative */
    int32_t *local_hour;
    int32_t hours;
};

/* Where a run stands. */
struct moment {
    const struct year *year;
    int32_t now;
    int32_t left; /* hours to the deadline, this one included */
    int32_t work; /* hours of work left */
};

const char *electricity_policy_text(enum electricity_policy policy)
{
    static const char *const texts[] = {
#define X(name, text) text,
        ELECTRICITY_POLICY_LIST(X)
#undef X
    };

    return texts[policy];
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The rank-th cheapest of `count` prices, from 1. */
static int64_t ranked(const int64_t *prices, int32_t count, int32_t rank)
{
    int64_t sorted[WINDOW_HOURS_MAX];

    memcpy(sorted, prices, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    return sorted[rank - 1];
}

/* The hours left as the last day repeated, except the present one. */
static bool is_cheap_as_yesterday(const struct moment *moment)
{
    int64_t plan[WINDOW_HOURS_MAX] = {0};
    const int64_t *prices = moment->year->price_micro;

    ASSERT(moment->left > 0);
    for (int32_t i = 0; i < moment->left; i++) {
        const int32_t back = DAY_HOURS * ((i + DAY_HOURS - 1) / DAY_HOURS);
        plan[i] = prices[moment->now + i - back];
    }
    return plan[0] <= ranked(plan, moment->left, moment->work);
}

/* The production policy for one machine that stays; `known` hours from now are facts. */
static bool policy_runs(const struct moment *moment, int32_t known)
{
    struct policy_offer offers[POLICY_OFFERS_MAX];
    struct policy_decision decision;
    struct policy_view view = {.left_ms = moment->left * hour_ms,
                               .tick_ms = hour_ms,
                               .work_ms = moment->work * hour_ms,
                               .longest_ms = moment->work * hour_ms,
                               .trials = 1,
                               .pool_count = 1};

    known = known < moment->left ? known : moment->left;
    view.pools[0] = (struct policy_pool){
        .kind = POLICY_OWN,
        .slots_open = 1,
        .slots_max = 1,
        .price_micro = moment->year->price_micro[moment->now],
        .offers = offers,
        .offer_count = forecast_offers(moment->year->price_micro, moment->now + known, moment->now,
                                       moment->left, offers, POLICY_OFFERS_MAX)};
    policy_decide(&view, &decision);
    return decision.want[0] > 0;
}

static bool runs(enum electricity_policy policy, const struct moment *moment)
{
    const int64_t *prices = moment->year->price_micro;
    const int32_t local = moment->year->local_hour[moment->now];

    if (moment->left <= moment->work) {
        return true;
    }
    switch (policy) {
    case ELECTRICITY_ONCE:
        return true;
    case ELECTRICITY_NIGHT:
        return local >= OPEN_HOUR || local < SHUT_HOUR;
    case ELECTRICITY_THRESHOLD:
        return prices[moment->now] <
               ranked(prices + moment->now - DAY_HOURS, DAY_HOURS, CHEAP_RANK + 1);
    case ELECTRICITY_YESTERDAY:
        return is_cheap_as_yesterday(moment);
    case ELECTRICITY_FORECAST:
        return policy_runs(moment, 1);
    case ELECTRICITY_DAY_AHEAD:
        return policy_runs(moment, DAY_HOURS);
    }
    return true;
}

static int64_t run_window(const struct year *year, int32_t start, int32_t work, int32_t window,
                          enum electricity_policy policy)
{
    struct moment moment = {.year = year, .now = start, .left = window, .work = work};
    int64_t cost_micro = 0;

    while (moment.work > 0 && moment.left > 0) {
        if (runs(policy, &moment)) {
            cost_micro += ledger_cost_micro(year->price_micro[moment.now], hour_ms,
                                            (struct ledger_scale){.slots = 1});
            moment.work--;
        }
        moment.now++;
        moment.left--;
    }
    return cost_micro;
}

static int64_t cheapest(const struct year *year, int32_t start, int32_t work, int32_t window)
{
    int64_t sorted[WINDOW_HOURS_MAX];
    int64_t sum = 0;

    memcpy(sorted, year->price_micro + start, (size_t)window * sizeof *sorted);
    qsort(sorted, (size_t)window, sizeof *sorted, compare);
    for (int32_t i = 0; i < work; i++) {
        sum += sorted[i];
    }
    return sum;
}

static void year_fini(struct year *year)
{
    free(year->price_micro);
    free(year->local_hour);
}

static enum tide_status year_init(struct year *year, const struct csv *prices, struct error *error)
{
    memset(year, 0, sizeof *year);
    year->hours = (int32_t)prices->row_count;
    year->price_micro = calloc(prices->row_count, sizeof *year->price_micro);
    year->local_hour = calloc(prices->row_count, sizeof *year->local_hour);
    if (!year->price_micro || !year->local_hour) {
        return error_set(error, TIDE_NO_MEMORY, "no memory for %zu hours", prices->row_count);
    }
    for (size_t i = 0; i < prices->row_count; i++) {
        const int64_t local_min =
            (int64_t)csv_cell(prices, i, 0) / 60 + (int64_t)csv_cell(prices, i, 1);
        year->price_micro[i] = llround(fmax(csv_cell(prices, i, 2), 0) * 1e6);
        year->local_hour[i] = (int32_t)(local_min / 60 % DAY_HOURS);
    }
    return TIDE_OK;
}

static void run_all(const struct year *year, int32_t start, int32_t work, int32_t window,
                    struct electricity_result *result)
{
    const int64_t bound_micro = cheapest(year, start, work, window);

    result->windows++;
    result->bound_micro += bound_micro;
    for (int policy = 0; policy < ELECTRICITY_POLICIES; policy++) {
        const int64_t cost_micro =
            run_window(year, start, work, window, (enum electricity_policy)policy);
        result->cost_micro[policy] += cost_micro;
        if (bound_micro > 0) {
            result->worst[policy] =
                fmax(result->worst[policy], (double)cost_micro / (double)bound_micro);
        }
    }
}

enum tide_status electricity_run(const struct csv *prices, int32_t count, int32_t work,
                                 int32_t window, struct electricity_result *result,
                                 struct error *error)
{
    struct year year;
    enum tide_status status = TIDE_OK;

    memset(result, 0, sizeof *result);
    if (prices->column_count != 3 || prices->row_count < (size_t)DAY_HOURS + (size_t)window ||
        window > WINDOW_HOURS_MAX || work > window) {
        return error_set(error, TIDE_INVALID,
                         "the prices must hold a day and a window of at most %d hours",
                         WINDOW_HOURS_MAX);
    }
    status = year_init(&year, prices, error);
    if (status == TIDE_OK) {
        const int64_t room = year.hours - window - DAY_HOURS;
        for (int32_t i = 0; i < count; i++) {
            run_all(&year, DAY_HOURS + (int32_t)(room * i / (count > 1 ? count - 1 : 1)), work,
                    window, result);
        }
    }
    year_fini(&year);
    return status;
}
