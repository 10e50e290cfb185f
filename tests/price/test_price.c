/*
 * price: samples constructed from the documented formats are read to the right steps, anything
 * malformed is refused with its place and never crashes (every prefix and every damaged byte of
 * every sample is tried), and old prices are held for the stated time and no longer.
 */
#include "support/support.h"

#include "base/rng.h"
#include "civil/window.h"
#include "price/price.h"

#include <stdlib.h>
#include <string.h>

static const char aws[] = "{\"SpotPriceHistory\":["
                          "{\"AvailabilityZone\":\"us-west-2b\",\"InstanceType\":\"p3.2xlarge\","
                          "\"ProductDescription\":\"Linux/UNIX\",\"SpotPrice\":\"0.973100\","
                          "\"Timestamp\":\"2026-11-23T14:01:07+00:00\"},"
                          "{\"AvailabilityZone\":\"us-west-2b\",\"InstanceType\":\"p3.2xlarge\","
                          "\"ProductDescription\":\"Linux/UNIX\",\"SpotPrice\":\"0.918000\","
                          "\"Timestamp\":\"2026-11-22T03:10:44.000Z\"}],\"NextToken\":\"\"}";

static const char aws_two[] =
    "{\"SpotPriceHistory\":["
    "{\"AvailabilityZone\":\"us-west-2a\",\"InstanceType\":\"p3.2xlarge\","
    "\"SpotPrice\":\"1.1\",\"Timestamp\":\"2026-11-23T14:01:07Z\"},"
    "{\"AvailabilityZone\":\"us-west-2b\",\"InstanceType\":\"p3.2xlarge\","
    "\"SpotPrice\":\"0.9\",\"Timestamp\":\"2026-11-23T14:01:07Z\"}]}";

static const char octopus[] =
    "{\"count\":2,\"next\":null,\"previous\":null,\"results\":["
    "{\"value_exc_vat\":-1.9,\"value_inc_vat\":-1.995,\"valid_from\":\"2026-11-23T01:00:00Z\","
    "\"valid_to\":\"2026-11-23T01:30:00Z\",\"payment_method\":null},"
    "{\"value_exc_vat\":10.2,\"value_inc_vat\":10.71,\"valid_from\":\"2026-11-23T00:30:00Z\","
    "\"valid_to\":\"2026-11-23T01:00:00Z\",\"payment_method\":null}]}";

static const char azure[] =
    "{\"BillingCurrency\":\"USD\",\"Items\":["
    "{\"currencyCode\":\"USD\",\"retailPrice\":3.06,\"armRegionName\":\"westus2\","
    "\"armSkuName\":\"Standard_NC6s_v3\",\"skuName\":\"NC6s v3\",\"unitOfMeasure\":\"1 Hour\"},"
    "{\"currencyCode\":\"USD\",\"retailPrice\":0.4123,\"armRegionName\":\"westus2\","
    "\"armSkuName\":\"Standard_NC6s_v3\",\"skuName\":\"NC6s v3 Spot\","
    "\"unitOfMeasure\":\"1 Hour\"}],\"NextPageLink\":null}";

static const char csv[] = "start,price\r\n2026-12-01T08:00:00+01:00,0.27\n"
                          "2026-12-01T09:00:00+01:00,-0.005\n";

static const char late[] = "start,price\n2026-12-01T08:00:00Z,0.1\n9999-12-31T00:00:00Z,0.2\n";
static const char elec[] = "utc_epoch,offset_min,usd_mwh\n1672531200,-480,114.95\n"
                           "1672534800,-480,-3.5\n";

static int64_t instant(const char *text)
{
    struct error error;
    int64_t at_ms = 0;

    assert_int_equal(instant_parse(text, NULL, &at_ms, &error), TIDE_OK);
    return at_ms;
}

