/*
 * check --output: a log read with the worker's own parser, so that what is shown here is what a
 * trial would report.
 */
#include "commands/check.h"

#include "commands/format.h"
#include "commands/table.h"
#include "spec/assign.h"

#include "worker/parse.h"
#include "worker/tally.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    METRICS_MAX = 64, /* of those a script reports of its own accord the first ones are shown */
    TAIL_LINES = 5,
    TAIL_BYTES = 200,
    BLOCK_BYTES = 65536,
};

struct metric {
    char name[WIRE_NAME_BYTES];
    int64_t count;
    int64_t first_step; /* -1: a final value */
    int64_t last_step;
    double first;
    double last;
};

struct check_log {
    struct wire_assign assign;
    struct parser parser;
    struct lines lines;
    struct tally tally;
    struct metric metrics[METRICS_MAX];
    size_t metric_count;
    int64_t line_count;
    int64_t checkpoint_count;
    int64_t malformed_count;
    char malformed[PARSE_TEXT_BYTES]; /* why the first one is */
    bool infeasible;
    bool rule_matched;
    size_t rule; /* the first that matched, and the line */
    char rule_text[PARSE_TEXT_BYTES];
    char tail[TAIL_LINES][TAIL_BYTES]; /* the last lines, a ring */
};

static struct metric *metric_of(struct check_log *log, const char *name)
{
    for (size_t i = 0; i < log->metric_count; i++) {
        if (strcmp(log->metrics[i].name, name) == 0) {
            return &log->metrics[i];
        }
    }
    if (log->metric_count == METRICS_MAX) {
        return NULL;
    }
    (void)text_copy(log->metrics[log->metric_count].name, WIRE_NAME_BYTES, name);
    return &log->metrics[log->metric_count++];
}

static void note_metric(struct check_log *log, const struct parse_found *found)
{
    struct metric *metric = metric_of(log, found->name);

    tally_add(&log->tally, found->name, found->value, found->final);
    if (metric == NULL) {
        return;
    }
    if (metric->count++ == 0) {
        metric->first_step = found->step;
        metric->first = found->value;
    }
    metric->last_step = found->step;
    metric->last = found->value;
}

static void note(struct check_log *log, const struct parse_found *found)
{
    switch (found->kind) {
    case PARSE_METRIC:
        note_metric(log, found);
        return;
    case PARSE_CHECKPOINT:
        log->checkpoint_count++;
        return;
    case PARSE_INFEASIBLE:
        log->infeasible = true;
        return;
    case PARSE_FINAL:
        return;
    case PARSE_RULE:
        if (!log->rule_matched) {
            log->rule_matched = true;
            log->rule = found->rule;
            (void)text_copy(log->rule_text, sizeof log->rule_text, found->text);
        }
        return;
    case PARSE_MALFORMED:
        if (log->malformed_count++ == 0) {
            (void)text_copy(log->malformed, sizeof log->malformed, found->text);
        }
        return;
    }
}

/* Once a script reports by itself, what had been read from its prints does not count. */
static void forget_prints(struct check_log *log)
{
    tally_forget(&log->tally);
    log->metric_count = 0;
    memset(log->metrics, 0, sizeof log->metrics);
}

static void take_line(struct check_log *log, const struct line *line)
{
    struct parse_found found[PARSE_FOUND_MAX];
    const bool reported = log->parser.reported;
    const size_t count = parse_output(&log->parser, line, found);

    if (!reported && log->parser.reported) {
        forget_prints(log);
    }
    for (size_t i = 0; i < count; i++) {
        note(log, &found[i]);
    }
    (void)text_copy(log->tail[log->line_count % TAIL_LINES], TAIL_BYTES, line->text);
    log->line_count++;
}

static enum tide_status read_lines(struct check_log *log, int descriptor, const char *path,
                                   struct error *error)
{
    char *block = malloc(BLOCK_BYTES);
    struct parse_found found[PARSE_FOUND_MAX];
    struct line line;
    ssize_t got = block == NULL ? -1 : read(descriptor, block, BLOCK_BYTES);

