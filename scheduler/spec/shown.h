/*
 * Text of the spec inside a message: short, printable, whatever it holds.
 */
#ifndef SPEC_SHOWN_H
#define SPEC_SHOWN_H

#include <stddef.h>

enum { SHOWN_BYTES = 64 };

struct shown {
    char text[SHOWN_BYTES];
};

/* shown: the first characters of `bytes` bytes with controls as \xNN and a mark where it was cut.
 */
struct shown shown(const char *text, size_t bytes);

/* shown_text: the same of a terminated string. */
struct shown shown_text(const char *text);

#endif
