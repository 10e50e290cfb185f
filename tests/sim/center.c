/*
 * The coordinator of a story: what the core says becomes frames, what machines say becomes events,
 * and now and then it dies in between.
 */
#include "story.h"

#include "support/support.h"

#include <stdlib.h>
#include <string.h>

static const char cluster[] = "00000000000000000000000000c1a571";

struct story story;

uint32_t story_draw(uint32_t bound)
{
    return (uint32_t)rng_below(&story.rng, bound);
}

/* ---- what the core says, as messages ---- */

static struct wire_message *fill_lists(struct wire_message *wire, const struct outcome *outcome)
{
    if (wire->type == WIRE_WELCOME) {
        wire->welcome.version = WIRE_VERSION;
        wire->welcome.worker = "sim";
        wire->welcome.lease_ms = LEASE_MS;
        wire->welcome.renew_ms = LEASE_MS / RENEWALS_PER_LEASE;
        wire->welcome.running_count = outcome->running_count;
        memcpy(wire->welcome.running, outcome->running, sizeof outcome->running);
        wire->welcome.outbox_count = outcome->outbox_count;
        memcpy(wire->welcome.outbox, outcome->outbox, sizeof outcome->outbox);
    } else {
        wire->lease.count = outcome->running_count;
        memcpy(wire->lease.verdicts, outcome->running, sizeof outcome->running);
    }
    return wire;
}

static void fill_assign(struct wire_assign *assign, const struct message *message)
{
    assign->attempt = message->attempt;
    assign->lease_ms = LEASE_MS;
    assign->words[0] = "true";
    assign->word_count = 1;
    assign->params = "{}";
    assign->workdir = "";
    assign->grace_ms = 25000;
    assign->signal = 15;
    assign->step_pattern = "";
    assign->checkpoint_store = "";
    assign->objectives[0] = (struct wire_objective){.metric = "loss", .required = true};
    assign->objective_count = 1;
    if (message->checkpoint.attempt > 0) {
        assign->checkpoint = (struct wire_checkpoint){
            .attempt_number = message->checkpoint.attempt,
            .seq = message->checkpoint.seq,
            .step = message->checkpoint.step,
            .bytes = 4096,
            .hash = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            .location = "file:/shared"};
    }
}

static uint32_t machine_of(int32_t worker)
{
    uint32_t machine = 0;

    while (story.center.id[machine] != worker) {
        machine++;
        assert_true(machine < NETWORK_MACHINES);
    }
    return machine;
}

static void send_all(void)
{
    static struct wire_message wire;
    const struct outcome *outcome = &story.center.world.outcome;

    for (uint32_t i = 0; i < outcome->message_count; i++) {
        const struct message *message = &outcome->messages[i];
        memset(&wire, 0, sizeof wire);
        wire.type = message->type;
        (void)memcpy(wire.cluster, cluster, sizeof cluster);
        wire.incarnation = story.center.world.incarnation;
        wire.seq = 1;
        if (message->type == WIRE_ASSIGN) {
            fill_assign(&wire.assign, message);
        } else if (message->type == WIRE_WELCOME || message->type == WIRE_LEASE) {
            wire.lease.token = message->token;
            (void)fill_lists(&wire, outcome);
        } else if (message->type == WIRE_STOP) {
            wire.stop = (struct wire_stop){message->attempt, message->reason, message->grace_ms};
        } else if (message->type == WIRE_CKPT_ACK || message->type == WIRE_RESULT_ACK) {
            wire.ack = (struct wire_ack){message->attempt, message->seq, message->verdict};
        }
        network_send(&story.network, story.now_ms, machine_of(message->worker), false, &wire);
    }
}

/* ---- the coordinator's steps, and its deaths ---- */

void center_crash(void)
{
    story.center.up = false;
    story.center.back_ms = story.now_ms + 1000 + (int64_t)story_draw(story.calm ? 1000 : 300000);
    story.asked_ms = 0;
    story.crashes++;
    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) {
        network_break(&story.network, i);
    }
}

static void check_core(void)
{
    const char *wrong = core_check(story.center.world.core);

    if (wrong != NULL) {
        fail_msg("%s", wrong);
    }
}

/* One step, written and sent; or cut short before it was written, or after that and before it was
 * sent. */
void center_step(struct event *event)
{
    struct center *center = &story.center;
    const uint32_t fate = story.calm ? 1000 : story_draw(1000);

    center->world.boot_ms = story.now_ms;
    center->world.wall_ms = 1790000000000 + story.now_ms;
    if (fate == 0) {
        center->before = center->world.rows;
    }
    world_step(&center->world, event);
    story.events++;
    if (fate == 0) {
        center->world.rows = center->before;
        center_crash();
        return;
    }
    check_core();
    if (center->world.outcome.created != 0 && event->kind == EVENT_HELLO) {
        center->id[center->greeter] = center->world.outcome.created;
    }
    if (fate == 1) {
        center_crash();
        return;
    }
    send_all();
    if (center->world.ask_count > 0 && story.asked_ms == 0) {
        story.asked_ms = story.now_ms + 1 + (int64_t)story_draw(2000);
    }
}

