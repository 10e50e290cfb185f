/*
 * Adding to a report: the one way a reader of the spec says that something is wrong.
 */
#ifndef SPEC_COMPLAIN_H
#define SPEC_COMPLAIN_H

#include "spec/source.h"

/*
 * complain: adds an error at `place` (line 0: the file as a whole) with the line it stands on taken
 * from `source` (NULL: none). `hint` is the suggestion after the caret, "" for none.
 */
__attribute__((format(printf, 5, 6))) void complain(struct spec_report *report,
                                                    const struct source *source,
                                                    struct spec_place place, const char *hint,
                                                    const char *format, ...);

/* caution: the same as a warning. */
__attribute__((format(printf, 5, 6))) void caution(struct spec_report *report,
                                                   const struct source *source,
                                                   struct spec_place place, const char *hint,
                                                   const char *format, ...);

#endif
