/*
 * Points: what argv and JSON a point becomes, that JSON comes back as the same point (for random
 * points of a space with every kind of parameter), and that what is no point is refused by name.
 */
#include "support/support.h"

#include "base/rng.h"
#include "spec/point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INACTIVE ((double)NAN)

static const char space[] =
    "parameters:\n"
    "  lr: {type: float, min: 1e-5, max: 1, log: true}\n"
    "  n: {type: int, min: 1, max: 1000000}\n"
    "  opt: {type: categorical, values: [adam, sgd, 8, 0.5, true, \"7\", 'a b']}\n"
    "  momentum: {type: float, min: 0, max: 1, step: 0.25, when: {opt: [sgd, 8]}}\n"
    "  nesterov: {type: bool, when: {opt: sgd}}\n"
    "  warm: {type: ordinal, values: [1, 2, 4], when: {nesterov: true}}\n"
    "  seed: 9007199254740993\n"
    "  data: /tmp/a b\n"
    "objective: {metric: loss, direction: minimize}\n"
    "budget: {trials: 5}\n"
    "name: a\n";

static struct spec *spec_with(const char *command)
{
    static struct spec_report report;
    char text[4096];
    struct spec *spec = NULL;

    (void)snprintf(text, sizeof text, "command: %s\n%s", command, space);
    if (spec_parse(text, strlen(text), "test.yaml", &spec, &report) != TIDE_OK) {
        fail_msg("%s: %s", command, report.errors[0].text);
    }
    return spec;
}

/* The words of the command, each in [], for a point. */
static void assert_command(const char *command, const double *values, const char *expected)
{
    struct spec *spec = spec_with(command);
    struct error error;
    char **argv = NULL;
    char got[1024] = "";
    size_t used = 0;

    assert_int_equal(spec_command(spec, values, 12, &argv, &error), TIDE_OK);
    for (size_t i = 0; argv[i] != NULL; i++) {
        used += (size_t)snprintf(got + used, sizeof got - used, "[%s]", argv[i]);
    }
    assert_string_equal(got, expected);
    free(argv);
    spec_free(spec);
}

static const double adam[] = {1e-3, 20, 0, INACTIVE, INACTIVE, INACTIVE};
static const double sgd[] = {0.1, 1000000, 1, 0.75, 1, 2};
static const double words[] = {0.1, 3, 6, INACTIVE, INACTIVE, INACTIVE};

static void text_is_split_before_values_go_in(void **state)
{
    (void)state;
    assert_command("run --lr {lr} -n{n} --opt='{opt}'", adam,
                   "[run][--lr][0.001][-n20][--opt=adam]");
    assert_command("run {opt}", words, "[run][a b]");
    assert_command("run {data}{opt}", words, "[run][/tmp/a ba b]");
    assert_command(">\n  \"run it\" 'a\"b'\\ c \"d\\\"e\\f\" ''", adam,
                   "[run it][a\"b c][d\"e\\f][]");
    assert_command("run {{lr} {{{lr}} }{{", adam, "[run][{lr}][{0.001}][}{]");
    assert_command("run {seed}", adam, "[run][9007199254740993]");
}

static void an_inactive_parameter_takes_its_word_along(void **state)
{
    (void)state;
    assert_command("run --momentum {momentum} --n {n}", adam, "[run][--n][20]");
    assert_command("run --momentum {momentum} --n {n}", sgd,
                   "[run][--momentum][0.75][--n][1000000]");
    assert_command("run --momentum={momentum} -v {n}", adam, "[run][-v][20]");
    assert_command("run a{momentum}b{n} {n}", adam, "[run][20]");
    assert_command("[run, --momentum, \"{momentum}\", \"-m={momentum}\"]", adam,
                   "[run][--momentum]");
}

static void args_are_all_active_parameters_and_constants(void **state)
{
    (void)state;
    assert_command("[run, '{args}', end]", adam,
                   "[run][--lr=0.001][--n=20][--opt=adam][--seed=9007199254740993]"
                   "[--data=/tmp/a b][end]");
    assert_command("run {args}\nfidelity: {name: epochs, min: 3, max: 81}", sgd,
                   "[run][--lr=0.1][--n=1000000][--opt=sgd][--momentum=0.75][--nesterov=true]"
                   "[--warm=4][--seed=9007199254740993][--data=/tmp/a b][--epochs=12]");
    assert_command("run -e {epochs}\nfidelity: {name: epochs, min: 3, max: 81}", adam,
                   "[run][-e][12]");
}

