/*
 * core: over thousands of random histories (workers that come, go, lie and fall silent; operators;
 * coordinators that die) the core loaded from the rows equals the core that wrote them after every
 * step, the invariants hold, the ledger is what an auditor makes of it, and when the trouble stops
 * every experiment ends with exactly its budget of trials, each told once.
 */
#include "core/audit.h"
#include "core/world.h"

#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>

static struct rng rng;

static uint32_t draw(uint32_t bound)
{
    return (uint32_t)rng_below(&rng, bound);
}

static struct audit audit; /* of the world at hand */

/* Of a worker in a pool fixed, as the auditor takes the price of a slot to be. */
static int32_t slots_of(const struct world *world, uint32_t w)
{
    return world->workers[w].pool == 0 ? 1 + (int32_t)draw(WORLD_SLOTS)
                                       : 1 + (int32_t)w % WORLD_SLOTS;
}

static bool frugal; /* experiments have a budget of money, and every price is known in advance */

/* Time passes; where money is short, a timer is not missed. */
static void let_pass(struct world *world, int64_t ms)
{
    while (frugal && core_deadline(world->core) < world->boot_ms + ms) {
        const int64_t due_ms = core_deadline(world->core) - world->boot_ms;
        const int64_t part_ms = due_ms > 0 ? due_ms : 0;
        audit_elapse(&audit, world, part_ms);
        world_tick(world, part_ms);
        ms -= part_ms;
    }
    audit_elapse(&audit, world, ms);
    world_tick(world, ms);
}

static void check_budgets(const struct world *world)
{
    for (uint32_t e = 0; frugal && e < world->rows.experiment_count; e++) {
        const int64_t most_micro = world->rows.configs[e].cost_max_micro;
        assert_true(world->rows.experiments[e].cost_micro <= most_micro);
    }
}

/* One of two pools, the second by the kilowatt hour, costs something else from now on. */
static void random_price(struct world *world)
{
    struct price_event price = {.pool = 1 + (int32_t)draw(2), .trust = PRICE_KNOWN};
    int64_t start_ms = world->wall_ms - (int64_t)draw(5000);

    price.count = 1 + draw(12);
    for (uint32_t i = 0; i < price.count; i++) {
        const int64_t micro = (int64_t)draw(4) == 0 ? 250000 : (int64_t)draw(9000000) - 1000000;
        price.steps[i] = (struct price_step){.start_ms = start_ms, .price_micro = micro};
        start_ms += 1 + (int64_t)draw(60000);
    }
    audit_price(&audit, world->wall_ms, &price);
    world_price(world, &price);
}

/* Machines were launched, ended or refused, as asked or not. */
static void random_machines(struct world *world)
{
    struct event event = {.kind = EVENT_MACHINES};

    event.machines = (struct machines_event){
        .pool = 1, .machines = (int32_t)draw(4), .refused_ms = draw(3) == 0 ? 60000 : 0};
    world_step(world, &event);
}

static void open_pools(struct world *world)
{
    audit_init(&audit, world);
    world_pool(world, &(struct pool_event){.pool = 1,
                                           .kind = POOL_SPOT,
                                           .slots = 1,
                                           .workers_max = 3,
                                           .launches = draw(2) == 0,
                                           .startup_ms = 5000});
    world_pool(world, &(struct pool_event){.pool = 2, .slots = 2, .power_watt = 350});
    for (uint32_t w = 0; w < WORLD_WORKERS; w++) {
        world->workers[w].pool = (int32_t)w % 3;
    }
}

static bool shut[WORLD_EXPERIMENTS + 1]; /* what the shell said last of each gate */

/* Nothing of an experiment starts while its gate is shut, unless it may be ignored. */
static void check_gates(const struct world *world)
{
    for (uint32_t i = 0; i < world->outcome.message_count; i++) {
        const struct message *message = &world->outcome.messages[i];
        const int32_t experiment = message->attempt.experiment;
        if (message->type == WIRE_ASSIGN && shut[experiment]) {
            const struct experiment_config *config = &world->rows.configs[experiment - 1];
            assert_true(config->deadline_ms > 0 && config->if_late == LATE_IGNORE_WINDOWS);
        }
    }
}

static void set_gate(struct world *world, int32_t experiment, bool to_shut, int64_t close_ms)
{
    shut[experiment] = to_shut;
    world_gate(world, experiment, to_shut, close_ms);
}

static void check_world(const struct world *world)
{
    void *memory = NULL;
    const char *wrong = core_check(world->core);

    check_gates(world);
    assert_true(world_offers_allowed(world));
    check_budgets(world);
    if (wrong != NULL) {
        fail_msg("%s", wrong);
    }
    struct core *loaded = world_reload(world, &memory);
    assert_true(core_digest(loaded) == core_digest(world->core));
    wrong = core_check(loaded);
    if (wrong != NULL) {
        fail_msg("after a reload: %s", wrong);
    }
    free(memory);
}

