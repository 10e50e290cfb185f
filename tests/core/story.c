#include "core/story.h"

#include "support/support.h"

#include <stdio.h>

struct world world;
char trace[WORLD_TRACE_BYTES];

struct wire_attempt attempt(int32_t trial, int32_t number)
{
    return (struct wire_attempt){.experiment = 1, .trial = trial, .number = number};
}

void note(const char *text)
{
    world.trace_bytes += (size_t)snprintf(trace + world.trace_bytes,
                                          WORLD_TRACE_BYTES - world.trace_bytes, "# %s\n", text);
}

/* A worker joins with its slots free. */
void join(uint32_t worker, int32_t slots)
{
    world_hello(&world, worker, slots);
    world_ready(&world, worker, slots);
}

void answer_all(void)
{
    while (world.ask_count > 0) {
        world_answer(&world, TIDE_OK);
    }
}

void complete(uint32_t worker, int32_t trial, int32_t number, double value)
{
    world_result(&world, worker, attempt(trial, number), OUTCOME_COMPLETED, CAUSE_NONE, value);
}

void fail_attempt(uint32_t worker, int32_t trial, int32_t number, enum wire_cause cause)
{
    world_result(&world, worker, attempt(trial, number), OUTCOME_FAILED, cause, 0);
}

void leave(uint32_t worker, int32_t trial, int32_t number)
{
    world_result(&world, worker, attempt(trial, number), OUTCOME_LEFT, CAUSE_NOTICE, 0);
}

void begin_as(const struct experiment_config *config, int32_t slots)
{
    world_submit(&world, config);
    join(0, slots);
    answer_all();
}
