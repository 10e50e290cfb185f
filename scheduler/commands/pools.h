/*
 * pools: the pools of the coordinator's configuration as its store has them: what they cost now,
 * how many machines they have, and what went wrong with their commands.
 */
#ifndef COMMANDS_POOLS_H
#define COMMANDS_POOLS_H

#include "commands/query.h"
#include "commands/screen.h"

/* pools_model: an array, of each pool `name kind workers workers_max machines wanted price unit
 * trust troubles`; the last is an array of `of text`. The caller's to free. */
json_t *pools_model(struct query *query, int64_t now_ms);

/* pools_table: a row of each; false when memory ran out. */
bool pools_table(struct screen *screen, const json_t *pools);

#endif
