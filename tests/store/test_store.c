/*
 * The store keeps what it was given: random rows of random turns are applied, committed, and read
 * back identical, by this connection, after a restart, and by SQL.
 */
#include "store/inside.h"
#include "store/moment.h"
#include "store/rows.h"
#include "store/words.h"

#include "support/support.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Random turns, some of several steps in one commit, some restarts: after each, the same rows. */
static void test_rows_read_back(void **state)
{
    static struct world world;

    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        (void)snprintf(store_path, sizeof store_path, "%s/store-%d.db", store_folder, (int)seed);
        world_init(&world, seed);
        struct store *store = store_for_test(store_path, NULL);
        for (int turn = 0; turn < 60; turn++) {
            for (int step = turn % 4; step >= 0; step--) {
                world_turn(&world, store);
            }
            commit_for_test(store);
            world_check(&world, store);
            if (turn % 20 == 7) {
                store_close(store);
                store = store_for_test(store_path, NULL);
                world_check(&world, store);
            }
        }
        store_close(store);
    }
}

/* The size of a row of each kind. */
static const size_t row_bytes[RECORD_KIND_COUNT] = {
    [RECORD_EXPERIMENT] = sizeof(struct experiment_row),
    [RECORD_TRIAL] = sizeof(struct trial_row),
    [RECORD_ATTEMPT] = sizeof(struct attempt_row),
    [RECORD_SUGGESTION] = sizeof(struct suggestion_row),
    [RECORD_WORKER] = sizeof(struct worker_row),
    [RECORD_CHECKPOINT] = sizeof(struct checkpoint_row),
    [RECORD_METRIC] = sizeof(struct metric_row),
    [RECORD_POOL] = sizeof(struct pool_row),
    [RECORD_PRICE] = sizeof(struct price_row),
    [RECORD_ENTRY] = sizeof(struct entry_row),
    [RECORD_MACHINE] = sizeof(struct machine_row),
    [RECORD_TROUBLE] = sizeof(struct trouble_row),
    [RECORD_AVAILABILITY] = sizeof(struct availability_row)};

static void cover(bool *covered, size_t offset, size_t bytes)
{
    memset(covered + offset, true, bytes);
}

static void cover_columns(enum record_kind kind, bool *covered)
{
    const struct table *table = table_of(kind);

    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        bool wide = column->kind == COLUMN_INT64 || column->kind == COLUMN_REAL ||
                    column->kind == COLUMN_MOMENT;
        size_t bytes = wide ? 8 : column->kind == COLUMN_BOOL ? 1 : 4;
        if (column->offset != 0) { /* else a result, made of several fields */
            cover(covered, column->offset, bytes);
        }
    }
    if (kind == RECORD_TRIAL) {
        const struct trial_row *row = NULL;
        cover(covered, offsetof(struct record, trial.value_count), sizeof row->value_count);
        cover(covered, offsetof(struct record, trial.values), sizeof row->values);
        cover(covered, offsetof(struct record, trial.rung), sizeof row->rung);
        cover(covered, offsetof(struct record, trial.rung_values), sizeof row->rung_values);
    }
}

/* A field that a row gains and the tables do not is seen here: at most four bytes together, which
 * padding can be, belong to no column. */
static void test_no_field_is_forgotten(void **state)
{
    (void)state;
    for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        bool covered[sizeof(struct record)] = {false};
        size_t from = offsetof(struct record, experiment), missing = 0;
        if (table_changes((enum record_kind)kind)) { /* some columns of a row, on purpose */
            continue;
        }
        cover_columns((enum record_kind)kind, covered);
        for (size_t at = from; at < from + row_bytes[kind]; at++) {
            missing = covered[at] ? 0 : missing + 1;
            if (missing > 4) {
                fail_msg("table %s: byte %zu of its row is in no column",
                         table_of((enum record_kind)kind)->name, at - from);
            }
        }
    }
}

