/*
 * fleet: the workers: who is connected, what room they have, and what they say they are running.
 */
#include "core/state.h"

#include "base/assert.h"

static bool label_has(const struct worker *worker, uint64_t label)
{
    for (uint32_t i = 0; i < worker->label_count; i++) {
        if (worker->labels[i] == label) {
            return true;
        }
    }
    return false;
}

static bool labels_match(const struct worker *worker, const struct requirement *need)
{
    for (uint32_t key = 0; key < need->key_count; key++) {
        bool any = false;
        for (uint32_t i = 0; i < need->value_count[key]; i++) {
            any = any || label_has(worker, need->labels[key][i]);
        }
        if (!any) {
            return false;
        }
    }
    return true;
}

static bool pool_matches(const struct worker *worker, const struct requirement *need)
{
    return need->pools == 0 ||
           (worker->row.pool > 0 && (need->pools >> (worker->row.pool - 1) & 1) != 0);
}

static int32_t share(int64_t whole, int64_t part, int32_t most)
{
    return part == 0 || whole / part > most ? most : (int32_t)(whole / part);
}

int32_t worker_slots_for(const struct worker *worker, const struct requirement *need)
{
    int32_t slots = worker->row.slots;

    if (!worker->row.connected || worker->row.draining || !pool_matches(worker, need) ||
        !labels_match(worker, need)) {
        return 0;
    }
    slots = share(worker->row.cpus_milli, need->cpus_milli, slots);
    slots = share(worker->row.memory_bytes, need->memory_bytes, slots);
    return share(worker->row.gpus, need->gpus, slots);
}

bool worker_has_room(const struct worker *worker, const struct requirement *need)
{
    return worker->slots_free > 0 && worker->slots_used < worker->row.slots &&
           (need->cpus_milli == 0 ||
            worker->row.cpus_milli - worker->cpus_used_milli >= need->cpus_milli) &&
           (need->memory_bytes == 0 ||
            worker->row.memory_bytes - worker->memory_used_bytes >= need->memory_bytes) &&
           (need->gpus == 0 || worker->row.gpus - worker->gpus_used >= need->gpus) &&
           pool_matches(worker, need) && labels_match(worker, need);
}

/* Keeps the worker in a list exactly while it belongs there; a new one comes last. */
static void list_keep(struct core *core, struct worker *worker, enum workers_kind kind,
                      bool belongs)
{
    const uint32_t index = (uint32_t)(worker - core->workers);
    struct list *list = &core->of_workers[kind];

    if (belongs == worker->in[kind]) {
        return;
    }
    worker->in[kind] = belongs;
    if (belongs) {
        worker->links[kind] = (struct link){.before = list->last, .after = NONE};
        *(list->last == NONE ? &list->first : &core->workers[list->last].links[kind].after) = index;
        list->last = index;
        list->count++;
        return;
    }
    const struct link link = worker->links[kind];
    *(link.before == NONE ? &list->first : &core->workers[link.before].links[kind].after) =
        link.after;
    *(link.after == NONE ? &list->last : &core->workers[link.after].links[kind].before) =
        link.before;
    list->count--;
}

void worker_lists_update(struct core *core, struct worker *worker)
{
    const bool open = worker->row.connected && !worker->row.draining;

    list_keep(core, worker, WORKERS_IDLE,
              open && worker->slots_free > 0 && worker->slots_used < worker->row.slots);
    list_keep(core, worker, WORKERS_PRESENT, worker->row.connected || worker->attempts.count > 0);
}

void worker_occupy(struct core *core, struct worker *worker, struct trial *trial)
{
    const struct requirement *need = &trial_experiment(core, trial)->config.requirement;

    worker->slots_used++;
    worker->slots_free -= worker->slots_free > 0 ? 1 : 0;
    worker->cpus_used_milli += need->cpus_milli;
    worker->gpus_used += need->gpus;
    worker->memory_used_bytes += need->memory_bytes;
    trial_experiment(core, trial)->in_pool[worker->row.pool]++;
    list_append(core, &worker->attempts, LIST_WORKER, trial);
    worker_lists_update(core, worker);
}

