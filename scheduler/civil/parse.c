/*
 * Knows how windows, dates and instants are written. A cursor walks over the text; the first thing
 * that does not fit sets the error at the cursor and the rest of the walk does nothing.
 */
#include "civil/window.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DAY_MIN = 1440, EPOCH_JULIAN = 719163, WEEK_DAYS = 7 };

static const char *const day_names[WEEK_DAYS] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

struct cursor {
    const char *text;
    size_t at;
    struct error *error;
    bool failed;
};

static void cursor_fail(struct cursor *cursor, size_t at, const char *message)
{
    if (!cursor->failed) {
        cursor->failed = true;
        error_set(cursor->error, TIDE_INVALID, "%s", message);
        cursor->error->column = (int)g_utf8_strlen(cursor->text, (gssize)at) + 1;
    }
}

static bool cursor_take(struct cursor *cursor, char letter)
{
    if (cursor->failed || cursor->text[cursor->at] != letter) {
        return false;
    }
    cursor->at++;
    return true;
}

static void cursor_need(struct cursor *cursor, char letter, const char *message)
{
    if (!cursor_take(cursor, letter)) {
        cursor_fail(cursor, cursor->at, message);
    }
}

/* Exactly `digits` decimal digits of at most `largest`. */
static int cursor_number(struct cursor *cursor, int digits, int largest, const char *message)
{
    int value = 0;

    if (cursor->failed) {
        return 0;
    }
    for (int i = 0; i < digits; i++) {
        const char letter = cursor->text[cursor->at + (size_t)i];
        if (!g_ascii_isdigit(letter)) {
            cursor_fail(cursor, cursor->at + (size_t)i, message);
            return 0;
        }
        value = value * 10 + (letter - '0');
    }
    if (value > largest) {
        cursor_fail(cursor, cursor->at, message);
        return 0;
    }
    cursor->at += (size_t)digits;
    return value;
}

static enum tide_status cursor_end(struct cursor *cursor, const char *message)
{
    if (!cursor->failed && cursor->text[cursor->at] != '\0') {
        cursor_fail(cursor, cursor->at, message);
    }
    return cursor->failed ? TIDE_INVALID : TIDE_OK;
}

static int cursor_day(struct cursor *cursor)
{
    for (int day = 0; !cursor->failed && day < WEEK_DAYS; day++) {
        if (g_ascii_strncasecmp(cursor->text + cursor->at, day_names[day], 3) == 0) {
            cursor->at += 3;
            return day;
        }
    }
    cursor_fail(cursor, cursor->at, "a weekday is Mon, Tue, Wed, Thu, Fri, Sat or Sun");
    return 0;
}

static uint8_t cursor_days(struct cursor *cursor)
{
    unsigned days = 0;

    do {
        const int first = cursor_day(cursor);
        const int last = cursor_take(cursor, '-') ? cursor_day(cursor) : first;
        const int length = (last - first + WEEK_DAYS) % WEEK_DAYS;
        for (int i = 0; i <= length; i++) {
            days |= 1U << ((first + i) % WEEK_DAYS);
        }
    } while (cursor_take(cursor, ','));
    cursor_need(cursor, ' ', "a blank is needed between the days and the time");
    while (cursor_take(cursor, ' ')) {
    }
    return (uint8_t)days;
}

/* Minutes of the day; 24:00 passes and is judged by the caller. */
static int cursor_minute(struct cursor *cursor)
{
    static const char message[] = "a time is HH:MM, from 00:00 to 24:00";
    const size_t start = cursor->at;
    const int hour = cursor_number(cursor, 2, 24, message);
    int minute = 0;

    cursor_need(cursor, ':', message);
    minute = cursor_number(cursor, 2, 59, message);
    if (hour * 60 + minute > DAY_MIN) {
        cursor_fail(cursor, start, message);
    }
    return hour * 60 + minute;
}

enum tide_status window_parse(const char *text, struct window *window, struct error *error)
{
    struct cursor cursor = {.text = text, .error = error};
    uint8_t days = 0x7f;
    size_t start_at = 0;
    int start = 0;
    int end = 0;

    if (!g_ascii_isdigit(text[0])) {
        days = cursor_days(&cursor);
    }
    start_at = cursor.at;
    start = cursor_minute(&cursor);
    if (start == DAY_MIN) {
        cursor_fail(&cursor, start_at,
                    "a window cannot start at 24:00: write 00:00 of the next day");
    }
    cursor_need(&cursor, '-', "a window is START-END, as in 22:00-06:00");
    end = cursor_minute(&cursor);
    *window = (struct window){.days = days,
                              .start_min = (int16_t)start,
                              .end_min = (int16_t)(end > start ? end : end + DAY_MIN)};
    return cursor_end(&cursor, "nothing may follow the end of a window");
}

