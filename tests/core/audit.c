#include "core/audit.h"

#include "support/support.h"

#include <string.h>

void audit_init(struct audit *audit, const struct world *world)
{
    memset(audit, 0, sizeof *audit);
    audit->opened_ms = world->wall_ms;
}

void audit_price(struct audit *audit, int64_t now_ms, const struct price_event *event)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < audit->price_count; i++) { /* what was foreseen is forgotten */
        if (audit->prices[i].pool != event->pool || audit->prices[i].from_ms < now_ms) {
            audit->prices[kept++] = audit->prices[i];
        }
    }
    audit->price_count = kept;
    for (uint32_t i = 0; i < event->count; i++) {
        const bool over = i + 1 < event->count && event->steps[i + 1].start_ms <= now_ms;
        const int64_t start_ms = event->steps[i].start_ms;
        if (!over) {
            assert_true(audit->price_count < AUDIT_PRICES);
            audit->prices[audit->price_count++] =
                (struct audit_price){.pool = event->pool,
                                     .from_ms = start_ms < now_ms ? now_ms : start_ms,
                                     .price_micro = event->steps[i].price_micro};
        }
    }
}

/* The price of a pool at a moment; nothing before one was told. */
static int64_t price_then(const struct audit *audit, int32_t pool, int64_t at_ms)
{
    int64_t price_micro = 0;

    for (uint32_t i = 0; i < audit->price_count; i++) {
        if (audit->prices[i].pool == pool && audit->prices[i].from_ms <= at_ms) {
            price_micro = audit->prices[i].price_micro;
        }
    }
    return price_micro;
}

static bool is_live(const struct attempt_row *row)
{
    return row->started_ms > 0 && (row->state == ATTEMPT_ACTIVE || row->state == ATTEMPT_STOPPING);
}

static int32_t live_on(const struct world *world, int32_t worker)
{
    int32_t live = 0;

    for (uint32_t i = 0; i < world->rows.attempt_count; i++) {
        const struct attempt_row *row = &world->rows.attempts[i];
        live += row->worker == worker && is_live(row) ? 1 : 0;
    }
    return live;
}

static int32_t idle_on(const struct world *world, const struct worker_row *worker)
{
    const int32_t idle = worker->slots - live_on(world, worker->id);

    return worker->booked_ms > 0 && idle > 0 ? idle : 0;
}

void audit_elapse(struct audit *audit, const struct world *world, int64_t ms)
{
    for (uint32_t i = 0; i < world->rows.worker_count; i++) {
        const struct worker_row *worker = &world->rows.workers[i];
        if (worker->pool != 0) {
            audit->slot_ms[i] += ms * (idle_on(world, worker) + live_on(world, worker->id));
        }
    }
}

void audit_hello(struct audit *audit, struct world *world, uint32_t worker, int32_t slots,
                 int64_t age_ms)
{
    struct world_worker *self = &world->workers[worker];
    const bool first = self->id == 0 && self->pool != 0;
    const int64_t most_ms = world->wall_ms - audit->opened_ms;
    const int64_t span_ms = !first ? 0 : age_ms < most_ms ? age_ms : most_ms;

    self->launched_ms = world->wall_ms - span_ms;
    world_hello(world, worker, slots);
    audit->slot_ms[self->id - 1] += slots * span_ms;
}

/* price x duration x power / slots to the millionth, half to even: digit by digit. */
static int64_t cost_of(int64_t price_micro, int64_t duration_ms, int64_t power_watt, int64_t slots)
{
    const int64_t divisor = 3600000 * slots * (power_watt > 0 ? 1000 : 1);
    const int64_t factor = duration_ms * (power_watt > 0 ? power_watt : 1);
    int64_t price = price_micro < 0 ? -price_micro : price_micro;
    int64_t digits[20] = {0};
    int64_t quotient = 0;
    int64_t rest = 0;
    int count = 0;

    for (; price > 0; price /= 10) {
        digits[count++] = price % 10;
    }
    while (count > 0) {
        const int64_t part = rest * 10 + digits[--count] * factor;
        quotient = quotient * 10 + part / divisor;
        rest = part % divisor;
    }
    quotient += 2 * rest > divisor || (2 * rest == divisor && quotient % 2 == 1) ? 1 : 0;
    return price_micro < 0 ? -quotient : quotient;
}

