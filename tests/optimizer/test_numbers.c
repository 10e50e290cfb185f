/*
 * The numbers of the optimizer against independent ones: log EI against mpmath, gradients against
 * finite differences, the vector exponential against libm, pending points against an ordinary
 * update, warps against their inverses.
 */
#include "optimizer/every_type.h"
#include "support/support.h"

#include "base/rng.h"
#include "optimizer/gp.h"
#include "optimizer/normal.h"
#include "optimizer/sobol.h"
#include "optimizer/warp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* tests/optimizer/tables/log_h.py printed these with 60 digits. */
static const struct {
    double z, log_h, slope;
} log_h_table[] = {
#include "optimizer/tables/log_h.inc"
};

static void log_h_agrees_with_60_digits(void **state)
{
    double slope = 0;

    (void)state;
    for (size_t i = 0; i < sizeof log_h_table / sizeof *log_h_table; i++) {
        assert_close(normal_log_h(log_h_table[i].z, &slope), log_h_table[i].log_h, 2e-13, 2e-13);
        assert_close(slope, log_h_table[i].slope, 1e-12, 0);
    }
}

static void kernel_is_matern_and_its_derivative(void **state)
{
    double k = 0;
    double g = 0;

    (void)state;
    for (double r = 0; r < 200; r = r * 1.17 + 1e-5) {
        const double r2 = r * r;
        const double t = sqrt(5) * r;
        kernel_rows()->matern(&k, &g, &r2, 1, 2.385);
        assert_close(k, 2.385 * (1 + t + t * t / 3) * exp(-t), 1e-15 * (4 + t), 1e-290);
        assert_close(g, -2.385 * 5 / 6 * (1 + t) * exp(-t), 1e-15 * (4 + t), 1e-290);
    }
}

static void draw_point(const struct space *space, struct rng *rng, double *x)
{
    for (size_t i = 0; i < space->count; i++) {
        x[i] = space_draw(space, i, rng_unit(rng));
    }
    space_settle(space, x);
}

static void fill(struct gp *gp, const struct space *space, size_t count)
{
    struct rng rng;
    double x[TIDE_PARAMETERS_MAX];

    rng_init(&rng, 2385, "fill");
    gp_init(gp, space);
    assert_int_equal(gp_reserve(gp, count + 8), TIDE_OK);
    for (size_t i = 0; i < count; i++) {
        draw_point(space, &rng, x);
        const double slope = isnan(x[3]) ? 0.7 : sin(x[3]);
        gp_add(gp, x, log(x[0]) / 5 + slope + 0.1 * x[2] + 0.3 * x[5]);
    }
}

static void set_up(struct space *space)
{
    char message[TIDE_MESSAGE_BYTES];
    const struct tide_config config = {.parameters = every_type, .parameter_count = 6};

    assert_int_equal(space_init(space, &config, message), TIDE_OK);
}

static struct gp_hyper uneven_hyper(size_t count)
{
    struct gp_hyper hyper = {.scale = 0.317, .noise = -4.21, .mean = 0.193, .trend = -0.87};

    for (size_t i = 0; i < count; i++) {
        hyper.weight[i] = -1.7 + 0.61 * (double)i;
        hyper.skew[i] = 0.8 - 0.37 * (double)i;
    }
    return hyper;
}

static void evidence_gradient_agrees_with_differences(void **state)
{
    struct space space;
    struct gp gp;
    double gradient[GP_HYPER_MAX];

    (void)state;
    set_up(&space);
    fill(&gp, &space, 37);
    struct gp_prior prior = gp_prior_for(space.count, false);
    struct gp_hyper hyper = uneven_hyper(space.count);
    prior.skew_sd = 0.9;
    (void)gp_evidence(&gp, &hyper, &prior, gradient);
    double *const moved[] = {&hyper.weight[0], &hyper.weight[1], &hyper.weight[2], &hyper.weight[3],
                             &hyper.weight[4], &hyper.weight[5], &hyper.scale,     &hyper.noise,
                             &hyper.mean,      &hyper.trend,     &hyper.skew[0],   &hyper.skew[1],
                             &hyper.skew[2],   &hyper.skew[3],   &hyper.skew[4],   &hyper.skew[5]};
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        const double h = 1e-5;
        const double keep = *moved[i];
        *moved[i] = keep + h;
        const double above = gp_evidence(&gp, &hyper, &prior, NULL);
        *moved[i] = keep - h;
        const double below = gp_evidence(&gp, &hyper, &prior, NULL);
        *moved[i] = keep;
        assert_close(gradient[i], (above - below) / (2 * h), 1e-6, 1e-6);
    }
    gp_fini(&gp);
    space_fini(&space);
}

/*
 * Four floats, two ints, two categories, and two numbers that only the first category's choice 0
 * has. While no row has them, the likelihood is flat in their weights, to the last bit: its slope
 * is the prior's alone. One row that has them is enough for it not to be.
 */
