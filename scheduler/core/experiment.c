/*
 * experiment: its submission, the operator's commands, its budgets, and the state that follows from
 * its trials.
 */
#include "core/state.h"

#include "base/assert.h"

bool experiment_ended(const struct experiment *experiment)
{
    switch (experiment->row.state) {
    case EXPERIMENT_COMPLETED:
    case EXPERIMENT_STOPPED:
    case EXPERIMENT_CANCELLED:
    case EXPERIMENT_FAILED:
        return true;
    case EXPERIMENT_QUEUED:
    case EXPERIMENT_RUNNING:
    case EXPERIMENT_WAITING:
    case EXPERIMENT_PAUSED:
    case EXPERIMENT_STOPPING:
        return false;
    }
    return false;
}

int32_t experiment_busy(const struct experiment *experiment)
{
    return (int32_t)experiment->open.count - experiment->at_rung;
}

/* Open to new trials, as far as its budgets go. */
static bool experiment_going(const struct experiment *experiment)
{
    return experiment->row.state == EXPERIMENT_QUEUED ||
           experiment->row.state == EXPERIMENT_RUNNING ||
           experiment->row.state == EXPERIMENT_WAITING;
}

static bool state_may_run(enum experiment_state state)
{
    return state == EXPERIMENT_QUEUED || state == EXPERIMENT_RUNNING ||
           state == EXPERIMENT_WAITING || state == EXPERIMENT_STOPPING;
}

bool experiment_may_run(const struct experiment *experiment)
{
    return state_may_run(experiment->row.state);
}

/* Slot-time used, with what the live attempts have used so far and `more` attempts' grace still to
 * come. */
static bool compute_left(const struct core *core, const struct experiment *experiment, int32_t more)
{
    const int64_t live_ms = experiment->live_count * core->boot_ms - experiment->live_boot_sum_ms;
    const int64_t grace_ms = experiment->config.grace_ms * (experiment->live_count + more);

    return experiment->config.compute_max_ms == 0 ||
           experiment->row.compute_ms + live_ms + grace_ms < experiment->config.compute_max_ms;
}

int64_t experiment_compute_deadline(const struct experiment *experiment)
{
    const struct experiment_config *config = &experiment->config;

    if (config->compute_max_ms == 0 || experiment->live_count == 0 ||
        !experiment_going(experiment)) { /* one that is stopping lets what runs finish */
        return INT64_MAX;
    }
    const int64_t left_ms = config->compute_max_ms - experiment->row.compute_ms;
    const int64_t over_all_ms = left_ms + experiment->live_boot_sum_ms;
    const int32_t count = experiment->live_count;
    return (over_all_ms + count - 1) / count - config->grace_ms; /* up: a moment early is none */
}

bool experiment_may_create(const struct core *core, const struct experiment *experiment)
{
    return experiment_going(experiment) && experiment->ready_count > 0 &&
           search_room(experiment) > 0 && core->trial_count < core->capacity.trials &&
           compute_left(core, experiment, 1) &&
           (search_concurrency(experiment) > 1 || experiment_busy(experiment) == 0);
}

static bool too_many_failures(const struct experiment *experiment)
{
    const int32_t most = experiment->config.failures_max;
    return most > 0 && experiment->failures >= most;
}

bool experiment_has_work(const struct core *core, const struct experiment *experiment)
{
    const int32_t most = experiment->config.concurrency_max;

    if (!experiment_may_run(experiment) || too_many_failures(experiment) ||
        !gate_admits(core, experiment) || (most > 0 && experiment->running >= most)) {
        return false;
    }
    return (experiment->queue.count > 0 && compute_left(core, experiment, 1)) ||
           experiment_may_create(core, experiment);
}

