/*
 * Knows the Sobol' sequence (Sobol' 1967; recurrence as in Bratley and Fox, ACM TOMS 14, 1988).
 *
 * Deviations. The primitive polynomials are found here, in order of degree, and the free initial
 * direction numbers come from a hash rather than from a table: every projection on one dimension is
 * perfectly even, pairs of late dimensions are only as even as chance makes them. Scrambling is
 * Owen's nested uniform one by hashing (Burley, "Practical Hash-based Owen Scrambling", JCGT 9,
 * 2020) with the mixing of a 32-bit multiply-xor hash below each bit.
 */
#include "optimizer/sobol.h"

#include "base/rng.h"

#include <stdbool.h>

static uint32_t hash(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352dU;
    x ^= x >> 15;
    x *= 0x846ca68bU;
    return x ^ (x >> 16);
}

/* Whether x has order 2^degree - 1 modulo the polynomial: then it is primitive over GF(2). */
static bool primitive(uint32_t polynomial, unsigned degree)
{
    const uint32_t top = 1U << degree;
    uint32_t power = 1;
    uint32_t order = 0;

    do {
        power <<= 1;
        if ((power & top) != 0) {
            power ^= polynomial;
        }
        order++;
    } while (power != 1 && order < top);
    return order == top - 1;
}

static uint32_t next_primitive(uint32_t polynomial, unsigned *degree)
{
    do {
        polynomial += 2;
        if (polynomial >= 2U << *degree) {
            ++*degree;
            polynomial = (1U << *degree) + 1;
        }
    } while (!primitive(polynomial, *degree));
    return polynomial;
}

static void directions(uint32_t *v, uint32_t polynomial, unsigned degree)
{
    for (unsigned i = 0; i < SOBOL_BITS; i++) {
        if (i < degree) {
            const uint32_t m = hash(polynomial * 8192U + i) | 1U;
            v[i] = (m & ((2U << i) - 1U)) << (SOBOL_BITS - 1 - i);
            continue;
        }
        v[i] = v[i - degree] ^ (v[i - degree] >> degree);
        for (unsigned j = 1; j < degree; j++) {
            if ((polynomial >> (degree - j) & 1U) != 0) {
                v[i] ^= v[i - j];
            }
        }
    }
}

void sobol_init(struct sobol *sobol, size_t dimensions, uint64_t seed)
{
    struct rng rng;
    uint32_t polynomial = 1;
    unsigned degree = 0;

    rng_init(&rng, seed, "sobol");
    sobol->dimensions = dimensions;
    for (size_t d = 0; d < dimensions; d++) {
        if (d == 0) {
            for (unsigned i = 0; i < SOBOL_BITS; i++) {
                sobol->direction[d][i] = 1U << (SOBOL_BITS - 1 - i);
            }
        } else {
            polynomial = next_primitive(polynomial, &degree);
            directions(sobol->direction[d], polynomial, degree);
        }
        sobol->scramble[d] = (uint32_t)(rng_bits(&rng) >> 32);
    }
}

/* Each bit is flipped by a hash of the bits above it: a nested uniform scramble. */
static uint32_t scramble(uint32_t x, uint32_t seed)
{
    uint32_t result = 0;

    for (unsigned bit = 0; bit < SOBOL_BITS; bit++) {
        const uint32_t above = bit == 0 ? 0 : x >> (SOBOL_BITS - bit);
        const uint32_t flip = hash(above ^ hash(seed + bit * 0x9e3779b9U)) & 1U;
        const uint32_t here = x >> (SOBOL_BITS - 1 - bit) & 1U;
        result = result << 1 | (here ^ flip);
    }
    return result;
}

void sobol_point(const struct sobol *sobol, uint32_t index, double *point)
{
    const uint32_t gray = index ^ index >> 1;

    for (size_t d = 0; d < sobol->dimensions; d++) {
        uint32_t x = 0;
        for (unsigned bit = 0; bit < SOBOL_BITS; bit++) {
            x ^= (gray >> bit & 1U) != 0 ? sobol->direction[d][bit] : 0;
        }
        point[d] = ((double)scramble(x, sobol->scramble[d]) + 0.5) * 0x1p-32;
    }
}
