#include "process.h"

#include "story.h"

#include "base/assert.h"

#include <stdio.h>
#include <string.h>

enum { CALM_STEP_MS = 20000, LEAVE_MS = 3000 };

static uint32_t draw(struct machine *machine, uint32_t bound)
{
    return (uint32_t)rng_below(&machine->rng, bound);
}

/* When the step that begins now is done. */
static int64_t step_end_ms(struct machine *machine)
{
    const int64_t most_ms = story.calm ? CALM_STEP_MS : story.plan.step_max_ms;

    return story.now_ms + 1000 + (int64_t)draw(machine, (uint32_t)most_ms);
}

static struct process *process_of(struct machine *machine, struct wire_attempt attempt)
{
    for (uint32_t i = 0; i < MACHINE_SLOTS; i++) {
        if (machine->processes[i].used && attempt_equal(machine->processes[i].attempt, attempt)) {
            return &machine->processes[i];
        }
    }
    return NULL;
}

/* I7: never an attempt below one this machine has run, unless its disk was lost in between. */
static void check_number(struct machine *machine, struct wire_attempt attempt)
{
    int32_t *highest = &machine->executed[attempt.experiment - 1][attempt.trial];

    if (attempt.number <= *highest) {
        story_fails("I7: machine %u runs attempt %d.%d.%d after %d", machine->index,
                    (int)attempt.experiment, (int)attempt.trial, (int)attempt.number,
                    (int)*highest);
    }
    *highest = attempt.number;
}

void process_start(struct machine *machine, const struct wire_assign *assign)
{
    struct process *process = NULL;
    const bool resumes = assign->checkpoint.attempt_number > 0;

    for (uint32_t i = 0; i < MACHINE_SLOTS && process == NULL; i++) {
        process = machine->processes[i].used ? NULL : &machine->processes[i];
    }
    ASSERT(process != NULL);
    check_number(machine, assign->attempt);
    audit_started(machine->index, assign);
    story_says("machine %u runs %d.%d.%d from step %lld", machine->index,
               (int)assign->attempt.experiment, (int)assign->attempt.trial,
               (int)assign->attempt.number, resumes ? (long long)assign->checkpoint.step : 0LL);
    *process =
        (struct process){.used = true,
                         .attempt = assign->attempt,
                         .step = resumes ? assign->checkpoint.step : 0,
                         .target = assign->target_step > 0 ? assign->target_step : MACHINE_STEPS,
                         .next_ms = step_end_ms(machine),
                         .failing = draw(machine, 100) < story.plan.wear[WEAR_FAIL] && !story.calm,
                         .lame = resumes && !audit_loads(assign)};
}

/* It needs up to LEAVE_MS, or all the time it is given; at its deadline it is killed. */
void process_leave(struct machine *machine, const struct agent_action *stop)
{
    struct process *process = process_of(machine, stop->attempt);

    if (process == NULL || (process->leaving && stop->grace_ms > 0)) {
        return;
    }
    const int64_t grace_ms = stop->grace_ms * 1000 / machine->rate_permille;
    const int64_t quick_ms = grace_ms > 0 ? (int64_t)draw(machine, LEAVE_MS) : 0;
    const int64_t kill_ms =
        stop->deadline_ms > 0 ? machine_true_ms(machine, stop->deadline_ms) : INT64_MAX;
    process->leaving = true;
    process->next_ms = story.now_ms + 1 + (draw(machine, 3) == 0 ? grace_ms : quick_ms);
    process->next_ms = process->next_ms < kill_ms ? process->next_ms : kill_ms;
}

/* Where all machines reach it; the agent announces it. */
static void process_save(struct machine *machine, struct process *process)
{
    const bool spoiled = draw(machine, 100) < story.plan.wear[WEAR_SPOIL] && !story.calm;
    struct agent_event event = {.kind = AGENT_SAW_SAVED, .attempt = process->attempt};

    event.checkpoint =
        (struct agent_checkpoint){.seq = ++process->seq, .step = process->step, .bytes = 4096};
    (void)memset(event.checkpoint.hash, 'a', WIRE_HASH_HEX);
    (void)snprintf(event.checkpoint.location, sizeof event.checkpoint.location, "file:/shared");
    audit_saved(process->attempt, process->seq, process->step, spoiled);
    machine_sees(machine, &event);
}

/* No two attempts, and no two machines, say the same. */
static double value_of(const struct machine *machine, const struct process *process)
{
    return (double)((process->attempt.trial * 7919) % 101) + process->attempt.number / 64.0 +
           machine->index / 8192.0;
}

static void process_end(struct machine *machine, struct process *process, enum wire_outcome outcome,
                        enum wire_cause cause)
{
    struct agent_event event = {.kind = AGENT_SAW_ENDED, .attempt = process->attempt};
    struct disk *disk = &machine->disk;
    const bool completed = outcome == OUTCOME_COMPLETED;

    ASSERT(disk->result_count < MACHINE_OUTBOX_MAX); /* I16 */
    memset(&disk->checkpoints[disk->result_count], 0, sizeof disk->checkpoints[0]);
    struct wire_result *result = &disk->results[disk->result_count++];
    *result = (struct wire_result){.attempt = process->attempt,
                                   .outcome = outcome,
                                   .cause = cause,
                                   .last_step = process->step,
                                   .value_count = completed ? 1 : 0,
                                   .message = ""};
    result->values[0] = (struct wire_value){.name = "loss", .value = value_of(machine, process)};
    audit_reported(process->attempt, completed, result->values[0].value);
    audit_stopped(process->attempt);
    story_says("machine %u: %d.%d.%d ended: %s", machine->index, (int)process->attempt.experiment,
               (int)process->attempt.trial, (int)process->attempt.number,
               wire_outcome_text(outcome));
    process->used = false;
    machine_sees(machine, &event);
}

/* What it is worth by now: the shell says it, not the agent. */
static void process_tell(struct machine *machine, const struct process *process)
{
    static struct wire_message message;

    memset(&message, 0, sizeof message);
    message.type = WIRE_METRIC;
    (void)memcpy(message.cluster, machine->agent.cluster, sizeof message.cluster);
    message.incarnation = machine->agent.incarnation;
    message.metric.attempt = process->attempt;
    message.metric.count = 1;
    message.metric.points[0] =
        (struct wire_point){process->step, "loss", value_of(machine, process)};
    machine_send(machine, &message);
}

void process_turn(struct machine *machine, struct process *process)
{
    process->next_ms = step_end_ms(machine);
    if (process->leaving) {
        if (draw(machine, 100) >= story.plan.wear[WEAR_ABRUPT] && !process->lame) {
            process_save(machine, process);
        }
        process_end(machine, process, OUTCOME_LEFT, CAUSE_NOTICE);
        return;
    }
    if (process->lame) {
        process_end(machine, process, OUTCOME_FAILED, CAUSE_BAD_CHECKPOINT);
        return;
    }
    process->step++;
    process_tell(machine, process);
    if (process->failing && process->step > 2) {
        process_end(machine, process, OUTCOME_FAILED, CAUSE_EXIT);
    } else if (process->step >= process->target) {
        process_save(machine, process);
        process_end(machine, process, OUTCOME_COMPLETED, CAUSE_EXIT);
    } else if (process->step % 2 == 0) {
        process_save(machine, process);
    }
}
