/*
 * What the search makes of shapes: a narrow valley that no parameter follows alone is found by the
 * quadratic trend, local asks stay in a region that shrinks with every failure, and a search that
 * stands still on a rugged function looks elsewhere. Noise is found without being announced.
 */
#include "support/support.h"

#include <tidemill/optimizer.h>

#include <math.h>
#include <stdio.h>

enum { D = 4 };

static struct tide_optimizer *numbers(size_t count, uint64_t seed)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    struct tide_parameter parameters[D] = {0};
    const struct tide_config config = {
        .parameters = parameters, .parameter_count = count, .seed = seed};
    struct tide_optimizer *optimizer = NULL;

    for (size_t i = 0; i < count; i++) {
        parameters[i] =
            (struct tide_parameter){.name = names[i], .type = TIDE_FLOAT, .low = 0, .high = 1};
    }
    assert_int_equal(tide_new(&config, &optimizer, NULL), TIDE_OK);
    return optimizer;
}

/* A bowl whose axes are turned against the parameters; its curvatures differ by 10,000. */
static double turned_bowl(const double *x)
{
    static const double centre[D] = {0.317, 0.642, 0.283, 0.581};
    static const double axis[D][D] = {{0.5, 0.5, 0.5, 0.5},
                                      {0.5, -0.5, 0.5, -0.5},
                                      {0.5, 0.5, -0.5, -0.5},
                                      {0.5, -0.5, -0.5, 0.5}};
    double sum = 0;

    for (size_t i = 0; i < D; i++) {
        double along = 0;
        for (size_t j = 0; j < D; j++) {
            along += axis[i][j] * (x[j] - centre[j]);
        }
        sum += pow(10, 4.0 * (double)i / (D - 1)) * along * along;
    }
    return sum;
}

/* Random search is left with about 40 after as many evaluations. */
static void a_turned_valley_is_found(void **state)
{
    struct tide_optimizer *optimizer = numbers(D, 5);
    struct tide_suggestion suggestion;
    double best = HUGE_VAL;
    double x[D];

    (void)state;
    for (size_t i = 0; i < 45; i++) {
        assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
        const double value = turned_bowl(x);
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        assert_int_equal(tide_tell(optimizer, suggestion.id, NULL, &result), TIDE_OK);
        best = fmin(best, value);
    }
    print_message("best %.3g\n", best);
    assert_true(best < 1e-2);
    tide_free(optimizer);
}

static void ask_number(struct tide_optimizer *optimizer, int64_t k, double *x)
{
    struct tide_suggestion suggestion;

    assert_int_equal(tide_next_set(optimizer, k), TIDE_OK);
    assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
    assert_int_equal(tide_forget(optimizer, k), TIDE_OK);
}

/* Values fall to the right, where nothing was tried yet: an ask goes there at once. A local one
 * (its number leaves 1 when divided by 3) does not: after twelve failures of local asks, four times
 * a plane's patience, the side is 0.05, which no lengthscale widens by more than four. */
static void failures_shrink_the_region(void **state)
{
    const double best[2] = {0.5, 0.5};
    struct tide_optimizer *optimizer = numbers(2, 9);
    double x[2];

    (void)state;
    for (int64_t id = 0; id < 40; id++) {
        x[0] = id == 3 ? best[0] : 0.5 * fmod(0.13 + 0.618 * (double)id, 1);
        x[1] = id == 3 ? best[1] : fmod(0.37 + 0.414 * (double)id, 1);
        const double value = 0.2 * fabs(x[1] - best[1]) - x[0];
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        assert_int_equal(tide_tell(optimizer, id, x, &result), TIDE_OK);
    }
    ask_number(optimizer, 39, x);
    assert_true(x[0] > 0.9);
    ask_number(optimizer, 40, x);
    assert_true(fabs(x[0] - best[0]) <= 0.1 && fabs(x[1] - best[1]) <= 0.1);
    tide_free(optimizer);
}

/* Twelve points over the square, then twelve within a hundredth of the best one without any gain.
 */
static struct tide_optimizer *polished(double (*value_at)(const double *), const double *best)
{
    struct tide_optimizer *optimizer = numbers(2, 9);

    for (int64_t id = 0; id < 24; id++) {
        const double spread = id < 12 ? 0.5 : 0.01;
        double x[2] = {0.5, 0.5};
        if (id >= 12) {
            x[0] = best[0];
            x[1] = best[1];
        }
        x[0] += spread * (2 * fmod(0.13 + 0.618 * (double)id, 1) - 1);
        x[1] += spread * (2 * fmod(0.37 + 0.414 * (double)id, 1) - 1);
        if (id == 3) {
            x[0] = best[0];
            x[1] = best[1];
        }
        const double value = value_at(x);
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        assert_int_equal(tide_tell(optimizer, id, x, &result), TIDE_OK);
    }
    return optimizer;
}

static const double hollow[2] = {0.3, 0.6};

/* One hollow on a rough plain. */
static double rugged(const double *x)
{
    const double r2 = pow((x[0] - hollow[0]) / 0.03, 2) + pow((x[1] - hollow[1]) / 0.03, 2);

    return 0.02 * sin(150 * x[0]) * sin(170 * x[1]) - exp(-r2);
}

static double bowl(const double *x)
{
    return pow(x[0] - hollow[0], 2) + pow(x[1] - hollow[1], 2);
}

