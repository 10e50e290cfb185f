/* Knows the order in which levels and patterns are tried, and how a line without a step gets one.
 */
#include "worker/parse.h"

#include "worker/report.h"
#include "worker/scan.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

static const char marker[] = "@tidemill ";

static enum tide_status compile(regex_t *regex, const char *pattern, struct error *error)
{
    char why[128];
    const int code = regcomp(regex, pattern, REG_EXTENDED);

    if (code == 0) {
        return TIDE_OK;
    }
    (void)regerror(code, regex, why, sizeof why);
    return error_set(error, TIDE_INVALID, "pattern '%s': %s", pattern, why);
}

static struct parse_metric *metric_find(struct parser *parser, const char *name)
{
    for (size_t i = 0; i < parser->metric_count; i++) {
        if (strcmp(parser->metrics[i].name, name) == 0) {
            return &parser->metrics[i];
        }
    }
    return NULL;
}

static struct parse_metric *metric_add(struct parser *parser, const char *name)
{
    struct parse_metric *metric = metric_find(parser, name);

    if (metric == NULL) {
        metric = &parser->metrics[parser->metric_count++];
        (void)text_copy(metric->name, sizeof metric->name, name);
    }
    return metric;
}

static enum tide_status open_patterns(struct parser *parser, const struct wire_assign *assign,
                                      struct error *error)
{
    enum tide_status status = TIDE_OK;

    for (size_t i = 0; status == TIDE_OK && i < assign->pattern_count; i++) {
        struct parse_metric *metric = metric_add(parser, assign->patterns[i].key);
        if (!metric->has_pattern) {
            status = compile(&metric->pattern, assign->patterns[i].value, error);
            metric->has_pattern = status == TIDE_OK;
        }
    }
    if (status == TIDE_OK && assign->step_pattern != NULL && assign->step_pattern[0] != '\0') {
        status = compile(&parser->step_pattern, assign->step_pattern, error);
        parser->has_step_pattern = status == TIDE_OK;
    }
    return status;
}

enum tide_status parse_open(struct parser *parser, const struct wire_assign *assign,
                            struct error *error)
{
    *parser = (struct parser){.step = -1};
    for (size_t i = 0; i < assign->objective_count; i++) {
        (void)metric_add(parser, assign->objectives[i].metric);
    }
    enum tide_status status = open_patterns(parser, assign, error);
    for (size_t i = 0; status == TIDE_OK && i < assign->rule_count; i++) {
        status = compile(&parser->rules[i], assign->rules[i].match, error);
        parser->rule_count += status == TIDE_OK ? 1 : 0;
    }
    return status;
}

void parse_close(struct parser *parser)
{
    for (size_t i = 0; i < parser->metric_count; i++) {
        if (parser->metrics[i].has_pattern) {
            regfree(&parser->metrics[i].pattern);
        }
    }
    if (parser->has_step_pattern) {
        regfree(&parser->step_pattern);
    }
    for (size_t i = 0; i < parser->rule_count; i++) {
        regfree(&parser->rules[i]);
    }
    *parser = (struct parser){.step = -1};
}

/* The first group of the match, or the whole match where the pattern has no group. */
static bool match_number(const regex_t *regex, const char *text, double *value)
{
    regmatch_t match[2];
    size_t length = 0;

    if (regexec(regex, text, 2, match, 0) != 0) {
        return false;
    }
    const regoff_t start = match[1].rm_so >= 0 ? match[1].rm_so : match[0].rm_so;
    const regoff_t end = match[1].rm_so >= 0 ? match[1].rm_eo : match[0].rm_eo;
    char copy[64];
    const size_t bytes = (size_t)(end - start);
    if (bytes >= sizeof copy) {
        return false;
    }
    memcpy(copy, text + start, bytes);
    copy[bytes] = '\0';
    return scan_number(copy + strspn(copy, " \t"), value, &length);
}

