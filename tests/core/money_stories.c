/* Stories of money: prices, the ledger, budgets. */
#include "core/story.h"

#include <stdio.h>

/* Pool 1 costs 3.6 an hour, which is one millionth a millisecond, and twice that after a minute. */
static void begin_priced(const struct experiment_config *config)
{
    const struct price_event price = {
        .pool = 1,
        .trust = PRICE_KNOWN,
        .count = 2,
        .steps = {{world.wall_ms - 1000, 3600000}, {world.wall_ms + 60000, 7200000}}};

    world_pool(&world, &(struct pool_event){.pool = 1, .kind = POOL_SPOT, .slots = 1});
    world_price(&world, &price);
    world.workers[0].pool = 1;
    begin_as(config, 1);
}

static void note_ledger(void)
{
    char line[128];

    for (uint32_t i = 0; i < world.rows.entry_count; i++) {
        const struct entry_row *entry = &world.rows.entries[i];
        (void)snprintf(line, sizeof line, "%s: %d s at %d, %d millionths, for %d.%d",
                       ledger_kind_text(entry->kind), (int)(entry->to_ms - entry->from_ms) / 1000,
                       (int)entry->price_micro, (int)entry->cost_micro, (int)entry->experiment,
                       (int)entry->trial);
        note(line);
    }
}

void story_ledger(void)
{
    const struct experiment_config config = world_config(2);

    begin_priced(&config);
    note(
        "idle for 5 s; a checkpoint after 70 s, 15 s after the price rose; a notice 3 s later, and "
        "2 s to save; 4 s to leave");
    world_tick(&world, 5000);
    world_accept(&world, 0, attempt(0, 1));
    world_tick(&world, 70000);
    world_checkpoint(&world, 0, attempt(0, 1), 1, 7);
    world_tick(&world, 3000);
    world_gate(&world, 1, true, 0);
    world_tick(&world, 2000);
    world_checkpoint(&world, 0, attempt(0, 1), 2, 8);
    world_tick(&world, 4000);
    leave(0, 0, 1);
    note("the window is shut for 10 s, which is nobody's; then the trial goes on and ends");
    world_tick(&world, 10000);
    world_gate(&world, 1, false, 0);
    world_tick(&world, 1000);
    world_accept(&world, 0, attempt(0, 2));
    world_tick(&world, 20000);
    complete(0, 0, 2, 0.5);
    note_ledger();
}

void story_budget_cost(void)
{
    struct experiment_config config = world_config(9);

    config.cost_max_micro = 2000000;
    config.timeout_ms = 600000;
    begin_priced(&config);
    note("of 2,000,000 millionths one attempt may take 1,200,000: a second trial is not begun with "
         "it");
    world_accept(&world, 0, attempt(0, 1));
    world.workers[1].pool = 1;
    join(1, 1);
    answer_all();
    note("it takes too long, and is told to leave while that can still be paid");
    while (world.rows.attempts[0].state == ATTEMPT_ACTIVE) {
        const int64_t due_ms = core_deadline(world.core) - world.boot_ms;
        world_tick(&world, due_ms < 60000 ? due_ms : 60000);
        world_accept(&world, 0, attempt(0, 1));
    }
    world_tick(&world, 25000);
    leave(0, 0, 1);
    world_tick(&world, 60000);
    note_ledger();
}

static void machines(int32_t count, int64_t refused_ms)
{
    struct event event = {.kind = EVENT_MACHINES,
                          .machines = {.pool = 1, .machines = count, .refused_ms = refused_ms}};

    world_step(&world, &event);
}

/* An hour is dear or cheap by turns: 3 hours dear, then 3 hours cheap. */
static void dear_then_cheap(int32_t pool, int64_t dear_micro, int64_t cheap_micro)
{
    struct price_event price = {.pool = pool, .trust = PRICE_KNOWN, .count = 8};

    for (uint32_t i = 0; i < price.count; i++) {
        price.steps[i] = (struct price_step){world.wall_ms + (int64_t)i * 10800000,
                                             i % 2 == 0 ? dear_micro : cheap_micro};
    }
    world_price(&world, &price);
}

/* A minute passes; every worker that is up says what it runs, or that it has room. */
static void minutes(int32_t count)
{
    for (int32_t minute = 0; minute < count; minute++) {
        world_tick(&world, 60000);
        for (uint32_t w = 0; w < WORLD_WORKERS; w++) {
            const struct world_worker *worker = &world.workers[w];
            if (worker->up && worker->count > 0) {
                world_accept(&world, w, worker->running[0]);
            } else if (worker->up) {
                world_ready(&world, w, 1);
            }
        }
    }
}

