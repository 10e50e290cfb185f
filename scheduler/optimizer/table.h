/*
 * Points ordered by id, the caller's own (TIDE_OWN) first and ordered by content, so that the order
 * in which they were told leaves no trace.
 */
#ifndef OPTIMIZER_TABLE_H
#define OPTIMIZER_TABLE_H

#include "optimizer/state.h"

/* table_find: the index of `id` (in a table of curves: at this step), or `count` if it is not
 * there; TIDE_OWN is never found. */
size_t table_find(const struct table *table, int64_t id, double step);

/* table_put: adds or replaces; `x` has `width` numbers. */
enum tide_status table_put(struct table *table, const struct record *record, const double *x,
                           size_t width);

/* table_has: a point that is the same as x. */
bool table_has(const struct table *table, const struct space *space, const double *x);

void table_remove(struct table *table, size_t index, size_t width);
/* table_drop: every record of `id`. */
void table_drop(struct table *table, int64_t id, size_t width);
void table_fini(struct table *table);

#endif
