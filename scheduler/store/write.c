/* Knows in which order a batch is written: what others refer to first. */
#include "store/bind.h"

#include "base/assert.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum tide_status ran(struct store *store, int code, const char *doing, struct error *error)
{
    return code == SQLITE_DONE ? TIDE_OK : db_error(store->db, doing, error);
}

/* ---- outlines ---- */

static enum tide_status outline_read(struct store *store, int32_t experiment,
                                     struct outline *outline, struct error *error)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_OUTLINE];
    int code = sqlite3_bind_int(statement, 1, experiment);

    *outline = (struct outline){.experiment = experiment};
    if (code == SQLITE_OK) {
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            uint32_t i = outline->outcome_count;
            outline->objective_count = (uint32_t)sqlite3_column_int(statement, 0);
            bool has_min = sqlite3_column_type(statement, 1) != SQLITE_NULL;
            bool has_max = sqlite3_column_type(statement, 2) != SQLITE_NULL;
            if (i < OUTCOMES_MAX && (has_min || has_max)) {
                outline->min[i] = has_min ? sqlite3_column_double(statement, 1) : -HUGE_VAL;
                outline->max[i] = has_max ? sqlite3_column_double(statement, 2) : HUGE_VAL;
                outline->outcome_count++;
            }
        }
    }
    enum tide_status status = ran(store, code, "read a description", error);
    (void)sqlite3_reset(statement);
    return status;
}

/* The outline of an experiment, remembered once it has been described. */
static enum tide_status outline_find(struct store *store, int32_t experiment,
                                     struct outline *outline, struct error *error)
{
    for (uint32_t i = store->outline_count; i > 0; i--) {
        if (store->outlines[i - 1].experiment == experiment) {
            *outline = store->outlines[i - 1];
            return TIDE_OK;
        }
    }
    enum tide_status status = outline_read(store, experiment, outline, error);
    if (status == TIDE_OK && outline->objective_count > 0) {
        size_t bytes = (store->outline_count + 1) * sizeof *store->outlines;
        struct outline *grown = realloc(store->outlines, bytes);
        if (grown == NULL) {
            return error_set(error, TIDE_NO_MEMORY, "out of memory");
        }
        store->outlines = grown;
        store->outlines[store->outline_count++] = *outline;
    }
    return status;
}

/* ---- rows ---- */

static enum tide_status refuse_row(const struct record *record, struct error *error)
{
    int64_t key[TABLE_KEYS_MAX];

    table_key(record, key);
    return error_set(error, TIDE_BUG,
                     "the %s (%" PRId64 ", %" PRId64 ", %" PRId64
                     ") in the store may not become what the coordinator says",
                     table_of(record->kind)->name, key[0], key[1], key[2]);
}

/* Most images replace an earlier one, so the update is tried first. */
static enum tide_status write_image(struct store *store, const struct record *record,
                                    const struct outline *outline, struct error *error)
{
    struct binding binding;
    int changes = 0;

    bind_start(&binding, store->update[record->kind], &store->batch);
    bind_record(&binding, record, outline);
    int code = bind_run(&binding, &changes);
    if (code != SQLITE_DONE || changes > 0) {
        return ran(store, code, "write a row", error);
    }
    if (table_changes(record->kind)) {
        return refuse_row(record, error);
    }
    bind_start(&binding, store->insert[record->kind], &store->batch);
    bind_record(&binding, record, outline);
    code = bind_run(&binding, &changes);
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID) {
        return refuse_row(record, error); /* it is there, and its fence was shut */
    }
    return ran(store, code, "write a row", error);
}

/* A point reported twice is the same point. */
static enum tide_status write_metric(struct store *store, const struct record *record,
                                     struct error *error)
{
    struct binding binding;
    int changes = 0;

    ASSERT(isfinite(record->metric.value));
    bind_start(&binding, store->insert[RECORD_METRIC], &store->batch);
    bind_record(&binding, record, NULL);
    int code = bind_run(&binding, &changes);
    return code == SQLITE_CONSTRAINT_PRIMARYKEY ? TIDE_OK
                                                : ran(store, code, "write a metric", error);
}

static enum tide_status write_kind(struct store *store, enum record_kind kind, struct error *error)
{
    struct outline outline = {0};
    enum tide_status status = TIDE_OK;
    uint32_t next = store->batch.first[kind];

    while (next != 0 && status == TIDE_OK) {
        const struct batch_record *item = &store->batch.records[next - 1];
        if (kind == RECORD_TRIAL && item->record.trial.experiment != outline.experiment) {
            status = outline_find(store, item->record.trial.experiment, &outline, error);
        }
        if (status == TIDE_OK) {
            status = kind == RECORD_METRIC ? write_metric(store, &item->record, error)
                                           : write_image(store, &item->record, &outline, error);
        }
        next = item->next;
    }
    return status;
}

/* ---- descriptions ---- */

static void bind_parameter(struct binding *binding, const struct batch_detail *detail)
{
    const double none = HUGE_VAL; /* bound as NULL */
    bool numeric = detail->choices == 0;

    bind_integer(binding, detail->position);
    bind_handle(binding, detail->name);
    bind_handle(binding, detail->type);
    bind_real(binding, numeric ? detail->low : none);
    bind_real(binding, numeric ? detail->high : none);
    bind_integer(binding, detail->log_scale);
    bind_real(binding, detail->step > 0 ? detail->step : none);
    bind_handle(binding, detail->choices);
    bind_handle(binding, detail->condition);
}

