/*
 * record: the rows that hold every decision of the core, as values. A record is the whole new image
 * of its row: the store writes it as it stands, and core_load reads it back into the same state.
 * Texts (spec, parameters, messages) live in the store; a record names a text of the present turn
 * by its handle.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "core/ledger.h"
#include "core/limits.h"
#include "core/policy.h"

/* text handle: 1 + index of a text the shell holds for this turn; 0 leaves the column as it is. */

#define EXPERIMENT_STATE_LIST(X)                                                                   \
    X(EXPERIMENT_QUEUED, "queued") /* no worker has begun on it */                                 \
    X(EXPERIMENT_RUNNING, "running")                                                               \
    X(EXPERIMENT_WAITING, "waiting") /* `wait` says for what */                                    \
    X(EXPERIMENT_PAUSED, "paused")                                                                 \
    X(EXPERIMENT_STOPPING, "stopping") /* no new trials, the running ones finish */                \
    X(EXPERIMENT_COMPLETED, "completed")                                                           \
    X(EXPERIMENT_STOPPED, "stopped")                                                               \
    X(EXPERIMENT_CANCELLED, "cancelled")                                                           \
    X(EXPERIMENT_FAILED, "failed")

enum experiment_state {
#define X(name, text) name,
    EXPERIMENT_STATE_LIST(X)
#undef X
};

/* Why an experiment waits, is paused or has ended. */
#define EXPERIMENT_REASON_LIST(X)                                                                  \
    X(WHY_NONE, "")                                                                                \
    X(WHY_NO_WORKER, "no worker is connected that may take its trials")                            \
    X(WHY_SUGGESTION, "the next suggestion is being computed")                                     \
    X(WHY_BACKOFF, "every open trial waits to be tried again")                                     \
    X(WHY_OTHERS, "every matching slot is taken by other experiments")                             \
    X(WHY_WINDOW, "no window is open")                                                             \
    X(WHY_PRICE, "the price is above max_price")                                                   \
    X(WHY_NO_PRICE, "no price is known, and max_price has to be kept")                             \
    X(WHY_PLAN, "cheaper hours will do before the deadline")                                       \
    X(WHY_UNPRICED, "the price of its workers is not known, and budget.cost has to be kept")       \
    X(WHY_OPERATOR, "an operator said so")                                                         \
    X(WHY_BUDGET, "the budget is used up")                                                         \
    X(WHY_TRIALS, "every trial of the budget has ended")                                           \
    X(WHY_TARGET, "the target was reached")                                                        \
    X(WHY_FAILURES, "too many trials failed")                                                      \
    X(WHY_EXHAUSTED, "every point of the space was tried")                                         \
    X(WHY_IMPROVEMENT, "no improvement worth another trial is to be expected")                     \
    X(WHY_SEARCH, "the search cannot go on")

enum experiment_reason {
#define X(name, text) name,
    EXPERIMENT_REASON_LIST(X)
#undef X
};

#define TRIAL_STATE_LIST(X)                                                                        \
    X(TRIAL_QUEUED, "queued")                                                                      \
    X(TRIAL_RUNNING, "running")                                                                    \
    X(TRIAL_PAUSED, "paused")                                                                      \
    X(TRIAL_COMPLETED, "completed")                                                                \
    X(TRIAL_FAILED, "failed")                                                                      \
    X(TRIAL_BURIED, "buried")                                                                      \
    X(TRIAL_INFEASIBLE, "infeasible")                                                              \
    X(TRIAL_PRUNED, "pruned")                                                                      \
    X(TRIAL_CANCELLED, "cancelled")

enum trial_state {
#define X(name, text) name,
    TRIAL_STATE_LIST(X)
#undef X
};

