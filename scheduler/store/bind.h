/*
 * Binding a row's fields to a statement's parameters, left to right.
 */
#ifndef STORE_BIND_H
#define STORE_BIND_H

#include "store/inside.h"
#include "store/moment.h"

enum { BIND_NUMBERS_BYTES = (OBJECTIVES_MAX + OUTCOMES_MAX) * 32 };

/* The texts a binding made live here until the statement has run. */
struct binding {
    sqlite3_stmt *statement;
    int index; /* of the last parameter bound */
    int code;  /* the first failure of SQLite */
    const struct batch *batch;
    const struct outline *outline;
    uint32_t moment_count;
    char moments[6][MOMENT_TEXT_BYTES];
    char objectives[BIND_NUMBERS_BYTES], constraints[BIND_NUMBERS_BYTES];
    char rungs[RUNGS_MAX * 32];
};

/* bind_start: begins with the first parameter. */
void bind_start(struct binding *binding, sqlite3_stmt *statement, const struct batch *batch);

/* bind_...: binds the next parameter; a text is borrowed until the statement is reset. */
void bind_integer(struct binding *binding, int64_t value);
void bind_unless(struct binding *binding, int64_t value, int64_t none); /* NULL when it is none */
void bind_real(struct binding *binding, double value); /* NULL when it is not finite */
void bind_text(struct binding *binding, const char *text);
void bind_handle(struct binding *binding, uint32_t handle);
void bind_moment(struct binding *binding, int64_t ms); /* NULL for 0 */

/* bind_record: all columns of the record's table; `outline` is its experiment's. */
void bind_record(struct binding *binding, const struct record *record,
                 const struct outline *outline);

/* bind_run: runs the statement and makes it ready again; SQLITE_DONE, or what failed. `changes` is
 * the rows it wrote. */
int bind_run(struct binding *binding, int *changes);

#endif