/* Of each half hour, what ran in it ends with it. */
static void work_through(int32_t halves)
{
    for (int32_t i = 0; i < halves; i++) {
        for (uint32_t w = 0; w < WORLD_WORKERS; w++) {
            if (world.workers[w].count > 0) {
                world_accept(&world, w, world.workers[w].running[0]);
            }
        }
        minutes(30);
        for (uint32_t w = 0; w < WORLD_WORKERS; w++) {
            if (world.workers[w].count > 0) {
                world_result(&world, w, world.workers[w].running[0], OUTCOME_COMPLETED, CAUSE_NONE,
                             0.5);
            }
        }
        answer_all();
    }
}

void story_plan(void)
{
    struct experiment_config config = world_config(4);
    const struct pool_event pool = {.pool = 1, .kind = POOL_OWN, .slots = 1};

    config.deadline_ms = world.wall_ms + 12 * 3600000;
    world_pool(&world, &pool);
    dear_then_cheap(1, 300000, 100000);
    world.workers[0].pool = world.workers[1].pool = 1;
    join(1, 1);
    begin_as(&config, 1);
    note("nothing was measured yet: one trial runs at the price of now, to show how long it takes");
    work_through(1);
    note("three are left, half an hour each: the cheap hours will do, and one slot of them");
    work_through(6);
    note("twelve hours after the beginning it would be late; it has long been done");
}

/* Two machines of one's own, dear for three hours and then cheap. */
static void begin_two_own(const struct experiment_config *config)
{
    world_pool(&world, &(struct pool_event){.pool = 1, .kind = POOL_OWN, .slots = 1});
    dear_then_cheap(1, 300000, 100000);
    world.workers[0].pool = world.workers[1].pool = 1;
    join(1, 1);
    begin_as(config, 1);
}

/* Nothing says how long a trial takes, and it takes longer and longer. */
void story_guess(void)
{
    struct experiment_config config = world_config(4);

    config.deadline_ms = world.wall_ms + 8 * 3600000;
    note("forty minutes of work, as a guess: the cheap hours will do, but one trial shows it");
    begin_two_own(&config);
    minutes(60);
    note("after an hour two are guessed for each of four trials: no time for waiting");
    minutes(30);
}

/* The steps of the first trial say how long it takes, before it has ended. */
void story_pace(void)
{
    struct experiment_config config = world_config(4);

    config.step_max = 100;
    config.deadline_ms = world.wall_ms + 8 * 3600000;
    begin_two_own(&config);
    minutes(10);
    note("a tenth of it took ten minutes: 100 minutes each, for which the cheap hours will do");
    world_metric(&world, 1, attempt(0, 1), 10, 0.5);
    minutes(3);
}

/* As yesterday: the nights are cheap, and of tomorrow's no price is known yet. */
void story_forecast(void)
{
    struct experiment_config config = world_config(4);
    struct price_event price = {.pool = 1, .trust = PRICE_KNOWN, .count = 1};
    const int64_t hour = 3600000;

    config.timeout_ms = 2 * hour;
    config.deadline_ms = world.wall_ms + 20 * hour;
    price.steps[0] = (struct price_step){world.wall_ms, 300000};
    price.known_ms = world.wall_ms / hour * hour + 2 * hour;
    price.past =
        (struct price_past){.from_ms = world.wall_ms / hour * hour - 24 * hour, .hours = 24};
    for (int32_t i = 0; i < 24; i++) {
        price.past.hour_micro[i] = i >= 5 && i < 12 ? 100000 : 300000;
    }
    world_pool(&world, &(struct pool_event){.pool = 1, .kind = POOL_OWN, .slots = 1});
    world_price(&world, &price);
    world.workers[0].pool = world.workers[1].pool = 1;
    join(1, 1);
    note(
        "the price of two hours is known; the night, five hours away, was cheap: it is waited for");
    begin_as(&config, 1);
    minutes(3);
    note("the night comes, with the price of yesterday");
    minutes(5 * 60 - 3);
    price.steps[0] = (struct price_step){world.wall_ms, 100000};
    price.known_ms = world.wall_ms / hour * hour + 2 * hour;
    price.past = (struct price_past){0};
    world_price(&world, &price);
    minutes(1);
}

void story_launch(void)
{
    struct experiment_config config = world_config(3);
    const struct pool_event pool = {
        .pool = 1, .kind = POOL_SPOT, .slots = 1, .workers_max = 2, .launches = true};

    world_pool(&world, &pool);
    dear_then_cheap(1, 300000, 100000);
    world.workers[0].pool = world.workers[1].pool = 1;
    note("two machines are all that may be launched; one is granted");
    world_submit(&world, &config);
    answer_all();
    machines(1, 60000);
    join(0, 1);
    answer_all();
    note("a minute later the other one is asked for again");
    world_tick(&world, 60000);
    machines(2, 0);
    join(1, 1);
    answer_all();
    work_through(1);
    note("one trial is left, then none");
    work_through(1);
}

