/* What the runner reports, what time brings, and the machine itself. */
#include "worker/agent.h"

#include "worker/agent_parts.h"
#include "worker/agent_table.h"

#include "base/assert.h"
#include "base/text.h"

/* --- notices --- */

/* R9 */
static void on_notice(struct agent *agent, const struct agent_event *event,
                      struct agent_outcome *outcome)
{
    const int64_t end_ms = event->grace_ms > 0 ? agent->now_ms + event->grace_ms : 0;

    if (agent->notice_end_ms == 0 || (end_ms > 0 && end_ms < agent->notice_end_ms)) {
        agent->notice_end_ms = end_ms;
    }
    (void)text_copy(agent->source, sizeof agent->source, event->source);
    agent->exit_code = AGENT_EXIT_PREEMPTED;
    if (agent->session == AGENT_WELCOME) {
        agent_send_preempt(agent, outcome);
    }
    agent_drain(agent, LEAVE_PREEMPTION, AGENT_FAREWELL_MS, outcome);
}

static void on_stop_now(struct agent *agent, struct agent_outcome *outcome)
{
    agent->draining = true;
    agent->exit_code = AGENT_EXIT_PREEMPTED;
    agent->farewell_ms = 0;
    agent->exit_by_ms = 0;
    agent_stop_all(agent, LEAVE_PREEMPTION, true, outcome);
}

/* --- what the runner reports --- */

static void on_progress(struct agent *agent, const struct agent_event *event)
{
    struct agent_slot *slot = slot_find(agent, event->attempt);

    if (slot != NULL) {
        slot->step = event->step;
    }
}

static void on_saved(struct agent *agent, const struct agent_event *event,
                     struct agent_outcome *outcome)
{
    if (slot_find(agent, event->attempt) == NULL) {
        return; /* of a cluster that is no longer served */
    }
    struct agent_owed *owed = owed_need(agent, event->attempt);
    owed->checkpoint = event->checkpoint;
    owed_due(agent, owed);
    if (agent->session == AGENT_WELCOME) {
        agent_send_owed(agent, owed, outcome);
    }
}

static void on_ended(struct agent *agent, const struct agent_event *event,
                     struct agent_outcome *outcome)
{
    struct agent_slot *slot = slot_find(agent, event->attempt);

    agent->idle_since_ms = agent->now_ms;
    if (slot == NULL) { /* of a cluster that is no longer served */
        for (int32_t i = 0; i < agent->config.slots; i++) {
            struct agent_slot *foreign = &agent->slots[i];
            foreign->used = foreign->used &&
                            !(foreign->foreign && attempt_same(foreign->attempt, event->attempt));
        }
        agent_send_ready(agent, outcome);
        return;
    }
    slot->used = slot->stuck; /* what cannot be killed keeps its slot */
    struct agent_owed *owed = owed_need(agent, event->attempt);
    owed->result = true;
    if (owed->checkpoint.seq == 0) { /* else the result goes when that is acknowledged */
        owed_due(agent, owed);
        if (agent->session == AGENT_WELCOME) {
            agent_send_owed(agent, owed, outcome);
        }
    }
    agent_send_ready(agent, outcome);
}

static void on_stuck(struct agent *agent, const struct agent_event *event)
{
    struct agent_slot *slot = slot_find(agent, event->attempt);

    if (slot != NULL) {
        slot->stuck = true;
    }
}

static void on_owed(struct agent *agent, const struct agent_event *event)
{
    if (agent->owed_count < WIRE_OUTBOX_MAX) { /* the rest waits on the disk for the next start */
        struct agent_owed *owed = owed_need(agent, event->attempt);
        owed->result = true;
        owed->checkpoint = event->checkpoint;
    }
}

/* --- time --- */

/* When the slot's lease asks for something; INT64_MAX never. */
static int64_t slot_due_ms(const struct agent *agent, const struct agent_slot *slot)
{
    if (!slot->used || slot->leaving || slot->foreign || slot->stuck) {
        return INT64_MAX;
    }
    if (slot->stop_on_lease_loss) {
        return agent_lease_stop_ms(agent, slot->lease_end_ms, slot->grace_ms);
    }
    return slot->orphan ? slot->orphan_end_ms : slot->lease_end_ms;
}

/* R4: the lease was not renewed in time. */
static void slot_due(struct agent *agent, struct agent_slot *slot, struct agent_outcome *outcome)
{
    if (slot->stop_on_lease_loss) {
        agent_stop(slot, LEAVE_PREEMPTION, agent_least(slot->grace_ms, agent->lease_ms / 2),
                   slot->lease_end_ms - agent->lease_ms / 50, outcome);
    } else if (slot->orphan) {
        agent_stop(slot, LEAVE_PREEMPTION, slot->grace_ms, 0, outcome);
    } else {
        slot->orphan = true;
        slot->orphan_end_ms = agent->now_ms + AGENT_ORPHAN_MS;
    }
}

