/*
 * policy: the decisions that follow from the rules of docs/COST.md in situations small enough to
 * judge by hand: when the certificate speaks and for how many, that a pool dearer than the shadow
 * price waits, that cheap hours ahead are waited for, and that nonsense never asks for more than
 * there is.
 */
#include "support/support.h"

#include "base/rng.h"
#include "core/forecast.h"
#include "core/moving.h"
#include "core/policy.h"

#include <string.h>

static const int64_t hour_ms = 3600000;
static const int64_t tick_ms = 600000;

/* A pool that has been seen for a day, up for `up_h` of it in stretches of `life_h`. */
static struct policy_pool spot_pool(int32_t slots, int64_t price_micro, int64_t up_h,
                                    int64_t life_h)
{
    struct policy_pool pool = {.kind = POLICY_SPOT,
                               .slots_open = slots,
                               .slots_max = slots,
                               .delay_ms = 720000,
                               .price_micro = price_micro};

    pool.history.observed_ms = 24 * hour_ms;
    pool.history.calm_ms = 2 * hour_ms;
    pool.history.slots_seen = slots;
    pool.history.up =
        (struct policy_stretches){up_h * slots * hour_ms, (int32_t)(up_h / life_h) * slots};
    pool.history.down =
        (struct policy_stretches){(24 - up_h) * slots * hour_ms, (int32_t)(up_h / life_h) * slots};
    return pool;
}

static struct policy_pool on_demand_pool(int32_t slots)
{
    return (struct policy_pool){.kind = POLICY_ON_DEMAND,
                                .slots_open = slots,
                                .slots_max = slots,
                                .delay_ms = 720000,
                                .price_micro = 3060000};
}

static struct policy_view fleet_view(int64_t left_h, int64_t work_h, int32_t trials)
{
    struct policy_view view = {.left_ms = left_h * hour_ms,
                               .tick_ms = tick_ms,
                               .work_ms = work_h * hour_ms,
                               .longest_ms = hour_ms,
                               .trials = trials,
                               .pool_count = 2};

    view.pools[0] = spot_pool(8, 970000, 18, 6);
    view.pools[1] = on_demand_pool(10);
    return view;
}

static void plenty_of_time_needs_no_on_demand(void **state)
{
    const struct policy_view view = fleet_view(60, 100, 100);
    struct policy_decision decision;

    (void)state;
    policy_decide(&view, &decision);
    assert_int_equal(decision.must, 0);
    assert_int_equal(decision.want[0], 8);
    assert_int_equal(decision.want[1], 0);
    assert_true(decision.margin_ms > 0);
}

/* M = 10, W = 100 h: Graham's bound is .2 + 10 + .9 = 11.1 h. With a tick of 1/6 h the decision
 * must come when less than 11.1 + 1/3 h are left, and each slot buys a tick of the tenfold sum. */
static void the_certificate_speaks_in_time(void **state)
{
    struct policy_view view = fleet_view(0, 100, 100);
    struct policy_decision decision;

    (void)state;
    view.left_ms = 11 * hour_ms + hour_ms / 10 + 2 * tick_ms;
    policy_decide(&view, &decision);
    assert_int_equal(decision.must, 0);
    assert_int_equal(decision.margin_ms, tick_ms);
    view.left_ms -= tick_ms / 10 * 3;
    policy_decide(&view, &decision);
    assert_int_equal(decision.must, 3);
    assert_true(decision.want[1] >= 3);
    view.left_ms -= hour_ms;
    policy_decide(&view, &decision);
    assert_int_equal(decision.must, 10);
    assert_int_equal(decision.want[1], 10);
    assert_true(decision.margin_ms < 0);
}

static void urgent_trials_each_get_a_slot(void **state)
{
    struct policy_view view = fleet_view(2, 4, 5);
    struct policy_decision decision;

    (void)state;
    view.left_ms = hour_ms + 720000 + tick_ms;
    assert_true(policy_is_urgent(&view, hour_ms));
    assert_false(policy_is_urgent(&view, hour_ms / 2));
    view.urgent = 3;
    policy_decide(&view, &decision);
    assert_int_equal(decision.must, 3);
    assert_true(decision.want[0] + decision.want[1] <= 5);
}