static void likelihood_is_flat_in_what_is_inactive(void **state)
{
    struct tide_parameter parameters[10] = {0};
    const struct tide_config config = {.parameters = parameters, .parameter_count = 10};
    char names[10][4];
    char message[TIDE_MESSAGE_BYTES];
    double gradient[GP_HYPER_MAX];
    struct space space;
    struct gp gp;
    struct rng rng;
    double x[10];

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        (void)snprintf(names[i], sizeof names[i], "p%zu", i);
        const bool choice = i == 4 || i == 5;
        parameters[i] = (struct tide_parameter){
            .name = names[i],
            .type = choice             ? TIDE_CATEGORICAL
                    : i == 6 || i == 7 ? TIDE_INT
                                       : TIDE_FLOAT,
            .high = choice ? 0 : 12,
            .choice_count = choice ? 3 : 0,
            .when_parent = 4,
            .when_values = when_first,
            .when_count = i >= 8 ? 1 : 0,
        };
    }
    assert_int_equal(space_init(&space, &config, message), TIDE_OK);
    gp_init(&gp, &space);
    assert_int_equal(gp_reserve(&gp, 24), TIDE_OK);
    rng_init(&rng, 41, "inactive");
    const struct gp_prior prior = gp_prior_for(space.count, false);
    const struct gp_hyper hyper = uneven_hyper(space.count);
    for (size_t row = 0; row < 21; row++) {
        draw_point(&space, &rng, x);
        x[4] = row < 20 ? 1 + (double)(row % 2) : 0;
        space_settle(&space, x);
        assert_int_equal(isnan(x[8]) && isnan(x[9]), row < 20);
        gp_add(&gp, x, sin(x[0]) + 0.1 * x[6] + 0.3 * x[5]);
        if (row >= 19) {
            (void)gp_evidence(&gp, &hyper, &prior, gradient);
            for (size_t i = 8; i < 10; i++) {
                const double of_prior =
                    -(hyper.weight[i] - prior.weight_mean) / prior.weight_sd / prior.weight_sd;
                assert_int_equal(gradient[i] == of_prior, row == 19);
            }
        }
    }
    gp_fini(&gp);
    space_fini(&space);
}

/* With a pending point and several draws, at an active and at an inactive conditional. */
static void posterior_slopes_agree_with_differences(void **state)
{
    static const double normals[] = {0.317, -1.21, 2.04, 0.55, -0.4, 0.9};
    static const double by_mean[] = {0.7, -0.2, 1.3};
    static const double at[2][6] = {{0.0317, 0, 7, 1.93, 1, 2}, {0.21, 2, 3, NAN, NAN, 1}};
    struct space space;
    struct gp gp;
    double gradient[TIDE_PARAMETERS_MAX];
    double mean[GP_DRAWS_MAX];
    double variance = 0;

    (void)state;
    set_up(&space);
    fill(&gp, &space, 23);
    const struct gp_hyper hyper = uneven_hyper(space.count);
    assert_int_equal(gp_condition(&gp, &hyper), TIDE_OK);
    gp_pend(&gp, (const double[]){0.5, 1, 4, NAN, NAN, 0});
    gp_pend(&gp, (const double[]){0.01, 0, 9, 0.2, 0, 3});
    gp_draw(&gp, 3, normals);
    for (size_t place = 0; place < 2; place++) {
        gp_predict(&gp, at[place], mean, &variance);
        gp_slopes(&gp, at[place], by_mean, 0.43, gradient);
        for (size_t i = 0; i < space.count; i += 3) { /* the two floats */
            double side[2] = {0};
            for (int s = 0; s < 2 && !isnan(at[place][i]); s++) {
                double x[6];
                memcpy(x, at[place], sizeof x);
                x[i] = space_value(&space, i, space_place(&space, i, x[i]) + (s ? -1e-6 : 1e-6));
                gp_predict(&gp, x, mean, &variance);
                side[s] = 0.7 * mean[0] - 0.2 * mean[1] + 1.3 * mean[2] + 0.43 * variance;
            }
            assert_close(gradient[i], (side[0] - side[1]) / 2e-6, 1e-5, 1e-6);
        }
    }
    gp_fini(&gp);
    space_fini(&space);
}

/* A draw's pending values, given as noise-free data, must lead to the same posterior. */
static void fantasies_equal_an_ordinary_update(void **state)
{
    static const double normals[] = {0.83, -0.57};
    static const double pending[2][6] = {{0.5, 1, 4, NAN, NAN, 0}, {0.01, 0, 9, 0.2, 0, 3}};
    static const double at[] = {0.0317, 0, 7, 1.93, 1, 2};
    struct space space;
    struct gp joint;
    struct gp plain;
    double mean[GP_DRAWS_MAX];
    double variance = 0;
    double want = 0;
    double want_variance = 0;

    (void)state;
    set_up(&space);
    fill(&joint, &space, 15);
    fill(&plain, &space, 15);
    struct gp_hyper hyper = uneven_hyper(space.count);
    hyper.noise = log(1e-9) + hyper.scale; /* what pending rows have, so that both agree */
    assert_int_equal(gp_condition(&joint, &hyper), TIDE_OK);
    for (size_t i = 0; i < 2; i++) {
        gp_pend(&joint, pending[i]);
    }
    gp_draw(&joint, 1, normals);
    for (size_t i = 0; i < 2; i++) {
        gp_add(&plain, pending[i], gp_drawn(&joint, 0, i));
    }
    assert_int_equal(gp_condition(&plain, &hyper), TIDE_OK);
    gp_predict(&joint, at, mean, &variance);
    gp_predict(&plain, at, &want, &want_variance);
    assert_close(mean[0], want, 1e-6, 1e-7);
    assert_close(variance, want_variance, 1e-6, 1e-8);
    gp_fini(&joint);
    gp_fini(&plain);
    space_fini(&space);
}

