/*
 * check: when the schedule opens next, and whether its windows are worth it. A night that is dearer
 * than the day is still the user's law; but it is said.
 */
#include "commands/check.h"

#include "civil/window.h"
#include "commands/format.h"
#include "commands/query.h"
#include "commands/text_file.h"
#include "price/price.h"
#include "spec/origin.h"
#include "store/moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHOWN = 3, WINDOWS_MAX = 4096, STEPS_MAX = 1024, PATH_BYTES = 8192 };

static const int64_t day_ms = 86400000;
static const int64_t week_ms = INT64_C(7) * 86400000;
static const int64_t horizon_ms = INT64_C(370) * 86400000; /* an exception may last for long */

/* A schedule with what was worked out of it. */
struct plan {
    const struct spec *spec;
    struct zone *zone;
    struct interval windows[WINDOWS_MAX];
    size_t window_count;
    struct price_list prices;
};

static struct calendar calendar_of(const struct plan *plan)
{
    const struct spec_schedule *schedule = &plan->spec->schedule;

    return (struct calendar){.zone = plan->zone,
                             .windows = schedule->windows,
                             .window_count = schedule->window_count,
                             .except = schedule->except,
                             .except_count = schedule->except_count};
}

static void windows_lay(struct plan *plan, int64_t from_ms, int64_t to_ms)
{
    const struct calendar calendar = calendar_of(plan);

    (void)!calendar_intervals(&calendar, from_ms, to_ms, plan->windows, WINDOWS_MAX,
                              &plan->window_count);
}

/* "Mon 2026-11-30 22:00 +01:00", by the clocks of the schedule's zone. */
static char *stamp(char *text, const struct plan *plan, int64_t at_ms)
{
    static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    int64_t until_ms = 0;
    const int64_t offset_min = zone_offset_ms(plan->zone, at_ms, at_ms + 1, &until_ms) / 60000;
    const int64_t size_min = offset_min < 0 ? -offset_min : offset_min;
    const time_t seconds = (time_t)(at_ms / 1000 + offset_min * 60);
    struct tm local = {0};
    char day[32];

    (void)gmtime_r(&seconds, &local);
    (void)strftime(day, sizeof day, "%Y-%m-%d %H:%M", &local);
    (void)snprintf(text, FORMAT_BYTES, "%s %s %c%02" PRId64 ":%02" PRId64,
                   weekdays[local.tm_wday % 7], day, offset_min < 0 ? '-' : '+', size_min / 60,
                   size_min % 60);
    return text;
}

/* From last week on, so that a window that is open is seen from its beginning; true where it never
 * shuts. */
static bool always_open(struct plan *plan, int64_t now_ms)
{
    windows_lay(plan, now_ms - week_ms, now_ms + horizon_ms);
    return plan->window_count == 1 && plan->windows[0].open_ms <= now_ms - week_ms &&
           plan->windows[0].close_ms >= now_ms + horizon_ms;
}

/* The next of the windows laid. */
static json_t *windows_model(const struct plan *plan, int64_t now_ms)
{
    json_t *list = json_array();

    for (size_t i = 0; i < plan->window_count && json_array_size(list) < SHOWN; i++) {
        const struct interval *window = &plan->windows[i];
        if (window->close_ms <= now_ms) {
            continue;
        }
        char from[FORMAT_BYTES];
        char until[FORMAT_BYTES];
        char utc[2][MOMENT_TEXT_BYTES];
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:s, s:s, s:s, s:I}", "from",
                                              moment_print(utc[0], window->open_ms), "until",
                                              moment_print(utc[1], window->close_ms), "from_local",
                                              stamp(from, plan, window->open_ms), "until_local",
                                              stamp(until, plan, window->close_ms), "duration_ms",
                                              (json_int_t)(window->close_ms - window->open_ms)));
    }
    return list;
}

/* The prices of a file as far as they go, or a week of bands. False where there are none. */
static bool prices_read(struct plan *plan, const char *folder, int64_t now_ms)
{
    const struct spec_prices *prices = &plan->spec->schedule.prices;
    char path[PATH_BYTES];
    char *text = NULL;
    struct error error;

    if (prices->file != NULL) {
        const bool read = origin_path(path, sizeof path, folder, prices->file) &&
                          text_file_read(path, &text, &error) == TIDE_OK &&
                          price_parse(&plan->prices, text, NULL, now_ms, &error) == TIDE_OK;
        free(text);
        return read;
    }
    plan->prices.steps = calloc(STEPS_MAX, sizeof *plan->prices.steps);
    plan->prices.end_ms = now_ms + week_ms;
    return plan->prices.steps != NULL && prices->band_count > 0 &&
           tariff_steps(plan->zone, prices->bands, prices->band_count, prices->fallback.micro,
                        now_ms, now_ms + week_ms, plan->prices.steps, STEPS_MAX,
                        &plan->prices.count) == TIDE_OK;
}

/* The mean price of the stretches, weighed by time. */
static double mean_price(const struct price_list *prices, const struct interval *stretches,
                         size_t count)
{
    double sum = 0;
    double time = 0;

    for (size_t i = 0; i < prices->count; i++) {
        const int64_t start_ms = prices->steps[i].start_ms;
        const int64_t end_ms =
            i + 1 < prices->count ? prices->steps[i + 1].start_ms : prices->end_ms;
        for (size_t j = 0; j < count; j++) {
            const int64_t from_ms =
                stretches[j].open_ms > start_ms ? stretches[j].open_ms : start_ms;
            const int64_t to_ms = stretches[j].close_ms < end_ms ? stretches[j].close_ms : end_ms;
            if (from_ms < to_ms) {
                sum += (double)(to_ms - from_ms) * (double)prices->steps[i].price_micro;
                time += (double)(to_ms - from_ms);
            }
        }
    }
    return time > 0 ? sum / time / 1e6 : 0;
}

