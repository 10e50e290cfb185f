#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static enum log_level threshold = LOG_INFO;

void log_threshold(enum log_level level)
{
    threshold = level;
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    char pairs[1024];
    char stamp[32];
    struct timespec now;
    va_list arguments;

    if (level < threshold) {
        return;
    }
    (void)timespec_get(&now, TIME_UTC);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now.tv_sec));
    va_start(arguments, format);
    (void)vsnprintf(pairs, sizeof pairs, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "time=%s level=%s event=%s%s%s\n", stamp, names[level], event,
                  pairs[0] == '\0' ? "" : " ", pairs);
}
