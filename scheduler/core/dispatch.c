/*
 * dispatch: free slots meet work. Workers are served in the order they became free; among
 * experiments, the one with the fewest running attempts comes first, then the lower id; within an
 * experiment, a trial that was begun before a new one.
 */
#include "core/state.h"

static bool avoids(const struct trial *trial, int32_t worker)
{
    for (size_t i = 0; i < AVOID_MAX; i++) {
        if (trial->avoid[i] == worker) {
            return true;
        }
    }
    return false;
}

/* The first queued trial that does not avoid this worker; any, when nobody else could take it. */
static struct trial *queue_choose(const struct core *core, const struct experiment *experiment,
                                  const struct worker *worker)
{
    const bool alone =
        experiment->matching_slots == worker_slots_for(worker, &experiment->config.requirement);

    for (struct trial *trial = list_first(core, &experiment->queue); trial != NULL;
         trial = list_after(core, LIST_QUEUE, trial)) {
        if (alone || !avoids(trial, worker->row.id)) {
            return trial;
        }
    }
    return NULL;
}

static struct trial *trial_create(struct core *core, struct experiment *experiment)
{
    const struct ready ready = search_use(core, experiment);
    struct trial *trial = trial_new(core, experiment);

    trial->row.suggestion = ready.number;
    trial->row.created_ms = core->wall_ms;
    return trial; /* its row is emitted with its first attempt, in this same step */
}

static struct trial *work_choose(struct core *core, struct experiment *experiment,
                                 const struct worker *worker)
{
    struct trial *queued = queue_choose(core, experiment, worker);

    if (queued != NULL) {
        return queued;
    }
    return experiment_may_create(core, experiment) ? trial_create(core, experiment) : NULL;
}

static bool work_left(const struct core *core)
{
    for (uint32_t i = 0; i < core->active_count; i++) {
        if (experiment_has_work(core, &core->experiments[core->active[i]])) {
            return true;
        }
    }
    return false;
}

/* The next trial for this worker, NULL when nothing fits it. */
static struct trial *match(struct core *core, const struct worker *worker)
{
    struct experiment *best = NULL;

    for (uint32_t i = 0; i < core->active_count; i++) {
        struct experiment *experiment = &core->experiments[core->active[i]];
        if (experiment_has_work(core, experiment) &&
            worker_has_room(worker, &experiment->config.requirement) &&
            plan_admits(experiment, worker) && budget_admits(core, experiment, worker) &&
            (best == NULL || experiment->running < best->running)) {
            best = experiment;
        }
    }
    return best == NULL ? NULL : work_choose(core, best, worker);
}

void dispatch_hold(struct core *core, bool held)
{
    if (held != core->held) {
        core->held = held;
        emit_trace_of(core, TRACE_HELD, 0, 0)->a = held;
    }
}

void dispatch(struct core *core)
{
    uint32_t offered = 0;
    struct worker *next = NULL;

    if (core->held) {
        return;
    }

    for (struct worker *worker = worker_after(core, WORKERS_IDLE, NULL);
         worker != NULL && work_left(core); worker = next) {
        next = worker_after(core, WORKERS_IDLE, worker);
        if (fleet_drop_silent(core, worker)) {
            continue;
        }
        while (worker->in[WORKERS_IDLE]) {
            if (offered == STEP_DISPATCH_MAX) {
                core->again = true;
                return;
            }
            struct trial *trial = match(core, worker);
            if (trial == NULL) {
                break;
            }
            attempt_offer(core, trial, worker);
            offered++;
        }
    }
}
