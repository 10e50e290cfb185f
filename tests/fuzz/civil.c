/*
 * Any text as a window, a range of dates, an instant: refused with a place in the text, or read. A
 * calendar of what was read gives stretches in order, apart, within what was asked for; and the
 * same again where it is asked in two halves. The first byte chooses the zone, a line is one
 * expression.
 */
#include "base/assert.h"
#include "civil/window.h"
#include "civil/zone.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 8, TEXT_BYTES = 256, INTERVALS_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const int64_t from_ms = 1774000000000; /* over a change of the clocks */
static const int64_t week_ms = INT64_C(7) * 86400000;

struct rules {
    struct window windows[RULES_MAX];
    struct date_range ranges[RULES_MAX];
    size_t window_count, range_count;
};

static void check_error(const struct error *error, const char *text)
{
    ASSERT(error->text[0] != '\0');
    ASSERT(error->column >= 1 && (size_t)error->column <= strlen(text) + 1);
}

static void take_window(struct rules *rules, const char *text)
{
    struct window window;
    struct error error;

    if (window_parse(text, &window, &error) != TIDE_OK) {
        check_error(&error, text);
        return;
    }
    ASSERT(window.days > 0 && window.days < 128 && window.start_min >= 0);
    ASSERT(window.start_min < window.end_min && window.end_min <= window.start_min + 1440);
    if (rules->window_count < RULES_MAX) {
        rules->windows[rules->window_count++] = window;
    }
}

static void take_range(struct rules *rules, const char *text)
{
    struct date_range range;
    struct error error;

    if (date_range_parse(text, &range, &error) != TIDE_OK) {
        check_error(&error, text);
        return;
    }
    ASSERT(range.first_day <= range.last_day);
    if (rules->range_count < RULES_MAX) {
        rules->ranges[rules->range_count++] = range;
    }
}

static void take_instant(const struct zone *zone, const char *text)
{
    struct error error;
    int64_t at_ms = 0;

    if (instant_parse(text, zone, &at_ms, &error) != TIDE_OK) {
        check_error(&error, text);
    }
}

static void take_lines(struct rules *rules, const struct zone *zone, const uint8_t *data,
                       size_t bytes)
{
    char text[TEXT_BYTES];
    size_t length = 0;

    for (size_t i = 0; i <= bytes; i++) {
        const bool ends = i == bytes || data[i] == '\n' || data[i] == '\0';
        if (!ends && length + 1 < sizeof text) {
            text[length++] = (char)data[i];
        } else if (ends) {
            text[length] = '\0';
            length = 0;
            take_window(rules, text);
            take_range(rules, text);
            take_instant(zone, text);
        }
    }
}

static int64_t open_ms(const struct calendar *calendar, int64_t start_ms, int64_t end_ms)
{
    static struct interval intervals[INTERVALS_MAX];
    int64_t sum_ms = 0;
    size_t count = 0;

    const enum tide_status status =
        calendar_intervals(calendar, start_ms, end_ms, intervals, INTERVALS_MAX, &count);
    ASSERT(status == TIDE_OK);
    for (size_t i = 0; i < count; i++) {
        ASSERT(intervals[i].open_ms < intervals[i].close_ms);
        ASSERT(intervals[i].open_ms >= start_ms && intervals[i].close_ms <= end_ms);
        ASSERT(i == 0 || intervals[i - 1].close_ms < intervals[i].open_ms);
        sum_ms += intervals[i].close_ms - intervals[i].open_ms;
    }
    return sum_ms;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char *const names[] = {"UTC", "Europe/Paris", "Australia/Lord_Howe",
                                        "America/New_York"};
    static struct zone *zones[4];
    struct rules rules = {0};
    struct error error;

    if (bytes == 0) {
        return 0;
    }
    const size_t which = data[0] % 4;
    if (zones[which] == NULL) {
        const enum tide_status opened = zone_open(&zones[which], names[which], &error);
        ASSERT(opened == TIDE_OK);
    }
    take_lines(&rules, zones[which], data + 1, bytes - 1);
    const struct calendar calendar = {.zone = zones[which],
                                      .windows = rules.windows,
                                      .window_count = rules.window_count,
                                      .except = rules.ranges,
                                      .except_count = rules.range_count};
    const int64_t middle_ms = from_ms + week_ms / 2;
    ASSERT(open_ms(&calendar, from_ms, from_ms + week_ms) ==
           open_ms(&calendar, from_ms, middle_ms) +
               open_ms(&calendar, middle_ms, from_ms + week_ms));
    return 0;
}
