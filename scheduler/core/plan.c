/*
 * plan: how many slots of which pool an experiment wants now. Without a deadline, or without a
 * number of trials, whatever may be used is used, the cheapest pools first; with one, what the
 * policy says, and of that no more at once than the cheap hours before the deadline ask for.
 * Nothing is launched that has no trial to run.
 */
#include "core/prospect.h"

#include <string.h>

enum { SPARE_TICKS = 2 }; /* as the certificate: after this plan and the next */

/* Time until the deadline, with open windows, at a price no higher than an hour of work is worth.
 */
static int64_t cheap_ms(const struct policy_view *view, int64_t shadow_micro)
{
    int64_t most_ms = 0;

    for (int32_t i = 0; i < view->pool_count; i++) {
        int64_t sum_ms = 0;
        for (int32_t k = 0; k < view->pools[i].offer_count; k++) {
            const struct policy_offer *offer = &view->pools[i].offers[k];
            sum_ms += offer->price_micro <= shadow_micro ? offer->duration_ms : 0;
        }
        most_ms = sum_ms > most_ms ? sum_ms : most_ms;
    }
    return most_ms;
}

/* A search that learns needs fewer trials the fewer run at once: of the slots that the policy would
 * take, the fewest that end within the cheap hours, a tenth of them kept in hand. */
static int32_t fewest(const struct work *work, const struct policy_view *view,
                      const struct policy_decision *decision, int32_t slots, int64_t delay_ms)
{
    const int64_t cheap = cheap_ms(view, decision->shadow_micro);
    int32_t few = decision->must > 1 ? decision->must : 1;

    while (few < slots && prospect_bound_ms(work, few, delay_ms) > cheap - cheap / 10) {
        few++;
    }
    return few < slots ? few : slots;
}

/* Takes slots away from the dearest pools until `keep` are left. */
static void thin_out(struct plan *plan, const struct offer *offers, uint32_t count, int32_t keep)
{
    while (plan->slots > keep) {
        uint32_t worst = count;
        for (uint32_t i = 0; i < count; i++) {
            if (plan->want[offers[i].pool->row.id] > 0 &&
                (worst == count || offers[i].price_micro >= offers[worst].price_micro)) {
                worst = i;
            }
        }
        int32_t *want = &plan->want[offers[worst].pool->row.id];
        const int32_t less = plan->slots - keep < *want ? plan->slots - keep : *want;
        *want -= less;
        plan->slots -= less;
    }
}

/* As long as nobody knows how long a trial takes, one shows it, in the cheapest pool there is. */
static void plan_one(struct plan *plan, const struct offer *offers, uint32_t count)
{
    uint32_t best = count;

    for (uint32_t i = 0; i < count; i++) {
        if (offers[i].most > 0 &&
            (best == count || offers[i].price_micro < offers[best].price_micro)) {
            best = i;
        }
    }
    if (best < count) {
        plan->want[offers[best].pool->row.id] = 1;
        plan->slots = 1;
    }
}

static void plan_by_policy(const struct core *core, const struct experiment *experiment,
                           const struct work *work, const struct offer *offers, uint32_t count,
                           struct plan *plan)
{
    struct policy_offer ahead[POOLS_MAX][POOL_STEPS_MAX];
    struct policy_view view;
    struct policy_decision decision;
    const int64_t delay_ms = prospect_delay_ms(offers, count);
    int64_t most = 0;

    prospect_view(core, experiment, work, offers, count, ahead, &view);
    policy_decide(&view, &decision);
    for (uint32_t i = 0; i < count; i++) {
        plan->want[offers[i].pool->row.id] = decision.want[i];
        plan->slots += decision.want[i];
        most += offers[i].most;
    }
    plan->shadow_micro = decision.shadow_micro;
    most = most < work->trials ? most : work->trials;
    plan->spare_ms =
        most <= 0 ? -view.left_ms : view.left_ms - prospect_bound_ms(work, most, delay_ms);
    plan->bound = plan->spare_ms > SPARE_TICKS * PLAN_TICK_MS; /* else whatever there is helps */
    if (experiment->config.sequential_model && plan->bound) {
        thin_out(plan, offers, count, fewest(work, &view, &decision, plan->slots, delay_ms));
    }
    if (plan->slots == 0 && work->guessed) {
        plan_one(plan, offers, count);
    }
}

