#include "core/world.h"

#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_TEST_MS = 120000 };

static const struct core_capacity start_capacity = {
    .experiments = 1, .trials = STEP_DISPATCH_MAX, .workers = 1};

void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->memory = malloc(core_bytes(start_capacity));
    assert_non_null(world->memory);
    world->incarnation = 1;
    world->core = core_init(world->memory, start_capacity, world->incarnation, LEASE_TEST_MS);
    world->boot_ms = 1000;
    world->wall_ms = 1790000000000;
}

void world_fini(struct world *world)
{
    free(world->memory);
}

static void remember_effects(struct world *world)
{
    for (uint32_t i = 0; i < world->outcome.effect_count; i++) {
        const struct effect *effect = &world->outcome.effects[i];
        if (effect->kind == EFFECT_SUGGEST) {
            world->asks[world->ask_count++] = *effect;
        } else if (effect->kind == EFFECT_TELL) {
            world->told[effect->experiment - 1][effect->number]++;
        }
    }
}

/* Every text of a row is this one: names are unique because their rows are. */
static void store_also(struct store *store, const struct record *record)
{
    char text[32];
    const char *items[] = {text, text, text, text, text, text};
    struct record copy = *record;

    if (store == NULL) {
        return;
    }
    (void)snprintf(text, sizeof text, "{\"text\":%d}", (int)record->worker.id);
    if (record->kind == RECORD_EXPERIMENT) {
        copy.experiment.name_text = copy.experiment.spec_text = 1;
    } else if (record->kind == RECORD_WORKER) {
        copy.worker.name_text = 1;
    } else if (record->kind == RECORD_POOL) {
        copy.pool.name_text = 1;
    } else if (record->kind == RECORD_CHECKPOINT) {
        copy.checkpoint.hash_text = copy.checkpoint.location_text = 1;
    }
    assert_int_equal(store_apply(store, &copy, &(struct store_texts){items, 6}), TIDE_OK);
}

static bool same(struct wire_attempt a, struct wire_attempt b)
{
    return a.experiment == b.experiment && a.trial == b.trial && a.number == b.number;
}

static void remember_messages(struct world *world)
{
    for (uint32_t i = 0; i < world->outcome.message_count; i++) {
        const struct message *message = &world->outcome.messages[i];
        for (uint32_t w = 0; w < WORLD_WORKERS; w++) {
            struct world_worker *worker = &world->workers[w];
            bool known = false;
            if (message->type != WIRE_ASSIGN || worker->id != message->worker || !worker->up) {
                continue;
            }
            for (uint32_t r = 0; r < worker->count; r++) {
                known = known || same(worker->running[r], message->attempt);
            }
            if (!known && worker->count < WORLD_SLOTS) {
                worker->running[worker->count++] = message->attempt;
            }
        }
    }
}

static void print_traces(struct world *world)
{
    for (uint32_t i = 0; world->trace != NULL && i < world->outcome.trace_count; i++) {
        const size_t left = WORLD_TRACE_BYTES - world->trace_bytes;
        const int used =
            trace_print(&world->outcome.traces[i], world->trace + world->trace_bytes, left);
        assert_true(used > 0 && (size_t)used + 2 < left);
        world->trace_bytes += (size_t)used;
        world->trace[world->trace_bytes++] = '\n';
        world->trace[world->trace_bytes] = '\0';
    }
}

static bool roomier(struct core_capacity a, struct core_capacity b)
{
    return a.experiments > b.experiments || a.trials > b.trials || a.workers > b.workers;
}

void world_step(struct world *world, struct event *event)
{
    const struct core_capacity needs = core_needs(world->core, event);

    event->boot_ms = world->boot_ms;
    event->wall_ms = world->wall_ms;
    if (roomier(needs, core_capacity(world->core))) {
        void *memory = malloc(core_bytes(needs));
        assert_non_null(memory);
        world->core = core_move(world->core, memory, needs);
        free(world->memory);
        world->memory = memory;
    }
    core_step(world->core, event, &world->outcome);
    for (uint32_t i = 0; i < world->outcome.record_count; i++) {
        world_rows_apply(&world->rows, &world->outcome.records[i]);
        store_also(world->store, &world->outcome.records[i]);
    }
    remember_effects(world);
    remember_messages(world);
    print_traces(world);
}

