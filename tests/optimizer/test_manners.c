/*
 * How the library behaves as a guest: asking again and again takes no more memory, optimizers in
 * threads of their own do what they do alone, and spaces or data that leave a model nothing to go
 * by still get legal, finite, distinct suggestions.
 */
#include "support/support.h"

#include <tidemill/optimizer.h>

#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

enum { THREADS = 4, ASKS = 30, WIDTH = 3 };

static const struct tide_parameter mixed[WIDTH] = {
    {.name = "rate", .type = TIDE_FLOAT, .low = 1e-4, .high = 1, .log = true},
    {.name = "layers", .type = TIDE_INT, .low = 1, .high = 30},
    {.name = "kind", .type = TIDE_CATEGORICAL, .choice_count = 3},
};

static double landscape(const double *x)
{
    return pow(log10(x[0]) + 2.3, 2) + 0.01 * pow(x[1] - 13, 2) + 0.2 * x[2];
}

static void tell(struct tide_optimizer *optimizer, int64_t id, const double *x, double value)
{
    const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};

    assert_int_equal(tide_tell(optimizer, id, x, &result), TIDE_OK);
}

static struct tide_optimizer *open_space(const struct tide_parameter *parameters, size_t count)
{
    const struct tide_config config = {
        .parameters = parameters, .parameter_count = count, .seed = 17, .initial = 4};
    struct tide_optimizer *optimizer = NULL;

    assert_int_equal(tide_new(&config, &optimizer, NULL), TIDE_OK);
    return optimizer;
}

/* Asks that are forgotten again; the fit they leave is the same, so that each does the same work.
 */
static void ask_and_forget(struct tide_optimizer *optimizer, size_t times)
{
    struct tide_suggestion suggestion;
    double x[WIDTH];

    for (size_t i = 0; i < times; i++) {
        assert_int_equal(tide_next_set(optimizer, 100 + (int64_t)(i % 30)), TIDE_OK);
        assert_int_equal(tide_ask(optimizer, x, &suggestion), TIDE_OK);
        assert_int_equal(tide_forget(optimizer, suggestion.id), TIDE_OK);
    }
}

/* (Under a sanitizer, whose allocator mallinfo2 does not know, this holds trivially.) */
static void asking_takes_no_more_memory(void **state)
{
    struct tide_optimizer *optimizer = open_space(mixed, WIDTH);

    (void)state;
    for (size_t i = 0; i < 25; i++) {
        const double x[WIDTH] = {pow(10, -0.16 * (double)i), (double)(1 + (7 * i) % 30),
                                 (double)(i % 3)};
        tell(optimizer, (int64_t)i, x, landscape(x));
    }
    ask_and_forget(optimizer, 30);
    const size_t before = mallinfo2().uordblks;
    ask_and_forget(optimizer, 90);
    assert_int_equal(mallinfo2().uordblks, before);
    tide_free(optimizer);
}

struct search {
    enum tide_status status;
    double x[ASKS][WIDTH];
};

static void *search(void *context)
{
    struct search *search = context;
    const struct tide_config config = {.parameters = mixed, .parameter_count = WIDTH, .seed = 5};
    struct tide_optimizer *optimizer = NULL;
    struct tide_suggestion suggestion;

    search->status = tide_new(&config, &optimizer, NULL);
    for (size_t i = 0; i < ASKS && search->status == TIDE_OK; i++) {
        search->status = tide_ask(optimizer, search->x[i], &suggestion);
        const double value = landscape(search->x[i]);
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        if (search->status == TIDE_OK) {
            search->status = tide_tell(optimizer, suggestion.id, NULL, &result);
        }
    }
    tide_free(optimizer);
    return NULL;
}

/* Four searches at the same time suggest what one alone does, bit for bit. */
static void threads_do_not_disturb_each_other(void **state)
{
    static struct search alone;
    static struct search together[THREADS];
    pthread_t thread[THREADS];

    (void)state;
    (void)search(&alone);
    assert_int_equal(alone.status, TIDE_OK);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, search, &together[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(together[i].status, TIDE_OK);
        assert_memory_equal(together[i].x, alone.x, sizeof alone.x);
    }
}

static void ask_distinct(struct tide_optimizer *optimizer, double x[][WIDTH], size_t index)
{
    struct tide_suggestion suggestion;

    assert_int_equal(tide_ask(optimizer, x[index], &suggestion), TIDE_OK);
    for (size_t i = 0; i < WIDTH; i++) {
        assert_true(isfinite(x[index][i]) && x[index][i] >= mixed[i].low &&
                    (mixed[i].choice_count > 0 || x[index][i] <= mixed[i].high));
    }
    for (size_t i = 0; i < index; i++) {
        assert_memory_not_equal(x[i], x[index], sizeof x[i]);
    }
    tell(optimizer, suggestion.id, NULL, landscape(x[index]));
}

/* The caller's own point told 1,000 times over, with the same value, then with others. */
static void a_thousand_equal_points_are_survived(void **state)
{
    double x[8][WIDTH] = {{0.0317, 7, 1}};

    (void)state;
    for (size_t kind = 0; kind < 2; kind++) {
        struct tide_optimizer *optimizer = open_space(mixed, WIDTH);
        assert_int_equal(tide_next_set(optimizer, 10), TIDE_OK);
        for (size_t i = 0; i < 1000; i++) {
            tell(optimizer, TIDE_OWN, x[0], kind == 0 ? 2.385 : sin(0.7 * (double)i));
        }
        for (size_t i = 1; i < 8; i++) {
            ask_distinct(optimizer, x, i);
        }
        tide_free(optimizer);
    }
}

/* Three choices of four: the best of 64 points is found in half of them, none twice. */
static void choices_alone_are_searched(void **state)
{
    static const struct tide_parameter choices[WIDTH] = {
        {.name = "a", .type = TIDE_CATEGORICAL, .choice_count = 4},
        {.name = "b", .type = TIDE_CATEGORICAL, .choice_count = 4},
        {.name = "c", .type = TIDE_CATEGORICAL, .choice_count = 4},
    };
    struct tide_optimizer *optimizer = open_space(choices, WIDTH);
    struct tide_suggestion suggestion;
    double x[32][WIDTH];
    double best = HUGE_VAL;

    (void)state;
    for (size_t i = 0; i < 32; i++) {
        assert_int_equal(tide_ask(optimizer, x[i], &suggestion), TIDE_OK);
        const double value = fabs(x[i][0] - 2) + 0.7 * fabs(x[i][1] - x[i][0]) + 0.3 * x[i][2];
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(x[j], x[i], sizeof x[j]);
        }
        tell(optimizer, suggestion.id, NULL, value);
        best = fmin(best, value);
    }
    assert_close(best, 0, 0, 0);
    tide_free(optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asking_takes_no_more_memory),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(a_thousand_equal_points_are_survived),
        cmocka_unit_test(choices_alone_are_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
