#include "machine.h"

#include "process.h"
#include "story.h"

#include "base/assert.h"

#include <stdio.h>
#include <string.h>

static struct agent_outcome outcome; /* large; one thread */

bool attempt_equal(struct wire_attempt a, struct wire_attempt b)
{
    return a.experiment == b.experiment && a.trial == b.trial && a.number == b.number;
}

/* Its own clock: another offset and, within 2 %, another rate. */
static int64_t boot_ms(const struct machine *machine, int64_t true_ms)
{
    return machine->offset_ms + true_ms / 1000 * machine->rate_permille +
           true_ms % 1000 * machine->rate_permille / 1000;
}

int64_t machine_true_ms(const struct machine *machine, int64_t own_ms)
{
    if (own_ms == INT64_MAX) {
        return INT64_MAX;
    }
    return (own_ms - machine->offset_ms) * 1000 / machine->rate_permille + 2;
}

void machine_init(struct machine *machine, uint32_t index, const struct plan *plan)
{
    char name[32];

    memset(machine, 0, sizeof *machine);
    (void)snprintf(name, sizeof name, "machine %u", index);
    rng_init(&machine->rng, plan->seed, name);
    machine->index = index;
    machine->offset_ms = (int64_t)rng_below(&machine->rng, 1000000);
    machine->rate_permille = 980 + (int32_t)rng_below(&machine->rng, 41);
}

/* ---- the disk ---- */

/* The highest attempt of this trial that it knows; NULL none. */
static struct wire_attempt *disk_highest(struct disk *disk, struct wire_attempt attempt)
{
    for (uint32_t i = 0; i < disk->highest_count; i++) {
        if (disk->highest[i].experiment == attempt.experiment &&
            disk->highest[i].trial == attempt.trial) {
            return &disk->highest[i];
        }
    }
    return NULL;
}

static void disk_remember(struct disk *disk, struct wire_attempt attempt)
{
    struct wire_attempt *highest = disk_highest(disk, attempt);

    *(highest == NULL ? &disk->highest[disk->highest_count++] : highest) = attempt;
}

static void disk_forget(struct disk *disk, struct wire_attempt attempt)
{
    for (uint32_t i = 0; i < disk->result_count; i++) {
        if (attempt_equal(disk->results[i].attempt, attempt)) {
            disk->results[i] = disk->results[--disk->result_count];
            disk->checkpoints[i] = disk->checkpoints[disk->result_count];
            return;
        }
    }
}

uint32_t machine_owes(const struct machine *machine)
{
    return machine->disk.result_count;
}

/* ---- the agent's actions ---- */

static void fill_message(struct machine *machine, const struct agent_action *action,
                         struct wire_message *message)
{
    static char location[64]; /* the message borrows it */

    if (action->type == WIRE_HELLO) {
        message->hello.software = "sim";
        message->hello.host = "sim";
        message->hello.pool = "default";
        message->hello.cpus_milli = 1000;
        message->hello.memory_bytes = 1;
    } else if (action->type == WIRE_RESULT) {
        for (uint32_t i = 0; i < machine->disk.result_count; i++) {
            if (attempt_equal(machine->disk.results[i].attempt, action->attempt)) {
                message->result = machine->disk.results[i];
            }
        }
        message->result.message = "";
        message->result.values[0].name = "loss";
    } else if (action->type == WIRE_CKPT) {
        (void)snprintf(location, sizeof location, "file:/%u", machine->index);
        message->ckpt.checkpoint.location = location;
    } else if (action->type == WIRE_PREEMPT) {
        message->preempt.source = "sim";
    }
}

void machine_send(struct machine *machine, struct wire_message *message)
{
    static char text[WIRE_FRAME_BYTES];
    size_t bytes = 0;

    (void)memcpy(message->boot, machine->boot, sizeof message->boot);
    message->seq = ++machine->seq;
    const enum tide_status status = wire_encode(message, text, &bytes);
    ASSERT(status == TIDE_OK);
    story_says("machine %u says %s", machine->index, wire_type_text(message->type));
    network_say(&story.network, story.now_ms, machine->index, text, bytes);
}

static void say(struct machine *machine, const struct agent_action *action)
{
    static struct wire_message message;

    memset(&message, 0, sizeof message);
    agent_message(&machine->agent, action, &message);
    fill_message(machine, action, &message);
    machine_send(machine, &message);
}

static void recorded_note(const struct agent_event *event)
{
    if (event->kind == AGENT_SAW_MESSAGE && event->message->type == WIRE_RESULT_ACK &&
        event->message->ack.verdict == VERDICT_RECORDED) {
        audit_acked(event->message->ack.attempt);
    }
}

/* R6: nobody can know that it runs an attempt before its disk does. */
static void check_said(struct machine *machine, const struct agent_action *action)
{
    const struct wire_attempt *highest = disk_highest(&machine->disk, action->attempt);

    if (action->type == WIRE_REFUSE) {
        audit_refused(action->attempt, machine->boots);
    }
    if (action->type == WIRE_ACCEPT &&
        (highest == NULL || highest->number < action->attempt.number)) {
        story_fails("R6: machine %u accepts attempt %d.%d.%d, which its disk does not know",
                    machine->index, (int)action->attempt.experiment, (int)action->attempt.trial,
                    (int)action->attempt.number);
    }
}

