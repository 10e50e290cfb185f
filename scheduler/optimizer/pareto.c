/*
 * Knows how to divide objective space. With two objectives the free part is a staircase of strips;
 * with three it is sliced at every value of the third, with four at every value of the fourth, and
 * each slice is the free part of the points that reach below it (as in Lacour, Klamroth, Fonseca,
 * Computers & Operations Research 79, 2017, without their merging of boxes).
 */
#include "optimizer/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool dominates(const double *a, const double *b, size_t objectives)
{
    bool better = false;

    for (size_t i = 0; i < objectives; i++) {
        if (a[i] > b[i]) {
            return false;
        }
        better = better || a[i] < b[i];
    }
    return better;
}

static bool equal(const double *a, const double *b, size_t objectives)
{
    return memcmp(a, b, objectives * sizeof *a) == 0;
}

size_t pareto_front(const double *points, size_t count, size_t objectives, bool *front)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const double *point = points + i * objectives;
        front[i] = true;
        for (size_t j = 0; j < count && front[i]; j++) {
            const double *other = points + j * objectives;
            front[i] =
                !dominates(other, point, objectives) && !(j < i && equal(other, point, objectives));
        }
        found += front[i] ? 1 : 0;
    }
    return found;
}

static int ascending(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

/* The distinct values of one objective below the reference, between -infinity and it. */
static void set_bounds(struct pareto *pareto, size_t objective, const double *front, size_t count,
                       double reference)
{
    double *bound = pareto->bound[objective];
    size_t used = 1;

    bound[0] = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        bound[used++] = front[i * pareto->objectives + objective];
    }
    qsort(bound + 1, count, sizeof *bound, ascending);
    used = 1;
    for (size_t i = 1; i <= count; i++) {
        if (bound[i] < reference && bound[i] != bound[used - 1]) {
            bound[used++] = bound[i];
        }
    }
    bound[used++] = reference;
    pareto->bounds[objective] = used;
}

static unsigned short index_of(const struct pareto *pareto, size_t objective, double value)
{
    size_t i = 0;

    while (i + 1 < pareto->bounds[objective] && pareto->bound[objective][i] < value) {
        i++;
    }
    return (unsigned short)i;
}

struct slice {
    const double *front;
    size_t count;
    unsigned short low[TIDE_OBJECTIVES_MAX]; /* of the objectives beyond the second */
    unsigned short high[TIDE_OBJECTIVES_MAX];
};

/* A point takes part in a slice if it reaches below it in every sliced objective. */
static bool reaches(const struct pareto *pareto, const struct slice *slice, const double *point)
{
    for (size_t j = 2; j < pareto->objectives; j++) {
        if (point[j] > pareto->bound[j][slice->low[j]]) {
            return false;
        }
    }
    return true;
}

/* The lowest second objective among the slice's points whose first is at most bound[at]. */
static double ceiling(const struct pareto *pareto, const struct slice *slice, size_t at)
{
    double lowest = pareto->bound[1][pareto->bounds[1] - 1];

    for (size_t i = 0; i < slice->count; i++) {
        const double *point = slice->front + i * pareto->objectives;
        if (point[0] <= pareto->bound[0][at] && reaches(pareto, slice, point)) {
            lowest = fmin(lowest, point[1]);
        }
    }
    return lowest;
}

/* The strips of one slice; neighbours of the same height are one. */
static void add_strips(struct pareto *pareto, const struct slice *slice)
{
    size_t start = 0;
    double height = ceiling(pareto, slice, 0);

    for (size_t at = 1; at < pareto->bounds[0]; at++) {
        const bool end = at + 1 == pareto->bounds[0];
        const double next = end ? -HUGE_VAL : ceiling(pareto, slice, at);
        if (next == height || pareto->cells == PARETO_CELLS_MAX) {
            continue;
        }
        memcpy(pareto->cell[pareto->cells].low, slice->low, sizeof slice->low);
        memcpy(pareto->cell[pareto->cells].high, slice->high, sizeof slice->high);
        pareto->cell[pareto->cells].low[0] = (unsigned short)start;
        pareto->cell[pareto->cells].high[0] = (unsigned short)at;
        pareto->cell[pareto->cells].low[1] = 0;
        pareto->cell[pareto->cells].high[1] = index_of(pareto, 1, height);
        pareto->cells++;
        start = at;
        height = next;
    }
}

static void add_slices(struct pareto *pareto, struct slice *slice, size_t objective)
{
    if (objective >= TIDE_OBJECTIVES_MAX) {
        return;
    }
    for (size_t i = 0; i + 1 < pareto->bounds[objective]; i++) {
        slice->low[objective] = (unsigned short)i;
        slice->high[objective] = (unsigned short)(i + 1);
        if (objective == 2) {
            add_strips(pareto, slice);
            continue;
        }
        for (size_t j = 0; j + 1 < pareto->bounds[2]; j++) {
            slice->low[2] = (unsigned short)j;
            slice->high[2] = (unsigned short)(j + 1);
            add_strips(pareto, slice);
        }
    }
}

void pareto_divide(struct pareto *pareto, const double *front, size_t count, size_t objectives,
                   const double *reference)
{
    static const size_t points_max[] = {0, 0, PARETO_POINTS_MAX, 40, 10};
    double chosen[PARETO_POINTS_MAX * TIDE_OBJECTIVES_MAX];
    const size_t limit = points_max[objectives];
    const size_t used = count < limit ? count : limit;
    struct slice slice = {.front = chosen, .count = used};

    for (size_t i = 0; i < used; i++) {
        const size_t from = used < 2 ? 0 : i * (count - 1) / (used - 1);
        memcpy(chosen + i * objectives, front + from * objectives, objectives * sizeof *chosen);
    }
    pareto->objectives = objectives;
    pareto->cells = 0;
    for (size_t j = 0; j < objectives; j++) {
        set_bounds(pareto, j, chosen, used, reference[j]);
    }
    if (objectives == 2) {
        add_strips(pareto, &slice);
    } else {
        add_slices(pareto, &slice, objectives - 1);
    }
}

double pareto_volume(const double *front, size_t count, size_t objectives, const double *reference)
{
    double low[TIDE_OBJECTIVES_MAX];
    double total = 1;
    struct pareto *pareto = NULL;

    /* What is dominated: the box from the least value of each objective, less its free part. */
    for (size_t j = 0; j < objectives; j++) {
        low[j] = reference[j];
        for (size_t i = 0; i < count; i++) {
            low[j] = fmin(low[j], front[i * objectives + j]);
        }
        total *= reference[j] - low[j];
    }
    pareto = malloc(sizeof *pareto);
    if (pareto == NULL || count == 0) {
        free(pareto);
        return count == 0 ? 0 : (double)NAN;
    }
    pareto_divide(pareto, front, count, objectives, reference);
    for (size_t c = 0; c < pareto->cells; c++) {
        double box = 1;
        for (size_t j = 0; j < objectives; j++) {
            const double from = pareto->bound[j][pareto->cell[c].low[j]];
            box *= fmax(pareto->bound[j][pareto->cell[c].high[j]] - fmax(from, low[j]), 0);
        }
        total -= box;
    }
    free(pareto);
    return total;
}