static void on_time(struct agent *agent, struct agent_outcome *outcome)
{
    if (agent->session == AGENT_GREETING && agent->hello_next_ms <= agent->now_ms) {
        agent_send_hello(agent, outcome);
    }
    if (agent->session == AGENT_WELCOME && agent->renew_next_ms <= agent->now_ms) {
        agent_send_renew(agent, outcome);
    }
    for (int32_t i = 0; i < agent->config.slots; i++) {
        if (slot_due_ms(agent, &agent->slots[i]) <= agent->now_ms) {
            slot_due(agent, &agent->slots[i], outcome);
        }
    }
    agent_send_due(agent, outcome);
}

static int64_t idle_exit_ms(const struct agent *agent)
{
    const bool idle =
        agent->config.idle_exit_ms > 0 && agent->owed_count == 0 && slots_used(agent) == 0;

    return idle ? agent->idle_since_ms + agent->config.idle_exit_ms : INT64_MAX;
}

static void leave(struct agent *agent, struct agent_outcome *outcome)
{
    if (agent->session == AGENT_WELCOME) {
        (void)agent_send(outcome, WIRE_BYE, agent_nobody);
    }
    agent->exiting = true;
    agent_act(outcome, AGENT_DO_EXIT, agent_nobody)->exit_code = agent->exit_code;
}

static void leave_when_done(struct agent *agent, struct agent_outcome *outcome)
{
    if (agent->draining && slots_used(agent) == 0) {
        if (agent->exit_by_ms == 0) {
            agent->exit_by_ms = agent->now_ms + agent->farewell_ms;
        }
        if (agent->owed_count == 0 || agent->exit_by_ms <= agent->now_ms) {
            leave(agent, outcome);
        }
    } else if (idle_exit_ms(agent) <= agent->now_ms) {
        leave(agent, outcome);
    }
}

/* --- the machine --- */

static void dispatch(struct agent *agent, const struct agent_event *event,
                     struct agent_outcome *outcome)
{
    switch (event->kind) {
    case AGENT_SAW_START:
        agent->idle_since_ms = event->boot_ms;
        agent->hello_first_ms = event->boot_ms;
        agent_greet(agent, outcome);
        break;
    case AGENT_SAW_MESSAGE:
        agent_hear(agent, event, outcome);
        break;
    case AGENT_SAW_TIMER:
        break;
    case AGENT_SAW_LINK_UP:
        agent_greet(agent, outcome);
        break;
    case AGENT_SAW_PROGRESS:
        on_progress(agent, event);
        break;
    case AGENT_SAW_SAVED:
        on_saved(agent, event, outcome);
        break;
    case AGENT_SAW_ENDED:
        on_ended(agent, event, outcome);
        break;
    case AGENT_SAW_STUCK:
        on_stuck(agent, event);
        break;
    case AGENT_SAW_REMEMBERED:
        seen_put(agent, event->attempt);
        break;
    case AGENT_SAW_OWED:
        on_owed(agent, event);
        break;
    case AGENT_SAW_NOTICE:
        on_notice(agent, event, outcome);
        break;
    case AGENT_SAW_STOP_NOW:
        on_stop_now(agent, outcome);
        break;
    }
}

void agent_init(struct agent *agent, const struct agent_config *config, const char *cluster,
                int64_t incarnation)
{
    ASSERT(config->slots > 0 && config->slots <= WIRE_SLOTS_MAX);
    *agent = (struct agent){.config = *config,
                            .session = AGENT_GREETING,
                            .incarnation = incarnation,
                            .lease_ms = AGENT_LEASE_MS,
                            .renew_ms = AGENT_LEASE_MS / 4,
                            .hello_wait_ms = AGENT_HELLO_MIN_MS};
    (void)text_copy(agent->cluster, sizeof agent->cluster, cluster);
}

void agent_step(struct agent *agent, const struct agent_event *event, struct agent_outcome *outcome)
{
    outcome->count = 0;
    ASSERT(event->boot_ms >= agent->now_ms);
    agent->now_ms = event->boot_ms;
    if (!agent->exiting) {
        dispatch(agent, event, outcome);
        on_time(agent, outcome);
        leave_when_done(agent, outcome);
    }
}

int64_t agent_deadline(const struct agent *agent)
{
    int64_t deadline_ms =
        agent->session == AGENT_GREETING ? agent->hello_next_ms : agent->renew_next_ms;

    for (int32_t i = 0; i < agent->config.slots; i++) {
        deadline_ms = agent_least(deadline_ms, slot_due_ms(agent, &agent->slots[i]));
    }
    for (size_t i = 0; agent->session == AGENT_WELCOME && i < agent->owed_count; i++) {
        deadline_ms = agent_least(deadline_ms, agent->owed[i].next_ms);
    }
    if (agent->exit_by_ms > 0) {
        deadline_ms = agent_least(deadline_ms, agent->exit_by_ms);
    }
    return agent_least(deadline_ms, idle_exit_ms(agent));
}
