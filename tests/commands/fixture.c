#include "commands/fixture.h"

#include "base/text.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

char fixture_store[512];
static char *folder;

static struct {
    FILE *file;
    int out, err;
} capture;

void sql_run(const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(fixture_store, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s", message);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int fixture_begin(void **state)
{
    const struct store_options options = {
        .path = fixture_store, .software = "test", .wall_ms = FIXTURE_NOW_MS};
    struct store *store = NULL;
    struct error error = {0};
    char *sql = file_read(FIXTURE_SQL);

    (void)state;
    folder = scratch_new();
    (void)snprintf(fixture_store, sizeof fixture_store, "%s/tidemill.db", folder);
    assert_int_equal(chdir(folder), 0); /* the store that a verb takes where none is named */
    assert_int_equal(setenv("TZ", "Europe/Paris", 1), 0);
    tzset();
    if (store_open(&options, &store, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    store_close(store);
    sql_run(sql);
    free(sql);
    return 0;
}

int fixture_end(void **state)
{
    (void)state;
    scratch_free(folder);
    return 0;
}

void words_split(struct words *words, const char *line)
{
    char *rest = NULL;

    words->count = 0;
    assert_true(text_copy(words->text, sizeof words->text, line));
    for (char *word = strtok_r(words->text, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(words->count < WORDS_MAX);
        words->items[words->count++] = word;
    }
    words->items[words->count] = NULL;
}

void capture_begin(void)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    capture.file = tmpfile();
    assert_non_null(capture.file);
    capture.out = dup(STDOUT_FILENO);
    capture.err = dup(STDERR_FILENO);
    assert_true(dup2(fileno(capture.file), STDOUT_FILENO) >= 0);
    assert_true(dup2(fileno(capture.file), STDERR_FILENO) >= 0);
}

char *capture_end(void)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_true(dup2(capture.out, STDOUT_FILENO) >= 0);
    assert_true(dup2(capture.err, STDERR_FILENO) >= 0);
    (void)close(capture.out);
    (void)close(capture.err);
    assert_int_equal(fseek(capture.file, 0, SEEK_END), 0);
    const long bytes = ftell(capture.file);
    rewind(capture.file);
    char *text = calloc((size_t)bytes + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)bytes, capture.file), (size_t)bytes);
    (void)fclose(capture.file);
    return text;
}
