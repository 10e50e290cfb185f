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
