/* Knows which column of which table holds which field of which row. */
#include "store/table.h"

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
#define KEY_OF(name, kind, row)                                                                    \
    {                                                                                              \
        name, kind, ROLE_KEY, false, 0, AT(row), NULL                                              \
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
#define REAL_OR_NULL(name, row)                                                                    \
    {                                                                                              \
        name, COLUMN_REAL, ROLE_SET, true, 0, AT(row), NULL                                        \
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
    FIXED("sources", COLUMN_TEXT, experiment.sources_text),
    WORD("state", experiment.state, experiment_state_words),
    WORD("reason", experiment.reason, experiment_reason_words),
    MOMENT("created", experiment.created_ms),
    MOMENT("started", experiment.started_ms),
    MOMENT("ended", experiment.ended_ms),
    INT64("told_count", experiment.told_count),
    INT64("compute_ms", experiment.compute_ms),
    INT64("cost_micro", experiment.cost_micro),
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
    RESULT("rungs", COLUMN_RUNGS),
    REAL_OR_NULL("median", trial.median),
    INT32("settled", trial.settled),
    INT32_OR(0, "checkpoint_attempt", trial.checkpoint.attempt),
    INT32_OR(0, "checkpoint_seq", trial.checkpoint.seq),
    INT64("checkpoint_step", trial.checkpoint.step),
    MOMENT("saved", trial.saved_ms),
    MOMENT("created", trial.created_ms),
    MOMENT("started", trial.started_ms),
    MOMENT("ended", trial.ended_ms),
    INT64("useful_ms", trial.useful_ms),
    INT64("lost_ms", trial.lost_ms),
    INT64("cost_micro", trial.cost_micro),
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
    INT64("checkpoint_ms", attempt.checkpoint_ms),
    MOMENT("booked", attempt.booked_ms),
    INT64("cost_micro", attempt.cost_micro),
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
    INT32_OR(0, "pool_id", worker.pool),
    INT32("slots", worker.slots),
    INT32("cpus_milli", worker.cpus_milli),
    INT32("gpus", worker.gpus),
    INT64("memory_bytes", worker.memory_bytes),
    MOMENT("first_seen", worker.first_seen_ms),
    MOMENT("last_seen", worker.last_seen_ms),
    MOMENT("booked", worker.booked_ms),
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
    INT32_OR(0, "spoiled_by", checkpoint.spoiled_by),
};

static const struct column spoiled_columns[] = {
    KEY("experiment", checkpoint.experiment),
    KEY("trial", checkpoint.trial),
    KEY("attempt", checkpoint.attempt),
    KEY("seq", checkpoint.seq),
    INT32_OR(0, "spoiled_by", checkpoint.spoiled_by),
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

static const struct column pool_columns[] = {
    KEY("id", pool.id),
    WORD("kind", pool.kind, pool_kind_words),
    WORD("trust", pool.trust, price_trust_words),
    INT32("slots", pool.slots),
    INT32_OR(0, "workers_max", pool.workers_max),
    INT32("machines", pool.machines),
    INT32("wanted", pool.wanted),
    INT32_OR(0, "power_watt", pool.power_watt),
    INT32("currency_code", pool.currency),
    BOOL("launches", pool.launches),
    INT64("startup_ms", pool.startup_ms),
    TEXT("name", pool.name_text),
};

static const struct column price_columns[] = {
    KEY("pool", price.pool),
    KEY_OF("start", COLUMN_MOMENT, price.start_ms),
    INT64("price_micro", price.price_micro),
    WORD("trust", price.trust, price_trust_words),
};

static const struct column entry_columns[] = {
    KEY_OF("id", COLUMN_INT64, entry.id),
    WORD("kind", entry.kind, ledger_kind_words),
    INT32_OR(0, "experiment", entry.experiment),
    INT32_OR(-1, "trial", entry.trial),
    INT32_OR(0, "attempt", entry.attempt),
    INT32("worker", entry.worker),
    INT32("pool", entry.pool),
    INT32("slots", entry.slots),
    MOMENT("started", entry.from_ms),
    MOMENT("ended", entry.to_ms),
    INT64("price_micro", entry.price_micro),
    INT64("cost_micro", entry.cost_micro),
};

static const struct column machine_columns[] = {
    KEY("pool", machine.pool),
    KEY("number", machine.number),
    WORD("state", machine.state, machine_state_words),
    MOMENT("launched", machine.launched_ms),
    MOMENT("ended", machine.ended_ms),
    TEXT("name", machine.name_text),
};

static const struct column trouble_columns[] = {
    KEY("pool", trouble.pool),
    TEXT("price", trouble.price_text),
    TEXT("launch", trouble.launch_text),
    TEXT("terminate", trouble.terminate_text),
};

#define STRETCHES(name, part)                                                                      \
    INT64(name "_ms", availability.history.part.duration_ms),                                      \
        INT32(name "_ends", availability.history.part.ends)

static const struct column availability_columns[] = {
    KEY("pool", availability.pool),
    INT64("observed_ms", availability.history.observed_ms),
    INT64("calm_ms", availability.history.calm_ms),
    INT32("slots", availability.history.slots_seen),
    STRETCHES("up", up),
    STRETCHES("down", down),
    STRETCHES("up_young", up_by_age[0]),
    STRETCHES("up_middle", up_by_age[1]),
    STRETCHES("up_old", up_by_age[2]),
    STRETCHES("down_young", down_by_age[0]),
    STRETCHES("down_middle", down_by_age[1]),
    STRETCHES("down_old", down_by_age[2]),
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
    [RECORD_SPOILED] = {"checkpoint", "", NULL, NULL, COLUMNS(spoiled_columns)},
    [RECORD_METRIC] = {"metric", "", NULL, NULL, COLUMNS(metric_columns)},
    [RECORD_POOL] = {"pool", "", NULL, NULL, COLUMNS(pool_columns)},
    [RECORD_PRICE] = {"price", "", NULL, NULL, COLUMNS(price_columns)},
    [RECORD_ENTRY] = {"entry", "", NULL, NULL, COLUMNS(entry_columns)},
    [RECORD_MACHINE] = {"machine", "", NULL, NULL, COLUMNS(machine_columns)},
    [RECORD_TROUBLE] = {"trouble", "", NULL, NULL, COLUMNS(trouble_columns)},
    [RECORD_AVAILABILITY] = {"availability", "", NULL, NULL, COLUMNS(availability_columns)},
};

const struct table *table_of(enum record_kind kind)
{
    return &tables[kind];
}

bool table_changes(enum record_kind kind)
{
    return kind == RECORD_LATE || kind == RECORD_SPOILED;
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

void table_key(const struct record *record, int64_t key[TABLE_KEYS_MAX])
{
    const struct table *table = table_of(record->kind);

    for (uint32_t i = 0; i < TABLE_KEYS_MAX; i++) {
        const struct column *column = &table->columns[i];
        key[i] = column->role != ROLE_KEY       ? 0
                 : column->kind == COLUMN_INT32 ? column_int32(column, record)
                                                : column_int64(column, record);
    }
}
