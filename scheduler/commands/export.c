/*
 * export: every trial of an experiment, for other programs: a row (csv, RFC 4180) or an object
 * (jsonl) each; with --metrics the learning curves too.
 */
#include "commands/document.h"
#include "commands/reading.h"
#include "commands/verbs.h"

#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char trials_sql[] =
    "SELECT id AS trial, number, state, reason, value, objectives AS \"objectives:json\", feasible,"
    " params AS \"params:json\", attempts, restarts, preemptions, step, created, started, ended,"
    " useful_ms, lost_ms, cost FROM trial WHERE experiment = ? ORDER BY number";

static const char metrics_sql[] =
    "SELECT m.experiment || '.' || m.trial AS trial, m.attempt, m.step, m.name, m.value, m.reported"
    " FROM metric_current AS m WHERE m.experiment = ? ORDER BY m.trial, m.name, m.step";

struct exporting {
    struct query query;
    struct target target;
    FILE *out;
    bool metrics;
    json_t *objectives; /* [{"metric", "direction"}, ...] */
    json_t *parameters; /* ["lr", ...], constants included */
};

/* ---- csv ---- */

static void field_text(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        (void)fputs(text, out);
        return;
    }
    (void)fputc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"') {
            (void)fputc('"', out);
        }
        (void)fputc(*at, out);
    }
    (void)fputc('"', out);
}

/* NULL and an absent value are an empty field. */
static void field_value(FILE *out, const json_t *value)
{
    char number[NUMBER_TEXT_BYTES];

    if (json_is_string(value)) {
        field_text(out, json_string_value(value));
    } else if (json_is_integer(value)) {
        (void)fprintf(out, "%" PRId64, (int64_t)json_integer_value(value));
    } else if (json_is_real(value)) {
        (void)fputs(number_print_real(number, json_real_value(value)), out);
    } else if (json_is_boolean(value)) {
        (void)fputs(json_is_true(value) ? "true" : "false", out);
    }
}

static void fields(FILE *out, const json_t *row, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i == 0 ? "" : ",", out);
        field_value(out, json_object_get(row, keys[i]));
    }
}

static void titles(FILE *out, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "%s%s", i == 0 ? "" : ",", keys[i]);
    }
}

static const char *const before[] = {"trial", "number", "state", "reason", "feasible"};
static const char *const behind[] = {"attempts", "restarts", "preemptions", "step",    "created",
                                     "started",  "ended",    "useful_ms",   "lost_ms", "cost"};
static const char *const metric_keys[] = {"trial", "attempt", "step", "name", "value", "reported"};

enum {
    BEFORE_COUNT = sizeof before / sizeof *before,
    BEHIND_COUNT = sizeof behind / sizeof *behind,
    METRIC_COUNT = sizeof metric_keys / sizeof *metric_keys
};

static void csv_titles(const struct exporting *exporting)
{
    FILE *out = exporting->out;
    char title[512];

    titles(out, before, BEFORE_COUNT);
    for (size_t i = 0; i < json_array_size(exporting->objectives); i++) {
        (void)snprintf(title, sizeof title, "value_%s",
                       model_text(json_array_get(exporting->objectives, i), "metric"));
        (void)fputc(',', out);
        field_text(out, title);
    }
    for (size_t i = 0; i < json_array_size(exporting->parameters); i++) {
        (void)fprintf(out, ",params_%s",
                      json_string_value(json_array_get(exporting->parameters, i)));
    }
    (void)fputc(',', out);
    titles(out, behind, BEHIND_COUNT);
    (void)fputs("\r\n", out);
}

static void csv_trial(const struct exporting *exporting, const json_t *trial)
{
    FILE *out = exporting->out;
    const json_t *values = json_object_get(trial, "objectives");
    const json_t *params = json_object_get(trial, "params");

    fields(out, trial, before, BEFORE_COUNT);
    for (size_t i = 0; i < json_array_size(exporting->objectives); i++) {
        (void)fputc(',', out);
        field_value(out, json_array_get(values, i));
    }
    for (size_t i = 0; i < json_array_size(exporting->parameters); i++) {
        (void)fputc(',', out);
        field_value(out, json_object_get(
                             params, json_string_value(json_array_get(exporting->parameters, i))));
    }
    (void)fputc(',', out);
    fields(out, trial, behind, BEHIND_COUNT);
    (void)fputs("\r\n", out);
}

static void csv_print(struct exporting *exporting)
{
    struct cursor cursor;

    if (exporting->metrics) {
        titles(exporting->out, metric_keys, METRIC_COUNT);
        (void)fputs("\r\n", exporting->out);
    } else {
        csv_titles(exporting);
    }
    cursor_open(&cursor, &exporting->query, exporting->metrics ? metrics_sql : trials_sql, "i",
                exporting->target.experiment);
    for (json_t *row = cursor_next(&cursor); row != NULL; row = cursor_next(&cursor)) {
        if (exporting->metrics) {
            fields(exporting->out, row, metric_keys, METRIC_COUNT);
            (void)fputs("\r\n", exporting->out);
        } else {
            csv_trial(exporting, row);
        }
        json_decref(row);
    }
    cursor_close(&cursor);
}

