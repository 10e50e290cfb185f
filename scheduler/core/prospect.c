/*
 * prospect: what a plan is made from: the work that is left, by durable checkpoints and measured
 * durations, and what every pool offers until the deadline while windows are open.
 */
#include "core/prospect.h"

enum { GUESS_HOURS_MAX = 92 * 24 }; /* beyond that the deadline is not looked at */

static const int64_t hour_ms = 3600000;

/* ---- what is left ---- */

int64_t prospect_kept_ms(const struct experiment *experiment, const struct trial *trial)
{
    const int64_t began_ms = trial->accepted_boot_ms;
    const bool kept = began_ms != NEVER && trial->saved_boot_ms > began_ms &&
                      !experiment->config.always_from_start;

    return kept ? trial->saved_boot_ms - began_ms : 0;
}

static int64_t trial_left_ms(const struct experiment *experiment, const struct trial *trial,
                             int64_t whole_ms)
{
    const int64_t left_ms = whole_ms - trial->row.useful_ms - prospect_kept_ms(experiment, trial);

    return left_ms > whole_ms / 10 ? left_ms : whole_ms / 10; /* it takes longer than others did */
}

int64_t prospect_whole_ms(const struct experiment *experiment)
{
    const int64_t measured_ms = budget_duration_ms(experiment);

    return measured_ms > 0 ? measured_ms : experiment->config.timeout_ms;
}

int64_t prospect_left_ms(const struct experiment *experiment, const struct trial *trial)
{
    return trial_left_ms(experiment, trial, prospect_whole_ms(experiment));
}

double prospect_slot_micro(const struct core *core, const struct worker *worker, int64_t span_ms)
{
    const struct pool *pool = worker->row.pool == 0 ? NULL : &core->pools[worker->row.pool - 1];

    if (pool == NULL) {
        return 0;
    }
    const double mean = pool_mean_micro(pool, core->wall_ms, core->wall_ms + span_ms);
    const struct ledger_scale scale = money_scale(pool, worker);
    return mean * (scale.power_watt > 0 ? scale.power_watt / 1000.0 : 1) / scale.slots;
}

/* Nobody knows: what has been running for long may run for as long again. */
static int64_t guess_ms(const struct core *core, const struct experiment *experiment)
{
    int64_t longest_ms = GUESS_MS / 2;

    for (const struct trial *trial = list_first(core, &experiment->open); trial != NULL;
         trial = list_after(core, LIST_OPEN, trial)) {
        const int64_t running_ms =
            trial->accepted_boot_ms == NEVER ? 0 : core->boot_ms - trial->accepted_boot_ms;
        const int64_t so_far_ms = trial->row.useful_ms + running_ms;
        longest_ms = so_far_ms > longest_ms ? so_far_ms : longest_ms;
    }
    return 2 * longest_ms;
}

struct work prospect_work(const struct core *core, const struct experiment *experiment)
{
    const int64_t known_ms = prospect_whole_ms(experiment);
    const int64_t whole_ms = known_ms > 0 ? known_ms : guess_ms(core, experiment);
    const int32_t most = experiment->config.trials_max;
    const int32_t room = most > experiment->trial_count ? most - experiment->trial_count : 0;
    struct work work = {.trials = room,
                        .total_ms = room * whole_ms,
                        .longest_ms = room > 0 ? whole_ms : 0,
                        .known = most > 0,
                        .guessed = known_ms == 0};

    for (const struct trial *trial = list_first(core, &experiment->open); trial != NULL;
         trial = list_after(core, LIST_OPEN, trial)) {
        if (trial->row.state != TRIAL_PAUSED || trial->row.reason != TRIAL_REASON_RUNG) {
            const int64_t left_ms = trial_left_ms(experiment, trial, whole_ms);
            work.trials++;
            work.total_ms += left_ms;
            work.longest_ms = left_ms > work.longest_ms ? left_ms : work.longest_ms;
        }
    }
    return work;
}

/* Time within [from, to) in which windows are open, as far as they are known. */
static int64_t open_ms(const struct gate *gate, int64_t from_ms, int64_t to_ms)
{
    int64_t sum_ms = 0;

    if (gate->ahead_count == 0) {
        return to_ms > from_ms ? to_ms - from_ms : 0;
    }
    for (uint32_t i = 0; i < gate->ahead_count; i++) {
        const struct interval *open = &gate->ahead[i];
        const int64_t start_ms = open->open_ms > from_ms ? open->open_ms : from_ms;
        const int64_t end_ms = open->close_ms < to_ms ? open->close_ms : to_ms;
        sum_ms += end_ms > start_ms ? end_ms - start_ms : 0;
    }
    return sum_ms;
}

