/*
 * Bounded strings in the caller's memory.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* text_copy: copies as much of `from` (NULL counts as "") as fits and always terminates; false if
 * it was cut short. */
bool text_copy(char *to, size_t bytes, const char *from);

/* text_equal: both non-NULL and the same bytes. */
bool text_equal(const char *a, const char *b);

/* text_distance: Damerau-Levenshtein distance (optimal string alignment) of two words of at most 63
 * bytes; larger words are far apart. */
int text_distance(const char *a, const char *b);

/*
 * text_nearest: the candidate a person who typed `word` most likely meant, or NULL when none is
 * near. `candidates` is `count` strings; the answer is one of them.
 */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

#endif