static void a_dear_pool_waits_while_cheap_ones_suffice(void **state)
{
    struct policy_view view = fleet_view(48, 100, 100);
    struct policy_decision decision;

    (void)state;
    view.pool_count = 3;
    view.pools[2] = view.pools[1];
    view.pools[1] = spot_pool(8, 2500000, 23, 23);
    policy_decide(&view, &decision);
    assert_int_equal(decision.want[0], 8);
    assert_int_equal(decision.want[1], 0);
    view.work_ms = 600 * hour_ms;
    view.trials = 600;
    policy_decide(&view, &decision);
    assert_int_equal(decision.want[1], 8);
    assert_true(decision.shadow_micro > 2500000);
}

/* Ten hours ahead, three of work: only hours among the three cheapest run. */
static void cheap_hours_are_waited_for(void **state)
{
    static const int64_t prices[] = {50, 40, 30, 20, 90, 10, 80, 70, 60, 99};
    struct policy_offer offers[10];
    int runs = 0;

    (void)state;
    for (int32_t now = 0; now < 10 && runs < 3; now++) {
        struct policy_view view = {.left_ms = (10 - now) * hour_ms,
                                   .tick_ms = hour_ms,
                                   .work_ms = (3 - runs) * hour_ms,
                                   .longest_ms = (3 - runs) * hour_ms,
                                   .trials = 1,
                                   .pool_count = 1};
        struct policy_decision decision;
        view.pools[0] = (struct policy_pool){.kind = POLICY_OWN,
                                             .slots_open = 1,
                                             .slots_max = 1,
                                             .price_micro = prices[now],
                                             .offers = offers};
        view.pools[0].offer_count = forecast_offers(prices, 10, now, 10 - now, offers, 10);
        policy_decide(&view, &decision);
        assert_int_equal(decision.want[0], prices[now] <= 30);
        runs += decision.want[0];
    }
    assert_int_equal(runs, 3);
}

static void forecasts_offer_every_hour_once(void **state)
{
    int64_t prices[200];
    struct policy_offer offers[POLICY_OFFERS_MAX];

    (void)state;
    for (int i = 0; i < 200; i++) {
        prices[i] = 1000 + 37 * (i % 24);
    }
    for (int32_t known = 25; known < 200; known += 31) {
        const int32_t count =
            forecast_offers(prices, known, known - 1, 48, offers, POLICY_OFFERS_MAX);
        int64_t sum_ms = 0;
        for (int32_t i = 0; i < count; i++) {
            sum_ms += offers[i].duration_ms;
            assert_true(offers[i].price_micro >= 999 && offers[i].price_micro <= 1852);
        }
        assert_int_equal(sum_ms, 48 * hour_ms);
    }
}

/* Over thirty days the hours of which an hour of the day can be used are added up, none is lost and
 * closed hours are not offered; of a market without a past the mean is expected. */
static void long_forecasts_are_folded(void **state)
{
    enum { HOURS = 30 * 24 };
    struct policy_offer offers[512];
    int64_t prices[72];
    int64_t open_ms[HOURS];
    int64_t sum_ms = 0;
    int64_t night_ms = 0;

    (void)state;
    for (int i = 0; i < 72; i++) {
        prices[i] = i % 24 < 6 ? -5 : 1000;
    }
    for (int i = 0; i < HOURS; i++) {
        open_ms[i] = i % 24 < 12 ? hour_ms / 2 : 0;
    }
    const int32_t count = forecast_beyond(prices, 72, HOURS, open_ms, offers, 512);
    for (int32_t i = 0; i < count; i++) {
        sum_ms += offers[i].duration_ms;
        night_ms += offers[i].price_micro < 0 ? offers[i].duration_ms : 0;
    }
    assert_int_equal(sum_ms, 30 * 12 * hour_ms / 2);
    assert_int_equal(night_ms, 30 * 6 * hour_ms / 2);
    assert_int_equal(forecast_beyond(prices, 1, 2, NULL, offers, 512), 2);
    assert_int_equal(offers[1].price_micro, -5);
}

/* An hour of three prices, and one before all of them. */
static void an_hour_has_its_mean(void **state)
{
    const struct price_step steps[] = {
        {hour_ms, 100}, {hour_ms + hour_ms / 2, 200}, {2 * hour_ms - hour_ms / 4, 600}};

    (void)state;
    assert_int_equal(forecast_hour_micro(steps, 3, hour_ms), 250);
    assert_int_equal(forecast_hour_micro(steps, 3, 0), 100);
    assert_int_equal(forecast_hour_micro(steps, 3, hour_ms / 2), 100);
    assert_int_equal(forecast_hour_micro(steps, 3, 7 * hour_ms), 600);
}

