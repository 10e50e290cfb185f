/*
 * history: what the store knows of earlier experiments of a name, for commands that look ahead.
 */
#ifndef COMMANDS_HISTORY_H
#define COMMANDS_HISTORY_H

#include <stdint.h>

/* history_trial_ms: the mean useful time of the completed trials of the latest experiment called
 * `name`; 0 where none is known, also without a store. */
int64_t history_trial_ms(const char *store, const char *name);

#endif
