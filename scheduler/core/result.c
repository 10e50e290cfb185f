/*
 * result: what a RESULT or a CKPT does to its trial: exactly one result a trial, from the attempt
 * that holds it or, late, from one that was given up (R2, R7, R8).
 */
#include "core/state.h"

#include "base/assert.h"

#include <string.h>

static void send_ack(struct core *core, enum wire_type type, int32_t worker,
                     struct wire_attempt attempt, int32_t seq, enum wire_verdict verdict)
{
    struct message *message = emit_message(core, type, worker);
    message->attempt = attempt;
    message->seq = seq;
    message->verdict = verdict;
}

static void result_copy(struct trial *trial, const struct result_event *result)
{
    trial->attempt.outcome = result->outcome;
    trial->attempt.cause = result->cause;
    trial->attempt.exit_code = result->exit_code;
    trial->attempt.signal = result->signal;
    if (result->last_step > trial->attempt.last_step) {
        trial->attempt.last_step = result->last_step;
    }
    if (result->last_step > trial->row.step) {
        trial->row.step = result->last_step;
    }
}

static void values_take(struct core *core, struct trial *trial, const struct result_event *result)
{
    const struct experiment_config *config = &trial_experiment(core, trial)->config;

    ASSERT(result->value_count == config->objective_count + config->outcome_count);
    trial->row.value_count = (int32_t)result->value_count;
    memcpy(trial->row.values, result->values, sizeof trial->row.values);
}

/* Of the outcomes that follow the objectives; one that was never seen, NaN, breaks its bounds. */
static bool constraints_hold(const struct experiment_config *config, const struct trial_row *row)
{
    for (uint32_t i = 0; i < config->outcome_count; i++) {
        const struct outcome_rule *rule = &config->outcomes[i];
        const double value = row->values[config->objective_count + i];
        if (!(value >= rule->min && value <= rule->max)) {
            return false;
        }
    }
    return true;
}

static bool target_reached(const struct experiment_config *config, const struct trial_row *row)
{
    for (uint32_t i = 0; i < config->objective_count; i++) {
        const struct objective_rule *rule = &config->objectives[i];
        const double value = row->values[i];
        if (!rule->has_target || (rule->maximize ? value < rule->target : value > rule->target)) {
            return false;
        }
    }
    return config->objective_count > 0 && constraints_hold(config, row);
}

static void trial_complete(struct core *core, struct trial *trial,
                           const struct result_event *result)
{
    struct experiment *experiment = trial_experiment(core, trial);

    values_take(core, trial, result);
    budget_measure(experiment, trial->row.useful_ms);
    trial_end(core, trial, TRIAL_COMPLETED, TRIAL_REASON_NONE);
    if (target_reached(&experiment->config, &trial->row) && !experiment_ended(experiment)) {
        experiment_turn(core, experiment, EXPERIMENT_COMPLETED, WHY_TARGET);
    }
}

/* The value at the end, or at a rung on the way. */
static void value_take(struct core *core, struct trial *trial, const struct result_event *result)
{
    const struct experiment *experiment = trial_experiment(core, trial);

    if (rung_is_last(experiment, trial)) {
        trial_complete(core, trial, result);
    } else {
        rung_reach(core, trial, result->values[experiment->config.ranked]);
    }
}

static void avoid_worker(struct trial *trial)
{
    memmove(&trial->avoid[1], &trial->avoid[0], (AVOID_MAX - 1) * sizeof trial->avoid[0]);
    trial->avoid[0] = trial->attempt.worker;
}

static void trial_retry(struct core *core, struct trial *trial)
{
    const struct experiment_config *config = &trial_experiment(core, trial)->config;

    if (trial->row.restarts >= config->restarts_max) {
        trial_end(core, trial, TRIAL_BURIED, TRIAL_REASON_RESTARTS);
        return;
    }
    trial->row.restarts++;
    trial_back_off(core, trial, config->backoff_ms, trial->row.restarts);
}

static bool pointer_after(int32_t attempt, int32_t seq, const struct checkpoint_pointer *pointer)
{
    return attempt > pointer->attempt || (attempt == pointer->attempt && seq > pointer->seq);
}

/* R8: the newest checkpoint could not be loaded; the one before it takes its place. Nobody's fault,
 * so no restart is used. */
