/*
 * outlook: when a pool will be cheaper, by the prices that are known and by what the coordinator's
 * plans expect beyond them.
 */
#ifndef COMMANDS_OUTLOOK_H
#define COMMANDS_OUTLOOK_H

#include "commands/query.h"
#include "commands/screen.h"

/*
 * outlook_add: to each pool of pools_model "cheaper": {"from", "price", "known"}: the hour within
 * two days from which it costs a tenth less than now, and whether that price is known or that of
 * the same hour of the day before; null where there is none in sight.
 */
void outlook_add(struct query *query, json_t *pools, int64_t now_ms);

/* outlook_first_ms: the first such hour of any of the pools; 0 where none is in sight. */
int64_t outlook_first_ms(const json_t *pools);

/* outlook_print: "lab 0.3 EUR/kWh, expected 0.1 from 22:00 (in 3 h)" of a pool that has such an
 * hour. */
void outlook_print(struct screen *screen, const json_t *pool, int64_t now_ms);

#endif
