/*
 * What a spec becomes: every key of the full example has its value in base units, what is not
 * written has the default docs/SPEC.md states, and two texts have one digest exactly where they say
 * the same.
 */
#include "support/support.h"

#include "spec/assign.h"
#include "spec/spec.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *golden_directory;

static struct spec *load(const char *name)
{
    static struct spec_report report;
    char path[4096];
    struct spec *spec = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", golden_directory, name);
    assert_int_equal(spec_load(path, &spec, &report), TIDE_OK);
    return spec;
}

/* A spec that must be good. */
static struct spec *parse(const char *text)
{
    static struct spec_report report;
    struct spec *spec = NULL;

    if (spec_parse(text, strlen(text), "test.yaml", &spec, &report) != TIDE_OK) {
        fail_msg("%s", report.errors[0].text);
    }
    return spec;
}

static void the_search_space_is_as_written(void **state)
{
    struct spec *spec = load("full.yaml");
    const struct spec_parameter *parameters = spec->parameters;

    (void)state;
    assert_int_equal(spec->parameter_count, 7);
    assert_string_equal(parameters[0].name, "lr");
    assert_int_equal(parameters[0].type, SPEC_FLOAT);
    assert_true(parameters[0].log);
    assert_close(parameters[0].min, 1e-5, 0, 0);
    assert_close(parameters[0].max, 0.1, 0, 0);
    assert_close(parameters[0].initial, 1e-3, 0, 0);
    assert_int_equal(parameters[0].parent, SPEC_NONE);
    assert_int_equal(parameters[1].type, SPEC_INT);
    assert_true(isnan(parameters[1].initial));
    assert_close(parameters[2].step, 0.05, 0, 0);
    assert_int_equal(parameters[3].type, SPEC_CATEGORICAL);
    assert_int_equal(parameters[3].choice_count, 2);
    assert_string_equal(parameters[3].choices[1].json, "\"sgd\"");
    assert_int_equal(parameters[4].parent, 3);
    assert_int_equal(parameters[4].parent_choice_count, 1);
    assert_int_equal(parameters[4].parent_choices[0], 1);
    assert_int_equal(parameters[5].type, SPEC_ORDINAL);
    assert_int_equal(parameters[5].choices[2].type, SPEC_SCALAR_INTEGER);
    assert_string_equal(parameters[5].choices[2].json, "32");
    assert_int_equal(spec->constant_count, 1);
    assert_string_equal(spec->constants[0].name, "data_seed");
    assert_close(spec->constants[0].value.number, 1234, 0, 0);
    spec_free(spec);
}

static void what_is_searched_for_is_as_written(void **state)
{
    struct spec *spec = load("full.yaml");

    (void)state;
    assert_int_equal(spec->objective_count, 2);
    assert_string_equal(spec->objectives[0].metric, "val_acc");
    assert_true(spec->objectives[0].maximize);
    assert_int_equal(spec->objectives[0].reduce, SPEC_REDUCE_BEST);
    assert_close(spec->objectives[0].target, 0.96, 0, 0);
    assert_true(isnan(spec->objectives[0].reference));
    assert_false(spec->objectives[1].maximize);
    assert_close(spec->objectives[1].reference, 50, 0, 0);
    assert_int_equal(spec->constraint_count, 2);
    assert_string_equal(spec->constraints[0].text, "width * dropout <= 200");
    assert_int_equal(spec->constraints[0].place.line, 20);
    assert_int_equal(spec->constraints[0].place.column, 5);
    assert_null(spec->constraints[1].text);
    assert_string_equal(spec->constraints[1].metric, "params_m");
    assert_true(isnan(spec->constraints[1].min));
    assert_close(spec->constraints[1].max, 25, 0, 0);
    assert_int_equal(spec->metrics.pattern_count, 1);
    assert_string_equal(spec->metrics.patterns[0].name, "val_acc");
    assert_string_equal(spec->metrics.patterns[0].value, "top1 +([0-9.]+)");
    assert_string_equal(spec->metrics.step, "Epoch ([0-9]+)");
    assert_int_equal(spec->search.algorithm, SPEC_BAYES);
    assert_int_equal(spec->search.initial, 16);
    assert_int_equal(spec->search.concurrency, 8);
    assert_int_equal(spec->search.seed, 7);
    assert_close(spec->stop.improvement_below, 0.001, 0, 0);
    assert_close(spec->stop.confidence, 0.95, 0, 0);
    assert_string_equal(spec->warm_start.items[0], "resnet-cifar-old");
    assert_string_equal(spec->fidelity.name, "epochs");
    assert_int_equal(spec->fidelity.min, 3);
    assert_int_equal(spec->fidelity.max, 81);
    assert_int_equal(spec->early_stopping.algorithm, SPEC_EARLY_ASHA);
    assert_int_equal(spec->early_stopping.eta, 3);
    spec_free(spec);
}

