/*
 * forecast: when an experiment will be done and what it will have cost, from the trials it has
 * completed: their mean, and how far it may be off.
 */
#ifndef COMMANDS_FORECAST_H
#define COMMANDS_FORECAST_H

#include "commands/query.h"
#include "commands/screen.h"

#include <stdint.h>

/*
 * forecast_read: {"trials", "slots", "done_ms", "cost", "cost_off", "currency", "deadline_ms",
 * "late"}: trials left, slots that work on them, the time it will be done (UTC, windows counted),
 * cost in all with what it may be off by (95 %), the deadline of the spec and whether it will be
 * missed; null where nothing can be said. It goes on at `from_ms`; 0: nobody knows when, and no
 * time is given. The caller's to free.
 */
json_t *forecast_read(struct query *query, int64_t experiment, const char *spec_text,
                      int64_t from_ms);

/* forecast_print: "done Thu 04:10, 31.00 +- 6.00 USD"; nothing without a forecast. */
void forecast_print(struct screen *screen, const json_t *forecast, int64_t now_ms);

#endif