/* Why a trial is where it is. */
#define TRIAL_REASON_LIST(X)                                                                       \
    X(TRIAL_REASON_NONE, "none")                                                                   \
    X(TRIAL_REASON_PREEMPTED, "preempted")                                                         \
    X(TRIAL_REASON_WINDOW, "window")                                                               \
    X(TRIAL_REASON_RUNG, "rung")                                                                   \
    X(TRIAL_REASON_OPERATOR, "operator")                                                           \
    X(TRIAL_REASON_BACKOFF, "backoff")                                                             \
    X(TRIAL_REASON_BUDGET, "budget")                                                               \
    X(TRIAL_REASON_RESTARTS, "restarts")       /* buried: max_restarts used up */                  \
    X(TRIAL_REASON_PREEMPTIONS, "preemptions") /* buried: max_preemptions used up */               \
    X(TRIAL_REASON_NO_RETRY, "no_retry")       /* failed in a way that trying again cannot mend */ \
    X(TRIAL_REASON_TARGET, "target")           /* cancelled: the target was reached elsewhere */   \
    X(TRIAL_REASON_ENDED, "ended")             /* cancelled or pruned with its experiment */       \
    X(TRIAL_REASON_STOPPING_RULE, "stopping_rule") /* pruned by the early-stopping rule */

enum trial_reason {
#define X(name, text) name,
    TRIAL_REASON_LIST(X)
#undef X
};

#define ATTEMPT_STATE_LIST(X)                                                                      \
    X(ATTEMPT_OFFERED, "offered")                                                                  \
    X(ATTEMPT_ACTIVE, "active")                                                                    \
    X(ATTEMPT_STOPPING, "stopping")                                                                \
    X(ATTEMPT_DONE, "done")                                                                        \
    X(ATTEMPT_PREEMPTED, "preempted") /* it left as told, or by exit 75 */                         \
    X(ATTEMPT_LOST, "lost")           /* its lease ran out */                                      \
    X(ATTEMPT_REVOKED, "revoked")     /* superseded or cancelled */                                \
    X(ATTEMPT_REFUSED, "refused")                                                                  \
    X(ATTEMPT_FAILED, "failed")

enum attempt_state {
#define X(name, text) name,
    ATTEMPT_STATE_LIST(X)
#undef X
};

#define SUGGESTION_STATE_LIST(X)                                                                   \
    X(SUGGESTION_READY, "ready") /* waits for a slot */                                            \
    X(SUGGESTION_USED, "used")   /* it is a trial */                                               \
    X(SUGGESTION_STALE, "stale") /* replaced before it was used */

enum suggestion_state {
#define X(name, text) name,
    SUGGESTION_STATE_LIST(X)
#undef X
};

struct experiment_row {
    int32_t id;
    enum experiment_state state;
    enum experiment_reason reason;
    int64_t created_ms, started_ms, ended_ms; /* UTC; 0 not yet */
    int64_t told_count;                       /* ends told to the optimizer so far */
    int64_t compute_ms;                       /* slot-time inside ended attempts */
    int64_t cost_micro;                       /* entries of the ledger that are for it */
    uint32_t name_text, spec_text;            /* only in the first record */
    uint32_t workdir_text;                    /* the same: where its commands start */
    uint32_t sources_text;                    /* the same: what its search began with */
};

struct checkpoint_pointer {
    int32_t attempt; /* 0 none */
    int32_t seq;
    int64_t step;
};

struct trial_row {
    int32_t experiment, number;
    enum trial_state state;
    enum trial_reason reason;
    int32_t suggestion;  /* the ask it comes from */
    int32_t attempts;    /* highest attempt number used */
    int32_t restarts;    /* failures of the program that were tried again */
    int32_t preemptions; /* machines lost or left */
    int64_t step;        /* last reported; -1 none */
    int32_t value_count; /* objectives then outcome constraints; 0 no result */
    double values[OBJECTIVES_MAX + OUTCOMES_MAX];
    int32_t settled; /* attempts up to this number have had their say: a rung was reached since */
    int32_t rung; /* rungs reached; under halving its next attempt runs to the step of this one */
    double rung_values[RUNGS_MAX];            /* the ranked objective at each of those */
    double median;                            /* what the last of them was worse than; NaN none */
    struct checkpoint_pointer checkpoint;     /* the newest durable one */
    int64_t saved_ms;                         /* UTC: when the newest one was recorded; 0 none */
    int64_t created_ms, started_ms, ended_ms; /* UTC; 0 not yet */
    int64_t useful_ms, lost_ms, cost_micro;   /* sums over its ended attempts */
    int64_t told; /* the how-manieth end told to the optimizer, from 1; 0 not told */
};

