/*
 * config: what a configuration says arrives in base units; a price file's path is meant from the
 * folder of the configuration; a file that others may write to is refused. What is wrong with one
 * is shown by the golden reports.
 */
#include "support/support.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct spec_report report;

static struct config *parsed(const char *text, const char *name)
{
    struct config *config = NULL;

    if (config_parse(text, strlen(text), name, &config, &report) != TIDE_OK) {
        print_error("%s\n", report.errors[0].text);
    }
    assert_non_null(config);
    return config;
}

static void a_pool_arrives_in_base_units(void **state)
{
    struct config *config =
        parsed("lease: 90s\n"
               "pools:\n"
               "  spot: {price: 3.06 USD/h, power: 1.2kW, startup: 3m, slots: 2, max: 32,\n"
               "         launch: [up, now], terminate: down, idle: 10m, on_demand: true}\n",
               "c.yaml");
    const struct config_pool *pool = &config->pools[0];

    (void)state;
    assert_int_equal(config->lease_ms, 90000);
    assert_int_equal(config->pool_count, 1);
    assert_string_equal(pool->name, "spot");
    assert_string_equal(pool->currency, "USD");
    assert_int_equal(pool->price.source, CONFIG_PRICE_CONSTANT);
    assert_int_equal(pool->price.prices.fallback.micro, 3060000);
    assert_int_equal(pool->power_watt, 1200);
    assert_int_equal(pool->startup_ms, 180000);
    assert_int_equal(pool->slots, 2);
    assert_int_equal(pool->max, 32);
    assert_true(pool->on_demand);
    assert_int_equal(pool->launch.count, 2);
    assert_string_equal(pool->terminate.items[0], "down");
    assert_int_equal(pool->idle_ms, 600000);
    config_free(config);
}

static void what_is_not_said_has_its_default(void **state)
{
    struct config *config = parsed("pools: {a: {}, b: {price: {unit: GBP/h, command: x}}}", "c");

    (void)state;
    assert_null(config->listen);
    assert_int_equal(config->lease_ms, 0);
    assert_false(config->pools[0].price.prices.given);
    assert_string_equal(config->pools[0].currency, "");
    assert_int_equal(config->pools[0].slots, 1);
    assert_int_equal(config->pools[0].idle_ms, 600000);
    assert_int_equal(config->pools[1].price.source, CONFIG_PRICE_COMMAND);
    assert_int_equal(config->pools[1].price.every_ms, 300000);
    assert_int_equal(config->pools[1].price.hold_ms, 7200000);
    config_free(config);
}

static void a_price_file_lies_beside_the_configuration(void **state)
{
    static const char text[] = "pools: {a: {price: {unit: EUR/h, file: day.csv}},"
                               " b: {price: {unit: EUR/h, file: /abs.csv}}}";
    struct config *config = parsed(text, "/etc/tidemill/c.yaml");

    (void)state;
    assert_string_equal(config->pools[0].price.prices.file, "/etc/tidemill/day.csv");
    assert_string_equal(config->pools[1].price.prices.file, "/abs.csv");
    config_free(config);
    config = parsed(text, "c.yaml");
    assert_string_equal(config->pools[0].price.prices.file, "day.csv");
    config_free(config);
}

/* Whoever may write to the file could run commands as the coordinator. */
static void a_file_that_others_may_write_to_is_refused(void **state)
{
    static const struct {
        mode_t mode;
        enum tide_status want;
    } cases[] = {{0600, TIDE_OK}, {0644, TIDE_OK}, {0664, TIDE_INVALID}, {0646, TIDE_INVALID}};
    char *folder = scratch_new();
    char path[4096];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/c.yaml", folder);
    file_write(path, "lease: 60s\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config *config = NULL;
        assert_int_equal(chmod(path, cases[i].mode), 0);
        assert_int_equal(config_load(path, &config, &report), cases[i].want);
        assert_int_equal(config != NULL, cases[i].want == TIDE_OK);
        config_free(config);
    }
    scratch_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_arrives_in_base_units),
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(a_price_file_lies_beside_the_configuration),
        cmocka_unit_test(a_file_that_others_may_write_to_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
