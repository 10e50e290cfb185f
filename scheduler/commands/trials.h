/*
 * trials: the trials of an experiment as a model and as a table.
 */
#ifndef COMMANDS_TRIALS_H
#define COMMANDS_TRIALS_H

#include "commands/query.h"
#include "commands/screen.h"

struct trials_wanted {
    int64_t experiment;
    const char *state; /* "" all */
    const char *sort;  /* "value": best first; see `tidemill trials --help` */
    int64_t limit;     /* -1 none */
    bool feasible;     /* only those that meet the constraints on outcomes; by value only */
};

/* trials_read: the experiment, how many trials there are, and those that are wanted. The caller's
 * to free; a sort that makes no sense is refused by the query. */
json_t *trials_read(struct query *query, const struct trials_wanted *wanted);

/* trials_print: the table of such a model; false when memory ran out. */
bool trials_print(const json_t *model, struct screen *screen);

#endif
