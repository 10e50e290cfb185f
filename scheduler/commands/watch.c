#include "commands/watch.h"

#include "base/assert.h"
#include "commands/document.h"
#include "commands/follow.h"
#include "commands/format.h"
#include "commands/progress.h"
#include "commands/reading.h"
#include "commands/reproduce.h"
#include "commands/terminal.h"
#include "commands/trials.h"
#include "commands/verbs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAME_MS = 100,    /* between frames, at least */
    REFRESH_MS = 1000, /* at most: the clock moves on although the store does not */
    WAIT_MS = 100,
    RESULTS_SHOWN = 5
};

struct watch {
    struct watch_options options;
    struct query query;
    struct terminal terminal;
    bool drawing;       /* the block; otherwise lines */
    bool pending;       /* the store has changed since the last frame */
    bool ended;         /* the experiment has */
    int64_t version;    /* of the store, when it was read last */
    int64_t last_event; /* printed */
    int64_t drawn_ms;
};

static int64_t last_event_read(struct query *query)
{
    json_t *row = query_row(query, "SELECT max(id) AS id FROM event", "");
    const int64_t id = model_integer(row, "id");

    json_decref(row);
    return id;
}

enum tide_status watch_open(const struct watch_options *options, struct watch **out,
                            struct error *error)
{
    struct watch *watch = calloc(1, sizeof *watch);

    *out = NULL;
    if (watch == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    watch->options = *options;
    watch->version = -1;
    if (!query_open(&watch->query, options->words->store)) {
        const enum tide_status status = watch->query.status;
        *error = watch->query.error;
        query_close(&watch->query);
        free(watch);
        return status;
    }
    terminal_open(&watch->terminal, stdout, options->words->color, options->keyboard);
    watch->drawing = watch->terminal.frame.terminal && !options->words->json;
    watch->last_event = options->history ? 0 : last_event_read(&watch->query);
    *out = watch;
    return TIDE_OK;
}

static void frame_draw(struct watch *watch, int64_t now_ms)
{
    query_begin(&watch->query);
    json_t *model = progress_model(&watch->query, watch->options.experiment, now_ms);
    query_end(&watch->query);
    struct screen *screen = model == NULL ? NULL : terminal_begin(&watch->terminal);

    if (screen != NULL) {
        progress_draw(model, now_ms, screen, watch->terminal.rows - 1);
        terminal_end(&watch->terminal);
        watch->ended = model_has(model, "ended");
    }
    json_decref(model);
}

static void lines_print(struct watch *watch)
{
    struct screen screen = screen_open(stdout, watch->options.words->color);

    query_begin(&watch->query);
    json_t *events = progress_events(&watch->query, watch->options.experiment, watch->last_event);
    json_t *row = query_row(&watch->query, "SELECT ended FROM experiment WHERE id = ?", "i",
                            watch->options.experiment);
    query_end(&watch->query);
    for (size_t i = 0; i < json_array_size(events); i++) {
        json_t *event = json_array_get(events, i);
        watch->last_event = model_integer(event, "id");
        if (watch->options.words->json) {
            (void)document_print(event, false, stdout);
            (void)putchar('\n');
        } else {
            progress_event_line(event, &screen);
        }
    }
    watch->ended = model_has(row, "ended");
    json_decref(events);
    json_decref(row);
    (void)fflush(stdout);
}

enum tide_status watch_turn(struct watch *watch, struct error *error)
{
    ASSERT(watch != NULL);
    const int64_t now_ms = wall_ms();
    const int64_t since_ms = now_ms - watch->drawn_ms;

    watch->pending = follow_changed(&watch->query, &watch->version) || watch->pending;
    /* a clock that was set back must not stop the drawing */
    if (since_ms < 0 || (watch->pending && since_ms >= FRAME_MS) ||
        (watch->drawing && (since_ms >= REFRESH_MS || watch->terminal.resized))) {
        if (watch->drawing) {
            frame_draw(watch, now_ms);
        } else {
            lines_print(watch);
        }
        watch->pending = false;
        watch->drawn_ms = now_ms;
    }
    if (watch->query.status != TIDE_OK) {
        *error = watch->query.error;
    }
    return watch->query.status;
}

bool watch_ended(const struct watch *watch)
{
    return watch->ended;
}

/* "digits completed in 4 min: 30 trials, 28 completed, 2 failed" */
static void summary_print(struct screen *screen, const json_t *model)
{
    static const char *const states[] = {"completed", "failed",  "infeasible", "pruned",
                                         "cancelled", "running", "paused",     "queued"};
    char text[FORMAT_BYTES];

    screen_text(screen, model_text(model, "name"), 0);
    screen_print(screen, " %s", model_text(model, "state"));
    if (model_has(model, "ended") && model_has(model, "started")) {
        screen_print(
            screen, " in %s",
            format_duration(text, model_time(model, "ended") - model_time(model, "started")));
    }
    screen_print(screen, ": %" PRId64 " trials", model_integer(model, "trials"));
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (model_integer(model, states[i]) > 0) {
            screen_print(screen, ", %" PRId64 " %s", model_integer(model, states[i]), states[i]);
        }
    }
    screen_print(screen, "\n");
}

/* SQL that asks for more than the table above it. */
static void sql_suggest(const struct watch *watch, const json_t *trials)
{
    const json_t *parameters = json_object_get(trials, "parameters");
    struct screen screen = screen_open(stderr, COLOR_NEVER);
    char columns[256] = "";
    size_t bytes = 0;

    for (size_t i = 0; i < json_array_size(parameters) && i < 3; i++) {
        const char *name = json_string_value(json_array_get(parameters, i));
        const int added = snprintf(columns + bytes, sizeof columns - bytes,
                                   ", params->>'%.40s' AS %.40s", name, name);
        bytes += (size_t)added;
    }
    screen_print(&screen, "next: sqlite3 -readonly -box ");
    reproduce_word(&screen, watch->options.words->store);
    screen_print(&screen,
                 " \"SELECT number, value%s FROM trial WHERE experiment = %" PRId64
                 " AND state = 'completed' ORDER BY value%s LIMIT 10\"\n",
                 columns, watch->options.experiment,
                 strcmp(model_text(trials, "direction"), "maximize") == 0 ? " DESC" : "");
}

