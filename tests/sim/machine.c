#include "machine.h"

#include "base/assert.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

enum { STEP_MS = 20000, LEAVE_MS = 3000 };

static bool same(struct wire_attempt a, struct wire_attempt b)
{
    return a.experiment == b.experiment && a.trial == b.trial && a.number == b.number;
}

static bool same_trial(struct wire_attempt a, struct wire_attempt b)
{
    return a.experiment == b.experiment && a.trial == b.trial;
}

/* Its own clock: another offset and, within 2 %, another rate. */
static int64_t boot_ms(const struct machine *machine, int64_t true_ms)
{
    return machine->offset_ms + true_ms / 1000 * machine->rate_permille +
           true_ms % 1000 * machine->rate_permille / 1000;
}

static int64_t true_ms(const struct machine *machine, int64_t own_ms)
{
    if (own_ms == INT64_MAX) {
        return INT64_MAX;
    }
    return (own_ms - machine->offset_ms) * 1000 / machine->rate_permille + 2;
}

static uint32_t draw(struct machine *machine, uint32_t bound)
{
    return (uint32_t)rng_below(machine->rng, bound);
}

void machine_init(struct machine *machine, uint32_t index, struct network *network, struct rng *rng)
{
    memset(machine, 0, sizeof *machine);
    machine->index = index;
    machine->network = network;
    machine->rng = rng;
    machine->offset_ms = (int64_t)rng_below(rng, 1000000);
    machine->rate_permille = 980 + (int32_t)rng_below(rng, 41);
    machine->fail_percent = (uint32_t)rng_below(rng, 15);
}

/* ---- the disk ---- */

static void disk_remember(struct disk *disk, struct wire_attempt attempt)
{
    for (uint32_t i = 0; i < disk->highest_count; i++) {
        if (same_trial(disk->highest[i], attempt)) {
            disk->highest[i] = attempt;
            return;
        }
    }
    assert_true(disk->highest_count < MACHINE_TRIALS_MAX);
    disk->highest[disk->highest_count++] = attempt;
}

static void disk_forget(struct disk *disk, struct wire_attempt attempt)
{
    for (uint32_t i = 0; i < disk->result_count; i++) {
        if (same(disk->results[i].attempt, attempt)) {
            disk->results[i] = disk->results[--disk->result_count];
            disk->checkpoints[i] = disk->checkpoints[disk->result_count];
            return;
        }
    }
}

/* ---- the agent's actions ---- */

static void agent_sees(struct machine *machine, struct agent_event *event);

static struct process *process_of(struct machine *machine, struct wire_attempt attempt)
{
    for (uint32_t i = 0; i < MACHINE_SLOTS; i++) {
        if (machine->processes[i].used && same(machine->processes[i].attempt, attempt)) {
            return &machine->processes[i];
        }
    }
    return NULL;
}

static void process_start(struct machine *machine, const struct wire_assign *assign)
{
    struct process *process = NULL;

    for (uint32_t i = 0; i < MACHINE_SLOTS && process == NULL; i++) {
        process = machine->processes[i].used ? NULL : &machine->processes[i];
    }
    ASSERT(process != NULL);
    /* I7: never an attempt below one this machine has run, unless its disk was lost in between */
    assert_true((uint32_t)assign->attempt.number > machine->executed[assign->attempt.trial]);
    machine->executed[assign->attempt.trial] = (uint32_t)assign->attempt.number;
    machine->starts++;
    *process = (struct process){
        .used = true,
        .attempt = assign->attempt,
        .step = assign->checkpoint.attempt_number == 0 ? 0 : assign->checkpoint.step,
        .next_ms = machine->now_ms + 1000 + (int64_t)draw(machine, STEP_MS),
        .failing = draw(machine, 100) < machine->fail_percent};
}

static void process_leave(struct machine *machine, struct wire_attempt attempt)
{
    struct process *process = process_of(machine, attempt);

    if (process != NULL && !process->leaving) {
        process->leaving = true;
        process->next_ms = machine->now_ms + 1 + (int64_t)draw(machine, LEAVE_MS);
    }
}

