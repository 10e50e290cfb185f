/*
 * story: one simulated history, and the coordinator in it: the real core with rows that outlive its
 * deaths.
 */
#ifndef TESTS_SIM_STORY_H
#define TESTS_SIM_STORY_H

#include "core/world.h"
#include "machine.h"

/* The coordinator: the core with its rows, and what it knows of the machines. */
struct center {
    struct world world;
    bool up;
    int64_t back_ms;
    int32_t id[NETWORK_MACHINES]; /* of each machine's worker; 0 never seen */
    uint32_t greeter;             /* the machine whose HELLO is being taken */
    char boot[NETWORK_MACHINES][WIRE_ID_HEX + 1];
    struct world_rows before; /* the rows as they were before the step that is cut short */
};

struct story {
    struct rng rng;
    struct network network;
    struct machine machines[NETWORK_MACHINES];
    struct center center;
    int64_t now_ms;
    int64_t asked_ms; /* when the search answers next; 0 it is not asked */
    bool calm;
    uint64_t events, crashes, cuts, machine_crashes;
};

/* The one that is being told. */
extern struct story story;

/* story_draw: uniform below the bound, from the story's own stream. */
uint32_t story_draw(uint32_t bound);

/* center_step: one step of the core, written and sent; or, in a storm, cut short before it was
 * written, or before it was sent. */
void center_step(struct event *event);

/* center_crash, center_start: kill -9, and another coordinator on the same rows. */
void center_crash(void);
void center_start(void);

/* center_hear: a frame of a machine has arrived. */
void center_hear(const struct frame *frame);

#endif