static struct wire_attempt any_attempt(void)
{
    return (struct wire_attempt){.experiment = (int32_t)draw(WORLD_EXPERIMENTS + 1),
                                 .trial = (int32_t)draw(12),
                                 .number = 1 + (int32_t)draw(4)};
}

/* One of the attempts the worker believes in; now and then one it makes up. */
static struct wire_attempt some_attempt(const struct world_worker *worker)
{
    return worker->count == 0 || draw(20) == 0 ? any_attempt()
                                               : worker->running[draw(worker->count)];
}

static void random_result(struct world *world, uint32_t w)
{
    static const enum wire_cause causes[] = {
        CAUSE_EXIT,       CAUSE_SIGNAL,         CAUSE_TIMEOUT, CAUSE_NO_OBJECTIVE,
        CAUSE_RULE_AVOID, CAUSE_BAD_CHECKPOINT, CAUSE_WORKER,  CAUSE_RULE_RESTART};
    const struct wire_attempt attempt = some_attempt(&world->workers[w]);

    switch (draw(6)) {
    case 0:
        world_result(world, w, attempt, OUTCOME_INFEASIBLE, CAUSE_INFEASIBLE, 0);
        break;
    case 1:
        world_result(world, w, attempt, OUTCOME_LEFT, draw(2) == 0 ? CAUSE_NOTICE : CAUSE_REQUEUE,
                     0);
        break;
    case 2:
        world_result(world, w, attempt, OUTCOME_FAILED, causes[draw(8)], 0);
        break;
    default:
        world_result(world, w, attempt, OUTCOME_COMPLETED, CAUSE_NONE, rng_unit(&rng));
        break;
    }
}

static void random_renew(struct world *world, uint32_t w)
{
    const struct world_worker *worker = &world->workers[w];
    struct event event = {.kind = EVENT_RENEW, .worker = worker->id};

    event.renew.count = worker->count;
    for (uint32_t i = 0; i < worker->count; i++) {
        event.renew.running[i] =
            (struct wire_running){.attempt = worker->running[i], .step = (int64_t)draw(9)};
    }
    world_step(world, &event);
}

static void random_worker_event(struct world *world)
{
    const uint32_t w = draw(WORLD_WORKERS);
    struct world_worker *worker = &world->workers[w];
    struct event event = {.kind = EVENT_BYE, .worker = worker->id};

    switch (draw(14)) {
    case 0:
        if (draw(4) == 0) { /* its process died: it runs nothing any more */
            worker->count = 0;
            worker->restarted = true;
        }
        audit_hello(&audit, world, w, slots_of(world, w), (int64_t)draw(60000));
        break;
    case 1:
    case 2:
        world_ready(world, w, (int32_t)(WORLD_SLOTS - worker->count));
        break;
    case 3:
    case 4:
        world_accept(world, w, some_attempt(worker));
        break;
    case 5:
        random_renew(world, w);
        break;
    case 6:
        world_checkpoint(world, w, some_attempt(worker), 1 + (int32_t)draw(3), (int64_t)draw(20));
        break;
    case 7:
        event.kind = draw(2) == 0 ? EVENT_PREEMPT : draw(2) == 0 ? EVENT_BYE : EVENT_GONE;
        if (draw(4) == 0) {
            world_step(world, &event);
        }
        break;
    case 8:
        event.kind = EVENT_REFUSE;
        event.refuse =
            (struct wire_refuse){.attempt = some_attempt(worker), .refusal = REFUSAL_FULL};
        if (draw(3) == 0) {
            world_step(world, &event);
        }
        break;
    case 9:
    case 10:
        world_metric(world, w, some_attempt(worker), (int64_t)draw(10), rng_unit(&rng));
        break;
    default:
        random_result(world, w);
        break;
    }
}

/* Nothing is stopped early, or one rule or the other does it. */
static void any_stopping(struct experiment_config *config)
{
    const uint32_t rule = draw(4);

    if (rule == 0) {
        world_median(config);
    } else if (rule > 1) {
        world_halve(config);
    }
}

