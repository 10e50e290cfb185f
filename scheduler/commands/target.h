/*
 * target: which experiment, and which of its trials, the words of a command line mean: `7`, `7.12`,
 * an experiment's name, `name.12`, or nothing for the only candidate there is.
 */
#ifndef COMMANDS_TARGET_H
#define COMMANDS_TARGET_H

#include "commands/query.h"

enum { TARGET_NAME_BYTES = 64, TRIAL_NONE = -1 };

struct target {
    int64_t experiment;
    int64_t trial;                /* TRIAL_NONE where only an experiment was named */
    char name[TARGET_NAME_BYTES]; /* the experiment's */
};

/*
 * target_find: `text` NULL: the one unfinished experiment, or the latest one where none is
 * unfinished. OPTIONS_GO when found; otherwise the exit code, after saying what there is.
 */
int target_find(struct query *query, const char *verb, const char *text, struct target *target);

#endif
