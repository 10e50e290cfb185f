/*
 * Knows how to find points by where they are. Entries are numbered from 1, so that zeroed memory is
 * an empty table.
 */
#include "optimizer/cells.h"

#include <stdlib.h>

enum { CAPACITY_FIRST = 64 };

static size_t *bucket_of(const struct cells *cells, uint64_t cell)
{
    return &cells->bucket[cell &
                          (cells->capacity - 1)]; /* a digest: its low bits are as good as any */
}

static void link_entry(struct cells *cells, size_t number)
{
    struct cell_entry *entry = &cells->entry[number - 1];
    size_t *bucket = bucket_of(cells, entry->cell);

    entry->next = *bucket;
    *bucket = number;
}

/* Only while none is free: then the first `used` are all in buckets. */
static enum tide_status grow(struct cells *cells)
{
    const size_t capacity = cells->capacity == 0 ? CAPACITY_FIRST : 2 * cells->capacity;
    size_t *bucket = calloc(capacity, sizeof *bucket);
    struct cell_entry *entry = realloc(cells->entry, capacity * sizeof *entry);

    cells->entry = entry == NULL ? cells->entry : entry;
    if (entry == NULL || bucket == NULL) {
        free(bucket);
        return TIDE_NO_MEMORY;
    }
    free(cells->bucket);
    cells->bucket = bucket;
    cells->capacity = capacity;
    for (size_t number = 1; number <= cells->used; number++) {
        link_entry(cells, number);
    }
    return TIDE_OK;
}

enum tide_status cells_put(struct cells *cells, uint64_t cell, int64_t id)
{
    size_t number = cells->free;

    if (number != 0) {
        cells->free = cells->entry[number - 1].next;
    } else {
        if (cells->used == cells->capacity && grow(cells) != TIDE_OK) {
            return TIDE_NO_MEMORY;
        }
        number = ++cells->used;
    }
    cells->entry[number - 1] = (struct cell_entry){.cell = cell, .id = id};
    link_entry(cells, number);
    return TIDE_OK;
}

void cells_remove(struct cells *cells, uint64_t cell, int64_t id)
{
    size_t *link = cells->capacity == 0 ? NULL : bucket_of(cells, cell);

    while (link != NULL && *link != 0) {
        const size_t number = *link;
        struct cell_entry *entry = &cells->entry[number - 1];
        if (entry->cell == cell && entry->id == id) {
            *link = entry->next;
            entry->next = cells->free;
            cells->free = number;
            return;
        }
        link = &entry->next;
    }
}

bool cells_next(const struct cells *cells, uint64_t cell, size_t *at, int64_t *id)
{
    if (cells->capacity == 0) {
        return false;
    }
    size_t number = *at == 0 ? *bucket_of(cells, cell) : cells->entry[*at - 1].next;
    while (number != 0 && cells->entry[number - 1].cell != cell) {
        number = cells->entry[number - 1].next;
    }
    if (number == 0) {
        return false;
    }
    *at = number;
    *id = cells->entry[number - 1].id;
    return true;
}

void cells_fini(struct cells *cells)
{
    free(cells->entry);
    free(cells->bucket);
    *cells = (struct cells){0};
}
