/*
 * One log line of a shell: `time=... level=... event=... key=value ...` on stderr. Libraries and
 * pure rooms never log.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* log_threshold: lines below `level` are dropped; the start is LOG_INFO. */
void log_threshold(enum log_level level);

/*
 * log_line: `event` is one word; `format` makes the `key=value` pairs ("" for none); text values
 * are quoted by the caller. The clock is the wall clock, read here: only shells may call it.
 */
__attribute__((format(printf, 3, 4))) void log_line(enum log_level level, const char *event,
                                                    const char *format, ...);

#endif
