/*
 * What a person sees for each spec under golden/: the report of NAME.yaml is NAME.err, to the byte.
 * UPDATE_GOLDEN=1 rewrites the .err files; the difference is to be read before it is committed.
 */
#include "support/support.h"

#include "spec/spec.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *golden_directory;

/* The report of one file, and after it whether the spec was accepted. */
static char *report_of(const char *path)
{
    static struct spec_report report;
    char *text = file_read(path);
    char *printed = NULL;
    char *whole = NULL;
    struct spec *spec = NULL;
    const enum tide_status status =
        spec_parse(text, strlen(text), strrchr(path, '/') + 1, &spec, &report);

    assert_int_equal(status == TIDE_OK, spec != NULL);
    assert_int_equal(status == TIDE_OK, report.error_count == 0);
    printed = spec_report_text(&report);
    assert_non_null(printed);
    whole = malloc(strlen(printed) + 16);
    assert_non_null(whole);
    (void)sprintf(whole, "%s%s\n", printed, spec == NULL ? "refused" : "accepted");
    spec_free(spec);
    free(printed);
    free(text);
    return whole;
}

static void compare(const char *path)
{
    char expected_path[4096];
    char *got = report_of(path);

    (void)snprintf(expected_path, sizeof expected_path, "%.*s.err",
                   (int)(strlen(path) - strlen(".yaml")), path);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        file_write(expected_path, got);
    } else {
        char *expected = file_read(expected_path);
        if (strcmp(got, expected) != 0) {
            print_error("%s\n--- expected\n%s--- got\n%s", path, expected, got);
        }
        assert_string_equal(got, expected);
        free(expected);
    }
    free(got);
}

static void every_report_is_the_golden_one(void **state)
{
    char pattern[4096];
    glob_t found;

    (void)state;
    (void)snprintf(pattern, sizeof pattern, "%s/*.yaml", golden_directory);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 15);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        compare(found.gl_pathv[i]);
    }
    globfree(&found);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_report_is_the_golden_one),
    };

    golden_directory = argc > 1 ? argv[1] : "golden";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
