/*
 * What an earlier search is worth: pairs of problems, the first searched before the second, by how
 * they are related. Prints the median regret after some evaluations, cold and warm, and in how many
 * seeds the warm search was ahead and behind at each of them.
 *
 *   bench_warm_start [--seeds N] [--pair NAME]
 */
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tidemill/optimizer.h>

enum { DIMENSIONS_MAX = 6, EARLIER = 40, BUDGET = 30, SEEDS_MAX = 100, MARKS = 4 };

static const int marks[MARKS] = {5, 10, 20, 30};

static double branin(double u, double v)
{
    const double x = 15 * u - 5;
    const double y = 15 * v;
    const double bend = y - 5.1 / (4 * M_PI * M_PI) * x * x + 5 / M_PI * x - 6;

    return bend * bend + 10 * (1 - 1 / (8 * M_PI)) * cos(x) + 10 - 0.397887357729739;
}

/* Hartmann's function of six dimensions, less its optimum; `bent` changes its weights. */
static double hartmann(const double *x, const double *alpha)
{
    static const double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}};
    static const double p[4][6] = {{.1312, .1696, .5569, .0124, .8283, .5886},
                                   {.2329, .4135, .8307, .3736, .1004, .9991},
                                   {.2348, .1451, .3522, .2883, .3047, .6650},
                                   {.4047, .8828, .8732, .5743, .1091, .0381}};
    double total = 0;

    for (size_t i = 0; i < 4; i++) {
        double inner = 0;
        for (size_t j = 0; j < 6; j++) {
            inner += a[i][j] * (x[j] - p[i][j]) * (x[j] - p[i][j]);
        }
        total += alpha[i] * exp(-inner);
    }
    return 3.32236801141551 - total;
}

static double hartmann_value(const double *x)
{
    return hartmann(x, (const double[]){1, 1.2, 3, 3.2});
}

static double hartmann_bent(const double *x)
{
    return hartmann(x, (const double[]){1.3, 1.0, 2.4, 3.9});
}

static double hartmann_scaled(const double *x)
{
    return -4e4 + 2500 * hartmann_bent(x);
}

static double hartmann_turned(const double *x)
{
    return -hartmann_value(x);
}

/* A loss as learning rates and regularisations have it: a skew valley over three logarithms. */
static double valley(const double *x, double shift)
{
    const double u = x[0] - 0.55 - shift;
    const double v = x[1] - 0.3 + shift;
    const double w = x[2] - 0.6;

    return exp(3 * fmax(u, 0)) - 1 + 4 * u * u + 3 * (v + 0.7 * u) * (v + 0.7 * u) +
           0.5 * w * w * (1 + 3 * fabs(u));
}

static double valley_value(const double *x)
{
    return valley(x, 0);
}

static double valley_shifted(const double *x)
{
    return 0.2 + 1.7 * valley(x, 0.06);
}

/* The same with a fourth parameter that matters. */
static double valley_wide(const double *x)
{
    return valley(x, 0) + 2 * (x[3] - 0.35) * (x[3] - 0.35);
}

static double branin_value(const double *x)
{
    return branin(x[0], x[1]);
}

static double branin_shifted(const double *x)
{
    return 300 + 20 * branin(fmin(x[0] + 0.08, 1), fmax(x[1] - 0.05, 0));
}

static double levy_value(const double *x)
{
    double total = 0;

    for (size_t i = 0; i < 6; i++) {
        const double w = 1 + (20 * x[i] - 10 - 1) / 4;
        total += i == 0 ? pow(sin(M_PI * w), 2) : 0;
        total += i < 5 ? pow(w - 1, 2) * (1 + 10 * pow(sin(M_PI * w + 1), 2))
                       : pow(w - 1, 2) * (1 + pow(sin(2 * M_PI * w), 2));
    }
    return total;
}

static double trap_value(const double *x)
{
    return 6 * (pow(x[0] - 0.1, 2) + pow(x[1] - 0.9, 2) + pow(x[2] - 0.1, 2));
}

static const struct pair {
    const char *name, *kind;
    double (*earlier)(const double *x);
    size_t earlier_count; /* parameters; the others are in the middle then */
    double (*value)(const double *x);
    size_t count;
} pairs[] = {
    {"valley again", "the same function", valley_value, 3, valley_value, 3},
    {"valley shifted", "optimum moved, other scale", valley_shifted, 3, valley_value, 3},
    {"valley wider", "one parameter more", valley_value, 3, valley_wide, 4},
    {"branin shifted", "optimum moved, other scale", branin_shifted, 2, branin_value, 2},
    {"hartmann6 bent", "other weights", hartmann_bent, 6, hartmann_value, 6},
    {"hartmann6 scaled", "other weights, other units", hartmann_scaled, 6, hartmann_value, 6},
    {"hartmann6 levy", "unrelated", levy_value, 6, hartmann_value, 6},
    {"levy hartmann6", "unrelated", hartmann_value, 6, levy_value, 6},
    {"valley trap", "optimum elsewhere", trap_value, 3, valley_value, 3},
    {"hartmann6 turned", "the opposite", hartmann_turned, 6, hartmann_value, 6},
};

