/*
 * trial: where a trial may go. Every change of trial.state is made here, through trial_move, which
 * consults the table.
 */
#include "core/state.h"

#include "base/assert.h"

#define BIT(state) (1U << (state))

/* From each state, the states a trial may move to. Terminal states have none (I9); buried has one,
 * by `kick`. */
static const unsigned trial_moves[] = {
    [TRIAL_QUEUED] = BIT(TRIAL_RUNNING) | BIT(TRIAL_PAUSED) | BIT(TRIAL_COMPLETED) |
                     BIT(TRIAL_INFEASIBLE) | BIT(TRIAL_PRUNED) | BIT(TRIAL_CANCELLED),
    [TRIAL_RUNNING] = BIT(TRIAL_QUEUED) | BIT(TRIAL_PAUSED) | BIT(TRIAL_COMPLETED) |
                      BIT(TRIAL_FAILED) | BIT(TRIAL_BURIED) | BIT(TRIAL_INFEASIBLE) |
                      BIT(TRIAL_PRUNED) | BIT(TRIAL_CANCELLED),
    [TRIAL_PAUSED] = BIT(TRIAL_QUEUED) | BIT(TRIAL_RUNNING) | BIT(TRIAL_PAUSED) |
                     BIT(TRIAL_COMPLETED) | BIT(TRIAL_INFEASIBLE) | BIT(TRIAL_PRUNED) |
                     BIT(TRIAL_CANCELLED),
    [TRIAL_BURIED] = BIT(TRIAL_QUEUED),
    [TRIAL_COMPLETED] = 0,
    [TRIAL_FAILED] = 0,
    [TRIAL_INFEASIBLE] = 0,
    [TRIAL_PRUNED] = 0,
    [TRIAL_CANCELLED] = 0,
};

bool attempt_live(const struct trial *trial)
{
    return trial->attempt.number > 0 &&
           (trial->attempt.state == ATTEMPT_OFFERED || trial->attempt.state == ATTEMPT_ACTIVE ||
            trial->attempt.state == ATTEMPT_STOPPING);
}

struct experiment *trial_experiment(const struct core *core, const struct trial *trial)
{
    return &core->experiments[trial->experiment];
}

static void trial_unqueue(struct core *core, struct trial *trial)
{
    if (trial->queued) {
        list_remove(core, &trial_experiment(core, trial)->queue, LIST_QUEUE, trial);
        trial->queued = false;
    }
}

static bool at_rung(const struct trial *trial)
{
    return trial->row.state == TRIAL_PAUSED && trial->row.reason == TRIAL_REASON_RUNG;
}

static void trial_move(struct core *core, struct trial *trial, enum trial_state state,
                       enum trial_reason reason)
{
    struct experiment *experiment = trial_experiment(core, trial);

    ASSERT((trial_moves[trial->row.state] & BIT(state)) != 0 || trial->row.state == state);
    trial_unqueue(core, trial);
    experiment->at_rung -= at_rung(trial) ? 1 : 0;
    trial->row.state = state;
    trial->row.reason = reason;
    experiment->at_rung += at_rung(trial) ? 1 : 0;
    emit_trial(core, trial);
}

static void trace_trial(struct core *core, const struct trial *trial)
{
    struct trace *trace = emit_trace(core, TRACE_TRIAL, trial);
    trace->a = trial->row.state;
    trace->b = trial->row.reason;
}

/* trial_run: the move that goes with an accepted offer or a revived attempt. */
void trial_run(struct core *core, struct trial *trial)
{
    heap_remove(&core->timers, (uint32_t)(trial - core->trials));
    trial->row.started_ms = trial->row.started_ms == 0 ? core->wall_ms : trial->row.started_ms;
    trial_move(core, trial, TRIAL_RUNNING, TRIAL_REASON_NONE);
}

void trial_queue(struct core *core, struct trial *trial, enum trial_state state,
                 enum trial_reason reason)
{
    struct experiment *experiment = trial_experiment(core, trial);

    trial_move(core, trial, state, reason);
    list_append(core, &experiment->queue, LIST_QUEUE, trial);
    trial->queued = true;
    trace_trial(core, trial);
}

void trial_pause(struct core *core, struct trial *trial, enum trial_reason reason)
{
    heap_remove(&core->timers, (uint32_t)(trial - core->trials)); /* a backoff, if it was in one */
    trial_move(core, trial, TRIAL_PAUSED, reason);
    trace_trial(core, trial);
}

/* `first_ms`, doubled for each time but the first, at most five minutes, or `first_ms` if that is
 * longer. */
static int64_t backoff_ms(int64_t first_ms, int32_t times)
{
    const int64_t most_ms = first_ms > BACKOFF_MAX_MS ? first_ms : BACKOFF_MAX_MS;
    int64_t delay_ms = first_ms;

    for (int32_t i = 1; i < times && delay_ms < most_ms; i++) {
        delay_ms *= 2;
    }
    return delay_ms < most_ms ? delay_ms : most_ms;
}

void trial_back_off(struct core *core, struct trial *trial, int64_t first_ms, int32_t times)
{
    const int64_t delay_ms = backoff_ms(first_ms, times);

    trial_move(core, trial, TRIAL_PAUSED, TRIAL_REASON_BACKOFF);
    heap_set(&core->timers, (uint32_t)(trial - core->trials), core->boot_ms + delay_ms);
    emit_trace(core, TRACE_BACKOFF, trial)->a = delay_ms;
}