void experiment_move(struct core *core, struct experiment *experiment, enum experiment_state state,
                     enum experiment_reason reason)
{
    if (experiment->row.state == state && experiment->row.reason == reason) {
        return;
    }
    const bool keeps = state_may_run(state) && !gate_is_shut(experiment);
    if (money_keeps(experiment) != keeps) {
        money_keep(core, experiment);
    }
    experiment->row.state = state;
    experiment->row.reason = reason;
    experiment->changed = true;
    if (state == EXPERIMENT_RUNNING && experiment->row.started_ms == 0) {
        experiment->row.started_ms = core->wall_ms;
    }
    experiment->row.ended_ms = experiment_ended(experiment) ? core->wall_ms : 0;
    struct trace *trace = emit_trace_of(core, TRACE_EXPERIMENT, experiment->row.id, 0);
    trace->a = state;
    trace->b = reason;
}

/* Every open trial is to hear of the new state, STEP_SWEEP_MAX a step. */
void experiment_turn(struct core *core, struct experiment *experiment, enum experiment_state state,
                     enum experiment_reason reason)
{
    experiment_move(core, experiment, state, reason);
    experiment->sweep = experiment->open.first;
}

static bool set_aside(const struct trial *trial)
{
    return trial->row.state == TRIAL_PAUSED &&
           (trial->row.reason == TRIAL_REASON_OPERATOR || trial->row.reason == TRIAL_REASON_BUDGET);
}

static void sweep_trial(struct core *core, struct experiment *experiment, struct trial *trial)
{
    const bool live = attempt_live(trial);

    if (experiment_ended(experiment)) {
        if (live) {
            attempt_stop(core, trial, LEAVE_CANCELLED);
        } else {
            trial_abandon(core, trial);
        }
    } else if (live && gate_expels(experiment)) {
        attempt_stop(core, trial, LEAVE_WINDOW);
    } else if (experiment->row.state == EXPERIMENT_PAUSED) {
        const bool budget = experiment->row.reason == WHY_BUDGET;
        if (live) {
            attempt_stop(core, trial, budget ? LEAVE_BUDGET : LEAVE_OPERATOR);
        } else if (trial->queued || trial->row.reason == TRIAL_REASON_BACKOFF) {
            trial_pause(core, trial, budget ? TRIAL_REASON_BUDGET : TRIAL_REASON_OPERATOR);
        }
    } else if (experiment->row.state == EXPERIMENT_STOPPING) {
        if (set_aside(trial)) {
            trial_end(core, trial, TRIAL_CANCELLED, TRIAL_REASON_ENDED);
        }
    } else if (set_aside(trial)) {
        trial_queue(core, trial, TRIAL_QUEUED, TRIAL_REASON_NONE);
    }
}

void experiment_sweep(struct core *core, struct experiment *experiment)
{
    for (uint32_t i = 0; i < STEP_SWEEP_MAX && experiment->sweep != NONE; i++) {
        struct trial *trial = &core->trials[experiment->sweep];
        experiment->sweep = trial->links[LIST_OPEN].after;
        sweep_trial(core, experiment, trial);
    }
    core->again = core->again || experiment->sweep != NONE;
}

void experiment_submit(struct core *core, const struct submitted_event *submitted)
{
    if (core->experiment_count == core->capacity.experiments) {
        core->out->status = TIDE_LIMIT;
        return;
    }
    struct experiment *experiment = experiment_new(core, &submitted->config);
    experiment->row.created_ms = core->wall_ms;
    experiment->row.state = EXPERIMENT_QUEUED;
    experiment_activate(core, experiment);
    struct experiment_row *row = &emit_record(core, RECORD_EXPERIMENT)->experiment;
    *row = experiment->row;
    row->name_text = submitted->name_text;
    row->spec_text = submitted->spec_text;
    row->workdir_text = submitted->workdir_text;
    row->sources_text = submitted->sources_text;
    core->out->created = experiment->row.id;
    (void)emit_trace_of(core, TRACE_SUBMITTED, experiment->row.id, 0);
}