enum { PAIRS = sizeof pairs / sizeof *pairs };

static struct tide_optimizer *open_search(size_t count, size_t sources, uint64_t seed,
                                          size_t budget)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    struct tide_parameter parameters[DIMENSIONS_MAX] = {0};
    struct tide_optimizer *optimizer = NULL;
    const struct tide_config config = {.parameters = parameters,
                                       .parameter_count = count,
                                       .source_count = sources,
                                       .budget = budget,
                                       .seed = seed};

    for (size_t i = 0; i < count; i++) {
        parameters[i] = (struct tide_parameter){.name = names[i], .type = TIDE_FLOAT, .high = 1};
    }
    if (tide_new(&config, &optimizer, NULL) != TIDE_OK) {
        exit(1);
    }
    return optimizer;
}

static double evaluate(struct tide_optimizer *optimizer, double (*value)(const double *x),
                       double *x)
{
    struct tide_suggestion suggestion;

    if (tide_ask(optimizer, x, &suggestion) != TIDE_OK) {
        exit(1);
    }
    const double told = value(x);
    const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &told};
    if (tide_tell(optimizer, suggestion.id, NULL, &result) != TIDE_OK) {
        exit(1);
    }
    return told;
}

/* The earlier search, its results told to the later one. */
static void search_before(const struct pair *pair, uint64_t seed, struct tide_optimizer *later)
{
    struct tide_optimizer *optimizer = open_search(pair->earlier_count, 0, seed + 1000, EARLIER);

    for (int i = 0; i < EARLIER; i++) {
        double x[DIMENSIONS_MAX] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
        const double told = evaluate(optimizer, pair->earlier, x);
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &told, .source = 1};
        if (tide_tell(later, TIDE_OWN, x, &result) != TIDE_OK) {
            exit(1);
        }
    }
    tide_free(optimizer);
}

static void search(const struct pair *pair, uint64_t seed, bool warm, double *best_at)
{
    struct tide_optimizer *optimizer = open_search(pair->count, warm ? 1 : 0, seed, BUDGET);
    double best = HUGE_VAL;
    size_t mark = 0;

    if (warm) {
        search_before(pair, seed, optimizer);
    }
    for (int i = 1; i <= BUDGET; i++) {
        double x[DIMENSIONS_MAX];
        best = fmin(best, evaluate(optimizer, pair->value, x));
        if (mark < MARKS && i == marks[mark]) {
            best_at[mark++] = best;
        }
    }
    tide_free(optimizer);
}

static int by_size(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double (*values)[MARKS], size_t seeds, size_t mark)
{
    double sorted[SEEDS_MAX] = {0};

    for (size_t i = 0; i < seeds; i++) {
        sorted[i] = values[i][mark];
    }
    qsort(sorted, seeds, sizeof *sorted, by_size);
    return (sorted[seeds / 2] + sorted[(seeds - 1) / 2]) / 2;
}

static void measure(const struct pair *pair, size_t seeds)
{
    static double cold[SEEDS_MAX][MARKS];
    static double warm[SEEDS_MAX][MARKS];

    for (size_t i = 0; i < seeds; i++) {
        search(pair, i + 1, false, cold[i]);
        search(pair, i + 1, true, warm[i]);
    }
    printf("%-17s %-27s", pair->name, pair->kind);
    for (size_t mark = 0; mark < MARKS; mark++) {
        size_t ahead = 0;
        size_t behind = 0;
        for (size_t i = 0; i < seeds; i++) {
            ahead += warm[i][mark] < cold[i][mark] ? 1 : 0;
            behind += warm[i][mark] > cold[i][mark] ? 1 : 0;
        }
        printf(" | %8.2g %8.2g %2zu:%-2zu", median(cold, seeds, mark), median(warm, seeds, mark),
               ahead, behind);
    }
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    size_t seeds = 20;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seeds") == 0) {
            seeds = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--pair") == 0) {
            only = argv[i + 1];
        }
    }
    seeds = seeds < 1 ? 1 : seeds > SEEDS_MAX ? SEEDS_MAX : seeds;
    printf("median regret cold and warm, seeds ahead:behind, after 5, 10, 20, 30 evaluations\n");
    for (size_t i = 0; i < PAIRS; i++) {
        if (only == NULL || strcmp(only, pairs[i].name) == 0) {
            measure(&pairs[i], seeds);
        }
    }
    return 0;
}
