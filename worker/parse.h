/*
 * parse: what a training script says, in facts. Level 0 reads its output by the default pattern or
 * the spec's own, level 1 reads JSON lines (the report file, and output after "@tidemill "). Also
 * behind `tidemill check --output`. No input or output here, no clock.
 */
#ifndef WORKER_PARSE_H
#define WORKER_PARSE_H

#include "worker/lines.h"

#include "base/error.h"

#include <tidemill/wire.h>

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    PARSE_METRICS_MAX = WIRE_VALUES_MAX + WIRE_RULES_MAX,
    PARSE_FOUND_MAX = 2 * PARSE_METRICS_MAX + 4, /* facts in one line */
    PARSE_TEXT_BYTES = 256
};

enum parse_kind {
    PARSE_METRIC,     /* name, value, step */
    PARSE_CHECKPOINT, /* step */
    PARSE_INFEASIBLE, /* text says why */
    PARSE_FINAL,      /* the trial had finished */
    PARSE_RULE,       /* on_output rule `rule` matched; text is the line */
    PARSE_MALFORMED   /* a level 1 line that is none; text says why */
};

struct parse_found {
    enum parse_kind kind;
    int64_t step; /* -1: not a point of the curve (a final value) */
    double value; /* may be NaN or infinite */
    bool final;   /* a metric of the final line */
    size_t rule;
    char name[WIRE_NAME_BYTES];
    char text[PARSE_TEXT_BYTES];
};

/* A value on a line that will be written over: kept back until the next line. */
struct parse_held {
    bool holds;
    int64_t step;
    double value;
};

struct parse_metric {
    char name[WIRE_NAME_BYTES];
    bool has_pattern;
    regex_t pattern;
    int64_t counted; /* steps counted where none is printed */
    struct parse_held held;
};

struct parser {
    struct parse_metric metrics[PARSE_METRICS_MAX];
    size_t metric_count;
    bool has_step_pattern;
    regex_t step_pattern;
    regex_t rules[WIRE_RULES_MAX];
    size_t rule_count;
    int64_t step;  /* the last step that was printed or reported; -1 none */
    bool reported; /* level 1 metrics were seen: level 0 is not read any more */
};

/*
 * parse_open: a parser for the objectives, patterns, step_pattern and rules of `assign`, of which
 * nothing is kept. TIDE_INVALID with the pattern in `error` where one does not compile. Ended by
 * parse_close, also after a failure.
 */
enum tide_status parse_open(struct parser *parser, const struct wire_assign *assign,
                            struct error *error);
void parse_close(struct parser *parser);

/*
 * parse_output: the facts of one line of stdout or stderr into `found` (of PARSE_FOUND_MAX); how
 * many. A value on a provisional line comes with a later one, or from parse_finish.
 */
size_t parse_output(struct parser *parser, const struct line *line, struct parse_found *found);

/* parse_report: the facts of one line of the report file. */
size_t parse_report(struct parser *parser, const struct line *line, struct parse_found *found);

/* parse_finish: at the end of the output, the values that were kept back. */
size_t parse_finish(struct parser *parser, struct parse_found *found);

#endif
