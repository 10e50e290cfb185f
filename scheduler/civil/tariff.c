/*
 * Knows how bands become price steps: the horizon is painted with the default and then with the
 * bands, the last band first, so that the first band is on top.
 */
#include "civil/window.h"

#include <stdbool.h>
#include <string.h>

enum { CHUNK_INTERVALS = 64 };

struct paint {
    struct price_step *steps;
    size_t capacity;
    size_t count;
    bool overflowed;
};

/* The index of the step that starts at `at_ms`, made by splitting the one that holds there. */
static size_t paint_split(struct paint *paint, int64_t at_ms)
{
    size_t index = paint->count;

    while (index > 0 && paint->steps[index - 1].start_ms >= at_ms) {
        index--;
    }
    if (index < paint->count && paint->steps[index].start_ms == at_ms) {
        return index;
    }
    if (paint->count == paint->capacity) {
        paint->overflowed = true;
        return 0;
    }
    memmove(paint->steps + index + 1, paint->steps + index,
            (paint->count - index) * sizeof *paint->steps);
    paint->steps[index] = (struct price_step){at_ms, paint->steps[index - 1].price_micro};
    paint->count++;
    return index;
}

static void paint_interval(struct paint *paint, struct interval interval, int64_t to_ms,
                           int64_t price_micro)
{
    const size_t first = paint_split(paint, interval.open_ms);
    const size_t past = interval.close_ms < to_ms && !paint->overflowed
                            ? paint_split(paint, interval.close_ms)
                            : paint->count;

    for (size_t i = first; i < past && !paint->overflowed; i++) {
        paint->steps[i].price_micro = price_micro;
    }
}

/* A band's intervals come in chunks, so that no room for all of them is needed. */
static void paint_band(struct paint *paint, const struct zone *zone, const struct band *band,
                       int64_t from_ms, int64_t to_ms)
{
    const struct calendar calendar = {.zone = zone, .windows = &band->when, .window_count = 1};
    struct interval chunk[CHUNK_INTERVALS];
    size_t count = CHUNK_INTERVALS;

    while (count == CHUNK_INTERVALS && !paint->overflowed) {
        (void)!calendar_intervals(&calendar, from_ms, to_ms, chunk, CHUNK_INTERVALS, &count);
        for (size_t i = 0; i < count; i++) {
            paint_interval(paint, chunk[i], to_ms, band->price_micro);
            from_ms = chunk[i].close_ms;
        }
    }
}

static void paint_simplify(struct paint *paint)
{
    size_t kept = 0;

    for (size_t i = 0; i < paint->count; i++) {
        if (i == 0 || paint->steps[i].price_micro != paint->steps[kept - 1].price_micro) {
            paint->steps[kept++] = paint->steps[i];
        }
    }
    paint->count = kept;
}

enum tide_status tariff_steps(const struct zone *zone, const struct band *bands, size_t band_count,
                              int64_t default_micro, int64_t from_ms, int64_t to_ms,
                              struct price_step *steps, size_t capacity, size_t *count)
{
    struct paint paint = {.steps = steps, .capacity = capacity, .count = 1};

    *count = 0;
    if (capacity == 0) {
        return TIDE_LIMIT;
    }
    steps[0] = (struct price_step){from_ms, default_micro};
    for (size_t i = band_count; i > 0; i--) {
        paint_band(&paint, zone, &bands[i - 1], from_ms, to_ms);
    }
    paint_simplify(&paint);
    *count = paint.count;
    return paint.overflowed ? TIDE_LIMIT : TIDE_OK;
}