static void test_incarnations_and_cluster(void **state)
{
    char cluster[WIRE_ID_HEX + 1];

    (void)state;
    struct store *store = store_for_test(store_path, NULL);
    assert_int_equal(store_incarnation(store), 1);
    assert_int_equal(strlen(store_cluster(store)), WIRE_ID_HEX);
    memcpy(cluster, store_cluster(store), sizeof cluster);
    store_close(store);
    store = store_for_test(store_path, NULL);
    assert_int_equal(store_incarnation(store), 2);
    assert_string_equal(store_cluster(store), cluster);
    store_close(store);
}

/* The queries the pages promise, over ten completed trials. */
static void test_views(void **state)
{
    (void)state;
    struct store *store = store_for_test(store_path, NULL);
    for (int32_t number = 0; number < 10; number++) {
        simple_turn(store, number);
    }
    commit_for_test(store);
    /* Trials 6 and up break params_m <= 25, so 5 is the best by a value that falls with number. */
    assert_int_equal(query_integer(store_path, "SELECT number FROM best WHERE experiment = 1"), 5);
    assert_int_equal(query_integer(store_path, "SELECT number FROM trial WHERE state = 'completed'"
                                               " ORDER BY value LIMIT 1"),
                     9);
    assert_int_equal(
        query_integer(store_path, "SELECT params->>'layers' FROM trial WHERE id = '1.4'"), 3);
    assert_int_equal(
        query_integer(store_path, "SELECT completed FROM progress WHERE experiment = 1"), 10);
    assert_int_equal(query_integer(store_path, "SELECT round(useful_seconds * 1000) FROM cost"),
                     9000);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM ledger WHERE kind = 'lost'"
                                               " AND worker = 'spot-a1' AND pool = 'night'"
                                               " AND price = 3.6 AND unit = 'h'"),
                     10);
    assert_int_equal(query_integer(store_path, "SELECT round(cost * 1e6) FROM cost WHERE"
                                               " currency = 'USD' AND budget_cost = 20"),
                     3500);
    assert_int_equal(query_integer(store_path, "SELECT round(idle_cost * 1e6) FROM cost"), 1000);
    assert_int_equal(query_integer(store_path, "SELECT round(on_demand_cost * 1e6) FROM cost_kind"
                                               " WHERE round(lost_cost * 1e6) = 250"),
                     2250);
    assert_int_equal(query_integer(store_path, "SELECT round(cost * 1e6) FROM cost_pool WHERE"
                                               " currency = 'USD' AND kind = 'on_demand'"),
                     2500);
    assert_int_equal(query_integer(store_path, "SELECT round(useful_cost * 1e6) FROM cost_worker"),
                     2250);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM attempt_current"
                                               " WHERE worker_name = 'spot-a1'"),
                     10);
    assert_int_equal(query_integer(store_path, "SELECT budget_trials FROM experiment"), 50);
    assert_int_equal(query_integer(store_path,
                                   "SELECT count(*) FROM experiment WHERE constraints ="
                                   " '[{\"metric\":\"params_m\",\"min\":null,\"max\":25.0}]'"
                                   " AND metric = 'val_loss' AND direction = 'minimize'"),
                     1);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM parameter WHERE log = 1"), 2);
    store_close(store);
}

/* Of two attempts that reported step 1 the later one counts. */
static void test_metric_current(void **state)
{
    static const char *const items[] = {"val_loss"};

    (void)state;
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    struct record attempt = {
        .kind = RECORD_ATTEMPT,
        .attempt = {
            .experiment = 1, .trial = 0, .number = 2, .worker = 1, .offered_ms = 1795000000123}};
    struct record metric = {.kind = RECORD_METRIC,
                            .metric = {.experiment = 1,
                                       .trial = 0,
                                       .attempt = 2,
                                       .step = 1,
                                       .value = 17,
                                       .reported_ms = 1795000000123,
                                       .name_text = 1}};
    assert_int_equal(store_apply(store, &attempt, &(struct store_texts){NULL, 0}), TIDE_OK);
    assert_int_equal(store_apply(store, &metric, &(struct store_texts){items, 1}), TIDE_OK);
    assert_int_equal(store_apply(store, &metric, &(struct store_texts){items, 1}), TIDE_OK);
    commit_for_test(store);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM metric"), 2);
    assert_int_equal(query_integer(store_path, "SELECT value FROM metric_current"
                                               " WHERE experiment = 1 AND trial = 0 AND step = 1"),
                     17);
    store_close(store);
}