/* Whatever an inactive parameter's place would be, the kernel gives it no weight. */
static void inactive_parameters_carry_no_weight(void **state)
{
    struct space space;
    struct gp gp;
    double mean = 0;
    double variance = 0;
    double again = 0;
    double again_variance = 0;

    (void)state;
    set_up(&space);
    fill(&gp, &space, 20);
    struct gp_hyper hyper = uneven_hyper(space.count);
    const double inactive[] = {0.21, 2, 3, NAN, NAN, 1};
    gp_clear(&gp);
    gp_add(&gp, (const double[]){0.5, 2, 4, NAN, NAN, 0}, 1.3);
    gp_add(&gp, (const double[]){0.1, 1, 9, NAN, NAN, 2}, -0.4);
    assert_int_equal(gp_condition(&gp, &hyper), TIDE_OK);
    gp_predict(&gp, inactive, &mean, &variance);
    hyper.weight[3] = 5; /* the conditional ones may weigh anything */
    hyper.weight[4] = -9;
    assert_int_equal(gp_condition(&gp, &hyper), TIDE_OK);
    gp_predict(&gp, inactive, &again, &again_variance);
    assert_close(again, mean, 0, 0);
    assert_close(again_variance, variance, 0, 0);
    gp_fini(&gp);
    space_fini(&space);
}

static void warps_are_monotone_finite_and_invertible(void **state)
{
    static const double tails[] = {-1e308, -1e200, -3.1, -1, 0, 1e-9, 0.7, 12, 1e5, 1e200, 1e308};
    double values[64];
    double scratch[64];
    struct rng rng;
    struct warp warp;

    (void)state;
    rng_init(&rng, 7, "warp");
    for (int round = 0; round < 36; round++) {
        const int kind = round % 4;
        for (size_t i = 0; i < 64; i++) {
            const double u = rng_unit(&rng);
            values[i] = kind == 0 ? u : kind == 1 ? exp(9 * u) : kind == 2 ? 3.5 : -exp(20 * u);
        }
        if (kind == 3) {
            values[7] = 1e200;
        }
        const int quarters = round / 4;
        warp_fit(&warp, 1, 1 - quarters * 0.25, values, 64, scratch);
        for (size_t i = 0; i < 64; i++) {
            const double there = warp_forward(&warp, values[i]);
            const double back = warp_back(&warp, there);
            assert_close(warp_forward(&warp, back), there, 1e-6, 1e-6);
            if (warp.lambda >= 0) { /* below, the best may leave no digits to the others */
                assert_close(back, values[i], 1e-6, 1e-6 * warp.spread);
            }
        }
        for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
            assert_true(isfinite(warp_forward(&warp, tails[i])));
            assert_true(i == 0 ||
                        warp_forward(&warp, tails[i]) >= warp_forward(&warp, tails[i - 1]));
        }
    }
}

/* Every one-dimensional projection of 2^m points has one point in each of 2^m equal cells. */
static void sobol_points_are_even(void **state)
{
    static struct sobol sobol;
    static unsigned char seen[SOBOL_DIMENSIONS][256];
    double point[SOBOL_DIMENSIONS];

    (void)state;
    sobol_init(&sobol, SOBOL_DIMENSIONS, 2385);
    for (uint32_t i = 0; i < 256; i++) {
        sobol_point(&sobol, i, point);
        for (size_t d = 0; d < SOBOL_DIMENSIONS; d++) {
            assert_true(point[d] > 0 && point[d] < 1);
            seen[d][(size_t)(point[d] * 256)]++;
        }
    }
    for (size_t d = 0; d < SOBOL_DIMENSIONS; d++) {
        for (size_t cell = 0; cell < 256; cell++) {
            assert_int_equal(seen[d][cell], 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_h_agrees_with_60_digits),
        cmocka_unit_test(kernel_is_matern_and_its_derivative),
        cmocka_unit_test(evidence_gradient_agrees_with_differences),
        cmocka_unit_test(likelihood_is_flat_in_what_is_inactive),
        cmocka_unit_test(posterior_slopes_agree_with_differences),
        cmocka_unit_test(fantasies_equal_an_ordinary_update),
        cmocka_unit_test(inactive_parameters_carry_no_weight),
        cmocka_unit_test(warps_are_monotone_finite_and_invertible),
        cmocka_unit_test(sobol_points_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
