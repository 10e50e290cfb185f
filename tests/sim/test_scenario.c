/*
 * scenario: windows, prices and recorded machines fall on the right ticks, recordings begin again
 * at their end, what is not a recording is refused; the prices ahead are facts as far as they are
 * known and then the last known day; and the policy runs the cheap hours of a window it knows.
 */
#include "support/support.h"

#include "sim/ahead.h"
#include "sim/episode.h"
#include "sim/scenario.h"

#include <string.h>

static const int64_t hour_ms = 3600000;
static const struct price_step steps[] = {{0, 30}, {3600000, 10}, {7200000, 20}, {10800000, 40}};
static const struct interval night[] = {{3600000, 10800000}};

static struct scenario_source source_of(const struct csv *machines)
{
    return (struct scenario_source){.from_ms = 0,
                                    .to_ms = 4 * hour_ms,
                                    .tick_ms = hour_ms / 2,
                                    .known_ms = 24 * hour_ms,
                                    .prices = steps,
                                    .price_count = 4,
                                    .windows = night,
                                    .window_count = 1,
                                    .max_price_micro = INT64_MAX,
                                    .machines = machines,
                                    .machines_tick_ms = hour_ms / 2,
                                    .slots = 2};
}

static void everything_falls_on_its_tick(void **state)
{
    static const int32_t open[] = {0, 0, 2, 2, 2, 2, 0, 0};
    struct scenario_source source = source_of(NULL);
    struct scenario scenario;
    struct error error;

    (void)state;
    assert_int_equal(scenario_init(&scenario, &source, &error), TIDE_OK);
    assert_int_equal(scenario.market.tick_count, 8);
    for (int tick = 0; tick < 8; tick++) {
        assert_int_equal(scenario.market.pools[0].available[tick], open[tick]);
        assert_int_equal(scenario.market.pools[0].price_micro[tick], steps[tick / 2].price_micro);
    }
    scenario_fini(&scenario);

    source.max_price_micro = 15;
    assert_int_equal(scenario_init(&scenario, &source, &error), TIDE_OK);
    assert_int_equal(scenario.market.pools[0].available[3], 2);
    assert_int_equal(scenario.market.pools[0].available[4], 0);
    scenario_fini(&scenario);
}

static void recordings_begin_again(void **state)
{
    struct csv machines;
    struct scenario_source source;
    struct scenario scenario;
    struct error error;

    (void)state;
    assert_int_equal(csv_parse(&machines, "tick,a,b\n0,1,3\n1,0,2\n2,1,1\n", &error), TIDE_OK);
    source = source_of(&machines);
    source.windows = NULL;
    source.machines_shift_ms = hour_ms / 2;
    assert_int_equal(scenario_init(&scenario, &source, &error), TIDE_OK);
    for (int tick = 0; tick < 8; tick++) {
        const size_t row = (size_t)(tick + 1) % 3;
        assert_int_equal(scenario.market.pools[0].available[tick],
                         2 * (int32_t)csv_cell(&machines, row, 1));
        assert_int_equal(scenario.market.pools[1].available[tick],
                         2 * (int32_t)csv_cell(&machines, row, 2));
    }
    scenario_fini(&scenario);
    csv_fini(&machines);

    assert_int_equal(csv_parse(&machines, "utc_epoch,a\n7200,1\n3600,0\n", &error), TIDE_OK);
    source.machines = &machines;
    assert_int_equal(scenario_init(&scenario, &source, &error), TIDE_INVALID);
    assert_int_equal(error.line, 3);
    csv_fini(&machines);
    source.machines = NULL;
    source.to_ms = 0;
    assert_int_equal(scenario_init(&scenario, &source, &error), TIDE_LIMIT);
}

/* Of 60 hours, each dearer than the one before, 24 are known two hours after the start, and those
 * two: the next 24 are expected as the same hours of the day, the known one and the one before
 * where there is one, and somewhat dearer, as the day is dearer than the one before. */
static void beyond_the_known_the_days_before_repeat(void **state)
{
    enum { HOURS = 60 };
    struct price_step prices[HOURS];
    struct scenario_source source = source_of(NULL);
    struct scenario scenario;
    struct policy_offer offers[AHEAD_OFFERS_MAX];
    struct error error;
    int64_t sum_ms = 0;

    (void)state;
    for (int hour = 0; hour < HOURS; hour++) {
        prices[hour] = (struct price_step){hour * hour_ms, 100 + hour};
    }
    source.windows = NULL;
    source.prices = prices;
    source.price_count = HOURS;
    source.to_ms = HOURS * hour_ms;
    assert_int_equal(scenario_init(&scenario, &source, &error), TIDE_OK);
    const int32_t count = ahead_offers(&scenario.market, 0, 4, 56 * hour_ms, offers);
    for (int32_t i = 0; i < count; i++) {
        sum_ms += offers[i].duration_ms;
        if (i < 24) {
            assert_int_equal(offers[i].duration_ms, hour_ms);
            assert_int_equal(offers[i].price_micro, 102 + i);
        } else {
            assert_in_range(offers[i].price_micro, 100, 150);
        }
    }
    assert_int_equal(sum_ms, 56 * hour_ms);
    scenario_fini(&scenario);
}

/* Two hours of work for two machines, two open hours at 10 and 20: the first is enough. */
static void cheap_hours_are_taken(void **state)
{
    const struct episode_job job = {.trials = 4, .trial_ms = hour_ms / 2, .window_ms = 4 * hour_ms};
    const struct scenario_source source = source_of(NULL);
    struct scenario scenario;
    struct episode_result result;
    struct error error;

    (void)state;
    assert_int_equal(scenario_init(&scenario, &source, &error), TIDE_OK);
    assert_int_equal(episode_run(&scenario.market, 0, &job, EPISODE_TIDEMILL, &result, &error),
                     TIDE_OK);
    assert_false(result.late);
    assert_int_equal(result.finish_ms, 2 * hour_ms);
    assert_int_equal(result.cost_micro, 20);
    assert_int_equal(result.preemptions, 0);
    scenario_fini(&scenario);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_falls_on_its_tick),
        cmocka_unit_test(recordings_begin_again),
        cmocka_unit_test(beyond_the_known_the_days_before_repeat),
        cmocka_unit_test(cheap_hours_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
