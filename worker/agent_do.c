/* What the agent does: its messages and its orders to the shell. */
#include "worker/agent_parts.h"
#include "worker/agent_table.h"

#include "base/assert.h"

const struct wire_attempt agent_nobody = {0, 0, 0};

int64_t agent_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct agent_action *agent_act(struct agent_outcome *outcome, enum agent_action_kind kind,
                               struct wire_attempt attempt)
{
    ASSERT(outcome->count < AGENT_ACTIONS_MAX);
    struct agent_action *action = &outcome->actions[outcome->count++];
    *action = (struct agent_action){.kind = kind, .attempt = attempt};
    return action;
}

struct agent_action *agent_send(struct agent_outcome *outcome, enum wire_type type,
                                struct wire_attempt attempt)
{
    struct agent_action *action = agent_act(outcome, AGENT_DO_SEND, attempt);

    action->type = type;
    return action;
}

/* R4: the token is the time of sending, so the answer itself says from when the lease counts. */
void agent_send_hello(struct agent *agent, struct agent_outcome *outcome)
{
    agent_send(outcome, WIRE_HELLO, agent_nobody)->token = agent->now_ms;
    agent->hello_next_ms = agent->now_ms + agent->hello_wait_ms;
    agent->hello_wait_ms = agent_least(2 * agent->hello_wait_ms, AGENT_HELLO_MAX_MS);
}

/* For ever: a coordinator that is away comes back. */
void agent_greet(struct agent *agent, struct agent_outcome *outcome)
{
    if (agent->session == AGENT_WELCOME) {
        agent->session = AGENT_GREETING;
        agent->hello_first_ms = agent->now_ms;
    }
    agent->hello_wait_ms = AGENT_HELLO_MIN_MS;
    agent_send_hello(agent, outcome);
}

void agent_send_ready(struct agent *agent, struct agent_outcome *outcome)
{
    if (agent->session == AGENT_WELCOME) {
        agent_send(outcome, WIRE_READY, agent_nobody)->slots_free = slots_free(agent);
    }
}

/* R4: the token as that of HELLO. READY goes along, because it is absolute and may have been lost.
 */
void agent_send_renew(struct agent *agent, struct agent_outcome *outcome)
{
    agent_send(outcome, WIRE_RENEW, agent_nobody)->token = agent->now_ms;
    agent_send_ready(agent, outcome);
    agent->renew_next_ms = agent->now_ms + agent->renew_ms;
}

void agent_send_owed(struct agent *agent, struct agent_owed *owed, struct agent_outcome *outcome)
{
    /* R8: the coordinator must know the checkpoint before it hears that the attempt has ended. */
    (void)agent_send(outcome, owed->checkpoint.seq > 0 ? WIRE_CKPT : WIRE_RESULT, owed->attempt);
    owed->next_ms = agent->now_ms + owed->wait_ms;
    owed->wait_ms = agent_least(2 * owed->wait_ms, AGENT_RESEND_MAX_MS);
}

void agent_send_due(struct agent *agent, struct agent_outcome *outcome)
{
    for (size_t i = 0; agent->session == AGENT_WELCOME && i < agent->owed_count; i++) {
        if (agent->owed[i].next_ms <= agent->now_ms) {
            agent_send_owed(agent, &agent->owed[i], outcome);
        }
    }
}

void agent_send_preempt(const struct agent *agent, struct agent_outcome *outcome)
{
    const int64_t left = agent->notice_end_ms - agent->now_ms;

    agent_send(outcome, WIRE_PREEMPT, agent_nobody)->grace_ms = left > 0 ? left : 0;
}

void agent_stop(struct agent_slot *slot, enum wire_reason reason, int64_t grace_ms,
                int64_t deadline_ms, struct agent_outcome *outcome)
{
    struct agent_action *action = agent_act(outcome, AGENT_DO_STOP, slot->attempt);

    action->reason = reason;
    action->grace_ms = grace_ms;
    action->deadline_ms = deadline_ms;
    slot->leaving = true;
}

void agent_stop_all(struct agent *agent, enum wire_reason reason, bool at_once,
                    struct agent_outcome *outcome)
{
    for (int32_t i = 0; i < agent->config.slots; i++) {
        struct agent_slot *slot = &agent->slots[i];
        if (slot->used && !slot->stuck && (!slot->leaving || at_once)) {
            agent_stop(slot, reason, at_once ? 0 : slot->grace_ms, agent->notice_end_ms, outcome);
        }
    }
}

void agent_drain(struct agent *agent, enum wire_reason reason, int64_t farewell_ms,
                 struct agent_outcome *outcome)
{
    const bool was_draining = agent->draining;

    agent->draining = true;
    agent->farewell_ms = was_draining ? agent_least(agent->farewell_ms, farewell_ms) : farewell_ms;
    agent->exit_by_ms = 0;
    agent_stop_all(agent, reason, false, outcome);
    if (!was_draining) {
        agent_send_ready(agent, outcome);
    }
}
