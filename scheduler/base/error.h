/*
 * An error as a person will read it. The caller owns the struct; the callee fills it and returns a
 * status.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <tidemill/status.h>

enum { ERROR_TEXT_BYTES = 512, ERROR_FILE_BYTES = 256 };

struct error {
    char text[ERROR_TEXT_BYTES]; /* what is wrong and what to do about it; no trailing newline */
    char file[ERROR_FILE_BYTES]; /* "" where the error has no file */
    int line;                    /* from 1; 0 where it has none */
    int column;                  /* from 1, in characters; 0 where it has none */
};

/* error_set: formats the text, clears the place, returns `status` so that `return error_set(...)`
 * reads well. */
__attribute__((format(printf, 3, 4))) enum tide_status
error_set(struct error *error, enum tide_status status, const char *format, ...);

/* error_at: adds the place to an error that has a text. */
void error_at(struct error *error, const char *file, int line, int column);

#endif
