/*
 * Moments as the store writes them: UTC text `YYYY-MM-DD HH:MM:SS.fff`, which sorts as it reads.
 */
#ifndef STORE_MOMENT_H
#define STORE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

enum { MOMENT_TEXT_BYTES = 24 };

/* moment_print: `ms` of UTC since 1970 (0 ... the year 9999) as text; `text` holds
 * MOMENT_TEXT_BYTES. Returns `text`. */
char *moment_print(char *text, int64_t ms);

/* moment_parse: the exact reverse; false if the text is not of this form. */
bool moment_parse(const char *text, int64_t *ms);

#endif
