/*
 * Numbers as text. One strict grammar and one way to print, for specs, the wire, the store and
 * screens.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_BYTES = 32 };

/*
 * number_parse_real: decimal with optional fraction and exponent (-?digits[.digits][e[+-]digits];
 * .5 and 5. are accepted); no octal, hexadecimal, infinity, NaN, underscore or blank. False if the
 * text is not of this form or overflows. Independent of the locale.
 */
bool number_parse_real(const char *text, double *value);

/* number_parse_integer: -?digits without a leading zero (but "0" itself), within int64_t. */
bool number_parse_integer(const char *text, int64_t *value);

/*
 * number_print_real: the shortest decimal that reads back as exactly the same double; integers
 * below 1e15 without point or exponent. `text` holds NUMBER_TEXT_BYTES. The value must be finite.
 * Returns `text`.
 */
char *number_print_real(char *text, double value);

#endif
