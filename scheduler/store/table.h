/*
 * How the core's rows lie in the tables: one list for writing and for reading, so that what was
 * written reads back the same.
 */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include "core/record.h"
#include "store/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_kind {
    COLUMN_INT32,
    COLUMN_INT64,
    COLUMN_BOOL,
    COLUMN_REAL,        /* nullable: NULL is NaN */
    COLUMN_WORD,        /* an enum, by its word */
    COLUMN_MOMENT,      /* UTC milliseconds, as text; 0 is NULL */
    COLUMN_TEXT,        /* a handle; 0 leaves the column as it is */
    COLUMN_VALUE,       /* of a trial: its first objective */
    COLUMN_OBJECTIVES,  /* of a trial: all of them, a JSON array */
    COLUMN_CONSTRAINTS, /* of a trial: the constrained outcomes, a JSON array */
    COLUMN_FEASIBLE,    /* of a trial: whether those hold */
    COLUMN_RUNGS        /* of a trial: its value at each rung, a JSON array */
};

enum column_role {
    ROLE_KEY,
    ROLE_FIXED, /* set by the first image, never again */
    ROLE_SET
};

struct column {
    const char *name;
    enum column_kind kind;
    enum column_role role;
    bool nullable; /* NULL stands for `none` */
    int64_t none;
    size_t offset; /* in struct record */
    const struct words *words;
};

struct table {
    const char *name;
    const char *fence; /* what must hold of the row for a new image to replace it; "" nothing */
    const char *extra_column, *extra_value; /* set by the first image besides; NULL none */
    const struct column *columns;
    uint32_t column_count;
};

/* table_changes: a record of this kind changes a row that is there, and never makes one. */
bool table_changes(enum record_kind kind);

enum { RECORD_KIND_COUNT = RECORD_AVAILABILITY + 1, TABLE_KEYS_MAX = 4 };

/* table_of: the table that holds records of this kind. */
const struct table *table_of(enum record_kind kind);

/* table_key: the record's key, in the order of its columns; the rest of `key` is 0. Metrics have
 * none here: their name is a text. */
void table_key(const struct record *record, int64_t key[TABLE_KEYS_MAX]);

/* column_int32 ... : the field of a record that a column stands for. */
int32_t column_int32(const struct column *column, const struct record *record);
int64_t column_int64(const struct column *column, const struct record *record);
void column_set_int32(const struct column *column, struct record *record, int32_t value);
void column_set_int64(const struct column *column, struct record *record, int64_t value);

enum { TABLE_SQL_BYTES = 2048 };

/*
 * table_update_sql, table_insert_sql, table_select_sql: statements over all columns, parameter ?N
 * for column N from 1; the update is fenced and leaves what is fixed. A change that fails may stay
 * half done (OR FAIL), because the transaction around it is rolled back anyway: without that SQLite
 * copies every page a statement with a trigger touches. `sql` holds TABLE_SQL_BYTES.
 */
void table_update_sql(const struct table *table, char *sql);
void table_insert_sql(const struct table *table, char *sql);
void table_select_sql(const struct table *table, char *sql);

#endif
