/* What the coordinator says, and what the agent does about it. */
#include "worker/agent_parts.h"
#include "worker/agent_table.h"

#include "base/text.h"

/* R5, R10: only the coordinator that welcomed this worker may tell it anything. */
static bool is_current(const struct agent *agent, const struct wire_message *message)
{
    return agent->session == AGENT_WELCOME && message->incarnation == agent->incarnation &&
           text_equal(message->cluster, agent->cluster);
}

/* R10: a coordinator of the past. */
static bool is_past(const struct agent *agent, const struct wire_message *message)
{
    return text_equal(message->cluster, agent->cluster) &&
           message->incarnation < agent->incarnation;
}

static void lease_renewed(struct agent *agent, struct agent_slot *slot, int64_t from_ms)
{
    const int64_t end_ms = from_ms + agent->lease_ms;

    if (end_ms > slot->lease_end_ms) {
        slot->lease_end_ms = end_ms;
    }
    if (slot->lease_end_ms > agent->now_ms) {
        slot->orphan = false;
    }
}

static void revoked(struct agent_slot *slot, struct agent_outcome *outcome)
{
    if (!slot->leaving) {
        agent_stop(slot, LEAVE_SUPERSEDED, slot->grace_ms, 0, outcome);
    }
}

static void on_verdict(struct agent *agent, const struct wire_verdict_of *item, int64_t from_ms,
                       struct agent_outcome *outcome)
{
    struct agent_slot *slot = slot_find(agent, item->attempt);

    if (slot == NULL) {
        return;
    }
    if (item->verdict == VERDICT_KEEP || item->verdict == VERDICT_OK) {
        lease_renewed(agent, slot, from_ms);
    } else {
        revoked(slot, outcome);
    }
}

/* Another cluster knows nothing of what runs here, and nothing here is owed to it. */
static void change_cluster(struct agent *agent, const char *cluster, struct agent_outcome *outcome)
{
    for (int32_t i = 0; i < agent->config.slots; i++) {
        struct agent_slot *slot = &agent->slots[i];
        if (slot->used && !slot->foreign) {
            revoked(slot, outcome);
            slot->foreign = true;
        }
    }
    agent->owed_count = 0;
    agent->seen_count = 0;
    agent->seen_next = 0;
    (void)text_copy(agent->cluster, sizeof agent->cluster, cluster);
    (void)agent_act(outcome, AGENT_DO_LOAD, agent_nobody);
}

/* R4: whether it answers a HELLO of this greeting. Any of them, since an answer may take longer
 * than the next HELLO does; but what answers one of an earlier session, or of an earlier process,
 * says nothing of this one. */
static bool answers_greeting(const struct agent *agent, const struct wire_welcome *welcome)
{
    return agent->session == AGENT_GREETING && welcome->token >= agent->hello_first_ms &&
           welcome->token <= agent->now_ms;
}

static void on_welcome(struct agent *agent, const struct wire_message *message,
                       struct agent_outcome *outcome)
{
    const struct wire_welcome *welcome = &message->welcome;

    if (!answers_greeting(agent, welcome) || is_past(agent, message) || welcome->lease_ms <= 0 ||
        welcome->renew_ms <= 0) {
        return;
    }
    if (!text_equal(message->cluster, agent->cluster)) {
        change_cluster(agent, message->cluster, outcome);
    }
    agent->session = AGENT_WELCOME;
    agent->incarnation = message->incarnation;
    agent->lease_ms = welcome->lease_ms;
    agent->renew_ms = welcome->renew_ms;
    agent->granted_ms = welcome->token;
    agent->granted_seq = message->seq;
    for (size_t i = 0; i < welcome->running_count; i++) {
        on_verdict(agent, &welcome->running[i], welcome->token, outcome);
    }
    for (size_t i = 0; i < agent->owed_count; i++) {
        owed_due(agent, &agent->owed[i]);
    }
    for (size_t i = 0; i < welcome->outbox_count; i++) {
        struct agent_owed *owed = owed_find(agent, welcome->outbox[i].attempt);
        if (owed != NULL && welcome->outbox[i].verdict == VERDICT_DROP) {
            (void)agent_act(outcome, AGENT_DO_FORGET, owed->attempt);
            owed_drop(agent, owed);
        }
    }
    agent_send_due(agent, outcome); /* before READY, which makes room for a newer attempt */
    if (agent->source[0] != '\0') {
        agent_send_preempt(agent, outcome);
    }
    agent_send_renew(agent, outcome);
}