static void documented_formats_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *pick;
        size_t count;
        const char *last;
        int64_t last_micro, first_micro;
    } cases[] = {
        {aws, NULL, 2, "2026-11-23T14:01:07Z", 973100, 918000},
        {aws, "us-west-2b p3.2xlarge", 2, "2026-11-23T14:01:07Z", 973100, 918000},
        {aws_two, "us-west-2b", 1, "2026-11-23T14:01:07Z", 900000, 900000},
        {octopus, NULL, 2, "2026-11-23T01:00:00Z", -19950, 107100},
        {azure, NULL, 1, "2026-11-23T17:00:00Z", 412300, 412300},
        {csv, NULL, 2, "2026-12-01T08:00:00Z", -5000, 270000},
        {elec, NULL, 2, "2023-01-01T01:00:00Z", -3500, 114950},
        {late, NULL, 2, "9999-12-31T00:00:00Z", 200000, 100000},
    };
    struct price_list list;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(price_parse(&list, cases[i].text, cases[i].pick,
                                     instant("2026-11-23T17:00:00Z"), &error),
                         TIDE_OK);
        assert_int_equal(list.count, cases[i].count);
        assert_int_equal(list.steps[0].price_micro, cases[i].first_micro);
        assert_int_equal(list.steps[list.count - 1].price_micro, cases[i].last_micro);
        assert_int_equal(list.steps[list.count - 1].start_ms, instant(cases[i].last));
        price_list_fini(&list);
    }
}

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *says;
    } cases[] = {
        {"", 0, "no price"},
        {"start,price\n", 1, "no price"},
        {"start,price\n2026-12-01T08:00:00,0.27\n", 2, "offset"},
        {"start,price\n2026-12-01T08:00:00Z,cheap\n", 2, "cheap"},
        {"start,price\n2026-12-01T08:00:00Z,0.2\n2026-12-01T08:00:00Z,0.3\n", 3, "ascend"},
        {"start,price\n2026-12-01T08:00:00Z,1e9\n", 2, "money"},
        {"start,price\n1969-12-01T08:00:00Z,0.2\n", 2, "between 1970 and 9999"},
        {"utc_epoch,offset_min,usd_mwh\n5555555555555555,0,1\n", 2, "between 1970 and 9999"},
        {"{\"SpotPriceHistory\":[]}", 0, "no price"},
        {"{\"prices\":[]}", 0, "SpotPriceHistory"},
        {"{\"SpotPriceHistory\":[{\"SpotPrice\":1.0}]}", 0, "Timestamp"},
        {"{\n\"results\":[", 2, "JSON"},
    };
    struct price_list list;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(price_parse(&list, cases[i].text, NULL, 0, &error), TIDE_INVALID);
        assert_non_null(strstr(error.text, cases[i].says));
        assert_int_equal(error.line, cases[i].line);
        assert_null(list.steps);
    }
    assert_int_equal(price_parse(&list, aws_two, NULL, 0, &error), TIDE_INVALID);
    assert_non_null(strstr(error.text, "several machines"));
}

static void damage_never_crashes(void **state)
{
    static const char *const samples[] = {aws, aws_two, octopus, azure, csv, elec};
    struct price_list list;
    struct error error;
    struct rng rng;

    (void)state;
    rng_init(&rng, 2385, "damage");
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const size_t bytes = strlen(samples[i]);
        for (size_t at = 0; at < bytes; at++) {
            char *text = calloc(1, bytes + 1);
            assert_non_null(text);
            memcpy(text, samples[i], at);
            (void)!price_parse(&list, text, NULL, 0, &error);
            price_list_fini(&list);
            memcpy(text, samples[i], bytes);
            text[at] = (char)(1 + rng_below(&rng, 255));
            (void)!price_parse(&list, text, NULL, 0, &error);
            price_list_fini(&list);
            free(text);
        }
    }
}

static void old_prices_are_held_and_then_stale(void **state)
{
    const int64_t hour_ms = 3600000;
    const int64_t start_ms = instant("2026-12-01T07:00:00Z");
    struct price_list list;
    struct error error;
    int64_t price_micro = 0;

    (void)state;
    assert_int_equal(price_parse(&list, csv, NULL, start_ms, &error), TIDE_OK);
    assert_int_equal(price_at(&list, start_ms - 1, start_ms, hour_ms, &price_micro), PRICE_MISSING);
    assert_int_equal(price_at(&list, start_ms, start_ms, hour_ms, &price_micro), PRICE_GOOD);
    assert_int_equal(price_micro, 270000);
    assert_int_equal(price_at(&list, start_ms + 2 * hour_ms - 1, start_ms, hour_ms, &price_micro),
                     PRICE_GOOD);
    assert_int_equal(price_micro, -5000);
    assert_int_equal(price_at(&list, start_ms + 3 * hour_ms - 1, start_ms, hour_ms, &price_micro),
                     PRICE_HELD);
    assert_int_equal(price_micro, -5000);
    assert_int_equal(price_at(&list, start_ms + 3 * hour_ms, start_ms, hour_ms, &price_micro),
                     PRICE_STALE);
    assert_int_equal(price_micro, 0);
    price_list_fini(&list);

    /* A change event is as good as the last time the source was read. */
    assert_int_equal(price_parse(&list, aws, NULL, start_ms, &error), TIDE_OK);
    assert_int_equal(price_at(&list, start_ms, start_ms, hour_ms, &price_micro), PRICE_GOOD);
    assert_int_equal(price_at(&list, start_ms + 1, start_ms, hour_ms, &price_micro), PRICE_HELD);
    assert_int_equal(price_at(&list, start_ms + hour_ms, start_ms, hour_ms, &price_micro),
                     PRICE_STALE);
    assert_string_equal(price_state_text(PRICE_HELD), "the last known price, held");
    price_list_fini(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_formats_are_read),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(old_prices_are_held_and_then_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