static void checkpoint_fall_back(struct core *core, struct trial *trial,
                                 const struct checkpoint_pointer *fallback)
{
    const struct checkpoint_pointer bad = trial->row.checkpoint;

    if (bad.attempt > 0) {
        emit_record(core, RECORD_SPOILED)->checkpoint =
            (struct checkpoint_row){.experiment = trial->row.experiment,
                                    .trial = trial->row.number,
                                    .attempt = bad.attempt,
                                    .seq = bad.seq,
                                    .spoiled_by = trial->attempt.number};
    }
    trial->row.checkpoint =
        pointer_after(bad.attempt, bad.seq, fallback) ? *fallback : (struct checkpoint_pointer){0};
    trial_queue(core, trial, TRIAL_PAUSED, TRIAL_REASON_PREEMPTED);
}

static void trial_fail(struct core *core, struct trial *trial,
                       const struct checkpoint_pointer *fallback)
{
    if (trial->attempt.leave != LEAVE_NONE || experiment_ended(trial_experiment(core, trial))) {
        trial_after_leaving(core, trial);
        return;
    }
    switch (trial->attempt.cause) {
    case CAUSE_NO_OBJECTIVE:
    case CAUSE_RULE_FAIL:
        trial_end(core, trial, TRIAL_FAILED, TRIAL_REASON_NO_RETRY);
        break;
    case CAUSE_BAD_CHECKPOINT:
        checkpoint_fall_back(core, trial, fallback);
        break;
    case CAUSE_WORKER: /* the machine's fault */
        avoid_worker(trial);
        trial_after_leaving(core, trial);
        break;
    case CAUSE_NOT_FOUND:
    case CAUSE_CANNOT_RUN:
    case CAUSE_SETUP:
    case CAUSE_RULE_AVOID:
        avoid_worker(trial);
        trial_retry(core, trial);
        break;
    case CAUSE_NONE:
    case CAUSE_EXIT:
    case CAUSE_SIGNAL:
    case CAUSE_TIMEOUT:
    case CAUSE_STALL:
    case CAUSE_OUT_OF_MEMORY:
    case CAUSE_NON_FINITE:
    case CAUSE_INFEASIBLE:
    case CAUSE_RULE_INFEASIBLE:
    case CAUSE_RULE_RESTART:
    case CAUSE_NOTICE:
    case CAUSE_REQUEUE:
        trial_retry(core, trial);
        break;
    }
}

/* The attempt that holds the trial has ended. */
static void result_live(struct core *core, struct trial *trial, const struct result_event *result)
{
    result_copy(trial, result);
    switch (result->outcome) {
    case OUTCOME_COMPLETED:
        attempt_end(core, trial, ATTEMPT_DONE, result->message_text);
        quarantine_judge(core, trial);
        value_take(core, trial, result);
        break;
    case OUTCOME_INFEASIBLE:
        attempt_end(core, trial, ATTEMPT_DONE, result->message_text);
        trial_end(core, trial, TRIAL_INFEASIBLE, TRIAL_REASON_NONE);
        break;
    case OUTCOME_LEFT:
        attempt_end(core, trial, ATTEMPT_PREEMPTED, result->message_text);
        trial_after_leaving(core, trial);
        break;
    case OUTCOME_NONE:
    case OUTCOME_FAILED:
        attempt_end(core, trial, ATTEMPT_FAILED, result->message_text);
        quarantine_judge(core, trial);
        trial_fail(core, trial, &result->fallback);
        break;
    }
}

/* R7: the newer attempt, if one runs, has nothing left to find out. */
static void newer_revoke(struct core *core, struct trial *trial)
{
    if (!attempt_live(trial)) {
        return;
    }
    const int32_t worker = trial->attempt.worker;
    struct message *message = emit_message(core, WIRE_STOP, worker);
    message->attempt = (struct wire_attempt){.experiment = trial->row.experiment,
                                             .trial = trial->row.number,
                                             .number = trial->attempt.number};
    message->reason = LEAVE_SUPERSEDED;
    attempt_end(core, trial, ATTEMPT_REVOKED, 0);
}

/* The row of an attempt given up earlier learns what its late RESULT says; its times stay as they
 * were. */
static void late_emit(struct core *core, struct trial *trial, int32_t worker,
                      const struct result_event *result)
{
    struct attempt_row *row = &emit_record(core, RECORD_LATE)->attempt;

    *row = (struct attempt_row){
        .experiment = trial->row.experiment,
        .trial = trial->row.number,
        .number = result->attempt.number,
        .state = ATTEMPT_DONE,
        .worker = worker,
        .outcome = result->outcome,
        .cause = result->cause,
        .exit_code = result->exit_code,
        .signal = result->signal,
        .last_step = result->last_step,
        .late = true,
        .message_text = result->message_text,
    };
    if (trial->attempt.number == result->attempt.number) {
        result_copy(trial, result);
        trial->attempt.state = ATTEMPT_DONE;
        trial->attempt.late = true;
    }
}

