/*
 * rung: early stopping by asynchronous successive halving (ASHA; Li et al., "A System for Massively
 * Parallel Hyperparameter Tuning", MLSys 2020, algorithm 2). A trial runs to the step of its rung
 * and waits there; of the trials that have reached a rung, the best one in eta goes on from its
 * checkpoint to the next. Deviation: a trial is promoted when the rung fills, not when a slot
 * frees; the queue it joins is served before new trials, so the order is the same.
 */
#include "core/state.h"

#include "base/assert.h"

#include <string.h>

int64_t rung_target(const struct experiment *experiment, const struct trial *trial)
{
    return experiment->config.stopping == STOPPING_HALVING
               ? experiment->config.rung_steps[trial->row.rung]
               : experiment->config.step_max;
}

bool rung_is_last(const struct experiment *experiment, const struct trial *trial)
{
    return experiment->config.stopping != STOPPING_HALVING ||
           trial->row.rung + 1 >= (int32_t)experiment->config.rung_count;
}

bool rung_better(const struct experiment *experiment, double a, double b)
{
    return experiment->config.objectives[experiment->config.ranked].maximize ? a > b : a < b;
}

/* Whether `a` did better at `rung` than `b`; ties break by number. */
static bool better_at(const struct experiment *experiment, const struct trial *a,
                      const struct trial *b, int32_t rung)
{
    const double left = a->row.rung_values[rung];
    const double right = b->row.rung_values[rung];

    if (left != right) {
        return rung_better(experiment, left, right);
    }
    return a->row.number < b->row.number;
}

static bool waits_at(const struct trial *trial, int32_t rung)
{
    return trial->row.state == TRIAL_PAUSED && trial->row.reason == TRIAL_REASON_RUNG &&
           trial->row.rung == rung + 1;
}

static struct trial *best_waiting(const struct core *core, const struct experiment *experiment,
                                  int32_t rung)
{
    struct trial *best = NULL;

    for (int32_t number = 0; number < experiment->trial_count; number++) {
        struct trial *trial = trial_find(core, experiment->row.id, number);
        if (waits_at(trial, rung) && (best == NULL || better_at(experiment, trial, best, rung))) {
            best = trial;
        }
    }
    return best;
}

/* The best trial that waits at the rung, if it is among the best one in eta that have reached it.
 */
static struct trial *promotable(const struct core *core, const struct experiment *experiment,
                                int32_t rung)
{
    struct trial *best = best_waiting(core, experiment, rung);
    int32_t reached = 0;
    int32_t ahead = 0;

    for (int32_t number = 0; best != NULL && number < experiment->trial_count; number++) {
        const struct trial *trial = trial_find(core, experiment->row.id, number);
        const bool counts = trial->row.rung > rung;
        reached += counts ? 1 : 0;
        ahead += counts && trial != best && better_at(experiment, trial, best, rung) ? 1 : 0;
    }
    return best != NULL && ahead < reached / experiment->config.eta ? best : NULL;
}

static void promote_trial(struct core *core, const struct experiment *experiment,
                          struct trial *trial)
{
    struct trace *trace = emit_trace(core, TRACE_PROMOTED, trial);

    trace->a = trial->row.rung;
    trace->b = rung_target(experiment, trial);
    trial_queue(core, trial, TRIAL_QUEUED, TRIAL_REASON_RUNG);
}

static void promote(struct core *core, const struct experiment *experiment, int32_t rung)
{
    struct trial *trial = promotable(core, experiment, rung);

    for (int i = 0; trial != NULL && i < STEP_SWEEP_MAX; i++) {
        promote_trial(core, experiment, trial);
        trial = promotable(core, experiment, rung);
    }
}

void rung_reach(struct core *core, struct trial *trial, double value)
{
    const struct experiment *experiment = trial_experiment(core, trial);
    const int32_t rung = trial->row.rung;

    ASSERT(!rung_is_last(experiment, trial));
    struct trace *trace = emit_trace(core, TRACE_RUNG, trial);
    trace->a = rung + 1;
    trace->b = experiment->config.rung_steps[rung];
    trial->row.rung_values[rung] = value;
    trial->row.rung = rung + 1;
    trial->row.settled = trial->row.attempts; /* a late result would be of a rung that is done */
    memset(trial->lost, 0, sizeof trial->lost);
    trial_pause(core, trial, TRIAL_REASON_RUNG);
    emit_effect(core, EFFECT_REPORT, trial->row.experiment, trial->row.number);
    if (experiment_ended(experiment)) {
        trial_abandon(core, trial);
    } else {
        promote(core, experiment, rung);
    }
}

/* A search that would end without one finished trial lets the best of the highest rung finish. */
bool rung_finish_one(struct core *core, const struct experiment *experiment)
{
    struct trial *best = NULL;

    if (experiment->completed > 0 || experiment->at_rung == 0) {
        return false;
    }
    for (int32_t rung = (int32_t)experiment->config.rung_count - 1; rung >= 0 && best == NULL;
         rung--) {
        best = best_waiting(core, experiment, rung);
    }
    if (best == NULL) {
        return false;
    }
    promote_trial(core, experiment, best);
    core->again = true;
    return true;
}
