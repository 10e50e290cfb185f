/*
 * Final simple regret on problems with known optima, by seed: medians and quartiles over seeds,
 * beside random search and the published medians.
 *
 *   bench_quality [--seeds N] [--parallel N] [--problem NAME] [--algorithm bayes|random|sobol]
 *                 [--csv] [--reach N]
 *
 * With --parallel N, N evaluations are always under way and end in a random order. With --reach N
 * the marks are the median regrets that one under way has after N / 2 and N evaluations, and what
 * is printed is how many reach them with 1, 4 and 16 under way (0: 3 N do not).
 */
#include "base/rng.h"
#include "bench/quality/problems.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEEDS_MAX = 200, PARALLEL_MAX = 64, REACH_MAX = 80, REACH_TIMES = 3 };

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
    double *curve;  /* NULL, or the regret after each evaluation told */
    size_t told;
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
    if (run->curve != NULL) {
        run->curve[run->told++] = run->regret;
    }
    run->waiting--;
    run->id[index] = run->id[run->waiting];
    memcpy(run->x[index], run->x[run->waiting], sizeof run->x[index]);
}

static double run_once(const struct problem *problem, uint64_t seed, enum tide_algorithm algorithm,
                       size_t parallel, double *recommended, double *quarter, double *curve)
{
    const struct tide_config config = {.parameters = problem->parameters,
                                       .parameter_count = problem->count,
                                       .seed = seed,
                                       .algorithm = algorithm,
                                       .budget = problem->evaluations,
                                       .parallel = parallel,
                                       .noisy = problem->noise > 0};
    struct run run = {.problem = problem, .best_told = HUGE_VAL, .curve = curve};
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
    size_t seeds, parallel, reach;
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
                                &recommended[seed], &quarter[seed], NULL);
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

static double median_after(double curves[][REACH_TIMES * REACH_MAX], const struct options *options,
                           size_t evaluations)
{
    static double column[SEEDS_MAX];

    for (size_t seed = 0; seed < options->seeds; seed++) {
        column[seed] = curves[seed][evaluations - 1];
    }
    return quantile(column, options->seeds, 0.5);
}

/* How many evaluations until the median over the seeds is at `mark`; 0: more than there were. */
static size_t evaluations_to(double curves[][REACH_TIMES * REACH_MAX],
                             const struct options *options, double mark)
{
    for (size_t i = 1; i <= REACH_TIMES * options->reach; i++) {
        if (median_after(curves, options, i) <= mark) {
            return i;
        }
    }
    return 0;
}

static void measure_reach(const struct problem *problem, const struct options *options)
{
    static const size_t under_way[] = {1, 4, 16};
    static double curves[SEEDS_MAX][REACH_TIMES * REACH_MAX];
    const size_t after[] = {options->reach / 2, options->reach};
    struct problem longer = *problem;
    double marks[2] = {0};
    double unused = 0;

    longer.evaluations = REACH_TIMES * options->reach;
    for (size_t i = 0; i < sizeof under_way / sizeof *under_way; i++) {
        for (size_t seed = 0; seed < options->seeds; seed++) {
            (void)run_once(&longer, seed, options->algorithm, under_way[i], &unused, &unused,
                           curves[seed]);
        }
        for (size_t j = 0; j < 2; j++) {
            marks[j] = i == 0 ? median_after(curves, options, after[j]) : marks[j];
            printf("%-12s %2zu under way: the median after %2zu alone, %8.2g, is reached by %3zu\n",
                   problem->name, under_way[i], after[j], marks[j],
                   evaluations_to(curves, options, marks[j]));
        }
        (void)fflush(stdout);
    }
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
        } else if (strcmp(argv[i], "--reach") == 0) {
            options.reach = (size_t)strtoul(value, NULL, 10);
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
        options.parallel > PARALLEL_MAX || options.reach > REACH_MAX) {
        return 2;
    }
    for (size_t i = 0; i < problem_count; i++) {
        if (options.problem == NULL || strcmp(options.problem, problems[i].name) == 0) {
            (options.reach > 0 ? measure_reach : measure)(&problems[i], &options);
        }
    }
    return 0;
}
