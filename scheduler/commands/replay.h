/*
 * replay: what the parts of this command share.
 */
#ifndef COMMANDS_REPLAY_H
#define COMMANDS_REPLAY_H

#include "commands/query.h"

#include "core/core.h"
#include "loop/study.h"
#include "spec/spec.h"

/* replay_spec: the spec of an experiment as the store has it, for spec_free; NULL when this program
 * cannot read it. */
struct spec *replay_spec(struct query *query, int64_t experiment);

/* replay_trial: what of a trial's row ("state", "rungs", "objectives" ...) the search is told. */
struct trial_row replay_trial(const struct spec *spec, const json_t *row);

/* replay_sources: tells `study` the results of earlier experiments with which the search of
 * `experiment` began; false when the store does not hold them as they were. */
bool replay_sources(struct query *query, int64_t experiment, const struct spec *spec,
                    struct study *study);

#endif