/* ---- without one ---- */

/* As many slots as there are trials for, the cheapest pools first. */
static void plan_all(const struct experiment *experiment, const struct work *work,
                     const struct offer *offers, uint32_t count, struct plan *plan)
{
    const int32_t most = experiment->config.concurrency_max;
    int32_t room = experiment->config.trials_max > 0 ? work->trials : INT32_MAX;
    bool taken[POOLS_MAX] = {false};

    room = most > 0 && most < room ? most : room;
    for (uint32_t turn = 0; turn < count; turn++) {
        uint32_t best = count;
        for (uint32_t i = 0; i < count; i++) {
            if (!taken[i] && (best == count || offers[i].price_micro < offers[best].price_micro)) {
                best = i;
            }
        }
        const int32_t want = offers[best].most < room ? offers[best].most : room;
        taken[best] = true;
        plan->want[offers[best].pool->row.id] = want;
        plan->slots += want;
        room -= want;
    }
}

/* ---- deciding ---- */

/* Machines that take a while to start are started before the window opens. */
static bool gate_is_near(const struct core *core, const struct experiment *experiment,
                         int64_t delay_ms)
{
    const struct gate *gate = &experiment->gate;

    return !gate_is_shut(experiment) ||
           (gate->ahead_count > 0 && gate->ahead[0].open_ms <= core->wall_ms + delay_ms);
}

static void trace_plan(struct core *core, const struct experiment *experiment,
                       const struct plan *before)
{
    const struct plan *plan = &experiment->plan;
    const bool late = plan->late;

    if (late != before->late) {
        struct trace *trace = emit_trace_of(core, TRACE_DEADLINE, experiment->row.id, 0);
        trace->a = late;
        trace->b = plan->spare_ms;
    }
    if (experiment->config.deadline_ms > 0 && plan->bound &&
        (plan->slots != before->slots || !before->bound)) {
        struct trace *trace = emit_trace_of(core, TRACE_PLAN, experiment->row.id, 0);
        trace->a = plan->slots;
        trace->b = plan->shadow_micro;
    }
}

static void plan_make(struct core *core, struct experiment *experiment)
{
    const struct plan before = experiment->plan;
    const struct work work = prospect_work(core, experiment);
    struct offer offers[POOLS_MAX];
    const uint32_t count = prospect_offers(core, experiment, offers);
    struct plan *plan = &experiment->plan;

    *plan = (struct plan){.due_boot_ms = core->boot_ms + PLAN_TICK_MS};
    if (!experiment_may_run(experiment) ||
        (work.trials == 0 && experiment->config.trials_max > 0)) {
        return;
    }
    if (experiment->config.deadline_ms > core->wall_ms && work.known && count > 0) {
        plan_by_policy(core, experiment, &work, offers, count, plan);
        plan->late = plan->spare_ms <= 0 && !work.guessed;
    } else {
        plan->late =
            experiment->config.deadline_ms > 0 && experiment->config.deadline_ms <= core->wall_ms;
    }
    if (!plan->bound) {
        memset(plan->want, 0, sizeof plan->want);
        plan->slots = 0;
        plan_all(experiment, &work, offers, count, plan);
    }
    gate_ignore(core, experiment, plan->late && experiment->config.if_late == LATE_IGNORE_WINDOWS);
    if (!gate_is_near(core, experiment, prospect_delay_ms(offers, count))) {
        memset(plan->want, 0, sizeof plan->want);
        plan->slots = 0;
    }
    trace_plan(core, experiment, &before);
}

/* ---- machines ---- */

static int32_t workers_wanted(const struct core *core, const struct pool *pool, int32_t *experiment)
{
    int32_t wanted = 0;

    for (uint32_t i = 0; i < core->active_count; i++) {
        const struct experiment *each = &core->experiments[core->active[i]];
        const int32_t slots = each->plan.want[pool->row.id];
        wanted += (slots + pool->row.slots - 1) / pool->row.slots;
        *experiment = slots > 0 && *experiment == 0 ? each->row.id : *experiment;
    }
    return wanted < pool->row.workers_max || pool->row.workers_max == 0 ? wanted
                                                                        : pool->row.workers_max;
}