/* What an ASSIGN is filled from. */
static void test_lending(void **state)
{
    struct store_checkpoint checkpoint;
    struct wire_attempt attempt = {1, 0, 1};
    const char *params;
    struct error error;

    (void)state;
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    commit_for_test(store);
    assert_int_equal(store_params(store, 1, 0, &params, &error), TIDE_OK);
    assert_memory_equal(params, "{\"lr\":0.0019,", 13);
    assert_int_equal(store_params(store, 1, 1, &params, &error), TIDE_NOT_FOUND);
    assert_int_equal(store_checkpoint(store, &attempt, 1, &checkpoint, &error), TIDE_OK);
    assert_int_equal(checkpoint.bytes, 4711);
    assert_string_equal(checkpoint.location, "file:/tmp/c");
    assert_int_equal(store_checkpoint(store, &attempt, 2, &checkpoint, &error), TIDE_NOT_FOUND);
    simple_turn(store, 1);
    commit_for_test(store); /* a loan does not stand in the way of the next turn */
    store_close(store);
}

/* A row that contradicts a rule is refused, whatever the core thinks: I1, I2, I9. */
static void test_fences(void **state)
{
    static const struct trial_row wrong[] = {
        {.experiment = 1, .state = TRIAL_QUEUED, .attempts = 1, .told = 1},    /* it has ended */
        {.experiment = 1, .state = TRIAL_COMPLETED, .attempts = 0, .told = 1}, /* a token falls */
        {.experiment = 1, .state = TRIAL_COMPLETED, .attempts = 1, .told = 2}, /* told twice */
        {.experiment = 1,
         .state = TRIAL_COMPLETED,
         .attempts = 1,
         .told = 1,
         .value_count = 1,
         .values = {0.5}}, /* two results */
    };
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        (void)snprintf(store_path, sizeof store_path, "%s/store-%zu.db", store_folder, i);
        struct store *store = store_for_test(store_path, NULL);
        simple_turn(store, 0);
        commit_for_test(store);
        struct record record = {.kind = RECORD_TRIAL, .trial = wrong[i]};
        record.trial.created_ms = 1795000000123;
        assert_int_equal(store_apply(store, &record, &(struct store_texts){NULL, 0}), TIDE_OK);
        assert_int_equal(store_commit(store, 1795000000123, &error), TIDE_BUG);
        assert_string_equal(error.text, "the trial (1, 0, 0) in the store may not become what the "
                                        "coordinator says");
        store_close(store);
    }
}

/* A late RESULT changes what it says and leaves the rest; where it has no attempt it is refused. */
static void test_late(void **state)
{
    struct record lost = {.kind = RECORD_ATTEMPT,
                          .attempt = {.experiment = 1,
                                      .trial = 0,
                                      .number = 2,
                                      .state = ATTEMPT_LOST,
                                      .worker = 1,
                                      .offered_ms = 1795000000123,
                                      .duration_ms = 4711}};
    struct record late = {.kind = RECORD_LATE,
                          .attempt = {.experiment = 1,
                                      .trial = 0,
                                      .number = 2,
                                      .state = ATTEMPT_DONE,
                                      .worker = 1,
                                      .outcome = OUTCOME_COMPLETED,
                                      .late = true}};
    struct store_texts none = {NULL, 0};
    struct error error;

    (void)state;
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    assert_int_equal(store_apply(store, &late, &none), TIDE_OK); /* in one batch, in any order */
    assert_int_equal(store_apply(store, &lost, &none), TIDE_OK);
    commit_for_test(store);
    assert_int_equal(query_integer(store_path, "SELECT duration_ms FROM attempt WHERE number = 2"
                                               " AND state = 'done' AND late = 1"),
                     4711);
    late.attempt.number = 3;
    assert_int_equal(store_apply(store, &late, &none), TIDE_OK);
    assert_int_equal(store_commit(store, 1795000000123, &error), TIDE_BUG);
    store_close(store);
}

