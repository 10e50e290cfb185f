/*
 * The manners of ask and tell, through the installed header alone: every suggestion legal and
 * distinct, the same bits for the same inputs in any order of telling and after a restart, hard
 * inputs survived, finite spaces used up exactly.
 */
#include "optimizer/every_type.h"
#include "support/support.h"

#include <tidemill/optimizer.h>

#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double bowl(const double *x)
{
    const double slope = isnan(x[3]) ? 1 : fabs(x[3] - 1.7) + (x[4] == 0 ? 0.3 : 0);

    return pow(log10(x[0]) + 1.3, 2) + slope + 0.05 * fabs(x[2] - 11) + fabs(x[6] - 0.2);
}

static struct tide_optimizer *open_with(const struct tide_config *config)
{
    struct tide_optimizer *optimizer = NULL;
    char message[TIDE_MESSAGE_BYTES] = "";

    if (tide_new(config, &optimizer, message) != TIDE_OK) {
        print_error("%s\n", message);
        fail();
    }
    return optimizer;
}

static const struct tide_config plain = {
    .parameters = every_type, .parameter_count = WIDTH, .seed = 2385};

static void tell_value(struct tide_optimizer *optimizer, int64_t id, const double *x, double value)
{
    const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};

    assert_int_equal(tide_tell(optimizer, id, x, &result), TIDE_OK);
}

static int64_t ask(struct tide_optimizer *optimizer, double *x)
{
    struct tide_suggestion suggestion;

    assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
    return suggestion.id;
}

static void check_legal(const double *x)
{
    const bool first = x[1] == 0;

    assert_true(x[0] >= 1e-4 && x[0] <= 2.5);
    assert_true(x[1] == 0 || x[1] == 1 || x[1] == 2);
    assert_true(x[2] >= 1 && x[2] <= 17 && x[2] == floor(x[2]));
    assert_true(first ? x[3] >= -3 && x[3] <= 5 : isnan(x[3]));
    assert_true(first ? x[4] == 0 || x[4] == 1 : isnan(x[4]));
    assert_true(x[5] >= 0 && x[5] <= 3 && x[5] == floor(x[5]));
    assert_true(x[6] >= 0 && x[6] <= 0.5 && fabs(x[6] / 0.05 - round(x[6] / 0.05)) < 1e-9);
}

static bool same_bits(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i]))) {
            return false;
        }
    }
    return true;
}

static void suggestions_are_legal_distinct_and_lead_somewhere(void **state)
{
    struct tide_optimizer *optimizer = open_with(&plain);
    double x[60][WIDTH];
    double best = HUGE_VAL;

    (void)state;
    for (size_t i = 0; i < 60; i++) {
        assert_int_equal(ask(optimizer, x[i]), (int64_t)i);
        check_legal(x[i]);
        for (size_t j = 0; j < i; j++) {
            assert_false(same_bits(x[i], x[j], WIDTH));
        }
        best = fmin(best, bowl(x[i]));
        tell_value(optimizer, (int64_t)i, NULL, bowl(x[i]));
    }
    print_message("best %g\n", best);
    assert_true(best < 1.1);
    tide_free(optimizer);
}

/* Rounds of 4 asks whose answers come in a shuffled order: the next asks have the same bits. */
static void order_of_telling_leaves_no_trace(void **state)
{
    struct tide_optimizer *a = open_with(&plain);
    struct tide_optimizer *b = open_with(&plain);
    struct rng rng;

    (void)state;
    rng_init(&rng, 3, "order");
    for (int round = 0; round < 8; round++) {
        double x[4][WIDTH];
        double y[4][WIDTH];
        int64_t id[4];
        size_t order[4] = {0, 1, 2, 3};
        for (size_t i = 0; i < 4; i++) {
            id[i] = ask(a, x[i]);
            assert_int_equal(ask(b, y[i]), id[i]);
            assert_true(same_bits(x[i], y[i], WIDTH));
        }
        for (size_t i = 3; i > 0; i--) {
            const size_t j = (size_t)rng_below(&rng, i + 1);
            const size_t keep = order[i];
            order[i] = order[j];
            order[j] = keep;
        }
        for (size_t i = 0; i < 4; i++) {
            tell_value(a, id[i], NULL, bowl(x[i]));
            tell_value(b, id[order[i]], NULL, bowl(x[order[i]]));
            tell_value(a, TIDE_OWN, x[i], bowl(x[i]) + 0.5);
        }
        for (size_t i = 0; i < 4; i++) {
            tell_value(b, TIDE_OWN, x[order[i]], bowl(x[order[i]]) + 0.5);
        }
    }
    tide_free(a);
    tide_free(b);
}

