/*
 * What a struct tide_optimizer is, for the files of this room.
 */
#ifndef OPTIMIZER_STATE_H
#define OPTIMIZER_STATE_H

#include "optimizer/gp.h"
#include "optimizer/sobol.h"
#include "optimizer/space.h"
#include "optimizer/warp.h"

#include <tidemill/optimizer.h>

struct record {
    int64_t id;
    enum tide_outcome outcome;
    double values[TIDE_OBJECTIVES_MAX];
    double outcomes[TIDE_OUTCOMES_MAX]; /* NaN where unknown */
    double step;
    double cost;
};

/* Points by id: observations (records) and pending ones share the form. */
struct table {
    struct record *record;
    double *x; /* capacity x parameters */
    size_t count;
    size_t capacity;
};

/* What is left of a fit for the next one. */
struct fit {
    size_t told; /* usable values it was made from; 0: there is none */
    struct gp_hyper hyper;
};

/* Scratch of the search for the next point. */
struct search {
    double *x;        /* candidates x parameters */
    double *mean;     /* candidates x draws */
    double *variance; /* candidates */
    double *score;    /* candidates */
    double *work;     /* batch x rows */
    size_t work_reals;
};

struct tide_optimizer {
    struct space space;
    struct tide_objective objective[TIDE_OBJECTIVES_MAX];
    size_t objective_count;
    size_t outcome_count;
    uint64_t seed;
    enum tide_algorithm algorithm;
    size_t initial;
    size_t parallel;
    bool noisy;
    double step_max;

    struct table observed;
    struct table pending;
    int64_t next;
    struct fit fit;

    struct sobol sobol;
    struct gp gp;
    struct warp warp;
    double *values; /* scratch of the warp: 4 x values_capacity */
    size_t values_capacity;
    struct search search;
};

/* state_used: x is observed or pending already, or within `tolerance` of such a point. */
bool state_used(const struct tide_optimizer *optimizer, const double *x, double tolerance);

/*
 * model_build: warps the values, fits where the previous fit is too old (or takes it as it is where
 * `refit` is false), conditions and appends the pending points. TIDE_NOT_FOUND with fewer than two
 * usable values, TIDE_NUMERIC where no model could be made. The fit used is left in `fit`.
 */
enum tide_status model_build(struct tide_optimizer *optimizer, struct fit *fit, bool refit);

/* search_point: the model's choice into x, legal and unused, and its log expected improvement.
 * False if the search found only points that are used. */
bool search_point(struct tide_optimizer *optimizer, int64_t k, double *x, double *acquisition);
enum tide_status search_init(struct search *search, size_t parameters);
void search_fini(struct search *search);

#endif
