/*
 * What the store promises to those who query it: every query of docs/STORE.md runs, the page has
 * every table, view and column, and the views in Optuna's names have the columns and contents that
 * Optuna's models expect.
 *
 *     test_store_interface docs/STORE.md
 */
#include "store/documented.h"
#include "store/rows.h"

#include "support/support.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 21 };

static const char *page_path;
static struct store *store;
static struct sqlite3 *db;

static int setup(void **state)
{
    struct error error;

    (void)folder_make(state);
    store = store_for_test(store_path, NULL);
    for (int32_t number = 0; number < TRIALS; number++) {
        simple_turn(store, number);
    }
    commit_for_test(store);
    return store_reader_open(store_path, &db, &error) == TIDE_OK ? 0 : -1;
}

static int teardown(void **state)
{
    store_reader_close(db);
    store_close(store);
    return folder_remove(state);
}

static sqlite3_stmt *query(const char *sql)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sqlite3_errmsg(db), sql);
    }
    return statement;
}

/* ---- the page ---- */

static void test_documented_queries_run(void **state)
{
    FILE *page = fopen(page_path, "r");
    char sql[4096];
    bool inside = false;
    int count = 0, with_rows = 0, code;

    (void)state;
    assert_non_null(page);
    while (documented_next(page, &inside, sql, sizeof sql)) {
        sqlite3_stmt *statement = query(sql);
        bool any = false;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            any = true;
        }
        assert_int_equal(code, SQLITE_DONE);
        (void)sqlite3_finalize(statement);
        count++;
        with_rows += any;
    }
    (void)fclose(page);
    assert_true(count >= 15);
    assert_true(with_rows >= count - 2); /* nothing failed, nothing runs */
}

/* The part of the page under `### NAME`; the caller frees it. */
static char *section_of(const char *page, const char *name)
{
    char heading[128];

    (void)snprintf(heading, sizeof heading, "\n### %s\n", name);
    const char *from = strstr(page, heading);
    if (from == NULL) {
        fail_msg("%s has no section '%s'", page_path, name);
        return NULL;
    }
    const char *to = strstr(from + 5, "\n##");
    return strndup(from, to == NULL ? strlen(from) : (size_t)(to - from));
}

static void check_columns(const char *page, const char *name)
{
    char sql[256], quoted[128];

    (void)snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_xinfo('%s')", name);
    char *section = section_of(page, name);
    sqlite3_stmt *statement = query(sql);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        (void)snprintf(quoted, sizeof quoted, "`%s`", sqlite3_column_text(statement, 0));
        if (strstr(section, quoted) == NULL) {
            fail_msg("%s, section '%s': no column %s", page_path, name, quoted);
        }
    }
    (void)sqlite3_finalize(statement);
    free(section);
}

static void test_every_column_is_documented(void **state)
{
    char *page = file_read(page_path);
    int count = 0;

    (void)state;
    sqlite3_stmt *statement =
        query("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
              " AND (name NOT LIKE 'stud%' AND name NOT LIKE 'trial\\__%' ESCAPE '\\'"
              " AND name NOT IN ('trials', 'version_info', 'alembic_version'))");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        check_columns(page, (const char *)sqlite3_column_text(statement, 0));
        count++;
    }
    (void)sqlite3_finalize(statement);
    free(page);
    assert_true(count >= 18);
}

/* ---- Optuna ---- */

/* The models of Optuna 3.2 to 5.0, table by table. */
static const char *const optuna_columns[][2] = {
    {"studies", "study_id,study_name"},
    {"study_directions", "study_direction_id,direction,study_id,objective"},
    {"study_user_attributes", "study_user_attribute_id,study_id,key,value_json"},
    {"study_system_attributes", "study_system_attribute_id,study_id,key,value_json"},
    {"trials", "trial_id,number,study_id,state,datetime_start,datetime_complete"},
    {"trial_user_attributes", "trial_user_attribute_id,trial_id,key,value_json"},
    {"trial_system_attributes", "trial_system_attribute_id,trial_id,key,value_json"},
    {"trial_params", "param_id,trial_id,param_name,param_value,distribution_json"},
    {"trial_values", "trial_value_id,trial_id,objective,value,value_type"},
    {"trial_intermediate_values", "trial_intermediate_value_id,trial_id,step,intermediate_value,"
                                  "intermediate_value_type"},
    {"trial_heartbeats", "trial_heartbeat_id,trial_id,heartbeat"},
    {"version_info", "version_info_id,schema_version,library_version"},
    {"alembic_version", "version_num"}};