struct attempt_row {
    int32_t experiment, trial, number;
    enum attempt_state state;
    int32_t worker;
    enum wire_reason leave; /* why it was told to leave */
    enum wire_outcome outcome;
    enum wire_cause cause;
    int32_t exit_code, signal;
    int64_t from_step;                        /* of the checkpoint it began from; 0 the beginning */
    int64_t last_step;                        /* -1 none */
    int64_t offered_ms, started_ms, ended_ms; /* UTC; 0 not yet */
    int64_t duration_ms;                      /* by CLOCK_BOOTTIME: from acceptance to the end */
    int64_t useful_ms, lost_ms;               /* duration split at the last durable checkpoint */
    int64_t checkpoint_ms;                    /* of it, from the notice to that checkpoint */
    int64_t booked_ms;                        /* UTC: its time before this is in the ledger */
    int64_t cost_micro;
    int64_t incarnation; /* of the coordinator that offered it */
    bool late;           /* its result came after it had been given up */
    uint32_t message_text;
};

struct suggestion_row {
    int32_t experiment, number;
    enum suggestion_state state;
    int32_t trial;        /* -1 none */
    int64_t told_count;   /* the ends the optimizer had been told when it was asked */
    int64_t stale_at;     /* the number of asks made when it was dropped; 0 never */
    uint32_t params_text; /* JSON object */
    uint32_t origin_text; /* JSON object: phase, acquisition, fit */
};

/* What the machines of a pool are. */
#define POOL_KIND_LIST(X)                                                                          \
    X(POOL_OWN, "own")             /* they stay */                                                 \
    X(POOL_SPOT, "spot")           /* they come and go */                                          \
    X(POOL_ON_DEMAND, "on_demand") /* they can be had at any time, and stay */

enum pool_kind {
#define X(name, text) name,
    POOL_KIND_LIST(X)
#undef X
};

/* What is known of a pool's price now. */
#define PRICE_TRUST_LIST(X)                                                                        \
    X(PRICE_UNKNOWN, "missing") /* it counts as 0, and no budget of money admits a trial there */  \
    X(PRICE_KNOWN, "known")                                                                        \
    X(PRICE_TRUSTED, "held")  /* the last one that was known, not for too long yet */              \
    X(PRICE_TOO_OLD, "stale") /* the same, for too long: as missing, but it goes on counting */

enum price_trust {
#define X(name, text) name,
    PRICE_TRUST_LIST(X)
#undef X
};

struct pool_row {
    int32_t id; /* from 1; the shell's */
    enum pool_kind kind;
    enum price_trust trust;
    int32_t slots;       /* of a worker that is launched */
    int32_t workers_max; /* 0 no limit */
    int32_t machines;    /* launched and not yet terminated; of a pool without `launch` 0 */
    int32_t wanted;      /* workers the experiments want of it now */
    int32_t power_watt;  /* 0: prices are per worker-hour; else per kWh of such a worker */
    int32_t currency;    /* its three letters: 65536 x the first + 256 x the second + the third */
    bool launches;       /* has a `launch` hook: what is missing can be had */
    int64_t startup_ms;
    uint32_t name_text;
};

/* A machine that the shell launched, or found up in a pool that launches; the shell's own row. */
#define MACHINE_STATE_LIST(X)                                                                      \
    X(MACHINE_ASKED, "asked") /* for by a launch whose answer is not known */                      \
    X(MACHINE_UP, "up")       /* has its id; it may still be starting */                           \
    X(MACHINE_ENDING, "ending")                                                                    \
    X(MACHINE_GONE, "gone")

enum machine_state {
#define X(name, text) name,
    MACHINE_STATE_LIST(X)
#undef X
};

