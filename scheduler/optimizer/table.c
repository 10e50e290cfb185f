/*
 * Knows the one order of observations and pending points that the model ever sees.
 */
#include "optimizer/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* NaN sorts before every number. */
static int compare_reals(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double left = isnan(a[i]) ? -HUGE_VAL : a[i];
        const double right = isnan(b[i]) ? -HUGE_VAL : b[i];
        if (left != right) {
            return left < right ? -1 : 1;
        }
    }
    return 0;
}

static int compare(const struct table *table, const struct record *a, const double *ax,
                   const struct record *b, const double *bx, size_t width)
{
    int order = 0;

    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    if (table->curves) {
        return a->step < b->step ? -1 : (a->step > b->step ? 1 : 0);
    }
    if (a->id != TIDE_OWN) {
        return 0;
    }
    order = compare_reals(ax, bx, width);
    if (order == 0) {
        order = compare_reals(a->values, b->values, TIDE_OBJECTIVES_MAX);
    }
    return order;
}

/* The first index whose record does not come before this one. */
static size_t lower_bound(const struct table *table, const struct record *record, const double *x,
                          size_t width)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(table, &table->record[middle], table->x + middle * width, record, x, width) <
            0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t table_find(const struct table *table, int64_t id, double step)
{
    const struct record key = {.id = id, .step = step};
    const size_t index = id == TIDE_OWN ? table->count : lower_bound(table, &key, NULL, 0);

    return index < table->count && table->record[index].id == id &&
                   (!table->curves || table->record[index].step == step)
               ? index
               : table->count;
}

static enum tide_status grow(struct table *table, size_t width)
{
    const size_t capacity = table->capacity == 0 ? 64 : 2 * table->capacity;
    struct record *record = realloc(table->record, capacity * sizeof *record);
    double *x = NULL;

    if (record == NULL) {
        return TIDE_NO_MEMORY;
    }
    table->record = record;
    x = realloc(table->x, capacity * width * sizeof *x);
    if (x == NULL) {
        return TIDE_NO_MEMORY;
    }
    table->x = x;
    table->capacity = capacity;
    return TIDE_OK;
}

enum tide_status table_put(struct table *table, const struct record *record, const double *x,
                           size_t width)
{
    size_t index = table_find(table, record->id, record->step);

    if ((table->count == table->capacity && grow(table, width) != TIDE_OK) ||
        cells_put(&table->cells, record->cell, record->id) != TIDE_OK) {
        return TIDE_NO_MEMORY;
    }
    if (index < table->count) {
        cells_remove(&table->cells, table->record[index].cell, record->id);
    } else {
        index = lower_bound(table, record, x, width);
        memmove(table->record + index + 1, table->record + index,
                (table->count - index) * sizeof *record);
        memmove(table->x + (index + 1) * width, table->x + index * width,
                (table->count - index) * width * sizeof *x);
        table->count++;
    }
    table->record[index] = *record;
    memmove(table->x + index * width, x, width * sizeof *x);
    return TIDE_OK;
}

/* Records of one id: one, but for the caller's own, and in a table of curves. */
static bool id_has(const struct table *table, const struct space *space, int64_t id,
                   const double *x)
{
    const struct record first = {.id = id, .step = -1};

    for (size_t i = id == TIDE_OWN ? 0 : lower_bound(table, &first, NULL, 0);
         i < table->count && table->record[i].id == id; i++) {
        if (table->record[i].source == 0 && space_same(space, x, table->x + i * space->count)) {
            return true;
        }
    }
    return false;
}

bool table_has(const struct table *table, const struct space *space, const double *x)
{
    uint64_t cells[SPACE_CELLS_MAX];
    const size_t count = space_cells(space, x, cells);
    int64_t id = 0;

    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (cells_next(&table->cells, cells[i], &at, &id)) {
            if (id_has(table, space, id, x)) {
                return true;
            }
        }
    }
    return false;
}

void table_remove(struct table *table, size_t index, size_t width)
{
    cells_remove(&table->cells, table->record[index].cell, table->record[index].id);
    table->count--;
    memmove(table->record + index, table->record + index + 1,
            (table->count - index) * sizeof *table->record);
    memmove(table->x + index * width, table->x + (index + 1) * width,
            (table->count - index) * width * sizeof *table->x);
}

void table_drop(struct table *table, int64_t id, size_t width)
{
    for (size_t i = table->count; i-- > 0;) {
        if (table->record[i].id == id) {
            table_remove(table, i, width);
        }
    }
}

void table_fini(struct table *table)
{
    free(table->record);
    free(table->x);
    cells_fini(&table->cells);
    *table = (struct table){0};
}