/* Nothing was found: the last that failed says why. */
static void failure_print(struct watch *watch, const json_t *model, struct screen *screen)
{
    json_t *last = query_row(&watch->query,
                             "SELECT experiment || '.' || trial AS trial, message FROM attempt"
                             " WHERE experiment = ? AND message IS NOT NULL"
                             " ORDER BY trial DESC, number DESC LIMIT 1",
                             "i", watch->options.experiment);

    screen_print(screen, model_integer(model, "completed") > 0
                             ? "no completed trial meets the constraints\n"
                             : "no trial completed\n");
    if (model_has(last, "message")) {
        screen_message(screen, model_text(last, "trial"), model_text(last, "message"));
        reading_suggest(watch->options.words, "tidemill show %s", model_text(last, "trial"));
    } else {
        reading_suggest(watch->options.words, "tidemill why %" PRId64, watch->options.experiment);
    }
    json_decref(last);
}

void watch_results(struct watch *watch)
{
    const struct trials_wanted wanted = {.experiment = watch->options.experiment,
                                         .state = "completed",
                                         .sort = "value",
                                         .limit = RESULTS_SHOWN,
                                         .feasible = true};
    struct screen screen = screen_open(stdout, watch->options.words->color);
    const int64_t now_ms = wall_ms();

    if (watch->drawing) {
        frame_draw(watch, now_ms);
    } else {
        lines_print(watch);
    }
    if (watch->options.words->json) {
        return;
    }
    json_t *model = progress_model(&watch->query, watch->options.experiment, now_ms);
    json_t *trials = trials_read(&watch->query, &wanted);
    const json_t *best = json_array_get(json_object_get(trials, "trials"), 0);
    if (model != NULL) {
        summary_print(&screen, model);
    }
    if (best != NULL && trials_print(trials, &screen)) {
        reading_suggest(watch->options.words, "tidemill show %s", model_text(best, "id"));
        sql_suggest(watch, trials);
    } else {
        failure_print(watch, model, &screen);
    }
    json_decref(trials);
    json_decref(model);
}

bool watch_found(struct watch *watch)
{
    json_t *row = query_row(&watch->query, "SELECT 1 AS found FROM best WHERE experiment = ?", "i",
                            watch->options.experiment);
    const bool found = model_has(row, "found");

    json_decref(row);
    return found;
}

void watch_close(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    terminal_close(&watch->terminal);
    query_close(&watch->query);
    free(watch);
}

/* ---- the verb ---- */

/* Until the experiment has ended, or somebody has seen enough. */
static int watch_loop(struct watch *watch)
{
    struct error error = {0};
    enum terminal_input input = TERMINAL_NOTHING;

    for (;;) {
        if (watch_turn(watch, &error) != TIDE_OK) {
            return query_report(&watch->query, "watch");
        }
        if (watch->ended) {
            watch_results(watch);
            return EXIT_CODE_OK;
        }
        if (ferror(stdout) != 0) {
            return EXIT_CODE_FAILED;
        }
        input = terminal_wait(&watch->terminal, WAIT_MS);
        if (input == TERMINAL_QUIT || input == TERMINAL_INTERRUPTED) {
            return input == TERMINAL_QUIT ? EXIT_CODE_OK : EXIT_CODE_INTERRUPTED;
        }
    }
}

static int target_read(const struct options *options, struct target *target)
{
    struct query query;
    int code = query_open(&query, options->store) ? OPTIONS_GO : query_report(&query, "watch");

    if (code == OPTIONS_GO) {
        code = target_find(&query, "watch",
                           options->argument_count > 0 ? options->arguments[0] : NULL, target);
    }
    query_close(&query);
    if (code == OPTIONS_GO && target->trial != TRIAL_NONE) {
        return options_wrong(options->usage, "'%s' is a trial; 'tidemill logs %s -f' follows it",
                             options->arguments[0], options->arguments[0]);
    }
    return code;
}

int command_watch(int argc, char **argv)
{
    static const struct option_rule rules[] = {
        {"history", 0, NULL, "without a terminal: the events of before, too"}};
    static const struct usage usage = {
        .verb = "watch",
        .arguments = "[ID]",
        .text = "Follows an experiment until it has ended: on a terminal in place (q quits),\n"
                "elsewhere a line for every event; --json prints every event as a line of JSON.",
        .rules = rules,
        .rule_count = sizeof rules / sizeof *rules,
        .arguments_max = 1,
        .example = "tidemill watch 7\ntidemill watch 7 >> digits.log",
    };
    struct options options;
    struct target target;
    struct watch *watch = NULL;
    struct error error = {0};
    int code = options_parse(&usage, argc, argv, &options);

    if (code == OPTIONS_GO) {
        code = target_read(&options, &target);
    }
    if (code != OPTIONS_GO) {
        return code;
    }
    const struct watch_options wanted = {.words = &options,
                                         .experiment = target.experiment,
                                         .keyboard = true,
                                         .history = options_value(&options, "history") != NULL};
    if (watch_open(&wanted, &watch, &error) != TIDE_OK) {
        (void)fprintf(stderr, "tidemill watch: %s\n", error.text);
        return EXIT_CODE_FAILED;
    }
    code = watch_loop(watch);
    watch_close(watch);
    return code;
}
