/*
 * core: the scheduler as a value machine. An event goes in with its own times; what must be
 * written, sent and done comes out.
 *
 *   core_step(core, event, outcome)   total, deterministic, bounded; no I/O, clock, globals,
 * threads or allocation core_deadline(core)               when to be called again with EVENT_TIMER
 *
 * The shell commits outcome->records in one transaction, and only then sends outcome->messages and
 * starts outcome->effects. The tables are the truth: core_load over the rows gives a core with the
 * same core_digest as the one that wrote them. The protocol's rules (R1-R11) and the moves of
 * trials and attempts are those of docs/RELIABILITY.md; core/moves.c has the table.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "core/forecast.h"
#include "core/record.h"

/* What the core needs to know of a spec; made by the shell, fixed for the experiment's life. */
struct requirement {
    int32_t cpus_milli, gpus; /* per attempt; 0 any */
    int64_t memory_bytes;
    uint32_t pools; /* fleet.pools: bit ID - 1 of each; 0 all */
    uint32_t key_count;
    uint32_t value_count[REQUIREMENT_KEYS_MAX];
    uint64_t labels[REQUIREMENT_KEYS_MAX]
                   [REQUIREMENT_VALUES_MAX]; /* digest_text("key=value"); any one of a key */
};

/* schedule.if_late: what is done when the deadline cannot be kept otherwise. */
enum late_rule { LATE_WARN, LATE_IGNORE_WINDOWS, LATE_ON_DEMAND };

struct objective_rule {
    bool maximize;
    bool has_target;
    double target; /* reached when value <= target (>= when maximize) */
};

/* A trial whose outcome is outside of these bounds, or was never seen, reaches no target. */
struct outcome_rule {
    double min, max; /* -INFINITY, INFINITY: none */
};

/* What is done about trials that do badly on the way. */
enum stopping_rule {
    STOPPING_NONE,
    STOPPING_HALVING, /* they wait at rungs, and the best go on */
    STOPPING_MEDIAN   /* they leave where they are worse than the median of the others */
};

struct experiment_config {
    int32_t trials_max;      /* budget.trials; 0 no limit */
    int32_t concurrency_max; /* search.concurrency; 0 no limit */
    int32_t failures_max;    /* budget.failures; 0 no limit */
    int64_t compute_max_ms;  /* budget.compute; 0 no limit */
    int64_t cost_max_micro;  /* budget.cost; 0 no limit */
    int64_t timeout_ms;      /* of an attempt; 0 none */
    int32_t currency;        /* as in struct pool_row; 0 the spec names no money */
    int32_t workers_max;     /* fleet.max; 0 no limit */
    int32_t on_demand_max;   /* fleet.on_demand: workers of on-demand pools */
    int64_t deadline_ms;     /* UTC; 0 none */
    enum late_rule if_late;
    int32_t restarts_max, preemptions_max;
    int64_t backoff_ms;
    int64_t grace_ms;
    bool always_from_start; /* preemption.resume: restart: no checkpoint is gone on from */
    bool finish_at_close;  /* schedule.at_close: finish: what runs when the gate shuts may run on */
    bool sequential_model; /* suggestions learn from results (bayes), so asking far ahead costs
                              quality */
    int64_t step_max;      /* fidelity.max; 0 no fidelity */
    enum stopping_rule stopping;
    uint32_t ranked;               /* the objective that early stopping looks at */
    uint32_t rung_count;           /* 0 without early stopping */
    int64_t rung_steps[RUNGS_MAX]; /* ascending; under halving the last is step_max */
    int32_t eta;                   /* halving: of the trials at a rung, one in so many goes on */
    uint32_t objective_count, outcome_count;
    struct objective_rule objectives[OBJECTIVES_MAX];
    struct outcome_rule outcomes[OUTCOMES_MAX];
    struct requirement requirement;
};

#define COMMAND_VERB_LIST(X)                                                                       \
    X(VERB_PAUSE, "pause")                                                                         \
    X(VERB_RESUME, "resume")                                                                       \
    X(VERB_STOP, "stop")                                                                           \
    X(VERB_CANCEL, "cancel")                                                                       \
    X(VERB_KICK, "kick")                                                                           \
    X(VERB_DRAIN, "drain")