static bool others_run(const struct core *core, const struct experiment *experiment)
{
    for (uint32_t i = 0; i < core->active_count; i++) {
        const struct experiment *other = &core->experiments[core->active[i]];
        if (other != experiment && other->running > 0) {
            return true;
        }
    }
    return false;
}

/* What keeps an experiment that may run from running. */
static enum experiment_reason waiting_for(const struct core *core,
                                          const struct experiment *experiment)
{
    if (!gate_admits(core, experiment)) {
        return gate_reason(experiment);
    }
    if (experiment->plan.bound && experiment->plan.slots == 0) {
        return WHY_PLAN;
    }
    if (experiment->matching_slots == 0) {
        return WHY_NO_WORKER;
    }
    if (budget_lacks_price(core, experiment)) {
        return WHY_UNPRICED;
    }
    if (experiment->asked_count > 0) {
        return WHY_SUGGESTION;
    }
    if (experiment_has_work(core, experiment)) {
        return others_run(core, experiment) ? WHY_OTHERS : WHY_NONE;
    }
    return experiment->open.count > 0 ? WHY_BACKOFF : WHY_NONE;
}

static void settle_going(struct core *core, struct experiment *experiment)
{
    const enum experiment_reason reason = waiting_for(core, experiment);

    if (experiment->running > 0) {
        experiment_move(core, experiment, EXPERIMENT_RUNNING, WHY_NONE);
    } else if (experiment->row.started_ms == 0) {
        experiment_move(core, experiment, EXPERIMENT_QUEUED, reason);
    } else if (reason != WHY_SUGGESTION &&
               reason != WHY_NONE) { /* a moment's wait is not a state */
        experiment_move(core, experiment, EXPERIMENT_WAITING, reason);
    }
}

static bool nothing_left(const struct experiment *experiment)
{
    return experiment_busy(experiment) == 0 && experiment->ready_count == 0 &&
           experiment->asked_count == 0;
}

static void settle_open(struct core *core, struct experiment *experiment)
{
    if (too_many_failures(experiment)) {
        experiment_turn(core, experiment, EXPERIMENT_FAILED, WHY_FAILURES);
    } else if (experiment->row.state == EXPERIMENT_PAUSED) {
        return;
    } else if (experiment->row.state == EXPERIMENT_STOPPING) {
        const bool spent = experiment->running == 0 && !compute_left(core, experiment, 1);
        if (experiment_busy(experiment) == 0 || spent) { /* what waits has nothing to run on */
            experiment_turn(core, experiment, EXPERIMENT_STOPPED, WHY_OPERATOR);
        } else if (budget_is_used_up(core, experiment)) {
            experiment_turn(core, experiment, EXPERIMENT_STOPPED, WHY_BUDGET);
        }
    } else if (experiment->running > 0 && budget_is_used_up(core, experiment)) {
        experiment_turn(core, experiment, EXPERIMENT_PAUSED, WHY_BUDGET);
    } else if (nothing_left(experiment) &&
               (experiment->exhausted || search_room(experiment) == 0)) {
        if (!rung_finish_one(core, experiment)) {
            experiment_turn(core, experiment, EXPERIMENT_COMPLETED,
                            experiment->enough      ? WHY_IMPROVEMENT
                            : experiment->exhausted ? WHY_EXHAUSTED
                                                    : WHY_TRIALS);
        }
    } else if (experiment->search_lost && nothing_left(experiment)) {
        experiment_turn(core, experiment, EXPERIMENT_FAILED, WHY_SEARCH);
    } else if (!compute_left(core, experiment, experiment->live_count == 0 ? 1 : 0) ||
               budget_is_used_up(core, experiment)) {
        experiment_turn(core, experiment, EXPERIMENT_PAUSED, WHY_BUDGET);
    } else {
        settle_going(core, experiment);
    }
}

