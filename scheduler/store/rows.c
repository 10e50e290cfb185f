/* Knows how a row becomes the record it was. */
#include "store/inside.h"
#include "store/moment.h"

#include "base/number.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct store_rows {
    sqlite3_stmt *statement;
    enum record_kind kind;
    const char *texts[STORE_TEXTS_MAX];
};

enum tide_status store_rows_open(struct store *store, enum record_kind kind,
                                 struct store_rows **rows, struct error *error)
{
    char sql[TABLE_SQL_BYTES];
    struct store_rows *opened = calloc(1, sizeof *opened);

    *rows = NULL;
    if (opened == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    opened->kind = kind;
    table_select_sql(table_of(kind), sql);
    if (sqlite3_prepare_v2(store->db, sql, -1, &opened->statement, NULL) != SQLITE_OK) {
        free(opened);
        return db_error(store->db, "read rows", error);
    }
    *rows = opened;
    return TIDE_OK;
}

void store_rows_close(struct store_rows *rows)
{
    if (rows != NULL) {
        (void)sqlite3_finalize(rows->statement);
        free(rows);
    }
}

/* ---- columns ---- */

static bool null_at(sqlite3_stmt *statement, int index)
{
    return sqlite3_column_type(statement, index) == SQLITE_NULL;
}

static const char *text_at(sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);

    return text == NULL ? "" : text;
}

static bool read_int32(sqlite3_stmt *statement, int index, const struct column *column,
                       struct record *record)
{
    int64_t value =
        null_at(statement, index) ? column->none : sqlite3_column_int64(statement, index);

    column_set_int32(column, record, (int32_t)value);
    return value >= INT32_MIN && value <= INT32_MAX;
}

static bool read_word(sqlite3_stmt *statement, int index, const struct column *column,
                      struct record *record)
{
    int32_t value = 0;
    bool known = words_parse(column->words, text_at(statement, index), &value);

    column_set_int32(column, record, value);
    return known;
}

static bool read_moment(sqlite3_stmt *statement, int index, const struct column *column,
                        struct record *record)
{
    int64_t ms = 0;
    bool fits = null_at(statement, index) || moment_parse(text_at(statement, index), &ms);

    column_set_int64(column, record, ms);
    return fits;
}

static void read_text(struct store_row *row, struct store_rows *rows, int index,
                      const struct column *column)
{
    const char *text = (const char *)sqlite3_column_text(rows->statement, index);
    uint32_t handle = 0;

    if (text != NULL) {
        rows->texts[row->texts.count++] = text;
        handle = row->texts.count;
    }
    column_set_int32(column, &row->record, (int32_t)handle);
}

/* Appends a JSON array of numbers, as the store wrote it, to `values`, which has room for `most`.
 */
static bool read_numbers(const char *text, double *values, int32_t *count, int32_t most)
{
    char number[NUMBER_TEXT_BYTES];
    const char *at = text;

    while (*at != '\0' && at[1] != ']' && at[1] != '\0') { /* behind '[' or ',' */
        size_t length = strcspn(at + 1, ",]");
        if (length >= sizeof number || *count >= most) {
            return false;
        }
        memcpy(number, at + 1, length);
        number[length] = '\0';
        if (strcmp(number, "null") == 0) {
            values[*count] = (double)NAN;
        } else if (!number_parse_real(number, &values[*count])) {
            return false;
        }
        (*count)++;
        at += 1 + length;
        if (*at == ']') {
            break;
        }
    }
    return true;
}

static bool read_column(struct store_rows *rows, int index, const struct column *column,
                        struct store_row *row)
{
    sqlite3_stmt *statement = rows->statement;
    bool flag;
    double real;

    switch (column->kind) {
    case COLUMN_INT32:
        return read_int32(statement, index, column, &row->record);
    case COLUMN_INT64:
        column_set_int64(column, &row->record,
                         null_at(statement, index) ? column->none
                                                   : sqlite3_column_int64(statement, index));
        return true;
    case COLUMN_BOOL:
        flag = sqlite3_column_int(statement, index) != 0;
        memcpy((char *)&row->record + column->offset, &flag, sizeof flag);
        return true;
    case COLUMN_REAL:
        real = column->nullable && null_at(statement, index)
                   ? (double)NAN
                   : sqlite3_column_double(statement, index);
        memcpy((char *)&row->record + column->offset, &real, sizeof real);
        return true;
    case COLUMN_WORD:
        return read_word(statement, index, column, &row->record);
    case COLUMN_MOMENT:
        return read_moment(statement, index, column, &row->record);
    case COLUMN_TEXT:
        read_text(row, rows, index, column);
        return true;
    case COLUMN_OBJECTIVES:
    case COLUMN_CONSTRAINTS: /* in this order, as the values are */
        return read_numbers(text_at(statement, index), row->record.trial.values,
                            &row->record.trial.value_count, OBJECTIVES_MAX + OUTCOMES_MAX);
    case COLUMN_RUNGS:
        return read_numbers(text_at(statement, index), row->record.trial.rung_values,
                            &row->record.trial.rung, RUNGS_MAX);
    case COLUMN_VALUE:
    case COLUMN_FEASIBLE: /* both follow from the others */
        return true;
    }
    return false;
}

