#include "spec/civil_text.h"

#include <string.h>

/* Reads exactly `digits` digits at *at and steps over them; -1 if they are not there. */
static int take_digits(const char **at, int digits)
{
    int value = 0;

    for (int i = 0; i < digits; i++, ++*at) {
        if (**at < '0' || **at > '9') {
            return -1;
        }
        value = 10 * value + (**at - '0');
    }
    return value;
}

static bool take(const char **at, const char *expected)
{
    const size_t length = strlen(expected);

    if (strncmp(*at, expected, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

/* Minutes of "HH:MM" up to 24:00; -1 otherwise. */
static int take_clock(const char **at)
{
    const int hour = take_digits(at, 2);
    const int minute = hour >= 0 && take(at, ":") ? take_digits(at, 2) : -1;

    return hour > 24 || minute < 0 || minute > 59 || (hour == 24 && minute > 0)
               ? -1
               : 60 * hour + minute;
}

/* The weekday at *at, 0 for Monday; -1 if there is none. */
static int take_weekday(const char **at)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

    for (int i = 0; i < 7; i++) {
        if (take(at, names[i])) {
            return i;
        }
    }
    return -1;
}

/* "Mon", "Mon-Fri" or "Fri-Mon" as a mask; 0 if it is none. */
static unsigned take_weekdays(const char **at)
{
    const int first = take_weekday(at);
    const int last = first >= 0 && take(at, "-") ? take_weekday(at) : first;
    unsigned days = 0;

    if (first < 0 || last < 0) {
        return 0;
    }
    for (int day = first; day != last; day = (day + 1) % 7) {
        days |= 1U << day;
    }
    return days | 1U << last;
}

static unsigned take_day_list(const char **at)
{
    unsigned days = 0;

    do {
        const unsigned more = take_weekdays(at);
        if (more == 0) {
            return 0;
        }
        days |= more;
    } while (take(at, ","));
    return days;
}

bool civil_window(const char *text, struct spec_window *window, const char **fault)
{
    const char *at = text;

    window->days = 0x7f;
    if (*at < '0' || *at > '9') {
        window->days = take_day_list(&at);
        if (window->days == 0 || *at != ' ') {
            *fault = "days are Mon Tue Wed Thu Fri Sat Sun, as Mon-Fri or Sat,Sun";
            return false;
        }
        at += strspn(at, " ");
    }
    window->start_minute = take_clock(&at);
    window->end_minute = window->start_minute >= 0 && take(&at, "-") ? take_clock(&at) : -1;
    if (window->end_minute < 0 || *at != '\0') {
        *fault = "hours are HH:MM-HH:MM from 00:00 to 24:00";
        return false;
    }
    if (window->start_minute == 24 * 60) {
        *fault = "24:00 can only be an end";
        return false;
    }
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* "2026-12-24", a day that exists between 1970 and 9999. */
static bool take_date(const char **at, struct spec_date *date)
{
    date->year = take_digits(at, 4);
    date->month = date->year >= 1970 && take(at, "-") ? take_digits(at, 2) : -1;
    date->day = date->month >= 1 && date->month <= 12 && take(at, "-") ? take_digits(at, 2) : -1;
    return date->day >= 1 && date->day <= days_in_month(date->year, date->month);
}

static int date_order(const struct spec_date *date)
{
    return (date->year * 100 + date->month) * 100 + date->day;
}

bool civil_dates(const char *text, struct spec_dates *dates, const char **fault)
{
    const char *at = text;

    if (!take_date(&at, &dates->first)) {
        *fault = "days are YYYY-MM-DD or YYYY-MM-DD..YYYY-MM-DD and must exist";
        return false;
    }
    dates->last = dates->first;
    if ((take(&at, "..") && !take_date(&at, &dates->last)) || *at != '\0') {
        *fault = "days are YYYY-MM-DD or YYYY-MM-DD..YYYY-MM-DD and must exist";
        return false;
    }
    if (date_order(&dates->last) < date_order(&dates->first)) {
        *fault = "the last day is before the first";
        return false;
    }
    return true;
}

bool civil_deadline(const char *text, struct spec_deadline *deadline, const char **fault)
{
    const char *at = text;
    int minutes = -1;
    int second = 0;

    *fault = "a deadline is local time, YYYY-MM-DDTHH:MM, without a zone";
    if (!take_date(&at, &deadline->date) || !take(&at, "T")) {
        return false;
    }
    minutes = take_clock(&at);
    if (minutes < 0 || minutes >= 24 * 60) {
        return false;
    }
    second = take(&at, ":") ? take_digits(&at, 2) : 0;
    if (second < 0 || second > 59 || *at != '\0') {
        return false;
    }
    deadline->text = text;
    deadline->hour = minutes / 60;
    deadline->minute = minutes % 60;
    deadline->second = second;
    return true;
}
