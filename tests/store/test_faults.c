/*
 * Every failure is survived. A store is opened, written, checkpointed, read and closed while the
 * first, the second, the third ... call to the file system or to the allocator fails, until all of
 * it succeeds. After each failure the file must be sound and hold every acknowledged turn, and the
 * status must be one that tells the caller what to do.
 *
 * Where there are hundreds a sample of them fails, or every one with TIDE_LONG=1.
 */
#include "store/rows.h"

#include "support/shim_vfs.h"
#include "support/support.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct shim *shim;
static bool every_call;

/* ---- an allocator that fails on demand, SQLite's and ours ---- */

static int64_t allocations_left; /* 0: none fails */
static uint32_t allocations_failed;
static sqlite3_mem_methods real_memory;

static bool allocation_fails(void)
{
    if (allocations_left == 0 || --allocations_left > 0) {
        return false;
    }
    allocations_failed++;
    return true;
}

static void *memory_malloc(int bytes)
{
    return allocation_fails() ? NULL : real_memory.xMalloc(bytes);
}

static void *memory_realloc(void *old, int bytes)
{
    return allocation_fails() ? NULL : real_memory.xRealloc(old, bytes);
}

/* The linker gives these to the store in place of the C library's (--wrap). */
void *__real_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);

void *__wrap_calloc(size_t count, size_t bytes)
{
    return allocation_fails() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return allocation_fails() ? NULL : __real_realloc(old, bytes);
}

/* ---- a file system of any kind ---- */

static long system_type; /* 0 the real one */

int __real_statfs(const char *name, struct statfs *system);
int __wrap_statfs(const char *name, struct statfs *system);

int __wrap_statfs(const char *name, struct statfs *system)
{
    int result = __real_statfs(name, system);

    if (system_type != 0) {
        system->f_type = system_type;
    }
    return result;
}

/* ---- what is done while it fails ---- */

struct run {
    int32_t acknowledged; /* turns */
    int32_t tried;
    bool kept; /* a batch waits in the store */
};

/* A status that says what to do; a bug is none. */
static enum tide_status told(enum tide_status status, const struct error *error)
{
    if (status != TIDE_OK && status != TIDE_IO && status != TIDE_FULL && status != TIDE_NO_MEMORY) {
        fail_msg("%s: %s", tide_status_text(status), error->text);
    }
    return status;
}

static enum tide_status turn(struct store *store, struct run *run)
{
    static const char *const items[] = {"digits", "spec", "spot-a1", "{\"lr\":0.5}"};
    const struct store_texts texts = {items, 4};
    const struct record records[] = {
        {.kind = RECORD_EXPERIMENT,
         .experiment = {.id = 1, .created_ms = ROWS_NOW_MS, .name_text = 1, .spec_text = 2}},
        {.kind = RECORD_WORKER,
         .worker =
             {.id = 1, .first_seen_ms = ROWS_NOW_MS, .last_seen_ms = ROWS_NOW_MS, .name_text = 3}},
        {.kind = RECORD_SUGGESTION,
         .suggestion = {.experiment = 1, .number = run->tried, .params_text = 4}},
        {.kind = RECORD_TRIAL,
         .trial = {.experiment = 1,
                   .number = run->tried,
                   .suggestion = run->tried,
                   .created_ms = ROWS_NOW_MS}}};
    struct error error = {0};

    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        enum tide_status status = store_apply(store, &records[i], &texts);
        if (status != TIDE_OK) {
            return told(status, &error);
        }
    }
    enum tide_status status = store_commit(store, ROWS_NOW_MS, &error);
    run->kept = status == TIDE_FULL || status == TIDE_NO_MEMORY;
    run->tried++;
    if (status == TIDE_OK) {
        run->acknowledged = run->tried;
    }
    return told(status, &error);
}

static enum tide_status read_all(struct store *store)
{
    struct store_rows *rows;
    struct store_row row;
    struct error error = {0};
    enum tide_status status = store_rows_open(store, RECORD_TRIAL, &rows, &error);

