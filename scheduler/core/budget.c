/*
 * budget: money that may still be spent. Knows the reserve: no attempt begins unless what was
 * spent, and what every attempt may still cost at the highest price that is known, stays within
 * budget.cost; and what runs is told to leave while the time it takes to leave can still be paid.
 */
#include "core/state.h"

#include "base/assert.h"

static const int64_t hour_ms = 3600000;
static const int64_t year_ms = INT64_C(366) * 86400000;
static const int64_t margin_ms = 1000; /* what is nearly used up is used up */

/* ---- how long trials take ---- */

/* Four classes to every doubling; the end of class i is where class i + 1 begins. */
static uint32_t class_of(int64_t duration_ms)
{
    uint32_t power = 2;

    if (duration_ms < 4) {
        return 0;
    }
    while (power < 41 && duration_ms >> (power + 1) != 0) {
        power++;
    }
    return 4 * (power - 2) + (uint32_t)((duration_ms >> (power - 2)) & 3) + 1;
}

static int64_t class_end_ms(uint32_t class)
{
    return class == 0 ? 4 : (int64_t)(5 + (class - 1) % 4) << ((class - 1) / 4);
}

void budget_measure(struct experiment *experiment, int64_t duration_ms)
{
    const uint32_t class = class_of(duration_ms);

    ASSERT(class < DURATION_CLASSES);
    if (duration_ms == 0) {
        return; /* nobody saw how long it took */
    }
    experiment->durations[class]++;
    experiment->measured++;
}

/* A trial has reported a step: how fast it is says how long a whole one takes. */
void budget_pace(const struct core *core, const struct trial *trial)
{
    struct experiment *experiment = trial_experiment(core, trial);
    const int64_t steps = trial->attempt.last_step - trial->attempt.from_step;

    if (trial->accepted_boot_ms != NEVER && steps > 0 && steps >= experiment->pace_steps) {
        experiment->pace_steps = steps;
        experiment->pace_ms = trial->attempt.duration_ms + core->boot_ms - trial->accepted_boot_ms;
    }
}

/* By the steps that were reported; 0 none were. */
static int64_t pace_duration_ms(const struct experiment *experiment)
{
    const double share = experiment->pace_steps == 0
                             ? 0
                             : (double)experiment->config.step_max / (double)experiment->pace_steps;
    const double whole_ms = share * (double)experiment->pace_ms;

    return whole_ms < (double)year_ms ? (int64_t)whole_ms : year_ms;
}

/* The bound that 95 % of the trials measured so far stayed below; while none was, what their steps
 * say; 0 nothing does. */
int64_t budget_duration_ms(const struct experiment *experiment)
{
    int64_t beyond = (int64_t)experiment->measured * 5 / 100; /* so many may be longer */
    uint32_t class = DURATION_CLASSES;

    while (class > 0 && beyond >= experiment->durations[class - 1]) {
        beyond -= experiment->durations[--class];
    }
    return experiment->measured == 0 ? pace_duration_ms(experiment) : class_end_ms(class - 1);
}

/* Leaving takes the grace, or what is left of the lease where nobody answers. */
static int64_t leaving_ms(const struct core *core, const struct experiment *experiment)
{
    const int64_t lease_ms = core->lease_ms + core->lease_ms / 50 + LEASE_SLACK_MS;
    const int64_t grace_ms = experiment->config.grace_ms;

    return (grace_ms > lease_ms ? grace_ms : lease_ms) + margin_ms;
}

/* What an attempt of a trial may still take, `spent_ms` of it being over; while nothing is known,
 * as long again. */
static int64_t rest_ms(const struct core *core, const struct experiment *experiment,
                       int64_t useful_ms, int64_t spent_ms)
{
    const int64_t timeout_ms = experiment->config.timeout_ms;
    const int64_t whole_ms = budget_duration_ms(experiment);
    const int64_t bound_ms = whole_ms > 0 ? whole_ms - useful_ms : 2 * spent_ms;
    const int64_t rest = (timeout_ms > 0 ? timeout_ms : bound_ms) - spent_ms;
    const int64_t least_ms = leaving_ms(core, experiment);

    return rest > least_ms ? rest : least_ms;
}

