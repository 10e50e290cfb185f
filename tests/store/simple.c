/* One experiment, one worker, and trials that complete: what most tests of the store write. */
#include "store/rows.h"

#include "support/support.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

char *store_folder;
char store_path[512];

int folder_make(void **state)
{
    (void)state;
    store_folder = scratch_new();
    (void)snprintf(store_path, sizeof store_path, "%s/store.db", store_folder);
    return chmod(store_folder, 0755);
}

int folder_remove(void **state)
{
    (void)state;
    scratch_free(store_folder);
    return 0;
}

struct store *store_for_test(const char *path, const char *vfs)
{
    struct store_options options = {
        .path = path, .software = "test", .vfs = vfs, .wall_ms = ROWS_NOW_MS};
    struct store *store;
    struct error error;

    if (store_open(&options, &store, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    return store;
}

void commit_for_test(struct store *store)
{
    struct error error;

    if (store_commit(store, ROWS_NOW_MS, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
}

static void describe_simple(struct store *store)
{
    static const struct store_parameter parameters[] = {
        {.name = "lr", .type = "float", .low = 1e-5, .high = 0.1, .log = true, .step = 0},
        {.name = "layers", .type = "int", .low = 1, .high = 6, .step = 1},
        {.name = "opt", .type = "categorical", .choices = "[\"adam\",\"sgd\"]"},
        {.name = "amp", .type = "bool", .choices = "[false,true]"},
        {.name = "width", .type = "ordinal", .choices = "[8,16,32]"},
        {.name = "decay", .type = "float", .high = 0.5, .step = 0.05},
        {.name = "momentum", .type = "float", .low = 0.5, .high = 1, .log = true, .step = 0.1},
        {.name = "data_seed", .type = "constant", .choices = "[1234]"}};
    static const struct store_objective objectives[] = {{"val_loss", false}, {"latency", true}};
    static const struct store_outcome outcomes[] = {{"params_m", -HUGE_VAL, 25}};
    const struct store_description description = {.experiment = 1,
                                                  .budget_trials = 50,
                                                  .budget_cost_micro = 20000000,
                                                  .currency = "USD",
                                                  .parameters = parameters,
                                                  .parameter_count = 8,
                                                  .objectives = objectives,
                                                  .objective_count = 2,
                                                  .outcomes = outcomes,
                                                  .outcome_count = 1};

    assert_int_equal(store_describe(store, &description), TIDE_OK);
}

enum text {
    TEXT_NONE,
    TEXT_NAME,
    TEXT_SPEC,
    TEXT_WORKER,
    TEXT_PARAMS,
    TEXT_ORIGIN,
    TEXT_METRIC,
    TEXT_HASH,
    TEXT_LOCATION,
    TEXT_MESSAGE,
    TEXT_POOL,
    TEXT_COUNT
};

static const char params[] = "{\"lr\":0.0019,\"layers\":3,\"opt\":\"sgd\",\"amp\":true,"
                             "\"width\":16,\"decay\":0.15,\"momentum\":0.9}";

static const char *const items[] = {[TEXT_NAME - 1] = "digits",
                                    [TEXT_SPEC - 1] = "name: digits\n",
                                    [TEXT_WORKER - 1] = "spot-a1",
                                    [TEXT_PARAMS - 1] = params,
                                    [TEXT_ORIGIN - 1] = "{\"phase\":\"sobol\"}",
                                    [TEXT_METRIC - 1] = "val_loss",
                                    [TEXT_HASH - 1] = "0123456789abcdef",
                                    [TEXT_LOCATION - 1] = "file:/tmp/c",
                                    [TEXT_MESSAGE - 1] = "a message",
                                    [TEXT_POOL - 1] = "night"};

static void apply(struct store *store, const struct record *record)
{
    const struct store_texts texts = {items, TEXT_COUNT - 1};

    assert_int_equal(store_apply(store, record, &texts), TIDE_OK);
}

static void apply_experiment(struct store *store, int32_t number)
{
    const struct record experiment = {.kind = RECORD_EXPERIMENT,
                                      .experiment = {.id = 1,
                                                     .state = EXPERIMENT_RUNNING,
                                                     .created_ms = ROWS_NOW_MS,
                                                     .told_count = number + 1,
                                                     .cost_micro = 250 * (number + 1) + 1000,
                                                     .name_text = TEXT_NAME,
                                                     .spec_text = TEXT_SPEC}};
    const struct record worker = {.kind = RECORD_WORKER,
                                  .worker = {.id = 1,
                                             .connected = true,
                                             .pool = 1,
                                             .slots = 4,
                                             .first_seen_ms = ROWS_NOW_MS,
                                             .last_seen_ms = ROWS_NOW_MS,
                                             .name_text = TEXT_WORKER}};
    const struct record suggestion = {.kind = RECORD_SUGGESTION,
                                      .suggestion = {.experiment = 1,
                                                     .number = number,
                                                     .state = SUGGESTION_USED,
                                                     .trial = number,
                                                     .params_text = TEXT_PARAMS,
                                                     .origin_text = TEXT_ORIGIN}};

    apply(store, &experiment);
    apply(store, &worker);
    apply(store, &suggestion);
    if (number == 0) {
        describe_simple(store);
    }
}

static void apply_trial(struct store *store, int32_t number)
{
    const struct record trial = {
        .kind = RECORD_TRIAL,
        .trial = {.experiment = 1,
                  .number = number,
                  .state = TRIAL_COMPLETED,
                  .suggestion = number,
                  .attempts = 1,
                  .step = 2,
                  .value_count = 3,
                  .values = {1.0 / (number + 1.5), 2.385 * number, 24.5 + 0.1 * (number % 11)},
                  .checkpoint = {1, 1, 2},
                  .created_ms = ROWS_NOW_MS,
                  .started_ms = ROWS_NOW_MS + 1,
                  .ended_ms = ROWS_NOW_MS + 1000,
                  .useful_ms = 900,
                  .lost_ms = 99,
                  .cost_micro = 250,
                  .told = number + 1}};
    const struct record attempt = {.kind = RECORD_ATTEMPT,
                                   .attempt = {.experiment = 1,
                                               .trial = number,
                                               .number = 1,
                                               .state = ATTEMPT_DONE,
                                               .worker = 1,
                                               .outcome = OUTCOME_COMPLETED,
                                               .cause = CAUSE_EXIT,
                                               .last_step = 2,
                                               .offered_ms = ROWS_NOW_MS,
                                               .started_ms = ROWS_NOW_MS + 1,
                                               .ended_ms = ROWS_NOW_MS + 1000,
                                               .duration_ms = 999,
                                               .useful_ms = 900,
                                               .lost_ms = 99,
                                               .cost_micro = 250,
                                               .incarnation = 1,
                                               .message_text = TEXT_MESSAGE}};

    apply(store, &trial);
    apply(store, &attempt);
}

/* 3.6 USD an hour, shared by the four slots of the worker: 0.25 millionths a millisecond. */
static void apply_money(struct store *store, int32_t number)
{
    const struct record pool = {.kind = RECORD_POOL,
                                .pool = {.id = 1,
                                         .kind = POOL_ON_DEMAND,
                                         .trust = PRICE_KNOWN,
                                         .slots = 4,
                                         .currency = 0x555344,
                                         .name_text = TEXT_POOL}};
    const struct record price = {.kind = RECORD_PRICE,
                                 .price = {.pool = 1,
                                           .start_ms = ROWS_NOW_MS - 1000,
                                           .price_micro = 3600000,
                                           .trust = PRICE_KNOWN}};
    struct record entry = {.kind = RECORD_ENTRY,
                           .entry = {.id = 2 * number + 1,
                                     .kind = LEDGER_USEFUL,
                                     .experiment = 1,
                                     .trial = number,
                                     .attempt = 1,
                                     .worker = 1,
                                     .pool = 1,
                                     .slots = 1,
                                     .from_ms = ROWS_NOW_MS + 1,
                                     .to_ms = ROWS_NOW_MS + 901,
                                     .price_micro = 3600000,
                                     .cost_micro = 225}};

    apply(store, &pool);
    apply(store, &price);
    apply(store, &entry);
    entry.entry.id++;
    entry.entry.kind = LEDGER_LOST;
    entry.entry.from_ms = ROWS_NOW_MS + 901;
    entry.entry.to_ms = ROWS_NOW_MS + 1000;
    entry.entry.cost_micro = 25;
    apply(store, &entry);
}

static void apply_reports(struct store *store, int32_t number)
{
    const struct record checkpoint = {.kind = RECORD_CHECKPOINT,
                                      .checkpoint = {.experiment = 1,
                                                     .trial = number,
                                                     .attempt = 1,
                                                     .seq = 1,
                                                     .step = 2,
                                                     .bytes = 4711,
                                                     .created_ms = ROWS_NOW_MS,
                                                     .hash_text = TEXT_HASH,
                                                     .location_text = TEXT_LOCATION}};
    const struct record metric = {.kind = RECORD_METRIC,
                                  .metric = {.experiment = 1,
                                             .trial = number,
                                             .attempt = 1,
                                             .step = 1,
                                             .value = 0.7311,
                                             .reported_ms = ROWS_NOW_MS,
                                             .name_text = TEXT_METRIC}};
    const struct trace trace = {.kind = TRACE_TRIAL,
                                .wall_ms = ROWS_NOW_MS,
                                .experiment = 1,
                                .trial = number,
                                .a = TRIAL_COMPLETED};
    const struct wire_attempt attempt = {1, number, 1};

    apply(store, &checkpoint);
    apply(store, &metric);
    assert_int_equal(store_event(store, &trace, "trial 1.0: completed"), TIDE_OK);
    assert_int_equal(store_log(store, &attempt, STREAM_STDOUT, 0, "epoch 1 val_loss=0.7311\n"),
                     TIDE_OK);
}

void simple_turn(struct store *store, int32_t number)
{
    apply_experiment(store, number);
    apply_money(store, number);
    apply_trial(store, number);
    apply_reports(store, number);
}

int64_t query_integer(const char *path, const char *sql)
{
    struct sqlite3 *db;
    struct error error;
    sqlite3_stmt *statement;

    if (store_reader_open(path, &db, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    if (sqlite3_step(statement) != SQLITE_ROW) {
        fail_msg("%s: no row, %s", sql, sqlite3_errmsg(db));
    }
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    store_reader_close(db);
    return value;
}
