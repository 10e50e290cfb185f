/*
 * attempt: one stretch of a trial on one worker: offered, accepted, renewed, told to leave, lost.
 * Its end by RESULT is in result.c.
 */
#include "core/state.h"

#include "base/assert.h"

#include <string.h>

#define BIT(state) (1U << (state))

/* From each state, the states an attempt may move to (docs/RELIABILITY.md). A lost one may be found
 * again: revived, or done late. */
static const unsigned attempt_moves[] = {
    [ATTEMPT_OFFERED] = BIT(ATTEMPT_ACTIVE) | BIT(ATTEMPT_STOPPING) | BIT(ATTEMPT_DONE) |
                        BIT(ATTEMPT_PREEMPTED) | BIT(ATTEMPT_LOST) | BIT(ATTEMPT_REVOKED) |
                        BIT(ATTEMPT_REFUSED) | BIT(ATTEMPT_FAILED),
    [ATTEMPT_ACTIVE] = BIT(ATTEMPT_STOPPING) | BIT(ATTEMPT_DONE) | BIT(ATTEMPT_PREEMPTED) |
                       BIT(ATTEMPT_LOST) | BIT(ATTEMPT_REVOKED) | BIT(ATTEMPT_FAILED),
    [ATTEMPT_STOPPING] = BIT(ATTEMPT_DONE) | BIT(ATTEMPT_PREEMPTED) | BIT(ATTEMPT_LOST) |
                         BIT(ATTEMPT_REVOKED) | BIT(ATTEMPT_FAILED) | BIT(ATTEMPT_REFUSED),
    [ATTEMPT_LOST] = BIT(ATTEMPT_ACTIVE) | BIT(ATTEMPT_DONE),
    [ATTEMPT_DONE] = 0,
    [ATTEMPT_PREEMPTED] = 0,
    [ATTEMPT_REVOKED] = 0,
    [ATTEMPT_REFUSED] = 0,
    [ATTEMPT_FAILED] = 0,
};

static void attempt_move(struct trial *trial, enum attempt_state state)
{
    ASSERT((attempt_moves[trial->attempt.state] & BIT(state)) != 0);
    trial->attempt.state = state;
}

static struct wire_attempt attempt_name(const struct trial *trial)
{
    return (struct wire_attempt){.experiment = trial->row.experiment,
                                 .trial = trial->row.number,
                                 .number = trial->attempt.number};
}

/* R4: the coordinator gives a lease up only after the worker, whose clock may be 2 % off, has given
 * it up too. */
static void lease_start(struct core *core, struct trial *trial)
{
    const int64_t span_ms = core->lease_ms + core->lease_ms / 50 + LEASE_SLACK_MS;
    heap_set(&core->timers, (uint32_t)(trial - core->trials), core->boot_ms + span_ms);
}

/* Where its next attempt begins; attempt 0 the beginning. */
static struct checkpoint_pointer resume_point(const struct core *core, const struct trial *trial)
{
    static const struct checkpoint_pointer beginning = {0};

    return trial_experiment(core, trial)->config.always_from_start ? beginning
                                                                   : trial->row.checkpoint;
}

static void send_assign(struct core *core, const struct trial *trial)
{
    struct message *message = emit_message(core, WIRE_ASSIGN, trial->attempt.worker);
    message->attempt = attempt_name(trial);
    message->checkpoint = resume_point(core, trial);
    message->target_step = rung_target(trial_experiment(core, trial), trial);
    message->rung = !rung_is_last(trial_experiment(core, trial), trial);
}

void attempt_offer(struct core *core, struct trial *trial, struct worker *worker)
{
    struct experiment *experiment = trial_experiment(core, trial);

    ASSERT(!attempt_live(trial));
    trial->attempt = (struct attempt_row){
        .experiment = trial->row.experiment,
        .trial = trial->row.number,
        .number = ++trial->row.attempts,
        .state = ATTEMPT_OFFERED,
        .worker = worker->row.id,
        .from_step = resume_point(core, trial).step,
        .last_step = -1,
        .exit_code = -1,
        .offered_ms = core->wall_ms,
        .incarnation = core->incarnation,
    };
    trial->accepted_boot_ms = NEVER;
    trial->saved_boot_ms = NEVER;
    trial->notice_boot_ms = NEVER;
    experiment->running++;
    money_works_for(core, worker, experiment->row.id);
    worker_occupy(core, worker, trial);
    trial_run(core, trial);
    lease_start(core, trial);
    emit_attempt(core, trial, 0);
    send_assign(core, trial);
    emit_trace(core, TRACE_OFFERED, trial)->a = trial->attempt.from_step;
}

/* R6: the worker may begin on it only now, so its lease begins anew. Outside of a window it is
 * taken back, once it is certain that it did not begin. */
void attempt_offer_again(struct core *core, struct trial *trial)
{
    ASSERT(trial->attempt.state == ATTEMPT_OFFERED);
    if (trial_experiment(core, trial)->gate.shut) {
        attempt_stop(core, trial, LEAVE_WINDOW);
        return;
    }
    lease_start(core, trial);
    send_assign(core, trial);
}

/* The attempt's clock begins; budget.compute counts from here. */
static void clock_start(struct core *core, struct trial *trial)
{
    struct experiment *experiment = trial_experiment(core, trial);
    struct worker *worker = worker_find(core, trial->attempt.worker);

    money_book_idle(core, worker);
    worker->active++;
    trial->attempt.started_ms =
        trial->attempt.started_ms == 0 ? core->wall_ms : trial->attempt.started_ms;
    trial->attempt.booked_ms = money_now(core, worker);
    trial->accepted_boot_ms = core->boot_ms;
    experiment->live_boot_sum_ms += core->boot_ms;
    experiment->live_count++;
}

