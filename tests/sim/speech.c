/*
 * What a coordinator's core says, as messages; and what machines say, as events of its core.
 */
#include "center.h"

#include "story.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

static const char cluster[] = "00000000000000000000000000c1a571";

/* ---- what the core says, as messages ---- */

static void fill_lists(const struct message *message, const struct outcome *outcome,
                       struct wire_message *wire)
{
    if (wire->type == WIRE_WELCOME) {
        wire->welcome.token = message->token;
        wire->welcome.version = WIRE_VERSION;
        wire->welcome.worker = "sim";
        wire->welcome.lease_ms = LEASE_MS;
        wire->welcome.renew_ms = LEASE_MS / RENEWALS_PER_LEASE;
        wire->welcome.running_count = outcome->running_count;
        memcpy(wire->welcome.running, outcome->running, sizeof outcome->running);
        wire->welcome.outbox_count = outcome->outbox_count;
        memcpy(wire->welcome.outbox, outcome->outbox, sizeof outcome->outbox);
    } else {
        wire->lease.token = message->token;
        wire->lease.count = outcome->running_count;
        memcpy(wire->lease.verdicts, outcome->running, sizeof outcome->running);
    }
}

static void fill_assign(struct wire_assign *assign, const struct message *message)
{
    const uint32_t experiment = (uint32_t)message->attempt.experiment - 1;

    assign->attempt = message->attempt;
    assign->lease_ms = LEASE_MS;
    assign->words[0] = "true";
    assign->word_count = 1;
    assign->params = "{}";
    assign->workdir = "";
    assign->target_step = message->target_step;
    assign->rung = message->rung;
    assign->grace_ms = story.plan.config[experiment].grace_ms;
    assign->signal = 15;
    assign->stop_on_lease_loss = story.plan.stop_on_lease_loss[experiment];
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

uint32_t center_machine(const struct center *center, int32_t worker)
{
    uint32_t machine = 0;

    while (center->worker[machine] != worker) {
        machine++;
        ASSERT(machine < story.plan.machines);
    }
    return machine;
}

static void fill(const struct message *message, const struct outcome *outcome,
                 struct wire_message *wire)
{
    if (message->type == WIRE_ASSIGN) {
        fill_assign(&wire->assign, message);
    } else if (message->type == WIRE_WELCOME || message->type == WIRE_LEASE) {
        fill_lists(message, outcome, wire);
    } else if (message->type == WIRE_STOP) {
        wire->stop = (struct wire_stop){message->attempt, message->reason, message->grace_ms};
    } else if (message->type == WIRE_CKPT_ACK || message->type == WIRE_RESULT_ACK) {
        wire->ack = (struct wire_ack){message->attempt, message->seq, message->verdict};
    }
}

static void address(struct center *center, enum wire_type type, struct wire_message *wire)
{
    memset(wire, 0, sizeof *wire);
    wire->type = type;
    (void)memcpy(wire->cluster, cluster, sizeof cluster);
    wire->incarnation = center->opening.incarnation;
    wire->seq = ++center->said;
}

static void say_at_once(const struct center *center, uint32_t machine,
                        const struct wire_message *wire)
{
    static char text[WIRE_FRAME_BYTES];
    size_t bytes = 0;
    const enum tide_status status = wire_encode(wire, text, &bytes);

    ASSERT(status == TIDE_OK);
    network_answer(&story.network, story.now_ms, machine, center->link[machine], text, bytes);
}

static void letter_write(struct center *center, uint32_t machine, const struct message *message,
                         const struct wire_message *wire)
{
    static char text[WIRE_FRAME_BYTES];
    size_t bytes = 0;
    const enum tide_status status = wire_encode(wire, text, &bytes);

    ASSERT(status == TIDE_OK);
    if (center->letter_count == center->letter_capacity) {
        center->letter_capacity = center->letter_capacity == 0 ? 64 : 2 * center->letter_capacity;
        center->letters =
            realloc(center->letters, center->letter_capacity * sizeof *center->letters);
        ASSERT(center->letters != NULL);
    }
    struct letter *letter = &center->letters[center->letter_count++];
    *letter = (struct letter){.machine = machine,
                              .type = message->type,
                              .attempt = message->attempt,
                              .bytes = bytes,
                              .text = malloc(bytes)};
    ASSERT(letter->text != NULL);
    memcpy(letter->text, text, bytes);
}

void center_write_letters(struct center *center, const struct outcome *outcome)
{
    static struct wire_message wire;

    for (uint32_t i = 0; i < outcome->message_count; i++) {
        const struct message *message = &outcome->messages[i];
        const uint32_t machine = center_machine(center, message->worker);
        address(center, message->type, &wire);
        fill(message, outcome, &wire);
        if (message->type == WIRE_LEASE && center->retry_ms > 0 && !center->began) {
            say_at_once(center, machine, &wire); /* it does not wait for the store */
        } else {
            letter_write(center, machine, message, &wire);
        }
    }
}

void center_ask_who(struct center *center, uint32_t machine)
{
    static struct wire_message who;

    address(center, WIRE_WHO, &who);
    say_at_once(center, machine, &who);
}

/* ---- what machines say, as events ---- */

static uint32_t boot_of(const struct wire_message *message)
{
    return (uint32_t)strtoul(message->boot + WIRE_ID_HEX / 2, NULL, 16);
}

static void hear_hello(struct center *center, uint32_t machine, const struct wire_message *message)
{
    const struct wire_hello *wire = &message->hello;
    const uint32_t boot = boot_of(message);
    struct event event = {.kind = EVENT_HELLO, .worker = center->worker[machine]};

    if (center->boot[machine] == boot && message->seq < center->seq[machine]) {
        return; /* it knows nothing of what was given to it since */
    }

    event.hello = (struct hello_event){
        .token = wire->token,
        .restarted = center->worker[machine] != 0 && center->boot[machine] != boot,
        .slots = wire->slots,
        .cpus_milli = wire->cpus_milli,
        .memory_bytes = wire->memory_bytes,
        .pool = story.plan.priced ? 1 : 0,
        .running_count = (uint32_t)wire->running_count,
        .outbox_count = (uint32_t)wire->outbox_count,
        .name_text = machine + 1,
        .boot_text = boot,
    };
    memcpy(event.hello.running, wire->running, sizeof wire->running);
    memcpy(event.hello.outbox, wire->outbox, sizeof wire->outbox);
    center->boot[machine] = boot;
    center->seq[machine] = message->seq;
    center->greeter = machine;
    audit_free(center->index, machine, 0); /* READY follows */
    audit_greeted(machine);
    center_step(center, &event);
}

static void hear_result(struct center *center, int32_t worker, const struct wire_result *wire)
{
    struct event event = {.kind = EVENT_RESULT, .worker = worker};

    event.result = (struct result_event){.attempt = wire->attempt,
                                         .outcome = wire->outcome,
                                         .cause = wire->cause,
                                         .last_step = wire->last_step,
                                         .value_count = (uint32_t)wire->value_count};
    if (wire->value_count > 0) {
        event.result.values[0] = wire->values[0].value;
    }
    if (wire->outcome == OUTCOME_COMPLETED && wire->value_count == 0) {
        event.result.outcome = OUTCOME_FAILED; /* as the loop does it */
        event.result.cause = CAUSE_NO_OBJECTIVE;
    }
    if (wire->cause == CAUSE_BAD_CHECKPOINT && core_holds(center->core, worker, wire->attempt)) {
        event.result.fallback =
            rows_fallback(&story.vault.rows,
                          core_trial(center->core, wire->attempt.experiment, wire->attempt.trial));
    }
    center_step(center, &event);
}

static void hear_checkpoint(struct center *center, int32_t worker, const struct wire_ckpt *wire)
{
    struct event event = {.kind = EVENT_CHECKPOINT, .worker = worker};

    event.checkpoint = (struct checkpoint_event){.attempt = wire->attempt,
                                                 .seq = wire->checkpoint.seq,
                                                 .step = wire->checkpoint.step,
                                                 .bytes = wire->checkpoint.bytes,
                                                 .hash_text = 1,
                                                 .location_text = 1};
    center_step(center, &event);
}

static void hear_metric(struct center *center, int32_t worker, const struct wire_metric *wire)
{
    struct event event = {.kind = EVENT_METRIC, .worker = worker};

    for (size_t i = 0; i < wire->count; i++) {
        event.metric = (struct metric_event){.attempt = wire->attempt,
                                             .step = wire->points[i].step,
                                             .value = wire->points[i].value,
                                             .ranked = true,
                                             .name_text = 1};
        center_step(center, &event);
    }
}

static void hear_short(struct center *center, uint32_t machine, const struct wire_message *message)
{
    struct event event = {.kind = EVENT_BYE, .worker = center->worker[machine]};

    if (message->type == WIRE_READY) {
        event.kind = EVENT_READY;
        event.slots_free = message->ready.slots_free;
        audit_free(center->index, machine, event.slots_free);
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
    center_step(center, &event);
}

void center_understand(struct center *center, uint32_t machine, const struct wire_message *message)
{
    const int32_t worker = center->worker[machine];

    if (message->type != WIRE_HELLO && center->boot[machine] == boot_of(message) &&
        message->seq > center->seq[machine]) {
        center->seq[machine] = message->seq;
    }
    story_says("coordinator %u hears %s of machine %u", center->index,
               wire_type_text(message->type), machine);
    if (message->type == WIRE_HELLO) {
        hear_hello(center, machine, message);
    } else if (worker == 0) {
        center_ask_who(center, machine);
    } else if (message->type == WIRE_RESULT) {
        hear_result(center, worker, &message->result);
    } else if (message->type == WIRE_CKPT) {
        hear_checkpoint(center, worker, &message->ckpt);
    } else if (message->type == WIRE_METRIC) {
        hear_metric(center, worker, &message->metric);
    } else {
        hear_short(center, machine, message);
    }
}
