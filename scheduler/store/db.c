/* Knows SQLite's result codes, and how to ask it one thing. */
#include "store/inside.h"

#include "base/text.h"

enum tide_status db_status(int code)
{
    switch (code & 0xff) { /* the primary code */
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return TIDE_OK;
    case SQLITE_BUSY:
        return TIDE_BUSY;
    case SQLITE_FULL:
        return TIDE_FULL;
    case SQLITE_NOMEM:
        return TIDE_NO_MEMORY;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
        return TIDE_BUG;
    default:
        return code == SQLITE_IOERR_NOMEM ? TIDE_NO_MEMORY : TIDE_IO;
    }
}

enum tide_status db_error(sqlite3 *db, const char *doing, struct error *error)
{
    int code = sqlite3_extended_errcode(db);

    return error_set(error, db_status(code), "cannot %s: %s (SQLite %d)", doing, sqlite3_errmsg(db),
                     code);
}

enum tide_status db_run(sqlite3 *db, const char *sql, struct error *error)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return db_error(db, sql, error);
    }
    return TIDE_OK;
}

/* Steps to the one row of a query; the caller reads it and finalizes. */
static enum tide_status one_row(sqlite3 *db, const char *sql, sqlite3_stmt **statement,
                                struct error *error)
{
    int code = sqlite3_prepare_v2(db, sql, -1, statement, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(*statement);
    }
    if (code == SQLITE_ROW) {
        return TIDE_OK;
    }
    enum tide_status status = code == SQLITE_DONE
                                  ? error_set(error, TIDE_NOT_FOUND, "no answer to %s", sql)
                                  : db_error(db, sql, error);
    (void)sqlite3_finalize(*statement);
    return status;
}

enum tide_status db_integer(sqlite3 *db, const char *sql, int64_t *value, struct error *error)
{
    sqlite3_stmt *statement;
    enum tide_status status = one_row(db, sql, &statement, error);

    if (status == TIDE_OK) {
        *value = sqlite3_column_int64(statement, 0);
        (void)sqlite3_finalize(statement);
    }
    return status;
}

enum tide_status db_text(sqlite3 *db, const char *sql, char *text, size_t bytes,
                         struct error *error)
{
    sqlite3_stmt *statement;
    enum tide_status status = one_row(db, sql, &statement, error);

    if (status == TIDE_OK) {
        (void)text_copy(text, bytes, (const char *)sqlite3_column_text(statement, 0));
        (void)sqlite3_finalize(statement);
    }
    return status;
}
