/*
 * move: attempts that go on where it is cheaper. Knows what moving costs: the work since the last
 * checkpoint is done again, and leaving and beginning take up to a grace each. Only machines that
 * are ended when nothing needs them are left: any other costs the same while it idles. One attempt
 * at a time leaves a pool, and only for a price so much lower that no small change brings it back.
 */
#include "core/moving.h"
#include "core/prospect.h"

/* Where an attempt could go on, and what a slot-hour costs there. */
struct haven {
    const struct worker *worker; /* NULL: nowhere now; it waits for what an hour of work is worth */
    double price_micro;
};

/* ---- what stays and what goes ---- */

/* NULL: its worker is in none. */
static const struct pool *pool_of(const struct core *core, const struct trial *trial)
{
    const int32_t id = worker_find(core, trial->attempt.worker)->row.pool;

    return id == 0 ? NULL : &core->pools[id - 1];
}

/* Of several pools one bit each; none for none. */
static uint32_t bit_of(const struct core *core, const struct trial *trial)
{
    const struct pool *pool = pool_of(core, trial);

    return pool == NULL ? 0 : UINT32_C(1) << (pool->row.id - 1);
}

static bool is_moving(const struct trial *trial)
{
    return attempt_live(trial) && trial->attempt.state == ATTEMPT_STOPPING &&
           trial->attempt.leave == LEAVE_PREEMPTION;
}

/* The pools that an attempt is leaving already, as bits. */
static uint32_t pools_left(const struct core *core)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < core->active_count; i++) {
        const struct experiment *experiment = &core->experiments[core->active[i]];
        for (const struct trial *trial = list_first(core, &experiment->open); trial != NULL;
             trial = list_after(core, LIST_OPEN, trial)) {
            left |= is_moving(trial) ? bit_of(core, trial) : 0;
        }
    }
    return left;
}

/* Whether the plan holds fewer slots of the pool than are used, and the pool's machines can go. */
static bool is_surplus(const struct experiment *experiment, const struct pool *pool)
{
    return pool->row.launches &&
           experiment->in_pool[pool->row.id] > experiment->plan.want[pool->row.id];
}

/* What moving saves beyond what has to be saved at least; not above zero: it stays. */
static double gain(const struct core *core, const struct experiment *experiment,
                   const struct trial *trial, const struct haven *haven)
{
    const struct worker *worker = worker_find(core, trial->attempt.worker);
    const int64_t again_ms =
        core->boot_ms - trial->accepted_boot_ms - prospect_kept_ms(experiment, trial);
    const int64_t rest_ms = prospect_left_ms(experiment, trial) - again_ms;
    const int64_t grace_ms = experiment->config.grace_ms;
    const int64_t margin_ms = again_ms + 2 * grace_ms + PLAN_TICK_MS;
    const double here = prospect_slot_micro(core, worker, rest_ms > 0 ? rest_ms : 0);
    const double there = haven->price_micro > 0 ? haven->price_micro : 0;

    if (experiment->config.deadline_ms > 0 && experiment->plan.spare_ms <= margin_ms) {
        return 0;
    }
    return moving_gain((double)rest_ms, here, haven->price_micro,
                       (double)(again_ms + grace_ms) * there + (double)grace_ms * here);
}

/* ---- where to ---- */

/* The cheapest slot that is free, and has been left free by dispatch. */
static struct haven free_haven(const struct core *core, const struct experiment *experiment,
                               int64_t span_ms)
{
    struct haven haven = {NULL, 0};

    for (const struct worker *worker = worker_after(core, WORKERS_IDLE, NULL);
         worker != NULL && gate_admits(core, experiment);
         worker = worker_after(core, WORKERS_IDLE, worker)) {
        const double price_micro = prospect_slot_micro(core, worker, span_ms);
        if ((haven.worker == NULL || price_micro < haven.price_micro) &&
            worker_has_room(worker, &experiment->config.requirement) &&
            plan_admits(experiment, worker) && budget_admits(core, experiment, worker)) {
            haven = (struct haven){worker, price_micro};
        }
    }
    return haven;
}

/* The best attempt to move away from a pool that none is leaving; NULL when none pays. */
static struct trial *leaver(const struct core *core, const struct experiment *experiment,
                            const struct haven *haven, uint32_t left)
{
    struct trial *best = NULL;
    double most = 0;

    for (struct trial *trial = list_first(core, &experiment->open); trial != NULL;
         trial = list_after(core, LIST_OPEN, trial)) {
        const struct pool *pool = attempt_live(trial) && trial->attempt.state == ATTEMPT_ACTIVE
                                      ? pool_of(core, trial)
                                      : NULL;
        if (pool != NULL && is_surplus(experiment, pool) && (left & bit_of(core, trial)) == 0 &&
            gain(core, experiment, trial, haven) > most) {
            best = trial;
            most = gain(core, experiment, trial, haven);
        }
    }
    return best;
}

static void move(struct core *core, struct trial *trial, const struct haven *haven)
{
    const struct worker *worker = worker_find(core, trial->attempt.worker);
    struct trace *trace = emit_trace(core, TRACE_MOVED, trial);

    trace->a = (int64_t)prospect_slot_micro(core, worker, 0);
    trace->b = (int64_t)haven->price_micro;
    attempt_stop(core, trial, LEAVE_PREEMPTION);
}

/* One attempt goes: to a slot that is free, or else into the queue, where more run than the plan
 * holds slots for: it waits for cheaper hours. */
static void experiment_look(struct core *core, struct experiment *experiment, uint32_t *left)
{
    struct haven haven = free_haven(core, experiment, prospect_whole_ms(experiment));
    const bool waits = experiment->plan.bound && experiment->running > experiment->plan.slots;

    if (haven.worker == NULL) {
        haven.price_micro = (double)experiment->plan.shadow_micro;
    }
    struct trial *trial =
        haven.worker != NULL || waits ? leaver(core, experiment, &haven, *left) : NULL;
    if (trial != NULL) {
        *left |= bit_of(core, trial);
        move(core, trial, &haven);
    }
}

static bool launches(const struct core *core)
{
    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        if (core->pools[i].row.launches) {
            return true;
        }
    }
    return false;
}

static bool may_move(const struct core *core, const struct experiment *experiment)
{
    bool surplus = false;

    for (uint32_t i = 0; i < POOLS_MAX && experiment->running > 0; i++) {
        surplus = surplus || is_surplus(experiment, &core->pools[i]);
    }
    return surplus && experiment_may_run(experiment) && !gate_is_shut(experiment) &&
           prospect_whole_ms(experiment) > 0;
}

void moves_make(struct core *core)
{
    const bool settled = !core->again && !core->held && launches(core);
    uint32_t left = 0;
    bool looked = false;

    if (core->boot_ms < core->moves_boot_ms &&
        core->of_workers[WORKERS_IDLE].count <= core->moves_idle) {
        return;
    }
    core->moves_idle = core->of_workers[WORKERS_IDLE].count;
    for (uint32_t i = 0; i < core->active_count && settled; i++) {
        struct experiment *experiment = &core->experiments[core->active[i]];
        if (may_move(core, experiment)) {
            left = looked ? left : pools_left(core);
            looked = true;
            experiment_look(core, experiment, &left);
        }
    }
    core->moves_boot_ms = looked ? core->boot_ms + PLAN_TICK_MS : NEVER;
}

int64_t moves_deadline(const struct core *core)
{
    return core->moves_boot_ms == NEVER ? INT64_MAX : core->moves_boot_ms;
}
