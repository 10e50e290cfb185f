#include "rows.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

void rows_init(struct rows *rows)
{
    memset(rows, 0, sizeof *rows);
}

void rows_fini(struct rows *rows)
{
    for (uint32_t i = 0; i < PLAN_EXPERIMENTS_MAX; i++) {
        free(rows->experiments[i].suggestions);
        free(rows->experiments[i].trials);
        free(rows->experiments[i].kept);
    }
    free(rows->attempts);
    free(rows->entries);
    free(rows->prices);
}

/* Room for one more element at `count`. */
static void *grow(void *list, uint32_t count, uint32_t *capacity, size_t bytes)
{
    if (count < *capacity) {
        return list;
    }
    const uint32_t before = *capacity;
    *capacity = before == 0 ? 16 : 2 * before;
    char *grown = realloc(list, *capacity * bytes);
    ASSERT(grown != NULL);
    memset(grown + before * bytes, 0, (*capacity - before) * bytes);
    return grown;
}

static struct attempt_row *attempt_find(const struct rows *rows, const struct attempt_row *row)
{
    for (uint32_t i = rows->attempt_count; i > 0; i--) {
        struct attempt_row *old = &rows->attempts[i - 1];
        if (old->experiment == row->experiment && old->trial == row->trial &&
            old->number == row->number) {
            return old;
        }
    }
    return NULL;
}

const struct attempt_row *rows_attempt(const struct rows *rows, struct wire_attempt attempt)
{
    return attempt_find(rows, &(struct attempt_row){.experiment = attempt.experiment,
                                                    .trial = attempt.trial,
                                                    .number = attempt.number});
}

uint32_t rows_machine(const struct rows *rows, int32_t worker)
{
    ASSERT(worker >= 1 && (uint32_t)worker <= rows->worker_count);
    return rows->workers[worker - 1].name_text - 1;
}

static void apply_attempt(struct rows *rows, const struct record *record)
{
    struct attempt_row *old = attempt_find(rows, &record->attempt);

    if (old == NULL) {
        ASSERT(record->kind == RECORD_ATTEMPT);
        rows->attempts = grow(rows->attempts, rows->attempt_count, &rows->attempt_capacity,
                              sizeof *rows->attempts);
        old = &rows->attempts[rows->attempt_count++];
    }
    if (record->kind == RECORD_ATTEMPT) {
        *old = record->attempt;
        old->message_text = 0;
        return;
    }
    old->state = record->attempt.state;
    old->outcome = record->attempt.outcome;
    old->cause = record->attempt.cause;
    old->exit_code = record->attempt.exit_code;
    old->signal = record->attempt.signal;
    old->late = true;
}

static void apply_trial(struct rows_experiment *experiment, const struct trial_row *row)
{
    const uint32_t number = (uint32_t)row->number;

    ASSERT(number <= experiment->trial_count);
    if (number == experiment->trial_count) {
        experiment->trials = grow(experiment->trials, number, &experiment->trial_capacity,
                                  sizeof *experiment->trials);
        experiment->trial_count++;
    }
    experiment->trials[number] = *row;
}

static struct kept *kept_of(struct rows *rows, const struct checkpoint_row *row)
{
    struct rows_experiment *experiment = &rows->experiments[row->experiment - 1];

    while ((uint32_t)row->trial >= experiment->kept_capacity) {
        experiment->kept = grow(experiment->kept, experiment->kept_capacity,
                                &experiment->kept_capacity, sizeof *experiment->kept);
    }
    return &experiment->kept[row->trial];
}

struct checkpoint_pointer rows_fallback(const struct rows *rows, const struct trial_row *trial)
{
    const struct rows_experiment *experiment = &rows->experiments[trial->experiment - 1];

    return (uint32_t)trial->number < experiment->kept_capacity
               ? kept_before(&experiment->kept[trial->number], &trial->checkpoint)
               : (struct checkpoint_pointer){0};
}

static void apply_suggestion(struct rows_experiment *experiment, const struct suggestion_row *row)
{
    const uint32_t number = (uint32_t)row->number;

    while (number >= experiment->suggestion_capacity) {
        experiment->suggestions =
            grow(experiment->suggestions, experiment->suggestion_capacity,
                 &experiment->suggestion_capacity, sizeof *experiment->suggestions);
    }
    experiment->suggestions[number] = *row;
    experiment->suggestions[number].params_text = 0;
    experiment->suggestions[number].origin_text = 0;
    if (number >= experiment->suggestion_count) {
        experiment->suggestion_count = number + 1;
    }
}

/* Of a worker's texts, its name and its boot are kept. */
static void apply_worker(struct rows *rows, const struct worker_row *row)
{
    struct worker_row *old = &rows->workers[row->id - 1];
    const uint32_t name = row->name_text != 0 ? row->name_text : old->name_text;
    const uint32_t boot = row->boot_text != 0 ? row->boot_text : old->boot_text;

    *old = *row;
    old->name_text = name;
    old->boot_text = boot;
    rows->worker_count =
        (uint32_t)row->id > rows->worker_count ? (uint32_t)row->id : rows->worker_count;
}

