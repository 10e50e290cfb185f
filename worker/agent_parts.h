/*
 * agent_parts: what the agent's own sources share. Nobody else includes this.
 */
#ifndef WORKER_AGENT_PARTS_H
#define WORKER_AGENT_PARTS_H

#include "worker/agent.h"

/* The attempt of actions that have none. */
extern const struct wire_attempt agent_nobody;

int64_t agent_least(int64_t a, int64_t b);

/* agent_act, agent_send: one more action at the end of the outcome, for the caller to complete. */
struct agent_action *agent_act(struct agent_outcome *outcome, enum agent_action_kind kind,
                               struct wire_attempt attempt);
struct agent_action *agent_send(struct agent_outcome *outcome, enum wire_type type,
                                struct wire_attempt attempt);

/* agent_greet: begins a session with HELLO, repeated for ever until a WELCOME. */
void agent_greet(struct agent *agent, struct agent_outcome *outcome);

/* agent_send_hello: one HELLO, and when the next is due. */
void agent_send_hello(struct agent *agent, struct agent_outcome *outcome);

/* agent_send_ready, agent_send_renew (with READY behind it), agent_send_preempt. */
void agent_send_ready(struct agent *agent, struct agent_outcome *outcome);
void agent_send_renew(struct agent *agent, struct agent_outcome *outcome);
void agent_send_preempt(const struct agent *agent, struct agent_outcome *outcome);

/* agent_send_owed: the checkpoint, or where there is none the result; and when it is due again. */
void agent_send_owed(struct agent *agent, struct agent_owed *owed, struct agent_outcome *outcome);

/* agent_send_due: whatever is owed and due. */
void agent_send_due(struct agent *agent, struct agent_outcome *outcome);

/* agent_stop: the attempt must leave. agent_stop_all: each that is not leaving yet; `at_once`:
 * each, without grace. */
void agent_stop(struct agent_slot *slot, enum wire_reason reason, int64_t grace_ms,
                int64_t deadline_ms, struct agent_outcome *outcome);
void agent_stop_all(struct agent *agent, enum wire_reason reason, bool at_once,
                    struct agent_outcome *outcome);

/* agent_drain: takes no more work, ends what runs, leaves `farewell_ms` after that at the latest.
 */
void agent_drain(struct agent *agent, enum wire_reason reason, int64_t farewell_ms,
                 struct agent_outcome *outcome);

/* agent_hear: a message of the coordinator. */
void agent_hear(struct agent *agent, const struct agent_event *event,
                struct agent_outcome *outcome);

/* agent_lease_stop_ms: when an attempt must be told to leave so that it is gone before its lease.
 */
int64_t agent_lease_stop_ms(const struct agent *agent, int64_t lease_end_ms, int64_t grace_ms);

#endif
