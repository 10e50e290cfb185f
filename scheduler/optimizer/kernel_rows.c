/*
 * Knows how to write loops that gcc and clang turn into vector instructions without -ffast-math:
 * no branches, sums in eight lanes, an exponential of its own. KERNEL_ROWS names the build.
 */
#include "optimizer/kernel_rows.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 8 };

extern const struct kernel_rows KERNEL_ROWS;

/* Codes are small whole numbers: 1 where they differ, 0 where not. Arithmetic, not a comparison:
 * gcc 12 at -O3 -mavx2 drops lanes of a conditional sum (tests/optimizer checks every build). */
static inline double unequal(double a, double b)
{
    const double d = fabs(a - b);

    return d < 1.0 ? d : 1.0;
}

static void distances(double *restrict r2, size_t n, const struct kernel_columns *columns,
                      const double *at)
{
    memset(r2, 0, n * sizeof *r2);
    for (size_t c = 0; c < columns->count; c++) {
        const double *restrict column = columns->data + c * columns->stride;
        const double here = at[c];
        const double weight = columns->weight[c];
        if (columns->code[c] != 0) {
            for (size_t j = 0; j < n; j++) {
                r2[j] += weight * unequal(column[j], here);
            }
        } else {
            for (size_t j = 0; j < n; j++) {
                const double d = column[j] - here;
                r2[j] += weight * (d * d);
            }
        }
    }
}

/* exp(-t) for t >= 0 within 2 ulp: 2^n exp(r), |r| <= ln 2 / 2, by Taylor's polynomial of degree
 * 12. The rounding constant leaves n in the low bits of the sum. Below e^-700 the value stays. */
static inline double exp_negative(double t)
{
    const double x = t > 700.0 ? -700.0 : -t;
    const double shifted = x * 1.44269504088896340736 + 0x1.8p52;
    const double n = shifted - 0x1.8p52;
    const double r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33;
    double p = 1.0 / 479001600.0;
    int64_t power = 0;
    int64_t bits = 0;

    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    memcpy(&power, &shifted, sizeof power);
    memcpy(&bits, &p, sizeof bits);
    bits = (int64_t)((uint64_t)bits + ((uint64_t)power << 52));
    memcpy(&p, &bits, sizeof p);
    return p;
}

static void matern(double *k, double *restrict g, const double *r2, size_t n, double scale)
{
    for (size_t j = 0; j < n; j++) {
        const double t2 = 5.0 * r2[j];
        const double t = sqrt(t2);
        const double e = scale * exp_negative(t);
        k[j] = (1.0 + t + t2 * (1.0 / 3.0)) * e;
        g[j] = (-5.0 / 6.0) * (1.0 + t) * e;
    }
}

static void trend(double *restrict k, double *restrict b, size_t n,
                  const struct kernel_columns *columns, const double *at, double scale)
{
    for (size_t j = 0; j < n; j++) {
        b[j] = 1.0;
    }
    for (size_t c = 0; c < columns->count; c++) {
        const double *restrict column = columns->data + c * columns->stride;
        const double centre = columns->centre[c];
        const double pull = columns->bend[c] * (at[c] - centre);
        for (size_t j = 0; j < n && columns->bend[c] > 0; j++) {
            b[j] += pull * (column[j] - centre);
        }
    }
    for (size_t j = 0; j < n; j++) {
        k[j] += scale * (b[j] * b[j]);
    }
}

static double lane_total(const double *lane)
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double moment_number(const double *restrict w, const double *restrict column, size_t n,
                            double here)
{
    double lane[LANES] = {0};
    size_t j = 0;

    for (; j + LANES <= n; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            const double d = column[j + l] - here;
            lane[l] += w[j + l] * (d * d);
        }
    }
    for (; j < n; j++) {
        const double d = column[j] - here;
        lane[0] += w[j] * (d * d);
    }
    return lane_total(lane);
}

static double moment_code(const double *restrict w, const double *restrict column, size_t n,
                          double here)
{
    double lane[LANES] = {0};
    size_t j = 0;

    for (; j + LANES <= n; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            lane[l] += w[j + l] * unequal(column[j + l], here);
        }
    }
    for (; j < n; j++) {
        lane[0] += w[j] * unequal(column[j], here);
    }
    return lane_total(lane);
}

static double lean_number(const double *restrict w, const double *restrict column, size_t n,
                          double here)
{
    double lane[LANES] = {0};
    size_t j = 0;

    for (; j + LANES <= n; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            const double d = column[j + l] - here;
            lane[l] += w[j + l] * (d * d) * (1.0 - here - column[j + l]);
        }
    }
    for (; j < n; j++) {
        const double d = column[j] - here;
        lane[0] += w[j] * (d * d) * (1.0 - here - column[j]);
    }
    return lane_total(lane);
}

static void moments(double *sum, double *lean, const double *w, size_t n,
                    const struct kernel_columns *columns, const double *at)
{
    for (size_t c = 0; c < columns->count; c++) {
        const double *column = columns->data + c * columns->stride;
        sum[c] += columns->code[c] != 0 ? moment_code(w, column, n, at[c])
                                        : moment_number(w, column, n, at[c]);
        if (lean != NULL && columns->code[c] == 0) {
            lean[c] += lean_number(w, column, n, at[c]);
        }
    }
}

static double spread(const double *restrict w, const double *restrict a, size_t n)
{
    double lane[LANES] = {0};
    size_t j = 0;

    for (; j + LANES <= n; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            lane[l] += w[j + l] * a[j + l] * (1.0 - a[j + l]);
        }
    }
    for (; j < n; j++) {
        lane[0] += w[j] * a[j] * (1.0 - a[j]);
    }
    return lane_total(lane);
}

static double dot(const double *restrict a, const double *restrict b, size_t n)
{
    double lane[LANES] = {0};
    size_t j = 0;

    for (; j + LANES <= n; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            lane[l] += a[j + l] * b[j + l];
        }
    }
    for (; j < n; j++) {
        lane[0] += a[j] * b[j];
    }
    return lane_total(lane);
}

const struct kernel_rows KERNEL_ROWS = {distances, matern, trend, moments, spread, dot};
