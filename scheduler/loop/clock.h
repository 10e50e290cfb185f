/*
 * clock: the only place of the coordinator that reads a clock.
 */
#ifndef LOOP_CLOCK_H
#define LOOP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* clock_boot_ms: milliseconds of CLOCK_BOOTTIME, for the core: leases, backoff, timeouts. */
int64_t clock_boot_ms(void);

/* clock_wall_ms: milliseconds of UTC since 1970: rows, windows, prices. */
int64_t clock_wall_ms(void);

/* clock_steady_ms: milliseconds of CLOCK_BOOTTIME whatever a test says, for what the shell itself
 * waits for: sockets, processes, a locked store. */
int64_t clock_steady_ms(void);

/* clock_drive: from now on both clocks above show the number of milliseconds that the file at
 * `path` holds, the first of them never going back: a test turns them. The string must stay; NULL
 * is real time. clock_is_driven: whether that is so. */
void clock_drive(const char *path);
bool clock_is_driven(void);

#endif
