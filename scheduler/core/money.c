/*
 * money: the ledger. Knows how time becomes entries: an attempt's when it ends, split at its last
 * checkpoint and at every change of its pool's price; a worker's idle slots whenever their number
 * changes. An entry is never changed, and every sum is a sum of entries.
 */
#include "core/state.h"

#include "base/assert.h"

/* Into how many entries a stretch may be cut: the rest of a step's are for others. */
static size_t pieces_max(const struct core *core)
{
    const int64_t left =
        STEP_ENTRIES_MAX - STEP_ENTRIES_SPARE - (core->entries - core->entries_before);

    return left > 1 ? (size_t)left : 1;
}

struct ledger_scale money_scale(const struct pool *pool, const struct worker *worker)
{
    return (struct ledger_scale){.power_watt = pool->row.power_watt,
                                 .slots = worker->row.slots > 0 ? worker->row.slots : 1};
}

static int64_t entry_emit(struct core *core, const struct entry_row *like,
                          const struct ledger_entry *piece)
{
    struct entry_row *row = &emit_record(core, RECORD_ENTRY)->entry;

    *row = *like;
    row->id = ++core->entries;
    row->from_ms = piece->from_ms;
    row->to_ms = piece->to_ms;
    row->price_micro = piece->price_micro;
    row->cost_micro = piece->cost_micro * like->slots;
    return row->cost_micro;
}

/* Books [from, to) of `like`; returns what it cost. A stretch of more prices than a step has room
 * for, which takes weeks of silence, is one entry at the dearest of them. */
static int64_t stretch_book(struct core *core, const struct worker *worker,
                            const struct entry_row *like, int64_t from_ms, int64_t to_ms)
{
    static const struct price_step unknown = {0};
    const struct pool *pool = pool_find(core, worker->row.pool);
    struct ledger_entry pieces[POOL_STEPS_MAX];
    int64_t cost_micro = 0;

    if (pool == NULL || to_ms <= from_ms || like->slots == 0) {
        return 0;
    }
    const struct ledger_scale scale = money_scale(pool, worker);
    const struct price_step *steps = pool->step_count > 0 ? pool->steps : &unknown;
    struct price_step one = {.price_micro = pool_dearest_micro(pool, from_ms, to_ms)};
    size_t count = ledger_split(steps, pool->step_count > 0 ? pool->step_count : 1, from_ms, to_ms,
                                scale, pieces, POOL_STEPS_MAX);
    if (count > pieces_max(core)) {
        count = ledger_split(&one, 1, from_ms, to_ms, scale, pieces, 1);
    }
    for (size_t i = 0; i < count; i++) {
        cost_micro += entry_emit(core, like, &pieces[i]);
    }
    return cost_micro;
}

/* ---- attempts ---- */

/* The stretches of an attempt, by boot time: until `split` it was useful, but what lies between
 * `notice` and `split` was saving; from there on it was lost. */
struct stretches {
    int64_t from, notice, split, to;
};

static struct stretches stretches_of(const struct core *core, const struct trial *trial,
                                     bool finished)
{
    const int64_t from = trial->accepted_boot_ms;
    const bool keeps = !trial_experiment(core, trial)->config.always_from_start;
    const int64_t saved = keeps && trial->saved_boot_ms > from ? trial->saved_boot_ms : from;
    const int64_t split = finished ? core->boot_ms : saved;
    const bool saving = !finished && trial->notice_boot_ms >= from && trial->notice_boot_ms < split;

    return (struct stretches){.from = from,
                              .notice = saving ? trial->notice_boot_ms : split,
                              .split = split,
                              .to = core->boot_ms};
}

/* What one kind of an attempt's time cost. */
static int64_t kind_book(struct core *core, const struct trial *trial, enum ledger_kind kind,
                         int64_t from, int64_t to)
{
    const struct worker *worker = worker_find(core, trial->attempt.worker);
    const int64_t shift_ms = trial->attempt.booked_ms - trial->accepted_boot_ms;
    const struct entry_row like = {.kind = kind,
                                   .experiment = trial->row.experiment,
                                   .trial = trial->row.number,
                                   .attempt = trial->attempt.number,
                                   .worker = worker->row.id,
                                   .pool = worker->row.pool,
                                   .slots = 1};

    return stretch_book(core, worker, &like, from + shift_ms, to + shift_ms);
}

void money_book_attempt(struct core *core, struct trial *trial, bool finished)
{
    struct experiment *experiment = trial_experiment(core, trial);
    const struct stretches at = stretches_of(core, trial, finished);
    int64_t cost_micro = kind_book(core, trial, LEDGER_USEFUL, at.from, at.notice);

    cost_micro += kind_book(core, trial, LEDGER_CHECKPOINT, at.notice, at.split);
    cost_micro += kind_book(core, trial, LEDGER_LOST, at.split, at.to);
    trial->attempt.duration_ms += at.to - at.from;
    trial->attempt.useful_ms += at.notice - at.from;
    trial->attempt.checkpoint_ms += at.split - at.notice;
    trial->attempt.lost_ms += at.to - at.split;
    trial->attempt.booked_ms += at.to - at.from;
    trial->attempt.cost_micro += cost_micro;
    trial->row.useful_ms += at.notice - at.from;
    trial->row.lost_ms += at.to - at.split;
    trial->row.cost_micro += cost_micro;
    experiment->row.compute_ms += at.to - at.from;
    experiment->row.cost_micro += cost_micro;
    experiment->live_boot_sum_ms += at.to - at.from;
    experiment->changed = true;
    trial->accepted_boot_ms = at.to;
}

