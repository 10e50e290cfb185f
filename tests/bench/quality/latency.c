/*
 * How long a suggestion takes: CPU and wall milliseconds per ask + tell over consecutive rounds,
 * refits included, at growing numbers of observations; and many asks ahead.
 *
 *   bench_latency [--rounds 10] [--dimensions 6] [--n 25,50,...] [--ahead 1000]
 */
#include "base/rng.h"

#include <tidemill/optimizer.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS_MAX = 1000, AHEAD_MAX = 4000 };

static double now_ms(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double valley(const double *x, size_t d)
{
    double sum = 0;

    for (size_t i = 0; i < d; i++) {
        sum += pow(x[i] - 0.3 - 0.05 * (double)i, 2) + 0.1 * sin(9 * x[i]);
    }
    return sum;
}

static struct tide_optimizer *filled(size_t d, size_t n)
{
    struct tide_parameter parameters[TIDE_PARAMETERS_MAX] = {0};
    char names[TIDE_PARAMETERS_MAX][24];
    struct tide_optimizer *optimizer = NULL;
    double x[TIDE_PARAMETERS_MAX];
    struct rng rng;

    for (size_t i = 0; i < d; i++) {
        (void)snprintf(names[i], sizeof names[i], "p%zu", i);
        parameters[i] =
            (struct tide_parameter){.name = names[i], .type = TIDE_FLOAT, .low = 0, .high = 1};
    }
    const struct tide_config config = {
        .parameters = parameters, .parameter_count = d, .seed = 1, .initial = 1};
    if (tide_new(&config, &optimizer, NULL) != TIDE_OK || tide_next_set(optimizer, 1) != TIDE_OK) {
        exit(1);
    }
    rng_init(&rng, 1, "latency");
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            x[j] = rng_unit(&rng);
        }
        const double value = valley(x, d);
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        if (tide_tell(optimizer, TIDE_OWN, x, &result) != TIDE_OK) {
            exit(1);
        }
    }
    return optimizer;
}

static double ask_once(struct tide_optimizer *optimizer, double *x, int64_t *id)
{
    struct tide_suggestion suggestion;
    const double start = now_ms();

    if (tide_ask(optimizer, x, &suggestion) != TIDE_OK) {
        exit(1);
    }
    *id = suggestion.id;
    return now_ms() - start;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

static void rounds(size_t d, size_t n, size_t count)
{
    struct tide_optimizer *optimizer = filled(d, n);
    static double ms[ROUNDS_MAX];
    double x[TIDE_PARAMETERS_MAX];
    double first = 0;
    double sum = 0;
    int64_t id = 0;

    for (size_t i = 0; i <= count; i++) {
        const double took = ask_once(optimizer, x, &id);
        const double value = valley(x, d);
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        const double start = now_ms();
        if (tide_tell(optimizer, id, NULL, &result) != TIDE_OK) {
            exit(1);
        }
        if (i == 0) {
            first = took; /* the fit from nothing, which a running search never pays at this n */
            continue;
        }
        ms[i - 1] = took + now_ms() - start;
        sum += ms[i - 1];
    }
    qsort(ms, count, sizeof *ms, compare);
    printf("d %2zu  n %5zu   mean %8.2f ms   median %8.2f   p99 %8.2f   first %8.2f\n", d, n,
           sum / (double)count, ms[count / 2],
           ms[(count * 99) / 100 < count ? count * 99 / 100 : 0], first);
    (void)fflush(stdout);
    tide_free(optimizer);
}

static void ahead(size_t d, size_t n, size_t count)
{
    struct tide_optimizer *optimizer = filled(d, n);
    static double x[AHEAD_MAX][TIDE_PARAMETERS_MAX];
    double total = 0;
    double least = HUGE_VAL;
    int64_t id = 0;

    for (size_t i = 0; i < count; i++) {
        total += ask_once(optimizer, x[i], &id);
        for (size_t j = 0; j < i; j++) {
            double apart = 0;
            for (size_t p = 0; p < d; p++) {
                apart = fmax(apart, fabs(x[i][p] - x[j][p]));
            }
            least = fmin(least, apart);
        }
    }
    printf("d %2zu  n %5zu   %zu asks ahead: %.0f ms, closest pair %.2g apart\n", d, n, count,
           total, least);
    tide_free(optimizer);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {25, 50, 100, 200, 500, 1000, 2000, 5000};
    size_t count = 10;
    size_t dimensions = 0;
    size_t only = 0;
    size_t many = 1000;

    for (int i = 1; i + 1 < argc; i += 2) {
        const size_t value = (size_t)strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--rounds") == 0 && value > 0 && value <= ROUNDS_MAX) {
            count = value;
        } else if (strcmp(argv[i], "--dimensions") == 0 && value <= TIDE_PARAMETERS_MAX) {
            dimensions = value;
        } else if (strcmp(argv[i], "--n") == 0) {
            only = value;
        } else if (strcmp(argv[i], "--ahead") == 0 && value <= AHEAD_MAX) {
            many = value;
        } else {
            (void)fprintf(stderr, "wrong option %s %s\n", argv[i], argv[i + 1]);
            return 2;
        }
    }
    for (size_t d = dimensions > 0 ? 20 : 6; d <= 20; d += 14) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            if (only == 0 || only == sizes[i]) {
                rounds(dimensions > 0 ? dimensions : d, sizes[i], count);
            }
        }
    }
    if (many > 0) {
        ahead(6, 500, many);
    }
    return 0;
}
