/*
 * episode: one window of a market lived through by a fleet of slots under some policy, trial by
 * trial. Billing is by whole ticks at the price of their start; a trial keeps its progress when its
 * slot goes away, and the next slot pays its own start-up.
 */
#ifndef SIM_EPISODE_H
#define SIM_EPISODE_H

#include "core/policy.h"
#include "sim/market.h"

#define EPISODE_POLICY_LIST(X)                                                                     \
    X(EPISODE_ON_DEMAND, "on-demand")                                                              \
    X(EPISODE_GREEDY, "greedy")                                                                    \
    X(EPISODE_UNIFORM, "uniform progress")                                                         \
    X(EPISODE_UNIFORM_PLAIN, "UP, no hysteresis")                                                  \
    X(EPISODE_TIDEMILL, "tidemill")

enum episode_policy {
#define X(name, text) name,
    EPISODE_POLICY_LIST(X)
#undef X
};

enum {
    EPISODE_POLICIES = EPISODE_TIDEMILL + 1,
    EPISODE_LANES_MAX = 128,
    EPISODE_TRIALS_MAX = 100000
};

/* episode_policy_text: the name in tables and of --policy; a static string. */
const char *episode_policy_text(enum episode_policy policy);

/* What is to be done in a window: `trials` trials of `trial_ms` each, with at most `on_demand_max`
 * on-demand slots at once. */
struct episode_job {
    int32_t trials;
    int64_t trial_ms;
    int64_t window_ms;
    int32_t on_demand_max;
};

struct episode_result {
    bool late;
    int64_t cost_micro;
    int64_t finish_ms;             /* end of the tick in which the last trial ended */
    int64_t spot_ms, on_demand_ms; /* useful */
    int64_t paid_ms;               /* slot-time billed */
    int32_t preemptions, starts;
};

/* episode_run: the window that begins at tick `start`, which must lie in the market. TIDE_LIMIT
 * when the job or the market is larger than the limits above, TIDE_NO_MEMORY. */
enum tide_status episode_run(const struct market *market, int32_t start,
                             const struct episode_job *job, enum episode_policy policy,
                             struct episode_result *result, struct error *error);

#endif