void experiment_settle(struct core *core, struct experiment *experiment)
{
    if (!experiment_ended(experiment)) {
        settle_open(core, experiment);
    }
    core->again = core->again || experiment->sweep != NONE;
    if (experiment_ended(experiment) && experiment->open.count == 0) {
        search_discard(core, experiment);
        emit_effect(core, EFFECT_ENDED, experiment->row.id, 0);
        experiment_deactivate(core, experiment);
    }
    if (experiment->changed) {
        emit_experiment(core, experiment);
        experiment->changed = false;
    }
}

static void command_kick(struct core *core, struct experiment *experiment, int32_t number)
{
    const int32_t first = number < 0 ? 0 : number;
    const int32_t last = number < 0 ? experiment->trial_count - 1 : number;
    uint32_t kicked = 0;

    for (int32_t i = first; i <= last && kicked < STEP_SWEEP_MAX; i++) {
        struct trial *trial = trial_find(core, experiment->row.id, i);
        if (trial != NULL && trial->row.state == TRIAL_BURIED) {
            trial_kick(core, trial);
            kicked++;
        }
    }
    if (kicked == 0) {
        core->out->status = TIDE_NOT_FOUND;
    } else if (experiment_ended(experiment)) {
        experiment_move(core, experiment, EXPERIMENT_RUNNING, WHY_NONE);
        experiment_activate(core, experiment);
    }
}

static void command_cancel_trial(struct core *core, struct experiment *experiment, int32_t number)
{
    struct trial *trial = trial_find(core, experiment->row.id, number);

    if (trial == NULL) {
        core->out->status = TIDE_NOT_FOUND;
    } else if (!trial->open) {
        core->out->status = TIDE_REFUSED;
    } else if (attempt_live(trial)) {
        attempt_stop(core, trial, LEAVE_CANCELLED);
    } else {
        trial_end(core, trial, TRIAL_CANCELLED, TRIAL_REASON_OPERATOR);
    }
}

/* pause, resume, stop, cancel of a whole experiment: which states each may come from is all there
 * is to it. */
static void command_whole(struct core *core, struct experiment *experiment, enum command_verb verb)
{
    const bool paused = experiment->row.state == EXPERIMENT_PAUSED;

    if (experiment_ended(experiment) || (verb == VERB_PAUSE && paused) ||
        (verb == VERB_RESUME && !paused)) {
        core->out->status = TIDE_REFUSED;
    } else if (verb == VERB_PAUSE) {
        experiment_turn(core, experiment, EXPERIMENT_PAUSED, WHY_OPERATOR);
    } else if (verb == VERB_RESUME) {
        experiment_turn(core, experiment, EXPERIMENT_RUNNING, WHY_NONE);
    } else if (verb == VERB_STOP) {
        experiment_turn(core, experiment, EXPERIMENT_STOPPING, WHY_OPERATOR);
    } else {
        experiment_turn(core, experiment, EXPERIMENT_CANCELLED, WHY_OPERATOR);
    }
}

static void command_drain(struct core *core, struct worker *worker)
{
    if (worker == NULL || !worker->row.connected) {
        core->out->status = TIDE_NOT_FOUND;
        return;
    }
    (void)emit_message(core, WIRE_DRAIN, worker->row.id);
    fleet_drain(core, worker, 0);
}

void experiment_command(struct core *core, const struct event *event)
{
    const struct command_event *command = &event->command;
    struct experiment *experiment = experiment_find(core, command->experiment);

    if (command->verb == VERB_DRAIN) {
        command_drain(core, worker_find(core, event->worker));
        return;
    }
    if (experiment == NULL) {
        core->out->status = TIDE_NOT_FOUND;
        return;
    }
    emit_trace_of(core, TRACE_COMMAND, experiment->row.id, 0)->a = command->verb;
    if (command->verb == VERB_KICK) {
        command_kick(core, experiment, command->trial);
    } else if (command->verb == VERB_CANCEL && command->trial >= 0) {
        command_cancel_trial(core, experiment, command->trial);
    } else {
        command_whole(core, experiment, command->verb);
    }
}