/* Days since 1970-01-01. */
static int32_t cursor_date(struct cursor *cursor)
{
    static const char message[] = "a date is YYYY-MM-DD";
    const size_t start = cursor->at;
    const int year = cursor_number(cursor, 4, 9999, message);
    int month = 0;
    int day = 0;
    GDate date;

    cursor_need(cursor, '-', message);
    month = cursor_number(cursor, 2, 12, message);
    cursor_need(cursor, '-', message);
    day = cursor_number(cursor, 2, 31, message);
    if (cursor->failed) {
        return 0;
    }
    if (!g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year)) {
        cursor_fail(cursor, start, "there is no such date");
        return 0;
    }
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    return (int32_t)g_date_get_julian(&date) - EPOCH_JULIAN;
}

enum tide_status date_range_parse(const char *text, struct date_range *range, struct error *error)
{
    struct cursor cursor = {.text = text, .error = error};

    range->first_day = cursor_date(&cursor);
    range->last_day = range->first_day;
    if (cursor_take(&cursor, '.')) {
        size_t last_at = 0;
        cursor_need(&cursor, '.', "a range of dates is FIRST..LAST");
        last_at = cursor.at;
        range->last_day = cursor_date(&cursor);
        if (range->last_day < range->first_day) {
            cursor_fail(&cursor, last_at, "the last date is before the first");
        }
    }
    return cursor_end(&cursor, "nothing may follow a date or a range of dates");
}

/* Milliseconds of a fraction; digits beyond the third are dropped. */
static int cursor_fraction_ms(struct cursor *cursor)
{
    int ms = 0;
    int unit = 100;

    if (!cursor_take(cursor, '.')) {
        return 0;
    }
    if (!g_ascii_isdigit(cursor->text[cursor->at])) {
        cursor_fail(cursor, cursor->at, "digits are needed after the point");
    }
    while (!cursor->failed && g_ascii_isdigit(cursor->text[cursor->at])) {
        ms += unit * (cursor->text[cursor->at] - '0');
        unit /= 10;
        cursor->at++;
    }
    return ms;
}

static int64_t cursor_time_ms(struct cursor *cursor)
{
    static const char message[] = "a time is HH:MM or HH:MM:SS";
    const int hour = cursor_number(cursor, 2, 23, message);
    int minute = 0;
    int second = 0;
    int ms = 0;

    cursor_need(cursor, ':', message);
    minute = cursor_number(cursor, 2, 59, message);
    if (cursor_take(cursor, ':')) {
        second = cursor_number(cursor, 2, 59, message);
        ms = cursor_fraction_ms(cursor);
    }
    return (((int64_t)hour * 60 + minute) * 60 + second) * 1000 + ms;
}

/* "Z", "z", "+HH:MM" or "-HH:MM"; false when there is none. */
static bool cursor_offset_ms(struct cursor *cursor, int64_t *offset_ms)
{
    static const char message[] = "an offset from UTC is Z or +HH:MM";
    const bool east = cursor_take(cursor, '+');
    int64_t minutes = 0;

    *offset_ms = 0;
    if (!east && !cursor_take(cursor, '-')) {
        return cursor_take(cursor, 'Z') || cursor_take(cursor, 'z');
    }
    minutes = cursor_number(cursor, 2, 23, message) * INT64_C(60);
    cursor_need(cursor, ':', message);
    minutes += cursor_number(cursor, 2, 59, message);
    *offset_ms = (east ? minutes : -minutes) * 60000;
    return true;
}

enum tide_status instant_parse(const char *text, const struct zone *zone, int64_t *at_ms,
                               struct error *error)
{
    struct cursor cursor = {.text = text, .error = error};
    int64_t local_ms = cursor_date(&cursor) * INT64_C(86400000);
    int64_t offset_ms = 0;

    *at_ms = 0;
    if (!cursor_take(&cursor, 'T') && !cursor_take(&cursor, ' ')) {
        cursor_need(&cursor, 't', "T and a time are needed after the date");
    }
    local_ms += cursor_time_ms(&cursor);
    if (cursor_offset_ms(&cursor, &offset_ms)) {
        *at_ms = local_ms - offset_ms;
    } else if (!zone) {
        cursor_fail(&cursor, cursor.at, "an offset from UTC is needed: Z or +HH:MM");
    } else {
        *at_ms = zone_to_utc_ms(zone, local_ms);
    }
    return cursor_end(&cursor, "nothing may follow the time");
}
