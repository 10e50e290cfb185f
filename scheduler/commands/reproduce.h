/*
 * reproduce: the command of a trial, as its worker ran it.
 */
#ifndef COMMANDS_REPRODUCE_H
#define COMMANDS_REPRODUCE_H

#include "commands/query.h"
#include "commands/screen.h"

/*
 * reproduce_words: the command of the experiment's spec with `params` put in, to its last step: a
 * list of words; null where the spec or the parameters cannot be read. The caller's to free.
 */
json_t *reproduce_words(struct query *query, int64_t experiment, const json_t *params);

/* reproduce_word: a word as a shell takes it, between quotes where it would be taken apart. */
void reproduce_word(struct screen *screen, const char *word);

/* reproduce_print: the words as a shell takes them. */
void reproduce_print(struct screen *screen, const json_t *words);

#endif
