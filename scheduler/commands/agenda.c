#include "commands/agenda.h"

#include "base/number.h"
#include "base/text.h"
#include "civil/opening.h"
#include "commands/format.h"
#include "commands/query.h"
#include "commands/text_file.h"
#include "price/price.h"
#include "spec/origin.h"
#include "spec/spec.h"
#include "store/moment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOWS_MAX = 256, STEPS_MAX = 1024, HOURS = 12, UNIT_BYTES = 32, PATH_BYTES = 8192 };

static const int64_t day_ms = 86400000;
static const int64_t hour_ms = 3600000;
static const int64_t horizon_ms = INT64_C(8) * 86400000; /* as far as the coordinator looks */

/* The windows and the prices from now on; a list without entries is no restriction. */
struct agenda {
    const struct spec *spec;
    const char *workdir;
    struct zone *zone;
    int64_t now_ms;
    struct interval windows[WINDOWS_MAX];
    struct price_step steps[STEPS_MAX]; /* the first began before now */
    size_t window_count, step_count;
    const char *label; /* of a file's price: "held"; "" */
};

static bool has_windows(const struct spec *spec)
{
    return spec->schedule.window_count > 0 || spec->schedule.except_count > 0;
}

static bool has_prices(const struct spec *spec)
{
    return spec->schedule.prices.given;
}

static struct opening_rule agenda_rule(const struct agenda *agenda)
{
    const struct spec_schedule *schedule = &agenda->spec->schedule;

    return (struct opening_rule){.calendar = {.zone = agenda->zone,
                                              .windows = schedule->windows,
                                              .window_count = schedule->window_count,
                                              .except = schedule->except,
                                              .except_count = schedule->except_count},
                                 .has_max = schedule->max_price.given && agenda->step_count > 0,
                                 .steps = schedule->prices.file != NULL ? agenda->steps : NULL,
                                 .step_count = agenda->step_count,
                                 .max_micro = schedule->max_price.micro,
                                 .bands = schedule->prices.bands,
                                 .band_count = schedule->prices.band_count,
                                 .default_micro = schedule->prices.fallback.micro};
}

/* What holds now and later of the file's prices; nothing where it says nothing of now. */
static void steps_copy(struct agenda *agenda, const struct price_list *list)
{
    int64_t micro = 0;
    const enum price_state state =
        price_at(list, agenda->now_ms, agenda->now_ms, PRICE_FILE_HOLD_MS, &micro);
    size_t at = price_step_at(list->steps, list->count, agenda->now_ms);

    if (state == PRICE_GOOD || state == PRICE_HELD) {
        agenda->label = state == PRICE_HELD ? "held" : "";
        while (at < list->count && agenda->step_count < STEPS_MAX) {
            agenda->steps[agenda->step_count++] = list->steps[at++];
        }
    }
}

static void file_read(struct agenda *agenda, const char *file)
{
    char path[PATH_BYTES];
    struct price_list list;
    struct error error;
    char *text = NULL;

    if (origin_path(path, sizeof path, agenda->workdir, file) &&
        text_file_read(path, &text, &error) == TIDE_OK &&
        price_parse(&list, text, NULL, agenda->now_ms, &error) == TIDE_OK) {
        steps_copy(agenda, &list);
        price_list_fini(&list);
    }
    free(text);
}

static bool agenda_fill(struct agenda *agenda)
{
    const struct spec_schedule *schedule = &agenda->spec->schedule;
    const struct opening_rule rule = agenda_rule(agenda);
    const int64_t end_ms = agenda->now_ms + horizon_ms;
    /* from yesterday on, so that the window that is open is seen from its beginning */
    enum tide_status status =
        calendar_intervals(&rule.calendar, agenda->now_ms - day_ms, end_ms, agenda->windows,
                           WINDOWS_MAX, &agenda->window_count);

    if (schedule->prices.file != NULL) {
        file_read(agenda, schedule->prices.file);
    } else if (has_prices(agenda->spec) && (status == TIDE_OK || status == TIDE_LIMIT)) {
        status = tariff_steps(agenda->zone, schedule->prices.bands, schedule->prices.band_count,
                              schedule->prices.fallback.micro, agenda->now_ms, end_ms,
                              agenda->steps, STEPS_MAX, &agenda->step_count);
    }
    return status == TIDE_OK || status == TIDE_LIMIT;
}

static int64_t price_micro_at(const struct agenda *agenda, int64_t at_ms)
{
    int64_t price_micro = 0;

    for (size_t i = 0; i < agenda->step_count && agenda->steps[i].start_ms <= at_ms; i++) {
        price_micro = agenda->steps[i].price_micro;
    }
    return price_micro;
}