/* The first MiB and the last 4 MiB of a stream stay; what belongs to no attempt is ignored. */
static void test_log_is_bounded(void **state)
{
    enum { PIECE = 65536, PIECES = 200 };
    static char piece[PIECE + 1];
    struct wire_attempt attempt = {1, 0, 1}, unknown = {1, 77, 1};

    (void)state;
    memset(piece, 'x', PIECE);
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    for (int64_t i = 0; i < PIECES; i++) {
        assert_int_equal(store_log(store, &attempt, STREAM_STDERR, i * PIECE, piece), TIDE_OK);
    }
    assert_int_equal(store_log(store, &unknown, STREAM_STDERR, 0, piece), TIDE_OK);
    commit_for_test(store);
    assert_int_equal(query_integer(store_path,
                                   "SELECT sum(length(text)) FROM log WHERE stream = 'stderr'"
                                   " AND offset < 1048576"),
                     STORE_LOG_HEAD_BYTES);
    assert_int_equal(query_integer(store_path,
                                   "SELECT sum(length(text)) FROM log WHERE stream = 'stderr'"
                                   " AND offset >= 1048576"),
                     STORE_LOG_TAIL_BYTES + PIECE);
    assert_int_equal(query_integer(store_path, "SELECT max(offset) FROM log"),
                     (PIECES - 1) * PIECE);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM log WHERE trial = 77"), 0);
    store_close(store);
}

static int64_t value_of(sqlite3 *db, const char *sql)
{
    struct error error;
    int64_t value = -1;

    assert_int_equal(db_integer(db, sql, &value, &error), TIDE_OK);
    return value;
}

/* Each step is all or nothing, and there is a copy of what was there before. */
static void test_migration(void **state)
{
    static const char *const steps[] = {"CREATE TABLE x (a INTEGER)", "INSERT INTO x VALUES (2)",
                                        "INSERT INTO x VALUES (3); NONSENSE"};
    char copy[600];
    sqlite3 *db;
    struct error error;

    (void)state;
    (void)snprintf(copy, sizeof copy, "%s.bak-v1", store_path);
    assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
    assert_int_equal(migrate(db, store_path, steps, 1, &error), TIDE_OK);
    assert_int_equal(migrate(db, store_path, steps, 1, &error), TIDE_OK); /* nothing to do */
    assert_int_equal(access(copy, F_OK), -1);
    assert_int_equal(migrate(db, store_path, steps, 3, &error), TIDE_BUG);
    assert_int_equal(value_of(db, "PRAGMA user_version"), 2);
    assert_int_equal(value_of(db, "SELECT sum(a) FROM x"), 2);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
    assert_int_equal(value_of(db, "PRAGMA user_version"), 1);
    assert_int_equal(value_of(db, "SELECT count(*) FROM x"), 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Moments agree with the C library's calendar, and read back. */
static void test_moments(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 1, "moments");
    for (int i = 0; i < 20000; i++) {
        int64_t ms = (int64_t)rng_below(&rng, 253402300800000), again;
        time_t seconds = (time_t)(ms / 1000);
        struct tm tm;
        char want[64], got[MOMENT_TEXT_BYTES];
        assert_non_null(gmtime_r(&seconds, &tm));
        size_t length = strftime(want, sizeof want, "%Y-%m-%d %H:%M:%S", &tm);
        (void)snprintf(want + length, sizeof want - length, ".%03d", (int)(ms % 1000));
        assert_string_equal(moment_print(got, ms), want);
        assert_true(moment_parse(got, &again));
        assert_int_equal(again, ms);
    }
    int64_t ms;
    assert_false(moment_parse("2026-02-30 00:00:00.000", &ms));
    assert_false(moment_parse("2026-02-03 24:00:00.000", &ms));
    assert_false(moment_parse("2026-02-03 23:00:00", &ms));
    assert_false(moment_parse("2026-02-03T23:00:00.000", &ms));
    assert_false(moment_parse("", &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_read_back, folder_make, folder_remove),
        cmocka_unit_test(test_no_field_is_forgotten),
        cmocka_unit_test_setup_teardown(test_incarnations_and_cluster, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_views, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_metric_current, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_lending, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_fences, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_late, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_log_is_bounded, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_migration, folder_make, folder_remove),
        cmocka_unit_test(test_moments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