void attempt_accept(struct core *core, struct trial *trial)
{
    if (trial->attempt.state == ATTEMPT_OFFERED) {
        attempt_move(trial, ATTEMPT_ACTIVE);
        clock_start(core, trial);
        emit_attempt(core, trial, 0);
        (void)emit_trace(core, TRACE_ACCEPTED, trial);
    }
    if (trial->attempt.state != ATTEMPT_STOPPING ||
        trial_experiment(core, trial)->row.reason != WHY_BUDGET) {
        lease_start(core, trial);
    } /* else what is left of the lease is all that is left of the budget */
}

/* An attempt whose lease ran out is still running where it was, and nobody else has begun its
 * trial. */
void attempt_revive(struct core *core, struct trial *trial)
{
    struct experiment *experiment = trial_experiment(core, trial);
    struct worker *worker = worker_find(core, trial->attempt.worker);

    ASSERT(worker != NULL);
    attempt_move(trial, ATTEMPT_ACTIVE);
    trial->attempt.ended_ms = 0;
    memmove(&trial->lost[0], &trial->lost[1], (LOST_MAX - 1) * sizeof trial->lost[0]);
    trial->lost[LOST_MAX - 1] = (struct lost_attempt){0};
    experiment->running++;
    trial->notice_boot_ms = NEVER;
    money_works_for(core, worker, experiment->row.id);
    clock_start(core, trial);
    worker_occupy(core, worker, trial);
    trial_run(core, trial);
    lease_start(core, trial);
    emit_attempt(core, trial, 0);
    (void)emit_trace(core, TRACE_ACCEPTED, trial);
}

void attempt_stop(struct core *core, struct trial *trial, enum wire_reason reason)
{
    if (trial->attempt.state != ATTEMPT_STOPPING) {
        attempt_move(trial, ATTEMPT_STOPPING);
        trial->attempt.leave = reason;
        trial->notice_boot_ms = core->boot_ms;
        emit_attempt(core, trial, 0);
        emit_trace(core, TRACE_STOP, trial)->a = reason;
    }
    struct message *message = emit_message(core, WIRE_STOP, trial->attempt.worker);
    message->attempt = attempt_name(trial);
    message->reason = trial->attempt.leave;
    message->grace_ms = trial_experiment(core, trial)->config.grace_ms;
}

/* Its clock ends: what it did is booked. */
static void clock_stop(struct core *core, struct trial *trial, bool finished)
{
    struct experiment *experiment = trial_experiment(core, trial);
    struct worker *worker = worker_find(core, trial->attempt.worker);

    if (trial->accepted_boot_ms == NEVER) {
        return; /* it never began */
    }
    money_book_attempt(core, trial, finished);
    money_book_idle(core, worker);
    worker->active--;
    experiment->live_boot_sum_ms -= trial->accepted_boot_ms;
    experiment->live_count--;
    trial->accepted_boot_ms = NEVER;
}

void attempt_end(struct core *core, struct trial *trial, enum attempt_state state,
                 uint32_t message_text)
{
    struct experiment *experiment = trial_experiment(core, trial);
    struct worker *worker = worker_find(core, trial->attempt.worker);

    ASSERT(attempt_live(trial));
    attempt_move(trial, state);
    clock_stop(core, trial, state == ATTEMPT_DONE);
    trial->attempt.ended_ms = core->wall_ms;
    experiment->running--;
    heap_remove(&core->timers, (uint32_t)(trial - core->trials));
    worker_release(core, worker, trial);
    emit_attempt(core, trial, message_text);
    struct trace *trace = emit_trace(core, TRACE_ENDED, trial);
    trace->a = state;
    trace->b = trial->attempt.cause;
}

bool attempt_lost_before(const struct trial *trial, int32_t number, int32_t worker)
{
    for (size_t i = 0; i < LOST_MAX; i++) {
        if (trial->lost[i].number > 0 && trial->lost[i].number == number &&
            trial->lost[i].worker == worker) {
            return true;
        }
    }
    return false;
}

static void lost_remember(struct trial *trial)
{
    memmove(&trial->lost[1], &trial->lost[0], (LOST_MAX - 1) * sizeof trial->lost[0]);
    trial->lost[0] = (struct lost_attempt){trial->attempt.number, trial->attempt.worker};
}

/* R4, R9: the lease ran out, or the machine is known to be gone. Costs the trial a preemption,
 * never a restart.
 */
void attempt_lose(struct core *core, struct trial *trial)
{
    struct worker *worker = worker_find(core, trial->attempt.worker);

    lost_remember(trial);
    attempt_end(core, trial, ATTEMPT_LOST, 0);
    trial_after_leaving(core, trial);
    if (!worker->row.connected && worker->attempts.count == 0) {
        money_worker_down(core, worker); /* of an earlier start of the coordinator */
    }
}

void attempt_refuse(struct core *core, struct trial *trial, enum wire_refusal refusal)
{
    const enum wire_reason leave = trial->attempt.leave;
    struct worker *worker = worker_find(core, trial->attempt.worker);

    emit_trace(core, TRACE_REFUSED, trial)->a = refusal;
    attempt_end(core, trial, ATTEMPT_REFUSED, 0);
    fleet_ready(core, worker, 0); /* it says READY when it can take something again */
    if (leave == LEAVE_NONE) {
        trial_queue(core, trial, TRIAL_QUEUED, TRIAL_REASON_NONE);
    } else {
        trial_after_leaving(core, trial);
    }
}
