/*
 * Which ids have a point in which cell of the space (space_cell): a hash table, so that an ask of a
 * long search costs no more than one of a short one.
 */
#ifndef OPTIMIZER_CELLS_H
#define OPTIMIZER_CELLS_H

#include <tidemill/optimizer.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cell_entry {
    uint64_t cell;
    int64_t id;
    size_t next; /* of the same bucket, or of the free ones: index + 1; 0 the last */
};

struct cells {
    struct cell_entry *entry;
    size_t *bucket; /* index + 1 of its first entry; as many buckets as there is room for entries */
    size_t capacity;
    size_t used; /* entries ever taken; those given back are in `free` */
    size_t free; /* index + 1 of the first */
};

/* cells_put: one more point of `id` in this cell. TIDE_NO_MEMORY leaves all as it was. */
enum tide_status cells_put(struct cells *cells, uint64_t cell, int64_t id);

/* cells_remove: one point that was put. */
void cells_remove(struct cells *cells, uint64_t cell, int64_t id);

/* cells_next: the ids of a cell, one a call: `*at` is the caller's, 0 at first. False at the end.
 */
bool cells_next(const struct cells *cells, uint64_t cell, size_t *at, int64_t *id);

void cells_fini(struct cells *cells);

#endif
