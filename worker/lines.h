/*
 * lines: bytes of a stream into lines. A newline ends a line, so does a carriage return (progress
 * bars), "\r\n" counts as one end.
 */
#ifndef WORKER_LINES_H
#define WORKER_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { LINES_BYTES = 16384 }; /* what is longer is cut: the rest of such a line is not read */

struct line {
    const char
        *text;     /* terminated, without its end; NULs became blanks; valid until the next call */
    size_t length; /* of text */
    bool provisional; /* ended by a lone carriage return: the next line writes over it */
    bool cut;         /* it was longer than LINES_BYTES */
};

struct lines {
    size_t used;
    bool cut;
    bool returned; /* the last byte was a carriage return */
    bool done;     /* the buffer holds a line that was handed out */
    char buffer[LINES_BYTES];
};

/* lines_init: at the start of a stream. */
void lines_init(struct lines *lines);

/*
 * lines_next: takes bytes from (*data, *bytes), which it advances, until a line is whole: true and
 * the line. False: all bytes are taken and no line is. Empty lines are passed over.
 */
bool lines_next(struct lines *lines, const char **data, size_t *bytes, struct line *line);

/* lines_last: at the end of the stream, what is left without an end; false if nothing is. */
bool lines_last(struct lines *lines, struct line *line);

#endif
