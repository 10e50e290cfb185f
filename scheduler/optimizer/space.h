/*
 * The space that is searched: which points are legal, and how a point looks to the model.
 *
 * A point x is what the caller sees (optimizer.h). Its place u has one number a parameter in [0,
 * 1]: the position between the bounds (of the logarithm where asked), index / (count - 1) for
 * ordinals, the index itself for categorical and bool; NaN where inactive. Its features are what
 * the kernel measures distances on: columns, each of one parameter.
 */
#ifndef OPTIMIZER_SPACE_H
#define OPTIMIZER_SPACE_H

#include "base/rng.h"
#include "optimizer/constraint.h"

#include <tidemill/optimizer.h>

enum {
    SPACE_PARAMETERS_MAX = TIDE_PARAMETERS_MAX + 2, /* the model adds a step and a source */
    SPACE_COLUMNS_MAX = 2 * SPACE_PARAMETERS_MAX,
    SPACE_WHEN_MAX = 1024
};

enum column_kind {
    COLUMN_NUMBER, /* compared by squared difference */
    COLUMN_CODE    /* compared by equality; -1 where inactive */
};

struct space {
    struct tide_parameter parameter[SPACE_PARAMETERS_MAX];
    char name[SPACE_PARAMETERS_MAX][CONSTRAINT_NAME_BYTES];
    double *choice_values[SPACE_PARAMETERS_MAX]; /* owned; NULL where the index is meant */
    double when_values[SPACE_WHEN_MAX];
    size_t count;
    struct constraint *constraint; /* owned */
    size_t constraint_count;
    enum column_kind kind[SPACE_COLUMNS_MAX];
    size_t group[SPACE_COLUMNS_MAX]; /* the parameter of a column */
    size_t columns;
    double points; /* how many the space has before constraints; infinite with a true float */
};

/* space_init: copies and checks; TIDE_INVALID explains itself in `message` (TIDE_MESSAGE_BYTES). */
enum tide_status space_init(struct space *space, const struct tide_config *config, char *message);
void space_fini(struct space *space);

/* space_discrete: compared by equality rather than by distance. */
bool space_discrete(const struct space *space, size_t parameter);

/* space_levels: how many values a parameter can take; 0: a continuum. */
uint64_t space_levels(const struct space *space, size_t parameter);

/* space_active: whether `parameter` is active at x, whose earlier parameters are settled. */
bool space_active(const struct space *space, const double *x, size_t parameter);

/* space_value: the legal value nearest to place `u` in [0, 1] (or index); space_place: its place.
 */
double space_value(const struct space *space, size_t parameter, double u);
double space_place(const struct space *space, size_t parameter, double value);

/* space_draw: the value at quantile q in (0, 1), every level of a grid equally likely. */
double space_draw(const struct space *space, size_t parameter, double q);

/* space_level: the value of level `level` < space_levels of parameter `index`. */
double space_level(const struct space *space, size_t index, uint64_t level);

/* space_settle: makes x legal: NaN where inactive, snapped to the nearest legal value where active
 * (an active NaN takes its default or the middle). Constraints are not looked at. */
void space_settle(const struct space *space, double *x);

/* space_takes: `value` is one that an active parameter may have, up to rounding within bounds. */
bool space_takes(const struct space *space, size_t parameter, double value);

/* space_legal: x is exactly what space_settle would leave, up to rounding of floats within bounds,
 * and the constraints hold. */
bool space_legal(const struct space *space, const double *x);
bool space_allowed(const struct space *space, const double *x); /* the constraints alone */

/* space_features: `columns` numbers at `stride` apart. */
void space_features(const struct space *space, const double *x, double *features, size_t stride);

/*
 * space_slope: adds to gradient[p] what a column's slope means for the place of parameter p; only
 * number columns of active parameters do.
 */
void space_slope(const struct space *space, const double *x, const double *slope, double *gradient);

/* space_same: the same point to a person: equal choices, and places within 1e-7. */
bool space_same(const struct space *space, const double *a, const double *b);

/*
 * space_cell: a digest of where x is; space_cells: those of all points that space_same takes for x,
 * at most SPACE_CELLS_MAX; returns how many.
 */
enum { SPACE_CELLS_MAX = 4 };
uint64_t space_cell(const struct space *space, const double *x);
size_t space_cells(const struct space *space, const double *x, uint64_t *cells);

/* space_default: the point of the defaults; false when no parameter has one. */
bool space_default(const struct space *space, double *x);

/* space_enumerate: the index-th point of a finite space; false where it repeats another one
 * (inactive parameters take no part) or breaks a constraint. */
bool space_enumerate(const struct space *space, uint64_t index, double *x);

#endif
