/* Random rows for the tests of the store: each move is one a core could have made. */
#include "store/rows.h"

#include "base/assert.h"
#include "support/support.h"

#include <math.h>
#include <string.h>

void world_init(struct world *world, uint64_t seed)
{
    memset(world, 0, sizeof *world);
    rng_init(&world->rng, seed, "world");
    world->now_ms = ROWS_NOW_MS;
}

static int32_t below(struct world *world, int32_t bound)
{
    return (int32_t)rng_below(&world->rng, (uint64_t)bound);
}

static void apply(struct store *store, const struct record *record, const struct store_texts *texts)
{
    assert_int_equal(store_apply(store, record, texts), TIDE_OK);
}

/* ---- moves ---- */

static void move_experiment(struct world *world, struct store *store, int32_t e)
{
    static const char *const items[] = {"näme \"quoted\"", "name: digits\nobjective: {}\n"};
    struct experiment_row *row = &world->experiments[e];
    struct record record = {.kind = RECORD_EXPERIMENT};
    bool is_new = row->id == 0;

    row->id = e + 1;
    row->state = (enum experiment_state)below(world, EXPERIMENT_FAILED + 1);
    row->reason = (enum experiment_reason)below(world, WHY_SEARCH + 1);
    if (is_new) {
        row->created_ms = world->now_ms;
    }
    row->started_ms = below(world, 2) == 0 ? 0 : world->now_ms;
    row->ended_ms = below(world, 2) == 0 ? 0 : world->now_ms + 1;
    row->told_count++;
    row->compute_ms += below(world, 100000);
    record.experiment = *row;
    record.experiment.name_text = is_new ? 1 : 0;
    record.experiment.spec_text = is_new ? 2 : 0;
    apply(store, &record, &(struct store_texts){items, 2});
}

static void move_worker(struct world *world, struct store *store, int32_t w)
{
    static const char *const names[] = {"spot-a1", "spot-b2", "lab"};
    const char *items[] = {names[w], "00ff", "host", "default", "{\"gpu\":\"a100\"}", "x 0.1"};
    struct worker_row *row = &world->workers[w];
    struct record record = {.kind = RECORD_WORKER};

    row->first_seen_ms = row->id == 0 ? world->now_ms : row->first_seen_ms;
    row->id = w + 1;
    row->connected = below(world, 2) == 1;
    row->draining = below(world, 2) == 1;
    row->slots = below(world, 256);
    row->cpus_milli = below(world, 64000);
    row->gpus = below(world, 8);
    row->memory_bytes = (int64_t)rng_below(&world->rng, INT64_MAX);
    row->last_seen_ms = world->now_ms;
    record.worker = *row;
    record.worker.name_text = 1;
    record.worker.boot_text = 2;
    record.worker.host_text = 3;
    record.worker.pool_text = 4;
    record.worker.labels_text = 5;
    record.worker.software_text = 6;
    apply(store, &record, &(struct store_texts){items, 6});
}

static void move_suggestion(struct world *world, struct store *store, int32_t e, int32_t t)
{
    static const char *const items[] = {"{\"lr\":0.0019,\"opt\":\"adam\"}",
                                        "{\"phase\":\"bayes\"}"};
    struct suggestion_row *row = &world->suggestions[e][t];
    struct record record = {.kind = RECORD_SUGGESTION};
    bool is_new = row->experiment == 0;

    row->experiment = e + 1;
    row->number = t;
    if (row->state == SUGGESTION_READY) {
        row->state = (enum suggestion_state)below(world, SUGGESTION_STALE + 1);
    }
    row->trial = row->state == SUGGESTION_USED ? t : -1;
    row->told_count = below(world, 1000);
    row->stale_at = row->state == SUGGESTION_STALE ? 1 + below(world, 100) : 0;
    record.suggestion = *row;
    record.suggestion.params_text = is_new ? 1 : 0;
    record.suggestion.origin_text = is_new ? 2 : 0;
    apply(store, &record, &(struct store_texts){items, 2});
}

static bool trial_is_final(const struct trial_row *row)
{
    return row->state == TRIAL_COMPLETED || row->state == TRIAL_INFEASIBLE ||
           row->state == TRIAL_PRUNED || row->state == TRIAL_CANCELLED;
}

static void give_values(struct world *world, struct trial_row *row)
{
    row->value_count = 1 + below(world, OBJECTIVES_MAX + OUTCOMES_MAX);
    for (int32_t i = 0; i < row->value_count; i++) {
        double scale = below(world, 2) == 0 ? 1e-300 : 1.7e308;
        row->values[i] = (rng_unit(&world->rng) - 0.5) * (below(world, 2) == 0 ? 1 : scale);
    }
}