static void test_optuna_columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof optuna_columns / sizeof *optuna_columns; i++) {
        char sql[256];
        (void)snprintf(sql, sizeof sql, "SELECT group_concat(name) FROM pragma_table_info('%s')",
                       optuna_columns[i][0]);
        sqlite3_stmt *statement = query(sql);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal(sqlite3_column_text(statement, 0), optuna_columns[i][1]);
        (void)sqlite3_finalize(statement);
    }
}

static void expect(const char *sql, const char *want)
{
    sqlite3_stmt *statement = query(sql);

    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *got = (const char *)sqlite3_column_text(statement, 0);
    if (got == NULL || strcmp(got, want) != 0) {
        fail_msg("%s: got %s, want %s", sql, got == NULL ? "NULL" : got, want);
    }
    (void)sqlite3_finalize(statement);
}

static void test_optuna_contents(void **state)
{
    (void)state;
    expect("SELECT study_name FROM studies", "digits");
    expect("SELECT group_concat(direction) FROM study_directions", "MINIMIZE,MAXIMIZE");
    expect("SELECT value_json FROM study_system_attributes", "[\"val_loss\",\"latency\"]");
    expect("SELECT count(*) FROM trials WHERE state = 'COMPLETE'", "21");
    expect("SELECT datetime_start FROM trials LIMIT 1", "2026-11-18 11:06:40.124000");
    expect("SELECT count(*) FROM trial_values WHERE value_type = 'FINITE'", "42");
    expect("SELECT count(*) FROM trial_intermediate_values WHERE step = 1", "21");
    expect("SELECT value_json FROM trial_system_attributes WHERE trial_id % 4294967296 = 5",
           "[0.0]");
    expect("SELECT count(*) FROM (SELECT trial_id FROM trials INTERSECT"
           " SELECT trial_id FROM trial_params)",
           "21");
    expect("SELECT count(DISTINCT param_id) FROM trial_params", "147");
}

/* A category by its index; a float with both log and step without the step. */
static void test_optuna_distributions(void **state)
{
    static const char *const want[][2] = {
        {"lr", "0.0019 {\"name\":\"FloatDistribution\",\"attributes\":{\"step\":null,"
               "\"low\":1.0e-05,\"high\":0.1,\"log\":true}}"},
        {"layers", "3.0 {\"name\":\"IntDistribution\",\"attributes\":{\"log\":false,\"step\":1,"
                   "\"low\":1,\"high\":6}}"},
        {"opt", "1.0 {\"name\":\"CategoricalDistribution\","
                "\"attributes\":{\"choices\":[\"adam\",\"sgd\"]}}"},
        {"amp", "1.0 {\"name\":\"CategoricalDistribution\","
                "\"attributes\":{\"choices\":[false,true]}}"},
        {"width", "1.0 {\"name\":\"CategoricalDistribution\","
                  "\"attributes\":{\"choices\":[8,16,32]}}"},
        {"decay", "0.15 {\"name\":\"FloatDistribution\",\"attributes\":{\"step\":0.05,"
                  "\"low\":0.0,\"high\":0.5,\"log\":false}}"},
        {"momentum", "0.9 {\"name\":\"FloatDistribution\",\"attributes\":{\"step\":null,"
                     "\"low\":0.5,\"high\":1.0,\"log\":true}}"}};

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        char sql[256];
        (void)snprintf(sql, sizeof sql,
                       "SELECT param_value || ' ' || distribution_json FROM trial_params"
                       " WHERE param_name = '%s'",
                       want[i][0]);
        expect(sql, want[i][1]);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_queries_run),
        cmocka_unit_test(test_every_column_is_documented),
        cmocka_unit_test(test_optuna_columns),
        cmocka_unit_test(test_optuna_contents),
        cmocka_unit_test(test_optuna_distributions),
    };

    page_path = argc > 1 ? argv[1] : "docs/STORE.md";
    return cmocka_run_group_tests(tests, setup, teardown);
}
