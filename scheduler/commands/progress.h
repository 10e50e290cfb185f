/*
 * progress: how far an experiment is, as `watch` and `run` show it: a block of lines that is drawn
 * again in place, or a line for every event.
 */
#ifndef COMMANDS_PROGRESS_H
#define COMMANDS_PROGRESS_H

#include "commands/query.h"
#include "commands/screen.h"

/* progress_model: the experiment, its counts, its best trial, when it will be done at this pace,
 * and its open attempts with the end of their curves. The caller's to free; NULL after a failure of
 * the query. */
json_t *progress_model(struct query *query, int64_t experiment, int64_t now_ms);

/* progress_draw: the block, at most `rows` lines, each no wider than the screen when it clips. */
void progress_draw(json_t *model, int64_t now_ms, struct screen *screen, int rows);

/*
 * progress_events: the events of the experiment and of the workers behind `last_event`, oldest
 * first, an array of objects; a trial's end carries its result and the how-manieth end it was, and
 * workers are called by their names. The caller's to free.
 */
json_t *progress_events(struct query *query, int64_t experiment, int64_t last_event);

/* PROGRESS_MESSAGE_SQL: why the attempt of event `v` failed, NULL for any other event.
 * progress_event_text: its `text`, and of a failure what its `message` begins and ends with. */
#define PROGRESS_MESSAGE_SQL                                                                       \
    "(SELECT message FROM attempt AS f WHERE v.kind = 'attempt_ended' AND f.state = 'failed'"      \
    " AND f.experiment = v.experiment AND f.trial = v.trial AND f.number = v.attempt)"
void progress_event_text(const json_t *event, struct screen *screen);

/* progress_event_line: prints one of them; nothing for one that only a machine would miss. */
void progress_event_line(const json_t *event, struct screen *screen);

#endif
