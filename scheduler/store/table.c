/* Knows which column of which table holds which field of which row. */
#include "store/table.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Enums are kept as words and moved as 32-bit integers. */
_Static_assert(sizeof(enum trial_state) == sizeof(int32_t), "an enum is an int");

#define AT(row) offsetof(struct record, row)
#define KEY(name, row)                                                                             \
    {                                                                                              \
        name, COLUMN_INT32, ROLE_KEY, false, 0, AT(row), NULL                                      \
    }
/* Not behind the last column that is set: SQLite counts an update's parameters up to that one. */
#define FIXED(name, kind, row)                                                                     \
    {                                                                                              \
        name, kind, ROLE_FIXED, false, 0, AT(row), NULL                                            \
    }
#define INT32(name, row)                                                                           \
    {                                                                                              \
        name, COLUMN_INT32, ROLE_SET, false, 0, AT(row), NULL                                      \
    }
#define INT32_OR(none, name, row)                                                                  \
    {                                                                                              \
        name, COLUMN_INT32, ROLE_SET, true, none, AT(row), NULL                                    \
    }
#define INT64(name, row)                                                                           \
    {                                                                                              \
        name, COLUMN_INT64, ROLE_SET, false, 0, AT(row), NULL                                      \
    }
#define INT64_OR(none, name, row)                                                                  \
    {                                                                                              \
        name, COLUMN_INT64, ROLE_SET, true, none, AT(row), NULL                                    \
    }
#define BOOL(name, row)                                                                            \
    {                                                                                              \
        name, COLUMN_BOOL, ROLE_SET, false, 0, AT(row), NULL                                       \
    }
#define WORD(name, row, words)                                                                     \
    {                                                                                              \
        name, COLUMN_WORD, ROLE_SET, false, 0, AT(row), &(words)                                   \
    }
#define MOMENT(name, row)                                                                          \
    {                                                                                              \
        name, COLUMN_MOMENT, ROLE_SET, true, 0, AT(row), NULL                                      \
    }
#define TEXT(name, row)                                                                            \
    {                                                                                              \
        name, COLUMN_TEXT, ROLE_SET, true, 0, AT(row), NULL                                        \
    }
#define RESULT(name, kind)                                                                         \
    {                                                                                              \
        name, kind, ROLE_SET, true, 0, 0, NULL                                                     \
    }

static const struct column experiment_columns[] = {
    KEY("id", experiment.id),
    FIXED("name", COLUMN_TEXT, experiment.name_text),
    FIXED("spec", COLUMN_TEXT, experiment.spec_text),
    FIXED("workdir", COLUMN_TEXT, experiment.workdir_text),
    WORD("state", experiment.state, experiment_state_words),
    WORD("reason", experiment.reason, experiment_reason_words),
    MOMENT("created", experiment.created_ms),
    MOMENT("started", experiment.started_ms),
    MOMENT("ended", experiment.ended_ms),
    INT64("told_count", experiment.told_count),
    INT64("compute_ms", experiment.compute_ms),
};

static const struct column trial_columns[] = {
    KEY("experiment", trial.experiment),
    KEY("number", trial.number),
    WORD("state", trial.state, trial_state_words),
    WORD("reason", trial.reason, trial_reason_words),
    FIXED("suggestion", COLUMN_INT32, trial.suggestion),
    INT32("attempts", trial.attempts),
    INT32("restarts", trial.restarts),
    INT32("preemptions", trial.preemptions),
    INT64_OR(-1, "step", trial.step),
    RESULT("value", COLUMN_VALUE),
    RESULT("objectives", COLUMN_OBJECTIVES),
    RESULT("constraints", COLUMN_CONSTRAINTS),
    RESULT("feasible", COLUMN_FEASIBLE),
    INT32_OR(0, "checkpoint_attempt", trial.checkpoint.attempt),
    INT32_OR(0, "checkpoint_seq", trial.checkpoint.seq),
    INT64("checkpoint_step", trial.checkpoint.step),
    INT32_OR(0, "previous_attempt", trial.previous.attempt),
    INT32_OR(0, "previous_seq", trial.previous.seq),
    INT64("previous_step", trial.previous.step),
    MOMENT("created", trial.created_ms),
    MOMENT("started", trial.started_ms),
    MOMENT("ended", trial.ended_ms),
    INT64("useful_ms", trial.useful_ms),
    INT64("lost_ms", trial.lost_ms),
    INT64_OR(0, "told", trial.told),
};