static void reach_rungs(struct world *world, struct trial_row *row)
{
    if (row->rung < RUNGS_MAX && below(world, 3) == 0) {
        row->rung_values[row->rung++] = rng_unit(&world->rng) - 0.5;
    }
    row->median = row->rung > 0 && below(world, 2) == 0 ? row->rung_values[0] : (double)NAN;
    row->settled = row->attempts > 0 ? below(world, row->attempts + 1) : 0;
}

static void move_trial(struct world *world, struct store *store, int32_t e, int32_t t)
{
    struct trial_row *row = &world->trials[e][t];
    struct record record = {.kind = RECORD_TRIAL};

    if (row->experiment == 0) {
        row->created_ms = world->now_ms;
    }
    row->experiment = e + 1;
    row->number = t;
    row->suggestion = t;
    if (!trial_is_final(row)) {
        row->state = (enum trial_state)below(world, TRIAL_CANCELLED + 1);
        row->reason = (enum trial_reason)below(world, TRIAL_REASON_STOPPING_RULE + 1);
        if (row->state == TRIAL_COMPLETED && row->value_count == 0) {
            give_values(world, row);
        }
        row->checkpoint.attempt = below(world, 3);
        row->checkpoint.seq = row->checkpoint.attempt == 0 ? 0 : 1 + below(world, 5);
        row->checkpoint.step = row->checkpoint.attempt == 0 ? 0 : below(world, 50);
    }
    reach_rungs(world, row);
    row->restarts = below(world, 3);
    row->preemptions = below(world, 50);
    row->step = below(world, 30) - 1;
    row->started_ms = below(world, 2) == 0 ? 0 : world->now_ms;
    row->ended_ms = below(world, 2) == 0 ? 0 : world->now_ms + 7;
    row->useful_ms += below(world, 5000);
    row->lost_ms += below(world, 5000);
    if (trial_is_final(row) && row->told == 0) {
        row->told = 1 + below(world, 1000);
    }
    record.trial = *row;
    apply(store, &record, &(struct store_texts){NULL, 0});
}

static void move_attempt(struct world *world, struct store *store, int32_t e, int32_t t, int32_t a)
{
    static const char *const items[] = {"it ended"};
    struct attempt_row *row = &world->attempts[e][t][a];
    struct record record = {.kind = RECORD_ATTEMPT};

    if (row->experiment == 0) {
        row->worker = 1 + below(world, WORLD_WORKERS);
        row->offered_ms = world->now_ms;
    }
    row->experiment = e + 1;
    row->trial = t;
    row->number = a + 1;
    if (row->state != ATTEMPT_DONE) {
        row->state = (enum attempt_state)below(world, ATTEMPT_FAILED + 1);
    }
    row->leave = (enum wire_reason)below(world, LEAVE_TIMEOUT + 1);
    row->outcome = (enum wire_outcome)below(world, OUTCOME_FAILED + 1);
    row->cause = (enum wire_cause)below(world, CAUSE_WORKER + 1);
    row->exit_code = below(world, 257) - 1;
    row->signal = below(world, 65);
    row->from_step = below(world, 20);
    row->last_step = below(world, 20) - 1;
    row->started_ms = below(world, 2) == 0 ? 0 : world->now_ms;
    row->ended_ms = below(world, 2) == 0 ? 0 : world->now_ms + 5;
    row->duration_ms = below(world, 100000);
    row->useful_ms = below(world, 100000);
    row->lost_ms = below(world, 100000);
    row->incarnation = below(world, 10);
    row->late = below(world, 2) == 1;
    record.attempt = *row;
    record.attempt.message_text = (uint32_t)below(world, 2);
    apply(store, &record, &(struct store_texts){items, 1});
    world->trials[e][t].attempts =
        a + 1 > world->trials[e][t].attempts ? a + 1 : world->trials[e][t].attempts;
}

static void move_any(struct world *world, struct store *store)
{
    int32_t e = below(world, WORLD_EXPERIMENTS), t = below(world, WORLD_TRIALS);
    int32_t a = below(world, WORLD_ATTEMPTS);

    switch (below(world, 4)) {
    case 0:
        move_experiment(world, store, e);
        return;
    case 1:
        move_worker(world, store, below(world, WORLD_WORKERS));
        return;
    case 2:
        move_suggestion(world, store, e, t);
        return;
    default:
        if (world->suggestions[e][t].experiment == 0) {
            move_suggestion(world, store, e, t);
        }
        if (below(world, 2) == 0) {
            move_attempt(world, store, e, t, a);
        }
        move_trial(world, store, e, t); /* after its attempt: a batch may come in any order */
        return;
    }
}

void world_turn(struct world *world, struct store *store)
{
    world->now_ms += 1 + below(world, 100000);
    if (world->experiments[0].id == 0) { /* what everything else refers to */
        for (int32_t e = 0; e < WORLD_EXPERIMENTS; e++) {
            move_experiment(world, store, e);
        }
        for (int32_t w = 0; w < WORLD_WORKERS; w++) {
            move_worker(world, store, w);
        }
    }
    for (int32_t i = 1 + below(world, 8); i > 0; i--) {
        move_any(world, store);
    }
}

