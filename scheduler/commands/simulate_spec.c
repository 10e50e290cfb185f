/*
 * Knows how a spec and two files become a scenario, and which policies are worth comparing: what
 * the spec says, the same without its windows, and ours.
 */
#include "commands/simulate_spec.h"

#include "commands/format.h"
#include "commands/reading.h"
#include "commands/table.h"
#include "commands/text_file.h"

#include "base/rng.h"
#include "base/text.h"
#include "civil/window.h"
#include "core/ledger.h"
#include "price/price.h"
#include "sim/bound.h"
#include "sim/episode.h"
#include "sim/scenario.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOWS_MAX = 4096, ON_DEMAND_MAX = 96, KNOWN_HOURS = 24 };

static const int64_t hour_ms = 3600000;
static const int64_t longest_ms = INT64_C(60) * 86400000;

/* What is compared. `law`: the windows and max_price of the spec hold. */
static const struct contender {
    const char *name;
    enum episode_policy policy;
    bool law;
    bool on_demand; /* only where on-demand machines can be had */
} contenders[] = {
    {"windows (spec)", EPISODE_GREEDY, true, false},
    {"always on", EPISODE_GREEDY, false, false},
    {"on-demand", EPISODE_ON_DEMAND, false, true},
    {"uniform progress", EPISODE_UNIFORM, true, true},
    {"tidemill", EPISODE_TIDEMILL, true, false},
};

/* Everything read, and the sums of one contender. */
struct simulation {
    const struct simulate_request *request;
    struct price_list prices;
    struct csv machines;
    bool has_machines;
    struct interval windows[WINDOWS_MAX];
    size_t window_count;
    struct scenario_source source;
    struct episode_job job;
    struct rng rng;
};

static enum tide_status read_files(struct simulation *simulation, struct error *error)
{
    const struct simulate_request *request = simulation->request;
    char *text = NULL;
    enum tide_status status = text_file_read(request->prices, &text, error);

    if (status == TIDE_OK) {
        status = price_parse(&simulation->prices, text, NULL, 0, error);
        if (status != TIDE_OK) {
            error_at(error, request->prices, error->line, error->column);
        }
    }
    free(text);
    if (status != TIDE_OK || !request->preemptions) {
        return status;
    }
    status = text_file_read(request->preemptions, &text, error);
    if (status == TIDE_OK) {
        status = csv_parse(&simulation->machines, text, error);
        if (status != TIDE_OK) {
            error_at(error, request->preemptions, error->line, 0);
        }
    }
    free(text);
    simulation->has_machines = status == TIDE_OK;
    return status;
}

/* Prices per kWh become prices per hour of a machine. */
static void scale_prices(struct simulation *simulation)
{
    const struct spec_prices *prices = &simulation->request->spec->schedule.prices;
    const struct ledger_scale scale = {.power_watt = (int32_t)simulation->request->power_watt,
                                       .slots = 1};

    for (size_t i = 0;
         prices->given && prices->unit == SPEC_PER_KWH && i < simulation->prices.count; i++) {
        struct price_step *step = &simulation->prices.steps[i];
        step->price_micro = ledger_cost_micro(step->price_micro, hour_ms, scale);
    }
}

static int64_t max_price_micro(const struct simulate_request *request)
{
    const struct spec_schedule *schedule = &request->spec->schedule;
    const struct ledger_scale scale = {.power_watt = (int32_t)request->power_watt, .slots = 1};

    if (!schedule->max_price.given) {
        return INT64_MAX;
    }
    return schedule->prices.unit == SPEC_PER_KWH
               ? ledger_cost_micro(schedule->max_price.micro, hour_ms, scale)
               : schedule->max_price.micro;
}

/* From the first price to the deadline, or as far as the prices go. */
static void lay_span(struct simulation *simulation)
{
    const struct spec_schedule *schedule = &simulation->request->spec->schedule;
    const struct price_list *prices = &simulation->prices;
    struct scenario_source *source = &simulation->source;

    source->from_ms = prices->steps[0].start_ms;
    source->to_ms = prices->end_ms == INT64_MAX
                        ? prices->steps[prices->count - 1].start_ms + 24 * hour_ms
                        : prices->end_ms;
    if (source->to_ms - source->from_ms > longest_ms) {
        source->to_ms = source->from_ms + longest_ms;
    }
    if (schedule->deadline && schedule->deadline_ms > source->from_ms &&
        schedule->deadline_ms < source->to_ms) {
        source->to_ms = schedule->deadline_ms;
    }
}

static enum tide_status lay_windows(struct simulation *simulation, struct error *error)
{
    const struct spec_schedule *schedule = &simulation->request->spec->schedule;
    struct calendar calendar = {.windows = schedule->windows,
                                .window_count = schedule->window_count,
                                .except = schedule->except,
                                .except_count = schedule->except_count};
    struct zone *zone = NULL;
    enum tide_status status =
        zone_open(&zone, schedule->timezone ? schedule->timezone : "UTC", error);

