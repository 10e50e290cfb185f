/*
 * What a schedule says at a moment, where its prices are in a file: against values worked out by
 * hand.
 */
#include "commands/agenda.h"
#include "commands/query.h"
#include "support/support.h"

#include <stdio.h>

/* A file of prices: the one of now and the next hours, what lets it go on under max_price, and no
 * price where the file is not there or ended long ago. */
static void test_prices_of_a_file(void **state)
{
    static const char text[] =
        "name: a\ncommand: [echo, '{x}']\nparameters: {x: {type: float, min: 0, max: 1}}\n"
        "objective: {metric: loss, direction: minimize}\nbudget: {trials: 1}\n"
        "schedule: {timezone: UTC, prices: {unit: EUR/kWh, file: day.csv}, max_price: 0.2}\n";
    const int64_t start_ms = INT64_C(1796083200000); /* 2026-12-01T00:00Z */
    char *folder = scratch_new();
    char path[1024];
    char next[AGENDA_TEXT_BYTES];

    (void)state;
    json_t *agenda = agenda_read(text, folder, start_ms);
    assert_true(json_is_null(json_object_get(agenda, "price")));
    json_decref(agenda);
    (void)snprintf(path, sizeof path, "%s/day.csv", folder);
    file_write(path, "2026-11-30T20:00:00Z,0.31\n2026-12-01T00:00:00Z,0.27\n"
                     "2026-12-01T04:00:00Z,0.15\n");
    agenda = agenda_read(text, folder, start_ms + 3600000);
    const json_t *price = json_object_get(agenda, "price");
    assert_close(model_real(price, "now"), 0.27, 0, 0);
    assert_string_equal(model_text(price, "unit"), "EUR/kWh");
    assert_close(json_number_value(json_array_get(json_object_get(price, "hours"), 3)), 0.15, 0, 0);
    assert_true(json_is_false(json_object_get(agenda, "open")));
    assert_string_equal(agenda_next(next, agenda), "today 04:00 UTC (in 3 h 0 min), 0.15");
    json_decref(agenda);
    agenda = agenda_read(text, folder, start_ms + INT64_C(9) * 3600000); /* an hour beyond it */
    assert_string_equal(model_text(json_object_get(agenda, "price"), "label"), "held");
    json_decref(agenda);
    agenda = agenda_read(text, folder, start_ms + INT64_C(99) * 3600000);
    assert_true(json_is_null(json_object_get(agenda, "price")));
    json_decref(agenda);
    scratch_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices_of_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
