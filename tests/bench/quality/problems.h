/*
 * Problems with known optima, for the benchmark of quality and its short regression test.
 */
#ifndef BENCH_QUALITY_PROBLEMS_H
#define BENCH_QUALITY_PROBLEMS_H

#include <tidemill/optimizer.h>

struct problem {
    const char *name;
    const struct tide_parameter *parameters;
    size_t count;
    double (*value)(const double *x); /* to minimise */
    double optimum;
    size_t evaluations;
    double noise;            /* standard deviation added to what is told */
    const double *published; /* Optuna GP's median and quartiles (docs/BENCHMARKS.md); NULL: none */
};

extern const struct problem problems[];
extern const size_t problem_count;

#endif