static void money_and_hours_are_as_written(void **state)
{
    struct spec *spec = load("full.yaml");
    const struct spec_schedule *schedule = &spec->schedule;

    (void)state;
    assert_string_equal(spec->currency, "EUR");
    assert_int_equal(spec->budget.trials, 200);
    assert_int_equal(spec->budget.cost_micro, 150000000);
    assert_int_equal(spec->budget.compute_ms, 400LL * 3600 * 1000);
    assert_int_equal(spec->budget.failures, 20);
    assert_string_equal(schedule->timezone, "Europe/Paris");
    assert_int_equal(schedule->window_count, 2);
    assert_int_equal(schedule->windows[0].days, 0x1f);
    assert_int_equal(schedule->windows[0].start_min, 22 * 60);
    assert_int_equal(schedule->windows[0].end_min, 30 * 60);
    assert_int_equal(schedule->windows[1].days, 0x60);
    assert_int_equal(schedule->windows[1].end_min, 24 * 60);
    assert_int_equal(schedule->except_count, 1);
    assert_int_equal(schedule->except[0].first_day, 20811); /* 2026-12-24 */
    assert_int_equal(schedule->except[0].last_day, 20813);
    assert_int_equal(schedule->at_close, SPEC_CLOSE_PAUSE);
    assert_true(schedule->prices.given);
    assert_int_equal(schedule->prices.unit, SPEC_PER_KWH);
    assert_int_equal(schedule->prices.fallback.micro, 270000);
    assert_int_equal(schedule->prices.band_count, 1);
    assert_int_equal(schedule->prices.bands[0].price_micro, 160000);
    assert_int_equal(schedule->prices.bands[0].when.days, 0x1f);
    assert_string_equal(schedule->prices.labels[0], "off-peak");
    assert_true(schedule->max_price.given);
    assert_int_equal(schedule->max_price.micro, 200000);
    assert_string_equal(schedule->deadline, "2026-12-01T08:00");
    assert_int_equal(schedule->deadline_ms, INT64_C(1796108400000)); /* 07:00 UTC */
    assert_int_equal(schedule->if_late, SPEC_LATE_WARN);
    spec_free(spec);
}

static void machines_and_failures_are_as_written(void **state)
{
    struct spec *spec = load("full.yaml");

    (void)state;
    assert_string_equal(spec->name, "resnet-cifar");
    assert_string_equal(spec->tags.items[0], "vision");
    assert_string_equal(spec->workdir, ".");
    assert_int_equal(spec->setup.count, 4);
    assert_string_equal(spec->setup.items[0], "pip");
    assert_string_equal(spec->setup.items[3], "requirements.txt");
    assert_int_equal(spec->preemption.signal, SIGTERM);
    assert_int_equal(spec->preemption.grace_ms, 25000);
    assert_int_equal(spec->preemption.resume, SPEC_RESUME_CHECKPOINT);
    assert_null(spec->checkpoint.path);
    assert_int_equal(spec->checkpoint.max_bytes, 2LL << 30);
    assert_int_equal(spec->checkpoint.keep, 2);
    assert_int_equal(spec->retry.max_restarts, 2);
    assert_int_equal(spec->retry.max_preemptions, 50);
    assert_int_equal(spec->retry.backoff_ms, 30000);
    assert_int_equal(spec->retry.timeout_ms, 6LL * 3600000);
    assert_int_equal(spec->retry.stall_timeout_ms, 20LL * 60000);
    assert_int_equal(spec->retry.on_lease_loss, SPEC_LEASE_LOSS_CONTINUE);
    assert_int_equal(spec->on_output_count, 1);
    assert_string_equal(spec->on_output[0].match, "CUDA out of memory");
    assert_int_equal(spec->on_output[0].then, SPEC_OUTPUT_INFEASIBLE);
    assert_close(spec->resources.cpus, 8, 0, 0);
    assert_int_equal(spec->resources.memory_bytes, 32LL << 30);
    assert_int_equal(spec->resources.gpus, 1);
    assert_string_equal(spec->resources.labels[0].name, "gpu");
    assert_int_equal(spec->resources.labels[0].values.count, 2);
    assert_string_equal(spec->resources.labels[0].values.items[1], "l40s");
    assert_string_equal(spec->environment.variables[0].name, "OMP_NUM_THREADS");
    assert_string_equal(spec->environment.variables[0].value, "8");
    assert_string_equal(spec->environment.secrets.items[0], "HF_TOKEN");
    assert_int_equal(spec->environment.wrapper.count, 3);
    assert_string_equal(spec->fleet.pools.items[0], "night-spot");
    assert_int_equal(spec->fleet.max, 16);
    assert_int_equal(spec->fleet.on_demand, 0);
    spec_free(spec);
}

