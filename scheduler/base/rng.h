/*
 * Random numbers in named streams: one more draw in one stream changes nothing in another, and no
 * state is global. Generator: xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom
 * number generators", ACM TOMS 47, 2021), seeded by splitmix64 from the seed and a 64-bit FNV-1a
 * hash of the stream's name.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* rng_init: the stream `name` of `seed`; the same pair gives the same numbers everywhere. */
void rng_init(struct rng *rng, uint64_t seed, const char *name);

/* rng_bits: 64 independent bits. */
uint64_t rng_bits(struct rng *rng);

/* rng_below: uniform over 0 ... bound-1, without bias (by rejection); bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* rng_unit: uniform over [0, 1), 53 bits. */
double rng_unit(struct rng *rng);

#endif
