/*
 * core: early stopping by the median. Trials with random values, ties among them, pass one step
 * after the other; exactly those leave that are worse than the median of the others, and the median
 * their rows hold is the one that sorting finds. For minimised and maximised objectives.
 */
#include "core/world.h"

#include "support/support.h"

#include <math.h>
#include <stdlib.h>

enum { TRIALS = 40 };

static struct world world;

static int by_value(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

/* Of an even number the worse one of the two in the middle. */
static double median_by_sorting(const double *values, int32_t count, bool maximize)
{
    double sorted[TRIALS] = {0};

    for (int32_t i = 0; i < count; i++) {
        sorted[i] = maximize ? -values[i] : values[i];
    }
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return maximize ? -sorted[count / 2] : sorted[count / 2];
}

static bool told_to_leave(void)
{
    for (uint32_t i = 0; i < world.outcome.message_count; i++) {
        if (world.outcome.messages[i].type == WIRE_STOP) {
            assert_int_equal(world.outcome.messages[i].reason, LEAVE_PRUNED);
            return true;
        }
    }
    return false;
}

/* One trial reports at step 2 and ends; returns whether it was stopped. */
static bool run_trial(int32_t number, double value)
{
    const struct wire_attempt attempt = {.experiment = 1, .trial = number, .number = 1};

    while (world.ask_count > 0) {
        world_answer(&world, TIDE_OK);
    }
    world_ready(&world, 0, 1);
    world_accept(&world, 0, attempt);
    world_metric(&world, 0, attempt, 1, -1e9); /* before the first step that counts */
    assert_false(told_to_leave());
    world_metric(&world, 0, attempt, 2, value);
    const bool stopped = told_to_leave();
    world_metric(&world, 0, attempt, 3, value); /* no further step has been passed */
    assert_false(told_to_leave());
    world_result(&world, 0, attempt, stopped ? OUTCOME_LEFT : OUTCOME_COMPLETED,
                 stopped ? CAUSE_NOTICE : CAUSE_NONE, value);
    assert_int_equal(core_trial(world.core, 1, number)->state,
                     stopped ? TRIAL_PRUNED : TRIAL_COMPLETED);
    return stopped;
}

static void one_experiment(struct rng *rng, bool maximize)
{
    struct experiment_config config = world_config(TRIALS);
    double values[TRIALS];
    int pruned = 0;

    world_median(&config);
    config.objectives[0].maximize = maximize;
    world_init(&world);
    world_submit(&world, &config);
    world_hello(&world, 0, 1);
    for (int32_t i = 0; i < TRIALS; i++) {
        values[i] = (double)rng_below(rng, 12) - 5 + (rng_below(rng, 2) == 0 ? 0 : 0x1p-30);
        const bool stopped = run_trial(i, values[i]);
        const double median = i == 0 ? 0 : median_by_sorting(values, i, maximize);
        const bool worse = maximize ? values[i] < median : values[i] > median;
        assert_int_equal(stopped, i >= MEDIAN_OTHERS_MIN && worse);
        if (stopped) {
            assert_true(core_trial(world.core, 1, i)->median == median);
            pruned++;
        } else {
            assert_true(isnan(core_trial(world.core, 1, i)->median));
        }
    }
    assert_true(pruned > 5 && pruned < TRIALS - 5);
    assert_int_equal(core_experiment(world.core, 1)->state, EXPERIMENT_COMPLETED);
    world_fini(&world);
}

static void those_worse_than_the_median_leave(void **state)
{
    struct rng rng;

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        rng_init(&rng, seed, "median");
        one_experiment(&rng, seed % 2 == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(those_worse_than_the_median_leave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
