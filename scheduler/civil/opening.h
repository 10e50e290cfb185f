/*
 * Whether work may run at a moment, by windows and by a highest price, and when that changes: one
 * answer for the coordinator, for whoever shows it, and for tests.
 */
#ifndef CIVIL_OPENING_H
#define CIVIL_OPENING_H

#include "civil/window.h"

#include <stdbool.h>

/* opening_rule: what a schedule says; everything borrowed. */
struct opening_rule {
    struct calendar calendar;
    bool has_max;             /* a highest price; prices count for nothing else here */
    int64_t max_micro;        /* at this price work may still run */
    const struct band *bands; /* prices, in the zone of the calendar ... */
    size_t band_count;
    int64_t default_micro;
    const struct price_step *steps; /* ... or, where not NULL, these instead: the first one began */
    size_t step_count;
};

/* opening: the answer for a moment. */
struct opening {
    bool open;
    bool dear;        /* shut although a window is open: the price is too high */
    int64_t until_ms; /* when `open` becomes the other, or as far as could be seen; INT64_MAX: not
                         within the horizon */
};

/* opening_at: at `now_ms`, looking `horizon_ms` ahead. */
struct opening opening_at(const struct opening_rule *rule, int64_t now_ms, int64_t horizon_ms);

/* opening_gate: what is to be done at a moment, so that nothing runs while it is shut. */
struct opening_gate {
    bool shut;        /* from a grace before the close: what runs is told to leave then */
    bool dear;        /* shut because of the price */
    int64_t close_ms; /* not shut: by then everything must have left; 0 no end in sight */
    int64_t again_ms; /* when to ask again, if nothing else has changed */
};

/* opening_gate_at: `grace_ms` is how long what runs has to leave, 0 where it may run on. */
struct opening_gate opening_gate_at(const struct opening_rule *rule, int64_t now_ms,
                                    int64_t grace_ms);

#endif
