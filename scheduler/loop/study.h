/*
 * study: one experiment's optimizer with the spec that gives its points their text. The search
 * thread's own. A study that could not be made, or to which something impossible was told, answers
 * every ask with the reason.
 */
#ifndef LOOP_STUDY_H
#define LOOP_STUDY_H

#include "loop/searcher.h"

struct study;

/* study_new: NULL only when out of memory; study_free accepts NULL. The functions accept NULL for a
 * study that never was. */
struct study *study_new(const struct spec *spec);
void study_free(struct study *study);

void study_tell(struct study *study, const struct search_tell *tell);
void study_pending(struct study *study, int32_t number, const char *params);
void study_forget(struct study *study, int32_t number);

/* study_fit: takes the fit out of the origin of a suggestion; without one (NULL, none in it, or
 * another program's) the next ask fits afresh. */
void study_fit(struct study *study, const char *origin);

/* study_ask: answers ask `answer->number` by filling status, texts or why. */
void study_ask(struct study *study, struct search_answer *answer);

#endif
