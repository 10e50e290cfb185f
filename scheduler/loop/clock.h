/*
 * clock: the only place of the coordinator that reads a clock.
 */
#ifndef LOOP_CLOCK_H
#define LOOP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* clock_boot_ms: milliseconds of CLOCK_BOOTTIME: leases, backoff, timeouts. */
int64_t clock_boot_ms(void);

/* clock_wall_ms: milliseconds of UTC since 1970: rows, windows, prices. */
int64_t clock_wall_ms(void);

/* clock_drive: from now on UTC is the number of milliseconds that the file at `path` holds: a test
 * turns the clock. The string must stay. clock_is_driven: whether that is so. */
void clock_drive(const char *path);
bool clock_is_driven(void);

#endif
