/*
 * machine: a worker's machine: the real agent, a disk that outlives it, and the trials it runs,
 * which do nothing but let steps pass.
 */
#ifndef TESTS_SIM_MACHINE_H
#define TESTS_SIM_MACHINE_H

#include "network.h"

#include "worker/agent.h"

enum {
    MACHINE_SLOTS = 2,
    MACHINE_STEPS = 6,
    MACHINE_TRIALS_MAX = 512, /* of one experiment */
    MACHINE_OUTBOX_MAX = 64
};

/* One attempt's process. */
struct process {
    bool used;
    struct wire_attempt attempt;
    int64_t step;    /* the last one done */
    int64_t target;  /* the one it runs to */
    int64_t next_ms; /* when the next is done, true time */
    int32_t seq;     /* checkpoints it has saved */
    bool leaving;    /* told to go */
    bool failing;    /* it will fail instead of finishing */
    bool lame;       /* its checkpoint cannot be loaded */
};

/* What survives a crash of the machine: its outbox and the highest attempts. */
struct disk {
    char cluster[WIRE_ID_HEX + 1];
    int64_t incarnation;
    struct wire_attempt highest[PLAN_EXPERIMENTS_MAX * MACHINE_TRIALS_MAX];
    uint32_t highest_count;
    struct wire_result results[MACHINE_OUTBOX_MAX];
    struct agent_checkpoint checkpoints[MACHINE_OUTBOX_MAX];
    uint32_t result_count;
};

struct machine {
    uint32_t index;
    bool villain; /* nothing runs here; it only talks */
    struct rng rng;
    struct agent agent;
    struct disk disk;
    struct process processes[MACHINE_SLOTS];
    char boot[WIRE_ID_HEX + 1];
    uint32_t boots;
    int64_t seq; /* of its last message */
    bool up;
    int64_t back_ms;       /* down: when it starts again, true time */
    int64_t paused_ms;     /* until when it stands still */
    int64_t now_ms;        /* true time */
    int64_t offset_ms;     /* of its clock */
    int32_t rate_permille; /* 1000 is right; 980 ... 1020 */
    bool reloads;          /* the agent has met another cluster */
    /* the highest attempt it has started of each trial, unless its disk was lost since: I7 */
    int32_t executed[PLAN_EXPERIMENTS_MAX][MACHINE_TRIALS_MAX];
};

void machine_init(struct machine *machine, uint32_t index, const struct plan *plan);

/* machine_start: the worker's process begins, on the disk as it is. */
void machine_start(struct machine *machine);

/* machine_crash: everything but the disk is gone (`wiped`: the disk as well) until `back_ms`. */
void machine_crash(struct machine *machine, int64_t back_ms, bool wiped);

/* machine_notice: the cloud says that it will be taken. */
void machine_notice(struct machine *machine);

/* machine_hear: a frame has arrived. */
void machine_hear(struct machine *machine, const struct frame *frame);

/* machine_due, machine_turn: when it wants to act, true time; acts on all that is due. */
int64_t machine_due(const struct machine *machine);
void machine_turn(struct machine *machine);

/* machine_owes: results in its outbox that nobody has answered: I10. */
uint32_t machine_owes(const struct machine *machine);

#endif