/* A second optimizer, made from rows in the middle, goes on as the first one does. */
static void rows_restore_the_search(void **state)
{
    struct tide_optimizer *a = open_with(&plain);
    struct tide_optimizer *b = open_with(&plain);
    double x[40][WIDTH];
    double fit[TIDE_FIT_MAX];
    double again[WIDTH];

    (void)state;
    for (size_t i = 0; i < 30; i++) {
        (void)ask(a, x[i]);
        if (i % 5 != 3) {
            tell_value(a, (int64_t)i, NULL, bowl(x[i]));
        }
    }
    for (size_t i = 30; i-- > 0;) { /* backwards: order must not matter */
        if (i % 5 != 3) {
            tell_value(b, (int64_t)i, x[i], bowl(x[i]));
        } else {
            assert_int_equal(tide_pending(b, (int64_t)i, x[i]), TIDE_OK);
        }
    }
    assert_int_equal(tide_next_set(b, 30), TIDE_OK);
    assert_int_equal(tide_fit_set(b, fit, tide_fit_get(a, fit)), TIDE_OK);
    for (size_t i = 30; i < 40; i++) {
        (void)ask(a, x[i]);
        (void)ask(b, again);
        assert_true(same_bits(x[i], again, WIDTH));
        tell_value(a, (int64_t)i, NULL, bowl(x[i]));
        tell_value(b, (int64_t)i, NULL, bowl(x[i]));
    }
    tide_free(a);
    tide_free(b);
}

/* Sixty points ahead, the last twenty of them again by an optimizer made from rows: the same bits,
 * and no two points alike. */
static void asks_far_ahead_are_restored_and_distinct(void **state)
{
    struct tide_optimizer *a = open_with(&plain);
    struct tide_optimizer *b = open_with(&plain);
    double x[90][WIDTH];
    double fit[TIDE_FIT_MAX];
    double again[WIDTH];

    (void)state;
    for (size_t i = 0; i < 90; i++) {
        (void)ask(a, x[i]);
        check_legal(x[i]);
        for (size_t j = 0; j < i; j++) {
            assert_false(same_bits(x[i], x[j], WIDTH));
        }
        if (i < 30) {
            tell_value(a, (int64_t)i, NULL, bowl(x[i]));
            tell_value(b, (int64_t)i, x[i], bowl(x[i]));
        } else if (i < 70) {
            assert_int_equal(tide_pending(b, (int64_t)i, x[i]), TIDE_OK);
        } else {
            if (i == 70) {
                assert_int_equal(tide_fit_set(b, fit, tide_fit_get(a, fit)), TIDE_OK);
                assert_int_equal(tide_next_set(b, 70), TIDE_OK);
            }
            (void)ask(b, again);
            assert_true(same_bits(x[i], again, WIDTH));
        }
    }
    tide_free(a);
    tide_free(b);
}