    if (status == TIDE_OK) {
        calendar.zone = zone;
        status = calendar_intervals(&calendar, simulation->source.from_ms, simulation->source.to_ms,
                                    simulation->windows, WINDOWS_MAX, &simulation->window_count);
        if (status != TIDE_OK) {
            status = error_set(error, status, "more than %d windows", WINDOWS_MAX);
        }
    }
    zone_close(zone);
    return status;
}

static int32_t slots_per_unit(const struct simulation *simulation)
{
    const int64_t wanted = simulation->request->spec->search.concurrency;
    const int64_t pools =
        simulation->has_machines ? (int64_t)simulation->machines.column_count - 1 : 1;
    const int64_t slots = wanted > 0 ? (wanted + pools - 1) / pools : 1;

    for (size_t row = 0; simulation->has_machines && row < simulation->machines.row_count; row++) {
        for (size_t column = 1; column < simulation->machines.column_count; column++) {
            if (csv_cell(&simulation->machines, row, column) > 1) {
                return 1; /* a table of counts has its own sizes */
            }
        }
    }
    return (int32_t)(slots < EPISODE_LANES_MAX ? slots : EPISODE_LANES_MAX);
}

static enum tide_status prepare(struct simulation *simulation, struct error *error)
{
    const struct simulate_request *request = simulation->request;
    enum tide_status status = read_files(simulation, error);

    if (status != TIDE_OK) {
        return status;
    }
    scale_prices(simulation);
    simulation->source = (struct scenario_source){
        .tick_ms = request->tick_ms,
        .delay_ms = request->delay_ms,
        .known_ms = KNOWN_HOURS * hour_ms,
        .prices = simulation->prices.steps,
        .price_count = simulation->prices.count,
        .machines = simulation->has_machines ? &simulation->machines : NULL,
        .machines_tick_ms = request->tick_ms,
        .slots = slots_per_unit(simulation),
        .on_demand_micro = request->on_demand_micro,
    };
    lay_span(simulation);
    simulation->job =
        (struct episode_job){.trials = (int32_t)request->spec->budget.trials,
                             .trial_ms = request->trial_ms,
                             .window_ms = simulation->source.to_ms - simulation->source.from_ms,
                             .on_demand_max = request->on_demand_micro > 0 ? ON_DEMAND_MAX : 0};
    if (simulation->job.trials == 0) {
        return error_set(error, TIDE_INVALID, "the spec needs budget.trials to be simulated");
    }
    return lay_windows(simulation, error);
}

/* The market of one seed, under the spec's law or without it. */
static enum tide_status make_market(struct simulation *simulation, bool law, int64_t shift_ms,
                                    struct scenario *scenario, struct error *error)
{
    struct scenario_source source = simulation->source;

    source.machines_shift_ms = shift_ms;
    source.windows = law ? simulation->windows : NULL;
    source.window_count = law ? simulation->window_count : 0;
    source.max_price_micro = law ? max_price_micro(simulation->request) : INT64_MAX;
    return scenario_init(scenario, &source, error);
}

struct sums {
    int64_t cost_micro, finish_ms, useful_ms, paid_ms, bound_micro;
    int32_t preemptions, late;
};

static enum tide_status run_seed(struct simulation *simulation, const struct contender *contender,
                                 int64_t shift_ms, struct sums *sums, struct error *error)
{
    struct scenario scenario;
    struct episode_result result;
    enum tide_status status = make_market(simulation, contender->law, shift_ms, &scenario, error);

    if (status == TIDE_OK) {
        status =
            episode_run(&scenario.market, 0, &simulation->job, contender->policy, &result, error);
    }
    if (status == TIDE_OK) {
        sums->cost_micro += result.cost_micro;
        sums->finish_ms = result.finish_ms > sums->finish_ms ? result.finish_ms : sums->finish_ms;
        sums->useful_ms += result.spot_ms + result.on_demand_ms;
        sums->paid_ms += result.paid_ms;
        sums->preemptions += result.preemptions;
        sums->late += result.late;
        sums->bound_micro += bound_fleet_micro(&scenario.market, 0, scenario.market.tick_count,
                                               simulation->job.trials * simulation->job.trial_ms,
                                               simulation->job.on_demand_max);
    }
    scenario_fini(&scenario);
    return status;
}

