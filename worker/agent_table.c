#include "worker/agent_table.h"

#include "base/assert.h"

bool trial_same(struct wire_attempt a, struct wire_attempt b)
{
    return a.experiment == b.experiment && a.trial == b.trial;
}

bool attempt_same(struct wire_attempt a, struct wire_attempt b)
{
    return trial_same(a, b) && a.number == b.number;
}

struct agent_slot *slot_find(struct agent *agent, struct wire_attempt attempt)
{
    for (int32_t i = 0; i < agent->config.slots; i++) {
        struct agent_slot *slot = &agent->slots[i];
        if (slot->used && !slot->foreign && attempt_same(slot->attempt, attempt)) {
            return slot;
        }
    }
    return NULL;
}

struct agent_slot *slot_of_trial(struct agent *agent, struct wire_attempt attempt)
{
    for (int32_t i = 0; i < agent->config.slots; i++) {
        struct agent_slot *slot = &agent->slots[i];
        if (slot->used && trial_same(slot->attempt, attempt)) {
            return slot;
        }
    }
    return NULL;
}

struct agent_slot *slot_take(struct agent *agent)
{
    int32_t i = 0;

    while (i < agent->config.slots && agent->slots[i].used) {
        i++;
    }
    ASSERT(i < agent->config.slots);
    agent->slots[i] = (struct agent_slot){.used = true};
    return &agent->slots[i];
}

int32_t slots_used(const struct agent *agent)
{
    int32_t count = 0;

    for (int32_t i = 0; i < agent->config.slots; i++) {
        count += agent->slots[i].used && !agent->slots[i].stuck ? 1 : 0;
    }
    return count;
}

/* A worker takes no work whose result it could not list in one HELLO. */
int32_t slots_free(const struct agent *agent)
{
    int32_t slots = 0;
    int32_t owed = (int32_t)agent->owed_count;

    for (int32_t i = 0; i < agent->config.slots; i++) {
        slots += agent->slots[i].used ? 0 : 1;
        owed += agent->slots[i].used ? 1 : 0;
    }
    const int32_t room = owed < WIRE_OUTBOX_MAX ? WIRE_OUTBOX_MAX - owed : 0;
    return agent->draining ? 0 : (slots < room ? slots : room);
}

struct agent_owed *owed_find(struct agent *agent, struct wire_attempt attempt)
{
    for (size_t i = 0; i < agent->owed_count; i++) {
        if (attempt_same(agent->owed[i].attempt, attempt)) {
            return &agent->owed[i];
        }
    }
    return NULL;
}

struct agent_owed *owed_need(struct agent *agent, struct wire_attempt attempt)
{
    struct agent_owed *owed = owed_find(agent, attempt);

    if (owed == NULL) {
        ASSERT(agent->owed_count < AGENT_OWED_MAX);
        owed = &agent->owed[agent->owed_count++];
        *owed = (struct agent_owed){.attempt = attempt};
        owed_due(agent, owed);
    }
    return owed;
}

void owed_due(const struct agent *agent, struct agent_owed *owed)
{
    owed->wait_ms = AGENT_RESEND_MIN_MS;
    owed->next_ms = agent->now_ms;
}

void owed_drop(struct agent *agent, struct agent_owed *owed)
{
    *owed = agent->owed[--agent->owed_count];
}

static struct wire_attempt *seen_find(struct agent *agent, struct wire_attempt attempt)
{
    for (size_t i = 0; i < agent->seen_count; i++) {
        if (trial_same(agent->seen[i], attempt)) {
            return &agent->seen[i];
        }
    }
    return NULL;
}

int32_t seen_highest(const struct agent *agent, struct wire_attempt attempt)
{
    for (size_t i = 0; i < agent->seen_count; i++) {
        if (trial_same(agent->seen[i], attempt)) {
            return agent->seen[i].number;
        }
    }
    return 0;
}

void seen_put(struct agent *agent, struct wire_attempt attempt)
{
    struct wire_attempt *seen = seen_find(agent, attempt);

    if (seen != NULL) {
        seen->number = attempt.number > seen->number ? attempt.number : seen->number;
        return;
    }
    agent->seen[agent->seen_next] = attempt;
    agent->seen_next = (agent->seen_next + 1) % AGENT_SEEN_MAX;
    agent->seen_count += agent->seen_count < AGENT_SEEN_MAX ? 1 : 0;
}
