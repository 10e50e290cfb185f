/*
 * schedule: random schedules over awkward zones and the nights their clocks change, and what each
 * of them says of one minute, by libc's clock and the definition alone: an independent reader.
 */
#ifndef TESTS_CIVIL_SCHEDULE_H
#define TESTS_CIVIL_SCHEDULE_H

#include "base/rng.h"
#include "civil/opening.h"

enum { SCHEDULE_RULES = 4, SCHEDULE_MINUTE_MS = 60000, SCHEDULE_MINUTES = 8 * 1440 };

/* One random schedule and the two horizons' ends. */
struct schedule {
    const char *zone_name;
    struct zone *zone;
    struct window windows[SCHEDULE_RULES];
    struct date_range except[SCHEDULE_RULES];
    struct band bands[SCHEDULE_RULES];
    struct calendar calendar;
    size_t band_count;
    int64_t default_micro;
    int64_t max_micro; /* the highest price at which work may run */
    int64_t from_ms;
    int64_t to_ms;
};

/* schedule_draw: the caller closes schedule->zone. */
void schedule_draw(struct schedule *schedule, struct rng *rng);

/* schedule_rule: the same as the code under test takes it; with `has_max` or without. */
struct opening_rule schedule_rule(const struct schedule *schedule, bool has_max);

/* schedule_zone_enter: libc's local time is that of the schedule from now on. */
void schedule_zone_enter(const struct schedule *schedule);

/* schedule_minute_open, schedule_minute_price: of the minute that begins then. */
bool schedule_minute_open(const struct schedule *schedule, int64_t at_ms);
int64_t schedule_minute_price(const struct schedule *schedule, int64_t at_ms);

#endif
