#include "commands/forecast.h"

#include "commands/format.h"

#include "civil/opening.h"
#include "spec/spec.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t horizon_ms = INT64_C(8) * 86400000;
enum { OPENINGS_MAX = 400, TRIALS_MIN = 2 }; /* of one trial nobody knows how much they differ */

/* When `need_ms` of open time have passed since `from_ms`; 0 when they never do within sight. */
static int64_t open_time_end(const struct spec_schedule *schedule, int64_t from_ms, int64_t need_ms)
{
    struct error error;
    struct zone *zone = NULL;
    int64_t at_ms = from_ms;

    if (zone_open(&zone, schedule->timezone ? schedule->timezone : "UTC", &error) != TIDE_OK) {
        return 0;
    }
    const struct opening_rule rule = {.calendar = {.zone = zone,
                                                   .windows = schedule->windows,
                                                   .window_count = schedule->window_count,
                                                   .except = schedule->except,
                                                   .except_count = schedule->except_count},
                                      .has_max = schedule->max_price.given &&
                                                 schedule->prices.file == NULL,
                                      .max_micro = schedule->max_price.micro,
                                      .bands = schedule->prices.bands,
                                      .band_count = schedule->prices.band_count,
                                      .default_micro = schedule->prices.fallback.micro};
    for (int i = 0; i < OPENINGS_MAX && need_ms > 0; i++) {
        const struct opening opening = opening_at(&rule, at_ms, horizon_ms);
        const int64_t until_ms =
            opening.until_ms < at_ms + horizon_ms ? opening.until_ms : at_ms + horizon_ms;
        const int64_t span_ms = until_ms - at_ms;
        at_ms = opening.open && span_ms >= need_ms ? at_ms + need_ms : until_ms;
        need_ms -= opening.open ? span_ms : 0;
    }
    zone_close(zone);
    return need_ms > 0 ? 0 : at_ms;
}

static void when_add(json_t *forecast, const char *spec_text, double need_ms, int64_t from_ms)
{
    struct spec_report *report = calloc(1, sizeof *report);
    struct spec *spec = NULL;

    if (report != NULL && from_ms > 0 &&
        spec_parse(spec_text, strlen(spec_text), "spec", &spec, report) == TIDE_OK) {
        const struct spec_schedule *schedule = &spec->schedule;
        const int64_t done_ms = open_time_end(schedule, from_ms, (int64_t)fmin(need_ms, 3e11));
        if (done_ms > 0) {
            (void)json_object_set_new(forecast, "done_ms", json_integer(done_ms));
        }
        if (schedule->deadline != NULL) {
            (void)json_object_set_new(forecast, "deadline_ms", json_integer(schedule->deadline_ms));
            (void)json_object_set_new(
                forecast, "late", json_boolean(done_ms == 0 || done_ms > schedule->deadline_ms));
        }
    }
    spec_free(spec);
    free(report);
}

/* The sum of the trials to come spreads by their own differences and by what is not known of their
 * mean after so few. */
static void cost_add(json_t *forecast, const json_t *row, double left)
{
    const double done = model_real(row, "completed");
    const double mean = model_real(row, "mean_cost");
    const double variance = fmax(0, model_real(row, "square_cost") - mean * mean);
    const double off = 2 * sqrt(variance * left * (1 + left / done) * done / (done - 1));
    const double idle = model_real(row, "idle_cost") / done;

    if (model_real(row, "cost") > 0) {
        (void)json_object_set_new(forecast, "cost",
                                  json_real(model_real(row, "cost") + left * (mean + idle)));
        (void)json_object_set_new(forecast, "cost_off", json_real(off));
        (void)json_object_set(forecast, "currency", json_object_get(row, "currency"));
    }
}

json_t *forecast_read(struct query *query, int64_t experiment, const char *spec_text,
                      int64_t from_ms)
{
    static const char sql[] =
        "SELECT p.budget_trials, p.budget_trials - p.completed - p.failed - p.buried - p.infeasible"
        " - p.pruned - p.cancelled AS left_trials, p.running, p.completed, c.cost, c.idle_cost,"
        " c.currency, t.mean_ms, t.mean_cost, t.square_cost,"
        " (SELECT sum(slots) FROM worker WHERE connected = 1) AS slots"
        " FROM progress AS p JOIN cost AS c ON c.experiment = p.experiment,"
        " (SELECT avg(useful_ms) AS mean_ms, avg(cost) AS mean_cost, avg(cost * cost) AS"
        "  square_cost FROM trial WHERE experiment = ?1 AND state = 'completed') AS t"
        " WHERE p.experiment = ?1";
    json_t *row = query_row(query, sql, "i", experiment);
    const int64_t running = model_integer(row, "running");
    const int64_t slots = running > 0 ? running : model_integer(row, "slots");
    const double left = model_real(row, "left_trials");
    json_t *forecast = NULL;

    if (!model_has(row, "budget_trials") || model_integer(row, "completed") < TRIALS_MIN ||
        left <= 0 || slots <= 0) {
        json_decref(row);
        return json_null();
    }
    const double busy = fmin((double)slots, left);
    const double need_ms =
        model_real(row, "mean_ms") * fmax(left - (double)running / 2, 0.5) / busy;
    forecast = json_pack("{s:f, s:I}", "trials", left, "slots", (json_int_t)busy);
    when_add(forecast, spec_text, need_ms, from_ms);
    cost_add(forecast, row, left);
    json_decref(row);
    return forecast;
}

void forecast_print(struct screen *screen, const json_t *forecast, int64_t now_ms)
{
    char text[FORMAT_BYTES];
    const char *comma = "";

    if (model_has(forecast, "done_ms")) {
        screen_print(screen, "done %s",
                     format_time(text, model_integer(forecast, "done_ms"), now_ms));
        comma = ", ";
    }
    if (model_has(forecast, "cost")) {
        screen_print(screen, "%s%s", comma,
                     format_money(text, llround(model_real(forecast, "cost") * 1e6)));
        screen_print(screen, " +- %s",
                     format_money(text, llround(model_real(forecast, "cost_off") * 1e6)));
        screen_print(screen, "%s%s", model_has(forecast, "currency") ? " " : "",
                     model_text(forecast, "currency"));
        comma = ", ";
    }
    if (json_is_true(json_object_get(forecast, "late"))) {
        screen_print(screen, "%safter the deadline %s", comma,
                     format_time(text, model_integer(forecast, "deadline_ms"), now_ms));
    }
}