void worker_release(struct core *core, struct worker *worker, struct trial *trial)
{
    const struct requirement *need = &trial_experiment(core, trial)->config.requirement;

    worker->slots_used--;
    worker->slots_free += worker->slots_free + worker->slots_used < worker->row.slots ? 1 : 0;
    worker->cpus_used_milli -= need->cpus_milli;
    worker->gpus_used -= need->gpus;
    worker->memory_used_bytes -= need->memory_bytes;
    trial_experiment(core, trial)->in_pool[worker->row.pool]--;
    list_remove(core, &worker->attempts, LIST_WORKER, trial);
    worker_lists_update(core, worker);
}

/* Adds (sign 1) or takes away (-1) the worker's slots from every experiment whose trials it may
 * take. */
static void matching_change(struct core *core, const struct worker *worker, int32_t sign)
{
    for (uint32_t i = 0; i < core->active_count; i++) {
        struct experiment *experiment = &core->experiments[core->active[i]];
        experiment->matching_slots +=
            sign * worker_slots_for(worker, &experiment->config.requirement);
    }
}

void fleet_ready(struct core *core, struct worker *worker, int32_t slots_free)
{
    const int32_t room = worker->row.slots - worker->slots_used;
    const int32_t most =
        room > 0 ? room : 0; /* it may have come back with fewer slots than it fills */

    worker->slots_free = slots_free < 0 ? 0 : slots_free < most ? slots_free : most;
    worker_lists_update(core, worker);
}

static struct wire_verdict_of *verdict_add(struct wire_verdict_of *list, uint32_t *count,
                                           struct wire_attempt attempt, enum wire_verdict verdict)
{
    list[*count] = (struct wire_verdict_of){.attempt = attempt, .verdict = verdict};
    return &list[(*count)++];
}

/* What a worker says it runs: still its own (the lease is renewed), found again, or not its own any
 * more. */
static bool running_keep(struct core *core, int32_t worker, const struct wire_running *running)
{
    struct trial *trial = trial_find(core, running->attempt.experiment, running->attempt.trial);

    if (trial == NULL || trial->attempt.number != running->attempt.number ||
        trial->attempt.worker != worker) {
        return false;
    }
    if (running->step > trial->row.step) {
        trial->row.step = running->step;
    }
    if (attempt_live(trial)) {
        attempt_accept(core, trial); /* a renewal says as much as an ACCEPT that was lost */
        if (trial->attempt.state == ATTEMPT_STOPPING) {
            attempt_stop(core, trial, trial->attempt.leave); /* as the STOP may have been */
        }
        return true;
    }
    const struct worker *host = worker_find(core, worker);
    if (trial->attempt.state == ATTEMPT_LOST && trial->queued &&
        trial->attempt.number > trial->row.settled && host->slots_used < host->row.slots &&
        experiment_may_run(trial_experiment(core, trial))) {
        attempt_revive(core, trial);
        return true;
    }
    return false;
}

/* Whether a result in a worker's outbox would still be news. */
static bool outbox_wanted(const struct core *core, int32_t worker, struct wire_attempt attempt)
{
    const struct trial *trial = trial_find(core, attempt.experiment, attempt.trial);

    return trial != NULL && trial->open &&
           ((trial->attempt.number == attempt.number && trial->attempt.worker == worker &&
             attempt_live(trial)) ||
            attempt_lost_before(trial, attempt.number, worker));
}

static bool is_current(const struct trial *trial, struct wire_attempt attempt)
{
    return attempt.experiment == trial->row.experiment && attempt.trial == trial->row.number &&
           attempt.number == trial->attempt.number;
}

