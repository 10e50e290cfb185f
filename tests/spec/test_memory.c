/*
 * Every allocation fails once: the first, the second, the third ... of reading the full example and
 * of making its command and JSON, until all goes through. Each failure is reported as such, with
 * nothing leaked (under the address sanitizer) and nothing half done.
 */
#include "support/support.h"

#include "spec/point.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *full_path;
static long countdown = -1; /* allocations until one fails; negative: none does */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);

static bool fails(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t bytes)
{
    return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : __real_calloc(count, bytes);
}

static void *json_malloc(size_t bytes)
{
    return __wrap_malloc(bytes);
}

static void json_free(void *memory)
{
    free(memory);
}

static void reading_survives_every_failure(void **state)
{
    static struct spec_report report;
    char *text = file_read(full_path);
    long failures = 0;
    enum tide_status status = TIDE_NO_MEMORY;

    (void)state;
    for (; status != TIDE_OK; failures++) {
        struct spec *spec = NULL;
        countdown = failures;
        status = spec_parse(text, strlen(text), "full.yaml", &spec, &report);
        countdown = -1;
        assert_int_equal(status == TIDE_OK, spec != NULL);
        if (status != TIDE_OK) {
            assert_int_equal(status, TIDE_NO_MEMORY);
            assert_int_equal(report.error_count, 0);
        }
        spec_free(spec);
    }
    assert_true(failures > 20);
    free(text);
}

static void points_survive_every_failure(void **state)
{
    static struct spec_report report;
    struct spec *spec = NULL;
    struct error error;
    double values[SPEC_PARAMETERS_MAX];
    enum tide_status status = TIDE_NO_MEMORY;
    char *json = NULL;
    char **argv = NULL;

    (void)state;
    assert_int_equal(spec_load(full_path, &spec, &report), TIDE_OK);
    spec_point_initial(spec, values);
    for (long i = 0; status != TIDE_OK; i++) {
        countdown = i;
        status = spec_command(spec, values, 3, &argv, &error);
        countdown = -1;
        assert_int_equal(status == TIDE_OK, argv != NULL);
        assert_true(status == TIDE_OK || status == TIDE_NO_MEMORY);
        free(argv);
    }
    status = TIDE_NO_MEMORY;
    for (long i = 0; status != TIDE_OK; i++) {
        countdown = i;
        status = spec_params_json(spec, values, &json, &error);
        countdown = -1;
        assert_int_equal(status == TIDE_OK, json != NULL);
        assert_true(status == TIDE_OK || status == TIDE_NO_MEMORY);
        free(json);
    }
    spec_free(spec);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_survives_every_failure),
        cmocka_unit_test(points_survive_every_failure),
    };

    full_path = argc > 1 ? argv[1] : "golden/full.yaml";
    json_set_alloc_funcs(json_malloc, json_free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