enum command_verb {
#define X(name, text) name,
    COMMAND_VERB_LIST(X)
#undef X
};

enum event_kind {
    EVENT_SUBMITTED,
    EVENT_HELLO,
    EVENT_READY,
    EVENT_ACCEPT,
    EVENT_REFUSE,
    EVENT_RENEW,
    EVENT_METRIC,
    EVENT_CHECKPOINT,
    EVENT_RESULT,
    EVENT_PREEMPT,
    EVENT_BYE,
    EVENT_GONE, /* the shell knows that this worker's process has ended */
    EVENT_SUGGESTED,
    EVENT_GATE,
    EVENT_POOL,
    EVENT_PRICE,
    EVENT_MACHINES,
    EVENT_HOLD,
    EVENT_TIMER,
    EVENT_COMMAND
};

struct submitted_event {
    struct experiment_config config;
    uint32_t name_text, spec_text, workdir_text, sources_text;
};

struct hello_event {
    int64_t token;
    bool restarted; /* another boot than the one this name had before */
    int32_t slots;
    int32_t cpus_milli, gpus;
    int64_t memory_bytes;
    int32_t pool;        /* id of an EVENT_POOL told before; 0: none of that name */
    int64_t launched_ms; /* UTC: when its machine was launched; 0: it was not */
    uint32_t label_count;
    uint64_t labels[WIRE_LABELS_MAX]; /* digest_text("key=value") */
    uint32_t running_count, outbox_count;
    struct wire_running running[WIRE_SLOTS_MAX];
    struct wire_attempt outbox[WIRE_OUTBOX_MAX];
    uint32_t name_text, boot_text, host_text, pool_text, labels_text, software_text;
};

struct renew_event {
    int64_t token;
    uint32_t count;
    struct wire_running running[WIRE_SLOTS_MAX];
};

struct metric_event {
    struct wire_attempt attempt;
    int64_t step;
    double value;
    bool ranked; /* it is the objective that early stopping looks at */
    uint32_t name_text;
};

struct checkpoint_event {
    struct wire_attempt attempt;
    int32_t seq;
    int64_t step, bytes;
    uint32_t hash_text, location_text;
};

struct result_event {
    struct wire_attempt attempt;
    enum wire_outcome outcome;
    enum wire_cause cause;
    int32_t exit_code, signal;
    int64_t last_step;
    uint32_t value_count; /* objectives, then outcome constraints, in the spec's order; all of them
                             or none */
    double values[OBJECTIVES_MAX + OUTCOMES_MAX];
    struct checkpoint_pointer fallback; /* CAUSE_BAD_CHECKPOINT: of those that are kept, the newest
                                           before the trial's; attempt 0 none */
    uint32_t message_text;
};

/* An answer of the optimizer: the point (as text), or why there is none. */
struct suggested_event {
    int32_t experiment;
    int32_t number;          /* the ask */
    enum tide_status status; /* TIDE_OK, TIDE_EXHAUSTED, or a failure of the search */
    bool enough;             /* EXHAUSTED: no further point is worth its trial (the spec's stop) */
    uint32_t params_text, origin_text;
};

/* Whether an experiment's schedule lets it run: the shell knows windows and prices, and says so
 * whenever that changes and after a restart. Without a word it may run. */
struct gate_event {
    int32_t experiment;
    bool shut;                     /* from now on; what runs is told to leave */
    enum experiment_reason reason; /* WHY_WINDOW, WHY_PRICE or WHY_NO_PRICE, when shut */
    int64_t close_boot_ms;         /* when open: by then everything must have left; 0 never */
    uint32_t ahead_count; /* of a schedule with a deadline: when it will be open until then,
                             in UTC; 0 always */
    struct interval ahead[GATE_AHEAD_MAX];
};

/* A pool of the coordinator's configuration: told at the start, before any HELLO, and whenever the
 * configuration says something else of it. Ids are the shell's: 1 .. POOLS_MAX, the same name
 * always the same id over the life of a store. */
struct pool_event {
    int32_t pool;
    enum pool_kind kind;
    int32_t slots, workers_max, power_watt; /* as in struct pool_row */
    int32_t currency;
    bool launches;
    int64_t startup_ms;
    uint32_t name_text;
};

