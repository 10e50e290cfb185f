/*
 * core: what a coordinator that starts anew still knows of the market: two worlds see the same spot
 * pool come and go for hours, one of them restarts, and both make the same plan from then on. A
 * third, which has seen nothing, makes another: what was seen is what decides.
 */
#include "core/world.h"

#include "support/support.h"

#include <string.h>

enum { HOURS = 6, SPOT = 1, ON_DEMAND = 2 };

static const int64_t hour_ms = 3600000;

static void pool_open(struct world *world, int32_t pool, enum pool_kind kind, int64_t price_micro)
{
    world_pool(world, &(struct pool_event){.pool = pool,
                                           .kind = kind,
                                           .slots = 1,
                                           .workers_max = pool == SPOT ? 4 : 8,
                                           .startup_ms = 180000,
                                           .launches = true});
    world_price(world, &(struct price_event){.pool = pool,
                                             .trust = PRICE_KNOWN,
                                             .count = 1,
                                             .steps = {{world->wall_ms, price_micro}}});
}

static void spot_is(struct world *world, bool refused)
{
    struct event event = {.kind = EVENT_MACHINES,
                          .machines = {.pool = SPOT, .refused_ms = refused ? 24 * hour_ms : 0}};

    world_step(world, &event);
}

static void minutes(struct world *world, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        struct event event = {.kind = EVENT_TIMER};
        world->boot_ms += 60000;
        world->wall_ms += 60000;
        world_step(world, &event);
    }
}

/* Of every hour spot is refused for ten minutes: most of a day's work will be done there. */
static void market_watch(struct world *world)
{
    for (int hour = 0; hour < HOURS; hour++) {
        spot_is(world, false);
        minutes(world, 50);
        spot_is(world, true);
        minutes(world, 10);
    }
}

/* What the coordinator decides for 60 h of work in 12 h, in words. */
static void plans(struct world *world, char *trace)
{
    struct experiment_config config = world_config(60);

    config.if_late = LATE_ON_DEMAND;
    config.sequential_model = false;
    config.timeout_ms = hour_ms;
    config.deadline_ms = world->wall_ms + 12 * hour_ms;
    spot_is(world, false);
    world->trace = trace;
    world_submit(world, &config);
    minutes(world, 60);
}

static void tell(char *trace, bool watches, bool restarts)
{
    static struct world world;

    world_init(&world);
    pool_open(&world, SPOT, POOL_SPOT, 900000);
    pool_open(&world, ON_DEMAND, POOL_ON_DEMAND, 3000000);
    if (watches) {
        market_watch(&world);
    }
    if (restarts) {
        world_restart(&world);
        pool_open(&world, SPOT, POOL_SPOT, 900000);
        pool_open(&world, ON_DEMAND, POOL_ON_DEMAND, 3000000);
    }
    plans(&world, trace);
    world_fini(&world);
}

static void what_spot_has_shown_outlives_the_coordinator(void **state)
{
    static char plain[WORLD_TRACE_BYTES], restarted[WORLD_TRACE_BYTES], blind[WORLD_TRACE_BYTES];

    (void)state;
    tell(plain, true, false);
    tell(restarted, true, true);
    tell(blind, false, false);
    assert_non_null(strstr(plain, "an hour of work is worth"));
    assert_string_equal(plain, restarted);
    assert_string_not_equal(plain, blind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_spot_has_shown_outlives_the_coordinator),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