    for (; got > 0; got = read(descriptor, block, BLOCK_BYTES)) {
        const char *data = block;
        size_t bytes = (size_t)got;
        while (lines_next(&log->lines, &data, &bytes, &line)) {
            take_line(log, &line);
        }
    }
    free(block);
    if (got < 0) {
        return error_set(error, TIDE_IO, "%s: cannot read it: %s", path, strerror(errno));
    }
    if (lines_last(&log->lines, &line)) {
        take_line(log, &line);
    }
    for (size_t i = 0, count = parse_finish(&log->parser, found); i < count; i++) {
        note(log, &found[i]);
    }
    return TIDE_OK;
}

/* A FIFO or a terminal would make a check wait for ever. */
static enum tide_status read_log(struct check_log *log, const char *path, struct error *error)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat about;
    enum tide_status status = TIDE_OK;

    if (descriptor < 0) {
        return error_set(error, TIDE_INVALID, "%s: cannot read it: %s", path, strerror(errno));
    }
    if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
        status = error_set(error, TIDE_INVALID, "%s: it is no regular file", path);
    } else {
        status = read_lines(log, descriptor, path, error);
    }
    (void)close(descriptor);
    return status;
}

enum tide_status check_log_new(const struct spec *spec, const char *path, struct check_log **log,
                               struct error *error)
{
    struct check_log *made = calloc(1, sizeof *made);
    enum tide_status status = TIDE_NO_MEMORY;

    *log = NULL;
    if (made == NULL) {
        return error_set(error, status, "%s", tide_status_text(status));
    }
    spec_assign(spec, &made->assign);
    lines_init(&made->lines);
    tally_init(&made->tally, &made->assign);
    status = parse_open(&made->parser, &made->assign, error);
    if (status == TIDE_OK) {
        status = read_log(made, path, error);
    }
    if (status != TIDE_OK) {
        check_log_free(made);
        return status;
    }
    *log = made;
    return TIDE_OK;
}

void check_log_free(struct check_log *log)
{
    if (log != NULL) {
        parse_close(&log->parser);
        free(log);
    }
}

bool check_log_complete(const struct check_log *log)
{
    return tally_complete(&log->tally);
}

static void value_cell(struct table *table, double value, int64_t step)
{
    char text[FORMAT_BYTES];

    if (step < 0) {
        table_cell(table, STYLE_NONE, "%s", format_value(text, value));
    } else {
        table_cell(table, STYLE_NONE, "%s at step %" PRId64, format_value(text, value), step);
    }
}

static bool print_metrics(struct screen *screen, const struct check_log *log)
{
    static const char *const titles[] = {"METRIC", "VALUES", "FIRST", "LAST"};
    struct table *table = table_new(sizeof titles / sizeof *titles);
    bool printed = false;

    for (size_t i = 0; table != NULL && i < sizeof titles / sizeof *titles; i++) {
        table_cell(table, STYLE_DIM, "%s", titles[i]);
    }
    for (size_t i = 0; table != NULL && i < log->metric_count; i++) {
        const struct metric *metric = &log->metrics[i];
        table_cell(table, STYLE_BOLD, "%s", metric->name);
        table_cell(table, STYLE_NONE, "%" PRId64, metric->count);
        value_cell(table, metric->first, metric->first_step);
        value_cell(table, metric->last, metric->last_step);
    }
    printed = table != NULL && table_print(table, screen);
    table_free(table);
    return printed;
}

/* What the table cannot say about an objective: its result, or why there is none. */
static void print_result(struct screen *screen, const struct tally_entry *entry)
{
    char text[FORMAT_BYTES];

    screen_label(screen, "result");
    screen_text(screen, entry->name, 0);
    if (!entry->seen) {
        screen_style(screen, STYLE_BAD);
        screen_print(screen, " was never seen%s\n", entry->required ? ": such a trial fails" : "");
    } else if (!isfinite(entry->value)) {
        screen_style(screen, STYLE_WARN);
        screen_print(screen, " is %s: such a trial is infeasible\n",
                     isnan(entry->value) ? "NaN" : "infinite");
    } else {
        screen_print(screen, " %s, the %s value\n", format_value(text, entry->value),
                     entry->best ? "best" : "last");
    }
    screen_plain(screen);
}

