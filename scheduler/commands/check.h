/*
 * check: the two things `tidemill check` shows, each as a screen and as JSON.
 */
#ifndef COMMANDS_CHECK_H
#define COMMANDS_CHECK_H

#include "base/error.h"
#include "commands/screen.h"
#include "spec/spec.h"

#include <jansson.h>

/* check_spec_print: what would be searched, how a trial is started, within which limits. False when
 * memory ran out. */
bool check_spec_print(struct screen *screen, const struct spec *spec);

/* check_spec_model: the same; NULL when memory ran out. The caller's to free. */
json_t *check_spec_model(const struct spec *spec);

/*
 * check_windows_model: the next three windows of the schedule with their offsets from UTC, whether
 * they are cheaper than any time, as far as its prices show, and its deadline: {"timezone",
 * "always_open", "next": [...], "worth": {"inside", "always", "unit", "pays"} or null, "deadline":
 * {"at_local", "left_ms", "if_late"} or null}; null where it has neither. A relative price file
 * lies in `folder`. The caller's to free. check_windows_print: the same.
 */
json_t *check_windows_model(const struct spec *spec, const char *folder, int64_t now_ms);
void check_windows_print(struct screen *screen, const json_t *model);

/* check_parallel_times: how many times the trials of one at a time a Bayesian search needs with
 * `concurrency` at once to find as good a point, as measured; at least 1. */
double check_parallel_times(int64_t concurrency);

/*
 * check_parallel_model: what the spec's concurrency costs: {"concurrency", "times", "more_trials",
 * "trial_ms", "trial_is_limit", "cost_low", "cost_high", "unit"}; null where one runs at a time,
 * or the search learns nothing. Costs are null unless the spec has prices and a trial's length is
 * known: `trial_ms`, or where that is 0 the spec's limit. The caller's to free.
 * check_parallel_print: the same.
 */
json_t *check_parallel_model(const struct spec *spec, int64_t trial_ms);
void check_parallel_print(struct screen *screen, const json_t *model);

struct check_log;

/*
 * check_log_new: reads the file at `path` as a worker would read a script's output. TIDE_INVALID
 * with the reason where it is no readable file. Freed by check_log_free (NULL is accepted).
 */
__attribute__((warn_unused_result)) enum tide_status check_log_new(const struct spec *spec,
                                                                   const char *path,
                                                                   struct check_log **log,
                                                                   struct error *error);
void check_log_free(struct check_log *log);

/* check_log_complete: whether every objective was seen; a trial that prints no more fails. */
bool check_log_complete(const struct check_log *log);

/* check_log_print: what was found, metric by metric. False when memory ran out. */
bool check_log_print(struct screen *screen, const struct spec *spec, const struct check_log *log);

/* check_log_model: the same; NULL when memory ran out. The caller's to free. */
json_t *check_log_model(const struct check_log *log);

#endif
