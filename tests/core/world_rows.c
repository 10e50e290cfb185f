/* Knows what a record does to the arrays that stand for the store. */
#include "core/world.h"

#include "support/support.h"

#include <string.h>

static void apply_attempt(struct world_rows *rows, const struct record *record)
{
    const struct attempt_row *row = &record->attempt;

    for (uint32_t i = 0; i < rows->attempt_count; i++) {
        struct attempt_row *old = &rows->attempts[i];
        if (old->experiment == row->experiment && old->trial == row->trial &&
            old->number == row->number) {
            if (record->kind == RECORD_ATTEMPT) {
                *old = *row;
            } else {
                old->state = row->state;
                old->outcome = row->outcome;
                old->cause = row->cause;
                old->exit_code = row->exit_code;
                old->signal = row->signal;
                old->late = true;
            }
            return;
        }
    }
    assert_int_equal(record->kind, RECORD_ATTEMPT);
    assert_true(rows->attempt_count < WORLD_ATTEMPTS);
    rows->attempts[rows->attempt_count++] = *row;
}

static void apply_trial(struct world_rows *rows, const struct trial_row *row)
{
    const int32_t e = row->experiment - 1;
    struct trial_row *old = &rows->trials[e][row->number];

    if ((uint32_t)row->number < rows->trial_count[e]) {
        if (old->value_count > 0) { /* I1: the result is written once */
            assert_int_equal(old->value_count, row->value_count);
            assert_memory_equal(old->values, row->values, sizeof row->values);
        }
        assert_true(row->attempts >= old->attempts); /* I2 */
    } else {
        assert_int_equal(row->number, rows->trial_count[e]);
        rows->trial_count[e]++;
    }
    *old = *row;
}

static void apply_suggestion(struct world_rows *rows, const struct suggestion_row *row)
{
    const int32_t e = row->experiment - 1;

    assert_true(row->number < WORLD_ASKS);
    rows->suggestions[e][row->number] = *row;
    if ((uint32_t)row->number >= rows->suggestion_count[e]) {
        rows->suggestion_count[e] = (uint32_t)row->number + 1;
    }
}

/* Kept in the order of pools and times, as the store's table is. */
static void apply_price(struct world_rows *rows, const struct price_row *row)
{
    uint32_t at = rows->price_count;

    while (at > 0 && (rows->prices[at - 1].pool > row->pool ||
                      (rows->prices[at - 1].pool == row->pool &&
                       rows->prices[at - 1].start_ms >= row->start_ms))) {
        at--;
    }
    if (at < rows->price_count && rows->prices[at].pool == row->pool &&
        rows->prices[at].start_ms == row->start_ms) {
        rows->prices[at] = *row;
        return;
    }
    assert_true(rows->price_count < WORLD_PRICES);
    memmove(&rows->prices[at + 1], &rows->prices[at],
            (rows->price_count - at) * sizeof *rows->prices);
    rows->prices[at] = *row;
    rows->price_count++;
}

static struct kept *kept_of(struct world_rows *rows, const struct checkpoint_row *row)
{
    return &rows->kept[row->experiment - 1][row->trial];
}

void world_rows_apply(struct world_rows *rows, const struct record *record)
{
    switch (record->kind) {
    case RECORD_EXPERIMENT:
        rows->experiments[record->experiment.id - 1] = record->experiment;
        if ((uint32_t)record->experiment.id > rows->experiment_count) {
            rows->experiment_count = (uint32_t)record->experiment.id;
        }
        break;
    case RECORD_TRIAL:
        apply_trial(rows, &record->trial);
        break;
    case RECORD_ATTEMPT:
    case RECORD_LATE:
        apply_attempt(rows, record);
        break;
    case RECORD_SUGGESTION:
        apply_suggestion(rows, &record->suggestion);
        break;
    case RECORD_WORKER:
        rows->workers[record->worker.id - 1] = record->worker;
        if ((uint32_t)record->worker.id > rows->worker_count) {
            rows->worker_count = (uint32_t)record->worker.id;
        }
        break;
    case RECORD_POOL:
        rows->pools[record->pool.id - 1] = record->pool;
        break;
    case RECORD_PRICE:
        apply_price(rows, &record->price);
        break;
    case RECORD_AVAILABILITY:
        rows->availability[record->availability.pool - 1] = record->availability;
        break;
    case RECORD_ENTRY:
        assert_true(rows->entry_count < WORLD_ENTRIES);
        rows->entries[rows->entry_count++] = record->entry;
        break;
    case RECORD_CHECKPOINT:
        kept_push(kept_of(rows, &record->checkpoint), &record->checkpoint);
        break;
    case RECORD_SPOILED:
        kept_drop(kept_of(rows, &record->checkpoint), &record->checkpoint);
        break;
    case RECORD_METRIC:
    case RECORD_MACHINE:
    case RECORD_TROUBLE:
        break;
    }
}
