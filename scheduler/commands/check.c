/*
 * check: whether a spec is good, what would be searched, and what would be read from a log. Nothing
 * is run and nothing is stored.
 */
#include "commands/check.h"

#include "commands/document.h"
#include "commands/history.h"
#include "commands/options.h"
#include "commands/reading.h"
#include "commands/spec_file.h"
#include "commands/verbs.h"

#include <stdlib.h>

static const struct option_rule rules[] = {
    {"output", 0, "LOG", "what would be read from this output of the script"},
};

static const struct usage usage = {
    .verb = "check",
    .arguments = "SPEC",
    .text = "Reads an experiment spec, says everything that is wrong with it, and shows what\n"
            "would be searched and how a trial would be started. Nothing is run.",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .arguments_min = 1,
    .arguments_max = 1,
    .example = "tidemill check spec.yaml\n"
               "tidemill check spec.yaml --output train.log",
};

/* Messages go to stderr; the report is empty only when memory ran out. */
static void print_messages(const struct spec_report *report)
{
    char *text = spec_report_text(report);

    (void)fputs(text == NULL ? "tidemill check: out of memory\n" : text, stderr);
    free(text);
}

/* A log in which an objective is missing is a failure, so that a script can ask. */
static int log_code(const struct check_log *log)
{
    return log == NULL || check_log_complete(log) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static json_t *windows_of(const struct options *options, const struct spec *spec)
{
    char folder[SPEC_FILE_PATH_BYTES] = ".";

    (void)spec_file_workdir(spec, options->arguments[0], folder);
    return check_windows_model(spec, folder, wall_ms());
}

static json_t *parallel_of(const struct options *options, const struct spec *spec)
{
    return check_parallel_model(spec, history_trial_ms(options->store, spec->name));
}

static int print_json(const struct options *options, const struct spec *spec,
                      const struct spec_report *report, const struct check_log *log)
{
    char *messages = spec_report_json(report);
    json_t *model = messages == NULL ? NULL : json_loads(messages, 0, NULL);
    bool printed = false;

    free(messages);
    (void)json_object_set_new(model, "valid", json_boolean(spec != NULL));
    if (spec != NULL) {
        (void)json_object_set_new(model, "spec", check_spec_model(spec));
        (void)json_object_set_new(model, "schedule", windows_of(options, spec));
        (void)json_object_set_new(model, "parallel", parallel_of(options, spec));
    }
    if (log != NULL) {
        (void)json_object_set_new(model, "output", check_log_model(log));
    }
    printed = model != NULL && document_print(model, true, stdout);
    (void)fputc('\n', stdout);
    json_decref(model);
    return spec == NULL ? EXIT_CODE_USAGE : printed ? log_code(log) : EXIT_CODE_FAILED;
}

static int print_screens(const struct options *options, const struct spec *spec,
                         const struct spec_report *report, const struct check_log *log)
{
    struct screen screen = screen_open(stdout, options->color);

    print_messages(report);
    if (spec == NULL) {
        return EXIT_CODE_USAGE;
    }
    if (log == NULL) {
        if (!check_spec_print(&screen, spec)) {
            return EXIT_CODE_FAILED;
        }
        json_t *windows = windows_of(options, spec);
        json_t *parallel = parallel_of(options, spec);
        check_windows_print(&screen, windows);
        check_parallel_print(&screen, parallel);
        json_decref(windows);
        json_decref(parallel);
        (void)fprintf(stderr, "next: tidemill run %s\n", options->arguments[0]);
        return EXIT_CODE_OK;
    }
    return check_log_print(&screen, spec, log) ? log_code(log) : EXIT_CODE_FAILED;
}

/* The spec has been read; the log, where one is named, is read now. */
static int finish(const struct options *options, const struct spec *spec,
                  const struct spec_report *report)
{
    const char *path = options_value(options, "output");
    struct check_log *log = NULL;
    struct error error;
    int code = EXIT_CODE_FAILED;

    if (spec != NULL && path != NULL && check_log_new(spec, path, &log, &error) != TIDE_OK) {
        (void)fprintf(stderr, "tidemill check: %s\n", error.text);
        return EXIT_CODE_USAGE;
    }
    code = options->json ? print_json(options, spec, report, log)
                         : print_screens(options, spec, report, log);
    check_log_free(log);
    return code;
}

int command_check(int argc, char **argv)
{
    struct options options;
    struct spec *spec = NULL;
    struct spec_report *report = NULL;
    int code = options_parse(&usage, argc, argv, &options);

    if (code != OPTIONS_GO) {
        return code;
    }
    report = calloc(1, sizeof *report);
    if (report == NULL || spec_load(options.arguments[0], &spec, report) == TIDE_NO_MEMORY) {
        (void)fprintf(stderr, "tidemill check: out of memory\n");
        free(report);
        return EXIT_CODE_FAILED;
    }
    code = finish(&options, spec, report);
    spec_free(spec);
    free(report);
    return code;
}
