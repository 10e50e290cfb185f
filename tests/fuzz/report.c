/*
 * What a training script says, fuzzed: the first byte chooses patterns and stream, the rest is
 * output or a report file in two pieces. Whatever it is, the parser must stay within its bounds,
 * and where the pieces meet must not matter.
 */
#include "base/assert.h"
#include "worker/parse.h"
#include "worker/tally.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct reading {
    struct parser parser;
    struct lines lines;
    struct tally tally;
    uint64_t facts;
};

static void add(struct reading *reading, const struct parse_found *found, size_t count)
{
    ASSERT(count <= PARSE_FOUND_MAX);
    for (size_t i = 0; i < count; i++) {
        ASSERT(found[i].step >= -1);
        ASSERT(strlen(found[i].name) < sizeof found[i].name);
        if (found[i].kind == PARSE_METRIC) {
            tally_add(&reading->tally, found[i].name, found[i].value, found[i].final);
        }
        reading->facts = reading->facts * 31 + (uint64_t)found[i].kind + 1;
    }
}

static void feed(struct reading *reading, const char *text, size_t bytes, bool report)
{
    static struct parse_found found[PARSE_FOUND_MAX];
    struct line line;

    while (lines_next(&reading->lines, &text, &bytes, &line)) {
        add(reading, found,
            report ? parse_report(&reading->parser, &line, found)
                   : parse_output(&reading->parser, &line, found));
    }
}

/* Reads all of it, in two pieces that meet at `cut`; a number that stands for what was found. */
static uint64_t read_in_two(const struct wire_assign *assign, const char *text, size_t bytes,
                            size_t cut, bool report)
{
    static struct parse_found found[PARSE_FOUND_MAX];
    static struct reading reading;
    struct wire_result result = {0};
    struct error error;

    reading.facts = 0;
    lines_init(&reading.lines);
    tally_init(&reading.tally, assign);
    ASSERT(parse_open(&reading.parser, assign, &error) == TIDE_OK);
    feed(&reading, text, cut, report);
    feed(&reading, text + cut, bytes - cut, report);
    add(&reading, found, parse_finish(&reading.parser, found));
    parse_close(&reading.parser);
    tally_result(&reading.tally, &result);
    ASSERT(result.value_count <= assign->objective_count);
    return reading.facts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct wire_assign assign;

    if (bytes == 0) {
        return 0;
    }
    assign = (struct wire_assign){.objective_count = 2, .step_pattern = ""};
    assign.objectives[0] = (struct wire_objective){.metric = "loss", .required = true};
    assign.objectives[1] = (struct wire_objective){.metric = "val/acc", .best = true};
    if ((data[0] & 1) != 0) {
        assign.patterns[0] = (struct wire_pair){"loss", "top1 +([0-9.]+)"};
        assign.pattern_count = 1;
        assign.step_pattern = "Round ([0-9]+)";
        assign.rules[0] = (struct wire_rule){"out of memory", THEN_INFEASIBLE};
        assign.rule_count = 1;
    }
    const char *text = (const char *)data + 1;
    const bool report = (data[0] & 2) != 0;
    const uint64_t whole = read_in_two(&assign, text, bytes - 1, 0, report);
    ASSERT(read_in_two(&assign, text, bytes - 1, (bytes - 1) / 2, report) == whole);
    return 0;
}