/* Looking at answers between asks changes no later ask. */
static void answers_leave_no_trace(void **state)
{
    struct tide_optimizer *a = open_with(&plain);
    struct tide_optimizer *b = open_with(&plain);
    struct tide_prediction prediction;
    double x[WIDTH];
    double y[WIDTH];
    size_t index = 0;
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < 25; i++) {
        (void)ask(a, x);
        (void)ask(b, y);
        assert_true(same_bits(x, y, WIDTH));
        tell_value(a, (int64_t)i, NULL, bowl(x));
        tell_value(b, (int64_t)i, NULL, bowl(x));
        assert_int_equal(tide_best(b, &index, 1, &count), TIDE_OK);
        if (i > 1) {
            assert_int_equal(tide_predict(b, y, 0, &prediction), TIDE_OK);
            assert_true(prediction.low <= prediction.median &&
                        prediction.median <= prediction.high);
        }
    }
    tide_free(a);
    tide_free(b);
}

static void finite_space_is_used_up_exactly(void **state)
{
    static const struct tide_parameter few[] = {
        {.name = "kind", .type = TIDE_CATEGORICAL, .choice_count = 3},
        {.name = "depth",
         .type = TIDE_INT,
         .low = 1,
         .high = 4,
         .when_parent = 0,
         .when_values = when_first,
         .when_count = 1},
        {.name = "flag", .type = TIDE_BOOL},
        {.name = "only", .type = TIDE_FLOAT, .low = 2.5, .high = 2.5},
    };
    static const enum tide_algorithm algorithms[] = {TIDE_BAYES, TIDE_RANDOM, TIDE_SOBOL,
                                                     TIDE_GRID};
    static const char *const constraint[] = {"depth + flag <= 4"};

    (void)state;
    for (size_t a = 0; a < 4; a++) {
        const struct tide_config config = {.parameters = few,
                                           .parameter_count = 4,
                                           .constraints = constraint,
                                           .constraint_count = 1,
                                           .algorithm = algorithms[a]};
        struct tide_optimizer *optimizer = open_with(&config);
        struct tide_suggestion suggestion;
        double x[16][4];
        /* kind 0: 4 depths x 2 flags less (4, true); kinds 1 and 2: 2 flags each. */
        for (size_t i = 0; i < 11; i++) {
            assert_int_equal(tide_ask(optimizer, x[i], &suggestion), TIDE_OK);
            for (size_t j = 0; j < i; j++) {
                assert_false(same_bits(x[i], x[j], 4));
            }
            if (i % 2 == 0) {
                tell_value(optimizer, suggestion.id, NULL, x[i][0] + x[i][2]);
            }
        }
        assert_int_equal(tide_ask(optimizer, x[11], &suggestion), TIDE_EXHAUSTED);
        tide_free(optimizer);
    }
}

/* Values that break standardisation, factorisation or arithmetic: the next point is still legal. */
static void hard_values_are_survived(void **state)
{
    static const char *const kinds[] = {"constant", "huge", "nan", "failed", "duplicate"};

    (void)state;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        struct tide_optimizer *optimizer = open_with(&plain);
        double x[WIDTH];
        double first[WIDTH];
        for (size_t i = 0; i < 30; i++) {
            const int64_t id = ask(optimizer, x);
            double value = kind == 0 ? 3.5 : bowl(x);
            value = kind == 1 && i % 4 == 1 ? (i % 8 == 1 ? 1e200 : -1e300) : value;
            value = kind == 2 && i % 2 == 1 ? (double)NAN : value;
            struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
            check_legal(x);
            if (kind == 3 && i % 3 != 1) {
                result = (struct tide_result){.outcome = TIDE_FAILED};
            }
            assert_int_equal(tide_tell(optimizer, id, NULL, &result), TIDE_OK);
            memcpy(first, i == 0 ? x : first, sizeof first);
            if (kind == 4) {
                tell_value(optimizer, TIDE_OWN, first, value);
            }
        }
        tide_free(optimizer);
    }
}

