/*
 * How promising a point is: the logarithm of the expected improvement (of the hypervolume, with
 * several objectives) times the probability that the point satisfies every outcome constraint and
 * does not fail.
 */
#ifndef OPTIMIZER_JUDGE_H
#define OPTIMIZER_JUDGE_H

#include "optimizer/model.h"
#include "optimizer/pareto.h"

enum { JUDGE_BATCH = 128 };

struct judge {
    struct model *model;
    double incumbent[GP_DRAWS_MAX]; /* one objective: the value to beat, per draw */
    bool hopeless;                  /* no point satisfies the constraints yet: feasibility alone */
    double caution;                 /* > 0: the mean less this many deviations instead */
    struct pareto *pareto;          /* several objectives; owned */
    double *work;                   /* JUDGE_BATCH x rows; owned */
    size_t work_reals;
};

/* judge_open: for the built model; TIDE_NO_MEMORY. judge_close accepts a zeroed one. */
enum tide_status judge_open(struct judge *judge, const struct tide_optimizer *optimizer);
void judge_close(struct judge *judge);

/* judge_standing: what there is to beat, for the model as it is now; judge_open does it. */
void judge_standing(struct judge *judge, const struct tide_optimizer *optimizer);

/* judge_point: at a point as the model sees it; the gradient by places (NULL if not wanted). */
double judge_point(struct judge *judge, const double *x, double *gradient);

/* judge_many: at count x space.count points. */
void judge_many(struct judge *judge, const double *x, size_t count, double *score);

enum { JUDGE_ANCHORS = 4 };

/*
 * judge_anchors: good points to search near, as the model sees them (JUDGE_ANCHORS x space.count):
 * the best by expected value, or points of the front picked by `pick`, a number that differs from
 * ask to ask. Returns how many.
 */
size_t judge_anchors(struct judge *judge, const struct tide_optimizer *optimizer, uint64_t pick,
                     double *x);

#endif