/* Half an hour at 3 or at 1: 1 an hour is saved twice over what 12 minutes of start-up cost, but
 * not over 40; a price a quarter higher moves nothing, a negative one here is never left, and a
 * slot that costs nothing is moved to from any that costs something. */
static void moving_has_to_pay(void **state)
{
    const double half_hour_ms = 1800000;

    (void)state;
    assert_true(moving_gain(half_hour_ms, 3, 1, 720000) > 0);
    assert_true(moving_gain(half_hour_ms, 3, 1, 2400000) < 0);
    assert_true(moving_gain(half_hour_ms, 1.25, 1, 0) <= 0);
    assert_true(moving_gain(half_hour_ms, -1, -9, 0) <= 0);
    assert_true(moving_gain(half_hour_ms, 0.01, 0, 0) > 0);
    assert_true(moving_gain(0, 3, 1, 0) <= 0);
}

static void histories_add_up(void **state)
{
    static const int32_t slots[] = {4, 4, 2, 0, 0, 4, 4, 4};
    struct policy_history history;

    (void)state;
    memset(&history, 0, sizeof history);
    for (size_t i = 0; i < 8; i++) {
        policy_observe(&history, slots[i], 4, tick_ms);
    }
    assert_int_equal(history.observed_ms, 8 * tick_ms);
    assert_int_equal(history.up.duration_ms, 22 * tick_ms);
    assert_int_equal(history.down.duration_ms, 10 * tick_ms);
    assert_int_equal(history.up.ends, 4);
    assert_int_equal(history.down.ends, 4);
    assert_int_equal(history.calm_ms, 3 * tick_ms);
}

/* A month of hours up and hours down, then three days without: what is seen last counts most, and
 * what is remembered stays below three days. */
static void old_history_fades(void **state)
{
    struct policy_history history = {0};

    (void)state;
    for (int hour = 0; hour < 30 * 24; hour++) {
        policy_observe(&history, hour % 2 == 0 ? 4 : 0, 4, hour_ms);
    }
    assert_true(history.observed_ms < 72 * hour_ms && history.observed_ms >= 36 * hour_ms);
    assert_true(history.up.ends > 0 && history.up.ends <= 4 * 36);
    for (int hour = 0; hour < 72; hour++) {
        policy_observe(&history, 0, 4, hour_ms);
    }
    assert_true(history.down.duration_ms > 4 * history.up.duration_ms);
    assert_int_equal(history.calm_ms, 73 * hour_ms);
}

static void no_view_asks_for_more_than_there_is(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 2385, "views");
    for (int i = 0; i < 20000; i++) {
        struct policy_view view =
            fleet_view((int64_t)rng_below(&rng, 50), (int64_t)rng_below(&rng, 500),
                       1 + (int32_t)rng_below(&rng, 500));
        struct policy_decision decision;
        view.pools[0].slots_held = (int32_t)rng_below(&rng, 9);
        view.pools[0].history.calm_ms = (int64_t)rng_below(&rng, 9) * tick_ms;
        view.pools[0].price_micro = (int64_t)rng_below(&rng, 5000000) - 1000000;
        view.pools[1].slots_open = (int32_t)rng_below(&rng, 20);
        view.pools[1].slots_held = (int32_t)rng_below(&rng, (uint64_t)view.pools[1].slots_open + 1);
        view.urgent = (int32_t)rng_below(&rng, (uint64_t)view.trials + 1);
        policy_decide(&view, &decision);
        for (int32_t pool = 0; pool < 2; pool++) {
            assert_true(decision.want[pool] >= 0);
            assert_true(decision.want[pool] <= view.pools[pool].slots_open);
        }
        assert_true(decision.want[0] + decision.want[1] <= view.trials);
        assert_true(decision.want[1] >= decision.must);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plenty_of_time_needs_no_on_demand),
        cmocka_unit_test(the_certificate_speaks_in_time),
        cmocka_unit_test(urgent_trials_each_get_a_slot),
        cmocka_unit_test(a_dear_pool_waits_while_cheap_ones_suffice),
        cmocka_unit_test(cheap_hours_are_waited_for),
        cmocka_unit_test(forecasts_offer_every_hour_once),
        cmocka_unit_test(long_forecasts_are_folded),
        cmocka_unit_test(an_hour_has_its_mean),
        cmocka_unit_test(moving_has_to_pay),
        cmocka_unit_test(histories_add_up),
        cmocka_unit_test(old_history_fades),
        cmocka_unit_test(no_view_asks_for_more_than_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
