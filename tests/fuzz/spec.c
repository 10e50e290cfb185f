/*
 * Any bytes as a spec: no crash, no hang, no sanitizer report. What is accepted must hold what the
 * header promises: the same text gives the same spec, its first point is a point, and that point
 * comes back from its JSON. Keys and words: fuzz_spec -dict=tests/fuzz/spec.dict -max_len=65536
 * -timeout=2 -rss_limit_mb=512 tests/fuzz/corpus/spec
 */
#include "base/assert.h"
#include "spec/point.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_point(const struct spec *spec)
{
    double values[SPEC_PARAMETERS_MAX];
    double back[SPEC_PARAMETERS_MAX];
    struct error error;
    char **argv = NULL;
    char *json = NULL;

    spec_point_initial(spec, values);
    ASSERT(spec_point_check(spec, values, &error) == TIDE_OK);
    ASSERT(spec_command(spec, values, 1, &argv, &error) == TIDE_OK);
    ASSERT(spec_params_json(spec, values, &json, &error) == TIDE_OK);
    ASSERT(spec_params_parse(spec, json, back, &error) == TIDE_OK);
    for (size_t i = 0; i < spec->parameter_count; i++) {
        ASSERT(values[i] == back[i] || (isnan(values[i]) && isnan(back[i])));
    }
    free(json);
    free(argv);
}

static void check_spec(const struct spec *spec, struct spec_report *report)
{
    struct spec *again = NULL;

    ASSERT(report->error_count == 0);
    ASSERT(spec->objective_count > 0 && spec->parameter_count > 0);
    ASSERT(spec_parse(spec->text, spec->text_bytes, "fuzz", &again, report) == TIDE_OK);
    ASSERT(again->digest == spec->digest);
    check_point(spec);
    spec_free(again);
}

static void check_report(const struct spec_report *report)
{
    char *text = spec_report_text(report);
    char *json = spec_report_json(report);

    ASSERT(text != NULL && json != NULL);
    for (size_t i = 0; i < report->errors_held; i++) {
        ASSERT(report->errors[i].text[0] != '\0');
        ASSERT(report->errors[i].line == 0 || report->errors[i].column > 0);
    }
    free(json);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct spec_report report;
    struct spec *spec = NULL;
    char *text = malloc(bytes + 1);

    ASSERT(text != NULL);
    memcpy(text, data, bytes);
    const enum tide_status status = spec_parse(text, bytes, "fuzz", &spec, &report);
    free(text);
    ASSERT((status == TIDE_OK) == (spec != NULL));
    ASSERT(status == TIDE_OK || report.error_count > 0);
    check_report(&report);
#ifdef FUZZ_CANARY
    ASSERT(spec == NULL); /* planted: the first good spec must be found */
#endif
    if (spec != NULL) {
        check_spec(spec, &report);
    }
    spec_free(spec);
    return 0;
}