static void random_event(struct world *world)
{
    static const int64_t spans[] = {1, 100, 5000, 31000, 200000};
    const uint32_t kind = draw(43);

    if (kind == 41) {
        random_machines(world);
    } else if (kind == 40 && !frugal) {
        random_price(world);
    } else if (kind == 42) {
        world_hold(world, draw(3) == 0);
    } else if (kind < 24) {
        random_worker_event(world);
    } else if (kind < 34) {
        world_answer(world, TIDE_OK);
    } else if (kind < 38) {
        let_pass(world, spans[draw(5)]);
    } else if (kind == 38 && draw(4) == 0) {
        world_restart(world);
        world_hold(world, world->held); /* the shell looks at the disk again */
        for (int32_t e = 1; e <= WORLD_EXPERIMENTS; e++) {
            set_gate(world, e, shut[e], 0);
        }
    } else if (kind == 38) {
        const bool to_shut = draw(2) == 0;
        set_gate(world, 1 + (int32_t)draw(WORLD_EXPERIMENTS), to_shut,
                 to_shut || draw(2) == 0 ? 0 : world->boot_ms + (int64_t)draw(100000));
    } else if (draw(3) == 0) {
        static const enum command_verb verbs[] = {VERB_PAUSE, VERB_RESUME, VERB_RESUME, VERB_KICK,
                                                  VERB_CANCEL};
        const enum command_verb verb = verbs[draw(5)];
        world_command(world, verb, 1 + (int32_t)draw(WORLD_EXPERIMENTS),
                      verb == VERB_CANCEL || draw(2) == 0 ? (int32_t)draw(8) : -1);
    }
}

/* From here on nobody fails: every worker accepts, renews and completes, every ask is answered. */
static void everybody_behaves(struct world *world)
{
    for (uint32_t w = 0; w < WORLD_WORKERS; w++) {
        struct world_worker *worker = &world->workers[w];
        worker->count = 0;
        worker->restarted = true;
        world_hello(world, w, slots_of(world, w));
        world_ready(world, w, WORLD_SLOTS);
    }
    world_hold(world, false);
    for (int32_t e = 1; e <= WORLD_EXPERIMENTS; e++) {
        world_command(world, VERB_RESUME, e, -1);
        set_gate(world, e, false, 0);
    }
    for (int turn = 0; turn < 4000; turn++) {
        while (world->ask_count > 0) {
            world_answer(world, TIDE_OK);
        }
        for (uint32_t w = 0; w < WORLD_WORKERS; w++) {
            if (world->workers[w].count > 0) {
                const struct wire_attempt attempt = world->workers[w].running[0];
                world_accept(world, w, attempt);
                world_result(world, w, attempt, OUTCOME_COMPLETED, CAUSE_NONE, rng_unit(&rng));
                world_ready(world, w, (int32_t)(WORLD_SLOTS - world->workers[w].count));
            }
        }
        let_pass(world, 1000);
    }
}

static void everything_ended(const struct world *world, int32_t trials)
{
    for (int32_t e = 1; e <= WORLD_EXPERIMENTS; e++) {
        const struct experiment_row *row = core_experiment(world->core, e);
        if (row->state != EXPERIMENT_COMPLETED && row->state != EXPERIMENT_FAILED) {
            fail_msg("experiment %d is %s: %s", e, experiment_state_text(row->state),
                     experiment_reason_text(row->reason));
        }
        assert_int_equal(world->rows.trial_count[e - 1], trials);
        for (uint32_t t = 0; t < world->rows.trial_count[e - 1]; t++) {
            assert_true(world->rows.trials[e - 1][t].ended_ms > 0);
            assert_true(world->told[e - 1][t] >= 1);
        }
    }
}

/* ---- through the real store ---- */

/* The rows of one kind, handed to the core that is loaded. */
static void load_kind(struct store *store, enum record_kind kind, struct core *core,
                      const struct world *world)
{
    struct store_rows *rows = NULL;
    struct store_row row;
    struct error error;

    assert_int_equal(store_rows_open(store, kind, &rows, &error), TIDE_OK);
    while (store_rows_next(rows, &row, &error) == TIDE_OK) {
        if (kind == RECORD_POOL) {
            core_load_pool(core, &row.record.pool);
        } else if (kind == RECORD_PRICE) {
            core_load_price(core, &row.record.price);
        } else if (kind == RECORD_AVAILABILITY) {
            core_load_availability(core, &row.record.availability);
        } else if (kind == RECORD_EXPERIMENT) {
            core_load_experiment(core, &row.record.experiment,
                                 &world->rows.configs[row.record.experiment.id - 1]);
        } else if (kind == RECORD_SUGGESTION) {
            core_load_suggestion(core, &row.record.suggestion);
        } else if (kind == RECORD_TRIAL) {
            core_load_trial(core, &row.record.trial);
        } else if (kind == RECORD_ATTEMPT) {
            core_load_attempt(core, &row.record.attempt);
        } else {
            core_load_worker(core, &row.record.worker);
        }
    }
    store_rows_close(rows);
}

