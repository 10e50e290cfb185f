/*
 * story: what the stories of test_traces are told with: one world, the trace it leaves, and events
 * in short. Attempts are those of experiment 1.
 */
#ifndef TESTS_CORE_STORY_H
#define TESTS_CORE_STORY_H

#include "core/world.h"

extern struct world world;
extern char trace[WORLD_TRACE_BYTES];

struct wire_attempt attempt(int32_t trial, int32_t number);

/* note: a line of the teller's own in the trace. */
void note(const char *text);

/* join: a worker joins with its slots free. answer_all: every ask is answered. */
void join(uint32_t worker, int32_t slots);
void answer_all(void);

/* complete, fail_attempt, leave: how an attempt ends. */
void complete(uint32_t worker, int32_t trial, int32_t number, double value);
void fail_attempt(uint32_t worker, int32_t trial, int32_t number, enum wire_cause cause);
void leave(uint32_t worker, int32_t trial, int32_t number);

/* begin_as: an experiment, a worker for it, and its first suggestions. */
void begin_as(const struct experiment_config *config, int32_t slots);

/* money_stories.c */
void story_ledger(void);
void story_budget_cost(void);
void story_plan(void);
void story_forecast(void);
void story_guess(void);
void story_pace(void);
void story_launch(void);
void story_moved(void);
void story_not_moved(void);
void story_not_moved_from_start(void);
void story_late(void);
void story_burst(void);

#endif
