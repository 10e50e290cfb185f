/*
 * core: memory, the step, and what a step emits. The decisions are in trial, attempt, result,
 * fleet, experiment, search and dispatch.
 */
#include "core/state.h"

#include "base/assert.h"

#include <string.h>

/* The block: struct core, then each array, every part aligned to 64 bytes. */
enum { ALIGNMENT = 64 };

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static uint32_t number_slots_for(uint32_t trials)
{
    uint32_t slots = 64;

    while (slots < 2 * trials) {
        slots *= 2;
    }
    return slots;
}

/* Lays the arrays out from `at`, or only measures when core is NULL; returns the size of the block.
 */
static size_t core_lay_out(struct core *core, struct core_capacity capacity)
{
    char *base = (char *)core;
    const uint32_t slots = number_slots_for(capacity.trials);
    size_t at = aligned(sizeof *core);
    const size_t sizes[] = {capacity.experiments * sizeof(struct experiment),
                            capacity.trials * sizeof(struct trial),
                            capacity.workers * sizeof(struct worker),
                            capacity.experiments * sizeof(uint32_t),
                            slots * sizeof(uint32_t),
                            capacity.trials * sizeof(struct heap_entry),
                            capacity.trials * sizeof(uint32_t)};
    void *parts[sizeof sizes / sizeof *sizes];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        parts[i] = core == NULL ? NULL : base + at;
        at += aligned(sizes[i]);
    }
    if (core != NULL) {
        core->experiments = parts[0];
        core->trials = parts[1];
        core->workers = parts[2];
        core->active = parts[3];
        core->numbers = parts[4];
        core->number_slots = slots;
        core->timers.entries = parts[5];
        core->timers.position = parts[6];
        core->timers.capacity = capacity.trials;
        core->capacity = capacity;
    }
    return at;
}

size_t core_bytes(struct core_capacity capacity)
{
    return core_lay_out(NULL, capacity);
}

struct core *core_init(void *memory, struct core_capacity capacity, int64_t incarnation,
                       int64_t lease_ms)
{
    struct core *core = memory;

    memset(core, 0, sizeof *core);
    (void)core_lay_out(core, capacity);
    heap_init(&core->timers, core->timers.entries, core->timers.position, capacity.trials);
    numbers_rebuild(core);
    core->incarnation = incarnation;
    core->lease_ms = lease_ms == 0 ? LEASE_MS : lease_ms;
    core->moves_boot_ms = NEVER;
    list_init(&core->of_workers[WORKERS_IDLE]);
    list_init(&core->of_workers[WORKERS_PRESENT]);
    return core;
}

struct core *core_move(const struct core *from, void *memory, struct core_capacity capacity)
{
    struct core *core = memory;

    ASSERT(capacity.trials >= from->trial_count);
    ASSERT(capacity.workers >= from->worker_count);
    ASSERT(capacity.experiments >= from->experiment_count);
    *core = *from;
    (void)core_lay_out(core, capacity);
    memcpy(core->experiments, from->experiments,
           from->experiment_count * sizeof *core->experiments);
    memcpy(core->trials, from->trials, from->trial_count * sizeof *core->trials);
    memcpy(core->workers, from->workers, from->worker_count * sizeof *core->workers);
    memcpy(core->active, from->active, from->active_count * sizeof *core->active);
    heap_init(&core->timers, core->timers.entries, core->timers.position, capacity.trials);
    for (uint32_t i = 0; i < from->timers.count; i++) {
        heap_set(&core->timers, from->timers.entries[i].item, from->timers.entries[i].deadline_ms);
    }
    numbers_rebuild(core);
    return core;
}

struct core_capacity core_capacity(const struct core *core)
{
    return core->capacity;
}

/* Grows by halves, so that moving stays rare. */
static uint32_t roomy(uint32_t capacity, uint32_t needed, uint32_t most)
{
    if (needed <= capacity) {
        return capacity;
    }
    const uint32_t grown = needed + needed / 2;
    return grown < most ? grown : most;
}

struct core_capacity core_needs(const struct core *core, const struct event *event)
{
    const uint32_t submitted = event->kind == EVENT_SUBMITTED ? 1 : 0;
    const uint32_t joined = event->kind == EVENT_HELLO && event->worker == 0 ? 1 : 0;

