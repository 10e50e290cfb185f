/*
 * ledger: an entry is the exact cost rounded once, half to even, whatever the sign; splitting a
 * stretch at price changes loses no millisecond; and totals are sums of entries. Each is computed a
 * second way: by long division in decimal, and millisecond by millisecond.
 */
#include "support/support.h"

#include "base/rng.h"
#include "core/ledger.h"

#include <string.h>

enum { STEPS_MAX = 12, ENTRIES_MAX = 16 };

static void costs_round_half_to_even(void **state)
{
    static const struct {
        int64_t price_micro, duration_ms;
        struct ledger_scale scale;
        int64_t want_micro;
    } cases[] = {
        {3060000, 600000, {.slots = 1}, 510000},
        {973100, 600000, {.slots = 1}, 162183}, /* 162183.33 */
        {1, 1800000, {.slots = 1}, 0},          /* 0.5 to 0 */
        {3, 1800000, {.slots = 1}, 2},          /* 1.5 to 2 */
        {5, 1800000, {.slots = 1}, 2},          /* 2.5 to 2 */
        {-3, 1800000, {.slots = 1}, -2},
        {-5, 1800000, {.slots = 1}, -2},
        {-5, 1800001, {.slots = 1}, -3},
        {270000, 3600000, {350, 1}, 94500},
        {270000, 3600000, {350, 4}, 23625},
        {10, 3600000, {.slots = 4}, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            ledger_cost_micro(cases[i].price_micro, cases[i].duration_ms, cases[i].scale),
            cases[i].want_micro);
    }
    /* 10^12 x 10^12 ms x 10 W / 3.6e9 does not fit a 64-bit product, but fits a result. */
    assert_int_equal(ledger_cost_micro(1000000000000, 1000000000000, (struct ledger_scale){10, 1}),
                     INT64_C(2777777777777778));
}

/* Digit by digit: price * ms / (3.6e6 * slots) without a wide product. */
static int64_t long_division(int64_t price_micro, int64_t duration_ms, int64_t slots)
{
    const int64_t sign = price_micro < 0 ? -1 : 1;
    const int64_t divisor = 3600000 * slots;
    int64_t quotient = 0;
    int64_t rest = 0;
    int64_t price = sign * price_micro;
    int64_t unit = 1;

    while (unit <= price / 10) {
        unit *= 10;
    }
    for (; unit > 0; unit /= 10) {
        rest = rest * 10 + (price / unit % 10) * duration_ms;
        quotient = quotient * 10 + rest / divisor;
        rest %= divisor;
    }
    if (2 * rest > divisor || (2 * rest == divisor && quotient % 2 == 1)) {
        quotient++;
    }
    return sign * quotient;
}

static void costs_agree_with_long_division(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 2385, "ledger");
    for (int i = 0; i < 200000; i++) {
        const int64_t price_micro = (int64_t)rng_below(&rng, 20000000) - 4000000;
        const int64_t duration_ms = (int64_t)rng_below(&rng, 1000) * 18000;
        const int32_t slots = 1 + (int32_t)rng_below(&rng, 8);
        assert_int_equal(
            ledger_cost_micro(price_micro, duration_ms, (struct ledger_scale){.slots = slots}),
            long_division(price_micro, duration_ms, slots));
    }
}

static int64_t price_at(const struct price_step *steps, size_t count, int64_t at_ms)
{
    int64_t price_micro = steps[0].price_micro;

    for (size_t i = 0; i < count; i++) {
        price_micro = steps[i].start_ms <= at_ms ? steps[i].price_micro : price_micro;
    }
    return price_micro;
}

static void splits_cover_every_millisecond(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 77, "split");
    for (int i = 0; i < 2000; i++) {
        struct price_step steps[STEPS_MAX] = {0};
        struct ledger_entry entries[ENTRIES_MAX];
        const size_t count = 1 + rng_below(&rng, STEPS_MAX);
        const int64_t from_ms = (int64_t)rng_below(&rng, 300);
        const int64_t to_ms = from_ms + (int64_t)rng_below(&rng, 300);
        int64_t at_ms = (int64_t)rng_below(&rng, 60);
        size_t found = 0;

        for (size_t step = 0; step < count; step++) {
            steps[step] = (struct price_step){at_ms, (int64_t)rng_below(&rng, 1000)};
            at_ms += 1 + (int64_t)rng_below(&rng, 60);
        }
        found = ledger_split(steps, count, from_ms, to_ms, (struct ledger_scale){.slots = 1},
                             entries, ENTRIES_MAX);
        assert_true(found <= ENTRIES_MAX);
        at_ms = from_ms;
        for (size_t entry = 0; entry < found; entry++) {
            assert_int_equal(entries[entry].from_ms, at_ms);
            for (; at_ms < entries[entry].to_ms; at_ms++) {
                assert_int_equal(entries[entry].price_micro, price_at(steps, count, at_ms));
            }
        }
        assert_int_equal(at_ms, to_ms);
    }
}

static void totals_are_sums_of_entries(void **state)
{
    static const struct price_step steps[] = {{0, 160001}, {3600000, 269999}};
    struct ledger_entry entries[ENTRIES_MAX];
    struct ledger_sum sum;
    int64_t total_micro = 0;

    (void)state;
    memset(&sum, 0, sizeof sum);
    for (int kind = 0; kind < LEDGER_KINDS; kind++) {
        const size_t count = ledger_split(steps, 2, 3000000 + kind, 4000000,
                                          (struct ledger_scale){.slots = 3}, entries, ENTRIES_MAX);
        assert_int_equal(count, 2);
        for (size_t i = 0; i < count; i++) {
            ledger_add(&sum, (enum ledger_kind)kind, &entries[i]);
            total_micro += entries[i].cost_micro;
        }
        assert_int_equal(sum.duration_ms[kind], 1000000 - kind);
    }
    assert_int_equal(ledger_total_micro(&sum), total_micro);
    assert_string_equal(ledger_kind_text(LEDGER_IDLE), "idle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_round_half_to_even),
        cmocka_unit_test(costs_agree_with_long_division),
        cmocka_unit_test(splits_cover_every_millisecond),
        cmocka_unit_test(totals_are_sums_of_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