static json_t *worth_model(struct plan *plan, const char *folder, int64_t now_ms)
{
    const struct spec *spec = plan->spec;

    if (!spec->schedule.prices.given || !prices_read(plan, folder, now_ms)) {
        return json_null();
    }
    const struct interval always = {plan->prices.steps[0].start_ms,
                                    plan->prices.end_ms == INT64_MAX
                                        ? plan->prices.steps[plan->prices.count - 1].start_ms
                                        : plan->prices.end_ms};
    if (always.close_ms - always.open_ms < day_ms) {
        return json_null(); /* less than a day shows nothing of a night */
    }
    windows_lay(plan, always.open_ms, always.close_ms);
    const double inside = mean_price(&plan->prices, plan->windows, plan->window_count);
    const double whole = mean_price(&plan->prices, &always, 1);
    char unit[16];
    (void)snprintf(unit, sizeof unit, "%s/%s", spec->currency,
                   spec->schedule.prices.unit == SPEC_PER_KWH ? "kWh" : "h");
    return json_pack("{s:f, s:f, s:s, s:b}", "inside", inside, "always", whole, "unit", unit,
                     "pays", plan->window_count == 0 || inside < whole);
}

static json_t *deadline_model(const struct plan *plan, int64_t now_ms)
{
    static const char *const if_late[] = {[SPEC_LATE_WARN] = "warn",
                                          [SPEC_LATE_IGNORE_WINDOWS] = "ignore-windows",
                                          [SPEC_LATE_ON_DEMAND] = "on-demand"};
    const struct spec_schedule *schedule = &plan->spec->schedule;
    char at[FORMAT_BYTES];

    if (schedule->deadline == NULL) {
        return json_null();
    }
    return json_pack("{s:s, s:I, s:s}", "at_local", stamp(at, plan, schedule->deadline_ms),
                     "left_ms", (json_int_t)(schedule->deadline_ms - now_ms), "if_late",
                     if_late[schedule->if_late]);
}

static json_t *plan_model(struct plan *plan, const char *folder, int64_t now_ms)
{
    const struct spec_schedule *schedule = &plan->spec->schedule;
    const bool always = always_open(plan, now_ms);
    json_t *next = always ? json_array() : windows_model(plan, now_ms);
    json_t *worth = always ? json_null() : worth_model(plan, folder, now_ms);

    return json_pack("{s:s, s:b, s:o, s:o, s:o}", "timezone", schedule->timezone, "always_open",
                     always, "next", next, "worth", worth, "deadline",
                     deadline_model(plan, now_ms));
}

json_t *check_windows_model(const struct spec *spec, const char *folder, int64_t now_ms)
{
    const struct spec_schedule *schedule = &spec->schedule;
    struct plan *plan = calloc(1, sizeof *plan);
    struct error error;
    json_t *model = NULL;

    if (plan != NULL &&
        (schedule->window_count > 0 || schedule->except_count > 0 || schedule->deadline != NULL) &&
        zone_open(&plan->zone, schedule->timezone, &error) == TIDE_OK) {
        plan->spec = spec;
        model = plan_model(plan, folder, now_ms);
        price_list_fini(&plan->prices);
        zone_close(plan->zone);
    }
    free(plan);
    return model == NULL ? json_null() : model;
}

static void deadline_print(struct screen *screen, const json_t *deadline)
{
    const int64_t left_ms = model_integer(deadline, "left_ms");
    char text[FORMAT_BYTES];

    screen_label(screen, "deadline");
    if (left_ms <= 0) {
        screen_print(screen, "%s, which has passed\n", model_text(deadline, "at_local"));
        return;
    }
    screen_print(screen, "%s (in %s); if late: %s\n", model_text(deadline, "at_local"),
                 format_duration(text, left_ms), model_text(deadline, "if_late"));
}

void check_windows_print(struct screen *screen, const json_t *model)
{
    const json_t *next = json_object_get(model, "next");
    const json_t *worth = json_object_get(model, "worth");
    char text[FORMAT_BYTES];

    for (size_t i = 0; i < json_array_size(next); i++) {
        const json_t *window = json_array_get(next, i);
        screen_label(screen, i == 0 ? "windows" : "");
        screen_print(screen, "%s to %s (%s)\n", model_text(window, "from_local"),
                     model_text(window, "until_local"),
                     format_duration(text, model_integer(window, "duration_ms")));
    }
    if (json_is_object(model) && json_array_size(next) == 0) {
        screen_label(screen, "windows");
        screen_print(screen, "%s\n",
                     json_is_true(json_object_get(model, "always_open"))
                         ? "open at all times"
                         : "none opens within a year");
    }
    if (json_is_object(worth)) {
        screen_label(screen, "prices");
        screen_print(
            screen, "%.4g %s on average in the windows, %.4g at any time%s\n",
            model_real(worth, "inside"), model_text(worth, "unit"), model_real(worth, "always"),
            json_is_true(json_object_get(worth, "pays")) ? "" : ": the windows do not pay");
    }
    if (json_is_object(json_object_get(model, "deadline"))) {
        deadline_print(screen, json_object_get(model, "deadline"));
    }
}