static void assert_json(const double *values, const char *expected)
{
    struct spec *spec = spec_with("run");
    struct error error;
    char *json = NULL;

    assert_int_equal(spec_params_json(spec, values, &json, &error), TIDE_OK);
    assert_string_equal(json, expected);
    free(json);
    spec_free(spec);
}

static void json_keeps_the_types_of_yaml(void **state)
{
    const double integer[] = {1, 20, 2, 0.25, INACTIVE, INACTIVE};
    const double real[] = {1, 20, 3, INACTIVE, INACTIVE, INACTIVE};
    const double boolean[] = {1, 20, 4, INACTIVE, INACTIVE, INACTIVE};
    const double text[] = {1, 20, 5, INACTIVE, INACTIVE, INACTIVE};

    (void)state;
#define TAIL "\"seed\":9007199254740993,\"data\":\"/tmp/a b\"}"
    assert_json(adam, "{\"lr\":0.001,\"n\":20,\"opt\":\"adam\"," TAIL);
    assert_json(sgd, "{\"lr\":0.1,\"n\":1000000,\"opt\":\"sgd\",\"momentum\":0.75,"
                     "\"nesterov\":true,\"warm\":4," TAIL);
    assert_json(integer, "{\"lr\":1.0,\"n\":20,\"opt\":8,\"momentum\":0.25," TAIL);
    assert_json(real, "{\"lr\":1.0,\"n\":20,\"opt\":0.5," TAIL);
    assert_json(boolean, "{\"lr\":1.0,\"n\":20,\"opt\":true," TAIL);
    assert_json(text, "{\"lr\":1.0,\"n\":20,\"opt\":\"7\"," TAIL);
}

static void draw_point(const struct spec *spec, struct rng *rng, double *values)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        const struct spec_parameter *parameter = &spec->parameters[i];
        if (!spec_point_active(spec, values, i)) {
            values[i] = INACTIVE;
        } else if (parameter->type == SPEC_FLOAT) {
            values[i] = parameter->min + rng_unit(rng) * (parameter->max - parameter->min);
        } else if (parameter->type == SPEC_INT) {
            values[i] = 1 + (double)rng_below(rng, 1000000);
        } else {
            values[i] = (double)rng_below(rng, parameter->choice_count);
        }
    }
}

static void json_comes_back_as_the_same_point(void **state)
{
    struct spec *spec = spec_with("run");
    struct error error;
    struct rng rng;

    (void)state;
    rng_init(&rng, 2385, "points");
    for (int i = 0; i < 20000; i++) {
        double values[6] = {0};
        double back[6] = {0};
        char *json = NULL;
        draw_point(spec, &rng, values);
        assert_int_equal(spec_params_json(spec, values, &json, &error), TIDE_OK);
        assert_int_equal(spec_params_parse(spec, json, back, &error), TIDE_OK);
        for (size_t j = 0; j < 6; j++) {
            assert_true(values[j] == back[j] || (isnan(values[j]) && isnan(back[j])));
        }
        free(json);
    }
    spec_free(spec);
}

