/*
 * Scrambled Sobol' points: any dimension up to SOBOL_DIMENSIONS, addressed by index.
 */
#ifndef OPTIMIZER_SOBOL_H
#define OPTIMIZER_SOBOL_H

#include <stddef.h>
#include <stdint.h>

enum { SOBOL_DIMENSIONS = 101, SOBOL_BITS = 32 };

struct sobol {
    uint32_t direction[SOBOL_DIMENSIONS][SOBOL_BITS];
    uint32_t scramble[SOBOL_DIMENSIONS];
    size_t dimensions;
};

/* sobol_init: the sequence of `dimensions` (at most SOBOL_DIMENSIONS), scrambled by `seed`. */
void sobol_init(struct sobol *sobol, size_t dimensions, uint64_t seed);

/* sobol_point: the index-th point, in (0, 1). */
void sobol_point(const struct sobol *sobol, uint32_t index, double *point);

#endif
