/*
 * limits: a limit on everything the core holds, and how the limits relate.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include <tidemill/wire.h>

enum {
    EXPERIMENTS_MAX = 1000, /* unfinished and finished, in one store */
    TRIALS_MAX = 2000000,   /* over all experiments */
    WORKERS_MAX = 200000,   /* ever seen; names are kept */
    OBJECTIVES_MAX = 4,     /* of one experiment */
    OUTCOMES_MAX = 8,       /* outcome constraints of one experiment */
    PREFETCH_MAX = 256,     /* suggestions of one experiment that wait for a slot */
    RUNGS_MAX = 24,         /* steps at which early stopping looks at a trial */
    MEDIAN_OTHERS_MIN = 5,  /* fewer trials have no median that would say anything */
    LOST_MAX = 8, /* lost attempts of a trial whose late result is still welcome: the newest ones */
    REQUIREMENT_KEYS_MAX = 8,   /* label keys of `resources.labels` */
    REQUIREMENT_VALUES_MAX = 8, /* alternatives of one key */
    QUARANTINE_FAILURES = 3,    /* in a row, each within SHORT_ATTEMPT_MS, and well elsewhere */
    AVOID_MAX = 4,              /* workers a trial avoids: the newest ones */
    GATE_AHEAD_MAX = 64,        /* stretches in which a gate will be open, told at once */
    POOLS_MAX = 32,             /* pools of workers, as the policy can weigh them */
    HORIZON_STEPS_MAX = 256,    /* price steps of a pool that are known at once */
    DURATION_CLASSES = 168,     /* of how long trials took, four to a doubling */
    POOL_STEPS_MAX = 512, /* those, and what held while attempts that still run were running */
    /* What one step may produce. Work beyond it waits for the next step, which core_deadline then
       asks for at once. */
    STEP_DISPATCH_MAX = 64,    /* attempts offered by one step */
    STEP_SWEEP_MAX = 64,       /* trials moved by one step of a sweep (cancel, pause, load) */
    STEP_KEEP_MAX = 512,       /* idle workers booked when their experiment pauses or goes on */
    STEP_ENTRIES_SPARE = 2048, /* of the ledger: for stretches of one price */
    STEP_ENTRIES_MAX = 8192,   /* beyond these prices are not told apart any more */
    STEP_RECORDS_MAX = 4096 + STEP_ENTRIES_MAX,
    STEP_MESSAGES_MAX = 512,
    STEP_EFFECTS_MAX = 1024,
    STEP_TRACES_MAX = 2048
};

/* Every trial a step touches may write itself, its attempt, its suggestion, a checkpoint, its
 * experiment and its worker, and book three kinds of time. */
_Static_assert(STEP_RECORDS_MAX - STEP_ENTRIES_MAX >=
                   6 * (STEP_DISPATCH_MAX + STEP_SWEEP_MAX + WIRE_SLOTS_MAX) + STEP_KEEP_MAX +
                       HORIZON_STEPS_MAX + POOL_STEPS_MAX + POOLS_MAX,
               "records of one step");
_Static_assert(STEP_ENTRIES_SPARE >=
                   3 * (STEP_DISPATCH_MAX + STEP_SWEEP_MAX + WIRE_SLOTS_MAX) + STEP_KEEP_MAX,
               "entries of one step");
_Static_assert(STEP_MESSAGES_MAX >= STEP_DISPATCH_MAX + STEP_SWEEP_MAX + WIRE_SLOTS_MAX,
               "messages of one step");
_Static_assert(STEP_TRACES_MAX >= 4 * (STEP_DISPATCH_MAX + STEP_SWEEP_MAX) + RUNGS_MAX,
               "traces of one step");
_Static_assert(STEP_EFFECTS_MAX >= PREFETCH_MAX + 2 * STEP_SWEEP_MAX, "effects of one step");

/* Times, in milliseconds of CLOCK_BOOTTIME. RELIABILITY: rates of two clocks may differ by 2 %. */
enum {
    LEASE_MS = 120000,
    LEASE_SLACK_MS = 2000, /* beside lease/50 */
    RENEWALS_PER_LEASE = 4,
    BACKOFF_MIN_MS = 1000,
    BACKOFF_MAX_MS = 300000,
    QUARANTINE_MS = 300000, /* without work, for a worker on which alone attempts fail at once */
    SHORT_ATTEMPT_MS =
        10000 /* leaving of its own accord sooner, without a checkpoint, is no progress */
};

#endif