static void say(struct machine *machine, const struct agent_action *action)
{
    static struct wire_message message;
    static char location[64]; /* the message borrows it */

    memset(&message, 0, sizeof message);
    agent_message(&machine->agent, action, &message);
    (void)memcpy(message.boot, machine->boot, sizeof message.boot);
    message.seq = 1;
    if (action->type == WIRE_HELLO) {
        message.hello.software = "sim";
        message.hello.host = "sim";
        message.hello.pool = "default";
        message.hello.cpus_milli = 1000;
        message.hello.memory_bytes = 1;
    } else if (action->type == WIRE_RESULT) {
        for (uint32_t i = 0; i < machine->disk.result_count; i++) {
            if (same(machine->disk.results[i].attempt, action->attempt)) {
                message.result = machine->disk.results[i];
            }
        }
        message.result.message = "";
        message.result.values[0].name = "loss";
    } else if (action->type == WIRE_CKPT) {
        (void)snprintf(location, sizeof location, "file:/%u", machine->index);
        message.ckpt.checkpoint.location = location;
    } else if (action->type == WIRE_PREEMPT) {
        message.preempt.source = "sim";
    }
    network_send(machine->network, machine->now_ms, machine->index, true, &message);
}

static void recorded_note(struct machine *machine, const struct agent_event *event)
{
    if (event->kind == AGENT_SAW_MESSAGE && event->message->type == WIRE_RESULT_ACK &&
        event->message->ack.verdict == VERDICT_RECORDED) {
        assert_true(machine->recorded_count < MACHINE_RECORDED_MAX);
        machine->recorded[machine->recorded_count++] = event->message->ack.attempt;
    }
}

static void act(struct machine *machine, const struct agent_action *action,
                const struct agent_event *event)
{
    switch (action->kind) {
    case AGENT_DO_SEND:
        say(machine, action);
        break;
    case AGENT_DO_REMEMBER:
        disk_remember(&machine->disk, action->attempt);
        break;
    case AGENT_DO_START:
        ASSERT(event->message != NULL);
        process_start(machine, &event->message->assign);
        break;
    case AGENT_DO_STOP:
        process_leave(machine, action->attempt);
        break;
    case AGENT_DO_SETTLED:
        break;
    case AGENT_DO_FORGET:
        machine->owed--;
        recorded_note(machine, event);
        disk_forget(&machine->disk, action->attempt);
        break;
    case AGENT_DO_LOAD:
        (void)memcpy(machine->disk.cluster, machine->agent.cluster, sizeof machine->disk.cluster);
        machine->disk.incarnation = machine->agent.incarnation;
        machine->reloads = true;
        break;
    case AGENT_DO_EXIT:
        machine_crash(machine, machine->now_ms + 10000, false); /* somebody starts it again */
        break;
    }
}

static void agent_sees(struct machine *machine, struct agent_event *event)
{
    event->boot_ms = boot_ms(machine, machine->now_ms);
    agent_step(&machine->agent, event, &machine->outcome);
    const struct agent_outcome outcome = machine->outcome;
    for (size_t i = 0; i < outcome.count && machine->up; i++) {
        act(machine, &outcome.actions[i], event);
    }
}

/* What the disk knows, for an agent that has just begun or has met another cluster. */
static void disk_load(struct machine *machine)
{
    for (uint32_t i = 0; i < machine->disk.highest_count; i++) {
        struct agent_event event = {.kind = AGENT_SAW_REMEMBERED,
                                    .attempt = machine->disk.highest[i]};
        agent_sees(machine, &event);
    }
    for (uint32_t i = 0; i < machine->disk.result_count; i++) {
        struct agent_event event = {.kind = AGENT_SAW_OWED,
                                    .attempt = machine->disk.results[i].attempt,
                                    .checkpoint = machine->disk.checkpoints[i]};
        agent_sees(machine, &event);
    }
}

void machine_start(struct machine *machine, int64_t now_ms)
{
    const struct agent_config config = {.slots = MACHINE_SLOTS};
    struct agent_event event = {.kind = AGENT_SAW_START};

    machine->up = true;
    machine->now_ms = now_ms;
    machine->boots++;
    (void)snprintf(machine->boot, sizeof machine->boot, "%016x%016x", machine->index,
                   machine->boots);
    agent_init(&machine->agent, &config, machine->disk.cluster, machine->disk.incarnation);
    disk_load(machine);
    agent_sees(machine, &event);
}

void machine_crash(struct machine *machine, int64_t back_ms, bool wiped)
{
    machine->up = false;
    machine->back_ms = back_ms;
    memset(machine->processes, 0, sizeof machine->processes);
    network_break(machine->network, machine->index);
    if (wiped) {
        memset(&machine->disk, 0, sizeof machine->disk);
        machine->owed = 0;
        memset(machine->executed, 0, sizeof machine->executed);
    }
}