/* Of a rugged function the told values say nothing elsewhere: one ask in three leaves the hollow
 * that was polished to its end. Where they explain the whole square it does not. */
static void a_search_that_stands_still_looks_elsewhere(void **state)
{
    struct tide_optimizer *lost = polished(rugged, hollow);
    struct tide_optimizer *sure = polished(bowl, hollow);
    double x[2];

    (void)state;
    for (int64_t k = 26; k < 41; k += 3) {
        ask_number(lost, k, x);
        assert_true(fmax(fabs(x[0] - hollow[0]), fabs(x[1] - hollow[1])) > 0.03);
        ask_number(sure, k, x);
        assert_true(fmax(fabs(x[0] - hollow[0]), fabs(x[1] - hollow[1])) < 0.03);
    }
    tide_free(lost);
    tide_free(sure);
}

static const double some_errors[] = {0.3,  -0.2, 0.5,  -0.6, 0.1,  0.4,  -0.4, -0.1,  0.6,
                                     -0.9, 0.2,  -0.3, 0.0,  -0.5, 0.35, 0.15, -0.25, 0.45};

/* Measurements of a slope that err by a third of its spread, and nobody said so: the least of them
 * is luck, and the place recommended is one further down. */
static void noise_is_found_from_few_values(void **state)
{
    struct tide_optimizer *optimizer = numbers(2, 3);
    struct tide_suggestion suggestion;
    struct tide_observation observation;
    size_t best = 0;
    size_t count = 0;
    double x[2];

    (void)state;
    for (size_t i = 0; i < 26; i++) {
        assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
        x[0] = fmod(0.13 + 0.618 * (double)i, 1);
        x[1] = fmod(0.37 + 0.414 * (double)i, 1);
        const double value = 2 * x[0] + some_errors[i % 18];
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        assert_int_equal(tide_tell(optimizer, suggestion.id, x, &result), TIDE_OK);
    }
    assert_int_equal(tide_best(optimizer, &best, 1, &count), TIDE_OK);
    assert_int_equal(tide_get(optimizer, best, &observation), TIDE_OK);
    assert_true(observation.x[0] < 0.03 && observation.values[0] > -0.3);
    tide_free(optimizer);
}

static double tell(struct tide_optimizer *optimizer, int64_t id, const double *x, double value)
{
    const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};

    assert_int_equal(tide_tell(optimizer, id, x, &result), TIDE_OK);
    return value;
}

/* Twenty points of the caller's own, told before the first ask, with errors of a third of their
 * spread: the first fit sees that they err, and predicts the bowl that they hide. */
static void noise_is_found_by_the_first_fit(void **state)
{
    struct tide_optimizer *optimizer = numbers(2, 3);
    double square = 0;
    double x[2];

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        x[0] = fmod(0.13 + 0.618 * (double)i, 1);
        x[1] = fmod(0.37 + 0.414 * (double)i, 1);
        const double bowl = (x[0] - 0.3) * (x[0] - 0.3) + (x[1] - 0.6) * (x[1] - 0.6);
        if (i < 20) {
            (void)tell(optimizer, TIDE_OWN, x, bowl + 0.15 * some_errors[i % 18]);
        } else {
            struct tide_prediction prediction;
            assert_int_equal(tide_predict(optimizer, x, 0, &prediction), TIDE_OK);
            square += (prediction.median - bowl) * (prediction.median - bowl) / 20;
        }
    }
    print_message("error %.3g\n", sqrt(square));
    assert_true(sqrt(square) < 0.06);
    tide_free(optimizer);
}

/* A bowl in powers of the numbers: near its bottom it has other scales than elsewhere. */
static double bent_bowl(const double *x)
{
    static const double power[D] = {4, 3, 1, 0.3};
    static const double centre[D] = {0.2, 0.7, 0.4, 0.8};
    double sum = 0;

    for (size_t i = 0; i < D; i++) {
        const double z = pow(x[i], power[i]) - centre[i];
        sum += z * z;
    }
    return sum;
}

/* The input warp: without one 0.04 is left after as many evaluations. What it was goes with the
 * fit to another optimizer. */
static void scales_are_found(void **state)
{
    struct tide_optimizer *optimizer = numbers(D, 5);
    struct tide_optimizer *other = numbers(D, 5);
    struct tide_suggestion suggestion;
    double fit[TIDE_FIT_MAX];
    double best = HUGE_VAL;
    double x[D];
    double again[D];

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
        best = fmin(best, tell(optimizer, suggestion.id, NULL, bent_bowl(x)));
        (void)tell(other, suggestion.id, x, bent_bowl(x));
    }
    print_message("best %.3g\n", best);
    assert_true(best < 1e-4);
    assert_int_equal(tide_next_set(other, 40), TIDE_OK);
    assert_int_equal(tide_fit_set(other, fit, tide_fit_get(optimizer, fit)), TIDE_OK);
    assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
    assert_int_equal(tide_ask(other, again, &suggestion), TIDE_OK);
    assert_memory_equal(x, again, sizeof x);
    tide_free(optimizer);
    tide_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turned_valley_is_found),
        cmocka_unit_test(failures_shrink_the_region),
        cmocka_unit_test(noise_is_found_from_few_values),
        cmocka_unit_test(noise_is_found_by_the_first_fit),
        cmocka_unit_test(scales_are_found),
        cmocka_unit_test(a_search_that_stands_still_looks_elsewhere)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
