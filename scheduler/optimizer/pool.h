/*
 * Suggestions far ahead: with many points pending, one pool of candidates is scored once and points
 * are chosen from it one after the other, each choice lowering the variance of its neighbours.
 */
#ifndef OPTIMIZER_POOL_H
#define OPTIMIZER_POOL_H

#include "optimizer/model.h"

enum { POOL_CANDIDATES = 2048, POOL_PENDING_MAX = 1024 };

struct pool {
    uint64_t serial;      /* of the model it was made for; 0: none */
    size_t base;          /* observed rows */
    size_t stride;        /* of v and row: base + POOL_PENDING_MAX */
    size_t count;         /* candidates */
    size_t rows;          /* pending points absorbed */
    double incumbent;     /* to beat */
    double *x;            /* candidates x space.count */
    double *features;     /* candidates x columns */
    double *v;            /* candidates x stride: L^-1 k */
    double *mean;         /* candidates */
    double *variance;     /* candidates: given the rows taken in */
    double *feasible;     /* candidates: log probability of satisfying constraints */
    double *score;        /* candidates: an upper bound until all rows are taken in; -inf: taken */
    size_t *taken_in;     /* candidates: how many pending rows v and variance know */
    double *row;          /* POOL_PENDING_MAX x stride: v of the pending points */
    double *row_sd;       /* POOL_PENDING_MAX */
    double *row_features; /* POOL_PENDING_MAX x columns */
    size_t reals;         /* allocated in v */
};

void pool_fini(struct pool *pool);

#endif
