#include "worker/report.h"

#include "worker/scan.h"

#include "base/assert.h"
#include "base/text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { OTHER_FACTS = 3 }; /* a checkpoint, infeasible, final: they find room beside the metrics */

struct report {
    struct parse_found *found;
    size_t count, limit;
};

static struct parse_found *report_add(struct report *report, enum parse_kind kind)
{
    ASSERT(report->count < report->limit);
    struct parse_found *found = &report->found[report->count++];
    *found = (struct parse_found){.kind = kind, .step = -1};
    return found;
}

/* A malformed line is one fact, whatever was read before. */
__attribute__((format(printf, 2, 3))) static void report_malformed(struct report *report,
                                                                   const char *format, ...)
{
    va_list arguments;

    report->found[0] = (struct parse_found){.kind = PARSE_MALFORMED, .step = -1};
    va_start(arguments, format);
    (void)vsnprintf(report->found[0].text, sizeof report->found[0].text, format, arguments);
    va_end(arguments);
    report->count = 1;
}

/* JSON has no NaN, but Python's json.dumps writes it: outside of text the three words get quotes.
 */
static bool quote_specials(const char *line, char *quoted, size_t bytes)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    bool inside = false;
    size_t used = 0;

    while (*line != '\0' && used + 16 < bytes) {
        size_t length = 0;
        for (size_t i = 0; !inside && length == 0 && i < 3; i++) {
            length = strncmp(line, words[i], strlen(words[i])) == 0 ? strlen(words[i]) : 0;
        }
        if (length > 0) {
            used += (size_t)snprintf(quoted + used, bytes - used, "\"%.*s\"", (int)length, line);
            line += length;
            continue;
        }
        inside = inside != (*line == '"');
        if (inside && *line == '\\' && line[1] != '\0') {
            quoted[used++] = *line++;
        }
        quoted[used++] = *line++;
    }
    quoted[used] = '\0';
    return *line == '\0';
}

static bool read_number(const json_t *json, double *value)
{
    size_t length = 0;

    if (json_is_number(json)) {
        *value = json_number_value(json);
        return true;
    }
    if (!json_is_string(json)) {
        return false;
    }
    const char *text = json_string_value(json);
    return scan_number(text, value, &length) && text[length] == '\0';
}

static bool read_step(const json_t *json, int64_t *step)
{
    double value = 0;

    if (!read_number(json, &value) || !(value >= 0 && value < 9e15) ||
        value != (double)(int64_t)value) {
        return false;
    }
    *step = (int64_t)value;
    return true;
}

static bool name_fits(const char *name)
{
    return *name != '\0' && strlen(name) < WIRE_NAME_BYTES;
}

static void report_metrics(struct report *report, const json_t *root, int64_t last_step, bool final)
{
    json_t *metrics = json_object_get(root, "metrics");
    const json_t *step = json_object_get(root, "step");
    int64_t at = final ? -1 : last_step + 1;
    const char *name = NULL;
    json_t *json = NULL;

    if (step != NULL && !read_step(step, &at)) {
        report_malformed(report, "step is not a whole number from 0");
        return;
    }
    if (metrics != NULL && !json_is_object(metrics)) {
        report_malformed(report, "metrics is not an object");
        return;
    }
    json_object_foreach(metrics, name, json)
    {
        double value = 0;
        if (!name_fits(name) || !read_number(json, &value)) {
            report_malformed(report, "metric '%.64s' is not a number", name);
            return;
        }
        if (report->count + OTHER_FACTS == report->limit) {
            report_malformed(report, "more than %zu metrics on a line", report->count);
            return;
        }
        struct parse_found *found = report_add(report, PARSE_METRIC);
        found->step = at;
        found->value = value;
        found->final = final;
        (void)text_copy(found->name, sizeof found->name, name);
    }
}

static void report_infeasible(struct report *report, const json_t *json)
{
    struct parse_found *found = report_add(report, PARSE_INFEASIBLE);

    (void)text_copy(found->text, sizeof found->text,
                    json_is_string(json) ? json_string_value(json) : "");
}

static void report_root(struct report *report, const json_t *root, int64_t last_step)
{
    const json_t *checkpoint = json_object_get(root, "checkpoint");
    const json_t *infeasible = json_object_get(root, "infeasible");
    const bool final = json_is_true(json_object_get(root, "final"));
    int64_t step = 0;

    report_metrics(report, root, last_step, final);
    if (checkpoint != NULL && !read_step(checkpoint, &step)) {
        report_malformed(report, "checkpoint is not a whole number from 0");
        return;
    }
    if (checkpoint != NULL) {
        report_add(report, PARSE_CHECKPOINT)->step = step;
    }
    if (infeasible != NULL && !json_is_false(infeasible)) {
        report_infeasible(report, infeasible);
    }
    if (final) {
        (void)report_add(report, PARSE_FINAL);
    }
    if (report->count == 0 && json_object_get(root, "metrics") == NULL) {
        report_malformed(report, "none of metrics, checkpoint, infeasible, final");
    }
}

size_t report_line(const struct line *line, int64_t last_step, struct parse_found *found,
                   size_t limit)
{
    struct report report = {.found = found, .limit = limit};
    char quoted[LINES_BYTES + 1024];
    json_error_t error;

    if (line->cut || !quote_specials(line->text, quoted, sizeof quoted)) {
        report_malformed(&report, "longer than %d bytes", LINES_BYTES);
        return report.count;
    }
    json_t *root = json_loads(quoted, 0, &error);
    if (root == NULL) {
        report_malformed(&report, "no JSON: %.200s", error.text);
    } else if (!json_is_object(root)) {
        report_malformed(&report, "not a JSON object");
    } else {
        report_root(&report, root, last_step);
    }
    json_decref(root);
    return report.count;
}
