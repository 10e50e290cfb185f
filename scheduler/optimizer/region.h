/*
 * The region a local ask is confined to: a box around the best point that grows while local asks
 * succeed and shrinks while they fail.
 */
#ifndef OPTIMIZER_REGION_H
#define OPTIMIZER_REGION_H

#include "optimizer/space.h"

struct tide_optimizer;

struct region {
    double centre[SPACE_PARAMETERS_MAX]; /* a point, as the model sees it */
    double low[SPACE_PARAMETERS_MAX];    /* places; 0 and 1 for what is no number */
    double high[SPACE_PARAMETERS_MAX];
};

/* region_local: whether ask `k` is a local one. */
bool region_local(const struct tide_optimizer *optimizer, int64_t k);

/* region_set: the region around `centre`, for the built model and what was told. */
void region_set(struct region *region, const struct tide_optimizer *optimizer,
                const double *centre);

/* region_clamp: a place of parameter `i`, brought inside. */
double region_clamp(const struct region *region, size_t i, double u);

#endif