/* ---- idle slots ---- */

/* For whom a worker is kept up while it has nothing to do: whoever it worked for last, as long as
 * that may run. */
static struct experiment *idle_for(const struct core *core, const struct worker *worker)
{
    struct experiment *experiment = experiment_find(core, worker->works_for);

    return experiment != NULL && money_keeps(experiment) ? experiment : NULL;
}

bool money_keeps(const struct experiment *experiment)
{
    return experiment_may_run(experiment) && !gate_is_shut(experiment);
}

static int32_t idle_slots(const struct worker *worker)
{
    return worker->row.slots > worker->active ? worker->row.slots - worker->active : 0;
}

void money_book_idle(struct core *core, struct worker *worker)
{
    struct experiment *experiment = idle_for(core, worker);
    const struct entry_row like = {.kind = LEDGER_IDLE,
                                   .experiment = experiment == NULL ? 0 : experiment->row.id,
                                   .trial = -1,
                                   .worker = worker->row.id,
                                   .pool = worker->row.pool,
                                   .slots = idle_slots(worker)};

    if (worker->booked_boot_ms == NEVER) {
        return;
    }
    const int64_t span_ms = core->boot_ms - worker->booked_boot_ms;
    const int64_t from_ms = worker->row.booked_ms;
    const int64_t cost_micro = stretch_book(core, worker, &like, from_ms, from_ms + span_ms);
    worker->booked_boot_ms += span_ms;
    worker->row.booked_ms += span_ms;
    if (span_ms > 0) {
        emit_worker(core, worker, NULL);
    }
    if (experiment != NULL && cost_micro != 0) {
        experiment->row.cost_micro += cost_micro;
        experiment->changed = true;
    }
}

/* What time it is in the entries of a worker, so that they join without a gap although two clocks
 * are read: wall time when it came up, and from there on boot time. */
int64_t money_now(const struct core *core, const struct worker *worker)
{
    return worker->booked_boot_ms == NEVER
               ? core->wall_ms
               : worker->row.booked_ms + core->boot_ms - worker->booked_boot_ms;
}

/* Of more workers than a step has room for, the idle time up to now is nobody's. */
void money_keep(struct core *core, const struct experiment *experiment)
{
    for (struct worker *worker = worker_after(core, WORKERS_PRESENT, NULL); worker != NULL;
         worker = worker_after(core, WORKERS_PRESENT, worker)) {
        if (worker->works_for == experiment->row.id && core->keeps_left > 0) {
            money_book_idle(core, worker);
            core->keeps_left--;
        } else if (worker->works_for == experiment->row.id) {
            worker->works_for = 0;
        }
    }
}

void money_works_for(struct core *core, struct worker *worker, int32_t experiment)
{
    if (worker->works_for != experiment) {
        money_book_idle(core, worker);
        worker->works_for = experiment;
    }
}

/* For whom a machine of the pool was launched: of those whose plan wants it the first that can pay
 * for its start-up; 0 nobody. */
static int32_t launched_for(const struct core *core, const struct worker *worker, int64_t span_ms)
{
    const struct pool *pool = &core->pools[worker->row.pool - 1];
    const int64_t dearest_micro = pool_dearest_micro(pool, core->wall_ms - span_ms, core->wall_ms);
    const int64_t cost_micro =
        dearest_micro <= 0
            ? 0
            : worker->row.slots *
                  (ledger_cost_micro(dearest_micro, span_ms, money_scale(pool, worker)) + 1);

    for (uint32_t i = 0; i < core->active_count; i++) {
        const struct experiment *experiment = &core->experiments[core->active[i]];
        if (experiment->plan.want[worker->row.pool] > 0 && money_keeps(experiment) &&
            budget_pays(core, experiment, cost_micro)) {
            return experiment->row.id;
        }
    }
    return 0;
}

/* A machine that was launched is paid from then on; until its worker comes it idles. */
void money_worker_up(struct core *core, struct worker *worker, int64_t launched_ms)
{
    if (worker->row.pool == 0 || worker->booked_boot_ms != NEVER) {
        return;
    }
    const int64_t span_ms =
        launched_ms > 0 && launched_ms < core->wall_ms ? core->wall_ms - launched_ms : 0;
    if (span_ms > 0 && worker->attempts.count == 0) {
        worker->works_for = launched_for(core, worker, span_ms);
        worker->booked_boot_ms = core->boot_ms - span_ms;
        worker->row.booked_ms = launched_ms;
        money_book_idle(core, worker);
    } else {
        worker->booked_boot_ms = core->boot_ms;
        worker->row.booked_ms = core->wall_ms;
    }
}

void money_worker_down(struct core *core, struct worker *worker)
{
    if (worker->booked_boot_ms != NEVER) {
        money_book_idle(core, worker);
        worker->booked_boot_ms = NEVER;
        worker->row.booked_ms = 0;
        emit_worker(core, worker, NULL);
    }
}

void money_worker_change(struct core *core, struct worker *worker)
{
    money_book_idle(core, worker);
    for (struct trial *trial = list_first(core, &worker->attempts); trial != NULL;
         trial = list_after(core, LIST_WORKER, trial)) {
        if (trial->accepted_boot_ms != NEVER) {
            money_book_attempt(core, trial, false);
            emit_attempt(core, trial, 0);
            emit_trial(core, trial);
        }
    }
}
