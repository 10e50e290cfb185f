/*
 * The JSON-lines face: a session as a user would type it, answered line by line; errors are answers
 * and the program goes on.
 */
#include "support/support.h"

#include "commands/optimizer.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The answers to `input`, as an array of objects. */
static json_t *serve(const char *input)
{
    char *text = NULL;
    size_t bytes = 0;
    char *copy = strdup(input);
    FILE *in = fmemopen(copy, strlen(copy), "r");
    FILE *out = open_memstream(&text, &bytes);
    json_t *answers = json_array();

    assert_int_equal(optimizer_serve(in, out), 0);
    (void)fclose(in);
    (void)fclose(out);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *answer = json_loads(line, 0, NULL);
        assert_non_null(answer);
        json_array_append_new(answers, answer);
    }
    free(text);
    free(copy);
    return answers;
}

static const char *error_of(json_t *answers, size_t index)
{
    return json_string_value(json_object_get(json_array_get(answers, index), "error"));
}

static bool ok(json_t *answers, size_t index)
{
    return json_is_true(json_object_get(json_array_get(answers, index), "ok"));
}

#define SPACE                                                                                      \
    "{\"cmd\":\"space\",\"version\":1,\"objective\":\"minimize\",\"params\":["                     \
    "{\"name\":\"lr\",\"type\":\"float\",\"low\":1e-5,\"high\":1.0,\"log\":true},"                 \
    "{\"name\":\"n\",\"type\":\"int\",\"low\":1,\"high\":64,\"log\":false},"                       \
    "{\"name\":\"k\",\"type\":\"cat\",\"choices\":[\"rbf\",\"poly\"]},"                            \
    "{\"name\":\"degree\",\"type\":\"ordinal\",\"choices\":[2,3,5],"                               \
    "\"when\":{\"name\":\"k\",\"values\":[\"poly\"]}},"                                            \
    "{\"name\":\"shrink\",\"type\":\"bool\",\"default\":true}],"                                   \
    "\"constraints\":[\"n * degree <= 200\"],\"budget\":60,\"seed\":3,\"noisy\":false,"            \
    "\"parallel\":1,\"unknown\":[]}\n"

static void a_session_is_answered_line_by_line(void **state)
{
    json_t *answers = serve(
        SPACE
        "{\"cmd\":\"ask\"}\n{\"cmd\":\"ask\"}\n"
        "{\"cmd\":\"tell\",\"id\":1,\"value\":1.25,\"status\":\"ok\"}\n"
        "{\"cmd\":\"tell\",\"id\":0,\"status\":\"failed\"}\n"
        "{\"cmd\":\"tell\",\"id\":null,\"params\":{\"lr\":0.01,\"n\":3,\"k\":\"rbf\","
        "\"shrink\":false},\"value\":0.75}\n"
        "{\"cmd\":\"best\"}\n"
        "{\"cmd\":\"predict\",\"params\":{\"lr\":0.01,\"n\":3,\"k\":\"rbf\",\"shrink\":false}}\n"
        "{\"cmd\":\"ask\"}\n{\"cmd\":\"importance\"}\n{\"cmd\":\"forget\",\"id\":2}\n"
        "{\"cmd\":\"quit\"}\n{\"cmd\":\"ask\"}\n");
    json_t *first = json_object_get(json_array_get(answers, 1), "params");
    json_t *best = json_array_get(answers, 6);

    (void)state;
    assert_int_equal(json_array_size(answers), 11);
    assert_true(ok(answers, 0) && ok(answers, 3) && ok(answers, 4) && ok(answers, 5) &&
                ok(answers, 10));
    assert_true(json_is_number(
        json_object_get(json_object_get(json_array_get(answers, 9), "importance"), "lr")));
    assert_int_equal(json_integer_value(json_object_get(json_array_get(answers, 2), "id")), 1);
    assert_true(json_is_true(json_object_get(first, "shrink")));
    assert_true(json_is_integer(json_object_get(first, "n")));
    assert_close(json_real_value(json_object_get(best, "value")), 0.75, 0, 0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(best, "params"), "k")),
                        "rbf");
    assert_null(json_object_get(json_object_get(best, "params"), "degree"));
    assert_true(json_is_number(json_object_get(json_array_get(answers, 7), "median")));
    json_decref(answers);
}