static bool line_step(const struct parser *parser, const char *text, int64_t *step)
{
    double value = 0;

    if (!parser->has_step_pattern) {
        return scan_step(text, step);
    }
    if (!match_number(&parser->step_pattern, text, &value) || !(value >= 0 && value < 9e15)) {
        return false;
    }
    *step = (int64_t)value;
    return true;
}

static size_t found_metric(struct parse_found *found, const char *name, int64_t step, double value)
{
    *found = (struct parse_found){.kind = PARSE_METRIC, .step = step, .value = value};
    (void)text_copy(found->name, sizeof found->name, name);
    return 1;
}

static size_t release(struct parse_metric *metric, struct parse_found *found)
{
    if (!metric->held.holds) {
        return 0;
    }
    metric->held.holds = false;
    metric->counted = metric->held.step > metric->counted ? metric->held.step : metric->counted;
    return found_metric(found, metric->name, metric->held.step, metric->held.value);
}

/* A value of a level 0 line: a progress bar repaints one step, so its values wait for the last. */
static size_t seen(struct parse_metric *metric, int64_t step, double value, bool provisional,
                   struct parse_found *found)
{
    size_t count = 0;

    if (metric->held.holds && metric->held.step != step) {
        count = release(metric, found);
    }
    metric->held = (struct parse_held){.holds = true, .step = step, .value = value};
    return provisional ? count : count + release(metric, found + count);
}

static size_t output_metrics(struct parser *parser, const char *text, bool provisional,
                             struct parse_found *found)
{
    size_t count = 0;
    int64_t step = -1;

    if (line_step(parser, text, &step)) {
        parser->step = step;
    }
    for (size_t i = 0; i < parser->metric_count; i++) {
        struct parse_metric *metric = &parser->metrics[i];
        double value = 0;
        const bool is_there = metric->has_pattern ? match_number(&metric->pattern, text, &value)
                                                  : scan_value(text, metric->name, &value);
        if (is_there) {
            step = parser->step >= 0 ? parser->step : metric->counted + 1;
            count += seen(metric, step, value, provisional, found + count);
        }
    }
    return count;
}

/* The first rule that matches; the later ones do not count. */
static size_t output_rules(const struct parser *parser, const char *text, struct parse_found *found)
{
    for (size_t i = 0; i < parser->rule_count; i++) {
        if (regexec(&parser->rules[i], text, 0, NULL, 0) == 0) {
            *found = (struct parse_found){.kind = PARSE_RULE, .step = -1, .rule = i};
            (void)text_copy(found->text, sizeof found->text, text);
            return 1;
        }
    }
    return 0;
}

size_t parse_output(struct parser *parser, const struct line *line, struct parse_found *found)
{
    char text[LINES_BYTES];

    scan_clean(text, sizeof text, line->text);
    if (strncmp(text, marker, sizeof marker - 1) == 0) {
        const struct line rest = {.text = text + sizeof marker - 1,
                                  .length = strlen(text) - (sizeof marker - 1),
                                  .cut = line->cut};
        return parse_report(parser, &rest, found);
    }
    const size_t count = output_rules(parser, text, found);
    if (parser->reported) {
        return count;
    }
    return count + output_metrics(parser, text, line->provisional, found + count);
}

size_t parse_report(struct parser *parser, const struct line *line, struct parse_found *found)
{
    const size_t count = report_line(line, parser->step, found, PARSE_FOUND_MAX);

    for (size_t i = 0; i < count; i++) {
        if (found[i].kind == PARSE_METRIC) {
            parser->reported = true;
            parser->step = found[i].step >= 0 ? found[i].step : parser->step;
        }
    }
    return count;
}

size_t parse_finish(struct parser *parser, struct parse_found *found)
{
    size_t count = 0;

    for (size_t i = 0; i < parser->metric_count && !parser->reported; i++) {
        count += release(&parser->metrics[i], found + count);
    }
    return count;
}
