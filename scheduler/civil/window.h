/*
 * Windows and tariffs as people write them, in local time, made into stretches of UTC. A local
 * minute is open when some window holds it and its date is not excepted; an instant is open when
 * the minute that local clocks show then is open. From that one rule follows what happens at the
 * changes of the clock: a start that falls into the spring gap takes effect at the first valid
 * instant, and the hour that autumn repeats counts both times.
 */
#ifndef CIVIL_WINDOW_H
#define CIVIL_WINDOW_H

#include "base/error.h"
#include "base/timeline.h"
#include "civil/zone.h"

#include <stddef.h>
#include <stdint.h>

/* window: minutes of the day [start_min, end_min) on some weekdays; an end past 1440 lies in the
 * day after, whatever weekday that is. */
struct window {
    uint8_t days; /* bit 0 is Monday */
    int16_t start_min;
    int16_t end_min; /* start_min < end_min <= start_min + 1440 */
};

/* date_range: both ends included, in days since 1970-01-01. */
struct date_range {
    int32_t first_day;
    int32_t last_day;
};

/* band: a price where a window is open. */
struct band {
    struct window when;
    int64_t price_micro;
};

/* calendar: what a schedule says about when; everything borrowed. Without windows every minute of
 * a date that is not excepted is open. */
struct calendar {
    const struct zone *zone;
    const struct window *windows;
    size_t window_count;
    const struct date_range *except;
    size_t except_count;
};

/*
 * window_parse: "[DAYS ]HH:MM-HH:MM". DAYS: Mon ... Sun, a range of them (Fri-Mon runs over the
 * weekend) or several with commas; every day when left out. An end at or before the start lies in
 * the day after; 24:00 is an end. On TIDE_INVALID error->text says what is wrong and error->column
 * is the place in `text`, from 1.
 */
enum tide_status window_parse(const char *text, struct window *window, struct error *error);

/* date_range_parse: "YYYY-MM-DD" or "YYYY-MM-DD..YYYY-MM-DD"; errors as window_parse. */
enum tide_status date_range_parse(const char *text, struct date_range *range, struct error *error);

/*
 * instant_parse: "YYYY-MM-DDTHH:MM[:SS[.fff]]", on the clocks of `zone`, or anywhere with "Z" or
 * "+HH:MM" behind it (RFC 3339); `zone` may be NULL, then the offset is required. A time of the
 * spring gap is the first instant after it, a repeated time the earlier one. Errors as
 * window_parse.
 */
enum tide_status instant_parse(const char *text, const struct zone *zone, int64_t *at_ms,
                               struct error *error);

/*
 * calendar_intervals: the open stretches of [from_ms, to_ms), clipped to it. TIDE_LIMIT when they
 * are more than `capacity`: then the first `capacity` are there.
 */
enum tide_status calendar_intervals(const struct calendar *calendar, int64_t from_ms, int64_t to_ms,
                                    struct interval *intervals, size_t capacity, size_t *count);

/*
 * tariff_steps: the price over [from_ms, to_ms): the first band that is open, `default_micro`
 * where none is. The first step starts at from_ms; neighbours differ in price. TIDE_LIMIT when
 * they are more than `capacity`.
 */
enum tide_status tariff_steps(const struct zone *zone, const struct band *bands, size_t band_count,
                              int64_t default_micro, int64_t from_ms, int64_t to_ms,
                              struct price_step *steps, size_t capacity, size_t *count);

#endif