/* A pool that launches, at one price. */
static void launching_pool(int32_t pool, int64_t price_micro)
{
    world_pool(
        &world,
        &(struct pool_event){
            .pool = pool, .kind = POOL_SPOT, .slots = 1, .workers_max = 1, .launches = true});
    world_price(&world, &(struct price_event){.pool = pool,
                                              .trust = PRICE_KNOWN,
                                              .count = 1,
                                              .steps = {{world.wall_ms - 1000, price_micro}}});
}

/* Two trials of half an hour have run in the dear pool 2, as the cheap pool 1 has no machine; the
 * third has saved after four minutes. Worker 0 is dear. */
static void begin_dear(struct experiment_config *config)
{
    struct event refused = {.kind = EVENT_MACHINES,
                            .machines = {.pool = 1, .refused_ms = 65 * 60000}};

    launching_pool(1, 300000);
    launching_pool(2, 1100000);
    world.workers[0].pool = 2;
    world.workers[1].pool = 1;
    config->concurrency_max = 1;
    note("the cheap pool has no machine; two trials of half an hour run in the dear one");
    world_submit(&world, config);
    world_step(&world, &refused);
    answer_all();
    join(0, 1);
    answer_all();
    work_through(2);
    world_accept(&world, 0, world.workers[0].running[0]);
    minutes(4);
    world_checkpoint(&world, 0, attempt(2, 1), 1, 4);
}

/* A machine of the cheap pool is granted, and its worker 1 joins. */
static void cheap_comes(void)
{
    struct event granted = {.kind = EVENT_MACHINES, .machines = {.pool = 1, .machines = 1}};

    world_step(&world, &granted);
    join(1, 1);
    minutes(2);
}

void story_moved(void)
{
    struct experiment_config config = world_config(3);

    begin_dear(&config);
    note("a cheap machine comes: the third, saved after four minutes, gets the notice and moves");
    cheap_comes();
    world_checkpoint(&world, 0, attempt(2, 1), 2, 7);
    leave(0, 2, 1);
    minutes(5);
    note("the dear pool becomes a sixth cheaper than the other: that is not enough");
    launching_pool(2, 250000);
    minutes(5);
    complete(1, 2, 2, 0.5);
}

void story_not_moved_from_start(void)
{
    struct experiment_config config = world_config(3);

    config.always_from_start = true;
    begin_dear(&config);
    minutes(15);
    world_checkpoint(&world, 0, attempt(2, 1), 2, 7);
    note("a cheap machine comes, but no checkpoint is gone on from: 19 minutes are worth more");
    cheap_comes();
    minutes(8);
    complete(0, 2, 1, 0.5);
}

void story_not_moved(void)
{
    struct experiment_config config = world_config(3);

    config.deadline_ms = world.wall_ms + 92 * 60000;
    begin_dear(&config);
    note("a cheap machine comes, but what is done again would not be done by the deadline");
    cheap_comes();
    minutes(26);
    complete(0, 2, 1, 0.5);
}

void story_late(void)
{
    struct experiment_config config = world_config(2);
    const struct pool_event pool = {.pool = 1, .kind = POOL_OWN, .slots = 1};

    config.if_late = LATE_IGNORE_WINDOWS;
    config.timeout_ms = 1800000;
    config.deadline_ms = world.wall_ms + 3 * 3600000;
    world_pool(&world, &pool);
    dear_then_cheap(1, 300000, 100000);
    world.workers[0].pool = 1;
    begin_as(&config, 1);
    note("the window shuts until 20 minutes before the deadline: too short, so it is ignored");
    struct event event = {.kind = EVENT_GATE};
    event.gate =
        (struct gate_event){.experiment = 1,
                            .shut = true,
                            .reason = WHY_WINDOW,
                            .ahead_count = 1,
                            .ahead = {{world.wall_ms + 160 * 60000, world.wall_ms + 180 * 60000}}};
    world_accept(&world, 0, attempt(0, 1));
    world_step(&world, &event);
    work_through(2);
}

void story_burst(void)
{
    struct experiment_config config = world_config(2);
    const struct pool_event pool = {.pool = 1,
                                    .kind = POOL_ON_DEMAND,
                                    .slots = 1,
                                    .workers_max = 2,
                                    .startup_ms = 180000,
                                    .launches = true};

    config.if_late = LATE_ON_DEMAND;
    config.timeout_ms = 3600000;
    config.deadline_ms = world.wall_ms + 4 * 3600000;
    world_pool(&world, &(struct pool_event){.pool = 2,
                                            .kind = POOL_SPOT,
                                            .slots = 1,
                                            .workers_max = 2,
                                            .startup_ms = 180000,
                                            .launches = true});
    world_pool(&world, &pool);
    dear_then_cheap(1, 3060000, 3060000);
    dear_then_cheap(2, 973100, 973100);
    note("spot is asked for, and refused for hours; on-demand starts when it must");
    world_submit(&world, &config);
    answer_all();
    struct event event = {.kind = EVENT_MACHINES,
                          .machines = {.pool = 2, .machines = 0, .refused_ms = 8 * 3600000}};
    world_step(&world, &event);
    minutes(200);
}