struct machine_row {
    int32_t pool, number; /* from 1 within the pool */
    enum machine_state state;
    int64_t launched_ms, ended_ms; /* UTC; 0 not yet */
    uint32_t name_text;            /* its id, as `launch` printed it */
};

/* What went wrong last with the commands and files of a pool; the shell's own row. */
struct trouble_row {
    int32_t pool;
    uint32_t price_text, launch_text, terminate_text; /* "" is none */
};

/* What a spot pool has shown so far; a row appears with the first minute that was seen. */
struct availability_row {
    int32_t pool;
    struct policy_history history;
};

/* A price of a pool, from then until the next. */
struct price_row {
    int32_t pool;
    int64_t start_ms; /* UTC */
    int64_t price_micro;
    enum price_trust trust; /* when it was heard of */
};

/* One stretch of time of one kind at one price: money is sums of these. */
struct entry_row {
    int64_t id; /* from 1, in the order of booking */
    enum ledger_kind kind;
    int32_t experiment; /* 0: nobody's */
    int32_t trial;      /* -1: none */
    int32_t attempt;    /* 0: none */
    int32_t worker, pool;
    int32_t slots; /* so many alike, each rounded by itself */
    int64_t from_ms, to_ms;
    int64_t price_micro; /* of the worker-hour or the kWh */
    int64_t cost_micro;  /* of all its slots */
};

struct worker_row {
    int32_t id;
    int32_t pool; /* 0 none that the configuration names */
    bool connected;
    bool draining;
    int32_t slots;
    int32_t cpus_milli, gpus;
    int64_t memory_bytes;
    int64_t first_seen_ms, last_seen_ms; /* UTC */
    int64_t booked_ms; /* UTC: its idle time before this is in the ledger; 0: it is not up */
    uint32_t name_text, boot_text, host_text, pool_text, labels_text, software_text;
};

struct checkpoint_row {
    int32_t experiment, trial, attempt, seq;
    int64_t step;
    int64_t bytes;
    int64_t created_ms;
    int32_t spoiled_by; /* the attempt that could not load it; 0 none */
    uint32_t hash_text, location_text;
};

struct metric_row {
    int32_t experiment, trial, attempt;
    int64_t step;
    double value;
    int64_t reported_ms;
    uint32_t name_text;
};

/* One readable line of the log: an input or a decision with its reason. */
#define TRACE_LIST(X)                                                                              \
    X(TRACE_SUBMITTED, "submitted")                                                                \
    X(TRACE_EXPERIMENT, "experiment")  /* a = state, b = reason */                                 \
    X(TRACE_SUGGESTED, "suggested")    /* a = ask */                                               \
    X(TRACE_STALE, "suggestion_stale") /* a = ask */                                               \
    X(TRACE_OFFERED, "offered")        /* a = from step */                                         \
    X(TRACE_ACCEPTED, "accepted")                                                                  \
    X(TRACE_REFUSED, "refused")       /* a = wire_refusal */                                       \
    X(TRACE_CHECKPOINT, "checkpoint") /* a = seq, b = step */                                      \
    X(TRACE_STOP, "told_to_leave")    /* a = wire_reason */                                        \
    X(TRACE_ENDED, "attempt_ended")   /* a = attempt_state, b = wire_cause */                      \
    X(TRACE_LOST, "lease_expired")                                                                 \
    X(TRACE_LATE, "late_result")                                                                   \
    X(TRACE_SUPERSEDED, "superseded")                                                              \
    X(TRACE_TRIAL, "trial")       /* a = trial_state, b = trial_reason */                          \
    X(TRACE_RUNG, "rung")         /* a = rung reached, from 1; b = its step */                     \
    X(TRACE_PROMOTED, "promoted") /* a = rung it goes on from; b = the step it runs to */          \
    X(TRACE_BACKOFF, "backoff")   /* a = milliseconds */                                           \
    X(TRACE_WORKER_JOINED, "worker_joined") /* a = slots */                                        \
    X(TRACE_WORKER_LEFT, "worker_left")                                                            \
    X(TRACE_QUARANTINED, "worker_quarantined")  /* a = failures in a row; 0 it is over */          \
    X(TRACE_WORKER_DRAINING, "worker_draining") /* a = milliseconds it has left */                 \
    X(TRACE_GATE, "gate")                       /* a = 1 shut, b = experiment_reason */            \
    X(TRACE_PRICE, "price")                     /* a = pool, b = millionths */                     \
    X(TRACE_POOL, "pool")                       /* a = pool, b = workers wanted of it */           \
    X(TRACE_HELD, "dispatch")                   /* a = 1 held, 0 goes on */                        \
    X(TRACE_PLAN, "plan")         /* a = slots wanted, b = millionths an hour of work is worth */  \
    X(TRACE_MOVED, "moved")       /* a = what its slot-hour costs, b = what it costs elsewhere */  \
    X(TRACE_DEADLINE, "deadline") /* a = 1 it cannot be kept, b = milliseconds to spare */         \
    X(TRACE_COMMAND, "command")   /* a = enum command_verb */                                      \
    X(TRACE_STARTED, "coordinator_started") /* a = incarnation */