static void a_worker_is_told_what_is_written(void **state)
{
    static struct wire_assign assign;
    struct spec *spec = load("full.yaml");

    (void)state;
    spec_assign(spec, &assign);
    assert_int_equal(assign.env_count, 1);
    assert_string_equal(assign.env[0].key, "OMP_NUM_THREADS");
    assert_int_equal(assign.secret_count, 1);
    assert_string_equal(assign.secrets[0], "HF_TOKEN");
    assert_int_equal(assign.grace_ms, 25000);
    assert_int_equal(assign.timeout_ms, 6LL * 3600000);
    assert_int_equal(assign.stall_ms, 20LL * 60000);
    assert_int_equal(assign.signal, SIGTERM);
    assert_false(assign.stop_on_lease_loss);
    assert_int_equal(assign.objective_count, 3);
    assert_true(assign.objectives[0].required && assign.objectives[0].best);
    assert_true(assign.objectives[0].maximize && !assign.objectives[1].maximize);
    assert_string_equal(assign.objectives[2].metric, "params_m");
    assert_false(assign.objectives[2].required);
    assert_int_equal(assign.pattern_count, 1);
    assert_string_equal(assign.step_pattern, "Epoch ([0-9]+)");
    assert_int_equal(assign.rule_count, 1);
    assert_int_equal(assign.rules[0].then, THEN_INFEASIBLE);
    assert_string_equal(assign.checkpoint_store, "");
    assert_int_equal(assign.checkpoint_max_bytes, 2LL << 30);
    spec_free(spec);
}

static void what_is_not_written_has_its_default(void **state)
{
    struct spec *spec = load("minimal.yaml");

    (void)state;
    assert_int_equal(spec->tags.count, 0);
    assert_null(spec->workdir);
    assert_int_equal(spec->search.seed, 0);
    assert_int_equal(spec->search.initial, 0);
    assert_int_equal(spec->search.concurrency, 0);
    assert_true(isnan(spec->stop.improvement_below));
    assert_null(spec->fidelity.name);
    assert_int_equal(spec->early_stopping.algorithm, SPEC_EARLY_NONE);
    assert_int_equal(spec->budget.cost_micro, -1);
    assert_int_equal(spec->budget.compute_ms, 0);
    assert_int_equal(spec->preemption.signal, SIGTERM);
    assert_int_equal(spec->preemption.grace_ms, 25000);
    assert_int_equal(spec->retry.max_restarts, 2);
    assert_int_equal(spec->retry.max_preemptions, 50);
    assert_int_equal(spec->retry.backoff_ms, 30000);
    assert_int_equal(spec->retry.timeout_ms, 0);
    assert_int_equal(spec->retry.stall_timeout_ms, 0);
    assert_int_equal(spec->checkpoint.keep, 2);
    assert_string_equal(spec->currency, "");
    spec_free(spec);
}

static const char base_text[] = "name: a\n"
                                "command: run {x} {y}\n"
                                "parameters:\n"
                                "  x: {type: float, min: 1e-3, max: 2}\n"
                                "  y: {type: categorical, values: [u, v]}\n"
                                "objective: {metric: loss, direction: minimize}\n"
                                "budget: {trials: 5}\n";

/* The base text with `from` replaced by `to`, or as it is. */
static uint64_t digest_with(const char *from, const char *to)
{
    char text[1024];
    const char *at = strstr(base_text, from);
    struct spec *spec = NULL;
    uint64_t digest = 0;

    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - base_text), base_text, to,
                   at + strlen(from));
    spec = parse(text);
    digest = spec->digest;
    assert_string_equal(spec->text, text);
    spec_free(spec);
    return digest;
}

static void layout_does_not_change_the_digest(void **state)
{
    const uint64_t digest = digest_with("name", "name");

    (void)state;
    assert_true(digest_with("name: a", "# a comment\nname:    'a'   # and another") == digest);
    assert_true(digest_with("1e-3", "0.001") == digest);
    assert_true(digest_with("{trials: 5}", "\n    trials: 5") == digest);
    assert_true(digest_with("{type: float, min: 1e-3, max: 2}",
                            "\n    max: 2 # above\n    min: 1e-3\n    type: float") == digest);
    assert_true(digest_with("metric: loss, direction: minimize",
                            "direction: minimize, metric: loss") == digest);
}

