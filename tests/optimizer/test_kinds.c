/*
 * Every kind of search beyond one plain objective: fronts, outcome constraints, failures, learning
 * curves, earlier searches, insight. Volumes are checked against counting, gradients against finite
 * differences, behaviour against random search on the same number of evaluations.
 */
#include "support/support.h"

#include "base/rng.h"
#include "optimizer/judge.h"
#include "optimizer/pareto.h"
#include "optimizer/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct tide_parameter cube[] = {
    {.name = "a", .type = TIDE_FLOAT, .low = 0, .high = 1},
    {.name = "b", .type = TIDE_FLOAT, .low = 0, .high = 1},
    {.name = "c", .type = TIDE_FLOAT, .low = 0, .high = 1},
};

static struct tide_optimizer *open_with(struct tide_config config)
{
    struct tide_optimizer *optimizer = NULL;
    char message[TIDE_MESSAGE_BYTES] = "";

    config.parameters = cube;
    config.parameter_count = 3;
    if (tide_new(&config, &optimizer, message) != TIDE_OK) {
        fail_msg("%s", message);
    }
    return optimizer;
}

/* The volume by counting 200,000 random points that some front point dominates. */
static void volumes_agree_with_counting(void **state)
{
    static const double reference[] = {1.1, 1.05, 1.2, 1};
    double points[24 * 4];
    bool front[24];
    struct rng rng;

    (void)state;
    rng_init(&rng, 2385, "volume");
    for (size_t m = 2; m <= 4; m++) {
        const size_t limit = m == 4 ? 9 : 24;
        size_t kept = 0;
        size_t hits = 0;
        double box = 1;
        for (size_t i = 0; i < limit * m; i++) {
            points[i] = rng_unit(&rng);
        }
        (void)pareto_front(points, limit, m, front);
        for (size_t i = 0; i < limit; i++) {
            if (front[i]) {
                memmove(points + kept++ * m, points + i * m, m * sizeof *points);
            }
        }
        for (size_t j = 0; j < m; j++) {
            box *= reference[j];
        }
        for (int n = 0; n < 200000; n++) {
            double place[4];
            bool hit = false;
            for (size_t j = 0; j < m; j++) {
                place[j] = reference[j] * rng_unit(&rng);
            }
            for (size_t i = 0; i < kept && !hit; i++) {
                hit = true;
                for (size_t j = 0; j < m; j++) {
                    hit = hit && points[i * m + j] <= place[j];
                }
            }
            hits += hit ? 1 : 0;
        }
        const double counted = box * (double)hits / 200000;
        assert_close(pareto_volume(points, kept, m, reference), counted, 0.02, 0.005);
    }
}

static void tell(struct tide_optimizer *optimizer, int64_t id, const double *values,
                 const double *outcomes)
{
    const struct tide_result result = {
        .outcome = TIDE_EVALUATED, .values = values, .outcomes = outcomes};

    assert_int_equal(tide_tell(optimizer, id, NULL, &result), TIDE_OK);
}

static void ask(struct tide_optimizer *optimizer, double *x, int64_t *id)
{
    struct tide_suggestion suggestion;

    assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
    *id = suggestion.id;
}

static void check_gradient(struct tide_optimizer *optimizer)
{
    static const double places[2][3] = {{0.317, 0.742, 0.205}, {0.61, 0.13, 0.88}};
    struct fit fit = {0};
    double gradient[SPACE_PARAMETERS_MAX];
    double placed[SPACE_PARAMETERS_MAX];

    assert_int_equal(model_build(optimizer, &fit, MODEL_WARPED, true), TIDE_OK);
    optimizer->judge.model = &optimizer->model;
    assert_int_equal(judge_open(&optimizer->judge, optimizer), TIDE_OK);
    for (size_t place = 0; place < 2; place++) {
        model_place(&optimizer->model, places[place], placed);
        (void)judge_point(&optimizer->judge, placed, gradient);
        for (size_t i = 0; i < 3; i++) {
            const double keep = placed[i];
            placed[i] = keep + 1e-5;
            const double above = judge_point(&optimizer->judge, placed, NULL);
            placed[i] = keep - 1e-5;
            const double below = judge_point(&optimizer->judge, placed, NULL);
            placed[i] = keep;
            assert_close(gradient[i], (above - below) / 2e-5, 1e-3, 1e-3);
        }
    }
}

