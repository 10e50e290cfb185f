/*
 * rows: the coordinator's tables as plain arrays: what is written is applied to them, and a core is
 * loaded from them.
 */
#ifndef TESTS_SIM_ROWS_H
#define TESTS_SIM_ROWS_H

#include "plan.h"

#include "support/kept.h"

struct rows_experiment {
    struct experiment_row row;
    struct suggestion_row *suggestions; /* by number; experiment 0 where there is none */
    struct trial_row *trials;           /* by number */
    struct kept *kept;                  /* by trial */
    uint32_t suggestion_count, suggestion_capacity, trial_count, trial_capacity, kept_capacity;
};

struct rows {
    struct rows_experiment experiments[PLAN_EXPERIMENTS_MAX];
    struct attempt_row *attempts; /* as they were first written */
    struct pool_row pools[POOLS_MAX];
    struct availability_row availability[POOLS_MAX];
    struct price_row *prices; /* of a pool in ascending order */
    struct worker_row workers[PLAN_MACHINES_MAX];
    /* of each worker, its machine and the boot it told last: 1 + machine and the boot stand where
     * the texts' handles do */
    struct entry_row *entries;
    uint32_t experiment_count, attempt_count, attempt_capacity, worker_count;
    uint32_t entry_count, entry_capacity, price_count, price_capacity;
};

void rows_init(struct rows *rows);
void rows_fini(struct rows *rows);

/* rows_apply: writes one record. */
void rows_apply(struct rows *rows, const struct record *record);

/* rows_attempt: NULL when there is none. */
const struct attempt_row *rows_attempt(const struct rows *rows, struct wire_attempt attempt);

/* rows_fallback: the newest checkpoint that is kept before the trial's; attempt 0 none. */
struct checkpoint_pointer rows_fallback(const struct rows *rows, const struct trial_row *trial);

/* rows_machine: whose worker it is. */
uint32_t rows_machine(const struct rows *rows, int32_t worker);

/* rows_load: what a coordinator started on these rows would hold, in new memory, the caller's. */
struct core *rows_load(const struct rows *rows, const struct experiment_config *configs,
                       int64_t incarnation, int64_t boot_ms, int64_t wall_ms, void **memory);

#endif