void center_start(void)
{
    void *memory = NULL;
    struct center *center = &story.center;

    center->world.boot_ms = story.now_ms;
    center->world.wall_ms = 1790000000000 + story.now_ms;
    struct core *core = world_reload(&center->world, &memory);
    free(center->world.memory);
    center->world.memory = memory;
    center->world.core = core;
    center->world.incarnation++;
    center->world.ask_count = 0;
    center->up = true;
    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) { /* the names it knows are the rows it has */
        if (center->id[i] > (int32_t)center->world.rows.worker_count) {
            center->id[i] = 0;
        }
    }
    struct event event = {.kind = EVENT_TIMER};
    center_step(&event);
}

/* ---- what machines say, as events ---- */

static void hear_hello(uint32_t machine, const struct wire_message *message)
{
    const struct wire_hello *wire = &message->hello;
    struct center *center = &story.center;
    struct event event = {.kind = EVENT_HELLO, .worker = center->id[machine]};

    event.hello = (struct hello_event){
        .restarted = strcmp(center->boot[machine], message->boot) != 0,
        .slots = wire->slots,
        .cpus_milli = wire->cpus_milli,
        .memory_bytes = wire->memory_bytes,
        .running_count = (uint32_t)wire->running_count,
        .outbox_count = (uint32_t)wire->outbox_count,
    };
    memcpy(event.hello.running, wire->running, sizeof wire->running);
    memcpy(event.hello.outbox, wire->outbox, sizeof wire->outbox);
    (void)memcpy(center->boot[machine], message->boot, sizeof message->boot);
    center->greeter = machine;
    center_step(&event);
}

static void hear_result(int32_t worker, const struct wire_result *wire)
{
    struct event event = {.kind = EVENT_RESULT, .worker = worker};

    event.result = (struct result_event){.attempt = wire->attempt,
                                         .outcome = wire->outcome,
                                         .cause = wire->cause,
                                         .last_step = wire->last_step,
                                         .value_count = (uint32_t)wire->value_count,
                                         .values = {wire->values[0].value}};
    center_step(&event);
}

static void hear_checkpoint(int32_t worker, const struct wire_ckpt *wire)
{
    struct event event = {.kind = EVENT_CHECKPOINT, .worker = worker};

    event.checkpoint = (struct checkpoint_event){.attempt = wire->attempt,
                                                 .seq = wire->checkpoint.seq,
                                                 .step = wire->checkpoint.step,
                                                 .bytes = wire->checkpoint.bytes};
    center_step(&event);
}

static void hear_known(int32_t worker, const struct wire_message *message)
{
    struct event event = {.kind = EVENT_BYE, .worker = worker};

    if (message->type == WIRE_RESULT) {
        hear_result(worker, &message->result);
        return;
    }
    if (message->type == WIRE_CKPT) {
        hear_checkpoint(worker, &message->ckpt);
        return;
    }
    if (message->type == WIRE_READY) {
        event.kind = EVENT_READY;
        event.slots_free = message->ready.slots_free;
    } else if (message->type == WIRE_ACCEPT) {
        event.kind = EVENT_ACCEPT;
        event.accept = message->accept;
    } else if (message->type == WIRE_REFUSE) {
        event.kind = EVENT_REFUSE;
        event.refuse = message->refuse;
    } else if (message->type == WIRE_RENEW) {
        event.kind = EVENT_RENEW;
        event.renew.token = message->renew.token;
        event.renew.count = (uint32_t)message->renew.count;
        memcpy(event.renew.running, message->renew.running, sizeof message->renew.running);
    } else if (message->type == WIRE_PREEMPT) {
        event.kind = EVENT_PREEMPT;
        event.preempt_deadline_ms = message->preempt.deadline_ms;
    }
    center_step(&event);
}

void center_hear(const struct frame *frame)
{
    static struct wire_message message;
    const int32_t worker = story.center.id[frame->machine];
    char why[128];

    if (!story.center.up) {
        return;
    }
    assert_int_equal(wire_decode(frame->text, frame->bytes, &message, why, sizeof why), TIDE_OK);
    if (message.type == WIRE_HELLO) {
        hear_hello(frame->machine, &message);
    } else if (worker > 0) {
        hear_known(worker, &message);
    } else {
        static struct wire_message who;
        memset(&who, 0, sizeof who);
        who.type = WIRE_WHO;
        (void)memcpy(who.cluster, cluster, sizeof cluster);
        who.incarnation = story.center.world.incarnation;
        who.seq = 1;
        network_send(&story.network, story.now_ms, frame->machine, false, &who);
    }
    wire_message_fini(&message);
}