static void trial_close(struct core *core, struct trial *trial)
{
    struct experiment *experiment = trial_experiment(core, trial);

    if (experiment->sweep == (uint32_t)(trial - core->trials)) {
        experiment->sweep = trial->links[LIST_OPEN].after;
    }
    list_remove(core, &experiment->open, LIST_OPEN, trial);
    trial->open = false;
    heap_remove(&core->timers, (uint32_t)(trial - core->trials));
}

void trial_end(struct core *core, struct trial *trial, enum trial_state state,
               enum trial_reason reason)
{
    struct experiment *experiment = trial_experiment(core, trial);

    ASSERT(!attempt_live(trial));
    trial->row.ended_ms = core->wall_ms;
    if (trial->row.told == 0) { /* one that was dug up keeps its place among the ends */
        trial->row.told = ++experiment->row.told_count;
    }
    trial_move(core, trial, state, reason);
    trial_close(core, trial);
    experiment->completed += state == TRIAL_COMPLETED ? 1 : 0;
    experiment->failures += state == TRIAL_FAILED || state == TRIAL_BURIED ? 1 : 0;
    experiment->changed = true;
    emit_effect(core, EFFECT_TELL, trial->row.experiment, trial->row.number);
    trace_trial(core, trial);
}

/* R9: a machine was lost or left. Never uses up restarts; past max_preemptions a person has to
 * look. */
static void trial_requeue(struct core *core, struct trial *trial)
{
    const struct experiment_config *config = &trial_experiment(core, trial)->config;

    trial->row.preemptions++;
    if (trial->row.preemptions > config->preemptions_max) {
        trial_end(core, trial, TRIAL_BURIED, TRIAL_REASON_PREEMPTIONS);
    } else if (trial->attempt.cause == CAUSE_REQUEUE && trial->saved_boot_ms == NEVER &&
               trial->attempt.duration_ms < SHORT_ATTEMPT_MS) {
        trial_back_off(core, trial, BACKOFF_MIN_MS, trial->row.preemptions); /* it would spin */
    } else {
        trial_queue(core, trial, TRIAL_PAUSED, TRIAL_REASON_PREEMPTED);
    }
}

/* Paused with its experiment, unless that was resumed while the trial was still leaving. */
static void trial_set_aside(struct core *core, struct trial *trial, enum trial_reason reason)
{
    if (trial_experiment(core, trial)->row.state == EXPERIMENT_PAUSED) {
        trial_pause(core, trial, reason);
    } else {
        trial_queue(core, trial, TRIAL_QUEUED, TRIAL_REASON_NONE);
    }
}

void trial_after_leaving(struct core *core, struct trial *trial)
{
    if (experiment_ended(trial_experiment(core, trial))) {
        trial_abandon(core, trial);
        return;
    }
    switch (trial->attempt.leave) {
    case LEAVE_PRUNED:
        trial_end(core, trial, TRIAL_PRUNED, TRIAL_REASON_STOPPING_RULE);
        break;
    case LEAVE_CANCELLED:
        trial_end(core, trial, TRIAL_CANCELLED, TRIAL_REASON_OPERATOR);
        break;
    case LEAVE_WINDOW:
        if (trial_experiment(core, trial)->row.state == EXPERIMENT_PAUSED) {
            trial_pause(core, trial, TRIAL_REASON_OPERATOR);
        } else {
            trial_queue(core, trial, TRIAL_PAUSED, TRIAL_REASON_WINDOW);
        }
        break;
    case LEAVE_RUNG:
        trial_pause(core, trial, TRIAL_REASON_RUNG);
        break;
    case LEAVE_BUDGET:
        trial_set_aside(core, trial, TRIAL_REASON_BUDGET);
        break;
    case LEAVE_OPERATOR:
        trial_set_aside(core, trial, TRIAL_REASON_OPERATOR);
        break;
    case LEAVE_PREEMPTION: /* move.c: no machine was lost */
        trial_queue(core, trial, TRIAL_PAUSED, TRIAL_REASON_PREEMPTED);
        break;
    case LEAVE_NONE:
    case LEAVE_DRAIN:
    case LEAVE_SUPERSEDED:
    case LEAVE_TIMEOUT:
        trial_requeue(core, trial);
        break;
    }
}

/* Its experiment has ended and nothing of it runs: what waited at a rung was pruned, the rest is
 * cancelled. */
void trial_abandon(struct core *core, struct trial *trial)
{
    const bool target = trial_experiment(core, trial)->row.reason == WHY_TARGET;

    trial_end(core, trial, at_rung(trial) ? TRIAL_PRUNED : TRIAL_CANCELLED,
              target ? TRIAL_REASON_TARGET : TRIAL_REASON_ENDED);
}

void trial_kick(struct core *core, struct trial *trial)
{
    struct experiment *experiment = trial_experiment(core, trial);

    ASSERT(trial->row.state == TRIAL_BURIED);
    experiment->failures--;
    trial->row.restarts = 0;
    trial->row.preemptions = 0;
    trial->row.ended_ms = 0;
    trial->open = true;
    list_append(core, &experiment->open, LIST_OPEN, trial);
    emit_effect(core, EFFECT_AGAIN, trial->row.experiment, trial->row.number);
    trial_queue(core, trial, TRIAL_QUEUED, TRIAL_REASON_NONE);
}

void trial_tick(struct core *core, struct trial *trial)
{
    if (attempt_live(trial)) {
        (void)emit_trace(core, TRACE_LOST, trial);
        attempt_lose(core, trial);
    } else {
        ASSERT(trial->row.reason == TRIAL_REASON_BACKOFF);
        trial_queue(core, trial, TRIAL_QUEUED, TRIAL_REASON_BACKOFF);
    }
}
