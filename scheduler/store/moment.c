/*
 * Knows the calendar, without the C library's: gmtime and timegm cost more than the row they stand
 * in. Days to civil dates after the usual era arithmetic: a year that begins in March has its leap
 * day last, and 400 of them have 146,097 days.
 */
#include "store/moment.h"

#include "base/assert.h"

#include <string.h>

enum {
    DAY_MS = 86400000,
    ERA_YEARS = 400,
    ERA_DAYS = 146097,
    EPOCH_DAYS = 719468 /* 0000-03-01 to 1970-01-01 */
};

static const char pattern[] = "dddd-dd-dd dd:dd:dd.ddd";

static void digits_put(char *text, int count, int64_t value)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

static void date_print(char *text, int64_t days)
{
    int64_t shifted = days + EPOCH_DAYS;
    int64_t era = shifted / ERA_DAYS;
    int64_t day_of_era = shifted % ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

    digits_put(text, 4, era * ERA_YEARS + year_of_era + (month <= 2 ? 1 : 0));
    digits_put(text + 5, 2, month);
    digits_put(text + 8, 2, day_of_year - (153 * month_from_march + 2) / 5 + 1);
}

char *moment_print(char *text, int64_t ms)
{
    ASSERT(ms >= 0);
    int64_t in_day = ms % DAY_MS;

    memcpy(text, pattern, MOMENT_TEXT_BYTES);
    date_print(text, ms / DAY_MS);
    digits_put(text + 11, 2, in_day / 3600000);
    digits_put(text + 14, 2, in_day / 60000 % 60);
    digits_put(text + 17, 2, in_day / 1000 % 60);
    digits_put(text + 20, 3, in_day % 1000);
    return text;
}

static int64_t digits_get(const char *text, int count)
{
    int64_t value = 0;

    for (int i = 0; i < count; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool pattern_fits(const char *text)
{
    for (int i = 0; i < MOMENT_TEXT_BYTES; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == 'd' ? !digit : text[i] != pattern[i]) {
            return false;
        }
    }
    return true;
}

static int64_t date_days(int64_t year, int64_t month, int64_t day)
{
    int64_t from_march = month <= 2 ? month + 9 : month - 3;
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t year_of_era = shifted % ERA_YEARS;
    int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return shifted / ERA_YEARS * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

bool moment_parse(const char *text, int64_t *ms)
{
    if (!pattern_fits(text)) {
        return false;
    }
    int64_t days = date_days(digits_get(text, 4), digits_get(text + 5, 2), digits_get(text + 8, 2));
    int64_t parsed = days * DAY_MS + digits_get(text + 11, 2) * 3600000 +
                     digits_get(text + 14, 2) * 60000 + digits_get(text + 17, 2) * 1000 +
                     digits_get(text + 20, 3);
    char again[MOMENT_TEXT_BYTES];

    if (parsed < 0 || strcmp(moment_print(again, parsed), text) != 0) {
        return false; /* a 30th of February or an hour 25 */
    }
    *ms = parsed;
    return true;
}
