/*
 * Knows what happens within a tick: what the market takes back, what the policy asks for, and how
 * lanes work through the trials, the longest first.
 */
#include "sim/episode.h"

#include "base/assert.h"
#include "base/heap.h"
#include "core/ledger.h"
#include "core/moving.h"
#include "sim/ahead.h"
#include "sim/published.h"

#include <stdlib.h>
#include <string.h>

enum { NO_TRIAL = -1 };

struct lane {
    int64_t warming_ms; /* start-up still to pass */
    int32_t trial;
};

struct lanes {
    struct lane lane[EPISODE_LANES_MAX];
    int32_t count;
};

struct fleet {
    const struct market *market;
    const struct episode_job *job;
    struct episode_result *result;
    enum episode_policy policy;
    int32_t on_demand; /* index of the on-demand pool, after the market's */
    struct lanes pools[MARKET_POOLS_MAX + 1];
    int64_t *left_ms; /* by trial */
    int32_t unfinished;
    int64_t work_ms;
    struct heap queue; /* trials without a lane, the longest first */
    struct heap_entry *entries;
    uint32_t *positions;
    struct policy_view view;
    struct policy_offer offers[MARKET_POOLS_MAX][AHEAD_OFFERS_MAX];
};

static void enqueue(struct fleet *fleet, int32_t trial)
{
    heap_set(&fleet->queue, (uint32_t)trial, -fleet->left_ms[trial]);
}

static int32_t dequeue(struct fleet *fleet)
{
    const struct heap_entry *first = heap_first(&fleet->queue);
    int32_t trial = NO_TRIAL;

    if (first) {
        trial = (int32_t)first->item;
        heap_remove(&fleet->queue, first->item);
    }
    return trial;
}

static void fleet_free(struct fleet *fleet)
{
    if (fleet) {
        free(fleet->left_ms);
        free(fleet->entries);
        free(fleet->positions);
        free(fleet);
    }
}

static struct fleet *fleet_new(const struct market *market, const struct episode_job *job,
                               struct episode_result *result)
{
    const size_t trials = (size_t)job->trials;
    struct fleet *fleet = calloc(1, sizeof *fleet);

    if (!fleet) {
        return NULL;
    }
    fleet->left_ms = calloc(trials, sizeof *fleet->left_ms);
    fleet->entries = calloc(trials, sizeof *fleet->entries);
    fleet->positions = calloc(trials, sizeof *fleet->positions);
    if (!fleet->left_ms || !fleet->entries || !fleet->positions) {
        fleet_free(fleet);
        return NULL;
    }
    fleet->market = market;
    fleet->job = job;
    fleet->result = result;
    fleet->on_demand = market->pool_count;
    fleet->unfinished = job->trials;
    fleet->work_ms = job->trials * job->trial_ms;
    heap_init(&fleet->queue, fleet->entries, fleet->positions, (uint32_t)job->trials);
    for (int32_t trial = 0; trial < job->trials; trial++) {
        fleet->left_ms[trial] = job->trial_ms;
        enqueue(fleet, trial);
    }
    return fleet;
}

/* A lane goes away; its trial waits again. */
static void lane_drop(struct fleet *fleet, struct lanes *lanes, int32_t index)
{
    const int32_t trial = lanes->lane[index].trial;

    lanes->lane[index] = lanes->lane[--lanes->count];
    if (trial != NO_TRIAL) {
        enqueue(fleet, trial);
    }
}

static void fill_pool(const struct fleet *fleet, int32_t index, int32_t tick,
                      struct policy_pool *pool)
{
    const struct lanes *lanes = &fleet->pools[index];
    const struct market_pool *source = &fleet->market->pools[index];
    const bool on_demand = index == fleet->on_demand;

    pool->kind = on_demand ? POLICY_ON_DEMAND : fleet->market->stays ? POLICY_OWN : POLICY_SPOT;
    pool->slots_held = lanes->count;
    pool->slots_max = on_demand ? fleet->job->on_demand_max : source->lanes;
    pool->slots_open = on_demand ? fleet->job->on_demand_max : source->available[tick];
    pool->price_micro = on_demand ? fleet->market->on_demand_micro : source->price_micro[tick];
    pool->delay_ms = fleet->market->delay_ms;
    pool->warming_ms = 0;
    for (int32_t i = 0; i < lanes->count; i++) {
        pool->warming_ms += lanes->lane[i].warming_ms;
    }
}

/* The longest trial and how many are urgent. Only when every trial could have an on-demand slot
 * does the policy ask for the latter, and then there are few to look at. */
