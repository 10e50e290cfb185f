/*
 * feed: where a price comes from, and what was read there last: bands, a file that is read again
 * when it changes, or text that somebody else fetched. What cannot be read leaves the last good
 * prices as they are, with the reason beside them.
 */
#ifndef LOOP_FEED_H
#define LOOP_FEED_H

#include "base/error.h"
#include "civil/zone.h"
#include "price/price.h"
#include "spec/spec.h"

#include <stdbool.h>
#include <time.h>

enum { FEED_TROUBLE_BYTES = 256 };

/* Zeroed at first; `prices` and what it points to are borrowed. */
struct feed {
    const struct spec_prices *prices; /* default and bands, or a file */
    const struct zone *zone;          /* of the bands */
    const char *file;                 /* NULL: none */
    const char *pick;                 /* which series of several; NULL */
    int64_t hold_ms;
    bool discreet; /* of the file's content nothing is said: whoever named it may not read it */
    struct price_list list;
    int64_t read_ms; /* UTC: when it was last read well */
    struct timespec changed;
    int64_t bytes;                    /* of the file, with `changed`: as it was when read */
    char trouble[FEED_TROUBLE_BYTES]; /* why the last reading failed; "" it did not */
};

/* What is known at a moment. */
struct feed_state {
    enum price_state state;
    size_t count; /* steps from then on, the first at or before it; 0 when nothing is known */
};

void feed_fini(struct feed *feed);

/* feed_look: reads bands anew and the file where it has changed since. True when there is something
 * else to be known. */
bool feed_look(struct feed *feed, int64_t now_ms);

/* feed_take: new text (as price_parse reads it); feed_fail: there is none, because of `why`. */
void feed_take(struct feed *feed, const char *text, int64_t now_ms);
void feed_fail(struct feed *feed, const char *why);

/* feed_steps: what holds at `at_ms` and after, in at most `capacity` steps. */
struct feed_state feed_steps(const struct feed *feed, int64_t at_ms, struct price_step *steps,
                             size_t capacity);

#endif