    while (status == TIDE_OK) {
        status = store_rows_next(rows, &row, &error);
    }
    store_rows_close(rows);
    return status == TIDE_NOT_FOUND ? TIDE_OK : told(status, &error);
}

static enum tide_status work(struct store *store, struct run *run)
{
    struct error error = {0};
    enum tide_status status = TIDE_OK;

    for (int i = 0; i < 3 && status == TIDE_OK; i++) {
        status = turn(store, run);
        if (status == TIDE_OK) {
            status = told(store_tidy(store, &error), &error);
        }
    }
    return status == TIDE_OK ? read_all(store) : status;
}

static struct store_options options_for_test(void)
{
    return (struct store_options){.path = store_path,
                                  .software = "test",
                                  .vfs = "shim",
                                  .checkpoint_pages = 4,
                                  .wall_ms = ROWS_NOW_MS};
}

static void disarm(void)
{
    shim->countdown = 0;
    allocations_left = 0;
}

/* Opens, works, closes; what failed for want of space or memory is tried again once that is over.
 */
static void run_once(struct run *run)
{
    struct store_options options = options_for_test();
    struct store *store;
    struct error error = {0};

    if (told(store_open(&options, &store, &error), &error) != TIDE_OK) {
        assert_true(error.text[0] != '\0');
        assert_null(store);
        return;
    }
    (void)work(store, run);
    if (run->kept) {
        disarm();
        assert_int_equal(store_commit(store, ROWS_NOW_MS, &error), TIDE_OK);
        run->acknowledged = run->tried;
    }
    store_close(store);
}

static void remove_store(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char name[600];

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        (void)snprintf(name, sizeof name, "%s%s", store_path, suffixes[i]);
        (void)unlink(name);
    }
}

/* The file is sound, and holds what was acknowledged: all of it, and at most the turn after. */
static void check(const struct run *run, int64_t n)
{
    struct store_options options = options_for_test();
    struct store *store;
    struct error error;

    if (store_open(&options, &store, &error) != TIDE_OK) {
        fail_msg("call %lld: %s", (long long)n, error.text);
    }
    store_close(store);
    int64_t trials = query_integer(store_path, "SELECT count(*) FROM trial");
    if (trials < run->acknowledged || trials > run->tried ||
        query_integer(store_path, "SELECT count(*) FROM pragma_integrity_check"
                                  " WHERE integrity_check <> 'ok'") != 0) {
        fail_msg("call %lld: %lld trials, %d acknowledged, or not sound", (long long)n,
                 (long long)trials, run->acknowledged);
    }
}

/* One failure at call `n` of a store that is new, or has a past. True when something failed. */
static bool fail_at(int64_t n, bool is_new, uint32_t calls)
{
    struct run run = {0};

    remove_store();
    if (!is_new) {
        run_once(&run);
    }
    shim->failed = allocations_failed = 0;
    shim->calls = calls;
    if (calls != 0) {
        shim->countdown = n;
    } else {
        allocations_left = n;
    }
    run_once(&run);
    disarm();
    bool failed = shim->failed > 0 || allocations_failed > 0;
    check(&run, n);
    return failed;
}

/* ---- tests ---- */

static int setup(void **state)
{
    shim->sync_us = -1; /* the medium is not what is tested here */
    shim->for_ever = shim->full = false;
    return folder_make(state);
}

/* Every `stride`th call, for a store that is new and for one that is not. */
static int64_t fail_each(uint32_t calls, int64_t stride)
{
    int64_t failures = 0;

    for (int is_new = 0; is_new < 2; is_new++) {
        for (int64_t n = 1; fail_at(n, is_new == 1, calls); n += every_call ? 1 : stride) {
            failures++;
        }
    }
    return failures;
}

static void test_each_call_fails_once(void **state)
{
    (void)state;
    for (uint32_t call = SHIM_OPEN; call < SHIM_ALL; call *= 2) {
        int64_t failures = fail_each(call, 1);
        print_message("  kind %u: %lld failures\n", call, (long long)failures);
        assert_true(failures > 0 || call == SHIM_TRUNCATE || call == SHIM_DELETE);
    }
}