static void errors_are_answers(void **state)
{
    json_t *answers = serve("{\"cmd\":\"ask\"}\nnot json\n[1]\n{\"cmd\":\"space\"}\n" SPACE
                            "{\"cmd\":\"tell\",\"id\":7,\"value\":1}\n"
                            "{\"cmd\":\"tell\",\"params\":{\"k\":\"rfb\"},\"value\":1}\n"
                            "{\"cmd\":\"tell\",\"params\":{\"lr\":3},\"value\":1}\n"
                            "{\"cmd\":\"dance\"}\n{\"cmd\":\"ask\"}\n");

    (void)state;
    assert_int_equal(json_array_size(answers), 10);
    assert_string_equal(error_of(answers, 0), "the first command is space");
    assert_non_null(error_of(answers, 1));
    assert_string_equal(error_of(answers, 2), "cmd is needed");
    assert_non_null(error_of(answers, 3));
    assert_true(ok(answers, 4));
    assert_string_equal(error_of(answers, 5), "no such thing");
    assert_string_equal(error_of(answers, 6), "k: not one of its values");
    assert_string_equal(error_of(answers, 7), "invalid argument or input");
    assert_string_equal(error_of(answers, 8), "unknown cmd");
    assert_non_null(json_object_get(json_array_get(answers, 9), "params"));
    json_decref(answers);
}

/* Twelve points of two valleys, the right one a little deeper and a hundred times as dear, and then
 * an ask, which is the model's: what the caller knows makes up for a start. */
static json_t *ask_after_costs(const char *acquisition)
{
    char text[4096];
    size_t used =
        (size_t)snprintf(text, sizeof text,
                         "{\"cmd\":\"space\",\"acquisition\":\"%s\",\"params\":[{\"name\":"
                         "\"x\",\"type\":\"float\",\"low\":0,\"high\":1}]}\n",
                         acquisition);

    for (int i = 0; i < 12; i++) {
        const double x = i / 11.0;
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "{\"cmd\":\"tell\",\"id\":null,\"params\":{\"x\":%.6f},"
                                 "\"value\":%.6f,\"cost\":%d}\n",
                                 x, cos(12.566371 * x) - 0.001 * x, x > 0.5 ? 100 : 1);
    }
    (void)snprintf(text + used, sizeof text - used,
                   "{\"cmd\":\"ask\"}\n"
                   "{\"cmd\":\"partial\",\"name\":\"x\",\"values\":[0.0,0.5]}\n"
                   "{\"cmd\":\"partial\",\"name\":\"y\",\"values\":[0.5]}\n"
                   "{\"cmd\":\"partial\",\"name\":\"x\",\"values\":[]}\n"
                   "{\"cmd\":\"partial\",\"name\":\"x\",\"values\":[2]}\n");
    return serve(text);
}

static double number_at(json_t *answer, size_t index, const char *name)
{
    json_t *list = json_object_get(answer, "partial");

    return json_number_value(json_object_get(json_array_get(list, index), name));
}

static double asked_for(json_t *answers)
{
    return json_number_value(
        json_object_get(json_object_get(json_array_get(answers, 13), "params"), "x"));
}

/* Money turns an ask to the cheap valley; the model is shown along a parameter. */
static void costs_and_partial_dependence(void **state)
{
    json_t *answers = ask_after_costs("per_cost");
    json_t *free_of_cost = ask_after_costs("auto");
    json_t *refused = ask_after_costs("dance");
    json_t *partial = json_array_get(answers, 14);

    (void)state;
    assert_int_equal(json_array_size(answers), 18);
    assert_true(asked_for(answers) < 0.5 && asked_for(free_of_cost) > 0.5);
    assert_close(number_at(partial, 0, "median"), 1, 0, 0.02);
    assert_close(number_at(partial, 1, "median"), 1 - 0.0005, 0, 0.02);
    assert_true(number_at(partial, 1, "low") <= number_at(partial, 1, "high"));
    assert_string_equal(error_of(answers, 15), "name is that of a parameter");
    assert_string_equal(error_of(answers, 16), "values: between 1 and 256 of them");
    assert_string_equal(error_of(answers, 17), "invalid argument or input");
    assert_string_equal(error_of(refused, 0), "acquisition is auto or per_cost");
    json_decref(answers);
    json_decref(free_of_cost);
    json_decref(refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_answered_line_by_line),
        cmocka_unit_test(errors_are_answers),
        cmocka_unit_test(costs_and_partial_dependence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
