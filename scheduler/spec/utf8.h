/*
 * UTF-8, strictly: shortest forms, no surrogates, nothing beyond U+10FFFF.
 */
#ifndef SPEC_UTF8_H
#define SPEC_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* utf8_read: the character at `text`; its length in bytes, or 0 if the bytes are no character (or
 * `bytes` is 0). */
size_t utf8_read(const char *text, size_t bytes, uint32_t *character);

/* utf8_count: how many characters `bytes` bytes of valid UTF-8 hold. */
size_t utf8_count(const char *text, size_t bytes);

/* utf8_printable: whether a terminal shows it as itself: no control, no line or paragraph
 * separator, no bidirectional override, no byte order mark. */
bool utf8_printable(uint32_t character);

/* utf8_columns: how many columns of a terminal it takes: 2 for most of East Asia's and for
 * pictures, 0 for what combines with the one before; -1 where libc knows none. */
int utf8_columns(uint32_t character);

/* utf8_all_printable: whether `bytes` bytes are characters of that kind and nothing else. */
bool utf8_all_printable(const char *text, size_t bytes);

#endif