/* ---- what time costs at most ---- */

/* At the highest price that is known from now on, never below nothing; rounded up. */
static int64_t cost_at_most(const struct core *core, const struct worker *worker,
                            int64_t duration_ms)
{
    const struct pool *pool = worker->row.pool == 0 ? NULL : &core->pools[worker->row.pool - 1];
    const int64_t span_ms = duration_ms < year_ms ? duration_ms : year_ms;

    if (pool == NULL || span_ms <= 0) {
        return 0;
    }
    const int64_t price_micro = pool_dearest_micro(pool, core->wall_ms, INT64_MAX);
    return price_micro <= 0
               ? 0
               : ledger_cost_micro(price_micro, span_ms, money_scale(pool, worker)) + 1;
}

/* What has been used of a slot since its time was booked last, to the entry. */
static int64_t cost_since(const struct core *core, const struct worker *worker, int64_t booked_ms,
                          int64_t span_ms)
{
    struct ledger_entry pieces[POOL_STEPS_MAX];
    const struct pool *pool = worker->row.pool == 0 ? NULL : &core->pools[worker->row.pool - 1];
    int64_t cost_micro = 0;

    if (pool == NULL || pool->step_count == 0) {
        return 0;
    }
    const size_t count = ledger_split(pool->steps, pool->step_count, booked_ms, booked_ms + span_ms,
                                      money_scale(pool, worker), pieces, POOL_STEPS_MAX);
    for (size_t i = 0; i < count; i++) {
        cost_micro += pieces[i].cost_micro + 2; /* three kinds round three times */
    }
    return cost_micro;
}

/* What is spent, and what is bound to be. */
struct standing {
    int64_t spent_micro;   /* booked or not */
    int64_t leaving_micro; /* if all that runs were told to leave now */
    int64_t reserve_micro; /* if all that runs takes as long as it may */
    int64_t hour_micro;    /* an hour of it, at most */
    int64_t idle_micro;    /* of that, slots that nothing runs on */
};

static void stand_attempt(const struct core *core, const struct experiment *experiment,
                          const struct worker *worker, const struct trial *trial,
                          struct standing *standing)
{
    const bool active = trial->accepted_boot_ms != NEVER;
    const int64_t span_ms = active ? core->boot_ms - trial->accepted_boot_ms : 0;
    const int64_t rest = rest_ms(core, experiment, trial->row.useful_ms, span_ms);

    if (active) {
        standing->spent_micro += cost_since(core, worker, trial->attempt.booked_ms, span_ms);
    }
    standing->leaving_micro += cost_at_most(core, worker, leaving_ms(core, experiment));
    standing->reserve_micro += cost_at_most(core, worker, rest);
    standing->hour_micro += cost_at_most(core, worker, hour_ms);
}

static struct standing stand(const struct core *core, const struct experiment *experiment)
{
    struct standing standing = {.spent_micro = experiment->row.cost_micro};

    for (const struct worker *worker = worker_after(core, WORKERS_PRESENT, NULL); worker != NULL;
         worker = worker_after(core, WORKERS_PRESENT, worker)) {
        int32_t idle = worker->row.slots;
        for (const struct trial *trial = list_first(core, &worker->attempts); trial != NULL;
             trial = list_after(core, LIST_WORKER, trial)) {
            idle -= trial->accepted_boot_ms != NEVER ? 1 : 0;
            if (trial_experiment(core, trial) == experiment) {
                stand_attempt(core, experiment, worker, trial, &standing);
            }
        }
        if (worker->works_for == experiment->row.id && worker->booked_boot_ms != NEVER &&
            idle > 0 && money_keeps(experiment)) {
            standing.spent_micro += idle * cost_since(core, worker, worker->row.booked_ms,
                                                      core->boot_ms - worker->booked_boot_ms);
            standing.idle_micro += idle * cost_at_most(core, worker, hour_ms);
        }
    }
    standing.hour_micro += standing.idle_micro;
    return standing;
}

/* ---- the rule ---- */

