/*
 * Knows how a store of any earlier version becomes one of this version. A new store is one of
 * version 0 that takes every step.
 */
#include "store/inside.h"

#include <stdio.h>
#include <unistd.h>

/* The copy a person goes back to when the new version does not suit. */
static enum tide_status copy_before(sqlite3 *db, const char *path, int64_t version,
                                    struct error *error)
{
    char copy[STORE_PATH_BYTES + 32];

    (void)snprintf(copy, sizeof copy, "%s.bak-v%lld", path, (long long)version);
    (void)unlink(copy); /* of an earlier try that did not get further */
    return store_backup(db, copy, error);
}

static enum tide_status step(sqlite3 *db, const char *sql, int64_t version, struct error *error)
{
    char stamp[96];

    (void)snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %lld",
                   STORE_APPLICATION_ID, (long long)version);
    enum tide_status status = db_run(db, "BEGIN IMMEDIATE", error);
    if (status != TIDE_OK) {
        return status;
    }
    status = db_run(db, sql, error);
    if (status == TIDE_OK) {
        status = db_run(db, stamp, error);
    }
    if (status == TIDE_OK) {
        status = db_run(db, "COMMIT", error);
    }
    if (status != TIDE_OK && sqlite3_get_autocommit(db) == 0) {
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

enum tide_status migrate(sqlite3 *db, const char *path, const char *const *steps, int64_t count,
                         struct error *error)
{
    int64_t version = 0;
    enum tide_status status = db_integer(db, "PRAGMA user_version", &version, error);

    if (status == TIDE_OK && version > 0 && version < count) {
        status = copy_before(db, path, version, error);
    }
    for (; version < count && status == TIDE_OK; version++) {
        status = step(db, steps[version], version + 1, error);
    }
    return status;
}