void world_tick(struct world *world, int64_t ms)
{
    int turns = 0;

    world->boot_ms += ms;
    world->wall_ms += ms;
    do {
        struct event event = {.kind = EVENT_TIMER};
        world_step(world, &event);
        assert_true(++turns < 10000);
    } while (core_deadline(world->core) <= world->boot_ms);
}

void world_answer(struct world *world, enum tide_status status)
{
    struct event event = {.kind = EVENT_SUGGESTED};

    if (world->ask_count == 0) {
        return;
    }
    event.suggested = (struct suggested_event){.experiment = world->asks[0].experiment,
                                               .number = world->asks[0].number,
                                               .status = status,
                                               .params_text = 1};
    world->ask_count--;
    memmove(world->asks, world->asks + 1, world->ask_count * sizeof *world->asks);
    world_step(world, &event);
}

struct core *world_reload(const struct world *world, void **memory)
{
    const struct world_rows *rows = &world->rows;
    const struct core_capacity capacity = {
        WORLD_EXPERIMENTS, WORLD_EXPERIMENTS * WORLD_TRIALS + STEP_DISPATCH_MAX, WORLD_WORKERS};
    *memory = malloc(core_bytes(capacity));
    assert_non_null(*memory);
    struct core *core = core_init(*memory, capacity, world->incarnation + 1, LEASE_TEST_MS);
    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        if (rows->pools[i].id != 0) {
            core_load_pool(core, &rows->pools[i]);
            if (rows->availability[i].pool != 0) {
                core_load_availability(core, &rows->availability[i]);
            }
        }
    }
    for (uint32_t i = 0; i < rows->price_count; i++) {
        core_load_price(core, &rows->prices[i]);
    }
    for (uint32_t e = 0; e < rows->experiment_count; e++) {
        core_load_experiment(core, &rows->experiments[e], &rows->configs[e]);
        for (uint32_t i = 0; i < rows->suggestion_count[e]; i++) {
            if (rows->suggestions[e][i].experiment !=
                0) { /* an ask that was never answered has no row */
                core_load_suggestion(core, &rows->suggestions[e][i]);
            }
        }
        for (uint32_t i = 0; i < rows->trial_count[e]; i++) {
            core_load_trial(core, &rows->trials[e][i]);
        }
    }
    for (uint32_t i = 0; i < rows->attempt_count; i++) {
        core_load_attempt(core, &rows->attempts[i]);
    }
    for (uint32_t i = 0; i < rows->worker_count; i++) {
        core_load_worker(core, &rows->workers[i]);
    }
    core_load_entries(core, rows->entry_count);
    core_loaded(core, world->boot_ms, world->wall_ms);
    return core;
}

void world_restart(struct world *world)
{
    void *memory = NULL;
    struct core *core = world_reload(world, &memory);

    free(world->memory);
    world->memory = memory;
    world->core = core;
    world->incarnation++;
    world->ask_count = 0;
    world_tick(world, 0);
}

void world_submit(struct world *world, const struct experiment_config *config)
{
    struct event event = {.kind = EVENT_SUBMITTED};

    event.submitted.config = *config;
    world->rows.configs[world->rows.experiment_count] = *config;
    world_step(world, &event);
}

void world_hello(struct world *world, uint32_t worker, int32_t slots)
{
    struct world_worker *self = &world->workers[worker];
    struct event event = {.kind = EVENT_HELLO, .worker = self->id};

    event.hello = (struct hello_event){.restarted = self->restarted,
                                       .slots = slots,
                                       .cpus_milli = 1000 * slots,
                                       .memory_bytes = 1 << 30,
                                       .pool = self->pool,
                                       .launched_ms = self->launched_ms,
                                       .running_count = self->count,
                                       .outbox_count = self->outbox_count};
    for (uint32_t i = 0; i < self->count; i++) {
        event.hello.running[i] = (struct wire_running){.attempt = self->running[i], .step = -1};
    }
    memcpy(event.hello.outbox, self->outbox, sizeof self->outbox);
    self->up = true;
    self->restarted = false;
    world_step(world, &event);
    if (world->outcome.created != 0) {
        self->id = world->outcome.created;
    }
}

void world_ready(struct world *world, uint32_t worker, int32_t slots_free)
{
    struct event event = {
        .kind = EVENT_READY, .worker = world->workers[worker].id, .slots_free = slots_free};
    world_step(world, &event);
}

