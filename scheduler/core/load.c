/*
 * load: the core from its rows. What a row holds comes back as it was; what a restart resets
 * (connections, leases, backoffs) starts afresh in core_loaded.
 */
#include "core/state.h"

#include "base/assert.h"

void core_load_experiment(struct core *core, const struct experiment_row *row,
                          const struct experiment_config *config)
{
    struct experiment *experiment = experiment_new(core, config);

    ASSERT(row->id == experiment->row.id);
    experiment->row = *row;
    experiment->row.name_text = experiment->row.spec_text = 0;
    experiment->row.workdir_text = experiment->row.sources_text = 0;
    experiment_activate(core, experiment);
}

void core_load_suggestion(struct core *core, const struct suggestion_row *row)
{
    struct experiment *experiment = experiment_find(core, row->experiment);

    ASSERT(experiment != NULL);
    if (row->number >= experiment->asks) {
        experiment->asks = row->number + 1;
    }
    if (row->state == SUGGESTION_READY) {
        ASSERT(experiment->ready_count < PREFETCH_MAX);
        experiment->ready[experiment->ready_count++] =
            (struct ready){.number = row->number, .told_count = row->told_count};
    }
}

static bool state_open(enum trial_state state)
{
    return state == TRIAL_QUEUED || state == TRIAL_RUNNING || state == TRIAL_PAUSED;
}

void core_load_trial(struct core *core, const struct trial_row *row)
{
    struct experiment *experiment = experiment_find(core, row->experiment);
    struct trial *trial = NULL;

    ASSERT(experiment != NULL);
    ASSERT(row->number == experiment->trial_count);
    trial = trial_new(core, experiment);
    trial->row = *row;
    if (!state_open(row->state)) {
        trial->open = false;
        list_remove(core, &experiment->open, LIST_OPEN, trial);
        experiment->completed += row->state == TRIAL_COMPLETED ? 1 : 0;
        if (row->state == TRIAL_COMPLETED) {
            budget_measure(experiment, row->useful_ms);
        }
        experiment->failures += row->state == TRIAL_FAILED || row->state == TRIAL_BURIED ? 1 : 0;
    }
}

void core_load_attempt(struct core *core, const struct attempt_row *row)
{
    struct trial *trial = trial_find(core, row->experiment, row->trial);

    ASSERT(trial != NULL);
    trial->attempt = *row;
    trial->attempt.message_text = 0;
    if (row->state == ATTEMPT_LOST && row->number > trial->row.settled) {
        for (size_t i = LOST_MAX - 1; i > 0; i--) {
            trial->lost[i] = trial->lost[i - 1];
        }
        trial->lost[0] = (struct lost_attempt){row->number, row->worker};
    }
}

void core_load_worker(struct core *core, const struct worker_row *row)
{
    struct worker *worker = worker_new(core);

    ASSERT(row->id == worker->row.id);
    worker->row = *row;
    worker->row.connected = false;
    worker->row.draining = false;
    worker->row.name_text = worker->row.boot_text = worker->row.host_text = 0;
    worker->row.pool_text = worker->row.labels_text = worker->row.software_text = 0;
}

/* A wall time of before the start, in boot time. */
static int64_t boot_of(const struct core *core, int64_t wall_ms)
{
    const int64_t age_ms = core->wall_ms - wall_ms;
    return core->boot_ms - (age_ms > 0 ? age_ms : 0);
}

/* R5: an attempt that was running is still its worker's, for one whole lease from now. Its clock
 * goes on from its row's wall time. */
static void live_restore(struct core *core, struct trial *trial)
{
    struct experiment *experiment = trial_experiment(core, trial);
    struct worker *worker = worker_find(core, trial->attempt.worker);

    ASSERT(worker != NULL);
    experiment->running++;
    worker_occupy(core, worker, trial);
    heap_set(&core->timers, (uint32_t)(trial - core->trials),
             core->boot_ms + core->lease_ms + core->lease_ms / 50 + LEASE_SLACK_MS);
    if (trial->attempt.started_ms > 0) {
        const bool saved = trial->row.checkpoint.attempt == trial->attempt.number;
        trial->accepted_boot_ms = boot_of(core, trial->attempt.booked_ms);
        trial->saved_boot_ms = saved ? boot_of(core, trial->row.saved_ms) : NEVER;
        worker->active++;
        experiment->live_boot_sum_ms += trial->accepted_boot_ms;
        experiment->live_count++;
    }
}

static void open_restore(struct core *core, struct trial *trial)
{
    struct experiment *experiment = trial_experiment(core, trial);

    if (attempt_live(trial)) {
        live_restore(core, trial);
    } else if (trial->row.reason == TRIAL_REASON_BACKOFF && trial->row.state == TRIAL_PAUSED) {
        heap_set(&core->timers, (uint32_t)(trial - core->trials),
                 core->boot_ms + experiment->config.backoff_ms);
    } else if (trial->row.state == TRIAL_QUEUED || trial->row.reason == TRIAL_REASON_PREEMPTED ||
               trial->row.reason == TRIAL_REASON_WINDOW) {
        list_append(core, &experiment->queue, LIST_QUEUE, trial);
        trial->queued = true;
    } else if (trial->row.reason == TRIAL_REASON_RUNG) {
        experiment->at_rung++;
    }
}

void core_loaded(struct core *core, int64_t boot_ms, int64_t wall_ms)
{
    core->boot_ms = boot_ms;
    core->wall_ms = wall_ms;
    for (uint32_t i = 0; i < core->trial_count; i++) {
        if (core->trials[i].open) {
            open_restore(core, &core->trials[i]);
        }
    }
    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        core->pools[i].seen_boot_ms = boot_ms;
    }
    for (uint32_t i = 0; i < core->worker_count; i++) {
        struct worker *worker = &core->workers[i];
        worker->booked_boot_ms =
            worker->row.booked_ms == 0 ? NEVER : boot_of(core, worker->row.booked_ms);
    }
    for (uint32_t i = core->active_count; i > 0; i--) {
        struct experiment *experiment = &core->experiments[core->active[i - 1]];
        if (!experiment_ended(experiment)) {
            experiment->sweep =
                experiment->open.first; /* one that was cut short by the end of the program */
        } else if (experiment->open.count == 0) {
            experiment_deactivate(core, experiment);
        } else {
            experiment->sweep = experiment->open.first;
        }
    }
    core->again = core->active_count > 0;
}