static void result_late(struct core *core, int32_t worker, struct trial *trial,
                        const struct result_event *result)
{
    struct trace *trace = emit_trace(core, TRACE_LATE, trial);

    trace->attempt = result->attempt.number;
    trace->worker = worker;
    newer_revoke(core, trial);
    late_emit(core, trial, worker, result);
    if (result->last_step > trial->row.step) {
        trial->row.step = result->last_step;
    }
    if (result->outcome == OUTCOME_COMPLETED) {
        value_take(core, trial, result);
    } else {
        trial_end(core, trial, TRIAL_INFEASIBLE, TRIAL_REASON_NONE);
    }
}

/* Whether a late result is news. Where the trial would go on from a rung, a newer attempt that runs
 * gets there by itself: to start another one beside it would be two at once (I6). */
static bool decides(const struct core *core, const struct trial *trial,
                    const struct result_event *result)
{
    if (result->outcome == OUTCOME_COMPLETED) {
        return !attempt_live(trial) || rung_is_last(trial_experiment(core, trial), trial);
    }
    return result->outcome == OUTCOME_INFEASIBLE;
}

static enum wire_verdict result_judge(struct core *core, int32_t worker,
                                      const struct result_event *result)
{
    struct trial *trial = trial_find(core, result->attempt.experiment, result->attempt.trial);

    if (trial == NULL || result->attempt.number > trial->row.attempts) {
        return VERDICT_UNKNOWN;
    }
    const bool newest = trial->attempt.number == result->attempt.number;
    if (newest && attempt_live(trial)) {
        if (trial->attempt.worker != worker) {
            return VERDICT_UNKNOWN; /* a key may report only what was leased to it */
        }
        result_live(core, trial, result);
        return VERDICT_RECORDED;
    }
    if (trial->open && attempt_lost_before(trial, result->attempt.number, worker)) {
        if (!decides(core, trial, result)) {
            return VERDICT_SUPERSEDED;
        }
        result_late(core, worker, trial, result);
        return VERDICT_RECORDED;
    }
    return newest ? VERDICT_DUPLICATE : VERDICT_SUPERSEDED;
}

void result_take(struct core *core, int32_t worker, const struct result_event *result)
{
    send_ack(core, WIRE_RESULT_ACK, worker, result->attempt, 0, result_judge(core, worker, result));
}

static enum wire_verdict checkpoint_judge(struct core *core, int32_t worker,
                                          const struct checkpoint_event *checkpoint)
{
    const struct wire_attempt attempt = checkpoint->attempt;
    struct trial *trial = trial_find(core, attempt.experiment, attempt.trial);

    if (trial == NULL || attempt.number > trial->row.attempts) {
        return VERDICT_UNKNOWN;
    }
    if (!pointer_after(attempt.number, checkpoint->seq, &trial->row.checkpoint)) {
        return VERDICT_DUPLICATE;
    }
    if (trial->attempt.number != attempt.number || trial->attempt.worker != worker ||
        !attempt_live(trial)) {
        return VERDICT_SUPERSEDED;
    }
    trial->row.checkpoint = (struct checkpoint_pointer){
        .attempt = attempt.number, .seq = checkpoint->seq, .step = checkpoint->step};
    gate_saved(core, trial);
    trial->saved_boot_ms = core->boot_ms;
    trial->row.saved_ms = core->wall_ms;
    emit_record(core, RECORD_CHECKPOINT)->checkpoint =
        (struct checkpoint_row){.experiment = attempt.experiment,
                                .trial = attempt.trial,
                                .attempt = attempt.number,
                                .seq = checkpoint->seq,
                                .step = checkpoint->step,
                                .bytes = checkpoint->bytes,
                                .created_ms = core->wall_ms,
                                .hash_text = checkpoint->hash_text,
                                .location_text = checkpoint->location_text};
    emit_trial(core, trial);
    struct trace *trace = emit_trace(core, TRACE_CHECKPOINT, trial);
    trace->a = checkpoint->seq;
    trace->b = checkpoint->step;
    return VERDICT_RECORDED;
}

void checkpoint_take(struct core *core, int32_t worker, const struct checkpoint_event *checkpoint)
{
    const enum wire_verdict verdict = checkpoint_judge(core, worker, checkpoint);
    send_ack(core, WIRE_CKPT_ACK, worker, checkpoint->attempt, checkpoint->seq, verdict);
}
