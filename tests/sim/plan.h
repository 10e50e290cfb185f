/*
 * plan: what the seed of a history decides before it begins: the world, how often what goes wrong,
 * and every fault with its moment. Each fault has a stream of its own, so that leaving one out
 * changes none of the others.
 */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include "core/core.h"

enum {
    PLAN_MACHINES_MAX = 51,
    PLAN_EXPERIMENTS_MAX = 2,
    PLAN_FAULTS_MAX = 512,
    PLAN_CENTERS = 2,           /* coordinators, of which one should run */
    PLAN_STORM_MS = 3600 * 1000 /* faults for an hour */
};

/* X(name, word): what happens once, at a moment. */
#define PLAN_FAULT_LIST(X)                                                                         \
    X(FAULT_CUT, "link_cut")                                                                       \
    X(FAULT_CUT_UP, "link_cut_up")                                                                 \
    X(FAULT_CUT_DOWN, "link_cut_down")                                                             \
    X(FAULT_RESET, "connection_reset")                                                             \
    X(FAULT_EDGE, "result_at_lease_edge")                                                          \
    X(FAULT_LATE, "answers_late")                                                                  \
    X(FAULT_MACHINE_CRASH, "machine_crash")                                                        \
    X(FAULT_MACHINE_WIPE, "machine_disk_lost")                                                     \
    X(FAULT_MACHINE_PAUSE, "machine_paused")                                                       \
    X(FAULT_NOTICE, "notice")                                                                      \
    X(FAULT_DEATH, "coordinator_killed")                                                           \
    X(FAULT_POWER, "power_cut")                                                                    \
    X(FAULT_STALL, "fsync_stall")                                                                  \
    X(FAULT_FREEZE, "coordinator_paused")                                                          \
    X(FAULT_SHELL, "store_busy")                                                                   \
    X(FAULT_FULL, "disk_full")                                                                     \
    X(FAULT_BROKEN, "io_error")                                                                    \
    X(FAULT_SECOND, "second_coordinator")                                                          \
    X(FAULT_WALL, "wall_clock_jump")                                                               \
    X(FAULT_OPERATOR, "operator")

enum fault_kind {
#define X(name, word) name,
    PLAN_FAULT_LIST(X)
#undef X
        FAULT_COUNT
};

struct fault {
    enum fault_kind kind;
    int64_t at_ms;
    uint32_t machine;
    int64_t span_ms;
    uint32_t draw; /* below 2^20, for what else the fault needs */
};

/* X(name, word): what goes wrong all the time, a little; `sim --without word` leaves it out. */
#define PLAN_WEAR_LIST(X)                                                                          \
    X(WEAR_DROP, "drop")         /* of 1,000 messages */                                           \
    X(WEAR_TWICE, "twice")       /* of 1,000 messages */                                           \
    X(WEAR_DEATH, "death")       /* of 10,000 turns: before, after the commit, amid sending */     \
    X(WEAR_FAIL, "fail")         /* of 100 attempts */                                             \
    X(WEAR_SPOIL, "spoil")       /* of 100 checkpoints: corrupt, or gone when they are wanted */   \
    X(WEAR_ABRUPT, "abrupt")     /* of 100 attempts told to leave: they save nothing */            \
    X(WEAR_OBSTACLE, "obstacle") /* of 100 ASSIGNs: the machine's disk is full */                  \
    X(WEAR_VILLAIN, "villain")   /* messages an hour of one machine that lies */

enum wear {
#define X(name, word) name,
    PLAN_WEAR_LIST(X)
#undef X
        WEAR_COUNT
};

/* When an experiment's gate stands open: `open_ms`, then `shut_ms`, from `start_ms` on, again and
 * again. */
struct plan_gate {
    bool gated;
    int64_t start_ms, open_ms, shut_ms;
};

struct plan {
    uint64_t seed;
    bool large;                     /* 50 machines, 500 trials */
    bool priced;                    /* the machines are a pool, and it has prices */
    bool real;                      /* the store is SQLite, on a disk whose power can be cut */
    uint32_t machines, experiments; /* with a villain, it is the last machine */
    bool villain;
    int32_t trials; /* of each experiment */
    uint32_t wear[WEAR_COUNT];
    int64_t delay_max_ms; /* of a message */
    int64_t step_max_ms;  /* of a step of a trial; where it is long, trials outlive a lease */
    struct experiment_config config[PLAN_EXPERIMENTS_MAX];
    bool stop_on_lease_loss[PLAN_EXPERIMENTS_MAX];
    struct plan_gate gate[PLAN_EXPERIMENTS_MAX];
    struct fault faults[PLAN_FAULTS_MAX];
    uint32_t fault_count;
};

/* What a shrunk history leaves out. */
struct plan_cut {
    bool left_out[PLAN_FAULTS_MAX];
    bool without[WEAR_COUNT];
};

/* plan_make: the plan of a seed, less what is cut. */
void plan_make(struct plan *plan, uint64_t seed, bool large, const struct plan_cut *cut);

/* plan_price_micro: of an hour of a machine, at a moment of the wall clock; it changes every
 * PLAN_PRICE_MS. */
enum { PLAN_PRICE_MS = 600000 };
int64_t plan_price_micro(int64_t wall_ms);

const char *fault_text(enum fault_kind kind);
const char *wear_text(enum wear wear);

#endif
