/*
 * What a person sees for each file under golden/: the report of NAME.yaml is NAME.err, to the byte.
 * usage: test_golden DIRECTORY spec|config
 * UPDATE_GOLDEN=1 rewrites the .err files; the difference is to be read before it is committed.
 */
#include "support/support.h"

#include "config/config.h"
#include "spec/spec.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *golden_directory;
static bool configurations; /* of a coordinator, not specs */

static bool accepts(const char *text, const char *name, struct spec_report *report)
{
    struct spec *spec = NULL;
    struct config *config = NULL;
    const enum tide_status status = configurations
                                        ? config_parse(text, strlen(text), name, &config, report)
                                        : spec_parse(text, strlen(text), name, &spec, report);
    const bool accepted = spec != NULL || config != NULL;

    assert_int_equal(status == TIDE_OK, accepted);
    assert_int_equal(status == TIDE_OK, report->error_count == 0);
    spec_free(spec);
    config_free(config);
    return accepted;
}

/* The report of one file, and after it whether it was accepted. */
static char *report_of(const char *path)
{
    static struct spec_report report;
    char *text = file_read(path);
    char *printed = NULL;
    char *whole = NULL;
    const bool accepted = accepts(text, strrchr(path, '/') + 1, &report);

    printed = spec_report_text(&report);
    assert_non_null(printed);
    whole = malloc(strlen(printed) + 16);
    assert_non_null(whole);
    (void)sprintf(whole, "%s%s\n", printed, accepted ? "accepted" : "refused");
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
    assert_true(found.gl_pathc >= 8);
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

    assert_true(argc == 3);
    golden_directory = argv[1];
    configurations = strcmp(argv[2], "config") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