void world_accept(struct world *world, uint32_t worker, struct wire_attempt attempt)
{
    struct event event = {
        .kind = EVENT_ACCEPT, .worker = world->workers[worker].id, .accept = attempt};
    world_step(world, &event);
}

void world_result(struct world *world, uint32_t worker, struct wire_attempt attempt,
                  enum wire_outcome outcome, enum wire_cause cause, double value)
{
    struct world_worker *self = &world->workers[worker];
    struct event event = {.kind = EVENT_RESULT, .worker = self->id};

    event.result = (struct result_event){.attempt = attempt,
                                         .outcome = outcome,
                                         .cause = cause,
                                         .last_step = 5,
                                         .value_count = outcome == OUTCOME_COMPLETED ? 1 : 0,
                                         .values = {value}};
    if (cause == CAUSE_BAD_CHECKPOINT && core_holds(world->core, self->id, attempt)) {
        event.result.fallback =
            kept_before(&world->rows.kept[attempt.experiment - 1][attempt.trial],
                        &core_trial(world->core, attempt.experiment, attempt.trial)->checkpoint);
    }
    for (uint32_t i = 0; i < self->count; i++) {
        if (same(self->running[i], attempt)) {
            self->running[i] = self->running[--self->count];
            break;
        }
    }
    world_step(world, &event);
}

void world_checkpoint(struct world *world, uint32_t worker, struct wire_attempt attempt,
                      int32_t seq, int64_t step)
{
    struct event event = {.kind = EVENT_CHECKPOINT, .worker = world->workers[worker].id};

    event.checkpoint =
        (struct checkpoint_event){.attempt = attempt, .seq = seq, .step = step, .bytes = 4096};
    world_step(world, &event);
}

void world_pool(struct world *world, const struct pool_event *pool)
{
    struct event event = {.kind = EVENT_POOL, .pool = *pool};
    world_step(world, &event);
}

void world_price(struct world *world, const struct price_event *price)
{
    struct event event = {.kind = EVENT_PRICE, .price = *price};
    world_step(world, &event);
}

void world_command(struct world *world, enum command_verb verb, int32_t experiment, int32_t trial)
{
    struct event event = {.kind = EVENT_COMMAND};

    event.command = (struct command_event){.verb = verb, .experiment = experiment, .trial = trial};
    world_step(world, &event);
}

void world_hold(struct world *world, bool held)
{
    world->held = held;
    world_step(world, &(struct event){.kind = EVENT_HOLD, .held = held});
}

bool world_offers_allowed(const struct world *world)
{
    for (uint32_t i = 0; i < world->outcome.trace_count; i++) {
        const struct trace *trace = &world->outcome.traces[i];
        if (trace->kind == TRACE_OFFERED &&
            (world->held || core_worker(world->core, trace->worker)->draining)) {
            return false;
        }
    }
    return true;
}

void world_gate(struct world *world, int32_t experiment, bool shut, int64_t close_ms)
{
    struct event event = {.kind = EVENT_GATE};

    event.gate = (struct gate_event){.experiment = experiment,
                                     .shut = shut,
                                     .reason = shut ? WHY_WINDOW : WHY_NONE,
                                     .close_boot_ms = close_ms};
    world_step(world, &event);
}

struct experiment_config world_config(int32_t trials)
{
    return (struct experiment_config){.trials_max = trials,
                                      .restarts_max = 2,
                                      .preemptions_max = 50,
                                      .backoff_ms = 30000,
                                      .grace_ms = 25000,
                                      .sequential_model = true,
                                      .objective_count = 1};
}

void world_halve(struct experiment_config *config)
{
    config->stopping = STOPPING_HALVING;
    config->step_max = 9;
    config->eta = 3;
    config->rung_count = 3;
    config->rung_steps[0] = 1;
    config->rung_steps[1] = 3;
    config->rung_steps[2] = 9;
}

void world_median(struct experiment_config *config)
{
    config->stopping = STOPPING_MEDIAN;
    config->step_max = 9;
    config->rung_count = 3;
    config->rung_steps[0] = 2;
    config->rung_steps[1] = 4;
    config->rung_steps[2] = 8;
}

void world_metric(struct world *world, uint32_t worker, struct wire_attempt attempt, int64_t step,
                  double value)
{
    struct event event = {.kind = EVENT_METRIC, .worker = world->workers[worker].id};

    event.metric = (struct metric_event){
        .attempt = attempt, .step = step, .value = value, .ranked = true, .name_text = 1};
    world_step(world, &event);
}
