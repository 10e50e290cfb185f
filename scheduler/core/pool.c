/*
 * pool: pools of workers and what they cost. Knows that a price counts from the moment it was heard
 * of: what held before is never rewritten, so a sum that was within a budget stays within it.
 */
#include "core/state.h"

#include "base/assert.h"

#include <string.h>

struct pool *pool_find(struct core *core, int32_t id)
{
    struct pool *pool = id >= 1 && id <= POOLS_MAX ? &core->pools[id - 1] : NULL;

    return pool != NULL && pool->row.id != 0 ? pool : NULL;
}

static void pool_emit(struct core *core, const struct pool *pool, uint32_t name_text)
{
    struct pool_row *row = &emit_record(core, RECORD_POOL)->pool;

    *row = pool->row;
    row->name_text = name_text;
}

void pool_take(struct core *core, const struct pool_event *event)
{
    if (event->pool < 1 || event->pool > POOLS_MAX) {
        core->out->status = TIDE_LIMIT;
        return;
    }
    struct pool *pool = &core->pools[event->pool - 1];
    if (pool->row.id == 0) {
        pool->refused_boot_ms = NEVER;
    }
    pool->row.id = event->pool;
    pool->row.kind = event->kind;
    pool->row.slots = event->slots > 0 ? event->slots : 1;
    pool->row.workers_max = event->workers_max;
    pool->row.power_watt = event->power_watt;
    pool->row.currency = event->currency;
    pool->row.launches = event->launches;
    pool->row.startup_ms = event->startup_ms;
    pool_emit(core, pool, event->name_text);
}

/* The last step that starts at or before a moment; the first one when all are later. */
static uint32_t step_at(const struct pool *pool, int64_t wall_ms)
{
    uint32_t at = 0;

    while (at + 1 < pool->step_count && pool->steps[at + 1].start_ms <= wall_ms) {
        at++;
    }
    return at;
}

int64_t pool_price_micro(const struct pool *pool, int64_t wall_ms)
{
    return pool->step_count == 0 ? 0 : pool->steps[step_at(pool, wall_ms)].price_micro;
}

/* Forgets the oldest steps when there is no room for `more`. */
static void steps_make_room(struct pool *pool, uint32_t more)
{
    if (pool->step_count + more > POOL_STEPS_MAX) {
        const uint32_t drop = pool->step_count + more - POOL_STEPS_MAX;
        memmove(pool->steps, pool->steps + drop, (pool->step_count - drop) * sizeof *pool->steps);
        pool->step_count -= drop;
    }
}

/* Two steps of one price are one. */
static void step_append(struct pool *pool, struct price_step step)
{
    if (pool->step_count == 0 ||
        pool->steps[pool->step_count - 1].price_micro != step.price_micro) {
        pool->steps[pool->step_count++] = step;
    }
}

static void price_emit(struct core *core, const struct pool *pool, int64_t start_ms)
{
    emit_record(core, RECORD_PRICE)->price =
        (struct price_row){.pool = pool->row.id,
                           .start_ms = start_ms,
                           .price_micro = pool_price_micro(pool, start_ms),
                           .trust = pool->row.trust};
}

static bool step_known(const struct price_step *steps, uint32_t count, struct price_step step)
{
    for (uint32_t i = 0; i < count; i++) {
        if (steps[i].start_ms == step.start_ms && steps[i].price_micro == step.price_micro) {
            return true;
        }
    }
    return false;
}

/* What is ahead is replaced by what is known now. A row that no longer begins a price says what
 * holds then, as rows are not taken away. */
static void steps_replace(struct core *core, struct pool *pool, const struct price_event *event)
{
    struct price_step before[POOL_STEPS_MAX];
    const uint32_t before_count = pool->step_count;
    uint32_t next = 0;

    memcpy(before, pool->steps, before_count * sizeof *before);
    while (pool->step_count > 0 && pool->steps[pool->step_count - 1].start_ms > core->wall_ms) {
        pool->step_count--;
    }
    while (next + 1 < event->count && event->steps[next + 1].start_ms <= core->wall_ms) {
        next++;
    }
    for (uint32_t i = next; i < event->count; i++) {
        const int64_t start_ms = event->steps[i].start_ms;
        step_append(pool, (struct price_step){.start_ms = i == next ? core->wall_ms : start_ms,
                                              .price_micro = event->steps[i].price_micro});
    }
    for (uint32_t i = 0; i < pool->step_count; i++) {
        if (!step_known(before, before_count, pool->steps[i])) {
            price_emit(core, pool, pool->steps[i].start_ms);
        }
    }
    for (uint32_t i = 0; i < before_count; i++) {
        if (before[i].start_ms > core->wall_ms &&
            !step_known(pool->steps, pool->step_count, before[i]) &&
            pool_price_micro(pool, before[i].start_ms) != before[i].price_micro) {
            price_emit(core, pool, before[i].start_ms);
        }
    }
}

void pool_take_price(struct core *core, const struct price_event *event)
{
    struct pool *pool = pool_find(core, event->pool);

    if (pool == NULL || event->count > HORIZON_STEPS_MAX) {
        core->out->status = TIDE_NOT_FOUND;
        return;
    }
    const int64_t before_micro = pool_price_micro(pool, core->wall_ms);
    const bool first = pool->step_count == 0;
    const bool moved = pool->row.trust != event->trust;
    pool->row.trust = event->trust;
    steps_make_room(pool, event->count);
    steps_replace(core, pool, event);
    if (moved) {
        pool_emit(core, pool, 0);
    }
    const int64_t price_micro = pool_price_micro(pool, core->wall_ms);
    if (moved || first || price_micro != before_micro) {
        struct trace *trace = emit_trace_of(core, TRACE_PRICE, 0, 0);
        trace->a = pool->row.id;
        trace->b = price_micro;
    }
}

void pool_take_machines(struct core *core, const struct machines_event *event)
{
    struct pool *pool = pool_find(core, event->pool);

    if (pool == NULL) {
        core->out->status = TIDE_NOT_FOUND;
        return;
    }
    pool->refused_boot_ms = event->refused_ms > 0 ? core->boot_ms + event->refused_ms : NEVER;
    if (pool->row.machines != event->machines) {
        pool->row.machines = event->machines;
        pool_emit(core, pool, 0);
    }
}

void pool_connect(struct core *core, int32_t id, int32_t workers)
{
    struct pool *pool = pool_find(core, id);

    if (pool != NULL) {
        pool->connected += workers;
    }
}

const struct pool_row *core_pool(const struct core *core, int32_t pool)
{
    const bool known = pool >= 1 && pool <= POOLS_MAX && core->pools[pool - 1].row.id != 0;

    return known ? &core->pools[pool - 1].row : NULL;
}

/* ---- from the rows ---- */

void core_load_pool(struct core *core, const struct pool_row *row)
{
    ASSERT(row->id >= 1 && row->id <= POOLS_MAX);
    struct pool *pool = &core->pools[row->id - 1];
    *pool = (struct pool){.row = *row, .refused_boot_ms = NEVER};
    pool->row.name_text = 0;
}

void core_load_price(struct core *core, const struct price_row *row)
{
    struct pool *pool = pool_find(core, row->pool);

    ASSERT(pool != NULL);
    steps_make_room(pool, 1);
    step_append(pool, (struct price_step){row->start_ms, row->price_micro});
}

void core_load_entries(struct core *core, int64_t last_id)
{
    core->entries = last_id;
}
