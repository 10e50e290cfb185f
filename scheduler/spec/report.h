/*
 * What is wrong with a spec, in the order of its lines: errors and warnings, each with its place,
 * the line it stands on and a suggestion. A value: it owns nothing and outlives the spec.
 */
#ifndef SPEC_REPORT_H
#define SPEC_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SPEC_ERRORS_MAX = 20,
    SPEC_WARNINGS_MAX = 40,
    SPEC_MESSAGE_BYTES = 256,
    SPEC_HINT_BYTES = 160,
    SPEC_EXCERPT_BYTES = 512,
    SPEC_FILE_BYTES = 256,
};

struct spec_message {
    int line;   /* from 1; 0: the message is about the file as a whole */
    int column; /* from 1, in characters */
    int length; /* characters to underline, at least 1 */
    char text[SPEC_MESSAGE_BYTES];
    char hint[SPEC_HINT_BYTES];       /* "did you mean 'int'?", "try 1e-6"; "" for none */
    char excerpt[SPEC_EXCERPT_BYTES]; /* the line, printable; long lines are cut around the place */
    int excerpt_column;               /* where the place begins in the excerpt, from 1 */
};

/* In the order of the file. Of too many the first are held, and all are counted. */
struct spec_report {
    char file[SPEC_FILE_BYTES];
    struct spec_message errors[SPEC_ERRORS_MAX];
    size_t errors_held;
    size_t error_count;
    struct spec_message warnings[SPEC_WARNINGS_MAX];
    size_t warnings_held;
    size_t warning_count;
};

/* spec_report_text: the report as a person reads it, "" when there is nothing to say. The caller
 * frees it; NULL when out of memory. */
char *spec_report_text(const struct spec_report *report);

/* spec_report_json: the same as one JSON object, {"file", "errors": [...], "warnings": [...]}. */
char *spec_report_json(const struct spec_report *report);

#endif
