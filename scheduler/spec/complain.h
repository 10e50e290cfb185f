/*
 * Adding to a report: the one way a reader of the spec says that something is wrong.
 */
#ifndef SPEC_COMPLAIN_H
#define SPEC_COMPLAIN_H

#include "spec/source.h"

#include <stdarg.h>

/*
 * complain: adds an error at `place` (line 0: the file as a whole) with the line it stands on taken
 * from `source` (NULL: none). `hint` is the suggestion after the caret, "" for none.
 */
__attribute__((format(printf, 5, 6))) void complain(struct spec_report *report,
                                                    const struct source *source,
                                                    struct spec_place place, const char *hint,
                                                    const char *format, ...);

/* complain_list, caution_list: the same, and as a warning, with the arguments as a list. */
__attribute__((format(printf, 5, 0))) void complain_list(struct spec_report *report,
                                                         const struct source *source,
                                                         struct spec_place place, const char *hint,
                                                         const char *format, va_list arguments);
__attribute__((format(printf, 5, 0))) void caution_list(struct spec_report *report,
                                                        const struct source *source,
                                                        struct spec_place place, const char *hint,
                                                        const char *format, va_list arguments);

#endif