static void fifty_dimensions_and_one_point(void **state)
{
    struct tide_parameter many[50] = {0};
    char names[50][4];
    double x[50];

    (void)state;
    for (size_t i = 0; i < 50; i++) {
        (void)snprintf(names[i], sizeof names[i], "p%zu", i);
        many[i] =
            (struct tide_parameter){.name = names[i], .type = TIDE_FLOAT, .low = -1, .high = 1};
    }
    const struct tide_config config = {.parameters = many, .parameter_count = 50, .initial = 1};
    struct tide_optimizer *optimizer = open_with(&config);
    for (size_t i = 0; i < 12; i++) {
        const int64_t id = ask(optimizer, x);
        double sum = 0;
        for (size_t j = 0; j < 50; j++) {
            assert_true(x[j] >= -1 && x[j] <= 1);
            sum += x[j] * x[j];
        }
        tell_value(optimizer, id, NULL, sum);
    }
    tide_free(optimizer);
}

static void wrong_calls_are_answered(void **state)
{
    static const struct tide_parameter bad[] = {
        {.name = "a", .type = TIDE_FLOAT, .low = 2, .high = 1}};
    const struct tide_config config = {.parameters = bad, .parameter_count = 1};
    struct tide_optimizer *optimizer = NULL;
    char message[TIDE_MESSAGE_BYTES];
    const double x[WIDTH] = {9, 0, 1, 0, 0, 0, 0};
    const double value = 1;
    const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
    size_t index = 0;
    size_t count = 0;

    (void)state;
    assert_int_equal(tide_new(&config, &optimizer, message), TIDE_INVALID);
    assert_null(optimizer);
    assert_string_equal(message, "a: low must be finite and at most high");
    optimizer = open_with(&plain);
    assert_int_equal(tide_tell(optimizer, 5, NULL, &result), TIDE_NOT_FOUND);
    assert_int_equal(tide_tell(optimizer, TIDE_OWN, x, &result), TIDE_INVALID);
    assert_int_equal(tide_forget(optimizer, 0), TIDE_NOT_FOUND);
    assert_int_equal(tide_best(optimizer, &index, 1, &count), TIDE_NOT_FOUND);
    tide_free(optimizer);
    tide_free(NULL);
}

static void constraints_are_parsed_with_the_place_of_the_fault(void **state)
{
    static const char *const names[] = {"width", "dropout"};
    static const double values[] = {100, 0.4};
    static const struct {
        const char *text;
        int offset; /* -1: accepted */
        bool holds;
    } cases[] = {
        {"width * dropout <= 200", -1, true},
        {"width*dropout > 50", -1, false},
        {"-(width - 1) / 2 < 0 - 49", -1, true},
        {"2 + 3 * 4 - 14 >= 0 - 0", -1, true},
        {"8 / 4 / 2 <= 1", -1, true},
        {"10 - 4 - 3 >= 3.5e0", -1, false},
        {"width", 5, false},
        {"width <= ", 9, false},
        {"widht <= 3", 0, false},
        {"width <= 3 <= 4", 11, false},
        {"(width <= 3", 7, false},
        {"width) <= 3", 5, false},
        {"width ** 2 <= 3", 7, false},
        {"010 <= width", 0, false},
        {"", 0, false},
        {"width <= 3 width", 11, false},
    };
    char message[TIDE_MESSAGE_BYTES];
    size_t offset = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bool good = tide_constraint_check(cases[i].text, names, 2, &offset, message);
        assert_int_equal(good ? -1 : (int)offset, cases[i].offset);
        assert_int_equal(tide_constraint_holds(cases[i].text, names, 2, values), cases[i].holds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggestions_are_legal_distinct_and_lead_somewhere),
        cmocka_unit_test(order_of_telling_leaves_no_trace),
        cmocka_unit_test(rows_restore_the_search),
        cmocka_unit_test(asks_far_ahead_are_restored_and_distinct),
        cmocka_unit_test(answers_leave_no_trace),
        cmocka_unit_test(finite_space_is_used_up_exactly),
        cmocka_unit_test(hard_values_are_survived),
        cmocka_unit_test(fifty_dimensions_and_one_point),
        cmocka_unit_test(wrong_calls_are_answered),
        cmocka_unit_test(constraints_are_parsed_with_the_place_of_the_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