static void on_lease(struct agent *agent, const struct wire_message *message,
                     struct agent_outcome *outcome)
{
    const struct wire_lease *lease = &message->lease;

    if (lease->token > agent->now_ms || lease->token < agent->granted_ms) {
        return; /* never sent, or answered before */
    }
    agent->granted_ms = lease->token;
    agent->granted_seq = message->seq;
    for (size_t i = 0; i < lease->count; i++) {
        on_verdict(agent, &lease->verdicts[i], lease->token, outcome);
    }
}

/* R6: what was refused stays refused. Its trial may be somebody else's by the time that a second
 * copy of the ASSIGN arrives. */
static void refuse(struct agent *agent, struct agent_outcome *outcome, struct wire_attempt attempt,
                   enum wire_refusal refusal)
{
    seen_put(agent, attempt);
    agent_send(outcome, WIRE_REFUSE, attempt)->refusal = refusal;
}

/* When an attempt must be told to leave so that it is gone before its lease is. */
int64_t agent_lease_stop_ms(const struct agent *agent, int64_t lease_end_ms, int64_t grace_ms)
{
    return lease_end_ms - agent_least(grace_ms, agent->lease_ms / 2) - agent->lease_ms / 50;
}

/* The first lease counts from the last message that was answered: the ASSIGN was sent after that.
 * Of one that was overtaken by the answer nobody knows how old it is. */
static bool lease_fits(const struct agent *agent, const struct wire_message *message)
{
    const struct wire_assign *assign = &message->assign;

    return !assign->stop_on_lease_loss ||
           (message->seq >= agent->granted_seq &&
            agent_lease_stop_ms(agent, agent->granted_ms + agent->lease_ms, assign->grace_ms) >
                agent->now_ms);
}

static void accept(struct agent *agent, const struct wire_assign *assign,
                   struct agent_outcome *outcome)
{
    struct agent_slot *slot = slot_take(agent);

    slot->attempt = assign->attempt;
    slot->step = -1;
    slot->stop_on_lease_loss = assign->stop_on_lease_loss;
    slot->grace_ms = assign->grace_ms;
    slot->lease_end_ms = agent->granted_ms + agent->lease_ms;
    seen_put(agent, assign->attempt);
    (void)agent_act(outcome, AGENT_DO_REMEMBER,
                    assign->attempt); /* R6: before anybody can know of it */
    (void)agent_act(outcome, AGENT_DO_START, assign->attempt);
    (void)agent_send(outcome, WIRE_ACCEPT, assign->attempt);
}

/* I7: who was given a later attempt of a trial does not run an earlier one. Where that is not gone
 * yet, or another cluster's trial has the same numbers, there is no room for this one. */
static bool makes_room(struct agent *agent, struct wire_attempt attempt,
                       struct agent_outcome *outcome)
{
    struct agent_slot *slot = slot_of_trial(agent, attempt);

    if (slot == NULL) {
        return true;
    }
    agent_stop(slot, LEAVE_SUPERSEDED, 0, 0, outcome);
    return false;
}

static void on_assign(struct agent *agent, const struct agent_event *event,
                      struct agent_outcome *outcome)
{
    const struct wire_assign *assign = &event->message->assign;
    struct agent_owed *owed = owed_find(agent, assign->attempt);

    if (slot_find(agent, assign->attempt) != NULL) {
        (void)agent_send(outcome, WIRE_ACCEPT, assign->attempt); /* R6: the same again */
    } else if (owed != NULL) {
        agent_send_owed(agent, owed, outcome); /* it has ended already */
    } else if (assign->attempt.number <= seen_highest(agent, assign->attempt)) {
        refuse(agent, outcome, assign->attempt, REFUSAL_STALE); /* R6 */
    } else if (agent->draining) {
        refuse(agent, outcome, assign->attempt, REFUSAL_DRAINING);
    } else if (event->has_obstacle) {
        refuse(agent, outcome, assign->attempt, event->obstacle);
    } else if (!makes_room(agent, assign->attempt, outcome) || slots_free(agent) == 0 ||
               !lease_fits(agent, event->message)) {
        refuse(agent, outcome, assign->attempt, REFUSAL_FULL);
    } else {
        accept(agent, assign, outcome);
    }
}

