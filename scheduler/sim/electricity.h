/*
 * electricity: interruptible work on hourly prices: which hours to run, when all, a day, or none of
 * the future is known.
 */
#ifndef SIM_ELECTRICITY_H
#define SIM_ELECTRICITY_H

#include "base/error.h"
#include "sim/csv.h"

#include <stdint.h>

#define ELECTRICITY_POLICY_LIST(X)                                                                 \
    X(ELECTRICITY_ONCE, "at once")                                                                 \
    X(ELECTRICITY_NIGHT, "22-06 window")                                                           \
    X(ELECTRICITY_THRESHOLD, "< 30 % of past 24 h")                                                \
    X(ELECTRICITY_YESTERDAY, "plan on yesterday")                                                  \
    X(ELECTRICITY_FORECAST, "tidemill, nothing known")                                             \
    X(ELECTRICITY_DAY_AHEAD, "tidemill, 24 h known")

enum electricity_policy {
#define X(name, text) name,
    ELECTRICITY_POLICY_LIST(X)
#undef X
};

enum { ELECTRICITY_POLICIES = ELECTRICITY_DAY_AHEAD + 1 };

/* electricity_policy_text: the name in tables; a static string. */
const char *electricity_policy_text(enum electricity_policy policy);

/* electricity_result: sums over the windows, in millionths. */
struct electricity_result {
    int32_t windows;
    int64_t bound_micro;
    int64_t cost_micro[ELECTRICITY_POLICIES];
    double worst[ELECTRICITY_POLICIES]; /* of windows with a bound above zero */
};

/*
 * electricity_run: `count` windows spread evenly over the rows `utc_epoch, offset_min, price` of
 * `prices`, `work` hours in each of `window` hours. The first window starts after a day of history.
 * Negative prices count as 0. TIDE_NO_MEMORY, TIDE_INVALID when the rows do not hold one window.
 */
enum tide_status electricity_run(const struct csv *prices, int32_t count, int32_t work,
                                 int32_t window, struct electricity_result *result,
                                 struct error *error);

#endif
