/*
 * The text of a spec before it is YAML: read from a regular file, scanned for what YAML libraries
 * choke on, and cut into lines for messages.
 */
#ifndef SPEC_SOURCE_H
#define SPEC_SOURCE_H

#include "spec/spec.h"

enum { SOURCE_BYTES_MAX = 256 * 1024 };

struct source {
    const char *text; /* without the byte order mark; borrowed */
    size_t bytes;
};

/*
 * source_read: the whole of the regular file at `path` into *text (the caller frees it). Devices,
 * FIFOs and directories are refused without being read, and so is a file over SOURCE_BYTES_MAX:
 * TIDE_INVALID, with the reason in the report.
 */
__attribute__((warn_unused_result)) enum tide_status
source_read(const char *path, char **text, size_t *bytes, struct spec_report *report);

/* source_read_own: the same for a file that may name commands: refused too where anybody but root
 * and the user of this process may write to it. */
__attribute__((warn_unused_result)) enum tide_status
source_read_own(const char *path, char **text, size_t *bytes, struct spec_report *report);

/*
 * source_scan: takes `text` as the source, skipping a byte order mark, and refuses what no spec
 * holds: too much, UTF-16, bad UTF-8, control characters, line ends that are none to an editor,
 * directives. False with an error in the report if there is any.
 */
bool source_scan(struct source *source, const char *text, size_t bytes, struct spec_report *report);

#endif
