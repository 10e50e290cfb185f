/*
 * Pareto fronts and the hypervolume they dominate; every objective is minimised.
 */
#ifndef OPTIMIZER_PARETO_H
#define OPTIMIZER_PARETO_H

#include <tidemill/optimizer.h>

enum { PARETO_CELLS_MAX = 2048, PARETO_POINTS_MAX = 512 };

/* Disjoint boxes that together are the part of objective space that is better than the reference
 * and not dominated. Bounds are indices into `bound` of their objective. */
struct pareto {
    size_t objectives;
    double bound[TIDE_OBJECTIVES_MAX][PARETO_POINTS_MAX + 2]; /* ascending; first -infinity */
    size_t bounds[TIDE_OBJECTIVES_MAX];
    struct {
        unsigned short low[TIDE_OBJECTIVES_MAX];
        unsigned short high[TIDE_OBJECTIVES_MAX];
    } cell[PARETO_CELLS_MAX];
    size_t cells;
};

/* pareto_front: marks in `front` which of `count` points (count x objectives) no other dominates;
 * of equal points the first. Returns how many. */
size_t pareto_front(const double *points, size_t count, size_t objectives, bool *front);

/* pareto_divide: the boxes for 2 to 4 objectives. Where the front has more points than the boxes
 * allow, an even selection of it serves. */
void pareto_divide(struct pareto *pareto, const double *front, size_t count, size_t objectives,
                   const double *reference);

/* pareto_volume: what the points dominate within the reference, exactly, for 2 to 4 objectives; at
 * most PARETO_POINTS_MAX points that are a front. */
double pareto_volume(const double *front, size_t count, size_t objectives, const double *reference);

#endif
