/*
 * logs: what a trial printed, as it arrived from its worker.
 */
#include "commands/document.h"
#include "commands/follow.h"
#include "commands/reading.h"
#include "commands/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where printing one stream has come to. */
struct stream {
    int64_t offset; /* behind what was printed */
    char *held;     /* the beginning of a line whose end has not come yet */
};

struct printing {
    const struct options *options;
    struct query query;
    struct target target;
    struct screen screen;
    const char *stream; /* "" both */
    int64_t attempt;
    int64_t row; /* the last printed; rows are in the order of arrival */
    struct stream out, err;
};

/* On a terminal a line is made harmless; elsewhere the bytes go as they came. */
static void lines_print(struct printing *printing, const char *text, size_t bytes)
{
    if (!printing->screen.terminal) {
        (void)fwrite(text, 1, bytes, stdout);
        return;
    }
    for (const char *end = text + bytes; text < end;) {
        const size_t length = strcspn(text, "\r\n");
        char *line = strndup(text, length);
        screen_text(&printing->screen, line == NULL ? "" : line, 0);
        free(line);
        screen_print(&printing->screen, "\n");
        text += length;
        text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
    }
}

/* Two streams share one screen, so only whole lines are printed; a carriage return (progress bars)
 * ends one. The rest waits for its end. */
static void text_print(struct printing *printing, struct stream *stream, const char *text)
{
    char *joined = NULL;

    if (asprintf(&joined, "%s%s", stream->held == NULL ? "" : stream->held, text) < 0) {
        query_refuse(&printing->query, TIDE_NO_MEMORY, "out of memory");
        return;
    }
    size_t whole = strlen(joined);
    while (whole > 0 && joined[whole - 1] != '\n' && joined[whole - 1] != '\r') {
        whole--;
    }
    lines_print(printing, joined, whole);
    memmove(joined, joined + whole, strlen(joined + whole) + 1);
    free(stream->held);
    stream->held = joined;
}

/* What waits for the end of its line in vain. */
static void held_print(struct printing *printing, struct stream *stream)
{
    if (stream->held != NULL) {
        lines_print(printing, stream->held, strlen(stream->held));
    }
    free(stream->held);
    *stream = (struct stream){0};
}

static void piece_print(struct printing *printing, json_t *piece)
{
    const char *text = model_text(piece, "text");
    struct stream *stream =
        strcmp(model_text(piece, "stream"), "stderr") == 0 ? &printing->err : &printing->out;
    const int64_t offset = model_integer(piece, "offset");

    printing->row = model_integer(piece, "row");
    if (printing->options->json) {
        (void)json_object_del(piece, "row");
        (void)document_print(piece, false, stdout);
        (void)putchar('\n');
        return;
    }
    if (offset > stream->offset) {
        (void)fprintf(stderr, "[%" PRId64 " bytes of %s were not kept]\n", offset - stream->offset,
                      model_text(piece, "stream"));
    }
    stream->offset = offset + (int64_t)strlen(text);
    text_print(printing, stream, text);
}

static void new_print(struct printing *printing)
{
    json_t *pieces =
        query_rows(&printing->query,
                   "SELECT attempt, stream, offset, text, rowid AS row FROM log"
                   " WHERE experiment = ?1 AND trial = ?2 AND attempt = ?3 AND rowid > ?4"
                   " AND (?5 = '' OR stream = ?5) ORDER BY rowid",
                   "iiiis", printing->target.experiment, printing->target.trial, printing->attempt,
                   printing->row, printing->stream);

    for (size_t i = 0; i < json_array_size(pieces); i++) {
        piece_print(printing, json_array_get(pieces, i));
    }
    json_decref(pieces);
    (void)fflush(stdout);
}

static void attempt_begin(struct printing *printing, int64_t attempt)
{
    held_print(printing, &printing->out);
    held_print(printing, &printing->err);
    printing->attempt = attempt;
    printing->row = 0;
    if (attempt > 1 && !printing->options->json) {
        (void)fprintf(stderr, "[attempt %" PRId64 "]\n", attempt);
    }
}