/* ---- what there is ---- */

static int64_t slot_hour_micro(const struct pool *pool, int64_t price_micro)
{
    return ledger_cost_micro(
        price_micro, hour_ms,
        (struct ledger_scale){.power_watt = pool->row.power_watt, .slots = pool->row.slots});
}

static bool is_allowed(const struct experiment *experiment, const struct pool *pool)
{
    const uint32_t pools = experiment->config.requirement.pools;

    return pool->row.id != 0 && (pools == 0 || (pools >> (pool->row.id - 1) & 1) != 0);
}

/* On-demand machines are had by number, or without limit where a deadline asks for them. */
static int32_t workers_most(const struct experiment *experiment, const struct pool *pool)
{
    const struct experiment_config *config = &experiment->config;
    int32_t most = pool->row.workers_max;

    if (pool->row.kind == POOL_ON_DEMAND &&
        (config->if_late != LATE_ON_DEMAND || config->on_demand_max > 0) &&
        most > config->on_demand_max) {
        most = config->on_demand_max;
    }
    return config->workers_max > 0 && most > config->workers_max ? config->workers_max : most;
}

static void offer_fill(const struct core *core, const struct experiment *experiment,
                       struct pool *pool, struct offer *offer)
{
    const int32_t coming = pool->row.machines - pool->connected;

    offer->pool = pool;
    offer->price_micro = slot_hour_micro(pool, pool_price_micro(pool, core->wall_ms));
    offer->starting = coming > 0 ? coming * pool->row.slots : 0;
    offer->most = offer->connected;
    offer->ever = offer->connected;
    if (pool->row.launches) {
        offer->ever = workers_most(experiment, pool) * pool->row.slots;
        offer->most = core->boot_ms >= pool->refused_boot_ms ? offer->ever
                                                             : offer->connected + offer->starting;
    }
}

uint32_t prospect_offers(struct core *core, const struct experiment *experiment,
                         struct offer offers[POOLS_MAX])
{
    int32_t connected[POOLS_MAX + 1] = {0};
    uint32_t count = 0;

    for (const struct worker *worker = worker_after(core, WORKERS_PRESENT, NULL); worker != NULL;
         worker = worker_after(core, WORKERS_PRESENT, worker)) {
        connected[worker->row.pool] += worker_slots_for(worker, &experiment->config.requirement);
    }
    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        if (is_allowed(experiment, &core->pools[i])) {
            offers[count] = (struct offer){.connected = connected[i + 1]};
            offer_fill(core, experiment, &core->pools[i], &offers[count]);
            count += offers[count].ever > 0 || offers[count].most > 0 ? 1 : 0;
        }
    }
    return count;
}

/* ---- with a deadline ---- */

/* What a slot of the pool costs until `end_ms`, while windows are open: what is known of it. */
static int32_t known_fill(const struct core *core, const struct experiment *experiment,
                          const struct pool *pool, int64_t end_ms, struct policy_offer *ahead)
{
    int64_t from_ms = core->wall_ms;
    int32_t count = 0;

    for (uint32_t i = 0; i < pool->step_count && from_ms < end_ms; i++) {
        const bool last = i + 1 == pool->step_count || pool->steps[i + 1].start_ms >= end_ms;
        const int64_t to_ms = last ? end_ms : pool->steps[i + 1].start_ms;
        const int64_t span_ms = open_ms(&experiment->gate, from_ms, to_ms);
        if (to_ms > from_ms) {
            ahead[count] = (struct policy_offer){
                .duration_ms = span_ms,
                .price_micro = slot_hour_micro(pool, pool->steps[i].price_micro)};
            count += span_ms > 0 ? 1 : 0;
            from_ms = to_ms;
        }
    }
    return count;
}

/* The price of an hour, of the past by what the source says of it now. */
static int64_t hour_micro(const struct pool *pool, int64_t from_ms)
{
    const int64_t hour = (from_ms - pool->past.from_ms) / hour_ms;

    return slot_hour_micro(pool, from_ms >= pool->past.from_ms && hour < pool->past.hours
                                     ? pool->past.hour_micro[hour]
                                     : forecast_hour_micro(pool->steps, pool->step_count, from_ms));
}

