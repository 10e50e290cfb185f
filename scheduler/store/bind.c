/* Knows how each kind of column is bound, and how a trial's result becomes its four columns. */
#include "store/bind.h"

#include "base/assert.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

void bind_start(struct binding *binding, sqlite3_stmt *statement, const struct batch *batch)
{
    binding->statement = statement;
    binding->index = 0;
    binding->code = SQLITE_OK;
    binding->batch = batch;
    binding->outline = NULL;
    binding->moment_count = 0;
}

static void note(struct binding *binding, int code)
{
    if (binding->code == SQLITE_OK) {
        binding->code = code;
    }
}

void bind_integer(struct binding *binding, int64_t value)
{
    note(binding, sqlite3_bind_int64(binding->statement, ++binding->index, value));
}

static void bind_null(struct binding *binding)
{
    note(binding, sqlite3_bind_null(binding->statement, ++binding->index));
}

void bind_unless(struct binding *binding, int64_t value, int64_t none)
{
    if (value == none) {
        bind_null(binding);
    } else {
        bind_integer(binding, value);
    }
}

void bind_real(struct binding *binding, double value)
{
    if (isfinite(value)) {
        note(binding, sqlite3_bind_double(binding->statement, ++binding->index, value));
    } else {
        bind_null(binding);
    }
}

void bind_text(struct binding *binding, const char *text)
{
    note(binding, sqlite3_bind_text(binding->statement, ++binding->index, text, -1, SQLITE_STATIC));
}

void bind_handle(struct binding *binding, uint32_t handle)
{
    bind_text(binding, batch_text(binding->batch, handle));
}

void bind_moment(struct binding *binding, int64_t ms)
{
    if (ms == 0) {
        bind_null(binding);
        return;
    }
    ASSERT(binding->moment_count < sizeof binding->moments / sizeof *binding->moments);
    bind_text(binding, moment_print(binding->moments[binding->moment_count++], ms));
}

/* ---- the result of a trial ---- */

/* Without a description every value is an objective. */
static uint32_t objective_count(const struct trial_row *trial, const struct outline *outline)
{
    uint32_t values = (uint32_t)trial->value_count;

    return outline->objective_count == 0 || outline->objective_count > values
               ? values
               : outline->objective_count;
}

static void bind_numbers(struct binding *binding, char *text, const double *values, uint32_t count)
{
    size_t length = 0;

    text[length++] = '[';
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            text[length++] = ',';
        }
        if (isfinite(values[i])) {
            number_print_real(text + length, values[i]);
        } else {
            memcpy(text + length, "null", sizeof "null"); /* a constrained outcome never seen */
        }
        length += strlen(text + length);
    }
    text[length++] = ']';
    text[length] = '\0';
    bind_text(binding, text);
}

static bool constraints_hold(const double *values, uint32_t count, const struct outline *outline)
{
    for (uint32_t i = 0; i < count && i < outline->outcome_count; i++) {
        if (!(values[i] >= outline->min[i] && values[i] <= outline->max[i])) {
            return false;
        }
    }
    return true;
}

static void bind_result(struct binding *binding, enum column_kind kind,
                        const struct trial_row *trial)
{
    uint32_t objectives = objective_count(trial, binding->outline);
    uint32_t constraints = (uint32_t)trial->value_count - objectives;

    if (trial->value_count == 0) {
        bind_null(binding);
    } else if (kind == COLUMN_VALUE) {
        bind_real(binding, trial->values[0]);
    } else if (kind == COLUMN_OBJECTIVES) {
        bind_numbers(binding, binding->objectives, trial->values, objectives);
    } else if (kind == COLUMN_CONSTRAINTS) {
        bind_numbers(binding, binding->constraints, trial->values + objectives, constraints);
    } else {
        bind_integer(binding,
                     constraints_hold(trial->values + objectives, constraints, binding->outline));
    }
}

static void bind_rungs(struct binding *binding, const struct trial_row *trial)
{
    if (trial->rung == 0) {
        bind_null(binding);
    } else {
        bind_numbers(binding, binding->rungs, trial->rung_values, (uint32_t)trial->rung);
    }
}

/* ---- any column ---- */

static void bind_word(struct binding *binding, const struct words *words, int32_t value)
{
    ASSERT(value >= 0 && value < words->count);
    bind_text(binding, words->items[value]);
}

static double real_of(const struct column *column, const struct record *record)
{
    double value;

    memcpy(&value, (const char *)record + column->offset, sizeof value);
    return value;
}

static bool bool_of(const struct column *column, const struct record *record)
{
    bool value;

    memcpy(&value, (const char *)record + column->offset, sizeof value);
    return value;
}

static void bind_whole(struct binding *binding, const struct column *column, int64_t value)
{
    if (column->nullable) {
        bind_unless(binding, value, column->none);
    } else {
        bind_integer(binding, value);
    }
}

static void bind_column(struct binding *binding, const struct column *column,
                        const struct record *record)
{
    switch (column->kind) {
    case COLUMN_INT32:
        bind_whole(binding, column, column_int32(column, record));
        return;
    case COLUMN_INT64:
        bind_whole(binding, column, column_int64(column, record));
        return;
    case COLUMN_BOOL:
        bind_integer(binding, bool_of(column, record));
        return;
    case COLUMN_REAL:
        bind_real(binding, real_of(column, record));
        return;
    case COLUMN_WORD:
        bind_word(binding, column->words, column_int32(column, record));
        return;
    case COLUMN_MOMENT:
        bind_moment(binding, column_int64(column, record));
        return;
    case COLUMN_TEXT:
        bind_handle(binding, (uint32_t)column_int32(column, record));
        return;
    case COLUMN_VALUE:
    case COLUMN_OBJECTIVES:
    case COLUMN_CONSTRAINTS:
    case COLUMN_FEASIBLE:
        bind_result(binding, column->kind, &record->trial);
        return;
    case COLUMN_RUNGS:
        bind_rungs(binding, &record->trial);
        return;
    }
}

void bind_record(struct binding *binding, const struct record *record,
                 const struct outline *outline)
{
    const struct table *table = table_of(record->kind);

    binding->outline = outline;
    for (uint32_t i = 0; i < table->column_count; i++) {
        bind_column(binding, &table->columns[i], record);
    }
}

int bind_run(struct binding *binding, int *changes)
{
    int code = binding->code;

    if (code == SQLITE_OK) {
        code = sqlite3_step(binding->statement);
        *changes = sqlite3_changes(sqlite3_db_handle(binding->statement));
    }
    /* A failed step's code comes again from reset; the error message stays. */
    (void)sqlite3_reset(binding->statement);
    return code;
}