static void fill_trials(struct fleet *fleet)
{
    struct policy_view *view = &fleet->view;
    const struct heap_entry *first = heap_first(&fleet->queue);

    view->longest_ms = first ? fleet->left_ms[first->item] : 0;
    for (int32_t i = 0; i <= fleet->on_demand; i++) {
        const struct lanes *lanes = &fleet->pools[i];
        for (int32_t l = 0; l < lanes->count; l++) {
            const int32_t trial = lanes->lane[l].trial;
            if (trial != NO_TRIAL && fleet->left_ms[trial] > view->longest_ms) {
                view->longest_ms = fleet->left_ms[trial];
            }
        }
    }
    view->urgent = 0;
    if (view->trials <= fleet->job->on_demand_max && policy_is_urgent(view, view->longest_ms)) {
        for (int32_t trial = 0; trial < fleet->job->trials; trial++) {
            view->urgent +=
                fleet->left_ms[trial] > 0 && policy_is_urgent(view, fleet->left_ms[trial]);
        }
    }
}

static void fill_view(struct fleet *fleet, int32_t tick, int64_t left_ms)
{
    struct policy_view *view = &fleet->view;

    view->left_ms = left_ms;
    view->tick_ms = fleet->market->tick_ms;
    view->work_ms = fleet->work_ms;
    view->trials = fleet->unfinished;
    view->pool_count = fleet->on_demand + 1;
    for (int32_t i = 0; i <= fleet->on_demand; i++) {
        fill_pool(fleet, i, tick, &view->pools[i]);
    }
    for (int32_t i = 0; i < fleet->on_demand; i++) {
        struct policy_pool *pool = &view->pools[i];
        if (!fleet->market->open || fleet->market->open[tick]) {
            policy_observe(&pool->history, pool->slots_open, pool->slots_max, view->tick_ms);
        }
        if (fleet->market->known_ms > 0) {
            pool->offers = fleet->offers[i];
            pool->offer_count = ahead_offers(fleet->market, i, tick, left_ms, fleet->offers[i]);
        }
    }
    fill_trials(fleet);
}

/* What the market takes back at the start of a tick. */
static void preempt(struct fleet *fleet, int32_t tick)
{
    for (int32_t i = 0; i < fleet->on_demand; i++) {
        struct lanes *lanes = &fleet->pools[i];
        while (lanes->count > fleet->market->pools[i].available[tick]) {
            lane_drop(fleet, lanes, lanes->count - 1);
            fleet->result->preemptions++;
        }
    }
}

const char *episode_policy_text(enum episode_policy policy)
{
    static const char *const texts[] = {
#define X(name, text) text,
        EPISODE_POLICY_LIST(X)
#undef X
    };

    return texts[policy];
}

/* The lane to release first: without a trial, then the one with the most start-up left, then the
 * one whose trial has the most left. */
