/*
 * check: what running many at once costs. A search that learns chooses worse the more results it
 * does not have yet; by how much was measured.
 */
#include "commands/check.h"

#include "commands/format.h"
#include "commands/query.h"
#include "core/ledger.h"

#include <inttypes.h>
#include <math.h>

/* docs/benchmarks/optimizer.md, "Parallel asks cost evaluations". */
static const struct measured {
    double concurrency;
    double times; /* the evaluations of one at a time */
} measured[] = {{1, 1}, {4, 1.27}, {16, 2.0}};

enum { MEASURED = sizeof measured / sizeof *measured };

double check_parallel_times(int64_t concurrency)
{
    const double wanted = log2((double)(concurrency > 1 ? concurrency : 1));

    for (size_t i = 1; i < MEASURED; i++) {
        const double from = log2(measured[i - 1].concurrency);
        const double to = log2(measured[i].concurrency);
        if (wanted <= to) {
            return measured[i - 1].times +
                   (wanted - from) / (to - from) * (measured[i].times - measured[i - 1].times);
        }
    }
    return measured[MEASURED - 1].times;
}

/* The lowest and the highest price that work is done at; false where the spec itself has none. */
static bool price_range(const struct spec_schedule *schedule, int64_t *low, int64_t *high)
{
    const struct spec_prices *prices = &schedule->prices;

    *low = prices->fallback.given ? prices->fallback.micro : INT64_MAX;
    *high = prices->fallback.given ? prices->fallback.micro : INT64_MIN;
    for (size_t i = 0; i < prices->band_count; i++) {
        const int64_t micro = prices->bands[i].price_micro;
        *low = micro < *low ? micro : *low;
        *high = micro > *high ? micro : *high;
    }
    if (schedule->max_price.given && schedule->max_price.micro < *high) {
        *high = schedule->max_price.micro;
    }
    return prices->given && prices->file == NULL && *low <= *high;
}

static void add_costs(json_t *model, const struct spec *spec, int64_t trial_ms, double trials)
{
    const bool by_energy = spec->schedule.prices.unit == SPEC_PER_KWH;
    const struct ledger_scale scale = {.power_watt = by_energy ? 1000 : 0, .slots = 1};
    const int64_t limit_ms = spec->retry.timeout_ms;
    const int64_t length_ms = trial_ms > 0 ? trial_ms : limit_ms;
    int64_t low = 0;
    int64_t high = 0;

    if (length_ms > 0 && trials > 0 && price_range(&spec->schedule, &low, &high)) {
        const double low_micro = (double)ledger_cost_micro(low, length_ms, scale);
        const double high_micro = (double)ledger_cost_micro(high, length_ms, scale);
        (void)json_object_set_new(model, "trial_ms", json_integer(length_ms));
        (void)json_object_set_new(model, "trial_is_limit", json_boolean(trial_ms <= 0));
        (void)json_object_set_new(model, "cost_low", json_real(trials * low_micro / 1e6));
        (void)json_object_set_new(model, "cost_high", json_real(trials * high_micro / 1e6));
        (void)json_object_set_new(model, "unit",
                                  json_sprintf("%s%s", spec->currency, by_energy ? " per kW" : ""));
    }
}

json_t *check_parallel_model(const struct spec *spec, int64_t trial_ms)
{
    const int64_t concurrency = spec->search.concurrency;
    const double times = check_parallel_times(concurrency);
    const double trials = round((double)spec->budget.trials * (times - 1));
    json_t *model = NULL;

    if (spec->search.algorithm != SPEC_BAYES || concurrency <= 1) {
        return json_null();
    }
    model = json_pack("{s:I, s:f, s:o, s:n, s:n, s:n, s:n, s:n}", "concurrency",
                      (json_int_t)concurrency, "times", times, "more_trials",
                      spec->budget.trials > 0 ? json_integer((json_int_t)trials) : json_null(),
                      "trial_ms", "trial_is_limit", "cost_low", "cost_high", "unit");
    add_costs(model, spec, trial_ms, trials);
    return model;
}

static void print_costs(struct screen *screen, const json_t *model)
{
    const bool at_most = json_is_true(json_object_get(model, "trial_is_limit"));
    const double low = model_real(model, "cost_low");
    const double high = model_real(model, "cost_high");
    char text[FORMAT_BYTES];

    screen_label(screen, "");
    screen_print(screen, "that is %s", at_most ? "at most " : "");
    if (!at_most && high > low) {
        screen_print(screen, "%.2f to ", low);
    }
    screen_print(screen, "%.2f %s by the spec's prices, at %s a trial (%s) and a worker each\n",
                 high, model_text(model, "unit"),
                 format_duration(text, model_integer(model, "trial_ms")),
                 at_most ? "retry.timeout" : "as in the store");
}

void check_parallel_print(struct screen *screen, const json_t *model)
{
    const double more = model_real(model, "times") - 1;
    const int64_t concurrency = model_integer(model, "concurrency");
    const char *about =
        (double)concurrency > measured[MEASURED - 1].concurrency ? "at least" : "about";

    if (!json_is_object(model)) {
        return;
    }
    screen_label(screen, "parallel");
    screen_print(screen, "%" PRId64 " at once: %s ", concurrency, about);
    if (model_has(model, "more_trials")) {
        screen_print(screen, "%" PRId64, model_integer(model, "more_trials"));
    } else {
        screen_print(screen, "%.0f %%", 100 * more);
    }
    screen_print(screen,
                 " more trial%s than one at a time for the same result (measured: "
                 "docs/benchmarks/optimizer.md)\n",
                 model_integer(model, "more_trials") == 1 ? "" : "s");
    if (model_has(model, "cost_low")) {
        print_costs(screen, model);
    }
}