static void check_entry(const struct audit *audit, const struct world *world,
                        const struct entry_row *entry)
{
    const struct worker_row *worker = &world->rows.workers[entry->worker - 1];
    const struct pool_row *pool = &world->rows.pools[entry->pool - 1];
    const int64_t cost =
        cost_of(entry->price_micro, entry->to_ms - entry->from_ms, pool->power_watt, worker->slots);

    assert_true(entry->from_ms < entry->to_ms);
    assert_int_equal(entry->price_micro, price_then(audit, entry->pool, entry->from_ms));
    for (uint32_t i = 0; i < audit->price_count; i++) {
        const struct audit_price *price = &audit->prices[i];
        if (price->pool == entry->pool && price->from_ms > entry->from_ms &&
            price->from_ms < entry->to_ms) {
            assert_int_equal(entry->price_micro, price->price_micro);
        }
    }
    assert_int_equal(entry->cost_micro, cost * entry->slots);
}

/* What the entries say of one attempt is what its row says. */
static void check_attempt(const struct world *world, const struct attempt_row *row)
{
    int64_t ms[LEDGER_KINDS] = {0};
    int64_t cost_micro = 0;

    for (uint32_t i = 0; i < world->rows.entry_count; i++) {
        const struct entry_row *entry = &world->rows.entries[i];
        if (entry->experiment == row->experiment && entry->trial == row->trial &&
            entry->attempt == row->number) {
            assert_int_equal(entry->worker, row->worker);
            ms[entry->kind] += entry->to_ms - entry->from_ms;
            cost_micro += entry->cost_micro;
        }
    }
    assert_int_equal(cost_micro, row->cost_micro);
    assert_int_equal(row->useful_ms + row->lost_ms + row->checkpoint_ms, row->duration_ms);
    if (world->rows.workers[row->worker - 1].pool != 0) {
        assert_int_equal(ms[LEDGER_USEFUL], row->useful_ms);
        assert_int_equal(ms[LEDGER_LOST], row->lost_ms);
        assert_int_equal(ms[LEDGER_CHECKPOINT], row->checkpoint_ms);
    }
}

static void check_sums(const struct world *world)
{
    for (uint32_t e = 0; e < world->rows.experiment_count; e++) {
        int64_t all = 0;
        for (uint32_t i = 0; i < world->rows.entry_count; i++) {
            const struct entry_row *entry = &world->rows.entries[i];
            all += entry->experiment == (int32_t)e + 1 ? entry->cost_micro : 0;
        }
        assert_int_equal(world->rows.experiments[e].cost_micro, all);
        for (uint32_t t = 0; t < world->rows.trial_count[e]; t++) {
            int64_t mine = 0;
            for (uint32_t i = 0; i < world->rows.attempt_count; i++) {
                const struct attempt_row *row = &world->rows.attempts[i];
                const bool its = row->experiment == (int32_t)e + 1 && row->trial == (int32_t)t;
                mine += its ? row->cost_micro : 0;
            }
            assert_int_equal(world->rows.trials[e][t].cost_micro, mine);
        }
    }
}

/* Slots that were up are in the entries, or wait to be booked. */
static void check_cover(const struct audit *audit, const struct world *world)
{
    int64_t ms[WORLD_WORKERS] = {0};

    for (uint32_t i = 0; i < world->rows.entry_count; i++) {
        const struct entry_row *entry = &world->rows.entries[i];
        ms[entry->worker - 1] += entry->slots * (entry->to_ms - entry->from_ms);
    }
    for (uint32_t i = 0; i < world->rows.attempt_count; i++) {
        const struct attempt_row *row = &world->rows.attempts[i];
        ms[row->worker - 1] += is_live(row) ? world->wall_ms - row->booked_ms : 0;
    }
    for (uint32_t i = 0; i < world->rows.worker_count; i++) {
        const struct worker_row *worker = &world->rows.workers[i];
        if (worker->pool != 0) {
            const int64_t idle = idle_on(world, worker);
            ms[i] += idle > 0 ? idle * (world->wall_ms - worker->booked_ms) : 0;
            assert_int_equal(ms[i], audit->slot_ms[i]);
        }
    }
}

void audit_check(struct audit *audit, const struct world *world)
{
    for (; audit->checked < world->rows.entry_count; audit->checked++) {
        check_entry(audit, world, &world->rows.entries[audit->checked]);
    }
    for (uint32_t i = 0; i < world->rows.attempt_count; i++) {
        check_attempt(world, &world->rows.attempts[i]);
    }
    check_sums(world);
    check_cover(audit, world);
}
