/*
 * base: numbers survive print and parse, the heap agrees with sorting, random streams are
 * independent and uniform, and a misspelt word finds the one that was meant.
 */
#include "support/support.h"

#include "base/heap.h"
#include "base/number.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void parse_accepts_the_grammar_and_nothing_else(void **state)
{
    static const char *const good[] = {"0", "-1", "1e-4", "+2.5E3", ".5", "5.", "1e15", "-0.25"};
    static const char *const bad[] = {"",    "-",   ".",     "010",   "0x10", "1_000",
                                      "1e",  "nan", "inf",   " 1",    "1 ",   "1e400",
                                      "1,5", "--1", "1.2.3", "1e5.5", "e5"};
    double value = 0;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(number_parse_real(good[i], &value));
        assert_close(value, atof(good[i]), 0, 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(number_parse_real(bad[i], &value));
    }
}

static void integers_are_exact_and_bounded(void **state)
{
    int64_t value = 0;

    (void)state;
    assert_true(number_parse_integer("9223372036854775807", &value));
    assert_int_equal(value, INT64_MAX);
    assert_false(number_parse_integer("9223372036854775808", &value));
    assert_false(number_parse_integer("1e3", &value));
    assert_false(number_parse_integer("007", &value));
}

/* 100,000 random bit patterns and the awkward ones read back exactly. */
static void printed_numbers_read_back_the_same(void **state)
{
    struct rng rng;
    char text[NUMBER_TEXT_BYTES];

    (void)state;
    rng_init(&rng, 2385, "numbers");
    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = rng_bits(&rng);
        double value = 0;
        double back = 0;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            assert_true(number_parse_real(number_print_real(text, value), &back));
            assert_memory_equal(&value, &back, sizeof value);
        }
    }
    assert_string_equal(number_print_real(text, 0.1), "0.1");
    assert_string_equal(number_print_real(text, 3), "3");
    assert_string_equal(number_print_real(text, 1e-5), "1e-05");
    assert_string_equal(number_print_real(text, 123456789), "123456789");
}

/* Random insertions, moves and removals: what comes out is what a linear search finds. */
static void the_heap_agrees_with_a_linear_search(void **state)
{
    enum { ITEMS = 61 };
    struct heap_entry entries[ITEMS];
    uint32_t position[ITEMS];
    int64_t deadline[ITEMS];
    struct heap heap;
    struct rng rng;

    (void)state;
    rng_init(&rng, 7, "heap");
    heap_init(&heap, entries, position, ITEMS);
    memset(deadline, -1, sizeof deadline);
    for (int step = 0; step < 20000; step++) {
        const uint32_t item = (uint32_t)rng_below(&rng, ITEMS);
        if (rng_below(&rng, 3) == 0) {
            heap_remove(&heap, item);
            deadline[item] = -1;
        } else {
            deadline[item] = (int64_t)rng_below(&rng, 40);
            heap_set(&heap, item, deadline[item]);
        }
        int first = -1;
        for (int i = 0; i < ITEMS; i++) {
            if (deadline[i] >= 0 && (first < 0 || deadline[i] < deadline[first])) {
                first = i;
            }
        }
        const struct heap_entry *got = heap_first(&heap);
        assert_int_equal(got == NULL, first < 0);
        if (got != NULL) {
            assert_int_equal(got->item, first);
        }
    }
}

static void random_streams_differ_and_are_uniform(void **state)
{
    struct rng a;
    struct rng b;
    double sum = 0;
    int counts[7] = {0};

    (void)state;
    rng_init(&a, 1, "one");
    rng_init(&b, 1, "two");
    assert_true(rng_bits(&a) != rng_bits(&b));
    for (int i = 0; i < 70000; i++) {
        sum += rng_unit(&a);
        counts[rng_below(&b, 7)]++;
    }
    assert_close(sum / 70000, 0.5, 0, 0.005);
    for (int i = 0; i < 7; i++) {
        assert_close(counts[i], 10000, 0.05, 0);
    }
}

static void a_misspelt_word_finds_the_one_meant(void **state)
{
    static const char *const types[] = {"float", "int", "categorical", "ordinal", "bool"};

    (void)state;
    assert_string_equal(text_nearest("itn", types, 5), "int");
    assert_string_equal(text_nearest("flaot", types, 5), "float");
    assert_string_equal(text_nearest("categoric", types, 5), "categorical");
    assert_null(text_nearest("zzz", types, 5));
    assert_int_equal(text_distance("kitten", "sitting"), 3);
}

/* The step that holds at each moment, against a scan; the first before all, none of none. */
static void price_steps_hold_until_the_next(void **state)
{
    struct price_step steps[9];

    (void)state;
    assert_int_equal(price_step_at(NULL, 0, 5), 0);
    for (size_t count = 1; count <= 9; count++) {
        steps[count - 1] = (struct price_step){(int64_t)(10 * count), (int64_t)count};
        for (int64_t at_ms = 0; at_ms < 110; at_ms++) {
            size_t scan = 0;
            while (scan + 1 < count && steps[scan + 1].start_ms <= at_ms) {
                scan++;
            }
            assert_int_equal(price_step_at(steps, count, at_ms), scan);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_accepts_the_grammar_and_nothing_else),
        cmocka_unit_test(integers_are_exact_and_bounded),
        cmocka_unit_test(printed_numbers_read_back_the_same),
        cmocka_unit_test(the_heap_agrees_with_a_linear_search),
        cmocka_unit_test(random_streams_differ_and_are_uniform),
        cmocka_unit_test(a_misspelt_word_finds_the_one_meant),
        cmocka_unit_test(price_steps_hold_until_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