static bool price_is_known(const struct core *core, const struct worker *worker)
{
    if (worker->row.pool == 0) {
        return true; /* it costs nothing that anybody knows of */
    }
    const enum price_trust trust = core->pools[worker->row.pool - 1].row.trust;
    return trust == PRICE_KNOWN || trust == PRICE_TRUSTED;
}

/* Beside its own time, a new attempt may leave the other slots of its worker idle. */
bool budget_admits(const struct core *core, const struct experiment *experiment,
                   const struct worker *worker)
{
    const int64_t most_micro = experiment->config.cost_max_micro;

    if (most_micro == 0) {
        return true;
    }
    if (!price_is_known(core, worker)) {
        return false;
    }
    const struct standing standing = stand(core, experiment);
    const int64_t rest = rest_ms(core, experiment, 0, 0);
    const bool kept = worker->works_for == experiment->row.id && worker->booked_boot_ms != NEVER &&
                      money_keeps(experiment); /* then its slot counts among the idle ones */
    const int64_t slots = kept ? 0 : worker->row.slots - worker->slots_used;
    const int64_t idle_micro =
        (standing.idle_micro / (hour_ms / margin_ms) + 1) * (rest / margin_ms);
    return standing.spent_micro + standing.reserve_micro + idle_micro +
               slots * cost_at_most(core, worker, rest) <=
           most_micro;
}

/* What may still be spent before everything has to leave. */
static int64_t left_micro(const struct experiment *experiment, const struct standing *standing)
{
    const int64_t margin_micro = standing->hour_micro * margin_ms / hour_ms;

    return experiment->config.cost_max_micro - standing->spent_micro - standing->leaving_micro -
           margin_micro;
}

/* Whether so much more can be spent, and what runs can still leave. */
bool budget_pays(const struct core *core, const struct experiment *experiment, int64_t cost_micro)
{
    if (experiment->config.cost_max_micro == 0) {
        return true;
    }
    const struct standing standing = stand(core, experiment);
    return left_micro(experiment, &standing) >= cost_micro;
}

/* Whether there are workers for it, and none that it could pay. */
static bool admits_none(const struct core *core, const struct experiment *experiment)
{
    bool refused = false;

    for (const struct worker *worker = worker_after(core, WORKERS_PRESENT, NULL); worker != NULL;
         worker = worker_after(core, WORKERS_PRESENT, worker)) {
        if (worker_slots_for(worker, &experiment->config.requirement) > 0 &&
            price_is_known(core, worker)) {
            if (budget_admits(core, experiment, worker)) {
                return false;
            }
            refused = true;
        }
    }
    return refused;
}

/* Whether nothing more can be paid: what runs must leave now, or nothing runs and nothing may
 * begin. */
bool budget_is_used_up(const struct core *core, const struct experiment *experiment)
{
    if (experiment->config.cost_max_micro == 0) {
        return false;
    }
    const struct standing standing = stand(core, experiment);
    return left_micro(experiment, &standing) <= 0 ||
           (experiment->running == 0 && admits_none(core, experiment));
}

/* Whether there are workers for it, and no price of any of them is known. */
bool budget_lacks_price(const struct core *core, const struct experiment *experiment)
{
    bool any = false;

    if (experiment->config.cost_max_micro == 0) {
        return false;
    }
    for (const struct worker *worker = worker_after(core, WORKERS_PRESENT, NULL); worker != NULL;
         worker = worker_after(core, WORKERS_PRESENT, worker)) {
        if (worker_slots_for(worker, &experiment->config.requirement) > 0) {
            if (price_is_known(core, worker)) {
                return false;
            }
            any = true;
        }
    }
    return any;
}

int64_t budget_deadline(const struct core *core, const struct experiment *experiment)
{
    if (experiment->config.cost_max_micro == 0 || !experiment_may_run(experiment)) {
        return INT64_MAX;
    }
    const struct standing standing = stand(core, experiment);
    const int64_t left = left_micro(experiment, &standing);
    if (standing.hour_micro <= 0) {
        return INT64_MAX;
    }
    if (left <= 0) {
        return core->boot_ms;
    }
    const bool far = left >= INT64_MAX / hour_ms;
    return core->boot_ms + (far ? year_ms : left * hour_ms / standing.hour_micro + 1);
}
