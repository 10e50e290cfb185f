/*
 * query: the store as a reader sees it, as JSON values. A verb's model is what its SQL says: the
 * columns' names are the keys. Every model is read in one transaction, so that its parts agree.
 */
#ifndef COMMANDS_QUERY_H
#define COMMANDS_QUERY_H

#include "base/error.h"
#include "commands/options.h"

#include <jansson.h>
#include <sqlite3.h>

struct query {
    sqlite3 *store;
    enum tide_status status; /* of the first failure: latched, every later answer is empty */
    struct error error;
};

/* query_open: for reading only; an old, new or foreign file is refused with the reason in
 * query->error. Closed by query_close, also after a failure. */
bool query_open(struct query *query, const char *store);
void query_close(struct query *query);

/* query_begin, query_end: what is read between them is the store at one moment. */
void query_begin(struct query *query);
void query_end(struct query *query);

/*
 * query_rows: the rows of one statement, an array of objects; the caller's to free. `types` has a
 * letter for each `?`: i (int64_t), r (double) or s (const char *). A column called "name:json" is
 * parsed and called "name", one called "name:bool" becomes true or false. NULL is null. After a
 * failure: NULL.
 */
json_t *query_rows(struct query *query, const char *sql, const char *types, ...);

/*
 * cursor_open, cursor_next, cursor_close: the same rows one at a time, where they may be many. The
 * answer of cursor_next is the caller's to free; NULL behind the last row or after a failure.
 */
struct cursor {
    struct query *query;
    sqlite3_stmt *statement;
};
void cursor_open(struct cursor *cursor, struct query *query, const char *sql, const char *types,
                 ...);
json_t *cursor_next(struct cursor *cursor);
void cursor_close(struct cursor *cursor);

/* query_row: the first row alone; JSON null when there is none. */
json_t *query_row(struct query *query, const char *sql, const char *types, ...);

/* query_refuse: what was asked for makes no sense (TIDE_INVALID), or is not there
 * (TIDE_NOT_FOUND); a failure from outside of the store. */
__attribute__((format(printf, 3, 4))) void
query_refuse(struct query *query, enum tide_status status, const char *format, ...);

/* query_report: prints the failure on stderr; the answer is the exit code that belongs to it. */
int query_report(const struct query *query, const char *verb);

/* Reading a model. Absent, null or of another type: 0, NULL, false. */
int64_t model_integer(const json_t *object, const char *key);
double model_real(const json_t *object, const char *key);      /* NaN where it is null */
const char *model_text(const json_t *object, const char *key); /* "" where it is null */
bool model_has(const json_t *object, const char *key);         /* there and not null */
int64_t model_time(const json_t *object, const char *key);     /* UTC, ms; 0 where it is null */

#endif
