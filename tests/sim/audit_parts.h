/*
 * audit_parts: what the auditor's own sources share. Nobody else includes this.
 */
#ifndef TESTS_SIM_AUDIT_PARTS_H
#define TESTS_SIM_AUDIT_PARTS_H

#include "story.h"

struct audit_trial *audit_trial_of(int32_t experiment, int32_t trial);

/* audit_find: NULL when nothing was seen of it. audit_need: begins where nothing was. */
struct witness *audit_find(struct wire_attempt attempt);
struct witness *audit_need(struct wire_attempt attempt);

bool audit_is_live(enum attempt_state state);
bool audit_is_running(const struct witness *witness);

/* audit_rooms_open: a coordinator has begun on the rows as they are, and no machine has told it of
 * a free slot. */
void audit_rooms_open(uint32_t center);

/* audit_resumed: an attempt begins from this checkpoint: I8. audit_pointer: the trial's row is
 * about to become this one: R8. */
void audit_resumed(const struct wire_assign *assign);
void audit_pointer(struct audit_trial *trial, const struct trial_row *row);

#endif