    return (struct core_capacity){
        .experiments =
            roomy(core->capacity.experiments, core->experiment_count + submitted, EXPERIMENTS_MAX),
        .trials = roomy(core->capacity.trials, core->trial_count + STEP_DISPATCH_MAX, TRIALS_MAX),
        .workers = roomy(core->capacity.workers, core->worker_count + joined, WORKERS_MAX)};
}

struct record *emit_record(struct core *core, enum record_kind kind)
{
    ASSERT(core->out->record_count < STEP_RECORDS_MAX);
    struct record *record = &core->out->records[core->out->record_count++];
    record->kind = kind;
    return record;
}

void emit_experiment(struct core *core, struct experiment *experiment)
{
    emit_record(core, RECORD_EXPERIMENT)->experiment = experiment->row;
}

void emit_trial(struct core *core, struct trial *trial)
{
    emit_record(core, RECORD_TRIAL)->trial = trial->row;
}

void emit_attempt(struct core *core, struct trial *trial, uint32_t message_text)
{
    struct record *record = emit_record(core, RECORD_ATTEMPT);
    record->attempt = trial->attempt;
    record->attempt.message_text = message_text;
}

void emit_worker(struct core *core, const struct worker *worker, const struct hello_event *texts)
{
    struct worker_row *row = &emit_record(core, RECORD_WORKER)->worker;

    *row = worker->row;
    if (texts != NULL) {
        row->name_text = texts->name_text;
        row->boot_text = texts->boot_text;
        row->host_text = texts->host_text;
        row->pool_text = texts->pool_text;
        row->labels_text = texts->labels_text;
        row->software_text = texts->software_text;
    }
}

void emit_effect(struct core *core, enum effect_kind kind, int32_t experiment, int32_t number)
{
    ASSERT(core->out->effect_count < STEP_EFFECTS_MAX);
    core->out->effects[core->out->effect_count++] =
        (struct effect){.kind = kind, .experiment = experiment, .number = number};
}

struct message *emit_message(struct core *core, enum wire_type type, int32_t worker)
{
    ASSERT(core->out->message_count < STEP_MESSAGES_MAX);
    struct message *message = &core->out->messages[core->out->message_count++];
    *message = (struct message){.type = type, .worker = worker};
    return message;
}

struct trace *emit_trace_of(struct core *core, enum trace_kind kind, int32_t experiment,
                            int32_t worker)
{
    ASSERT(core->out->trace_count < STEP_TRACES_MAX);
    struct trace *trace = &core->out->traces[core->out->trace_count++];
    *trace = (struct trace){.kind = kind,
                            .wall_ms = core->wall_ms,
                            .experiment = experiment,
                            .trial = -1,
                            .worker = worker};
    return trace;
}

struct trace *emit_trace(struct core *core, enum trace_kind kind, const struct trial *trial)
{
    struct trace *trace = emit_trace_of(core, kind, trial->row.experiment, trial->attempt.worker);
    trace->trial = trial->row.number;
    trace->attempt = trial->attempt.number;
    return trace;
}

static void outcome_clear(struct outcome *outcome)
{
    outcome->record_count = outcome->message_count = outcome->effect_count = 0;
    outcome->trace_count = outcome->running_count = outcome->outbox_count = 0;
    outcome->created = 0;
    outcome->status = TIDE_OK;
}

/* Leases that ran out and backoffs that ended, the earliest first, a bounded number of them. */
static void timers_fire(struct core *core)
{
    uint32_t fired = 0;
    const struct heap_entry *due = heap_first(&core->timers);

    while (due != NULL && due->deadline_ms <= core->boot_ms && fired < STEP_SWEEP_MAX) {
        struct trial *trial = &core->trials[due->item];
        heap_remove(&core->timers, due->item);
        trial_tick(core, trial);
        fired++;
        due = heap_first(&core->timers);
    }
    core->again = core->again || (due != NULL && due->deadline_ms <= core->boot_ms);
}

/* The worker's live attempt with this number, or NULL: the fence (R2). */
static struct trial *trial_of(const struct core *core, int32_t worker, struct wire_attempt attempt)
{
    struct trial *trial = trial_find(core, attempt.experiment, attempt.trial);

    if (trial == NULL || trial->attempt.number != attempt.number ||
        trial->attempt.worker != worker || !attempt_live(trial)) {
        return NULL;
    }
    return trial;
}

