/*
 * simulate: what a search would have cost in a recorded market, under our policy and the published
 * ones.
 */
#include "commands/document.h"
#include "commands/options.h"
#include "commands/simulate_suite.h"
#include "commands/verbs.h"

#include <stdio.h>

static const struct option_rule rules[] = {
    {"suite", 0, "FOLDER", "the sets of docs/COST.md over the traces of a folder"},
};

static const struct usage usage = {
    .verb = "simulate",
    .arguments = "--suite FOLDER",
    .text = "Replays recorded prices and preemptions and compares what each policy would have\n"
            "cost with the least that was possible.",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .arguments_min = 0,
    .arguments_max = 0,
    .example = "tidemill simulate --suite tests/data/traces",
};

int command_simulate(int argc, char **argv)
{
    struct options options;
    struct error error;
    struct screen screen;
    json_t *model = NULL;
    bool printed = false;
    int code = options_parse(&usage, argc, argv, &options);

    if (code != OPTIONS_GO) {
        return code;
    }
    if (!options_value(&options, "suite")) {
        return options_wrong(&usage, "--suite FOLDER is needed");
    }
    model = simulate_suite_model(options_value(&options, "suite"), &error);
    if (!model) {
        (void)fprintf(stderr, "tidemill simulate: %s\n", error.text);
        return EXIT_CODE_USAGE;
    }
    if (options.json) {
        printed = document_print(model, true, stdout);
        (void)fputc('\n', stdout);
    } else {
        screen = screen_open(stdout, options.color);
        printed = simulate_suite_screen(model, &screen);
    }
    json_decref(model);
    return printed ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
