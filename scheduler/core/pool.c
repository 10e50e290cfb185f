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

void pool_emit(struct core *core, const struct pool *pool, uint32_t name_text)
{
    struct pool_row *row = &emit_record(core, RECORD_POOL)->pool;

    *row = pool->row;
    row->name_text = name_text;
}

int64_t pool_price_micro(const struct pool *pool, int64_t wall_ms)
{
    return pool->step_count == 0
               ? 0
               : pool->steps[price_step_at(pool->steps, pool->step_count, wall_ms)].price_micro;
}

/* Weighed by time; now, where the stretch is empty. */
double pool_mean_micro(const struct pool *pool, int64_t from_ms, int64_t to_ms)
{
    double sum = 0;
    int64_t at_ms = from_ms;

    for (size_t i = price_step_at(pool->steps, pool->step_count, from_ms);
         i < pool->step_count && at_ms < to_ms; i++) {
        const bool last = i + 1 == pool->step_count || pool->steps[i + 1].start_ms >= to_ms;
        const int64_t until_ms = last ? to_ms : pool->steps[i + 1].start_ms;
        sum += (double)pool->steps[i].price_micro * (double)(until_ms - at_ms);
        at_ms = until_ms;
    }
    return to_ms > from_ms ? sum / (double)(to_ms - from_ms)
                           : (double)pool_price_micro(pool, from_ms);
}

static void price_emit(struct core *core, const struct pool *pool, const struct price_step *step)
{
    emit_record(core, RECORD_PRICE)->price = (struct price_row){.pool = pool->row.id,
                                                                .start_ms = step->start_ms,
                                                                .price_micro = step->price_micro,
                                                                .trust = pool->row.trust};
}

void pool_take(struct core *core, const struct pool_event *event)
{
    if (event->pool < 1 || event->pool > POOLS_MAX) {
        core->out->status = TIDE_LIMIT;
        return;
    }
    struct pool *pool = &core->pools[event->pool - 1];
    const bool fresh = pool->row.id == 0;
    pool->row.id = event->pool;
    pool->row.kind = event->kind;
    pool->row.slots = event->slots > 0 ? event->slots : 1;
    pool->row.workers_max = event->workers_max;
    pool->row.power_watt = event->power_watt;
    pool->row.currency = event->currency;
    pool->row.launches = event->launches;
    pool->row.startup_ms = event->startup_ms;
    pool_emit(core, pool, event->name_text);
    if (fresh) { /* until a price is heard of, it costs nothing */
        pool->refused_boot_ms = NEVER;
        pool->seen_boot_ms = core->boot_ms;
        pool->steps[pool->step_count++] = (struct price_step){.start_ms = core->wall_ms};
        price_emit(core, pool, &pool->steps[0]);
    }
}

/* The highest price of [from, to). */
int64_t pool_dearest_micro(const struct pool *pool, int64_t from_ms, int64_t to_ms)
{
    int64_t most = pool_price_micro(pool, from_ms);

    for (uint32_t i = 0; i < pool->step_count && pool->steps[i].start_ms < to_ms; i++) {
        if (pool->steps[i].start_ms > from_ms && pool->steps[i].price_micro > most) {
            most = pool->steps[i].price_micro;
        }
    }
    return most;
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

/* Of two steps that begin together, the later counts. */
static void step_append(struct pool *pool, struct price_step step)
{
    if (pool->step_count > 0 && pool->steps[pool->step_count - 1].start_ms == step.start_ms) {
        pool->step_count--;
    }
    pool->steps[pool->step_count++] = step;
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

/* What `event` says of a moment from now on. */
static int64_t told_micro(const struct price_event *event, int64_t at_ms)
{
    return event->steps[price_step_at(event->steps, event->count, at_ms)].price_micro;
}

/* The starts of what is told and of what was foreseen before, as rows are not taken away. */
static void steps_ahead(const struct core *core, struct pool *pool, const struct price_event *event,
                        const struct price_step *foreseen, uint32_t foreseen_count)
{
    uint32_t old = 0;
    uint32_t told = 0;

    while (old < foreseen_count || told < event->count) {
        const bool next_told =
            old == foreseen_count ||
            (told < event->count && event->steps[told].start_ms <= foreseen[old].start_ms);
        const int64_t start_ms =
            next_told ? event->steps[told++].start_ms : foreseen[old++].start_ms;
        if (start_ms > core->wall_ms && pool->step_count < POOL_STEPS_MAX) {
            step_append(pool, (struct price_step){start_ms, told_micro(event, start_ms)});
        }
    }
}

/* What is ahead is replaced by what is known now. */
static void steps_replace(struct core *core, struct pool *pool, const struct price_event *event)
{
    struct price_step before[POOL_STEPS_MAX];
    const uint32_t before_count = pool->step_count;
    const int64_t now_micro = told_micro(event, core->wall_ms);

    memcpy(before, pool->steps, before_count * sizeof *before);
    while (pool->step_count > 0 && pool->steps[pool->step_count - 1].start_ms > core->wall_ms) {
        pool->step_count--;
    }
    const uint32_t past = pool->step_count;
    if (past == 0 || pool->steps[past - 1].price_micro != now_micro) {
        step_append(pool, (struct price_step){core->wall_ms, now_micro});
    }
    steps_ahead(core, pool, event, before + past, before_count - past);
    for (uint32_t i = 0; i < pool->step_count; i++) {
        if (!step_known(before, before_count, pool->steps[i])) {
            price_emit(core, pool, &pool->steps[i]);
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
    pool->known_ms = event->known_ms;
    pool->past = event->past;
    if (event->count > 0) {
        steps_make_room(pool, event->count + 1);
        steps_replace(core, pool, event);
    }
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

void core_load_availability(struct core *core, const struct availability_row *row)
{
    struct pool *pool = pool_find(core, row->pool);

    ASSERT(pool != NULL);
    pool->history = row->history;
}

void core_load_entries(struct core *core, int64_t last_id)
{
    core->entries = last_id;
}