static void check_store(const struct world *world)
{
    static const enum record_kind kinds[] = {
        RECORD_POOL,       RECORD_PRICE, RECORD_AVAILABILITY, RECORD_EXPERIMENT,
        RECORD_SUGGESTION, RECORD_TRIAL, RECORD_WORKER,       RECORD_ATTEMPT};
    const struct core_capacity capacity = {
        WORLD_EXPERIMENTS, WORLD_EXPERIMENTS * WORLD_TRIALS + STEP_DISPATCH_MAX, WORLD_WORKERS};
    struct error error;
    void *memory = malloc(core_bytes(capacity));

    assert_non_null(memory);
    if (store_commit(world->store, world->wall_ms, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    struct core *core = core_init(memory, capacity, 2, 0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        load_kind(world->store, kinds[i], core, world);
    }
    core_load_entries(core, world->rows.entry_count);
    core_loaded(core, world->boot_ms, world->wall_ms);
    assert_true(core_digest(core) == core_digest(world->core));
    free(memory);
}

static void a_core_from_the_store_is_the_core_that_wrote_it(void **state)
{
    static struct world world;
    enum { HISTORIES = 6, TRIALS = 12, STEPS = 300 };

    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        char *folder = scratch_new();
        char path[512];
        struct error error;
        (void)snprintf(path, sizeof path, "%s/s.db", folder);
        rng_init(&rng, seed, "stored history");
        world_init(&world);
        const struct store_options options = {
            .path = path, .software = "test", .wall_ms = world.wall_ms};
        assert_int_equal(store_open(&options, &world.store, &error), TIDE_OK);
        open_pools(&world);
        for (int e = 0; e < WORLD_EXPERIMENTS; e++) {
            struct experiment_config config = world_config(TRIALS);
            any_stopping(&config);
            world_submit(&world, &config);
        }
        for (int step = 0; step < STEPS; step++) {
            random_event(&world);
            check_store(&world);
        }
        store_close(world.store);
        world_fini(&world);
        scratch_free(folder);
    }
}

/* Both pools' prices for longer than any history. */
static void foresee_prices(struct world *world)
{
    for (int32_t pool = 1; pool <= 2; pool++) {
        struct price_event price = {.pool = pool, .trust = PRICE_KNOWN, .count = 100};
        int64_t start_ms = world->wall_ms;
        for (uint32_t i = 0; i < price.count; i++) {
            price.steps[i] = (struct price_step){start_ms, (int64_t)draw(9000000)};
            start_ms += 60000 + (int64_t)draw(60000);
        }
        audit_price(&audit, world->wall_ms, &price);
        world_price(world, &price);
    }
}

static void one_history(uint64_t seed)
{
    static struct world world;
    enum { TRIALS = 12, STEPS = 300 };

    rng_init(&rng, seed, "history");
    world_init(&world);
    open_pools(&world);
    frugal = seed % 4 == 0;
    if (frugal) {
        foresee_prices(&world);
    }
    for (int e = 0; e < WORLD_EXPERIMENTS; e++) {
        struct experiment_config config = world_config(TRIALS);
        config.concurrency_max = (int32_t)draw(4);
        config.sequential_model = draw(2) == 0;
        config.deadline_ms = draw(3) == 0 ? world.wall_ms + (int64_t)draw(1800000) : 0;
        config.if_late = (enum late_rule)draw(3);
        config.cost_max_micro = frugal ? 500000 + (int64_t)draw(8000000) : 0;
        config.always_from_start = draw(4) == 0;
        any_stopping(&config);
        world_submit(&world, &config);
    }
    for (int step = 0; step < STEPS; step++) {
        random_event(&world);
        check_world(&world);
        if (step % 10 == 0) {
            audit_check(&audit, &world);
        }
    }
    everybody_behaves(&world);
    check_world(&world);
    audit_check(&audit, &world);
    if (!frugal) { /* else a budget may end first */
        everything_ended(&world, TRIALS);
    }
    world_fini(&world);
}

static void a_reloaded_core_is_the_core_that_wrote_the_rows(void **state)
{
    const char *chosen = getenv("TIDE_SEED");
    const char *count = getenv("TIDE_SEEDS");
    const uint64_t first = chosen == NULL ? 1 : strtoull(chosen, NULL, 10);
    const uint64_t seeds = chosen != NULL ? 1 : count == NULL ? 200 : strtoull(count, NULL, 10);

    (void)state;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        print_message("TIDE_SEED=%llu\n", (unsigned long long)seed);
        one_history(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reloaded_core_is_the_core_that_wrote_the_rows),
        cmocka_unit_test(a_core_from_the_store_is_the_core_that_wrote_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
