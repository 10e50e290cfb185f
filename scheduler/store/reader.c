/* Knows how anyone reads a store: live, closed, without write permission, from a read-only medium.
 */
#include "store/inside.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READER_PATIENCE_MS = 2000 };

/* `file:PATH?QUERY` with the bytes that mean something in a URI escaped. */
static bool uri_make(char *uri, size_t bytes, const char *path, const char *query)
{
    size_t length = (size_t)snprintf(uri, bytes, "file:");

    for (const char *at = path; *at != '\0'; at++) {
        if (length + 4 >= bytes) {
            return false;
        }
        if (strchr("%?#", *at) == NULL) {
            uri[length++] = *at;
        } else {
            length += (size_t)snprintf(uri + length, 4, "%%%02x", (unsigned int)*at);
        }
    }
    int added = snprintf(uri + length, bytes - length, "%s", query);
    return added >= 0 && (size_t)added < bytes - length;
}

static enum tide_status check_version(sqlite3 *db, const char *path, struct error *error)
{
    int64_t application = 0, version = 0;
    enum tide_status status = db_integer(db, "PRAGMA application_id", &application, error);

    if (status == TIDE_OK) {
        status = db_integer(db, "PRAGMA user_version", &version, error);
    }
    if (sqlite3_errcode(db) == SQLITE_NOTADB ||
        (status == TIDE_OK && application != STORE_APPLICATION_ID)) {
        return error_set(error, TIDE_REFUSED, "%s is not a tidemill store", path);
    }
    if (status == TIDE_OK && version != STORE_VERSION) {
        return error_set(error, TIDE_REFUSED, "%s has schema %lld, this tidemill knows %d: %s",
                         path, (long long)version, STORE_VERSION,
                         version > STORE_VERSION ? "use a newer one"
                                                 : "its coordinator brings it up to date");
    }
    return status;
}

static enum tide_status reader_try(const char *path, const char *query, sqlite3 **db,
                                   struct error *error)
{
    char uri[3 * STORE_PATH_BYTES];
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;

    if (!uri_make(uri, sizeof uri, path, query)) {
        return error_set(error, TIDE_INVALID, "the path of the store is too long");
    }
    int code = sqlite3_open_v2(uri, db, flags, NULL);
    enum tide_status status = TIDE_OK;
    if (code == SQLITE_OK) {
        (void)sqlite3_extended_result_codes(*db, 1);
        (void)sqlite3_busy_timeout(*db, READER_PATIENCE_MS);
        status = check_version(*db, path, error);
    } else {
        status = error_set(error, db_status(code), "cannot open %s: %s", path,
                           *db == NULL ? "out of memory" : sqlite3_errmsg(*db));
    }
    if (status != TIDE_OK) {
        (void)sqlite3_close(*db);
        *db = NULL;
    }
    return status;
}

enum tide_status store_reader_open(const char *path, sqlite3 **db, struct error *error)
{
    struct stat file;

    *db = NULL;
    if (stat(path, &file) != 0) {
        return error_set(error, TIDE_NOT_FOUND, "there is no store %s", path);
    }
    enum tide_status status = reader_try(path, "?mode=ro", db, error);
    /* Without its WAL index, and no way to make one, a closed store is all in the one file. */
    if (status == TIDE_IO && disk_size(path, "-wal") == 0) {
        status = reader_try(path, "?mode=ro&immutable=1", db, error);
    }
    return status;
}

void store_reader_close(sqlite3 *db)
{
    (void)sqlite3_close(db);
}

/* ---- copies ---- */

/* All pages in one step, so that it is one moment of the store however busy its coordinator is.
 * Not VACUUM INTO: on a connection that may only read, SQLite 3.40 fails it over the generated
 * columns of trial. */
static enum tide_status copy_pages(sqlite3 *from, sqlite3 *to, struct error *error)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

    if (backup == NULL) {
        return db_error(to, "copy the store", error);
    }
    (void)sqlite3_backup_step(backup, -1);
    if (sqlite3_backup_finish(backup) != SQLITE_OK) {
        return db_error(to, "copy the store", error);
    }
    return TIDE_OK;
}

static enum tide_status copy_check(sqlite3 *copy, const char *path, struct error *error)
{
    char verdict[64] = "";
    enum tide_status status =
        db_text(copy, "PRAGMA quick_check(1)", verdict, sizeof verdict, error);

    if (status == TIDE_OK && strcmp(verdict, "ok") != 0) {
        return error_set(error, TIDE_IO, "the copy %s is damaged: %s", path, verdict);
    }
    return status;
}

enum tide_status store_backup(sqlite3 *db, const char *path, struct error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    sqlite3 *copy = NULL;
    struct stat file;

    if (stat(path, &file) == 0) {
        return error_set(error, TIDE_EXISTS, "%s exists already", path);
    }
    int code = sqlite3_open_v2(path, &copy, flags, NULL);
    enum tide_status status =
        code == SQLITE_OK ? copy_pages(db, copy, error)
                          : error_set(error, db_status(code), "cannot make the copy %s", path);
    if (status == TIDE_OK) {
        status = copy_check(copy, path, error);
    }
    (void)sqlite3_close(copy);
    if (status != TIDE_OK) {
        (void)unlink(path);
    }
    return status;
}
