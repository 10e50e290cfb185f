/*
 * Uniform Progress (section 4.2): progress keeps pace with time; cp is the work done, ep(t) the
 * work due. First match wins. One deviation: the safety net is R < C + d + max(d, tick), because
 * the published R < C + 2d is late when a tick is longer than a start-up.
 */
#include "sim/published.h"

#include "base/assert.h"

#include <string.h>

enum choice { CHOOSE_IDLE, CHOOSE_SPOT, CHOOSE_ON_DEMAND };

static int32_t on_demand_index(const struct policy_view *view)
{
    return view->pool_count - 1;
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Whether the work done is what is due `ahead_ms` from now. */
static bool keeps_pace(const struct policy_view *view, const struct episode_job *job,
                       int64_t ahead_ms)
{
    const int64_t work_ms = job->trials * job->trial_ms;
    const int64_t past_ms = job->window_ms - view->left_ms + ahead_ms;

    return (double)(work_ms - view->work_ms) >=
           (double)past_ms * (double)work_ms / (double)job->window_ms;
}

static enum choice choose_greedy(const struct policy_view *view, int64_t net_ms)
{
    if (view->pools[1].slots_held > 0) {
        return CHOOSE_ON_DEMAND;
    }
    if (view->pools[0].slots_held == 0 && view->left_ms < net_ms) {
        return CHOOSE_ON_DEMAND;
    }
    return view->pools[0].slots_open > 0 ? CHOOSE_SPOT : CHOOSE_IDLE;
}

static enum choice choose_uniform(const struct policy_view *view, const struct episode_job *job,
                                  int64_t net_ms, int64_t hysteresis_ms)
{
    const bool up = view->pools[0].slots_open > 0;

    if (up && view->pools[0].slots_held > 0) {
        return CHOOSE_SPOT;
    }
    if (view->pools[1].slots_held > 0) {
        const bool leave = up && keeps_pace(view, job, hysteresis_ms) &&
                           view->left_ms >= net_ms + view->pools[1].delay_ms;
        return leave ? CHOOSE_SPOT : CHOOSE_ON_DEMAND;
    }
    if (view->left_ms < net_ms) {
        return CHOOSE_ON_DEMAND;
    }
    if (up) {
        return CHOOSE_SPOT;
    }
    return keeps_pace(view, job, 0) ? CHOOSE_IDLE : CHOOSE_ON_DEMAND;
}

/* One trial, one pool of one slot, one machine at a time. */
static enum choice choose(enum episode_policy policy, const struct policy_view *view,
                          const struct episode_job *job)
{
    const int64_t delay_ms = view->pools[1].delay_ms;
    const int64_t net_ms =
        view->work_ms + delay_ms + (delay_ms > view->tick_ms ? delay_ms : view->tick_ms);

    switch (policy) {
    case EPISODE_GREEDY:
        return choose_greedy(view, net_ms);
    case EPISODE_UNIFORM:
        return choose_uniform(view, job, net_ms, 2 * delay_ms);
    case EPISODE_UNIFORM_PLAIN:
        return choose_uniform(view, job, net_ms, 0);
    case EPISODE_ON_DEMAND:
    case EPISODE_TIDEMILL:
        break;
    }
    return CHOOSE_ON_DEMAND;
}

/* Every spot slot there is, as far as there are trials for `room` of them. */
static void take_spot(const struct policy_view *view, int32_t room,
                      struct policy_decision *decision)
{
    for (int32_t i = 0; i < on_demand_index(view); i++) {
        decision->want[i] = least(room, view->pools[i].slots_open);
        room -= decision->want[i];
    }
}

/* All the on-demand there is when Graham's bound leaves no time to wait, until the end. */
static int32_t burst(const struct policy_view *view)
{
    const struct policy_pool *pool = &view->pools[on_demand_index(view)];
    const double slots = pool->slots_open > 0 ? pool->slots_open : 1;
    const double bound_ms = (double)pool->delay_ms + (double)view->work_ms / slots +
                            (1 - 1 / slots) * (double)view->longest_ms;
    const bool full = pool->slots_held >= least(pool->slots_open, view->trials);

    if (bound_ms > (double)(view->left_ms - 2 * view->tick_ms) || (full && pool->slots_held > 0)) {
        return least(view->trials, pool->slots_open);
    }
    return 0;
}

/* As many slots as there are lanes while progress is behind its pace. */
static int32_t catch_up(const struct policy_view *view, const struct episode_job *job,
                        int64_t hysteresis_ms)
{
    const struct policy_pool *pool = &view->pools[on_demand_index(view)];
    int32_t missing = 0;

    if (keeps_pace(view, job, pool->slots_held > 0 ? hysteresis_ms : 0)) {
        return 0;
    }
    for (int32_t i = 0; i < on_demand_index(view); i++) {
        missing += view->pools[i].slots_max - view->pools[i].slots_open;
    }
    missing = missing > pool->slots_held ? missing : pool->slots_held;
    return least(missing, least(view->trials, pool->slots_open));
}

/* Fewest on-demand slots that finish without spot. */
static int32_t enough(const struct policy_view *view, const struct episode_job *job)
{
    const struct policy_pool *pool = &view->pools[on_demand_index(view)];
    const int64_t time_ms = job->window_ms - pool->delay_ms - 2 * view->tick_ms - job->trial_ms;
    const int64_t work_ms = job->trials * job->trial_ms;
    const int64_t slots = time_ms > 0 ? (work_ms + time_ms - 1) / time_ms : pool->slots_open;

    return least(view->trials, slots < pool->slots_open ? (int32_t)slots : pool->slots_open);
}

static void decide_fleet(enum episode_policy policy, const struct policy_view *view,
                         const struct episode_job *job, struct policy_decision *decision)
{
    int32_t on_demand = burst(view);
    int32_t room = 0;

    decision->must = on_demand;
    if (policy == EPISODE_ON_DEMAND) {
        on_demand = enough(view, job);
    } else if (policy != EPISODE_GREEDY && on_demand == 0) {
        const int64_t delay_ms = view->pools[on_demand_index(view)].delay_ms;
        on_demand = catch_up(view, job, policy == EPISODE_UNIFORM ? 2 * delay_ms : 0);
    }
    room = view->trials - on_demand;
    decision->want[on_demand_index(view)] = on_demand;
    if (policy != EPISODE_ON_DEMAND) {
        take_spot(view, room, decision);
    }
}

void published_decide(enum episode_policy policy, const struct policy_view *view,
                      const struct episode_job *job, struct policy_decision *decision)
{
    ASSERT(policy != EPISODE_TIDEMILL);
    memset(decision, 0, sizeof *decision);
    if (job->trials == 1 && view->pool_count == 2) {
        const enum choice choice = choose(policy, view, job);
        decision->want[0] = choice == CHOOSE_SPOT;
        decision->want[1] = choice == CHOOSE_ON_DEMAND;
    } else {
        decide_fleet(policy, view, job, decision);
    }
}