static void send_stop_unknown(struct core *core, int32_t worker, struct wire_attempt attempt)
{
    struct message *message = emit_message(core, WIRE_STOP, worker);
    message->attempt = attempt;
    message->reason = LEAVE_SUPERSEDED;
}

static void accept_take(struct core *core, int32_t worker, struct wire_attempt attempt)
{
    struct trial *trial = trial_of(core, worker, attempt);

    if (trial == NULL) {
        send_stop_unknown(core, worker, attempt);
    } else {
        attempt_accept(core, trial);
    }
}

static void metric_take(struct core *core, int32_t worker, const struct metric_event *metric)
{
    struct trial *trial = trial_of(core, worker, metric->attempt);

    if (trial == NULL) {
        return; /* a curve of an attempt that was given up; its result, if there is one, still
                   counts (R7) */
    }
    trial->row.step = metric->step > trial->row.step ? metric->step : trial->row.step;
    trial->attempt.last_step =
        metric->step > trial->attempt.last_step ? metric->step : trial->attempt.last_step;
    emit_record(core, RECORD_METRIC)->metric =
        (struct metric_row){.experiment = metric->attempt.experiment,
                            .trial = metric->attempt.trial,
                            .attempt = metric->attempt.number,
                            .step = metric->step,
                            .value = metric->value,
                            .reported_ms = core->wall_ms,
                            .name_text = metric->name_text};
    budget_pace(core, trial);
    if (metric->ranked) {
        median_look(core, trial, metric->step, metric->value);
    }
}

/* Whether it has said HELLO under this incarnation; else it is asked to. */
static bool greeted(struct core *core, const struct worker *worker)
{
    if (!worker->row.connected) {
        (void)emit_message(core, WIRE_WHO, worker->row.id);
    }
    return worker->row.connected;
}

static void worker_event(struct core *core, const struct event *event)
{
    struct worker *worker = worker_find(core, event->worker);

    if (worker == NULL || (event->kind != EVENT_GONE && !greeted(core, worker))) {
        return;
    }
    worker->row.last_seen_ms = core->wall_ms;
    worker->heard_boot_ms = core->boot_ms;
    quarantine_look(core, worker);
    if (event->kind == EVENT_READY) {
        fleet_ready(core, worker, event->slots_free);
    } else if (event->kind == EVENT_ACCEPT) {
        accept_take(core, event->worker, event->accept);
    } else if (event->kind == EVENT_REFUSE) {
        struct trial *trial = trial_of(core, event->worker, event->refuse.attempt);
        if (trial != NULL && trial->accepted_boot_ms == NEVER) {
            attempt_refuse(core, trial, event->refuse.refusal);
        }
    } else if (event->kind == EVENT_RENEW) {
        fleet_renew(core, worker, &event->renew);
    } else if (event->kind == EVENT_METRIC) {
        metric_take(core, event->worker, &event->metric);
    } else if (event->kind == EVENT_PREEMPT) {
        fleet_drain(core, worker, event->preempt_deadline_ms);
    } else {
        fleet_leave(core, worker);
    }
}

/* RESULT and CKPT count whoever says them, under whatever incarnation (R5). */
static void durable_event(struct core *core, const struct event *event)
{
    const struct worker *worker = worker_find(core, event->worker);

    if (worker != NULL) {
        (void)greeted(core, worker);
    }
    if (event->kind == EVENT_CHECKPOINT) {
        checkpoint_take(core, event->worker, &event->checkpoint);
    } else {
        result_take(core, event->worker, &event->result);
    }
}

static void event_take(struct core *core, const struct event *event)
{
    switch (event->kind) {
    case EVENT_SUBMITTED:
        experiment_submit(core, &event->submitted);
        break;
    case EVENT_HELLO:
        fleet_hello(core, event);
        break;
    case EVENT_READY:
    case EVENT_ACCEPT:
    case EVENT_REFUSE:
    case EVENT_RENEW:
    case EVENT_METRIC:
    case EVENT_PREEMPT:
    case EVENT_BYE:
    case EVENT_GONE:
        worker_event(core, event);
        break;
    case EVENT_CHECKPOINT:
    case EVENT_RESULT:
        durable_event(core, event);
        break;
    case EVENT_SUGGESTED:
        search_take(core, &event->suggested);
        break;
    case EVENT_GATE:
        gate_take(core, &event->gate);
        break;
    case EVENT_HOLD:
        dispatch_hold(core, event->held);
        break;
    case EVENT_POOL:
        pool_take(core, &event->pool);
        break;
    case EVENT_PRICE:
        pool_take_price(core, &event->price);
        break;
    case EVENT_MACHINES:
        pool_take_machines(core, &event->machines);
        break;
    case EVENT_COMMAND:
        experiment_command(core, event);
        break;
    case EVENT_TIMER:
        timers_fire(core);
        break;
    }
}