/* What the trial's row says: its newest attempt, and whether it has ended. */
static int64_t newest_attempt(struct printing *printing, bool *ended)
{
    json_t *trial = query_row(
        &printing->query, "SELECT attempts, ended FROM trial WHERE experiment = ? AND number = ?",
        "ii", printing->target.experiment, printing->target.trial);
    const int64_t newest = model_integer(trial, "attempts");

    *ended = model_has(trial, "ended");
    json_decref(trial);
    return newest;
}

/* Goes on until the trial has ended; a new attempt is followed in its turn. */
static void follow(struct printing *printing)
{
    int64_t version = -1;
    bool ended = false;

    while (!ended && printing->query.status == TIDE_OK && ferror(stdout) == 0) {
        if (!follow_changed(&printing->query, &version)) {
            follow_pause();
            continue;
        }
        const int64_t newest = newest_attempt(printing, &ended);
        new_print(printing);
        if (newest > printing->attempt) {
            attempt_begin(printing, newest);
            new_print(printing);
        }
    }
}

static int logs_print(struct printing *printing)
{
    const struct options *options = printing->options;
    const bool following = options_value(options, "follow") != NULL;
    struct error error;
    bool ended = false;
    int64_t attempt = newest_attempt(printing, &ended);

    if (options_integer(options, "attempt", 1, INT32_MAX, attempt, &attempt, &error) != TIDE_OK) {
        return options_wrong(options->usage, "%s", error.text);
    }
    attempt_begin(printing, attempt);
    if (following && options_value(options, "attempt") == NULL) {
        follow(printing);
    } else {
        new_print(printing);
    }
    held_print(printing, &printing->out);
    held_print(printing, &printing->err);
    (void)fflush(stdout);
    if (printing->query.status != TIDE_OK) {
        return query_report(&printing->query, "logs");
    }
    if (printing->row == 0) {
        (void)fprintf(stderr, "tidemill logs: attempt %" PRId64 " of %s has printed nothing%s\n",
                      attempt, options->arguments[0], ended ? "" : " yet");
    }
    return EXIT_CODE_OK;
}

static int logs_open(struct printing *printing)
{
    const struct options *options = printing->options;

    if (!query_open(&printing->query, options->store)) {
        return query_report(&printing->query, "logs");
    }
    const int found =
        target_find(&printing->query, "logs", options->arguments[0], &printing->target);
    if (found != OPTIONS_GO) {
        return found;
    }
    if (printing->target.trial == TRIAL_NONE) {
        return options_wrong(options->usage,
                             "'%s' is an experiment; say which trial: %" PRId64 ".0",
                             options->arguments[0], printing->target.experiment);
    }
    return OPTIONS_GO;
}

int command_logs(int argc, char **argv)
{
    static const struct option_rule rules[] = {
        {"follow", 'f', NULL, "go on until the trial has ended"},
        {"stream", 0, "NAME", "stdout or stderr alone"},
        {"attempt", 0, "N", "that attempt instead of the newest"},
    };
    static const struct usage usage = {
        .verb = "logs",
        .arguments = "ID.TRIAL",
        .text = "What a trial printed, in the order it arrived. Of very long outputs the store\n"
                "keeps the beginning and the end. --json prints a line for every piece.",
        .rules = rules,
        .rule_count = sizeof rules / sizeof *rules,
        .arguments_min = 1,
        .arguments_max = 1,
        .example = "tidemill logs 7.12 -f\ntidemill logs 7.12 --stream stderr --attempt 1",
    };
    struct options options;
    struct printing printing = {.options = &options};
    int code = options_parse(&usage, argc, argv, &options);

    if (code != OPTIONS_GO) {
        return code;
    }
    const char *stream = options_value(&options, "stream");
    if (stream != NULL && strcmp(stream, "stdout") != 0 && strcmp(stream, "stderr") != 0) {
        return options_wrong(&usage, "--stream takes stdout or stderr, not '%s'", stream);
    }
    printing.stream = stream == NULL ? "" : stream;
    printing.screen = screen_open(stdout, options.color);
    code = logs_open(&printing);
    if (code == OPTIONS_GO) {
        code = logs_print(&printing);
    }
    query_close(&printing.query);
    return code;
}
