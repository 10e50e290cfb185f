/*
 * optimizer: what a trial is worth: per cost the search goes where points are cheap, and the
 * headroom says when nothing is left to gain.
 */
#include "support/support.h"

#include <math.h>

#include <tidemill/optimizer.h>

static struct tide_optimizer *open_with(struct tide_config config)
{
    static const struct tide_parameter cube[] = {{.name = "a", .type = TIDE_FLOAT, .high = 1},
                                                 {.name = "b", .type = TIDE_FLOAT, .high = 1},
                                                 {.name = "c", .type = TIDE_FLOAT, .high = 1}};
    struct tide_optimizer *optimizer = NULL;

    config.parameters = cube;
    config.parameter_count = 3;
    assert_int_equal(tide_new(&config, &optimizer, NULL), TIDE_OK);
    return optimizer;
}

/* One ask of `value`, which costs `cost`. */
static double evaluate(struct tide_optimizer *optimizer, double (*value)(const double *x),
                       double (*cost)(const double *x), double *x)
{
    struct tide_suggestion suggestion;

    assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
    const double told = value(x);
    const struct tide_result result = {
        .outcome = TIDE_EVALUATED, .values = &told, .cost = cost == NULL ? 0 : cost(x)};
    assert_int_equal(tide_tell(optimizer, suggestion.id, NULL, &result), TIDE_OK);
    return told;
}

static double waves(const double *x)
{
    return cos(12 * x[0]) + pow(x[1] - 0.5, 2) + pow(x[2] - 0.5, 2);
}

static double dear_side(const double *x)
{
    return x[0] < 0.5 ? 1 : 10;
}

static double bowl(const double *x)
{
    return 50 + 10 * (pow(x[0] - 0.3, 2) + pow(x[1] - 0.6, 2) + pow(x[2] - 0.2, 2));
}

/* As much is to be gained on either side, but on one it takes ten times as long: per cost, three
 * quarters of the model's points are on the other side. */
static void per_cost_goes_where_it_is_cheap(void **state)
{
    int cheap[2] = {0};

    (void)state;
    for (int per_cost = 0; per_cost < 2; per_cost++) {
        for (uint64_t seed = 0; seed < 4; seed++) {
            struct tide_optimizer *optimizer =
                open_with((struct tide_config){.seed = seed, .per_cost = per_cost == 1});
            for (int i = 0; i < 20; i++) {
                double x[3];
                (void)evaluate(optimizer, waves, dear_side, x);
                cheap[per_cost] += i >= 6 && x[0] < 0.5 ? 1 : 0;
            }
            tide_free(optimizer);
        }
    }
    print_message("%d and %d of 56 points are cheap\n", cheap[0], cheap[1]);
    assert_true(cheap[1] >= 42 && cheap[1] > cheap[0]);
}

/* On a smooth bowl there is no answer before twenty points; from then on at least what is really to
 * be gained is said to be, and after forty points less than a thousandth of the range. */
static void the_headroom_falls_to_nothing(void **state)
{
    struct tide_optimizer *optimizer = open_with((struct tide_config){.seed = 2});
    double headroom = 0;
    double best = HUGE_VAL;

    (void)state;
    assert_int_equal(tide_headroom(optimizer, 1, &headroom), TIDE_INVALID);
    for (int i = 0; i < 40; i++) {
        double x[3];
        assert_int_equal(tide_headroom(optimizer, 0.95, &headroom),
                         i < 20 ? TIDE_NOT_FOUND : TIDE_OK);
        assert_true(i < 20 || headroom >= best - 50);
        best = fmin(best, evaluate(optimizer, bowl, NULL, x));
    }
    assert_int_equal(tide_headroom(optimizer, 0.95, &headroom), TIDE_OK);
    assert_true(headroom < 0.01);
    tide_free(optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(per_cost_goes_where_it_is_cheap),
        cmocka_unit_test(the_headroom_falls_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