static void what_it_says_changes_the_digest(void **state)
{
    static const char *const changes[][2] = {
        {"name: a", "name: b"},         {"1e-3", "1e-4"},
        {"trials: 5", "trials: 6"},     {"[u, v]", "[v, u]"},
        {"[u, v]", "[u, v, w]"},        {"[u, v]", "[u, true]"},
        {"[u, v]", "[u, \"true\"]"},    {"[u, v]", "[u, 8]"},
        {"[u, v]", "[u, \"8\"]"},       {"minimize", "maximize"},
        {"run {x} {y}", "run {y} {x}"}, {"name: a", "name: a\nsearch: {seed: 0}"},
    };
    const size_t count = sizeof changes / sizeof *changes;
    uint64_t digests[1 + sizeof changes / sizeof *changes];

    (void)state;
    digests[0] = digest_with("name", "name");
    for (size_t i = 0; i < count; i++) {
        digests[i + 1] = digest_with(changes[i][0], changes[i][1]);
        for (size_t j = 0; j <= i; j++) {
            assert_true(digests[j] != digests[i + 1]);
        }
    }
}

/* The order of parameters is the order of a point's values, so it counts. */
static void the_order_of_parameters_changes_the_digest(void **state)
{
    (void)state;
    assert_true(digest_with("  x: {type: float, min: 1e-3, max: 2}\n"
                            "  y: {type: categorical, values: [u, v]}\n",
                            "  y: {type: categorical, values: [u, v]}\n"
                            "  x: {type: float, min: 1e-3, max: 2}\n") !=
                digest_with("name", "name"));
}

static void parents_stand_before_their_children(void **state)
{
    static const char text[] = "name: a\n"
                               "command: run {args}\n"
                               "parameters:\n"
                               "  c: {type: bool, when: {b: true}}\n"
                               "  x: {type: bool}\n"
                               "  b: {type: bool, when: {a: true}}\n"
                               "  a: {type: bool}\n"
                               "  d: {type: bool, when: {b: true}}\n"
                               "objective: {metric: loss, direction: minimize}\n"
                               "budget: {trials: 5}\n";
    static const char *const names[] = {"x", "a", "b", "c", "d"};
    static const size_t parents[] = {SPEC_NONE, SPEC_NONE, 1, 2, 2};
    struct spec *spec = parse(text);

    (void)state;
    assert_int_equal(spec->parameter_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(spec->parameters[i].name, names[i]);
        assert_int_equal(spec->parameters[i].parent, parents[i]);
    }
    spec_free(spec);
}

static void a_byte_order_mark_and_windows_line_ends_are_read(void **state)
{
    char text[2048] = "\xef\xbb\xbf";
    size_t used = strlen(text);
    struct spec *spec = NULL;

    (void)state;
    for (const char *at = base_text; *at != '\0'; at++) {
        if (*at == '\n') {
            text[used++] = '\r';
        }
        text[used++] = *at;
    }
    text[used] = '\0';
    spec = parse(text);
    assert_true(spec->digest == digest_with("name", "name"));
    spec_free(spec);
}

static void messages_are_data_too(void **state)
{
    static struct spec_report report;
    static const char text[] = "name: a\xc3\xa9 b\n";
    struct spec *spec = NULL;
    char *json = NULL;

    (void)state;
    assert_int_equal(spec_parse(text, strlen(text), "x.yaml", &spec, &report), TIDE_INVALID);
    assert_null(spec);
    json = spec_report_json(&report);
    assert_non_null(json);
    assert_non_null(strstr(json, "\"file\":\"x.yaml\""));
    assert_non_null(strstr(json, "{\"line\":1,\"column\":7,\"length\":4,\"text\":\"name must be"));
    assert_non_null(strstr(json, "\"source\":\"name: a\xc3\xa9 b\"}"));
    assert_non_null(strstr(json, "\"error_count\":5"));
    free(json);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_search_space_is_as_written),
        cmocka_unit_test(what_is_searched_for_is_as_written),
        cmocka_unit_test(money_and_hours_are_as_written),
        cmocka_unit_test(machines_and_failures_are_as_written),
        cmocka_unit_test(a_worker_is_told_what_is_written),
        cmocka_unit_test(what_is_not_written_has_its_default),
        cmocka_unit_test(layout_does_not_change_the_digest),
        cmocka_unit_test(what_it_says_changes_the_digest),
        cmocka_unit_test(the_order_of_parameters_changes_the_digest),
        cmocka_unit_test(parents_stand_before_their_children),
        cmocka_unit_test(a_byte_order_mark_and_windows_line_ends_are_read),
        cmocka_unit_test(messages_are_data_too),
    };

    golden_directory = argc > 1 ? argv[1] : "golden";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
