/*
 * agent_table: the agent's three tables: attempts in slots, what is owed, the highest attempt seen
 * of each trial. Only the agent's own sources include this.
 */
#ifndef WORKER_AGENT_TABLE_H
#define WORKER_AGENT_TABLE_H

#include "worker/agent.h"

/* attempt_same: all three numbers are equal; trial_same: all but the attempt's. */
bool attempt_same(struct wire_attempt a, struct wire_attempt b);
bool trial_same(struct wire_attempt a, struct wire_attempt b);

/* slot_find: the slot that runs the attempt for the present cluster; NULL if none does. */
struct agent_slot *slot_find(struct agent *agent, struct wire_attempt attempt);

/* slot_of_trial: a slot that runs any attempt of the trial, for whatever cluster; NULL if none. */
struct agent_slot *slot_of_trial(struct agent *agent, struct wire_attempt attempt);

/* slot_take: a free slot, cleared and used; there must be one (slots_free). */
struct agent_slot *slot_take(struct agent *agent);

/* slots_used: attempts in slots, stuck ones aside; slots_free: how many attempts may be taken. */
int32_t slots_used(const struct agent *agent);
int32_t slots_free(const struct agent *agent);

/* owed_find, owed_need (which adds it), owed_due (it is to be sent now), owed_drop. */
struct agent_owed *owed_find(struct agent *agent, struct wire_attempt attempt);
struct agent_owed *owed_need(struct agent *agent, struct wire_attempt attempt);
void owed_due(const struct agent *agent, struct agent_owed *owed);
void owed_drop(struct agent *agent, struct agent_owed *owed);

/* seen_highest: the highest attempt of the same trial, 0 none; seen_put: raises it. */
int32_t seen_highest(const struct agent *agent, struct wire_attempt attempt);
void seen_put(struct agent *agent, struct wire_attempt attempt);

#endif