enum tide_status store_rows_next(struct store_rows *rows, struct store_row *row,
                                 struct error *error)
{
    const struct table *table = table_of(rows->kind);
    int code = sqlite3_step(rows->statement);

    if (code == SQLITE_DONE) {
        return TIDE_NOT_FOUND;
    }
    if (code != SQLITE_ROW) {
        return db_error(sqlite3_db_handle(rows->statement), "read a row", error);
    }
    memset(row, 0, sizeof *row);
    row->record.kind = rows->kind;
    row->texts.items = rows->texts;
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (!read_column(rows, (int)i, &table->columns[i], row)) {
            return error_set(error, TIDE_INVALID, "table %s, column %s: '%s' is no value of it",
                             table->name, table->columns[i].name, text_at(rows->statement, (int)i));
        }
    }
    return TIDE_OK;
}

/* ---- what an ASSIGN needs ---- */

enum tide_status store_params(struct store *store, int32_t experiment, int32_t trial,
                              const char **params, struct error *error)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_PARAMS];

    (void)sqlite3_reset(statement);
    (void)sqlite3_bind_int(statement, 1, experiment);
    (void)sqlite3_bind_int(statement, 2, trial);
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) {
        return error_set(error, TIDE_NOT_FOUND, "no trial %d.%d", experiment, trial);
    }
    if (code != SQLITE_ROW) {
        return db_error(store->db, "read the parameters of a trial", error);
    }
    *params = text_at(statement, 0);
    return TIDE_OK;
}

enum tide_status store_checkpoint(struct store *store, const struct wire_attempt *attempt,
                                  int32_t seq, struct store_checkpoint *checkpoint,
                                  struct error *error)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_CHECKPOINT];

    (void)sqlite3_reset(statement);
    (void)sqlite3_bind_int(statement, 1, attempt->experiment);
    (void)sqlite3_bind_int(statement, 2, attempt->trial);
    (void)sqlite3_bind_int(statement, 3, attempt->number);
    (void)sqlite3_bind_int(statement, 4, seq);
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) {
        return error_set(error, TIDE_NOT_FOUND, "no checkpoint %d of attempt %d of %d.%d", seq,
                         attempt->number, attempt->experiment, attempt->trial);
    }
    if (code != SQLITE_ROW) {
        return db_error(store->db, "read a checkpoint", error);
    }
    *checkpoint = (struct store_checkpoint){.step = sqlite3_column_int64(statement, 0),
                                            .bytes = sqlite3_column_int64(statement, 1),
                                            .hash = text_at(statement, 2),
                                            .location = text_at(statement, 3)};
    return TIDE_OK;
}

size_t store_chain(struct store *store, int32_t experiment, int32_t trial,
                   char (*hashes)[WIRE_HASH_HEX + 1], size_t most)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_CHAIN];
    size_t count = 0;

    (void)sqlite3_reset(statement);
    (void)sqlite3_bind_int(statement, 1, experiment);
    (void)sqlite3_bind_int(statement, 2, trial);
    (void)sqlite3_bind_int64(statement, 3, (sqlite3_int64)most);
    while (count < most && sqlite3_step(statement) == SQLITE_ROW) {
        (void)text_copy(hashes[count], sizeof hashes[count], text_at(statement, 0));
        count++;
    }
    (void)sqlite3_reset(statement);
    return count;
}

enum tide_status store_fallback(struct store *store, int32_t experiment, int32_t trial,
                                const struct checkpoint_pointer *bad, int64_t keep,
                                struct checkpoint_pointer *fallback, struct error *error)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_FALLBACK];

    *fallback = (struct checkpoint_pointer){0};
    (void)sqlite3_bind_int(statement, 1, experiment);
    (void)sqlite3_bind_int(statement, 2, trial);
    (void)sqlite3_bind_int(statement, 3, bad->attempt);
    (void)sqlite3_bind_int(statement, 4, bad->seq);
    (void)sqlite3_bind_int64(statement, 5, keep);
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *fallback = (struct checkpoint_pointer){.attempt = sqlite3_column_int(statement, 0),
                                                .seq = sqlite3_column_int(statement, 1),
                                                .step = sqlite3_column_int64(statement, 2)};
    }
    (void)sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? TIDE_OK
               : db_error(store->db, "read the checkpoints of a trial", error);
}

void answers_release(struct store *store)
{
    (void)sqlite3_reset(store->statements[STATEMENT_PARAMS]);
    (void)sqlite3_reset(store->statements[STATEMENT_CHECKPOINT]);
}
