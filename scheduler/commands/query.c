#include "commands/query.h"

#include "base/assert.h"
#include "store/moment.h"
#include "store/store.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN_NAME_BYTES = 64 };

bool query_open(struct query *query, const char *store)
{
    *query = (struct query){0};
    query->status = store_reader_open(store, &query->store, &query->error);
    return query->status == TIDE_OK;
}

void query_close(struct query *query)
{
    if (query->store != NULL) {
        store_reader_close(query->store);
        query->store = NULL;
    }
}

static void query_fail(struct query *query)
{
    query_refuse(query, TIDE_IO, "%s", sqlite3_errmsg(query->store));
}

void query_refuse(struct query *query, enum tide_status status, const char *format, ...)
{
    va_list arguments;

    if (query->status != TIDE_OK) {
        return;
    }
    query->status = status;
    query->error = (struct error){0};
    va_start(arguments, format);
    (void)vsnprintf(query->error.text, sizeof query->error.text, format, arguments);
    va_end(arguments);
}

int query_report(const struct query *query, const char *verb)
{
    const char *text = query->status == TIDE_OK ? "out of memory" : query->error.text;

    (void)fprintf(stderr, "tidemill %s: %s\n", verb, text);
    return query->status == TIDE_INVALID     ? EXIT_CODE_USAGE
           : query->status == TIDE_NOT_FOUND ? EXIT_CODE_NOT_FOUND
                                             : EXIT_CODE_FAILED;
}

void query_begin(struct query *query)
{
    if (query->status == TIDE_OK &&
        sqlite3_exec(query->store, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
        query_fail(query);
    }
}

void query_end(struct query *query)
{
    if (query->store != NULL && sqlite3_get_autocommit(query->store) == 0) {
        (void)sqlite3_exec(query->store, "COMMIT", NULL, NULL, NULL);
    }
}

static bool query_bind(sqlite3_stmt *statement, const char *types, va_list arguments)
{
    for (int i = 0; types[i] != '\0'; i++) {
        int status = SQLITE_MISUSE;
        if (types[i] == 'i') {
            status = sqlite3_bind_int64(statement, i + 1, va_arg(arguments, int64_t));
        } else if (types[i] == 'r') {
            status = sqlite3_bind_double(statement, i + 1, va_arg(arguments, double));
        } else {
            ASSERT(types[i] == 's');
            status = sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *), -1,
                                       SQLITE_STATIC);
        }
        if (status != SQLITE_OK) {
            return false;
        }
    }
    return true;
}

/* Text of the store as a JSON string; bytes that are not UTF-8 (SQLite does not mind them) are
 * replaced. */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);

    if (value != NULL) {
        return value;
    }
    char *ascii = strdup(text);
    for (char *at = ascii; at != NULL && *at != '\0'; at++) {
        *at = (*at & 0x80) != 0 ? '?' : *at;
    }
    value = ascii == NULL ? NULL : json_string(ascii);
    free(ascii);
    return value;
}

static json_t *column_value(sqlite3_stmt *statement, int column, const char *kind)
{
    const char *text = NULL;

    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return strcmp(kind, ":bool") == 0 ? json_boolean(sqlite3_column_int(statement, column))
                                          : json_integer(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return json_real(sqlite3_column_double(statement, column)); /* NULL for an infinity */
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(statement, column);
        if (text == NULL) {
            return NULL;
        }
        return strcmp(kind, ":json") == 0 ? json_loads(text, JSON_DECODE_ANY, NULL)
                                          : text_value(text);
    default:
        return json_null();
    }
}

static json_t *row_value(sqlite3_stmt *statement)
{
    json_t *row = json_object();

    for (int i = 0; row != NULL && i < sqlite3_column_count(statement); i++) {
        const char *name = sqlite3_column_name(statement, i);
        const char *kind = strchrnul(name, ':');
        char key[COLUMN_NAME_BYTES];
        json_t *value = column_value(statement, i, kind);
        (void)snprintf(key, sizeof key, "%.*s", (int)(kind - name), name);
        (void)json_object_set_new(row, key, value == NULL ? json_null() : value);
    }
    return row;
}

static void cursor_prepare(struct cursor *cursor, struct query *query, const char *sql,
                           const char *types, va_list arguments)
{
    *cursor = (struct cursor){.query = query};
    if (query->status != TIDE_OK) {
        return;
    }
    if (sqlite3_prepare_v2(query->store, sql, -1, &cursor->statement, NULL) != SQLITE_OK ||
        !query_bind(cursor->statement, types, arguments)) {
        query_fail(query);
    }
}

void cursor_open(struct cursor *cursor, struct query *query, const char *sql, const char *types,
                 ...)
{
    va_list arguments;

    va_start(arguments, types);
    cursor_prepare(cursor, query, sql, types, arguments);
    va_end(arguments);
}

json_t *cursor_next(struct cursor *cursor)
{
    if (cursor->query->status != TIDE_OK) {
        return NULL;
    }
    const int status = sqlite3_step(cursor->statement);
    json_t *row = status == SQLITE_ROW ? row_value(cursor->statement) : NULL;
    if (status == SQLITE_ROW && row == NULL) {
        query_refuse(cursor->query, TIDE_NO_MEMORY, "out of memory");
    } else if (status != SQLITE_ROW && status != SQLITE_DONE) {
        query_fail(cursor->query);
    }
    return row;
}

void cursor_close(struct cursor *cursor)
{
    (void)sqlite3_finalize(cursor->statement);
    cursor->statement = NULL;
}

json_t *query_rows(struct query *query, const char *sql, const char *types, ...)
{
    json_t *rows = json_array();
    struct cursor cursor;
    va_list arguments;

    va_start(arguments, types);
    cursor_prepare(&cursor, query, sql, types, arguments);
    va_end(arguments);
    for (json_t *row = cursor_next(&cursor); row != NULL; row = cursor_next(&cursor)) {
        (void)json_array_append_new(rows, row);
    }
    cursor_close(&cursor);
    if (query->status != TIDE_OK) {
        json_decref(rows);
        return NULL;
    }
    return rows;
}

json_t *query_row(struct query *query, const char *sql, const char *types, ...)
{
    struct cursor cursor;
    va_list arguments;

    va_start(arguments, types);
    cursor_prepare(&cursor, query, sql, types, arguments);
    va_end(arguments);
    json_t *row = cursor_next(&cursor);
    cursor_close(&cursor);
    return row == NULL ? json_null() : row;
}

int64_t model_integer(const json_t *object, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(object, key));
}

double model_real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const char *model_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

bool model_has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return value != NULL && !json_is_null(value);
}

int64_t model_time(const json_t *object, const char *key)
{
    int64_t time_ms = 0;

    return moment_parse(model_text(object, key), &time_ms) ? time_ms : 0;
}
