/*
 * The one place that asks the time-zone library (docs/adr: GLib's GTimeZone over the system's
 * tzdata). Everybody else sees stretches of constant offset.
 */
#ifndef CIVIL_ZONE_H
#define CIVIL_ZONE_H

#include "base/error.h"

#include <stdint.h>

struct zone;

/* zone_open: the IANA zone `name` ("Europe/Paris"), or TIDE_NOT_FOUND with the nearest name in
 * `error`. Closed by zone_close. */
enum tide_status zone_open(struct zone **zone, const char *name, struct error *error);

/* zone_close: accepts NULL. */
void zone_close(struct zone *zone);

/*
 * zone_offset_ms: what local clocks show minus UTC at `at_ms`. The offset holds at least until
 * *until_ms (exclusive), which is the next change or `horizon_ms`, whichever is earlier.
 */
int64_t zone_offset_ms(const struct zone *zone, int64_t at_ms, int64_t horizon_ms,
                       int64_t *until_ms);

/*
 * zone_to_utc_ms: the instant at which local clocks show `local_ms` (milliseconds since
 * 1970-01-01T00:00 on the wall). A time that never shows gives the first instant after the gap, a
 * time that shows twice the earlier one.
 */
int64_t zone_to_utc_ms(const struct zone *zone, int64_t local_ms);

#endif