enum trace_kind {
#define X(name, text) name,
    TRACE_LIST(X)
#undef X
};

struct trace {
    enum trace_kind kind;
    int64_t wall_ms;
    int32_t experiment; /* 0 none */
    int32_t trial;      /* -1 none */
    int32_t attempt;    /* 0 none */
    int32_t worker;     /* 0 none */
    int64_t a, b;
};

enum record_kind {
    RECORD_EXPERIMENT,
    RECORD_TRIAL,
    RECORD_ATTEMPT,
    RECORD_LATE, /* `attempt`, of which only state and what its late RESULT said are meant; the rest
                    of its row stays */
    RECORD_SUGGESTION,
    RECORD_WORKER,
    RECORD_CHECKPOINT,
    RECORD_SPOILED, /* `checkpoint`, of which only the name and spoiled_by are meant */
    RECORD_METRIC,
    RECORD_POOL,
    RECORD_PRICE,
    RECORD_ENTRY, /* never changes */
    RECORD_MACHINE,
    RECORD_TROUBLE,
    RECORD_AVAILABILITY
};

struct record {
    enum record_kind kind;
    union {
        struct experiment_row experiment;
        struct trial_row trial;
        struct attempt_row attempt;
        struct suggestion_row suggestion;
        struct worker_row worker;
        struct checkpoint_row checkpoint;
        struct metric_row metric;
        struct pool_row pool;
        struct price_row price;
        struct entry_row entry;
        struct machine_row machine;
        struct trouble_row trouble;
        struct availability_row availability;
    };
};

/* The words of the enums, as columns hold them, and back: false when there is no such word. */
const char *experiment_state_text(enum experiment_state state);
const char *experiment_reason_text(enum experiment_reason reason);
const char *trial_state_text(enum trial_state state);
const char *trial_reason_text(enum trial_reason reason);
const char *attempt_state_text(enum attempt_state state);
const char *suggestion_state_text(enum suggestion_state state);
const char *pool_kind_text(enum pool_kind kind);
const char *price_trust_text(enum price_trust trust);
const char *machine_state_text(enum machine_state state);
const char *trace_kind_text(enum trace_kind kind);
bool experiment_state_parse(const char *text, enum experiment_state *state);
bool trial_state_parse(const char *text, enum trial_state *state);
bool trial_reason_parse(const char *text, enum trial_reason *reason);
bool attempt_state_parse(const char *text, enum attempt_state *state);
bool suggestion_state_parse(const char *text, enum suggestion_state *state);
bool experiment_reason_parse(const char *text, enum experiment_reason *reason);

/*
 * trace_print: the line as `attempt_ended 7.12 attempt 3 worker 2: preempted, notice`; returns the
 * length it needed, as snprintf.
 */
int trace_print(const struct trace *trace, char *text, size_t bytes);

#endif