/* ---- reading back ---- */

/* Compares field by field through the store's own mapping is no comparison; bytes are. The rows of
 * this test are made on zeroed memory, and reading zeroes too, so padding agrees. */
static void expect(const void *got, const void *want, size_t bytes, const char *what)
{
    if (memcmp(got, want, bytes) != 0) {
        fail_msg("a row of %s reads back as another", what);
    }
}

static struct store_rows *rows_for_test(struct store *store, enum record_kind kind)
{
    struct store_rows *rows;
    struct error error;

    if (store_rows_open(store, kind, &rows, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    return rows;
}

static bool next_for_test(struct store_rows *rows, struct store_row *row)
{
    struct error error;
    enum tide_status status = store_rows_next(rows, row, &error);

    if (status != TIDE_OK && status != TIDE_NOT_FOUND) {
        fail_msg("%s", error.text);
    }
    return status == TIDE_OK;
}

static void check_experiments(const struct world *world, struct store *store)
{
    struct store_rows *rows = rows_for_test(store, RECORD_EXPERIMENT);
    struct store_row row;
    int32_t count = 0;

    while (next_for_test(rows, &row)) {
        struct experiment_row *got = &row.record.experiment;
        assert_string_equal(row.texts.items[got->name_text - 1], "näme \"quoted\"");
        got->name_text = got->spec_text = 0;
        expect(got, &world->experiments[count++], sizeof *got, "experiment");
    }
    store_rows_close(rows);
    assert_int_equal(count, world->experiments[0].id == 0 ? 0 : WORLD_EXPERIMENTS);
}

static void check_workers(const struct world *world, struct store *store)
{
    struct store_rows *rows = rows_for_test(store, RECORD_WORKER);
    struct store_row row;
    int32_t count = 0;

    while (next_for_test(rows, &row)) {
        struct worker_row *got = &row.record.worker;
        assert_string_equal(row.texts.items[got->pool_text - 1], "default");
        got->name_text = got->boot_text = got->host_text = 0;
        got->pool_text = got->labels_text = got->software_text = 0;
        expect(got, &world->workers[count++], sizeof *got, "worker");
    }
    store_rows_close(rows);
    assert_int_equal(count, world->workers[0].id == 0 ? 0 : WORLD_WORKERS);
}

static int32_t check_trials(const struct world *world, struct store *store)
{
    struct store_rows *rows = rows_for_test(store, RECORD_TRIAL);
    struct store_row row;
    int32_t count = 0;

    while (next_for_test(rows, &row)) {
        const struct trial_row *got = &row.record.trial;
        expect(got, &world->trials[got->experiment - 1][got->number], sizeof *got, "trial");
        count++;
    }
    store_rows_close(rows);
    return count;
}

static int32_t check_suggestions(const struct world *world, struct store *store)
{
    struct store_rows *rows = rows_for_test(store, RECORD_SUGGESTION);
    struct store_row row;
    int32_t count = 0;

    while (next_for_test(rows, &row)) {
        struct suggestion_row *got = &row.record.suggestion;
        assert_string_equal(row.texts.items[got->origin_text - 1], "{\"phase\":\"bayes\"}");
        got->params_text = got->origin_text = 0;
        expect(got, &world->suggestions[got->experiment - 1][got->number], sizeof *got,
               "suggestion");
        count++;
    }
    store_rows_close(rows);
    return count;
}

static int32_t check_attempts(const struct world *world, struct store *store)
{
    struct store_rows *rows = rows_for_test(store, RECORD_ATTEMPT);
    struct store_row row;
    int32_t count = 0;

    while (next_for_test(rows, &row)) {
        struct attempt_row *got = &row.record.attempt;
        got->message_text = 0;
        expect(got, &world->attempts[got->experiment - 1][got->trial][got->number - 1], sizeof *got,
               "attempt");
        count++;
    }
    store_rows_close(rows);
    return count;
}

void world_check(const struct world *world, struct store *store)
{
    int32_t trials = 0, suggestions = 0, attempts = 0;

    for (int32_t e = 0; e < WORLD_EXPERIMENTS; e++) {
        for (int32_t t = 0; t < WORLD_TRIALS; t++) {
            trials += world->trials[e][t].experiment != 0;
            suggestions += world->suggestions[e][t].experiment != 0;
            for (int32_t a = 0; a < WORLD_ATTEMPTS; a++) {
                attempts += world->attempts[e][t][a].experiment != 0;
            }
        }
    }
    check_experiments(world, store);
    check_workers(world, store);
    assert_int_equal(check_suggestions(world, store), suggestions);
    assert_int_equal(check_trials(world, store), trials);
    assert_int_equal(check_attempts(world, store), attempts);
}
