/*
 * simulate: what a search would have cost in a recorded market, under our policy and others.
 */
#include "commands/document.h"
#include "commands/history.h"
#include "commands/options.h"
#include "commands/simulate_spec.h"
#include "commands/simulate_suite.h"
#include "commands/spec_file.h"
#include "commands/verbs.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>

static const struct option_rule rules[] = {
    {"prices", 0, "FILE", "CSV, or JSON of AWS, Azure or Octopus"},
    {"preemptions", 0, "FILE", "CSV: tick or seconds, then 0/1 or a count per pool"},
    {"trial-minutes", 0, "M", "how long a trial takes; else as in the store"},
    {"policy", 0, "NAME", "this row only"},
    {"seeds", 0, "N", "replays that begin elsewhere in the preemptions (1)"},
    {"tick", 0, "TIME", "between decisions, and between rows of ticks (10m)"},
    {"startup", 0, "TIME", "of a machine (3m)"},
    {"power", 0, "WATT", "of a machine, for prices per kWh (1000)"},
    {"on-demand", 0, "PRICE", "of an hour on a machine that stays (there is none)"},
    {"suite", 0, "FOLDER", "the sets of docs/COST.md over a folder's traces"},
};

static const struct usage usage = {
    .verb = "simulate",
    .arguments = "[SPEC]",
    .text = "Replays recorded prices and preemptions and compares what each policy would have\n"
            "cost with the least that was possible (LEAST).",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .arguments_min = 0,
    .arguments_max = 1,
    .example = "tidemill simulate spec.yaml --prices day-ahead.csv --trial-minutes 30\n"
               "tidemill simulate --suite tests/data/traces",
};

static enum tide_status read_numbers(const struct options *options,
                                     struct simulate_request *request, struct error *error)
{
    const char *on_demand = options_value(options, "on-demand");
    double price = 0;
    int64_t minutes = 0;
    enum tide_status status =
        options_integer(options, "trial-minutes", 1, 100000, 0, &minutes, error);

    request->trial_ms = minutes * 60000;
    if (status == TIDE_OK) {
        status = options_integer(options, "seeds", 1, 1000, 1, &request->seeds, error);
    }
    if (status == TIDE_OK) {
        status = options_integer(options, "power", 1, 1000000, 1000, &request->power_watt, error);
    }
    if (status == TIDE_OK) {
        status = options_duration(options, "tick", 600000, &request->tick_ms, error);
    }
    if (status == TIDE_OK) {
        status = options_duration(options, "startup", 180000, &request->delay_ms, error);
    }
    if (status == TIDE_OK && on_demand &&
        (!number_parse_real(on_demand, &price) || price <= 0 || price > 1e6)) {
        status = error_set(error, TIDE_INVALID, "--on-demand: '%s' is not a price", on_demand);
    }
    request->on_demand_micro = llround(price * 1e6);
    return status;
}

static bool trials_measure(const struct options *options, struct simulate_request *request,
                           struct error *error)
{
    if (request->trial_ms == 0) {
        request->trial_ms = history_trial_ms(options->store, request->spec->name);
    }
    if (request->trial_ms == 0) {
        (void)error_set(error, TIDE_INVALID,
                        "--trial-minutes M is needed: %.300s has no completed trial of '%s'",
                        options->store, request->spec->name);
    }
    return request->trial_ms > 0;
}

static int print(const struct options *options, const json_t *model, const struct error *error,
                 bool (*on_screen)(const json_t *, struct screen *))
{
    struct screen screen = screen_open(stdout, options->color);
    bool printed = false;

    if (!model) {
        (void)fprintf(stderr, "tidemill simulate: %s%s%s\n", error->file,
                      error->file[0] != '\0' ? ": " : "", error->text);
        return EXIT_CODE_USAGE;
    }
    if (options->json) {
        printed = document_print((json_t *)(uintptr_t)model, true, stdout);
        (void)fputc('\n', stdout);
    } else {
        printed = on_screen(model, &screen);
    }
    return printed ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int simulate_spec(const struct options *options)
{
    struct simulate_request request = {.prices = options_value(options, "prices"),
                                       .preemptions = options_value(options, "preemptions"),
                                       .policy = options_value(options, "policy")};
    struct error error = {.text = ""};
    struct spec *spec = NULL;
    json_t *model = NULL;
    int code = EXIT_CODE_USAGE;

    if (!request.prices) {
        return options_wrong(&usage, "--prices FILE is needed");
    }
    if (read_numbers(options, &request, &error) != TIDE_OK) {
        return options_wrong(&usage, "%s", error.text);
    }
    spec = spec_file_read(options->arguments[0], options->json);
    if (spec) {
        request.spec = spec;
        if (trials_measure(options, &request, &error)) {
            model = simulate_spec_model(&request, &error);
        }
        code = print(options, model, &error, simulate_spec_screen);
    }
    json_decref(model);
    spec_free(spec);
    return code;
}

int command_simulate(int argc, char **argv)
{
    struct options options;
    struct error error;
    json_t *model = NULL;
    int code = options_parse(&usage, argc, argv, &options);

    if (code != OPTIONS_GO) {
        return code;
    }
    if ((options.argument_count == 1) == (options_value(&options, "suite") != NULL)) {
        return options_wrong(&usage, "either SPEC or --suite FOLDER is needed");
    }
    if (options.argument_count == 1) {
        return simulate_spec(&options);
    }
    model = simulate_suite_model(options_value(&options, "suite"), &error);
    code = print(&options, model, &error, simulate_suite_screen);
    json_decref(model);
    return code;
}