static void on_stop(struct agent *agent, const struct wire_stop *stop,
                    struct agent_outcome *outcome)
{
    struct agent_slot *slot = slot_find(agent, stop->attempt);

    if (slot != NULL) {
        agent_stop(slot, stop->reason, stop->grace_ms, agent->notice_end_ms, outcome);
    }
}

static void on_result_ack(struct agent *agent, const struct wire_ack *ack,
                          struct agent_outcome *outcome)
{
    struct agent_owed *owed = owed_find(agent, ack->attempt);

    if (owed != NULL && owed->result) {
        (void)agent_act(outcome, AGENT_DO_FORGET, ack->attempt); /* R3: an answer of any kind */
        owed_drop(agent, owed);
        agent->idle_since_ms = agent->now_ms;
    }
}

static void on_ckpt_ack(struct agent *agent, const struct wire_ack *ack,
                        struct agent_outcome *outcome)
{
    struct agent_owed *owed = owed_find(agent, ack->attempt);
    struct agent_slot *slot = slot_find(agent, ack->attempt);

    if (owed == NULL || owed->checkpoint.seq == 0 || owed->checkpoint.seq > ack->seq) {
        return;
    }
    owed->checkpoint.seq = 0;
    if (slot != NULL) {
        slot->checkpoint_seq = ack->seq;
    }
    if (ack->verdict == VERDICT_RECORDED || ack->verdict == VERDICT_DUPLICATE) {
        agent_act(outcome, AGENT_DO_SETTLED, ack->attempt)->seq = ack->seq;
    }
    if (owed->result) {
        owed_due(agent, owed);
        agent_send_owed(agent, owed, outcome);
    } else {
        owed_drop(agent, owed);
    }
}

static void on_error(struct agent *agent, const struct wire_error *error,
                     struct agent_outcome *outcome)
{
    if (error->fatal) {
        agent->exit_code = AGENT_EXIT_REFUSED;
        agent_drain(agent, LEAVE_OPERATOR, 0, outcome);
    }
}

static void on_current(struct agent *agent, const struct agent_event *event,
                       struct agent_outcome *outcome)
{
    const struct wire_message *message = event->message;

    if (message->type == WIRE_ASSIGN) {
        on_assign(agent, event, outcome);
    } else if (message->type == WIRE_LEASE) {
        on_lease(agent, message, outcome);
    } else if (message->type == WIRE_STOP) {
        on_stop(agent, &message->stop, outcome);
    } else if (message->type == WIRE_RESULT_ACK) {
        on_result_ack(agent, &message->ack, outcome);
    } else if (message->type == WIRE_CKPT_ACK) {
        on_ckpt_ack(agent, &message->ack, outcome);
    } else if (message->type == WIRE_DRAIN) {
        agent_drain(agent, LEAVE_DRAIN, AGENT_DRAIN_FAREWELL_MS, outcome);
    }
}

void agent_hear(struct agent *agent, const struct agent_event *event, struct agent_outcome *outcome)
{
    const struct wire_message *message = event->message;

    if (message->type == WIRE_WELCOME) {
        on_welcome(agent, message, outcome);
    } else if (message->type == WIRE_ERROR) {
        on_error(agent, &message->error, outcome);
    } else if (message->type == WIRE_WHO) {
        if (agent->session == AGENT_WELCOME && !is_past(agent, message)) {
            agent_greet(agent, outcome); /* R5 */
        }
    } else if (is_current(agent, message)) {
        on_current(agent, event, outcome);
    }
    if (message->type == WIRE_STOP && text_equal(message->cluster, agent->cluster) &&
        !is_past(agent, message)) {
        seen_put(agent, message->stop.attempt); /* R6: an ASSIGN that it has overtaken is stale */
    }
}