/* The hours from `from_ms` on, of which no price is known: what the hours before make likely. */
static int32_t guess_fill(const struct experiment *experiment, const struct pool *pool,
                          int64_t from_ms, struct policy_offer *ahead, int32_t capacity)
{
    const int64_t end_ms = experiment->config.deadline_ms;
    const int64_t first_ms = pool->past.hours > 0 && pool->past.from_ms < pool->steps[0].start_ms
                                 ? pool->past.from_ms
                                 : pool->steps[0].start_ms;
    int64_t before[FORECAST_PAST_HOURS];
    int64_t open[GUESS_HOURS_MAX];
    int32_t known = 0;
    int32_t hours = 0;

    for (int64_t at_ms = from_ms - FORECAST_PAST_HOURS * hour_ms; at_ms < from_ms;
         at_ms += hour_ms) {
        if (at_ms >= first_ms || at_ms + hour_ms == from_ms) {
            before[known++] = hour_micro(pool, at_ms);
        }
    }
    for (int64_t at_ms = from_ms; at_ms < end_ms && hours < GUESS_HOURS_MAX; at_ms += hour_ms) {
        const int64_t next_ms = at_ms + hour_ms < end_ms ? at_ms + hour_ms : end_ms;
        open[hours++] = open_ms(&experiment->gate, at_ms, next_ms);
    }
    return forecast_beyond(before, known, hours, open, ahead, capacity);
}

/* What a slot of the pool costs from now to the deadline, while windows are open. Where the source
 * of its prices names no end, the last one holds on. */
static int32_t ahead_fill(const struct core *core, const struct experiment *experiment,
                          const struct pool *pool, struct policy_offer *ahead)
{
    const int64_t end_ms = experiment->config.deadline_ms;
    const int64_t now_ms = pool->known_ms > core->wall_ms ? pool->known_ms - 1 : core->wall_ms;
    const int64_t known_ms = (now_ms / hour_ms + 1) * hour_ms; /* a begun hour counts as known */

    if (pool->known_ms == 0 || pool->step_count == 0 || known_ms >= end_ms) {
        return known_fill(core, experiment, pool, end_ms, ahead);
    }
    const int32_t count = known_fill(core, experiment, pool, known_ms, ahead);
    return count + guess_fill(experiment, pool, known_ms, ahead + count, POOL_STEPS_MAX - count);
}

static enum policy_kind kind_of(enum pool_kind kind)
{
    switch (kind) {
    case POOL_OWN:
        return POLICY_OWN;
    case POOL_SPOT:
        return POLICY_SPOT;
    case POOL_ON_DEMAND:
        return POLICY_ON_DEMAND;
    }
    return POLICY_OWN;
}

void prospect_view(const struct core *core, const struct experiment *experiment,
                   const struct work *work, const struct offer *offers, uint32_t count,
                   struct policy_offer ahead[POOLS_MAX][POOL_STEPS_MAX], struct policy_view *view)
{
    *view = (struct policy_view){
        .left_ms = open_ms(&experiment->gate, core->wall_ms, experiment->config.deadline_ms),
        .tick_ms = PLAN_TICK_MS,
        .work_ms = work->total_ms,
        .longest_ms = work->longest_ms,
        .trials = work->trials,
        .pool_count = (int32_t)count};
    for (uint32_t i = 0; i < count; i++) {
        const struct offer *offer = &offers[i];
        const int32_t held = experiment->in_pool[offer->pool->row.id] + offer->starting;
        view->pools[i] = (struct policy_pool){
            .kind = kind_of(offer->pool->row.kind),
            .slots_open = offer->most,
            .slots_held = held < offer->most ? held : offer->most,
            .slots_max = offer->ever > offer->most ? offer->ever : offer->most,
            .warming_ms = offer->starting * offer->pool->row.startup_ms / 2,
            .delay_ms = offer->pool->row.launches ? offer->pool->row.startup_ms : 0,
            .price_micro = offer->price_micro,
            .offers = ahead[i],
            .offer_count = ahead_fill(core, experiment, offer->pool, ahead[i]),
            .history = offer->pool->history};
    }
    view->urgent = policy_is_urgent(view, work->longest_ms) ? work->trials : 0;
}

/* With a slot for every trial each stands alone; else Graham's bound on list scheduling. */
int64_t prospect_bound_ms(const struct work *work, int64_t slots, int64_t delay_ms)
{
    if (slots <= 0) {
        return INT64_MAX;
    }
    return slots >= work->trials
               ? delay_ms + work->longest_ms
               : delay_ms + work->total_ms / slots + work->longest_ms - work->longest_ms / slots;
}

int64_t prospect_delay_ms(const struct offer *offers, uint32_t count)
{
    int64_t delay_ms = 0;

    for (uint32_t i = 0; i < count; i++) {
        const bool starts = offers[i].pool->row.launches;
        const int64_t startup_ms = starts ? offers[i].pool->row.startup_ms : 0;
        delay_ms = startup_ms > delay_ms ? startup_ms : delay_ms;
    }
    return delay_ms;
}
