/*
 * What a struct tide_optimizer is, for the files of this room.
 */
#ifndef OPTIMIZER_STATE_H
#define OPTIMIZER_STATE_H

#include "optimizer/cells.h"
#include "optimizer/judge.h"
#include "optimizer/model.h"
#include "optimizer/pool.h"
#include "optimizer/sobol.h"
#include "optimizer/space.h"

#include <tidemill/optimizer.h>

enum { SEARCH_CANDIDATES = 768 };

struct record {
    int64_t id;
    enum tide_outcome outcome;
    size_t source; /* 0: this search */
    double values[TIDE_OBJECTIVES_MAX];
    double outcomes[TIDE_OUTCOMES_MAX]; /* NaN where unknown */
    uint64_t cell;                      /* space_cell of its point */
    double step;                        /* 0: a full evaluation */
    double cost;
};

/* Points by id (and by step, in a table of curves). */
struct table {
    struct record *record;
    double *x; /* capacity x parameters */
    size_t count;
    size_t capacity;
    struct cells cells;
    bool curves;
};

struct tide_optimizer {
    struct space space; /* the caller's */
    struct model model;
    struct tide_objective objective[TIDE_OBJECTIVES_MAX];
    uint64_t seed;
    enum tide_algorithm algorithm;
    size_t initial;      /* points before the model leads */
    size_t initial_warm; /* the same while a source is believed */
    size_t source_count;
    bool noisy;
    bool per_cost;

    struct table observed;
    struct table curve; /* values on the way of points that are or were pending */
    struct table pending;
    int64_t next;
    struct fit fit;

    struct sobol sobol;
    struct judge judge;
    struct pool pool;
    uint64_t version;   /* changes with every tell, forget or restored row */
    uint64_t built;     /* the version the pool's model was built for */
    double *candidates; /* SEARCH_CANDIDATES x model.space.count */
    double *score;      /* SEARCH_CANDIDATES */
};

/* state_used: x is observed or pending already (space_same). */
bool state_used(const struct tide_optimizer *optimizer, const double *x);

/* search_point: the model's choice into x (the caller's parameters), legal and unused, and its log
 * expected improvement. False if the search found only points that are used. */
bool search_point(struct tide_optimizer *optimizer, int64_t k, double *x, double *acquisition);

/* search_candidates: up to `count` allowed points as the model sees them, half of them near the
 * best ones; returns how many. They depend on `k` and the built model alone. */
size_t search_candidates(struct tide_optimizer *optimizer, int64_t k, double *x, size_t count);

/* pool_point: as search_point, for many pending points; the model is built without them. */
bool pool_point(struct tide_optimizer *optimizer, double *x, double *acquisition);

#endif