/* With pending points, a constraint, failures, and one to four objectives. */
static void acquisition_gradients_agree_with_differences(void **state)
{
    static const struct tide_objective objectives[4] = {{.direction = TIDE_MINIMIZE}};

    (void)state;
    for (size_t m = 1; m <= 4; m++) {
        struct tide_optimizer *optimizer = open_with((struct tide_config){.objectives = objectives,
                                                                          .objective_count = m,
                                                                          .outcome_count = 1,
                                                                          .seed = 5,
                                                                          .initial = 30});
        for (int i = 0; i < 24; i++) {
            double x[3];
            int64_t id = 0;
            ask(optimizer, x, &id);
            const double rough = sin(23 * x[0]) * cos(31 * x[1]) + sin(27 * x[2]);
            const double values[] = {x[0] + rough, 1 - x[0] + x[2] * rough, x[2] - x[1] - rough,
                                     x[0] * rough};
            const double outcome = x[1] + x[2] - 1.3 + 0.3 * rough;
            if (i % 8 == 7) {
                const struct tide_result failed = {.outcome = TIDE_FAILED};
                assert_int_equal(tide_tell(optimizer, id, NULL, &failed), TIDE_OK);
            } else if (i % 8 != 3) {
                tell(optimizer, id, values, &outcome);
            }
        }
        check_gradient(optimizer);
        tide_free(optimizer);
    }
}

static double front_volume(struct tide_optimizer *optimizer)
{
    static const double reference[] = {1.1, 1.1};
    size_t index[128];
    double points[256];
    size_t count = 0;
    struct tide_observation observation;

    assert_int_equal(tide_best(optimizer, index, 128, &count), TIDE_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(tide_get(optimizer, index[i], &observation), TIDE_OK);
        points[2 * i] = observation.values[0];
        points[2 * i + 1] = observation.values[1];
        assert_true(i == 0 || points[2 * i] >= points[2 * i - 2]);
    }
    return pareto_volume(points, count, 2, reference);
}

/* ZDT1 in three dimensions: the front is f2 = 1 - sqrt(f1), its volume within (1.1, 1.1) 0.8767. */
static void two_objectives_approach_the_front(void **state)
{
    static const struct tide_objective objectives[2] = {
        {.direction = TIDE_MINIMIZE, .has_reference = true, .reference = 1.1},
        {.direction = TIDE_MINIMIZE, .has_reference = true, .reference = 1.1}};
    double volume[2];

    (void)state;
    for (int random = 0; random < 2; random++) {
        struct tide_optimizer *optimizer =
            open_with((struct tide_config){.objectives = objectives,
                                           .objective_count = 2,
                                           .seed = 1,
                                           .algorithm = random ? TIDE_RANDOM : TIDE_BAYES});
        for (int i = 0; i < 50; i++) {
            double x[3];
            int64_t id = 0;
            ask(optimizer, x, &id);
            const double g = 1 + 4.5 * (x[1] + x[2]);
            const double values[] = {x[0], g * (1 - sqrt(x[0] / g))};
            tell(optimizer, id, values, NULL);
        }
        volume[random] = front_volume(optimizer);
        tide_free(optimizer);
    }
    print_message("volume %.4f of 0.8767, random %.4f\n", volume[0], volume[1]);
    assert_true(volume[0] > 0.85);
    assert_true(volume[0] > volume[1] + 0.2);
}

/* The best unconstrained place is forbidden; the recommendation must be allowed and near the best
 * allowed one, a + b = 0.8 at distance 0.4 / sqrt 2 from (0.6, 0.6). */
static void outcome_constraints_are_respected(void **state)
{
    struct tide_optimizer *optimizer =
        open_with((struct tide_config){.outcome_count = 1, .seed = 2});
    struct tide_observation best;
    size_t index = 0;
    size_t count = 0;

    (void)state;
    for (int i = 0; i < 40; i++) {
        double x[3];
        int64_t id = 0;
        ask(optimizer, x, &id);
        const double value = pow(x[0] - 0.6, 2) + pow(x[1] - 0.6, 2) + pow(x[2] - 0.3, 2);
        const double outcome = x[0] + x[1] - 0.8;
        tell(optimizer, id, &value, &outcome);
    }
    assert_int_equal(tide_best(optimizer, &index, 1, &count), TIDE_OK);
    assert_int_equal(tide_get(optimizer, index, &best), TIDE_OK);
    assert_true(best.x[0] + best.x[1] <= 0.8);
    assert_true(best.values[0] < 0.08 + 0.005);
    tide_free(optimizer);
}

/* Half the space fails, and the objective pulls into it: the search looks at the edge, not beyond.
 */
