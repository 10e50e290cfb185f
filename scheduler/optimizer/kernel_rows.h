/*
 * The inner loops over rows of the kernel matrix. kernel_rows.c is compiled twice, for any x86-64
 * or other CPU and for AVX2; kernel_rows() gives the build that this CPU runs fastest.
 */
#ifndef OPTIMIZER_KERNEL_ROWS_H
#define OPTIMIZER_KERNEL_ROWS_H

#include <stddef.h>

/* Columns of features by structure of arrays: column c of row j is data[c * stride + j]. */
struct kernel_columns {
    const double *data;
    size_t stride;
    size_t count;
    const int *code;      /* per column: not zero if it is compared by equality */
    const double *weight; /* per column: inverse squared lengthscale */
    const double *bend;   /* per column: what the trend makes of it; 0 for none */
    const double *centre; /* per column: where the trend has its middle */
};

struct kernel_rows {
    /* r2[j] = sum over columns of weight * distance^2 between row j < n and the features `at`. */
    void (*distances)(double *r2, size_t n, const struct kernel_columns *columns, const double *at);
    /* k[j] = Matern-5/2 of r2[j] times `scale`; g[j] = its derivative by r2. k may be r2. */
    void (*matern)(double *k, double *g, const double *r2, size_t n, double scale);
    /* b[j] = 1 + sum over columns of bend (row j - centre) (at - centre); k[j] += scale b[j]^2. */
    void (*trend)(double *k, double *b, size_t n, const struct kernel_columns *columns,
                  const double *at, double scale);
    /* sum[c] += sum over j < n of w[j] distance^2 of column c, without weights. With `lean`, of
     * columns that are no codes, lean[c] += the same times 1 - (row j) - at. */
    void (*moments)(double *sum, double *lean, const double *w, size_t n,
                    const struct kernel_columns *columns, const double *at);
    /* sum of w[j] a[j] (1 - a[j]) over j < n. */
    double (*spread)(const double *w, const double *a, size_t n);
    /* The sum over j < n of a[j] b[j]. */
    double (*dot)(const double *a, const double *b, size_t n);
};

const struct kernel_rows *kernel_rows(void);

#endif