static void test_the_disk_breaks_for_good(void **state)
{
    (void)state;
    shim->for_ever = true;
    assert_true(fail_each(SHIM_ALL, 5) > 50);
}

static void test_the_disk_is_full(void **state)
{
    (void)state;
    shim->full = true;
    assert_true(fail_each(SHIM_WRITE, 3) > 50);
    shim->for_ever = true;
    assert_true(fail_each(SHIM_WRITE, 3) > 50);
}

static void test_memory_runs_out(void **state)
{
    int64_t failures = 0;

    (void)state;
    for (int64_t n = 1; fail_at(n, n % 2 == 0, 0); n += every_call || n < 100 ? 1 : 23) {
        failures++;
    }
    print_message("  %lld failures\n", (long long)failures);
    assert_true(failures > 100);
}

/* Where locks cannot be relied upon there is no store; on an overlay there is one, with a note. */
static void test_file_systems(void **state)
{
    static const struct {
        long type;
        const char *name;
    } unreliable[] = {{0x6969, "NFS"}, {0x65735546, "FUSE"}, {0x01021997, "9p"}};
    struct store_options options = options_for_test();
    struct store *store;
    struct error error;
    char notes[512];

    (void)state;
    options.vfs = NULL;
    for (size_t i = 0; i < sizeof unreliable / sizeof *unreliable; i++) {
        system_type = unreliable[i].type;
        assert_int_equal(store_open(&options, &store, &error), TIDE_REFUSED);
        assert_non_null(strstr(error.text, unreliable[i].name));
        assert_int_equal(access(store_path, F_OK), -1);
    }
    system_type = 0x794c7630;
    assert_int_equal(store_open(&options, &store, &error), TIDE_OK);
    store_notes(store, notes, sizeof notes);
    system_type = 0;
    assert_non_null(strstr(notes, "SQLite " SQLITE_VERSION));
    assert_non_null(strstr(notes, "on an overlay"));
    store_close(store);
}

/* The ballast pays for the commit that finds the disk full. */
static void test_ballast(void **state)
{
    char ballast[600];
    struct store_options options = options_for_test();
    struct store *store;
    struct error error;
    struct run run = {0};

    (void)state;
    (void)snprintf(ballast, sizeof ballast, "%s.ballast", store_path);
    options.ballast_bytes = 1 << 20;
    assert_int_equal(store_open(&options, &store, &error), TIDE_OK);
    assert_true(store_health(store).ballast);
    assert_int_equal(access(ballast, F_OK), 0);
    shim->full = true;
    shim->calls = SHIM_WRITE;
    shim->countdown = 1;
    assert_int_equal(turn(store, &run), TIDE_OK);
    assert_int_equal(shim->failed, 1);
    assert_false(store_health(store).ballast);
    assert_int_equal(access(ballast, F_OK), -1);
    assert_int_equal(store_tidy(store, &error), TIDE_OK); /* there is room again */
    assert_true(store_health(store).ballast);
    store_close(store);
    assert_int_equal(access(ballast, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_call_fails_once, setup, folder_remove),
        cmocka_unit_test_setup_teardown(test_the_disk_breaks_for_good, setup, folder_remove),
        cmocka_unit_test_setup_teardown(test_the_disk_is_full, setup, folder_remove),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, folder_remove),
        cmocka_unit_test_setup_teardown(test_file_systems, setup, folder_remove),
        cmocka_unit_test_setup_teardown(test_ballast, setup, folder_remove),
    };
    sqlite3_mem_methods failing;

    every_call = getenv("TIDE_LONG") != NULL;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK) {
        return 1;
    }
    failing = real_memory;
    failing.xMalloc = memory_malloc;
    failing.xRealloc = memory_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK) {
        return 1;
    }
    shim = shim_register("shim");
    return shim == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
