/*
 * A short regression of quality: the median regret over fixed seeds on four problems stays within
 * bands that random search and a broken model miss by far.
 */
#include "support/support.h"

#include "bench/quality/problems.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 5 };

static double run_once(const struct problem *problem, uint64_t seed)
{
    const struct tide_config config = {.parameters = problem->parameters,
                                       .parameter_count = problem->count,
                                       .seed = seed,
                                       .budget = problem->evaluations};
    struct tide_optimizer *optimizer = NULL;
    struct tide_suggestion suggestion;
    double x[TIDE_PARAMETERS_MAX];
    double best = HUGE_VAL;

    assert_int_equal(tide_new(&config, &optimizer, NULL), TIDE_OK);
    for (size_t i = 0; i < problem->evaluations; i++) {
        assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
        const double value = problem->value(x);
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        assert_int_equal(tide_tell(optimizer, suggestion.id, NULL, &result), TIDE_OK);
        best = fmin(best, value - problem->optimum);
    }
    tide_free(optimizer);
    return best;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

static void check_median(const char *name, double allowed)
{
    double regret[SEEDS];

    for (size_t i = 0; i < problem_count; i++) {
        if (strcmp(problems[i].name, name) != 0) {
            continue;
        }
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            regret[seed] = run_once(&problems[i], 100 + seed);
        }
        qsort(regret, SEEDS, sizeof *regret, compare);
        print_message("%s: median regret %.3g, allowed %.3g\n", name, regret[SEEDS / 2], allowed);
        assert_true(regret[SEEDS / 2] <= allowed);
        return;
    }
    fail_msg("no problem %s", name);
}

/* Random search's medians on these: 0.7, 1.3, 390, 0.8. */
static void medians_stay_within_their_bands(void **state)
{
    (void)state;
    check_median("branin", 1e-3);
    check_median("hartmann6", 0.2);
    check_median("rosenbrock8", 40);
    check_median("mixed", 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(medians_stay_within_their_bands)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