static bool price_before(const struct price_row *a, const struct price_row *b)
{
    return a->pool < b->pool || (a->pool == b->pool && a->start_ms < b->start_ms);
}

/* In the order of pools and times, as the store's table is. */
static void apply_price(struct rows *rows, const struct price_row *row)
{
    uint32_t at = rows->price_count;

    while (at > 0 && !price_before(&rows->prices[at - 1], row)) {
        at--;
    }
    if (at < rows->price_count && !price_before(row, &rows->prices[at])) {
        rows->prices[at] = *row;
        return;
    }
    rows->prices =
        grow(rows->prices, rows->price_count, &rows->price_capacity, sizeof *rows->prices);
    memmove(&rows->prices[at + 1], &rows->prices[at],
            (rows->price_count - at) * sizeof *rows->prices);
    rows->prices[at] = *row;
    rows->price_count++;
}

void rows_apply(struct rows *rows, const struct record *record)
{
    switch (record->kind) {
    case RECORD_EXPERIMENT:
        rows->experiments[record->experiment.id - 1].row = record->experiment;
        if ((uint32_t)record->experiment.id > rows->experiment_count) {
            rows->experiment_count = (uint32_t)record->experiment.id;
        }
        break;
    case RECORD_TRIAL:
        apply_trial(&rows->experiments[record->trial.experiment - 1], &record->trial);
        break;
    case RECORD_ATTEMPT:
    case RECORD_LATE:
        apply_attempt(rows, record);
        break;
    case RECORD_SUGGESTION:
        apply_suggestion(&rows->experiments[record->suggestion.experiment - 1],
                         &record->suggestion);
        break;
    case RECORD_WORKER:
        apply_worker(rows, &record->worker);
        break;
    case RECORD_ENTRY:
        rows->entries =
            grow(rows->entries, rows->entry_count, &rows->entry_capacity, sizeof *rows->entries);
        rows->entries[rows->entry_count++] = record->entry;
        break;
    case RECORD_POOL:
        rows->pools[record->pool.id - 1] = record->pool;
        break;
    case RECORD_PRICE:
        apply_price(rows, &record->price);
        break;
    case RECORD_AVAILABILITY:
        rows->availability[record->availability.pool - 1] = record->availability;
        break;
    case RECORD_CHECKPOINT:
        kept_push(kept_of(rows, &record->checkpoint), &record->checkpoint);
        break;
    case RECORD_SPOILED:
        kept_drop(kept_of(rows, &record->checkpoint), &record->checkpoint);
        break;
    case RECORD_METRIC:
    case RECORD_MACHINE:
    case RECORD_TROUBLE:
        break;
    }
}

static void load_experiment(struct core *core, const struct rows_experiment *experiment,
                            const struct experiment_config *config)
{
    core_load_experiment(core, &experiment->row, config);
    for (uint32_t i = 0; i < experiment->suggestion_count; i++) {
        if (experiment->suggestions[i].experiment != 0) { /* asked, and never answered: no row */
            core_load_suggestion(core, &experiment->suggestions[i]);
        }
    }
    for (uint32_t i = 0; i < experiment->trial_count; i++) {
        core_load_trial(core, &experiment->trials[i]);
    }
}

struct core *rows_load(const struct rows *rows, const struct experiment_config *configs,
                       int64_t incarnation, int64_t boot_ms, int64_t wall_ms, void **memory)
{
    struct core_capacity capacity = {.experiments = PLAN_EXPERIMENTS_MAX,
                                     .trials = STEP_DISPATCH_MAX,
                                     .workers = PLAN_MACHINES_MAX};

    for (uint32_t e = 0; e < PLAN_EXPERIMENTS_MAX; e++) {
        capacity.trials += (uint32_t)configs[e].trials_max;
    }
    *memory = malloc(core_bytes(capacity));
    ASSERT(*memory != NULL);
    struct core *core = core_init(*memory, capacity, incarnation, LEASE_MS);
    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        if (rows->pools[i].id != 0) {
            core_load_pool(core, &rows->pools[i]);
            if (rows->availability[i].pool != 0) {
                core_load_availability(core, &rows->availability[i]);
            }
        }
    }
    for (uint32_t i = 0; i < rows->price_count; i++) {
        core_load_price(core, &rows->prices[i]);
    }
    for (uint32_t e = 0; e < rows->experiment_count; e++) {
        load_experiment(core, &rows->experiments[e], &configs[e]);
    }
    for (uint32_t i = 0; i < rows->attempt_count; i++) {
        core_load_attempt(core, &rows->attempts[i]);
    }
    for (uint32_t i = 0; i < rows->worker_count; i++) {
        core_load_worker(core, &rows->workers[i]);
    }
    core_load_entries(core, rows->entry_count);
    core_loaded(core, boot_ms, wall_ms);
    return core;
}
