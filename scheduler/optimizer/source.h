/*
 * Earlier searches as sources of the model: their values in this search's units, and which of them
 * are believed at all.
 */
#ifndef OPTIMIZER_SOURCE_H
#define OPTIMIZER_SOURCE_H

#include "optimizer/model.h"

/*
 * source_align: of the rows of `gp`, whose told values are `values`, brings those of each source to
 * the units of the search's own, and takes out those of a source that ranks the search's own points
 * worse than chance would. `hyper` is the last fit, or where to start one. Returns how many rows
 * are left.
 */
size_t source_align(struct model *model, struct gp *gp, const struct gp_hyper *hyper,
                    double *values);

#endif