/* The label of the band that sets the price then; "" for the default. */
static const char *label_at(const struct agenda *agenda, int64_t at_ms)
{
    const struct spec_prices *prices = &agenda->spec->schedule.prices;
    struct price_step step;
    size_t count = 0;

    if (prices->file != NULL) {
        return agenda->label;
    }
    for (size_t i = 0; i < prices->band_count; i++) {
        if (tariff_steps(agenda->zone, &prices->bands[i], 1, INT64_MIN, at_ms, at_ms + 1, &step, 1,
                         &count) == TIDE_OK &&
            count == 1 && step.price_micro != INT64_MIN) {
            return prices->labels[i];
        }
    }
    return "";
}

static json_t *moment_json(int64_t at_ms)
{
    char text[MOMENT_TEXT_BYTES];

    return at_ms == 0 ? json_null() : json_string(moment_print(text, at_ms));
}

/* The window that is open, or the next one; null where none comes, or where it never shuts. */
static json_t *window_json(const struct agenda *agenda)
{
    size_t i = 0;

    while (i < agenda->window_count && agenda->windows[i].close_ms <= agenda->now_ms) {
        i++;
    }
    if (!has_windows(agenda->spec) || i == agenda->window_count) {
        return json_null();
    }
    const struct interval *window = &agenda->windows[i];
    if (window->close_ms >= agenda->now_ms + horizon_ms) {
        return json_null();
    }
    return json_pack("{s:b, s:o, s:o}", "open", window->open_ms <= agenda->now_ms, "from",
                     moment_json(window->open_ms), "until", moment_json(window->close_ms));
}

static json_t *price_json(const struct agenda *agenda, int64_t change_ms)
{
    const struct spec *spec = agenda->spec;
    char unit[UNIT_BYTES];
    json_t *hours = json_array();

    if (!has_prices(spec) || agenda->step_count == 0) {
        json_decref(hours);
        return json_null();
    }
    for (int64_t i = 0; i < HOURS; i++) {
        const int64_t micro = price_micro_at(agenda, agenda->now_ms + i * hour_ms);
        (void)json_array_append_new(hours, json_real((double)micro / 1e6));
    }
    (void)snprintf(unit, sizeof unit, "%s/%s", spec->currency,
                   spec->schedule.prices.unit == SPEC_PER_KWH ? "kWh" : "h");
    const int64_t then_ms = change_ms == 0 ? agenda->now_ms : change_ms;
    json_t *max = spec->schedule.max_price.given
                      ? json_real((double)spec->schedule.max_price.micro / 1e6)
                      : json_null();
    return json_pack("{s:f, s:s, s:s, s:o, s:f, s:s, s:o}", "now",
                     (double)price_micro_at(agenda, agenda->now_ms) / 1e6, "label",
                     label_at(agenda, agenda->now_ms), "unit", unit, "max", max, "next",
                     (double)price_micro_at(agenda, then_ms) / 1e6, "next_label",
                     label_at(agenda, then_ms), "hours", hours);
}

static int64_t local_ms(const struct agenda *agenda, int64_t at_ms)
{
    int64_t until_ms = 0;

    return at_ms + zone_offset_ms(agenda->zone, at_ms, at_ms + 1, &until_ms);
}

/* "today 22:00 Europe/Paris (in 2 h 14 min)", by the clocks of the schedule's zone. */
static json_t *until_text(const struct agenda *agenda, int64_t at_ms)
{
    static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const int64_t there_ms = local_ms(agenda, at_ms);
    const int64_t days = there_ms / day_ms - local_ms(agenda, agenda->now_ms) / day_ms;
    const time_t seconds = (time_t)(there_ms / 1000);
    struct tm local = {0};
    char wait[FORMAT_BYTES];

    if (at_ms == 0) {
        return json_null();
    }
    (void)gmtime_r(&seconds, &local);
    return json_sprintf("%s %02d:%02d %s (in %s)",
                        days == 0   ? "today"
                        : days == 1 ? "tomorrow"
                                    : weekdays[local.tm_wday % 7],
                        local.tm_hour, local.tm_min, agenda->spec->schedule.timezone,
                        format_duration(wait, at_ms - agenda->now_ms));
}

static json_t *agenda_model(struct agenda *agenda)
{
    if (!agenda_fill(agenda)) {
        return json_null();
    }
    const struct opening_rule rule = agenda_rule(agenda);
    const struct opening opening = opening_at(&rule, agenda->now_ms, horizon_ms);
    const int64_t change_ms = opening.until_ms == INT64_MAX ? 0 : opening.until_ms;
    return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "timezone", agenda->spec->schedule.timezone,
                     "open", opening.open, "until", moment_json(change_ms), "until_text",
                     until_text(agenda, change_ms), "window", window_json(agenda), "price",
                     price_json(agenda, change_ms));
}