/* What the source says of the hours before: forecasts rest on it, the ledger does not. */
struct price_past {
    int64_t from_ms; /* UTC, a full hour */
    uint32_t hours;  /* 0 nothing */
    int64_t hour_micro[FORECAST_PAST_HOURS];
};

/*
 * What a pool costs from now on: steps in ascending order of their start, the first at or before
 * now. Told at the start and whenever the shell learns something else. What held before now is not
 * rewritten: a price counts from the moment the coordinator knew of it.
 */
struct price_event {
    int32_t pool;
    enum price_trust trust;
    uint32_t count; /* 0 with PRICE_UNKNOWN */
    struct price_step steps[HORIZON_STEPS_MAX];
    int64_t known_ms; /* UTC: until then the steps are facts; 0: the last one holds on */
    struct price_past past;
};

/* The machines of a pool with `launch`, as the shell sees them: told after every hook and after a
 * restart. The answer to EFFECT_POOL: granted is more machines, refused says for how long not to
 * ask again. */
struct machines_event {
    int32_t pool;
    int32_t machines; /* launched and not terminated, connected or not */
    int64_t
        refused_ms; /* the last request was not met in full: ask no more for so long; 0 it was */
};

struct command_event {
    enum command_verb verb;
    int32_t experiment; /* VERB_DRAIN: 0 */
    int32_t trial;      /* VERB_KICK, VERB_CANCEL: -1 for all */
};

struct event {
    enum event_kind kind;
    int64_t boot_ms; /* CLOCK_BOOTTIME: leases, backoff */
    int64_t wall_ms; /* UTC: rows */
    int32_t worker;  /* 0: a HELLO of a name never seen, or an event of no worker */
    union {
        struct submitted_event submitted;
        struct hello_event hello;
        int32_t slots_free; /* READY */
        struct wire_attempt accept;
        struct wire_refuse refuse;
        struct renew_event renew;
        struct metric_event metric;
        struct checkpoint_event checkpoint;
        struct result_event result;
        int64_t preempt_deadline_ms; /* PREEMPT: from receipt */
        struct suggested_event suggested;
        struct gate_event gate;
        bool held; /* HOLD: no attempt starts any more (the store is short of room), or again */
        struct pool_event pool;
        struct price_event price;
        struct machines_event machines;
        struct command_event command;
    };
};

/* A message to a worker; the shell adds what the spec and the store know (argv, environment,
 * texts). */
struct message {
    enum wire_type type; /* WELCOME, ASSIGN, LEASE, STOP, CKPT_ACK, RESULT_ACK, DRAIN, WHO */
    int32_t worker;
    struct wire_attempt attempt;
    int32_t seq;                          /* CKPT_ACK */
    enum wire_verdict verdict;            /* acks */
    enum wire_reason reason;              /* STOP */
    int64_t grace_ms;                     /* STOP */
    struct checkpoint_pointer checkpoint; /* ASSIGN: to begin from */
    int64_t target_step;                  /* ASSIGN: the step to reach; 0 none */
    bool rung;                            /* ASSIGN: it may go on from there */
    int64_t token;                        /* WELCOME, LEASE */
};

enum effect_kind {
    EFFECT_SUGGEST, /* ask number `number`, after the tells emitted so far */
    EFFECT_TELL,    /* trial `number` has ended: tell the optimizer */
    EFFECT_REPORT,  /* trial `number` has reached a rung: tell the optimizer what it is worth there
                     */
    EFFECT_FORGET,  /* suggestion `number` will not be evaluated */
    EFFECT_AGAIN, /* trial `number` was dug up: the end that was told counts no more, and its point
                     is pending again */
    EFFECT_ENDED, /* the experiment reached a state in which nothing of it runs and nothing will */
    EFFECT_POOL /* pool `pool`, which launches, should have `number` workers, starting ones counted.
                   Fewer than it has: terminate such as have no attempt (core_worker_busy), when
                   they have had none for the pool's `idle`; nothing else may be launched for it. */
};

struct effect {
    enum effect_kind kind;
    int32_t experiment;
    int32_t number;
    int32_t pool;
};

