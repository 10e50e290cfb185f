#include "commands/format.h"

#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS
};

static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* Decimals that leave five digits of a number of this size. */
static int decimals_of(double size)
{
    return size < 10 ? 4 : size < 100 ? 3 : size < 1000 ? 2 : 1;
}

char *format_value(char *text, double value)
{
    const double size = fabs(value);

    if (isnan(value)) {
        (void)snprintf(text, FORMAT_BYTES, "-");
    } else if (size >= 0.001 && size < 10000) {
        (void)snprintf(text, FORMAT_BYTES, "%.*f", decimals_of(size), value);
    } else {
        (void)snprintf(text, FORMAT_BYTES, size < 1 ? "%.3g" : "%.6g", value);
    }
    return text;
}

char *format_parameter(char *text, const json_t *value)
{
    if (json_is_string(value)) {
        (void)snprintf(text, FORMAT_BYTES, "%s", json_string_value(value));
    } else if (json_is_integer(value)) {
        (void)snprintf(text, FORMAT_BYTES, "%" PRId64, (int64_t)json_integer_value(value));
    } else if (json_is_real(value)) {
        (void)snprintf(text, FORMAT_BYTES, "%#.3g", json_real_value(value));
    } else {
        (void)snprintf(text, FORMAT_BYTES, "%s",
                       json_is_true(value)    ? "true"
                       : json_is_false(value) ? "false"
                                              : "-");
    }
    return text;
}

char *format_duration(char *text, int64_t duration_ms)
{
    const int64_t seconds = (duration_ms < 0 ? 0 : duration_ms) / SECOND_MS;
    const int64_t minutes = seconds / 60;
    const int64_t hours = minutes / 60;

    if (minutes == 0) {
        (void)snprintf(text, FORMAT_BYTES, "%" PRId64 " s", seconds);
    } else if (hours == 0) {
        (void)snprintf(text, FORMAT_BYTES, "%" PRId64 " min", minutes);
    } else if (hours < 24) {
        (void)snprintf(text, FORMAT_BYTES, "%" PRId64 " h %" PRId64 " min", hours, minutes % 60);
    } else {
        (void)snprintf(text, FORMAT_BYTES, "%" PRId64 " d %" PRId64 " h", hours / 24, hours % 24);
    }
    return text;
}

static struct tm local_of(int64_t time_ms)
{
    const time_t seconds = (time_t)(time_ms / SECOND_MS);
    struct tm local = {0};

    (void)localtime_r(&seconds, &local);
    return local;
}

char *format_time(char *text, int64_t time_ms, int64_t now_ms)
{
    const struct tm then = local_of(time_ms);
    const struct tm now = local_of(now_ms);
    const int64_t away_ms = time_ms > now_ms ? time_ms - now_ms : now_ms - time_ms;

    const bool same_day = then.tm_year == now.tm_year && then.tm_yday == now.tm_yday;
    if (same_day || (time_ms > now_ms && away_ms < DAY_MS)) { /* the next 06:00 needs no name */
        return format_clock(text, time_ms);
    }
    if (away_ms < 6 * (int64_t)DAY_MS) {
        (void)snprintf(text, FORMAT_BYTES, "%s %02d:%02d", weekdays[then.tm_wday % 7], then.tm_hour,
                       then.tm_min);
    } else {
        (void)snprintf(text, FORMAT_BYTES, "%04d-%02d-%02d %02d:%02d", then.tm_year + 1900,
                       then.tm_mon + 1, then.tm_mday, then.tm_hour, then.tm_min);
    }
    return text;
}

char *format_clock(char *text, int64_t time_ms)
{
    const struct tm then = local_of(time_ms);

    (void)snprintf(text, FORMAT_BYTES, "%02d:%02d", then.tm_hour, then.tm_min);
    return text;
}

char *format_seconds(char *text, int64_t time_ms)
{
    const struct tm then = local_of(time_ms);

    (void)snprintf(text, FORMAT_BYTES, "%02d:%02d:%02d", then.tm_hour, then.tm_min, then.tm_sec);
    return text;
}

char *format_money(char *text, int64_t micro)
{
    const int64_t cents = micro / 10000 + (micro % 10000 >= 5000 ? 1 : 0);

    (void)snprintf(text, FORMAT_BYTES, "%" PRId64 ".%02" PRId64, cents / 100, cents % 100);
    return text;
}

char *format_bytes(char *text, int64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    size_t unit = 0;

    while (size >= 1024 && unit < 4) {
        size /= 1024;
        unit++;
    }
    (void)snprintf(text, FORMAT_BYTES, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
    return text;
}