static const struct column attempt_columns[] = {
    KEY("experiment", attempt.experiment),
    KEY("trial", attempt.trial),
    KEY("number", attempt.number),
    FIXED("worker", COLUMN_INT32, attempt.worker),
    WORD("state", attempt.state, attempt_state_words),
    WORD("leave", attempt.leave, leave_words),
    WORD("outcome", attempt.outcome, outcome_words),
    WORD("cause", attempt.cause, cause_words),
    INT32_OR(-1, "exit_code", attempt.exit_code),
    INT32_OR(0, "signal", attempt.signal),
    INT64("from_step", attempt.from_step),
    INT64_OR(-1, "last_step", attempt.last_step),
    MOMENT("offered", attempt.offered_ms),
    MOMENT("started", attempt.started_ms),
    MOMENT("ended", attempt.ended_ms),
    INT64("duration_ms", attempt.duration_ms),
    INT64("useful_ms", attempt.useful_ms),
    INT64("lost_ms", attempt.lost_ms),
    INT64("incarnation", attempt.incarnation),
    BOOL("late", attempt.late),
    TEXT("message", attempt.message_text),
};

/* What a late RESULT changes of its attempt's row. */
static const struct column late_columns[] = {
    KEY("experiment", attempt.experiment),
    KEY("trial", attempt.trial),
    KEY("number", attempt.number),
    FIXED("worker", COLUMN_INT32, attempt.worker),
    WORD("state", attempt.state, attempt_state_words),
    WORD("outcome", attempt.outcome, outcome_words),
    WORD("cause", attempt.cause, cause_words),
    INT32_OR(-1, "exit_code", attempt.exit_code),
    INT32_OR(0, "signal", attempt.signal),
    INT64_OR(-1, "last_step", attempt.last_step),
    BOOL("late", attempt.late),
    TEXT("message", attempt.message_text),
};

static const struct column suggestion_columns[] = {
    KEY("experiment", suggestion.experiment),
    KEY("number", suggestion.number),
    WORD("state", suggestion.state, suggestion_state_words),
    INT32_OR(-1, "trial", suggestion.trial),
    INT64("told_count", suggestion.told_count),
    INT64_OR(0, "stale_at", suggestion.stale_at),
    TEXT("params", suggestion.params_text),
    TEXT("origin", suggestion.origin_text),
};

static const struct column worker_columns[] = {
    KEY("id", worker.id),
    BOOL("connected", worker.connected),
    BOOL("draining", worker.draining),
    INT32("slots", worker.slots),
    INT32("cpus_milli", worker.cpus_milli),
    INT32("gpus", worker.gpus),
    INT64("memory_bytes", worker.memory_bytes),
    MOMENT("first_seen", worker.first_seen_ms),
    MOMENT("last_seen", worker.last_seen_ms),
    TEXT("name", worker.name_text),
    TEXT("boot", worker.boot_text),
    TEXT("host", worker.host_text),
    TEXT("pool", worker.pool_text),
    TEXT("labels", worker.labels_text),
    TEXT("software", worker.software_text),
};

static const struct column checkpoint_columns[] = {
    KEY("experiment", checkpoint.experiment),
    KEY("trial", checkpoint.trial),
    KEY("attempt", checkpoint.attempt),
    KEY("seq", checkpoint.seq),
    INT64("step", checkpoint.step),
    INT64("bytes", checkpoint.bytes),
    MOMENT("created", checkpoint.created_ms),
    TEXT("hash", checkpoint.hash_text),
    TEXT("location", checkpoint.location_text),
};

static const struct column metric_columns[] = {
    KEY("experiment", metric.experiment),
    KEY("trial", metric.trial),
    KEY("attempt", metric.attempt),
    INT64("step", metric.step),
    {"value", COLUMN_REAL, ROLE_SET, false, 0, AT(metric.value), NULL},
    MOMENT("reported", metric.reported_ms),
    TEXT("name", metric.name_text),
};

#define COLUMNS(list) (list), sizeof(list) / sizeof *(list)

/* The fences are R2, I1, I2 and I9: attempt numbers only grow, an end is final, a result is written
 * once. The core decides so anyway; should it ever not, the row is refused. $column is what the new
 * image says. */
static const char trial_fence[] =
    " AND attempts <= $attempts AND (value IS NULL OR value IS $value)"
    " AND (told IS NULL OR told IS $told) AND (state = $state OR (state <> 'completed'"
    " AND state <> 'infeasible' AND state <> 'pruned' AND state <> 'cancelled'))";
static const char attempt_fence[] = " AND worker = $worker AND (state = $state OR state <> 'done')";
static const char suggestion_fence[] = " AND (state = $state OR state = 'ready')";
static const char suggestion_params[] =
    "(SELECT params FROM suggestion WHERE experiment = $experiment AND number = $suggestion)";

static const struct table tables[RECORD_KIND_COUNT] = {
    [RECORD_EXPERIMENT] = {"experiment", "", NULL, NULL, COLUMNS(experiment_columns)},
    [RECORD_TRIAL] = {"trial", trial_fence, "params", suggestion_params, COLUMNS(trial_columns)},
    [RECORD_ATTEMPT] = {"attempt", attempt_fence, NULL, NULL, COLUMNS(attempt_columns)},
    [RECORD_LATE] = {"attempt", attempt_fence, NULL, NULL, COLUMNS(late_columns)},
    [RECORD_SUGGESTION] = {"suggestion", suggestion_fence, NULL, NULL, COLUMNS(suggestion_columns)},
    [RECORD_WORKER] = {"worker", "", NULL, NULL, COLUMNS(worker_columns)},
    [RECORD_CHECKPOINT] = {"checkpoint", "", NULL, NULL, COLUMNS(checkpoint_columns)},
    [RECORD_METRIC] = {"metric", "", NULL, NULL, COLUMNS(metric_columns)},
};