static void print_events(struct screen *screen, const struct spec *spec,
                         const struct check_log *log)
{
    if (log->rule_matched) {
        screen_label(screen, "on_output");
        screen_text(screen, spec->on_output[log->rule].match, 0);
        screen_print(screen, ", then %s: ", wire_then_text(log->assign.rules[log->rule].then));
        screen_text(screen, log->rule_text, 0);
        screen_print(screen, "\n");
    }
    if (log->infeasible) {
        screen_label(screen, "infeasible");
        screen_print(screen, "the script says so\n");
    }
    if (log->checkpoint_count > 0) {
        screen_label(screen, "checkpoints");
        screen_print(screen, "%" PRId64 "\n", log->checkpoint_count);
    }
    if (log->malformed_count > 0) {
        screen_label(screen, "malformed");
        screen_print(screen,
                     "%" PRId64 " lines after @tidemill; the first: ", log->malformed_count);
        screen_text(screen, log->malformed, 0);
        screen_print(screen, "\n");
    }
}

/* The end of the log, and what to write where the default pattern finds nothing in it. */
static void print_tail(struct screen *screen, const struct check_log *log)
{
    const int64_t first = log->line_count > TAIL_LINES ? log->line_count - TAIL_LINES : 0;

    for (int64_t i = first; i < log->line_count; i++) {
        screen_label(screen, i == first ? "last lines" : "");
        screen_text(screen, log->tail[i % TAIL_LINES], 0);
        screen_print(screen, "\n");
    }
    (void)fprintf(stderr, "name the line with a pattern in the spec: "
                          "metrics: {patterns: {NAME: \"words before ([0-9.]+)\"}}\n");
}

bool check_log_print(struct screen *screen, const struct spec *spec, const struct check_log *log)
{
    if (log->metric_count > 0) {
        if (!print_metrics(screen, log)) {
            return false;
        }
        screen_print(screen, "\n");
    }
    for (size_t i = 0; i < log->tally.count; i++) {
        print_result(screen, &log->tally.entries[i]);
    }
    print_events(screen, spec, log);
    if (!tally_complete(&log->tally)) {
        print_tail(screen, log);
    }
    return true;
}

/* JSON has no NaN: null, as in the store. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *metrics_model(const struct check_log *log)
{
    json_t *list = json_array();

    for (size_t i = 0; i < log->metric_count; i++) {
        const struct metric *metric = &log->metrics[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:I, s:o, s:I, s:o, s:I}", "metric", metric->name, "count",
                            (json_int_t)metric->count, "first", number(metric->first), "first_step",
                            (json_int_t)metric->first_step, "last", number(metric->last),
                            "last_step", (json_int_t)metric->last_step));
    }
    return list;
}

static json_t *results_model(const struct check_log *log)
{
    json_t *list = json_array();

    for (size_t i = 0; i < log->tally.count; i++) {
        const struct tally_entry *entry = &log->tally.entries[i];
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:b, s:b, s:o}", "metric", entry->name, "seen",
                                              entry->seen, "required", entry->required, "value",
                                              entry->seen ? number(entry->value) : json_null()));
    }
    return list;
}

json_t *check_log_model(const struct check_log *log)
{
    return json_pack("{s:I, s:o, s:o, s:b, s:I, s:I, s:s*}", "lines", (json_int_t)log->line_count,
                     "metrics", metrics_model(log), "results", results_model(log), "infeasible",
                     log->infeasible, "checkpoints", (json_int_t)log->checkpoint_count, "malformed",
                     (json_int_t)log->malformed_count, "rule",
                     log->rule_matched ? log->assign.rules[log->rule].match : NULL);
}