static int32_t lane_to_release(const struct fleet *fleet, const struct lanes *lanes)
{
    int32_t best = 0;
    int64_t best_score = -1;

    for (int32_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = &lanes->lane[i];
        const int64_t score = (lane->trial == NO_TRIAL ? INT64_C(1) << 40 : 0) +
                              (lane->warming_ms << 10) +
                              (lane->trial == NO_TRIAL ? 0 : fleet->left_ms[lane->trial]);
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

/* A lane that the policy does not want goes, unless the rest of its trial would cost more elsewhere
 * than here: the start-up would be paid again. */
static bool lane_stays(const struct fleet *fleet, int32_t index, const struct lane *lane,
                       const struct policy_decision *decision)
{
    const double here = (double)fleet->view.pools[index].price_micro;
    const double there = (double)decision->shadow_micro;

    return fleet->policy == EPISODE_TIDEMILL && index != fleet->on_demand &&
           lane->trial != NO_TRIAL &&
           moving_gain((double)fleet->left_ms[lane->trial], here, there,
                       there * (double)fleet->market->delay_ms) <= 0;
}

static void resize(struct fleet *fleet, const struct policy_decision *decision)
{
    for (int32_t i = 0; i <= fleet->on_demand; i++) {
        struct lanes *lanes = &fleet->pools[i];
        ASSERT(decision->want[i] >= 0 && decision->want[i] <= fleet->view.pools[i].slots_open);
        while (lanes->count > decision->want[i]) {
            const int32_t first = lane_to_release(fleet, lanes);
            if (lane_stays(fleet, i, &lanes->lane[first], decision)) {
                break;
            }
            lane_drop(fleet, lanes, first);
        }
        while (lanes->count < decision->want[i]) {
            lanes->lane[lanes->count++] = (struct lane){fleet->market->delay_ms, NO_TRIAL};
            fleet->result->starts++;
        }
    }
}

/* While the certificate needs on-demand slots, they do the longest trials: a lane that has a
 * shorter one than some spot lane or the queue changes it. */
static void swap_longest(struct fleet *fleet, struct lane *mine)
{
    const struct heap_entry *first = heap_first(&fleet->queue);
    struct lane *best = NULL;
    int64_t best_ms = mine->trial == NO_TRIAL ? 0 : fleet->left_ms[mine->trial];

    for (int32_t i = 0; i < fleet->on_demand; i++) {
        for (int32_t l = 0; l < fleet->pools[i].count; l++) {
            struct lane *lane = &fleet->pools[i].lane[l];
            if (lane->trial != NO_TRIAL && fleet->left_ms[lane->trial] > best_ms) {
                best = lane;
                best_ms = fleet->left_ms[lane->trial];
            }
        }
    }
    if (first && fleet->left_ms[first->item] > best_ms) {
        const int32_t trial = dequeue(fleet);
        if (mine->trial != NO_TRIAL) {
            enqueue(fleet, mine->trial);
        }
        mine->trial = trial;
    } else if (best) {
        const int32_t trial = best->trial;
        best->trial = mine->trial;
        mine->trial = trial;
    }
}

/* Runs one lane for a tick; what it did usefully. `rescue`: it does the longest trials. */
static int64_t lane_run(struct fleet *fleet, struct lane *lane, bool rescue)
{
    const int64_t tick_ms = fleet->market->tick_ms;
    int64_t room_ms = tick_ms - lane->warming_ms;
    int64_t useful_ms = 0;

    lane->warming_ms = room_ms < 0 ? -room_ms : 0;
    while (room_ms > 0) {
        if (rescue) {
            swap_longest(fleet, lane);
        }
        if (lane->trial == NO_TRIAL) {
            lane->trial = dequeue(fleet);
        }
        if (lane->trial == NO_TRIAL) {
            break;
        }
        int64_t *left_ms = &fleet->left_ms[lane->trial];
        const int64_t step_ms = *left_ms < room_ms ? *left_ms : room_ms;
        *left_ms -= step_ms;
        room_ms -= step_ms;
        useful_ms += step_ms;
        if (*left_ms == 0) {
            lane->trial = NO_TRIAL;
            fleet->unfinished--;
        }
    }
    return useful_ms;
}

static void run_tick(struct fleet *fleet, int32_t must)
{
    const struct ledger_scale scale = {.slots = 1};

    for (int32_t i = fleet->on_demand; i >= 0; i--) {
        struct lanes *lanes = &fleet->pools[i];
        const bool on_demand = i == fleet->on_demand;
        const int64_t cost_micro =
            ledger_cost_micro(fleet->view.pools[i].price_micro, fleet->market->tick_ms, scale);
        for (int32_t l = 0; l < lanes->count; l++) {
            const int64_t useful_ms = lane_run(fleet, &lanes->lane[l], on_demand && must > 0);
            fleet->work_ms -= useful_ms;
            *(on_demand ? &fleet->result->on_demand_ms : &fleet->result->spot_ms) += useful_ms;
        }
        fleet->result->cost_micro += cost_micro * lanes->count;
        fleet->result->paid_ms += fleet->market->tick_ms * lanes->count;
    }
}

static void decide(struct fleet *fleet, struct policy_decision *decision)
{
    if (fleet->policy == EPISODE_TIDEMILL) {
        policy_decide(&fleet->view, decision);
    } else {
        published_decide(fleet->policy, &fleet->view, fleet->job, decision);
    }
}

static bool fits(const struct market *market, const struct episode_job *job)
{
    bool fits = job->trials > 0 && job->trials <= EPISODE_TRIALS_MAX &&
                job->on_demand_max <= EPISODE_LANES_MAX;

    for (int32_t i = 0; i < market->pool_count; i++) {
        fits = fits && market->pools[i].lanes <= EPISODE_LANES_MAX;
    }
    return fits;
}

enum tide_status episode_run(const struct market *market, int32_t start,
                             const struct episode_job *job, enum episode_policy policy,
                             struct episode_result *result, struct error *error)
{
    const int32_t ticks = (int32_t)(job->window_ms / market->tick_ms);
    struct fleet *fleet = NULL;

    ASSERT(start >= 0 && start + ticks <= market->tick_count);
    memset(result, 0, sizeof *result);
    if (!fits(market, job)) {
        return error_set(error, TIDE_LIMIT,
                         "at most %d trials and %d slots a pool can be simulated",
                         EPISODE_TRIALS_MAX, EPISODE_LANES_MAX);
    }
    fleet = fleet_new(market, job, result);
    if (!fleet) {
        return error_set(error, TIDE_NO_MEMORY, "no memory for %d trials", job->trials);
    }
    fleet->policy = policy;
    for (int32_t tick = 0; tick < ticks && fleet->unfinished > 0; tick++) {
        struct policy_decision decision;
        preempt(fleet, start + tick);
        fill_view(fleet, start + tick, (ticks - tick) * market->tick_ms);
        decide(fleet, &decision);
        resize(fleet, &decision);
        run_tick(fleet, decision.must);
        result->finish_ms = (tick + 1) * market->tick_ms;
    }
    result->late = fleet->unfinished > 0;
    fleet_free(fleet);
    return TIDE_OK;
}
