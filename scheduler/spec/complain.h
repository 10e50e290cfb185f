/*
 * Adding to a report: the one way a reader of the spec says that something is wrong.
 */
#ifndef SPEC_COMPLAIN_H
#define SPEC_COMPLAIN_H

#include "spec/source.h"

/* report_begin: an empty report about the file `name`, which is shown printable, the end of a long
 * one. */
void report_begin(struct spec_report *report, const char *name);

/*
 * complain: adds an error at `place` (line 0: the file as a whole) with the line it stands on taken
 * from `source` (NULL: none). `hint` is the suggestion after the caret, "" for none.
 */
__attribute__((format(printf, 5, 6))) void complain(struct spec_report *report,
                                                    const struct source *source,
                                                    struct spec_place place, const char *hint,
                                                    const char *format, ...);

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/*
 * complain_slot: counts a message and makes room for it, all filled but the text, which the caller
 * writes. NULL where the report holds enough earlier ones.
 */
struct spec_message *complain_slot(struct spec_report *report, enum severity severity,
                                   const struct source *source, struct spec_place place,
                                   const char *hint);

#endif