static enum tide_status write_detail(struct store *store, const struct batch_detail *detail,
                                     struct error *error)
{
    static const enum statement statements[] = {[DETAIL_HEAD] = STATEMENT_HEAD,
                                                [DETAIL_PARAMETER] = STATEMENT_PARAMETER,
                                                [DETAIL_OBJECTIVE] = STATEMENT_OBJECTIVE,
                                                [DETAIL_OUTCOME] = STATEMENT_OUTCOME};
    struct binding binding;
    int changes = 0;

    bind_start(&binding, store->statements[statements[detail->kind]], &store->batch);
    bind_integer(&binding, detail->experiment);
    switch (detail->kind) {
    case DETAIL_HEAD:
        bind_unless(&binding, detail->budget_trials, 0);
        bind_unless(&binding, detail->budget_cost_micro, 0);
        bind_handle(&binding, detail->name);
        break;
    case DETAIL_PARAMETER:
        bind_parameter(&binding, detail);
        break;
    case DETAIL_OBJECTIVE:
        bind_handle(&binding, detail->name);
        bind_text(&binding, detail->maximize ? "maximize" : "minimize");
        break;
    case DETAIL_OUTCOME:
        bind_handle(&binding, detail->name);
        bind_real(&binding, detail->low);
        bind_real(&binding, detail->high);
        break;
    }
    return ran(store, bind_run(&binding, &changes), "describe an experiment", error);
}

static enum tide_status write_details(struct store *store, struct error *error)
{
    enum tide_status status = TIDE_OK;

    for (uint32_t i = 0; i < store->batch.detail_count && status == TIDE_OK; i++) {
        status = write_detail(store, &store->batch.details[i], error);
    }
    return status;
}

/* ---- events and logs ---- */

static enum tide_status write_event(struct store *store, const struct batch_event *event,
                                    struct error *error)
{
    const struct trace *trace = &event->trace;
    struct binding binding;
    int changes = 0;

    bind_start(&binding, store->statements[STATEMENT_EVENT], &store->batch);
    bind_moment(&binding, trace->wall_ms);
    bind_text(&binding, trace_kind_words.items[trace->kind]);
    bind_unless(&binding, trace->experiment, 0);
    bind_unless(&binding, trace->trial, -1);
    bind_unless(&binding, trace->attempt, 0);
    bind_unless(&binding, trace->worker, 0);
    bind_integer(&binding, trace->a);
    bind_integer(&binding, trace->b);
    bind_handle(&binding, event->text);
    return ran(store, bind_run(&binding, &changes), "write an event", error);
}

static void bind_stream(struct binding *binding, const struct batch_log *log)
{
    bind_integer(binding, log->attempt.experiment);
    bind_integer(binding, log->attempt.trial);
    bind_integer(binding, log->attempt.number);
    bind_text(binding, stream_words.items[log->stream]);
}

static enum tide_status write_log(struct store *store, const struct batch_log *log,
                                  struct error *error)
{
    int64_t tail = log->offset - STORE_LOG_TAIL_BYTES;
    struct binding binding;
    int changes = 0;

    bind_start(&binding, store->statements[STATEMENT_LOG], &store->batch);
    bind_stream(&binding, log);
    bind_integer(&binding, log->offset);
    bind_handle(&binding, log->text);
    enum tide_status status = ran(store, bind_run(&binding, &changes), "write a log", error);
    if (status != TIDE_OK || tail <= STORE_LOG_HEAD_BYTES) {
        return status;
    }
    bind_start(&binding, store->statements[STATEMENT_LOG_TRIM], &store->batch);
    bind_stream(&binding, log);
    bind_integer(&binding, STORE_LOG_HEAD_BYTES);
    bind_integer(&binding, tail);
    return ran(store, bind_run(&binding, &changes), "trim a log", error);
}

static enum tide_status write_lines(struct store *store, struct error *error)
{
    enum tide_status status = TIDE_OK;

    for (uint32_t i = 0; i < store->batch.event_count && status == TIDE_OK; i++) {
        status = write_event(store, &store->batch.events[i], error);
    }
    for (uint32_t i = 0; i < store->batch.log_count && status == TIDE_OK; i++) {
        status = write_log(store, &store->batch.logs[i], error);
    }
    return status;
}

enum tide_status write_batch(struct store *store, struct error *error)
{
    static const enum record_kind order[] = {
        RECORD_POOL,       RECORD_PRICE,   RECORD_MACHINE, RECORD_TROUBLE,     RECORD_WORKER,
        RECORD_SUGGESTION, RECORD_TRIAL,   RECORD_ATTEMPT, RECORD_LATE,        RECORD_ENTRY,
        RECORD_CHECKPOINT, RECORD_SPOILED, RECORD_METRIC,  RECORD_AVAILABILITY};
    enum tide_status status = write_kind(store, RECORD_EXPERIMENT, error);

    if (status == TIDE_OK) {
        status = write_details(store, error);
    }
    for (size_t i = 0; i < sizeof order / sizeof *order && status == TIDE_OK; i++) {
        status = write_kind(store, order[i], error);
    }
    return status == TIDE_OK ? write_lines(store, error) : status;
}