/* What one step decided. The lists are valid until the next step. */
struct outcome {
    struct record records[STEP_RECORDS_MAX];
    struct message messages[STEP_MESSAGES_MAX];
    struct effect effects[STEP_EFFECTS_MAX];
    struct trace traces[STEP_TRACES_MAX];
    struct wire_verdict_of running[WIRE_SLOTS_MAX]; /* of the one WELCOME or LEASE of a step */
    struct wire_verdict_of outbox[WIRE_OUTBOX_MAX];
    uint32_t record_count, message_count, effect_count, trace_count, running_count, outbox_count;
    int32_t created; /* id of the experiment (SUBMITTED) or worker (HELLO) this step made; 0 none */
    enum tide_status status; /* of a COMMAND: ok, or why it was refused: NOT_FOUND, REFUSED */
};

struct core_capacity {
    uint32_t experiments, trials, workers;
};

struct core; /* one allocation of core_bytes(capacity), the shell's to make and free */

/* core_bytes: the memory a core of this capacity takes. */
size_t core_bytes(struct core_capacity capacity);

/* core_init: an empty core in `memory`; `incarnation` is this coordinator's (R5); `lease_ms` 0 for
 * LEASE_MS. */
struct core *core_init(void *memory, struct core_capacity capacity, int64_t incarnation,
                       int64_t lease_ms);

/* core_move: the same core in new, larger memory; the old one may then be freed. */
struct core *core_move(const struct core *core, void *memory, struct core_capacity capacity);

/* core_needs: the capacity the next step may need for `event`; the shell moves the core first when
 * it is larger than core_capacity. */
struct core_capacity core_needs(const struct core *core, const struct event *event);
struct core_capacity core_capacity(const struct core *core);

/* core_step: takes one event; never fails. Nonsense is answered by a message that says why it was
 * refused. */
void core_step(struct core *core, const struct event *event, struct outcome *outcome);

/* core_deadline: boot time at which EVENT_TIMER is due; INT64_MAX never. In the past: at once. */
int64_t core_deadline(const struct core *core);

/*
 * Loading, in this order: the pools, their prices and what they have shown, every experiment (with
 * its config), its suggestions and trials (numbers ascending), the attempts (ascending), the
 * workers, the number of the last entry of the ledger; then core_loaded, after which attempts that
 * were running have a fresh lease (R5) and core_step may be called.
 */
void core_load_pool(struct core *core, const struct pool_row *row);
void core_load_price(struct core *core, const struct price_row *row);
void core_load_availability(struct core *core, const struct availability_row *row);
void core_load_entries(struct core *core, int64_t last_id);
void core_load_experiment(struct core *core, const struct experiment_row *row,
                          const struct experiment_config *config);
void core_load_suggestion(struct core *core, const struct suggestion_row *row);
void core_load_trial(struct core *core, const struct trial_row *row);
void core_load_attempt(struct core *core, const struct attempt_row *row);
void core_load_worker(struct core *core, const struct worker_row *row);
void core_loaded(struct core *core, int64_t boot_ms, int64_t wall_ms);

/* core_digest: of what the rows hold; leaves out what a restart resets (connections, slots, leases,
 * timers). */
uint64_t core_digest(const struct core *core);

/* Looking: rows as they stand now; NULL when there is none. Valid until the next step. */
const struct experiment_row *core_experiment(const struct core *core, int32_t experiment);
const struct trial_row *core_trial(const struct core *core, int32_t experiment, int32_t trial);
const struct experiment_config *core_config(const struct core *core, int32_t experiment);
const struct worker_row *core_worker(const struct core *core, int32_t worker);
const struct pool_row *core_pool(const struct core *core, int32_t pool);

/* core_worker_busy: whether an attempt is on this worker, or on its way to it. */
bool core_worker_busy(const struct core *core, int32_t worker);

/* core_holds: whether this is the newest attempt of its trial, and that worker's. */
bool core_holds(const struct core *core, int32_t worker, struct wire_attempt attempt);

/* core_runs: the same, and it has not ended: what was decided of it may still be said. */
bool core_runs(const struct core *core, int32_t worker, struct wire_attempt attempt);

/* core_idle: whether nothing of the experiment runs, and nothing will until an operator says so: it
 * has ended, or it is paused. */
bool core_idle(const struct core *core, int32_t experiment);

/* core_check: the invariants I1-I4, I9, I11, I14 and the lists; the first that does not hold in
 * words, NULL when all do. */
const char *core_check(const struct core *core);

#endif
