/*
 * One writer and anyone who reads: other processes lock, read, hold cursors and transactions at a
 * store while its coordinator runs and after; each is refused, served or waited for as promised.
 */
#include "store/rows.h"

#include "support/shim_vfs.h"
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* ---- another process, with a word each way ---- */

struct other {
    pid_t process;
    int to, from; /* pipes */
};

static void say(int descriptor)
{
    if (write(descriptor, "!", 1) != 1) {
        abort();
    }
}

static void hear(int descriptor)
{
    char byte;

    if (read(descriptor, &byte, 1) != 1) {
        abort();
    }
}

/* Runs `work` in a child, which has no store open; its answer is the exit code. */
static struct other other_start(int (*work)(int hears, int says))
{
    int down[2], up[2];

    assert_int_equal(pipe2(down, O_CLOEXEC), 0);
    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    pid_t process = fork();
    if (process == 0) {
        (void)close(down[1]); /* or it would never see the end of its own pipe */
        (void)close(up[0]);
        _exit(work(down[0], up[1]));
    }
    assert_true(process > 0);
    (void)close(down[0]);
    (void)close(up[1]);
    return (struct other){process, down[1], up[0]};
}

static int other_end(struct other *other)
{
    int status = 0;

    (void)close(other->to);
    (void)close(other->from);
    assert_int_equal(waitpid(other->process, &status, 0), other->process);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* ---- one writer ---- */

static int open_second(int hears, int says)
{
    struct store_options options = {
        .path = store_path, .software = "second", .wall_ms = ROWS_NOW_MS};
    struct store *store;
    struct error error;
    char want[64];

    hear(hears);
    enum tide_status status = store_open(&options, &store, &error);
    say(says);
    (void)snprintf(want, sizeof want, "another coordinator, process %ld;", (long)getppid());
    return status == TIDE_BUSY && store == NULL && strstr(error.text, want) != NULL ? 0 : 1;
}

static void test_second_coordinator_is_refused(void **state)
{
    (void)state;
    struct other other = other_start(open_second);
    struct store *store = store_for_test(store_path, NULL);
    say(other.to);
    hear(other.from);
    assert_int_equal(other_end(&other), 0);
    assert_int_equal(store_incarnation(store), 1);
    store_close(store);
    store_close(store_for_test(store_path, NULL)); /* and the lock is free again */
}

/* Where the lock did not help (two hosts, a copy moved into place) the incarnation does. */
static void test_stale_incarnation_writes_nothing(void **state)
{
    struct error error;

    (void)state;
    struct store *old = store_for_test(store_path, "shim"); /* a VFS of its own takes no lock */
    simple_turn(old, 0);
    commit_for_test(old);
    struct store *new = store_for_test(store_path, "shim");
    assert_int_equal(store_incarnation(new), 2);
    assert_int_equal(store_owned(new, &error), TIDE_OK);
    assert_int_equal(store_owned(old, &error), TIDE_STALE); /* it learns so without a write */
    simple_turn(old, 1);
    assert_int_equal(store_commit(old, ROWS_NOW_MS, &error), TIDE_STALE);
    assert_int_equal(store_commit(old, ROWS_NOW_MS, &error), TIDE_IO); /* for ever */
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM trial"), 1);
    simple_turn(new, 1);
    commit_for_test(new);
    store_close(old);
    store_close(new);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM trial"), 2);
}

/* ---- readers ---- */

/* Counts completed trials as a user who may not write, again for every word. */
static int read_as_nobody(int hears, int says)
{
    char byte;

    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
        return 1;
    }
    while (read(hears, &byte, 1) == 1) {
        struct sqlite3 *db;
        struct error error;
        sqlite3_stmt *statement;
        if (store_reader_open(store_path, &db, &error) != TIDE_OK) {
            (void)fprintf(stderr, "%s\n", error.text);
            return 2;
        }
        if (sqlite3_prepare_v2(db, "SELECT count(*) FROM trial", -1, &statement, NULL) != 0 ||
            sqlite3_step(statement) != SQLITE_ROW) {
            (void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
            return 3;
        }
        char count = (char)sqlite3_column_int(statement, 0);
        (void)sqlite3_finalize(statement);
        store_reader_close(db);
        if (write(says, &count, 1) != 1) {
            return 4;
        }
    }
    return 0;
}

static int count_by(const struct other *other)
{
    char count = 0;

    say(other->to);
    assert_int_equal(read(other->from, &count, 1), 1);
    return count;
}

static void test_reader_without_write_permission(void **state)
{
    (void)state;
    struct other other = other_start(read_as_nobody);
    struct store *store = store_for_test(store_path, NULL);
    for (int32_t number = 0; number < 5; number++) {
        simple_turn(store, number);
        commit_for_test(store);
        assert_int_equal(count_by(&other), number + 1); /* while it runs */
    }
    store_close(store);
    assert_int_equal(count_by(&other), 5); /* after it ended */
    assert_int_equal(other_end(&other), 0);
}

/* The file alone, on a medium nobody can write to: no WAL, no index of it. */
static void test_reader_on_read_only_medium(void **state)
{
    char name[600];

    (void)state;
    struct other other = other_start(read_as_nobody);
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    commit_for_test(store);
    store_close(store);
    (void)snprintf(name, sizeof name, "%s-wal", store_path);
    assert_int_equal(unlink(name), 0);
    (void)snprintf(name, sizeof name, "%s-shm", store_path);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(chmod(store_folder, 0555), 0);
    int count = count_by(&other);
    assert_int_equal(chmod(store_folder, 0755), 0);
    assert_int_equal(count, 1);
    assert_int_equal(other_end(&other), 0);
}

/* A notebook that forgets its cursor: the WAL grows, nothing waits, and it shrinks afterwards. */
static int hold_cursor(int hears, int says)
{
    struct sqlite3 *db;
    struct error error;
    sqlite3_stmt *statement;

    hear(hears);
    if (store_reader_open(store_path, &db, &error) != TIDE_OK ||
        sqlite3_prepare_v2(db, "SELECT number FROM trial", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        return 1;
    }
    say(says);
    hear(hears);
    (void)sqlite3_finalize(statement);
    store_reader_close(db);
    say(says);
    return 0;
}

static void big_turn(struct store *store)
{
    static char text[4000];
    const struct trace trace = {.kind = TRACE_COMMAND, .wall_ms = ROWS_NOW_MS, .trial = -1};

    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < STORE_CHECKPOINT_PAGES + 500; i++) {
        assert_int_equal(store_event(store, &trace, text), TIDE_OK);
    }
    commit_for_test(store);
}

static void tidy_for_test(struct store *store)
{
    struct error error;

    if (store_tidy(store, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
}

static void test_open_cursor_holds_the_wal(void **state)
{
    (void)state;
    struct other other = other_start(hold_cursor);
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    commit_for_test(store);
    say(other.to);
    hear(other.from);
    for (int i = 0; i < 4; i++) {
        big_turn(store);
        tidy_for_test(store);
    }
    assert_true(store_health(store).wal_bytes > STORE_WAL_WARN_BYTES);
    assert_true(store_health(store).wal_pages_held > 3 * STORE_CHECKPOINT_PAGES);
    say(other.to);
    hear(other.from);
    assert_int_equal(other_end(&other), 0);
    big_turn(store); /* the next checkpoint gets all of it */
    tidy_for_test(store);
    assert_int_equal(store_health(store).wal_pages_held, 0);
    big_turn(store); /* and the WAL begins anew, within its limit */
    assert_true(store_health(store).wal_bytes <= STORE_WAL_WARN_BYTES);
    store_close(store);
}

/* A shell in the middle of a transaction: the batch waits, nothing of it is lost. */
static int hold_lock(int hears, int says)
{
    sqlite3 *db;

    hear(hears);
    if (sqlite3_open(store_path, &db) != SQLITE_OK ||
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
        return 1;
    }
    say(says);
    hear(hears);
    (void)sqlite3_close(db);
    say(says);
    return 0;
}

static void test_shell_in_a_transaction(void **state)
{
    struct error error;

    (void)state;
    struct other other = other_start(hold_lock);
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    commit_for_test(store);
    say(other.to);
    hear(other.from);
    simple_turn(store, 1);
    assert_int_equal(store_commit(store, ROWS_NOW_MS, &error), TIDE_BUSY);
    assert_int_equal(store_holder(store), other.process);
    simple_turn(store, 2); /* the core goes on */
    assert_int_equal(store_commit(store, ROWS_NOW_MS, &error), TIDE_BUSY);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM trial"), 1);
    say(other.to);
    hear(other.from);
    assert_int_equal(other_end(&other), 0);
    commit_for_test(store);
    assert_int_equal(store_holder(store), 0);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM trial"), 3);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM event"),
                     3); /* each line once */
    store_close(store);
}

/* ---- files that are no store of ours ---- */

static void expect_refused(const char *text)
{
    struct store_options options = {.path = store_path, .software = "test", .wall_ms = ROWS_NOW_MS};
    struct store *store;
    struct sqlite3 *db;
    struct error error;

    assert_int_equal(store_open(&options, &store, &error), TIDE_REFUSED);
    assert_non_null(strstr(error.text, text));
    assert_null(store);
    assert_int_equal(store_reader_open(store_path, &db, &error), TIDE_REFUSED);
    assert_null(db);
}

static void sql_for_test(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_other_files_are_refused(void **state)
{
    struct sqlite3 *db;
    struct error error;

    (void)state;
    assert_int_equal(store_reader_open(store_path, &db, &error), TIDE_NOT_FOUND);
    file_write(store_path,
               "name: digits\ncommand: this is a spec, and not a database at all, is it?\n");
    expect_refused("is not a tidemill store");
    assert_int_equal(unlink(store_path), 0);
    sql_for_test("CREATE TABLE other (x)");
    expect_refused("is a database of another program");
    assert_int_equal(unlink(store_path), 0);
    store_close(store_for_test(store_path, NULL));
    sql_for_test("PRAGMA user_version = 2");
    expect_refused("was written by a newer tidemill (schema 2, this one knows 1)");
}

/* A store whose name means something in a URI. */
static void test_awkward_names(void **state)
{
    (void)state;
    (void)snprintf(store_path, sizeof store_path, "%s/100%% of a? #store.db", store_folder);
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    commit_for_test(store);
    assert_int_equal(query_integer(store_path, "SELECT count(*) FROM trial"), 1);
    store_close(store);
}

static void test_backup(void **state)
{
    char copy[600];
    struct sqlite3 *db;
    struct error error;

    (void)state;
    (void)snprintf(copy, sizeof copy, "%s/it's a copy.db", store_folder);
    struct store *store = store_for_test(store_path, NULL);
    simple_turn(store, 0);
    commit_for_test(store);
    assert_int_equal(store_reader_open(store_path, &db, &error), TIDE_OK);
    if (store_backup(db, copy, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(store_backup(db, copy, &error), TIDE_EXISTS);
    store_reader_close(db);
    assert_int_equal(query_integer(copy, "SELECT count(*) FROM trial"), 1);
    store_close(store);
    store_close(store_for_test(copy, NULL)); /* it is a store like any other */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_second_coordinator_is_refused, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(test_stale_incarnation_writes_nothing, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(test_reader_without_write_permission, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(test_reader_on_read_only_medium, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(test_open_cursor_holds_the_wal, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_shell_in_a_transaction, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_other_files_are_refused, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_awkward_names, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_backup, folder_make, folder_remove),
    };

    return shim_register("shim") == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
