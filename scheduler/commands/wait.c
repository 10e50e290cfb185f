/*
 * wait: until an experiment has ended; the exit code says how.
 */
#include "commands/alive.h"
#include "commands/document.h"
#include "commands/follow.h"
#include "commands/reading.h"
#include "commands/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int state_code(const json_t *experiment)
{
    if (!model_has(experiment, "ended")) {
        return EXIT_CODE_RUNNING;
    }
    return strcmp(model_text(experiment, "state"), "completed") == 0 ? EXIT_CODE_OK
                                                                     : EXIT_CODE_ENDED_BADLY;
}

/* The experiment's row once it has ended or the time is up. */
static json_t *wait_for_end(struct query *query, int64_t id, int64_t until_ms)
{
    static const char sql[] = "SELECT id, name, state, reason, started, ended FROM experiment"
                              " WHERE id = ?";
    json_t *row = query_row(query, sql, "i", id);
    int64_t version = -1;

    (void)follow_changed(query, &version);
    while (query->status == TIDE_OK && !model_has(row, "ended") && wall_ms() < until_ms) {
        if (follow_changed(query, &version)) {
            json_decref(row);
            row = query_row(query, sql, "i", id);
        } else {
            follow_pause();
        }
    }
    return row;
}

static int wait_answer(const struct options *options, struct query *query, int64_t timeout_ms)
{
    struct target target;
    const int64_t until_ms = timeout_ms < 0 ? INT64_MAX : wall_ms() + timeout_ms;
    const int found = target_find(
        query, "wait", options->argument_count > 0 ? options->arguments[0] : NULL, &target);

    if (found != OPTIONS_GO) {
        return found;
    }
    if (target.trial != TRIAL_NONE) {
        return options_wrong(options->usage, "'%s' is a trial; this is about whole experiments",
                             options->arguments[0]);
    }
    json_t *alive = alive_coordinator(options->store);
    if (json_is_false(alive) && timeout_ms != 0) {
        (void)fprintf(stderr, "no coordinator is running on %s\n", options->store);
    }
    json_decref(alive);
    json_t *row = wait_for_end(query, target.experiment, until_ms);
    const int code = state_code(row);
    if (query->status != TIDE_OK) {
        json_decref(row);
        return query_report(query, "wait");
    }
    if (options->json) {
        (void)document_print(row, true, stdout);
        (void)putchar('\n');
    } else {
        const char *reason = model_text(row, "reason");
        (void)printf("%s %s%s%s\n", target.name, model_text(row, "state"),
                     *reason == '\0' ? "" : ": ", reason);
    }
    json_decref(row);
    return code;
}

int command_wait(int argc, char **argv)
{
    static const struct option_rule rules[] = {
        {"timeout", 0, "TIME", "at most so long: 90s, 15m, 2h"}};
    static const struct usage usage = {
        .verb = "wait",
        .arguments = "[ID]",
        .text = "Waits until an experiment has ended. The exit code is 0 when it completed, 6\n"
                "when it failed, was stopped or cancelled, and 8 when the time was up before.",
        .rules = rules,
        .rule_count = sizeof rules / sizeof *rules,
        .arguments_max = 1,
        .example = "tidemill wait 7 --timeout 2h && tidemill best 7",
    };
    struct options options;
    struct query query;
    struct error error;
    int64_t timeout_ms = 0;
    const int parsed = options_parse(&usage, argc, argv, &options);

    if (parsed != OPTIONS_GO) {
        return parsed;
    }
    if (options_duration(&options, "timeout", -1, &timeout_ms, &error) != TIDE_OK) {
        return options_wrong(&usage, "%s", error.text);
    }
    const int code = query_open(&query, options.store) ? wait_answer(&options, &query, timeout_ms)
                                                       : query_report(&query, "wait");
    query_close(&query);
    return code;
}