/* An earlier attempt of the trial, which may run there or have ended, says nothing of this one. */
static bool named_in_hello(const struct hello_event *hello, const struct trial *trial)
{
    for (uint32_t i = 0; i < hello->running_count; i++) {
        if (is_current(trial, hello->running[i].attempt)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < hello->outbox_count; i++) {
        if (is_current(trial, hello->outbox[i])) {
            return true;
        }
    }
    return false;
}

/*
 * Attempts we believe to be there and the worker does not name: an offer it has not seen is made
 * again (R6), unless its process is another one; whatever else is missing died with the process
 * that ran it.
 */
static void missing_settle(struct core *core, struct worker *worker,
                           const struct hello_event *hello)
{
    struct trial *next = NULL;

    for (struct trial *trial = list_first(core, &worker->attempts); trial != NULL; trial = next) {
        next = list_after(core, LIST_WORKER, trial);
        if (named_in_hello(hello, trial)) {
            continue;
        }
        if (trial->attempt.state == ATTEMPT_OFFERED && !hello->restarted) {
            attempt_offer_again(core, trial);
        } else {
            attempt_lose(core, trial);
        }
    }
}

static int32_t known_pool(struct core *core, int32_t pool)
{
    return pool_find(core, pool) == NULL ? 0 : pool;
}

/* What it costs from now on: its pool, and into how many slots that is shared. */
static void worker_price(struct core *core, struct worker *worker, const struct hello_event *hello)
{
    const int32_t pool = known_pool(core, hello->pool);
    const int32_t before = worker->row.pool;

    if (worker->row.slots != hello->slots || before != pool) {
        money_worker_change(core, worker);
    }
    pool_connect(core, before, worker->row.connected ? -1 : 0);
    pool_connect(core, pool, 1);
    if (before == pool) {
        return;
    }
    money_worker_down(core, worker);
    worker->row.pool = pool;
    for (struct trial *trial = list_first(core, &worker->attempts); trial != NULL;
         trial = list_after(core, LIST_WORKER, trial)) {
        trial_experiment(core, trial)->in_pool[before]--;
        trial_experiment(core, trial)->in_pool[pool]++;
    }
}

static void hello_copy(struct core *core, struct worker *worker, const struct hello_event *hello)
{
    worker->row.connected = true;
    worker->row.draining = false;
    worker->row.slots = hello->slots;
    worker->row.cpus_milli = hello->cpus_milli;
    worker->row.memory_bytes = hello->memory_bytes;
    worker->row.gpus = hello->gpus;
    worker->row.last_seen_ms = core->wall_ms;
    worker->heard_boot_ms = core->boot_ms;
    worker->label_count = hello->label_count;
    for (uint32_t i = 0; i < hello->label_count; i++) {
        worker->labels[i] = hello->labels[i];
    }
}

static void hello_answer(struct core *core, struct worker *worker, const struct hello_event *hello)
{
    struct outcome *out = core->out;

    emit_message(core, WIRE_WELCOME, worker->row.id)->token = hello->token;
    for (uint32_t i = 0; i < hello->running_count; i++) {
        const bool keep = running_keep(core, worker->row.id, &hello->running[i]);
        (void)verdict_add(out->running, &out->running_count, hello->running[i].attempt,
                          keep ? VERDICT_KEEP : VERDICT_STOP);
    }
    for (uint32_t i = 0; i < hello->outbox_count; i++) {
        const bool wanted = outbox_wanted(core, worker->row.id, hello->outbox[i]);
        (void)verdict_add(out->outbox, &out->outbox_count, hello->outbox[i],
                          wanted ? VERDICT_SEND : VERDICT_DROP);
    }
}

void fleet_hello(struct core *core, const struct event *event)
{
    const struct hello_event *hello = &event->hello;
    struct worker *worker = worker_find(core, event->worker);

    if (worker == NULL) {
        if (core->worker_count == core->capacity.workers) {
            core->out->status = TIDE_LIMIT;
            return;
        }
        worker = worker_new(core);
        worker->row.first_seen_ms = core->wall_ms;
        core->out->created = worker->row.id;
    }
    const bool first = worker->row.last_seen_ms < hello->launched_ms;
    matching_change(core, worker, -1);
    worker_price(core, worker, hello);
    hello_copy(core, worker, hello);
    if (hello->restarted) {
        worker->quarantine_boot_ms = NEVER;
        worker->quick_failures = 0;
    }
    worker->row.draining = worker->quarantine_boot_ms != NEVER;
    money_worker_up(core, worker, first ? hello->launched_ms : 0);
    matching_change(core, worker, 1);
    fleet_ready(core, worker, 0); /* READY follows */
    emit_trace_of(core, TRACE_WORKER_JOINED, 0, worker->row.id)->a = hello->slots;
    emit_worker(core, worker, hello);
    hello_answer(core, worker, hello); /* first: a worker takes nothing before its WELCOME */
    missing_settle(core, worker, hello);
}

void fleet_renew(struct core *core, struct worker *worker, const struct renew_event *renew)
{
    struct outcome *out = core->out;

    emit_message(core, WIRE_LEASE, worker->row.id)->token = renew->token;
    for (uint32_t i = 0; i < renew->count; i++) {
        const bool keep = running_keep(core, worker->row.id, &renew->running[i]);
        (void)verdict_add(out->running, &out->running_count, renew->running[i].attempt,
                          keep ? VERDICT_OK : VERDICT_REVOKED);
    }
}

static void disconnect(struct core *core, struct worker *worker)
{
    matching_change(core, worker, -1);
    pool_connect(core, worker->row.pool, worker->row.connected ? -1 : 0);
    worker->row.connected = false;
    worker_lists_update(core, worker);
    (void)emit_trace_of(core, TRACE_WORKER_LEFT, 0, worker->row.id);
}

/* Its word and the end of its process are two tellings of one thing: the second is no news. */
void fleet_leave(struct core *core, struct worker *worker)
{
    if (!worker->row.connected && list_first(core, &worker->attempts) == NULL) {
        return;
    }
    disconnect(core, worker);
    for (struct trial *trial = list_first(core, &worker->attempts); trial != NULL;
         trial = list_first(core, &worker->attempts)) {
        attempt_lose(core, trial);
    }
    money_worker_down(core, worker);
    emit_worker(core, worker, NULL);
}

/* One that has said nothing for a whole lease, four times its heartbeat, is offered nothing until
 * it says HELLO again. */
bool fleet_drop_silent(struct core *core, struct worker *worker)
{
    if (core->boot_ms - worker->heard_boot_ms <= core->lease_ms) {
        return false;
    }
    disconnect(core, worker);
    money_worker_down(core, worker);
    emit_worker(core, worker, NULL);
    return true;
}

void worker_shut(struct core *core, struct worker *worker)
{
    matching_change(core, worker, -1);
    worker->row.draining = true;
    worker_lists_update(core, worker);
}

void worker_open(struct core *core, struct worker *worker)
{
    worker->row.draining = false;
    matching_change(core, worker, 1);
    worker_lists_update(core, worker);
}

void fleet_drain(struct core *core, struct worker *worker, int64_t left_ms)
{
    const bool quarantined = worker->quarantine_boot_ms != NEVER;

    worker->quarantine_boot_ms = NEVER; /* whoever drains, drains for good */
    if (worker->row.draining && !quarantined) {
        return;
    }
    if (!quarantined) {
        worker_shut(core, worker);
    }
    for (struct trial *trial = list_first(core, &worker->attempts); trial != NULL;
         trial = list_after(core, LIST_WORKER, trial)) {
        trial->notice_boot_ms =
            trial->notice_boot_ms == NEVER ? core->boot_ms : trial->notice_boot_ms;
    }
    emit_trace_of(core, TRACE_WORKER_DRAINING, 0, worker->row.id)->a = left_ms;
    emit_worker(core, worker, NULL);
}

struct worker *worker_after(const struct core *core, enum workers_kind kind,
                            const struct worker *worker)
{
    const uint32_t index =
        worker == NULL ? core->of_workers[kind].first : worker->links[kind].after;

    return index == NONE ? NULL : &core->workers[index];
}
