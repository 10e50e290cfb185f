/*
 * What the ledger says, recounted: every entry is one stretch at the price of the calendar, with
 * the cost of that stretch; every sum is a sum of entries; and an attempt's entries are its time,
 * one after the other.
 */
#include "audit.h"

#include "story.h"

static const int64_t hour_ms = 3600000;

/* price x span / (hour x slots), half to even. */
static int64_t cost_of(int64_t price_micro, int64_t span_ms)
{
    const int64_t divisor = hour_ms * MACHINE_SLOTS;
    const int64_t whole = price_micro * span_ms / divisor;
    const int64_t rest = price_micro * span_ms % divisor;
    const bool up = 2 * rest > divisor || (2 * rest == divisor && whole % 2 == 1);

    return whole + (up ? 1 : 0);
}

static void check_entry(const struct entry_row *entry)
{
    const int64_t span_ms = entry->to_ms - entry->from_ms;

    if (span_ms <= 0 || entry->slots < 1 || entry->slots > MACHINE_SLOTS) {
        story_fails("money: entry %lld is of %lld ms and %d slots", (long long)entry->id,
                    (long long)span_ms, (int)entry->slots);
    }
    if (entry->cost_micro != entry->slots * cost_of(entry->price_micro, span_ms)) {
        story_fails("money: entry %lld costs %lld", (long long)entry->id,
                    (long long)entry->cost_micro);
    }
    if (!story.audit.jumped && (entry->price_micro != plan_price_micro(entry->from_ms) ||
                                plan_price_micro(entry->to_ms - 1) != entry->price_micro)) {
        story_fails("money: entry %lld has another price than the calendar", (long long)entry->id);
    }
}

static void check_attempt(const struct attempt_row *row)
{
    int64_t spent_ms = 0;
    int64_t cost_micro = 0;
    int64_t until_ms = 0;

    for (uint32_t i = 0; i < story.vault.rows.entry_count; i++) {
        const struct entry_row *entry = &story.vault.rows.entries[i];
        if (entry->experiment != row->experiment || entry->trial != row->trial ||
            entry->attempt != row->number) {
            continue;
        }
        if (!story.audit.jumped && entry->from_ms < until_ms) {
            story_fails("money: attempt %d.%d.%d pays for the same time twice",
                        (int)row->experiment, (int)row->trial, (int)row->number);
        }
        until_ms = entry->to_ms;
        spent_ms += entry->to_ms - entry->from_ms;
        cost_micro += entry->cost_micro;
    }
    if (spent_ms != row->duration_ms || cost_micro != row->cost_micro) {
        story_fails("money: attempt %d.%d.%d took %lld ms and %lld, its entries %lld and %lld",
                    (int)row->experiment, (int)row->trial, (int)row->number,
                    (long long)row->duration_ms, (long long)row->cost_micro, (long long)spent_ms,
                    (long long)cost_micro);
    }
}

void audit_money(void)
{
    const struct rows *rows = &story.vault.rows;
    int64_t of_experiment[PLAN_EXPERIMENTS_MAX + 1] = {0};

    for (uint32_t i = 0; i < rows->entry_count; i++) {
        if (rows->entries[i].id != (int64_t)i + 1) {
            story_fails("money: entry %lld is the number %u", (long long)rows->entries[i].id,
                        i + 1);
        }
        check_entry(&rows->entries[i]);
        of_experiment[rows->entries[i].experiment] += rows->entries[i].cost_micro;
    }
    for (uint32_t i = 0; i < rows->attempt_count; i++) {
        check_attempt(&rows->attempts[i]);
    }
    for (uint32_t e = 0; e < rows->experiment_count; e++) {
        if (rows->experiments[e].row.cost_micro != of_experiment[e + 1]) {
            story_fails("money: experiment %u cost %lld, its entries %lld", e + 1,
                        (long long)rows->experiments[e].row.cost_micro,
                        (long long)of_experiment[e + 1]);
        }
    }
}