static void what_is_no_point_is_refused_by_name(void **state)
{
    static const struct {
        const char *json;
        const char *error;
    } cases[] = {
        {"[]", "not a JSON object"},
        {"{\"lr\":0.1", "not a JSON object"},
        {"{\"lr\":0.1,\"lr\":0.2}", "not a JSON object"},
        {"{\"n\":20,\"opt\":\"adam\"}", "'lr' is active and has no value"},
        {"{\"lr\":2,\"n\":20,\"opt\":\"adam\"}", "the value 2 of parameter 'lr'"},
        {"{\"lr\":0.1,\"n\":2.5,\"opt\":\"adam\"}", "the value 2.5 of parameter 'n'"},
        {"{\"lr\":\"0.1\",\"n\":2,\"opt\":\"adam\"}", "'lr' cannot have this value"},
        {"{\"lr\":0.1,\"n\":2,\"opt\":\"adm\"}", "'opt' cannot have this value"},
        {"{\"lr\":0.1,\"n\":2,\"opt\":7}", "'opt' cannot have this value"},
        {"{\"lr\":0.1,\"n\":2,\"opt\":\"adam\",\"momentum\":0.5}", "'momentum' is not active"},
        {"{\"lr\":0.1,\"n\":2,\"opt\":\"adam\",\"x\":1}", "'x' is no parameter"},
        {"{\"lr\":0.1,\"n\":2,\"opt\":\"adam\",\"data\":\"/\"}", "'data' is no parameter"},
    };
    struct spec *spec = spec_with("run");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        double values[6];
        assert_int_equal(spec_params_parse(spec, cases[i].json, values, &error), TIDE_INVALID);
        if (strstr(error.text, cases[i].error) == NULL) {
            fail_msg("%s: %s", cases[i].json, error.text);
        }
    }
    spec_free(spec);
}

static void a_wrong_point_makes_no_command(void **state)
{
    const double missing[] = {0.1, 20, 1, 0.5, INACTIVE, INACTIVE};
    const double beyond[] = {0.1, 20, 7, INACTIVE, INACTIVE, INACTIVE};
    struct spec *spec = spec_with("run {args}");
    struct error error;
    char **argv = NULL;
    char *json = NULL;

    (void)state;
    assert_int_equal(spec_command(spec, missing, 0, &argv, &error), TIDE_INVALID);
    assert_null(argv);
    assert_non_null(strstr(error.text, "'nesterov'"));
    assert_int_equal(spec_params_json(spec, beyond, &json, &error), TIDE_INVALID);
    assert_null(json);
    spec_free(spec);
}

static void the_initial_point_is_a_point(void **state)
{
    struct spec *spec = spec_with("run");
    double values[6];
    struct error error;

    (void)state;
    spec_point_initial(spec, values);
    assert_int_equal(spec_point_check(spec, values, &error), TIDE_OK);
    assert_close(values[0], sqrt(1e-5), 1e-12, 0);
    assert_close(values[1], 500000, 0, 0);
    assert_close(values[2], 0, 0, 0);
    assert_true(isnan(values[3]));
    spec_free(spec);
}

/* By the names of the parameters: what is missing takes its initial value, what is of no parameter
 * does not matter, and a value that is not of this space takes the whole point out. */
static void points_of_another_spec_are_borrowed(void **state)
{
    struct spec *spec = spec_with("run");
    double values[6];

    (void)state;
    assert_true(spec_params_borrow(
        spec, "{\"lr\":0.25,\"depth\":3,\"opt\":\"sgd\",\"nesterov\":false,\"seed\":4}", values));
    assert_true(values[0] == 0.25 && values[1] == 500000 && values[2] == 1);
    assert_true(values[3] == 0.5 && values[4] == 0 && isnan(values[5]));
    assert_true(spec_params_borrow(spec, "{\"opt\":\"adam\",\"momentum\":0.5}", values));
    assert_true(isnan(values[3]) && isnan(values[4]));
    assert_false(spec_params_borrow(spec, "{\"lr\":2}", values));
    assert_false(spec_params_borrow(spec, "{\"opt\":\"lion\"}", values));
    assert_false(spec_params_borrow(spec, "{\"n\":1.5}", values));
    assert_false(spec_params_borrow(spec, "[1]", values));
    spec_free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_split_before_values_go_in),
        cmocka_unit_test(an_inactive_parameter_takes_its_word_along),
        cmocka_unit_test(args_are_all_active_parameters_and_constants),
        cmocka_unit_test(json_keeps_the_types_of_yaml),
        cmocka_unit_test(json_comes_back_as_the_same_point),
        cmocka_unit_test(what_is_no_point_is_refused_by_name),
        cmocka_unit_test(a_wrong_point_makes_no_command),
        cmocka_unit_test(the_initial_point_is_a_point),
        cmocka_unit_test(points_of_another_spec_are_borrowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
