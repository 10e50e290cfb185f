#include "civil/schedule.h"

#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t day_ms = 86400000;

/* Horizons that straddle a change of the clock more often than not. */
static int64_t draw_from_ms(struct rng *rng)
{
    static const char *const awkward[] = {
        "2023-03-10T00:00Z", "2023-11-03T00:00Z", "2023-03-30T00:00Z", "2023-09-28T00:00Z",
        "2023-10-27T00:00Z", "2024-03-29T00:00Z", "2024-09-06T00:00Z", "2021-10-20T00:00Z",
        "2026-03-27T00:00Z", "2026-10-23T00:00Z", "2011-12-28T00:00Z", "2024-02-27T00:00Z"};
    struct error error;
    int64_t at_ms = 0;
    const char *text = awkward[rng_below(rng, sizeof awkward / sizeof *awkward)];

    assert_int_equal(instant_parse(text, NULL, &at_ms, &error), TIDE_OK);
    return at_ms + (int64_t)rng_below(rng, 2880) * SCHEDULE_MINUTE_MS;
}

static struct window draw_window(struct rng *rng)
{
    static const int sharp[] = {0, 60, 90, 120, 150, 180, 1320, 1380, 1410};
    char text[64];
    const int start = rng_below(rng, 2) ? sharp[rng_below(rng, 9)] : (int)rng_below(rng, 1440);
    const int end = rng_below(rng, 2) ? sharp[rng_below(rng, 9)] : (int)rng_below(rng, 1441);
    static const char *const days[] = {"",         "Mon-Fri ", "Sat-Sun ",     "Sun ", "Sat ",
                                       "Fri-Mon ", "Thu ",     "Mon,Wed,Fri ", "Sun "};
    struct window window;
    struct error error;

    (void)snprintf(text, sizeof text, "%s%02d:%02d-%02d:%02d", days[rng_below(rng, 9)], start / 60,
                   start % 60, end / 60, end % 60);
    assert_int_equal(window_parse(text, &window, &error), TIDE_OK);
    return window;
}

void schedule_draw(struct schedule *schedule, struct rng *rng)
{
    static const char *const zones[] = {
        "Europe/Paris",      "America/Los_Angeles", "Australia/Sydney", "Australia/Lord_Howe",
        "Asia/Kolkata",      "Europe/Dublin",       "America/Havana",   "Asia/Beirut",
        "Africa/Casablanca", "Pacific/Apia",        "America/Santiago", "Atlantic/Azores",
        "Asia/Kathmandu",    "Pacific/Chatham",     "America/St_Johns", "UTC"};
    struct error error;

    memset(schedule, 0, sizeof *schedule);
    schedule->zone_name = zones[rng_below(rng, sizeof zones / sizeof *zones)];
    assert_int_equal(zone_open(&schedule->zone, schedule->zone_name, &error), TIDE_OK);
    schedule->from_ms = draw_from_ms(rng);
    schedule->to_ms =
        schedule->from_ms + (int64_t)(1 + rng_below(rng, 8 * 1440)) * SCHEDULE_MINUTE_MS;
    schedule->calendar = (struct calendar){.zone = schedule->zone,
                                           .windows = schedule->windows,
                                           .window_count = rng_below(rng, SCHEDULE_RULES + 1),
                                           .except = schedule->except,
                                           .except_count = rng_below(rng, 3)};
    schedule->band_count = rng_below(rng, SCHEDULE_RULES + 1);
    schedule->default_micro = 270000;
    for (size_t i = 0; i < SCHEDULE_RULES; i++) {
        const int32_t day = (int32_t)(schedule->from_ms / day_ms + (int64_t)rng_below(rng, 9));
        schedule->windows[i] = draw_window(rng);
        schedule->except[i] = (struct date_range){day, day + (int32_t)rng_below(rng, 2)};
        schedule->bands[i] =
            (struct band){draw_window(rng), (int64_t)rng_below(rng, 400000) - 100000};
    }
    schedule->max_micro = (int64_t)rng_below(rng, 400000) - 100000;
}

static bool window_holds(const struct window *window, const struct tm *local)
{
    const int minute = local->tm_hour * 60 + local->tm_min;
    const int today = (local->tm_wday + 6) % 7;
    const int yesterday = (local->tm_wday + 5) % 7;

    return ((window->days >> today & 1) && minute >= window->start_min &&
            minute < window->end_min) ||
           ((window->days >> yesterday & 1) && minute + 1440 < window->end_min);
}

struct opening_rule schedule_rule(const struct schedule *schedule, bool has_max)
{
    return (struct opening_rule){.calendar = schedule->calendar,
                                 .has_max = has_max,
                                 .max_micro = schedule->max_micro,
                                 .bands = schedule->bands,
                                 .band_count = schedule->band_count,
                                 .default_micro = schedule->default_micro};
}

void schedule_zone_enter(const struct schedule *schedule)
{
    assert_int_equal(setenv("TZ", schedule->zone_name, 1), 0);
    tzset();
}

static struct tm local_of(int64_t at_ms)
{
    const time_t second = at_ms / 1000;
    struct tm local;

    assert_non_null(localtime_r(&second, &local));
    return local;
}

/* What the definition says of one minute, by libc's clock. */
bool schedule_minute_open(const struct schedule *schedule, int64_t at_ms)
{
    const struct tm local = local_of(at_ms);
    struct tm date = {.tm_year = local.tm_year, .tm_mon = local.tm_mon, .tm_mday = local.tm_mday};
    const int64_t day = timegm(&date) / 86400;
    bool open = schedule->calendar.window_count == 0;

    for (size_t i = 0; i < schedule->calendar.window_count; i++) {
        open = open || window_holds(&schedule->windows[i], &local);
    }
    for (size_t i = 0; i < schedule->calendar.except_count; i++) {
        open = open && (day < schedule->except[i].first_day || day > schedule->except[i].last_day);
    }
    return open;
}

int64_t schedule_minute_price(const struct schedule *schedule, int64_t at_ms)
{
    const struct tm local = local_of(at_ms);

    for (size_t i = 0; i < schedule->band_count; i++) {
        if (window_holds(&schedule->bands[i].when, &local)) {
            return schedule->bands[i].price_micro;
        }
    }
    return schedule->default_micro;
}
