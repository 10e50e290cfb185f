#include "base/rng.h"

#include "base/assert.h"
#include "base/digest.h"

#include <stddef.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

void rng_init(struct rng *rng, uint64_t seed, const char *name)
{
    uint64_t state = seed ^ digest_text(name);

    for (size_t i = 0; i < 4; i++) {
        rng->state[i] = splitmix64(&state);
    }
}

uint64_t rng_bits(struct rng *rng)
{
    uint64_t *s = rng->state;
    const uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
    const uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    ASSERT(bound > 0);
    const uint64_t rejected =
        (0 - bound) % bound; /* 2^64 mod bound values would be drawn once too often */
    uint64_t bits = rng_bits(rng);
    while (bits < rejected) {
        bits = rng_bits(rng);
    }
    return bits % bound;
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_bits(rng) >> 11) * 0x1p-53;
}
