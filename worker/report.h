/*
 * report: one line of level 1 (docs/WORKER.md): {"step":3,"metrics":{"val_loss":0.31}},
 * {"checkpoint":3}, {"infeasible":"oom"}, {"final":true}; the keys may stand together on a line.
 */
#ifndef WORKER_REPORT_H
#define WORKER_REPORT_H

#include "worker/parse.h"

/*
 * report_line: its facts into `found` (of `limit`); how many. `last_step` is the step before it,
 * -1 none: metrics without a step get the next. NaN, Infinity and -Infinity are read as Python
 * prints them, or as text ("nan"). A line that is none of these forms is one PARSE_MALFORMED.
 */
size_t report_line(const struct line *line, int64_t last_step, struct parse_found *found,
                   size_t limit);

#endif
