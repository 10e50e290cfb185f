/*
 * process: the trials that a machine runs; and what machine.c lends to it.
 */
#ifndef TESTS_SIM_PROCESS_H
#define TESTS_SIM_PROCESS_H

#include "machine.h"

/* process_start: the attempt of an ASSIGN runs in a free slot. */
void process_start(struct machine *machine, const struct wire_assign *assign);

/* process_leave: it is told to go. */
void process_leave(struct machine *machine, const struct agent_action *stop);

/* process_turn: what it does next: a step, a checkpoint, its end. */
void process_turn(struct machine *machine, struct process *process);

/* machine_sees: one event for the agent, and what it wants done. machine_send: completes a message
 * and sends it. machine_true_ms: when its own clock will say so. */
void machine_sees(struct machine *machine, struct agent_event *event);
void machine_send(struct machine *machine, struct wire_message *message);
int64_t machine_true_ms(const struct machine *machine, int64_t own_ms);

bool attempt_equal(struct wire_attempt a, struct wire_attempt b);

#endif
