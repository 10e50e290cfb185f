/*
 * check: the invariants of docs/RELIABILITY.md that one core alone can see, recounted from its
 * rows.
 */
#include "core/state.h"

static const char *check_trial(const struct trial *trial)
{
    const bool live = attempt_live(trial);

    if ((trial->row.state == TRIAL_RUNNING) != live) {
        return "I3: a trial is running exactly while it has one live attempt";
    }
    if (trial->row.value_count > 0 && trial->row.state != TRIAL_COMPLETED) {
        return "I1: only a completed trial has a result";
    }
    if (trial->attempt.number > 0 && trial->attempt.number > trial->row.attempts) {
        return "I2: an attempt's number is above the trial's highest";
    }
    if (trial->open == (trial->row.ended_ms > 0)) {
        return "I9: a trial is open exactly until it has ended";
    }
    if (trial->open == (trial->row.told > 0) && trial->row.restarts + trial->row.preemptions == 0 &&
        !trial->open) {
        return "I12: an ended trial has not been told";
    }
    return NULL;
}

static bool slots_are_counted(const struct core *core, const struct experiment *experiment)
{
    int32_t slots = 0;

    for (uint32_t i = 0; i < core->worker_count; i++) {
        slots += worker_slots_for(&core->workers[i], &experiment->config.requirement);
    }
    return !experiment->active || slots == experiment->matching_slots;
}

static const char *check_experiment(const struct core *core, const struct experiment *experiment)
{
    uint32_t open = 0;
    uint32_t queued = 0;
    int32_t running = 0;

    for (int32_t number = 0; number < experiment->trial_count; number++) {
        const struct trial *trial = trial_find(core, experiment->row.id, number);
        if (trial == NULL) {
            return "a trial number is missing";
        }
        const char *wrong = check_trial(trial);
        if (wrong != NULL) {
            return wrong;
        }
        open += trial->open ? 1 : 0;
        queued += trial->queued ? 1 : 0;
        running += attempt_live(trial) ? 1 : 0;
    }
    if (open != experiment->open.count || queued != experiment->queue.count ||
        running != experiment->running) {
        return "an experiment's counts differ from its trials";
    }
    if (!slots_are_counted(core, experiment)) {
        return "an experiment's slots differ from those of the workers that may take its trials";
    }
    if (experiment->config.trials_max > 0 &&
        experiment->trial_count > experiment->config.trials_max) {
        return "budget.trials is exceeded";
    }
    return NULL;
}

static const char *check_worker(const struct worker *worker)
{
    if (worker->slots_used != (int32_t)worker->attempts.count) {
        return "a worker's used slots differ from its attempts";
    }
    if (worker->in[WORKERS_PRESENT] != (worker->row.connected || worker->attempts.count > 0)) {
        return "a worker that is there is not in its list, or one that is not is";
    }
    if (worker->row.connected && worker->slots_free < 0) {
        return "I14: a worker has fewer than no free slots";
    }
    return NULL;
}

const char *core_check(const struct core *core)
{
    const char *wrong = NULL;

    for (uint32_t i = 0; i < core->experiment_count && wrong == NULL; i++) {
        wrong = check_experiment(core, &core->experiments[i]);
    }
    for (uint32_t i = 0; i < core->worker_count && wrong == NULL; i++) {
        wrong = check_worker(&core->workers[i]);
    }
    return wrong;
}
