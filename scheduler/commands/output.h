/*
 * output: what an attempt printed, from the store's log.
 */
#ifndef COMMANDS_OUTPUT_H
#define COMMANDS_OUTPUT_H

#include "commands/query.h"

/* output_tail: the last `count` lines of a stream, a list of texts without line ends; carriage
 * returns end lines too (progress bars). Empty where nothing was printed. The caller's to free. */
json_t *output_tail(struct query *query, int64_t experiment, int64_t trial, int64_t attempt,
                    const char *stream, size_t count);

#endif