static void act(struct machine *machine, const struct agent_action *action,
                const struct agent_event *event)
{
    switch (action->kind) {
    case AGENT_DO_SEND:
        check_said(machine, action);
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
        process_leave(machine, action);
        break;
    case AGENT_DO_SETTLED:
        audit_kept(action->attempt, action->seq);
        break;
    case AGENT_DO_FORGET:
        recorded_note(event);
        disk_forget(&machine->disk, action->attempt);
        break;
    case AGENT_DO_LOAD:
        (void)memcpy(machine->disk.cluster, machine->agent.cluster, sizeof machine->disk.cluster);
        machine->disk.incarnation = machine->agent.incarnation;
        machine->reloads = true;
        break;
    case AGENT_DO_EXIT:
        machine_crash(machine, story.now_ms + 10000, false); /* somebody starts it again */
        break;
    }
}

void machine_sees(struct machine *machine, struct agent_event *event)
{
    event->boot_ms = boot_ms(machine, story.now_ms);
    agent_step(&machine->agent, event, &outcome);
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
        machine_sees(machine, &event);
    }
    for (uint32_t i = 0; i < machine->disk.result_count; i++) {
        struct agent_event event = {.kind = AGENT_SAW_OWED,
                                    .attempt = machine->disk.results[i].attempt,
                                    .checkpoint = machine->disk.checkpoints[i]};
        machine_sees(machine, &event);
    }
}

void machine_start(struct machine *machine)
{
    const struct agent_config config = {.slots = MACHINE_SLOTS};
    struct agent_event event = {.kind = AGENT_SAW_START};

    machine->up = true;
    machine->boots++;
    machine->seq = 0;
    (void)snprintf(machine->boot, sizeof machine->boot, "%016x%016x", machine->index,
                   machine->boots);
    if (machine->villain) {
        return;
    }
    agent_init(&machine->agent, &config, machine->disk.cluster, machine->disk.incarnation);
    disk_load(machine);
    machine_sees(machine, &event);
}

void machine_crash(struct machine *machine, int64_t back_ms, bool wiped)
{
    for (uint32_t i = 0; i < MACHINE_SLOTS; i++) {
        if (machine->processes[i].used) {
            audit_stopped(machine->processes[i].attempt);
        }
    }
    machine->up = false;
    machine->back_ms = back_ms;
    memset(machine->processes, 0, sizeof machine->processes);
    network_break(&story.network, machine->index, story.network.center[machine->index]);
    if (wiped) {
        memset(&machine->disk, 0, sizeof machine->disk);
        memset(machine->executed, 0, sizeof machine->executed);
    }
}

void machine_notice(struct machine *machine)
{
    struct agent_event event = {.kind = AGENT_SAW_NOTICE, .grace_ms = 30000, .source = "sim"};

    if (machine->up && !machine->villain && machine->paused_ms <= story.now_ms) {
        machine_sees(machine, &event);
    }
}

void machine_hear(struct machine *machine, const struct frame *frame)
{
    static struct wire_message message;
    struct agent_event event = {.kind = AGENT_SAW_MESSAGE, .message = &message};
    char why[128];

    if (!machine->up || machine->villain) {
        return;
    }
    const enum tide_status status =
        wire_decode(frame->text, frame->bytes, &message, why, sizeof why);
    if (status != TIDE_OK) {
        story_fails("a message of the coordinator cannot be read: %s", why);
    }
    story_says("machine %u hears %s", machine->index, wire_type_text(message.type));
    event.obstacle = REFUSAL_DISK;
    event.has_obstacle = message.type == WIRE_ASSIGN && !story.calm &&
                         rng_below(&machine->rng, 100) < story.plan.wear[WEAR_OBSTACLE];
    machine_sees(machine, &event);
    if (machine->reloads) {
        machine->reloads = false;
        disk_load(machine);
    }
    machine->disk.incarnation = machine->agent.incarnation;
    wire_message_fini(&message);
}

int64_t machine_due(const struct machine *machine)
{
    int64_t due_ms = machine->back_ms;

    if (machine->villain) {
        return machine->up ? villain_due() : INT64_MAX;
    }
    if (machine->up) {
        due_ms = machine_true_ms(machine, agent_deadline(&machine->agent));
        for (uint32_t i = 0; i < MACHINE_SLOTS; i++) {
            const struct process *process = &machine->processes[i];
            due_ms = process->used && process->next_ms < due_ms ? process->next_ms : due_ms;
        }
    }
    return due_ms > machine->paused_ms ? due_ms : machine->paused_ms;
}

void machine_turn(struct machine *machine)
{
    struct agent_event event = {.kind = AGENT_SAW_TIMER};

    if (machine->villain) {
        villain_turn();
        return;
    }
    if (!machine->up) {
        machine_start(machine);
        return;
    }
    for (uint32_t i = 0; i < MACHINE_SLOTS && machine->up; i++) {
        if (machine->processes[i].used && machine->processes[i].next_ms <= story.now_ms) {
            process_turn(machine, &machine->processes[i]);
        }
    }
    if (machine->up && machine_true_ms(machine, agent_deadline(&machine->agent)) <= story.now_ms) {
        machine_sees(machine, &event);
    }
}
