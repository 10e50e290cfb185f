/* What the agent says, as messages. */
#include "worker/agent.h"

#include "base/text.h"

int32_t agent_running(const struct agent *agent)
{
    int32_t count = 0;

    for (int32_t i = 0; i < agent->config.slots; i++) {
        count += agent->slots[i].used ? 1 : 0;
    }
    return count;
}

static size_t list_running(const struct agent *agent, struct wire_running *running)
{
    size_t count = 0;

    for (int32_t i = 0; i < agent->config.slots; i++) {
        const struct agent_slot *slot = &agent->slots[i];
        if (slot->used && !slot->foreign && !slot->stuck) {
            running[count++] = (struct wire_running){.attempt = slot->attempt,
                                                     .step = slot->step,
                                                     .checkpoint_seq = slot->checkpoint_seq};
        }
    }
    return count;
}

static void fill_hello(const struct agent *agent, struct wire_hello *hello)
{
    hello->version_oldest = WIRE_VERSION_OLDEST;
    hello->version_newest = WIRE_VERSION;
    hello->slots = agent->config.slots;
    hello->running_count = list_running(agent, hello->running);
    hello->outbox_count = 0;
    for (size_t i = 0; i < agent->owed_count && hello->outbox_count < WIRE_OUTBOX_MAX; i++) {
        if (agent->owed[i].result) {
            hello->outbox[hello->outbox_count++] = agent->owed[i].attempt;
        }
    }
}

static void fill_ckpt(const struct agent *agent, struct wire_ckpt *ckpt)
{
    for (size_t i = 0; i < agent->owed_count; i++) {
        const struct agent_owed *owed = &agent->owed[i];
        if (owed->attempt.experiment == ckpt->attempt.experiment &&
            owed->attempt.trial == ckpt->attempt.trial &&
            owed->attempt.number == ckpt->attempt.number) {
            ckpt->checkpoint = (struct wire_checkpoint){.attempt_number = owed->attempt.number,
                                                        .seq = owed->checkpoint.seq,
                                                        .step = owed->checkpoint.step,
                                                        .bytes = owed->checkpoint.bytes,
                                                        .hash = owed->checkpoint.hash,
                                                        .location = owed->checkpoint.location};
        }
    }
}

static void fill_body(const struct agent *agent, const struct agent_action *action,
                      struct wire_message *message)
{
    if (action->type == WIRE_HELLO) {
        message->hello.token = action->token;
        fill_hello(agent, &message->hello);
    } else if (action->type == WIRE_READY) {
        message->ready.slots_free = action->slots_free;
    } else if (action->type == WIRE_ACCEPT) {
        message->accept = action->attempt;
    } else if (action->type == WIRE_REFUSE) {
        message->refuse = (struct wire_refuse){action->attempt, action->refusal};
    } else if (action->type == WIRE_RENEW) {
        message->renew.token = action->token;
        message->renew.count = list_running(agent, message->renew.running);
    } else if (action->type == WIRE_CKPT) {
        message->ckpt.attempt = action->attempt;
        fill_ckpt(agent, &message->ckpt);
    } else if (action->type == WIRE_PREEMPT) {
        message->preempt = (struct wire_preempt){action->grace_ms, agent->source};
    }
}

void agent_message(const struct agent *agent, const struct agent_action *action,
                   struct wire_message *message)
{
    message->type = action->type;
    (void)text_copy(message->cluster, sizeof message->cluster, agent->cluster);
    message->incarnation = agent->incarnation;
    fill_body(agent, action, message);
}
