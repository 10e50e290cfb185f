/*
 * Final simple regret on problems with known optima, by seed: medians and quartiles over seeds,
 * beside random search and the published medians.
 *
 *   bench_quality [--seeds N] [--parallel N] [--problem NAME] [--algorithm bayes|random|sobol]
 *                 [--csv]
 *
 * With --parallel N, N evaluations are always under way and end in a random order.
 */
#include "base/rng.h"
#include "bench/quality/problems.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEEDS_MAX = 200, PARALLEL_MAX = 64 };

struct run {
    struct tide_optimizer *optimizer;
    const struct problem *problem;
    struct rng rng;
    int64_t id[PARALLEL_MAX];
    double x[PARALLEL_MAX][TIDE_PARAMETERS_MAX];
    size_t waiting;
    double regret; /* noise-free, at the best told */
    double best_told;
    double quarter; /* the regret at a quarter of the evaluations */
};

static double normal(struct rng *rng)
{
    const double radius = sqrt(-2 * log(1 - rng_unit(rng)));

    return radius * cos(6.283185307179586 * rng_unit(rng));
}

static void tell_one(struct run *run)
{
    const size_t index = (size_t)rng_below(&run->rng, run->waiting);
    const double clean = run->problem->value(run->x[index]);
    const double told = clean + run->problem->noise * normal(&run->rng);
    const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &told};

    if (tide_tell(run->optimizer, run->id[index], NULL, &result) != TIDE_OK) {
        (void)fprintf(stderr, "tell failed\n");
        exit(1);
    }
    if (told < run->best_told) {
        run->best_told = told;
        run->regret = clean - run->problem->optimum;
    }
    run->waiting--;
    run->id[index] = run->id[run->waiting];
    memcpy(run->x[index], run->x[run->waiting], sizeof run->x[index]);
}

static double run_once(const struct problem *problem, uint64_t seed, enum tide_algorithm algorithm,
                       size_t parallel, double *recommended, double *quarter)
{
    const struct tide_config config = {.parameters = problem->parameters,
                                       .parameter_count = problem->count,
                                       .seed = seed,
                                       .algorithm = algorithm,
                                       .budget = problem->evaluations,
                                       .parallel = parallel,
                                       .noisy = problem->noise > 0};
    struct run run = {.problem = problem, .best_told = HUGE_VAL};
    struct tide_observation observation;
    struct tide_suggestion suggestion;
    size_t best = 0;
    size_t count = 0;

    if (tide_new(&config, &run.optimizer, NULL) != TIDE_OK) {
        exit(1);
    }
    rng_init(&run.rng, seed, "quality");
    for (size_t i = 0; i < problem->evaluations; i++) {
        if (tide_ask(run.optimizer, run.x[run.waiting], &suggestion) != TIDE_OK) {
            (void)fprintf(stderr, "ask failed\n");
            exit(1);
        }
        run.id[run.waiting++] = suggestion.id;
        if (run.waiting >= parallel) {
            tell_one(&run);
        }
        if (i + 1 == problem->evaluations / 4) {
            *quarter = run.regret;
        }
    }
    while (run.waiting > 0) {
        tell_one(&run);
    }
    (void)tide_best(run.optimizer, &best, 1, &count);
    (void)tide_get(run.optimizer, best, &observation);
    *recommended = problem->value(observation.x) - problem->optimum;
    tide_free(run.optimizer);
    return run.regret;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double quantile(double *values, size_t count, double q)
{
    const double at = q * (double)(count - 1);
    const size_t low = (size_t)at;
    const size_t high = low + 1 < count ? low + 1 : low;

    qsort(values, count, sizeof *values, compare);
    return values[low] + (at - (double)low) * (values[high] - values[low]);
}

struct options {
    size_t seeds, parallel;
    const char *problem;
    enum tide_algorithm algorithm;
    int csv;
};

static void measure(const struct problem *problem, const struct options *options)
{
    static double regret[SEEDS_MAX];
    static double recommended[SEEDS_MAX];
    static double quarter[SEEDS_MAX];
    const clock_t start = clock();

    for (size_t seed = 0; seed < options->seeds; seed++) {
        regret[seed] = run_once(problem, seed, options->algorithm, options->parallel,
                                &recommended[seed], &quarter[seed]);
        if (options->csv) {
            printf("%s,%zu,%zu,%.6g,%.6g\n", problem->name, options->parallel, seed, regret[seed],
                   recommended[seed]);
        }
    }
    const double cpu_ms = 1e3 * (double)(clock() - start) / CLOCKS_PER_SEC /
                          (double)(options->seeds * problem->evaluations);
    if (!options->csv) {
        printf("%-16s %9.2g [%7.2g, %7.2g]  recommended %9.2g  at a quarter %9.2g  %6.2f ms",
               problem->name, quantile(regret, options->seeds, 0.5),
               quantile(regret, options->seeds, 0.25), quantile(regret, options->seeds, 0.75),
               quantile(recommended, options->seeds, 0.5), quantile(quarter, options->seeds, 0.5),
               cpu_ms);
        if (problem->published != NULL) {
            printf("   published %.2g [%.2g, %.2g]", problem->published[0], problem->published[1],
                   problem->published[2]);
        }
        printf("\n");
    }
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct options options = {.seeds = 20, .parallel = 1, .algorithm = TIDE_BAYES};

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--csv") == 0) {
            options.csv = 1;
            continue;
        }
        if (strcmp(argv[i], "--seeds") == 0) {
            options.seeds = (size_t)strtoul(value, NULL, 10);
        } else if (strcmp(argv[i], "--parallel") == 0) {
            options.parallel = (size_t)strtoul(value, NULL, 10);
        } else if (strcmp(argv[i], "--problem") == 0) {
            options.problem = value;
        } else if (strcmp(argv[i], "--algorithm") == 0) {
            options.algorithm = strcmp(value, "random") == 0  ? TIDE_RANDOM
                                : strcmp(value, "sobol") == 0 ? TIDE_SOBOL
                                                              : TIDE_BAYES;
        } else {
            (void)fprintf(stderr, "unknown option %s\n", argv[i]);
            return 2;
        }
        i++;
    }
    if (options.seeds == 0 || options.seeds > SEEDS_MAX || options.parallel == 0 ||
        options.parallel > PARALLEL_MAX) {
        return 2;
    }
    for (size_t i = 0; i < problem_count; i++) {
        if (options.problem == NULL || strcmp(options.problem, problems[i].name) == 0) {
            measure(&problems[i], &options);
        }
    }
    return 0;
}