static void failures_are_avoided(void **state)
{
    struct tide_optimizer *optimizer = open_with((struct tide_config){.seed = 3});
    const struct tide_result failed = {.outcome = TIDE_FAILED};
    int deep = 0;

    (void)state;
    for (int i = 0; i < 40; i++) {
        double x[3];
        int64_t id = 0;
        ask(optimizer, x, &id);
        const double value = -x[0] + pow(x[1] - 0.4, 2);
        if (x[0] > 0.5) {
            deep += i >= 10 && x[0] > 0.6 ? 1 : 0;
            assert_int_equal(tide_tell(optimizer, id, NULL, &failed), TIDE_OK);
        } else {
            tell(optimizer, id, &value, NULL);
        }
    }
    print_message("%d of the last 30 failed far from the edge\n", deep);
    assert_true(deep <= 5);
    tide_free(optimizer);
}

/* A curve's value at step s is its end plus 1 / s: values on the way must tell good from bad. */
static void curves_inform_the_model(void **state)
{
    struct tide_optimizer *optimizer =
        open_with((struct tide_config){.step_max = 64, .seed = 4, .initial = 20});
    struct tide_prediction good;
    struct tide_prediction bad;

    (void)state;
    for (int i = 0; i < 16; i++) {
        double x[3];
        int64_t id = 0;
        ask(optimizer, x, &id);
        for (double step = 1; step <= (i < 4 ? 64 : 8); step *= 2) {
            const double value = fabs(x[0] - 0.3) + 1 / step;
            const bool last = i < 4 && step == 64;
            const struct tide_result result = {
                .outcome = last ? TIDE_EVALUATED : TIDE_RUNNING, .values = &value, .step = step};
            assert_int_equal(tide_tell(optimizer, id, NULL, &result), TIDE_OK);
        }
    }
    assert_int_equal(tide_predict(optimizer, (const double[]){0.3, 0.5, 0.5}, 0, &good), TIDE_OK);
    assert_int_equal(tide_predict(optimizer, (const double[]){0.9, 0.5, 0.5}, 0, &bad), TIDE_OK);
    assert_true(good.median + 0.3 < bad.median);
    assert_close(good.median, 1.0 / 64, 0, 0.12);
    tide_free(optimizer);
}

/* A point that was stopped on its way says what it said before, is not pending and not asked again,
 * and is no failure. */
static void a_stopped_curve_still_counts(void **state)
{
    struct tide_optimizer *optimizer =
        open_with((struct tide_config){.step_max = 8, .seed = 5, .initial = 6});
    const struct tide_result stopped = {.outcome = TIDE_STOPPED};
    struct tide_prediction before;
    struct tide_prediction after;
    const double at[3] = {0.31, 0.5, 0.5};
    size_t index = 0;
    size_t count = 0;

    (void)state;
    for (int64_t i = 0; i < 6; i++) {
        double x[3];
        int64_t id = 0;
        ask(optimizer, x, &id);
        const double value = fabs(x[0] - 0.3);
        const struct tide_result way = {.outcome = TIDE_RUNNING, .values = &value, .step = 2};
        assert_int_equal(tide_tell(optimizer, id, NULL, &way), TIDE_OK);
    }
    assert_int_equal(tide_predict(optimizer, at, 0, &before), TIDE_OK);
    for (int64_t id = 0; id < 6; id++) {
        assert_int_equal(tide_tell(optimizer, id, NULL, &stopped), TIDE_OK);
        assert_int_equal(tide_pending(optimizer, id, at), TIDE_EXISTS);
    }
    assert_int_equal(tide_predict(optimizer, at, 0, &after), TIDE_OK);
    assert_true(before.median == after.median && before.high == after.high);
    assert_int_equal(tide_best(optimizer, &index, 1, &count), TIDE_NOT_FOUND);
    tide_free(optimizer);
}

enum earlier { NONE, RELATED, MISLEADING };

static double earlier_value(enum earlier earlier, const double *x)
{
    if (earlier == MISLEADING) {
        return 40 - 9 * (pow(x[0] - 0.7, 2) + pow(x[1] - 0.2, 2) + fabs(x[2] - 0.6));
    }
    return 5 + 3 * (pow(x[0] - 0.75, 2) + pow(x[1] - 0.2, 2) + fabs(x[2] - 0.6));
}

/* The best of `budget` evaluations after thirty of an earlier search. */
static double after(enum earlier earlier, int budget, uint64_t seed)
{
    struct tide_optimizer *optimizer =
        open_with((struct tide_config){.source_count = earlier == NONE ? 0 : 1, .seed = seed});
    struct rng rng;
    double best = HUGE_VAL;

    rng_init(&rng, seed, "earlier");
    for (int i = 0; i < 30 && earlier != NONE; i++) {
        const double x[3] = {rng_unit(&rng), rng_unit(&rng), rng_unit(&rng)};
        const double value = earlier_value(earlier, x);
        const struct tide_result result = {
            .outcome = TIDE_EVALUATED, .values = &value, .source = 1};
        assert_int_equal(tide_tell(optimizer, TIDE_OWN, x, &result), TIDE_OK);
    }
    for (int i = 0; i < budget; i++) {
        double x[3];
        int64_t id = 0;
        ask(optimizer, x, &id);
        const double value = pow(x[0] - 0.7, 2) + pow(x[1] - 0.2, 2) + fabs(x[2] - 0.6);
        best = fmin(best, value);
        tell(optimizer, id, &value, NULL);
    }
    tide_free(optimizer);
    return best;
}