void core_step(struct core *core, const struct event *event, struct outcome *outcome)
{
    outcome_clear(outcome);
    core->out = outcome;
    core->boot_ms = event->boot_ms;
    core->wall_ms = event->wall_ms;
    core->again = false;
    core->entries_before = core->entries;
    core->keeps_left = STEP_KEEP_MAX;
    event_take(core, event);
    plans_make(core); /* before what a shut gate would expel is told */
    for (uint32_t i = 0; i < core->active_count; i++) {
        experiment_sweep(core, &core->experiments[core->active[i]]);
    }
    dispatch(core);
    moves_make(core);
    for (uint32_t i = core->active_count; i > 0;
         i--) { /* downwards: settling may take the experiment out */
        struct experiment *experiment = &core->experiments[core->active[i - 1]];
        search_refill(core, experiment);
        experiment_settle(core, experiment);
    }
    core->out = NULL;
}

int64_t core_deadline(const struct core *core)
{
    const struct heap_entry *first = heap_first(&core->timers);
    const int64_t timer_ms = first == NULL ? INT64_MAX : first->deadline_ms;
    int64_t deadline_ms = moves_deadline(core) < timer_ms ? moves_deadline(core) : timer_ms;

    if (core->again) {
        return core->boot_ms;
    }
    for (uint32_t i = 0; i < core->active_count; i++) {
        const int64_t stop_ms = experiment_compute_deadline(&core->experiments[core->active[i]]);
        deadline_ms = stop_ms < deadline_ms ? stop_ms : deadline_ms;
        const int64_t plan_ms = plan_deadline(&core->experiments[core->active[i]]);
        deadline_ms = plan_ms < deadline_ms ? plan_ms : deadline_ms;
        const int64_t broke_ms = budget_deadline(core, &core->experiments[core->active[i]]);
        deadline_ms = broke_ms < deadline_ms ? broke_ms : deadline_ms;
    }
    return deadline_ms;
}

const struct experiment_row *core_experiment(const struct core *core, int32_t experiment)
{
    const struct experiment *found = experiment_find(core, experiment);
    return found == NULL ? NULL : &found->row;
}

const struct experiment_config *core_config(const struct core *core, int32_t experiment)
{
    const struct experiment *found = experiment_find(core, experiment);
    return found == NULL ? NULL : &found->config;
}

const struct trial_row *core_trial(const struct core *core, int32_t experiment, int32_t trial)
{
    const struct trial *found = trial_find(core, experiment, trial);
    return found == NULL ? NULL : &found->row;
}

const struct worker_row *core_worker(const struct core *core, int32_t worker)
{
    const struct worker *found = worker_find(core, worker);
    return found == NULL ? NULL : &found->row;
}

bool core_worker_busy(const struct core *core, int32_t worker)
{
    const struct worker *found = worker_find(core, worker);
    return found != NULL && found->slots_used > 0;
}

bool core_idle(const struct core *core, int32_t experiment)
{
    const struct experiment *found = experiment_find(core, experiment);

    if (found == NULL) {
        return true;
    }
    return found->running == 0 && (found->row.state == EXPERIMENT_PAUSED ||
                                   (experiment_ended(found) && found->open.count == 0));
}

bool core_runs(const struct core *core, int32_t worker, struct wire_attempt attempt)
{
    return trial_of(core, worker, attempt) != NULL;
}

bool core_holds(const struct core *core, int32_t worker, struct wire_attempt attempt)
{
    const struct trial *trial = trial_find(core, attempt.experiment, attempt.trial);

    return trial != NULL && trial->attempt.number == attempt.number &&
           trial->attempt.worker == worker;
}