static json_t *row_model(const struct simulation *simulation, const struct contender *contender,
                         const struct sums *sums)
{
    const double seeds = (double)simulation->request->seeds;
    const double useful_ms = sums->useful_ms > 0 ? (double)sums->useful_ms : 1;

    return json_pack(
        "{s:s, s:b, s:I, s:f, s:f, s:f, s:f}", "policy", contender->name, "late", sums->late > 0,
        "done_ms", (json_int_t)simulation->source.from_ms + (json_int_t)sums->finish_ms, "cost",
        (double)sums->cost_micro / 1e6 / seeds, "bound", (double)sums->bound_micro / 1e6 / seeds,
        "wasted", (double)(sums->paid_ms - sums->useful_ms) / useful_ms, "preemptions",
        sums->preemptions / seeds);
}

static enum tide_status run_contender(struct simulation *simulation,
                                      const struct contender *contender, json_t *rows,
                                      struct error *error)
{
    struct sums sums = {0};
    enum tide_status status = TIDE_OK;

    rng_init(&simulation->rng,
             simulation->request->spec->search.seed >= 0
                 ? (uint64_t)simulation->request->spec->search.seed
                 : 0,
             "simulate");
    for (int64_t seed = 0; seed < simulation->request->seeds && status == TIDE_OK; seed++) {
        const int64_t shift_ms = seed == 0
                                     ? 0
                                     : (int64_t)rng_below(&simulation->rng, (uint64_t)longest_ms) /
                                           simulation->source.tick_ms * simulation->source.tick_ms;
        status = run_seed(simulation, contender, shift_ms, &sums, error);
    }
    if (status == TIDE_OK) {
        (void)json_array_append_new(rows, row_model(simulation, contender, &sums));
    }
    return status;
}

static enum tide_status run_all(struct simulation *simulation, json_t *rows, struct error *error)
{
    const char *only = simulation->request->policy;
    enum tide_status status = TIDE_OK;

    for (size_t i = 0; i < sizeof contenders / sizeof *contenders && status == TIDE_OK; i++) {
        const bool possible = !contenders[i].on_demand || simulation->request->on_demand_micro > 0;
        if (possible && (!only || text_equal(only, contenders[i].name))) {
            status = run_contender(simulation, &contenders[i], rows, error);
        }
    }
    if (status == TIDE_OK && json_array_size(rows) == 0) {
        status = error_set(error, TIDE_INVALID, "no policy is called '%.40s'", only);
    }
    return status;
}

json_t *simulate_spec_model(const struct simulate_request *request, struct error *error)
{
    struct simulation *simulation = calloc(1, sizeof *simulation);
    json_t *rows = json_array();
    json_t *model = NULL;
    enum tide_status status = TIDE_OK;

    if (!simulation) {
        json_decref(rows);
        (void)error_set(error, TIDE_NO_MEMORY, "out of memory");
        return NULL;
    }
    simulation->request = request;
    status = prepare(simulation, error);
    if (status == TIDE_OK) {
        status = run_all(simulation, rows, error);
    }
    if (status == TIDE_OK) {
        model = json_pack("{s:s, s:I, s:I, s:I, s:O}", "currency", request->spec->currency,
                          "from_ms", (json_int_t)simulation->source.from_ms, "to_ms",
                          (json_int_t)simulation->source.to_ms, "trial_ms",
                          (json_int_t)request->trial_ms, "rows", rows);
    }
    json_decref(rows);
    price_list_fini(&simulation->prices);
    csv_fini(&simulation->machines);
    free(simulation);
    return model;
}

bool simulate_spec_screen(const json_t *model, struct screen *screen)
{
    static const char *const titles[] = {"POLICY", "DONE BY",     "COST",
                                         "LEAST",  "PREEMPTIONS", "WASTED"};
    enum { COLUMN_COUNT = sizeof titles / sizeof *titles };
    const json_t *rows = json_object_get(model, "rows");
    const char *currency = model_text(model, "currency");
    struct table *table = table_new(COLUMN_COUNT);
    bool printed = false;

    if (!table) {
        return false;
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        table_cell(table, STYLE_DIM, "%s", titles[i]);
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        char text[FORMAT_BYTES];
        const bool late = json_is_true(json_object_get(row, "late"));
        table_cell(table, STYLE_NONE, "%s", model_text(row, "policy"));
        table_cell(table, late ? STYLE_BAD : STYLE_NONE, "%s",
                   late ? "late"
                        : format_time(text, model_integer(row, "done_ms"),
                                      model_integer(model, "from_ms")));
        table_cell(table, STYLE_NONE, "%.2f %s", model_real(row, "cost"), currency);
        table_cell(table, STYLE_NONE, "%.2f %s", model_real(row, "bound"), currency);
        table_cell(table, STYLE_NONE, "%.1f", model_real(row, "preemptions"));
        table_cell(table, STYLE_NONE, "%.0f %%", 100 * model_real(row, "wasted"));
    }
    printed = table_print(table, screen);
    table_free(table);
    return printed;
}