const struct table *table_of(enum record_kind kind)
{
    return &tables[kind];
}

int32_t column_int32(const struct column *column, const struct record *record)
{
    int32_t value;

    memcpy(&value, (const char *)record + column->offset, sizeof value);
    return value;
}

int64_t column_int64(const struct column *column, const struct record *record)
{
    int64_t value;

    memcpy(&value, (const char *)record + column->offset, sizeof value);
    return value;
}

void column_set_int32(const struct column *column, struct record *record, int32_t value)
{
    memcpy((char *)record + column->offset, &value, sizeof value);
}

void column_set_int64(const struct column *column, struct record *record, int64_t value)
{
    memcpy((char *)record + column->offset, &value, sizeof value);
}

void table_key(const struct record *record, int32_t key[TABLE_KEYS_MAX])
{
    const struct table *table = table_of(record->kind);

    for (uint32_t i = 0; i < TABLE_KEYS_MAX; i++) {
        bool is_key = table->columns[i].role == ROLE_KEY;
        key[i] = is_key ? column_int32(&table->columns[i], record) : 0;
    }
}

/* Appends to a statement that is known to fit. */
__attribute__((format(printf, 2, 3))) static void sql_add(char *sql, const char *format, ...)
{
    size_t length = strlen(sql);
    va_list arguments;

    va_start(arguments, format);
    int added = vsnprintf(sql + length, TABLE_SQL_BYTES - length, format, arguments);
    va_end(arguments);
    ASSERT(added >= 0 && (size_t)added < TABLE_SQL_BYTES - length);
}

/* Which parameter, from 1, holds the column whose name `text` begins with. */
static uint32_t parameter_of(const struct table *table, const char *text, size_t length)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        if (strncmp(name, text, length) == 0 && name[length] == '\0') {
            return i + 1;
        }
    }
    ASSERT(!"a $column that the table has");
    return 0;
}

/* Appends SQL in which $column stands for its parameter. */
static void template_add(const struct table *table, char *sql, const char *template)
{
    for (const char *at = template; *at != '\0';) {
        size_t plain = strcspn(at, "$");
        sql_add(sql, "%.*s", (int)plain, at);
        at += plain;
        if (*at == '$') {
            size_t name = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
            sql_add(sql, "?%u", parameter_of(table, at + 1, name));
            at += 1 + name;
        }
    }
}

void table_update_sql(const struct table *table, char *sql)
{
    const char *separator = " SET ";

    sql[0] = '\0';
    sql_add(sql, "UPDATE OR FAIL %s", table->name);
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (column->role == ROLE_SET) {
            sql_add(sql, "%s%s = ", separator, column->name);
            if (column->kind == COLUMN_TEXT) {
                sql_add(sql, "coalesce(?%u, %s)", i + 1, column->name);
            } else {
                sql_add(sql, "?%u", i + 1);
            }
            separator = ", ";
        }
    }
    separator = " WHERE ";
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].role == ROLE_KEY) {
            sql_add(sql, "%s%s = ?%u", separator, table->columns[i].name, i + 1);
            separator = " AND ";
        }
    }
    template_add(table, sql, table->fence);
}

static void names_add(const struct table *table, char *sql)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        sql_add(sql, "%s%s", i == 0 ? "" : ", ", table->columns[i].name);
    }
}

void table_insert_sql(const struct table *table, char *sql)
{
    bool extra = table->extra_column != NULL;

    sql[0] = '\0';
    sql_add(sql, "INSERT OR FAIL INTO %s (", table->name);
    names_add(table, sql);
    sql_add(sql, "%s%s) VALUES (", extra ? ", " : "", extra ? table->extra_column : "");
    for (uint32_t i = 0; i < table->column_count; i++) {
        sql_add(sql, "%s?%u", i == 0 ? "" : ", ", i + 1);
    }
    if (extra) {
        sql_add(sql, ", ");
        template_add(table, sql, table->extra_value);
    }
    sql_add(sql, ")");
}

void table_select_sql(const struct table *table, char *sql)
{
    const char *separator = " ORDER BY ";

    sql[0] = '\0';
    sql_add(sql, "SELECT ");
    names_add(table, sql);
    sql_add(sql, " FROM %s", table->name);
    for (uint32_t i = 0; i < table->column_count && table->columns[i].role == ROLE_KEY; i++) {
        sql_add(sql, "%s%s", separator, table->columns[i].name);
        separator = ", ";
    }
}