/* ---- jsonl ---- */

static void jsonl_print(struct exporting *exporting)
{
    static const char sql[] = "SELECT name, step, attempt, value, reported FROM metric_current"
                              " WHERE experiment = ? AND trial = ? ORDER BY name, step";
    struct cursor cursor;

    cursor_open(&cursor, &exporting->query, trials_sql, "i", exporting->target.experiment);
    for (json_t *row = cursor_next(&cursor); row != NULL; row = cursor_next(&cursor)) {
        if (exporting->metrics) {
            (void)json_object_set_new(row, "metrics",
                                      query_rows(&exporting->query, sql, "ii",
                                                 exporting->target.experiment,
                                                 model_integer(row, "number")));
        }
        (void)document_print(row, false, exporting->out);
        (void)fputc('\n', exporting->out);
        json_decref(row);
    }
    cursor_close(&cursor);
}

/* ---- the verb ---- */

static void columns_read(struct exporting *exporting)
{
    json_t *row = query_row(&exporting->query,
                            "SELECT objectives AS \"objectives:json\", (SELECT"
                            " json_group_array(name) FROM (SELECT name FROM parameter WHERE"
                            " experiment = e.id ORDER BY position)) AS \"parameters:json\""
                            " FROM experiment AS e WHERE e.id = ?",
                            "i", exporting->target.experiment);

    exporting->objectives = json_incref(json_object_get(row, "objectives"));
    exporting->parameters = json_incref(json_object_get(row, "parameters"));
    json_decref(row);
}

static int export_to(struct exporting *exporting, bool csv, const char *path)
{
    exporting->out = path == NULL ? stdout : fopen(path, "w");
    if (exporting->out == NULL) {
        (void)fprintf(stderr, "tidemill export: cannot write %s: %s\n", path, strerror(errno));
        return EXIT_CODE_FAILED;
    }
    query_begin(&exporting->query);
    columns_read(exporting);
    if (csv) {
        csv_print(exporting);
    } else {
        jsonl_print(exporting);
    }
    query_end(&exporting->query);
    json_decref(exporting->objectives);
    json_decref(exporting->parameters);
    const bool written = fflush(exporting->out) == 0 && ferror(exporting->out) == 0;
    const bool closed = path == NULL || fclose(exporting->out) == 0;
    if (exporting->query.status != TIDE_OK) {
        return query_report(&exporting->query, "export");
    }
    if (!written || !closed) {
        (void)fprintf(stderr, "tidemill export: not everything could be written: %s\n",
                      strerror(errno));
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_OK;
}

static int export_answer(const struct options *options, struct exporting *exporting, bool csv)
{
    const char *named = options->argument_count > 0 ? options->arguments[0] : NULL;

    if (!query_open(&exporting->query, options->store)) {
        return query_report(&exporting->query, "export");
    }
    const int found = target_find(&exporting->query, "export", named, &exporting->target);
    if (found != OPTIONS_GO) {
        return found;
    }
    if (exporting->target.trial != TRIAL_NONE) {
        return options_wrong(options->usage, "'%s' is a trial; this is about whole experiments",
                             named);
    }
    return export_to(exporting, csv, options_value(options, "output"));
}

int command_export(int argc, char **argv)
{
    static const struct option_rule rules[] = {
        {"format", 0, "FORMAT", "csv (default) or jsonl"},
        {"metrics", 0, NULL, "learning curves: csv of them alone, jsonl with each"},
        {"output", 'o', "FILE", "write there instead of to stdout"},
    };
    static const struct usage usage = {
        .verb = "export",
        .arguments = "[ID]",
        .text = "Every trial of an experiment for other programs: a row of csv (RFC 4180), or an\n"
                "object a line (jsonl).",
        .rules = rules,
        .rule_count = sizeof rules / sizeof *rules,
        .arguments_max = 1,
        .example = "tidemill export 7 --format csv -o digits.csv\n"
                   "tidemill export 7 --format jsonl --metrics | jq .value",
    };
    struct options options;
    const int parsed = options_parse(&usage, argc, argv, &options);

    if (parsed != OPTIONS_GO) {
        return parsed;
    }
    const char *format = options_value(&options, "format");
    const bool csv = format == NULL || strcmp(format, "csv") == 0;
    if (!csv && strcmp(format, "jsonl") != 0) {
        return options_wrong(&usage, "--format takes csv or jsonl, not '%s'", format);
    }
    struct exporting exporting = {.metrics = options_value(&options, "metrics") != NULL};
    const int code = export_answer(&options, &exporting, csv);
    query_close(&exporting.query);
    return code;
}
