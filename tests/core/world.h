/*
 * world: a core with a store of plain arrays and workers that are as unreliable as the test wants.
 * Everything follows from a seed.
 */
#ifndef TESTS_CORE_WORLD_H
#define TESTS_CORE_WORLD_H

#include "core/core.h"
#include "support/kept.h"

#include "base/rng.h"
#include "store/store.h"

enum {
    WORLD_EXPERIMENTS = 3,
    WORLD_TRIALS = 64,
    WORLD_ATTEMPTS = 4096,
    WORLD_ASKS = 512,
    WORLD_WORKERS = 5,
    WORLD_SLOTS = 3,
    WORLD_PRICES = 1024,
    WORLD_ENTRIES = 16384
};

/* What a worker believes it runs. */
struct world_worker {
    int32_t id; /* 0 never connected */
    bool up;
    bool restarted;
    int32_t pool;        /* 0 none */
    int64_t launched_ms; /* UTC: its machine; 0 it was not launched */
    struct wire_attempt running[WORLD_SLOTS];
    uint32_t count;
    struct wire_attempt outbox[WORLD_SLOTS];
    uint32_t outbox_count;
};

/* The rows as they were last written: what a restart has. */
struct world_rows {
    struct experiment_row experiments[WORLD_EXPERIMENTS];
    struct experiment_config configs[WORLD_EXPERIMENTS];
    struct suggestion_row suggestions[WORLD_EXPERIMENTS][WORLD_ASKS];
    struct trial_row trials[WORLD_EXPERIMENTS][WORLD_TRIALS];
    struct kept kept[WORLD_EXPERIMENTS][WORLD_TRIALS];
    struct attempt_row attempts[WORLD_ATTEMPTS];
    struct worker_row workers[WORLD_WORKERS];
    uint32_t experiment_count, suggestion_count[WORLD_EXPERIMENTS], trial_count[WORLD_EXPERIMENTS];
    struct pool_row pools[POOLS_MAX];
    struct availability_row availability[POOLS_MAX];
    struct price_row prices[WORLD_PRICES];
    struct entry_row entries[WORLD_ENTRIES];
    uint32_t attempt_count, worker_count, price_count, entry_count;
};

/* world_rows_apply: writes one record. */
void world_rows_apply(struct world_rows *rows, const struct record *record);

struct world {
    struct core *core;
    void *memory;
    struct outcome outcome;
    struct world_rows rows;
    struct world_worker workers[WORLD_WORKERS];
    struct effect asks[4 * WORLD_ASKS]; /* SUGGEST effects not yet answered */
    uint32_t ask_count;
    int64_t boot_ms, wall_ms;
    int64_t incarnation;
    bool held; /* world_hold */
    uint32_t told[WORLD_EXPERIMENTS]
                 [WORLD_TRIALS]; /* how often each trial was told since it last became open */
    struct store *store;         /* where the records go too, when wanted; the caller's */
    char *trace; /* the printed trace, when wanted; the caller's, WORLD_TRACE_BYTES */
    size_t trace_bytes;
};

enum { WORLD_TRACE_BYTES = 65536 };

void world_init(struct world *world);
void world_fini(struct world *world);

/* world_step: stamps the event with the world's time, steps the core, applies the records,
 * remembers effects and messages. */
void world_step(struct world *world, struct event *event);

/* world_tick: lets `ms` pass and steps EVENT_TIMER for as long as the core asks for it. */
void world_tick(struct world *world, int64_t ms);

/* world_answer: answers the oldest unanswered ask. */
void world_answer(struct world *world, enum tide_status status);

/* world_reload: what a coordinator started on the same rows would hold; the caller frees *memory.
 */
struct core *world_reload(const struct world *world, void **memory);

/* world_restart: the coordinator ends and starts again: the core is the reloaded one, connections
 * are gone. */
void world_restart(struct world *world);

/* Events in short. `worker` is an index of world->workers. */
void world_submit(struct world *world, const struct experiment_config *config);
void world_hello(struct world *world, uint32_t worker, int32_t slots);
void world_ready(struct world *world, uint32_t worker, int32_t slots_free);
void world_accept(struct world *world, uint32_t worker, struct wire_attempt attempt);
void world_result(struct world *world, uint32_t worker, struct wire_attempt attempt,
                  enum wire_outcome outcome, enum wire_cause cause, double value);
void world_checkpoint(struct world *world, uint32_t worker, struct wire_attempt attempt,
                      int32_t seq, int64_t step);
void world_pool(struct world *world, const struct pool_event *pool);
void world_price(struct world *world, const struct price_event *price);
void world_command(struct world *world, enum command_verb verb, int32_t experiment, int32_t trial);

/* world_hold: the shell says whether anything may start. world_offers_allowed: whether the last
 * step offered nothing while it may not, and nothing to a worker that is drained or in quarantine.
 */
void world_hold(struct world *world, bool held);
bool world_offers_allowed(const struct world *world);

/* world_gate: the shell says whether an experiment may run, and until when (0 for ever). */
void world_gate(struct world *world, int32_t experiment, bool shut, int64_t close_ms);

/* world_config: an experiment of `trials` trials with every default of docs/SPEC.md. */
struct experiment_config world_config(int32_t trials);

/* world_halve: early stopping at steps 1 and 3 of 9, one trial in three goes on. */
void world_halve(struct experiment_config *config);

/* world_median: early stopping by the median at steps 2, 4 and 8 of 9. */
void world_median(struct experiment_config *config);

/* world_metric: the worker reports the ranked objective at a step. */
void world_metric(struct world *world, uint32_t worker, struct wire_attempt attempt, int64_t step,
                  double value);

#endif