json_t *agenda_read(const char *spec_text, const char *workdir, int64_t now_ms)
{
    struct agenda *agenda = calloc(1, sizeof *agenda);
    struct spec_report *report = calloc(1, sizeof *report);
    struct spec *spec = NULL;
    struct error error;
    json_t *model = NULL;

    if (agenda != NULL && report != NULL && strstr(spec_text, "schedule") != NULL &&
        spec_parse(spec_text, strlen(spec_text), "spec", &spec, report) == TIDE_OK &&
        spec->schedule.timezone != NULL && (has_windows(spec) || has_prices(spec))) {
        agenda->spec = spec;
        agenda->workdir = workdir;
        agenda->now_ms = now_ms;
        if (zone_open(&agenda->zone, spec->schedule.timezone, &error) == TIDE_OK) {
            model = agenda_model(agenda);
            zone_close(agenda->zone);
        }
    }
    spec_free(spec);
    free(report);
    free(agenda);
    return model == NULL ? json_null() : model;
}

/* ---- in words ---- */

static bool too_dear(const json_t *price)
{
    return model_has(price, "max") && model_real(price, "now") > model_real(price, "max");
}

static bool window_shut(const json_t *agenda)
{
    const json_t *window = json_object_get(agenda, "window");

    return json_is_object(window) && !json_is_true(json_object_get(window, "open"));
}

char *agenda_brief(char *text, const json_t *agenda, int64_t now_ms)
{
    const json_t *price = json_object_get(agenda, "price");
    const bool open = json_is_true(json_object_get(agenda, "open"));
    const json_t *window = json_object_get(agenda, "window");
    char until[FORMAT_BYTES];

    *text = '\0';
    if (model_has(agenda, "until")) {
        (void)format_time(until, model_time(agenda, "until"), now_ms);
        const bool by_window =
            model_time(window, "until") == model_time(agenda, "until") || !json_is_object(price);
        (void)snprintf(text, AGENDA_TEXT_BYTES, "%s %s",
                       !open       ? "opens"
                       : by_window ? "window shuts"
                                   : "too dear from",
                       until);
    }
    if (!open && !window_shut(agenda) && too_dear(price)) {
        (void)snprintf(text, AGENDA_TEXT_BYTES, "%.2f > %.2f %s", model_real(price, "now"),
                       model_real(price, "max"), model_text(price, "unit"));
    }
    return text;
}

char *agenda_reason(char *text, const json_t *agenda)
{
    const json_t *price = json_object_get(agenda, "price");

    *text = '\0';
    if (!window_shut(agenda) && too_dear(price)) {
        (void)snprintf(text, AGENDA_TEXT_BYTES, "price %.2f %s is above max_price %.2f",
                       model_real(price, "now"), model_text(price, "unit"),
                       model_real(price, "max"));
    }
    return text;
}

char *agenda_next(char *text, const json_t *agenda)
{
    const json_t *price = json_object_get(agenda, "price");
    const char *label = model_text(price, "next_label");

    *text = '\0';
    if (!model_has(agenda, "until_text")) {
        return text;
    }
    if (!json_is_object(price) || json_is_true(json_object_get(agenda, "open"))) {
        (void)text_copy(text, AGENDA_TEXT_BYTES, model_text(agenda, "until_text"));
    } else {
        (void)snprintf(text, AGENDA_TEXT_BYTES, "%s, %s%s%.2f", model_text(agenda, "until_text"),
                       label, *label == '\0' ? "" : " ", model_real(price, "next"));
    }
    return text;
}

void agenda_line(struct screen *screen, const json_t *agenda, int64_t now_ms)
{
    const json_t *price = json_object_get(agenda, "price");
    const json_t *window = json_object_get(agenda, "window");
    const json_t *hours = json_object_get(price, "hours");
    double values[HOURS];
    char from[FORMAT_BYTES];
    char until[FORMAT_BYTES];

    if (json_is_object(price)) {
        for (size_t i = 0; i < json_array_size(hours) && i < HOURS; i++) {
            values[i] = json_number_value(json_array_get(hours, i));
        }
        screen_print(screen, "price   ");
        screen_style(screen, STYLE_BUSY);
        screen_spark(screen, values, json_array_size(hours), HOURS);
        screen_plain(screen);
        screen_print(screen, "  now %.2f %s", model_real(price, "now"), model_text(price, "unit"));
    }
    if (json_is_object(window)) {
        const int64_t until_ms = model_time(window, "until");
        screen_print(screen, json_is_object(price) ? "     window " : "window  ");
        screen_print(screen, "%s-%s", format_clock(from, model_time(window, "from")),
                     format_clock(until, until_ms));
        if (json_is_true(json_object_get(window, "open"))) {
            screen_print(screen, ", %s left", format_duration(until, until_ms - now_ms));
        } else {
            screen_print(screen, ", opens in %s",
                         format_duration(until, model_time(window, "from") - now_ms));
        }
    }
    if (json_is_object(price) || json_is_object(window)) {
        screen_print(screen, "\n");
    }
}
