/*
 * telling: what became of a trial, in the searcher's terms. The coordinator tells its searches so,
 * and `tidemill replay` its own again.
 */
#ifndef LOOP_TELLING_H
#define LOOP_TELLING_H

#include "core/core.h"
#include "loop/searcher.h"

/* config_of_spec: the spec in the core's terms; submit.c. */
void config_of_spec(const struct spec *spec, struct experiment_config *config);

/* telling_end: of a trial that has ended; false when its point is to be forgotten. */
bool telling_end(const struct experiment_config *config, const struct trial_row *row,
                 struct search_tell *tell);

/* telling_rung: what a trial was worth at the rung (from 0) that it has reached, and stays open. */
void telling_rung(const struct experiment_config *config, const struct trial_row *row, int32_t rung,
                  struct search_tell *tell);

#endif
