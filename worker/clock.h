/*
 * clock: the one clock of the worker: CLOCK_BOOTTIME, which counts suspended time too (R4).
 */
#ifndef WORKER_CLOCK_H
#define WORKER_CLOCK_H

#include <stdint.h>

/* clock_boot_ms: milliseconds since this machine started. */
int64_t clock_boot_ms(void);

#endif