static void pool_want(struct core *core, struct pool *pool)
{
    int32_t experiment = 0;
    const int32_t wanted = workers_wanted(core, pool, &experiment);

    if (pool->told && pool->row.wanted == wanted) {
        return;
    }
    if (pool->row.wanted != wanted) {
        struct trace *trace = emit_trace_of(core, TRACE_POOL, experiment, 0);
        trace->a = pool->row.id;
        trace->b = wanted;
    }
    pool->told = true;
    pool->row.wanted = wanted;
    pool_emit(core, pool, 0);
    emit_effect(core, EFFECT_POOL, experiment, wanted);
    core->out->effects[core->out->effect_count - 1].pool = pool->row.id;
}

/* What a plan follows from, but for time: the market, and how far the experiment is. */
static uint64_t market_signature(const struct core *core)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        const struct pool *pool = &core->pools[i];
        if (pool->row.id != 0) {
            sum = sum * 31 + (uint64_t)pool->row.machines;
            sum = sum * 31 + (uint64_t)pool->connected;
            sum = sum * 31 + (core->boot_ms >= pool->refused_boot_ms ? 1 : 0);
            sum = sum * 31 + (uint64_t)pool_price_micro(pool, core->wall_ms);
        }
    }
    return sum;
}

static uint64_t signature(const struct experiment *experiment, uint64_t market)
{
    uint64_t sum = market * 31 + (uint64_t)experiment->row.state;

    sum = sum * 31 + experiment->open.count;
    sum = sum * 31 + (uint64_t)experiment->trial_count;
    sum = sum * 31 + (uint64_t)experiment->running;
    sum = sum * 31 + (uint64_t)experiment->measured;
    sum = sum * 31 + (experiment->gate.shut ? 1 : 0);
    sum = sum * 31 + (uint64_t)experiment->matching_slots;
    return sum;
}

static void pools_observe(struct core *core)
{
    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        struct pool *pool = &core->pools[i];
        const int64_t span_ms = core->boot_ms - pool->seen_boot_ms;
        if (pool->row.id != 0 && pool->row.kind == POOL_SPOT && span_ms >= PLAN_TICK_MS) {
            const int32_t most = pool->row.workers_max;
            const bool refused = core->boot_ms < pool->refused_boot_ms;
            const int32_t open = refused || !pool->row.launches ? pool->connected : most;
            policy_observe(&pool->history, open * pool->row.slots,
                           (most > open ? most : open) * pool->row.slots, span_ms);
            pool->seen_boot_ms = core->boot_ms;
            emit_record(core, RECORD_AVAILABILITY)->availability =
                (struct availability_row){.pool = pool->row.id, .history = pool->history};
        }
    }
}

void plans_make(struct core *core)
{
    const uint64_t market = market_signature(core);
    bool launches = false;

    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        launches = launches || core->pools[i].row.launches;
    }
    pools_observe(core);
    for (uint32_t i = 0; i < core->active_count; i++) {
        struct experiment *experiment = &core->experiments[core->active[i]];
        const uint64_t now = signature(experiment, market);
        if (!launches && experiment->config.deadline_ms == 0) {
            continue; /* there is nothing to choose */
        }
        if (now != experiment->planned_for || core->boot_ms >= experiment->plan.due_boot_ms) {
            plan_make(core, experiment);
            experiment->planned_for = now;
        }
    }
    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        if (core->pools[i].row.launches) {
            pool_want(core, &core->pools[i]);
        }
    }
}

bool plan_admits(const struct experiment *experiment, const struct worker *worker)
{
    return !experiment->plan.bound || worker->row.pool == 0 ||
           experiment->in_pool[worker->row.pool] < experiment->plan.want[worker->row.pool];
}

int64_t plan_deadline(const struct experiment *experiment)
{
    const bool turns = experiment->config.deadline_ms > 0 || gate_is_shut(experiment);
    const bool planned =
        turns && experiment->plan.due_boot_ms > 0 && experiment_may_run(experiment);

    return planned ? experiment->plan.due_boot_ms : INT64_MAX;
}