/* An earlier search in other units whose optimum lies nearby helps at once; one that says the
 * opposite of the truth costs little once there are values to contradict it. */
static void earlier_searches_help_and_do_not_harm(void **state)
{
    double best[3][2] = {{0}};

    (void)state;
    for (uint64_t seed = 0; seed < 8; seed++) {
        for (enum earlier earlier = NONE; earlier <= MISLEADING; earlier++) {
            best[earlier][0] += after(earlier, 10, seed) / 8;
            best[earlier][1] += after(earlier, 30, seed) / 8;
        }
    }
    print_message("after 10 and 30: none %.4f %.4f, related %.4f %.4f, misleading %.4f %.4f\n",
                  best[NONE][0], best[NONE][1], best[RELATED][0], best[RELATED][1],
                  best[MISLEADING][0], best[MISLEADING][1]);
    assert_true(best[RELATED][0] < 0.7 * best[NONE][0]);
    assert_true(best[MISLEADING][1] < best[NONE][1] + 0.02);
}

/* The first suggestion is the best point of the earlier search, whatever its units, although that
 * search has tried it; a point of this one's own is never suggested again. */
static void the_best_of_an_earlier_search_comes_first(void **state)
{
    struct tide_optimizer *optimizer =
        open_with((struct tide_config){.source_count = 2, .seed = 3});
    const double points[4][3] = {
        {0.25, 0.5, 0.75}, {0.5, 0.125, 0.5}, {0.75, 0.75, 0.25}, {0.5, 0.125, 0.5}};
    const double values[4] = {-2e6, -3e6, 4, 3};
    struct tide_suggestion suggestion;
    double x[3];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const struct tide_result result = {
            .outcome = TIDE_EVALUATED, .values = &values[i], .source = 1 + i / 2};
        assert_int_equal(tide_tell(optimizer, TIDE_OWN, points[i], &result), TIDE_OK);
    }
    assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
    assert_int_equal(suggestion.phase, TIDE_PHASE_SOURCE);
    assert_memory_equal(x, points[1], sizeof x);
    assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
    assert_int_equal(suggestion.phase, TIDE_PHASE_SOBOL); /* the best of the second is pending */
    assert_memory_not_equal(x, points[1], sizeof x);
    tide_free(optimizer);
}

static void insight_finds_what_matters(void **state)
{
    struct tide_optimizer *optimizer = open_with((struct tide_config){.seed = 6, .initial = 40});
    static const double values[] = {0.1, 0.5, 0.9};
    struct tide_prediction curve[3];
    double share[3];

    (void)state;
    for (int i = 0; i < 40; i++) {
        double x[3];
        int64_t id = 0;
        ask(optimizer, x, &id);
        const double value = 4 * x[0] + x[1]; /* variances 16 : 1 : 0 */
        tell(optimizer, id, &value, NULL);
    }
    assert_int_equal(tide_importance(optimizer, 0, share), TIDE_OK);
    assert_close(share[0], 16.0 / 17, 0, 0.03);
    assert_close(share[1], 1.0 / 17, 0, 0.03);
    assert_close(share[2], 0, 0, 0.01);
    assert_int_equal(tide_partial(optimizer, 0, 0, values, 3, curve), TIDE_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_close(curve[i].median, 4 * values[i] + 0.5, 0, 0.15);
        assert_true(curve[i].low <= curve[i].median && curve[i].median <= curve[i].high);
    }
    tide_free(optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(volumes_agree_with_counting),
        cmocka_unit_test(acquisition_gradients_agree_with_differences),
        cmocka_unit_test(two_objectives_approach_the_front),
        cmocka_unit_test(outcome_constraints_are_respected),
        cmocka_unit_test(failures_are_avoided),
        cmocka_unit_test(curves_inform_the_model),
        cmocka_unit_test(a_stopped_curve_still_counts),
        cmocka_unit_test(earlier_searches_help_and_do_not_harm),
        cmocka_unit_test(the_best_of_an_earlier_search_comes_first),
        cmocka_unit_test(insight_finds_what_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
