/*
 * The JSON-lines face: a session as a user would type it, answered line by line; errors are answers
 * and the program goes on.
 */
#include "support/support.h"

#include "commands/optimizer.h"

#include <jansson.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_answered_line_by_line),
        cmocka_unit_test(errors_are_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
