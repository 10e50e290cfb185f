/*
 * A machine with a good key that lies: it says any valid message of any attempt, its own or
 * others', at random moments.
 */
#include "story.h"

#include "process.h"

#include <string.h>

int64_t villain_due(void)
{
    return story.calm ? INT64_MAX : story.villain_ms;
}

static uint32_t (*draw)(uint32_t bound); /* whoever lies now */

static uint32_t draw_own(uint32_t bound)
{
    const uint32_t machine = story.plan.machines - 1;
    return (uint32_t)rng_below(&story.machines[machine].rng, bound);
}

/* One of the newest, whoever has it; now and then one that there never was. */
static struct wire_attempt any_attempt(void)
{
    const uint32_t count = story.audit.witness_count;
    const uint32_t back = draw(16);

    if (count == 0 || draw(16) == 0) {
        return (struct wire_attempt){1 + (int32_t)draw(3), (int32_t)draw(12), 1 + (int32_t)draw(6)};
    }
    return story.audit.witnesses[count - 1 - (back < count ? back : 0)].attempt;
}

static size_t any_running(struct wire_running *running)
{
    const size_t count = draw(3);

    for (size_t i = 0; i < count; i++) {
        running[i] = (struct wire_running){.attempt = any_attempt(),
                                           .step = (int64_t)draw(8) - 1,
                                           .checkpoint_seq = (int32_t)draw(3)};
    }
    return count;
}

static void fill_hello(struct wire_hello *hello)
{
    *hello = (struct wire_hello){.token = story.now_ms,
                                 .version_oldest = WIRE_VERSION_OLDEST,
                                 .version_newest = WIRE_VERSION,
                                 .software = "sim",
                                 .host = "sim",
                                 .pool = "default",
                                 .slots = MACHINE_SLOTS,
                                 .cpus_milli = 1000,
                                 .memory_bytes = 1};
    hello->running_count = any_running(hello->running);
    hello->outbox_count = draw(2);
    hello->outbox[0] = any_attempt();
}

static void fill_result(struct wire_result *result)
{
    static const enum wire_outcome outcomes[] = {OUTCOME_COMPLETED, OUTCOME_COMPLETED,
                                                 OUTCOME_INFEASIBLE, OUTCOME_LEFT, OUTCOME_FAILED};
    static const enum wire_cause causes[] = {CAUSE_EXIT,   CAUSE_NOTICE,     CAUSE_BAD_CHECKPOINT,
                                             CAUSE_WORKER, CAUSE_RULE_AVOID, CAUSE_REQUEUE};

    result->attempt = any_attempt();
    result->outcome = outcomes[draw(5)];
    result->cause = causes[draw(6)];
    result->last_step = (int64_t)draw(9) - 1;
    result->value_count = draw(8) == 0 ? 0 : 1;
    result->values[0] = (struct wire_value){.name = "loss", .value = -1000.0 - draw(100)};
    result->message = "";
}

static void fill_checkpoint(struct wire_ckpt *ckpt)
{
    ckpt->attempt = any_attempt();
    ckpt->checkpoint = (struct wire_checkpoint){
        .attempt_number = ckpt->attempt.number,
        .seq = 1 + (int32_t)draw(4),
        .step = (int64_t)draw(9),
        .bytes = 1,
        .hash = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        .location = "file:/nowhere"};
}

void villain_lie(struct wire_message *message, uint32_t (*drawer)(uint32_t bound))
{
    static const enum wire_type types[] = {WIRE_HELLO,  WIRE_READY,  WIRE_READY,   WIRE_ACCEPT,
                                           WIRE_REFUSE, WIRE_RENEW,  WIRE_METRIC,  WIRE_CKPT,
                                           WIRE_RESULT, WIRE_RESULT, WIRE_PREEMPT, WIRE_BYE};

    draw = drawer;
    memset(message, 0, sizeof *message);
    message->type = types[draw(sizeof types / sizeof *types)];
    if (message->type == WIRE_HELLO) {
        fill_hello(&message->hello);
    } else if (message->type == WIRE_READY) {
        message->ready.slots_free = (int32_t)draw(4);
    } else if (message->type == WIRE_ACCEPT) {
        message->accept = any_attempt();
    } else if (message->type == WIRE_REFUSE) {
        message->refuse = (struct wire_refuse){any_attempt(), REFUSAL_FULL};
    } else if (message->type == WIRE_RENEW) {
        message->renew.token = story.now_ms;
        message->renew.count = any_running(message->renew.running);
    } else if (message->type == WIRE_METRIC) {
        message->metric.attempt = any_attempt();
        message->metric.count = 1;
        message->metric.points[0] = (struct wire_point){(int64_t)draw(9), "loss", draw(100)};
    } else if (message->type == WIRE_CKPT) {
        fill_checkpoint(&message->ckpt);
    } else if (message->type == WIRE_RESULT) {
        fill_result(&message->result);
    } else if (message->type == WIRE_PREEMPT) {
        message->preempt = (struct wire_preempt){(int64_t)draw(60000), "sim"};
    }
}

void villain_turn(void)
{
    static struct wire_message message;
    const uint32_t per_hour = story.plan.wear[WEAR_VILLAIN];

    villain_lie(&message, draw_own);
    machine_send(&story.machines[story.plan.machines - 1], &message);
    story.villain_ms = story.now_ms + 1 + (int64_t)draw(2 * 3600000 / per_hour);
}