void machine_notice(struct machine *machine, int64_t now_ms)
{
    struct agent_event event = {.kind = AGENT_SAW_NOTICE, .grace_ms = 30000, .source = "sim"};

    if (machine->up) {
        machine->now_ms = now_ms;
        agent_sees(machine, &event);
    }
}

void machine_hear(struct machine *machine, int64_t now_ms, const struct frame *frame)
{
    static struct wire_message message;
    struct agent_event event = {.kind = AGENT_SAW_MESSAGE, .message = &message};
    char why[128];

    if (!machine->up || now_ms < machine->paused_ms) {
        return;
    }
    machine->now_ms = now_ms;
    assert_int_equal(wire_decode(frame->text, frame->bytes, &message, why, sizeof why), TIDE_OK);
    agent_sees(machine, &event);
    if (machine->reloads) {
        machine->reloads = false;
        disk_load(machine);
    }
    machine->disk.incarnation = machine->agent.incarnation;
    wire_message_fini(&message);
}

/* ---- the trials ---- */

/* Every second step is saved where all machines reach it; the agent announces it. */
static struct agent_checkpoint process_save(struct process *process)
{
    struct agent_checkpoint checkpoint = {
        .seq = ++process->seq, .step = process->step, .bytes = 4096};

    (void)memset(checkpoint.hash, 'a', WIRE_HASH_HEX);
    (void)snprintf(checkpoint.location, sizeof checkpoint.location, "file:/shared");
    return checkpoint;
}

static void process_end(struct machine *machine, struct process *process, enum wire_outcome outcome,
                        enum wire_cause cause)
{
    struct agent_event event = {.kind = AGENT_SAW_ENDED, .attempt = process->attempt};
    struct disk *disk = &machine->disk;

    assert_true(disk->result_count < MACHINE_OUTBOX_MAX);
    machine->owed++;
    memset(&disk->checkpoints[disk->result_count], 0, sizeof disk->checkpoints[0]);
    struct wire_result *result = &disk->results[disk->result_count++];
    *result = (struct wire_result){.attempt = process->attempt,
                                   .outcome = outcome,
                                   .cause = cause,
                                   .last_step = process->step,
                                   .message = ""};
    if (outcome == OUTCOME_COMPLETED) {
        result->value_count = 1;
        result->values[0] = (struct wire_value){.name = "loss", .value = process->attempt.number};
    }
    process->used = false;
    agent_sees(machine, &event);
}

static void process_step(struct machine *machine, struct process *process)
{
    struct agent_event event = {.kind = AGENT_SAW_SAVED, .attempt = process->attempt};

    process->next_ms = machine->now_ms + 1000 + (int64_t)draw(machine, STEP_MS);
    if (process->leaving) {
        event.checkpoint = process_save(process);
        agent_sees(machine, &event);
        process_end(machine, process, OUTCOME_LEFT, CAUSE_NOTICE);
        return;
    }
    process->step++;
    if (process->failing && process->step > 2) {
        process_end(machine, process, OUTCOME_FAILED, CAUSE_EXIT);
    } else if (process->step >= MACHINE_STEPS) {
        process_end(machine, process, OUTCOME_COMPLETED, CAUSE_EXIT);
    } else if (process->step % 2 == 0) {
        event.checkpoint = process_save(process);
        agent_sees(machine, &event);
    }
}

int64_t machine_due(const struct machine *machine)
{
    int64_t due_ms = machine->back_ms;

    if (machine->up) {
        due_ms = true_ms(machine, agent_deadline(&machine->agent));
        for (uint32_t i = 0; i < MACHINE_SLOTS; i++) {
            const struct process *process = &machine->processes[i];
            due_ms = process->used && process->next_ms < due_ms ? process->next_ms : due_ms;
        }
    }
    return due_ms > machine->paused_ms ? due_ms : machine->paused_ms;
}

void machine_turn(struct machine *machine, int64_t now_ms)
{
    struct agent_event event = {.kind = AGENT_SAW_TIMER};

    machine->now_ms = now_ms;
    if (!machine->up) {
        machine_start(machine, now_ms);
        return;
    }
    for (uint32_t i = 0; i < MACHINE_SLOTS && machine->up; i++) {
        if (machine->processes[i].used && machine->processes[i].next_ms <= now_ms) {
            process_step(machine, &machine->processes[i]);
        }
    }
    if (machine->up && true_ms(machine, agent_deadline(&machine->agent)) <= now_ms) {
        agent_sees(machine, &event);
    }
}
