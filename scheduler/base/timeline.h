/*
 * Stretches of UTC time and the prices that hold in them: the values in which windows and tariffs
 * reach the core, whatever calendar they were written in.
 */
#ifndef BASE_TIMELINE_H
#define BASE_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

/* interval: half open, open_ms < close_ms. A list of them is sorted and neither overlaps nor
 * touches. */
struct interval {
    int64_t open_ms;
    int64_t close_ms;
};

/* price_step: a price from start_ms until the next step of the list; the last one holds on. Sorted
 * by start_ms, which never repeats. */
struct price_step {
    int64_t start_ms;
    int64_t price_micro; /* per hour or per kWh: the list's owner knows */
};

/* price_step_at: the index of the last step that starts at or before a moment; 0 where all are
 * later, or there is none. */
size_t price_step_at(const struct price_step *steps, size_t count, int64_t at_ms);

#endif
