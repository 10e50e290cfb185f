/*
 * feed: prices from bands, from a file that is missing, grows, is replaced by nonsense or goes
 * away, and from text of every cloud; what was good holds for the stated time, and no longer.
 */
#include "support/support.h"

#include "loop/feed.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const int64_t hour_ms = 3600000;
static const int64_t start_ms = 1796083200000; /* 2026-12-01T00:00:00Z */

static char *folder;
static char path[4096];

static int folder_make(void **state)
{
    (void)state;
    folder = scratch_new();
    (void)snprintf(path, sizeof path, "%s/day.csv", folder);
    return 0;
}

static int folder_drop(void **state)
{
    (void)state;
    scratch_free(folder);
    return 0;
}

/* A new file with another time, as an editor or a cron job leaves it. */
static void file_put(const char *text, time_t changed_s)
{
    const struct timespec times[] = {{changed_s, 0}, {changed_s, 0}};

    file_write(path, text);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static struct feed_state at(const struct feed *feed, int64_t at_ms, int64_t *price_micro)
{
    struct price_step steps[4] = {{0, -1}};
    const struct feed_state state = feed_steps(feed, at_ms, steps, 4);

    *price_micro = steps[0].price_micro;
    return state;
}

static void a_file_is_read_again_when_it_changes(void **state)
{
    struct feed feed = {.file = path, .hold_ms = hour_ms};
    int64_t micro = 0;

    (void)state;
    assert_false(feed_look(&feed, start_ms));
    assert_string_equal(feed.trouble, "cannot read it: No such file or directory");
    assert_int_equal(at(&feed, start_ms, &micro).state, PRICE_MISSING);
    file_put("2026-12-01T00:00:00Z,0.27\n2026-12-01T01:00:00Z,-0.02\n", 1000);
    assert_true(feed_look(&feed, start_ms));
    assert_string_equal(feed.trouble, "");
    assert_int_equal(at(&feed, start_ms, &micro).count, 2);
    assert_int_equal(micro, 270000);
    assert_int_equal(at(&feed, start_ms + hour_ms, &micro).state, PRICE_GOOD);
    assert_int_equal(micro, -20000);
    assert_false(feed_look(&feed, start_ms + hour_ms));
    file_put("2026-12-01T00:00:00Z,0.28\n", 2000);
    assert_true(feed_look(&feed, start_ms + hour_ms));
    assert_int_equal(at(&feed, start_ms + hour_ms, &micro).count, 1);
    assert_int_equal(micro, 280000);
    feed_fini(&feed);
}

static void the_last_good_price_holds_for_the_stated_time(void **state)
{
    struct feed feed = {.file = path, .hold_ms = hour_ms};
    int64_t micro = 0;

    (void)state;
    file_put("2026-12-01T00:00:00Z,0.27\n2026-12-01T01:00:00Z,0.20\n", 1000);
    assert_true(feed_look(&feed, start_ms));
    file_put("2026-12-01T00:00:00Z,cheap\n", 2000);
    (void)feed_look(&feed, start_ms + hour_ms);
    assert_string_equal(feed.trouble, "line 1: 'cheap' is not a price");
    assert_int_equal(at(&feed, start_ms + 3 * hour_ms / 2, &micro).state, PRICE_GOOD);
    assert_int_equal(micro, 200000);
    assert_int_equal(at(&feed, start_ms + 5 * hour_ms / 2, &micro).state, PRICE_HELD);
    assert_int_equal(at(&feed, start_ms + 3 * hour_ms, &micro).state, PRICE_STALE);
    assert_int_equal(micro, 200000);
    feed_fini(&feed);
}

/* Whoever named the file may not be allowed to read it: nothing of it is quoted. */
static void a_discreet_feed_quotes_nothing(void **state)
{
    struct feed feed = {.file = path, .hold_ms = hour_ms, .discreet = true};

    (void)state;
    file_put("root:x:0:0:root\n", 1000);
    (void)feed_look(&feed, start_ms);
    assert_string_equal(feed.trouble, "line 1: that is no price");
    feed_fini(&feed);
}

static void bands_follow_the_clocks_of_their_zone(void **state)
{
    struct zone *zone = NULL;
    struct error error;
    const struct band band = {.when = {.days = 0x7f, .start_min = 1320, .end_min = 1800},
                              .price_micro = 160000};
    const struct spec_prices prices = {
        .given = true, .fallback = {true, 270000}, .bands = &band, .band_count = 1};
    int64_t micro = 0;

    (void)state;
    assert_int_equal(zone_open(&zone, "Europe/Paris", &error), TIDE_OK);
    struct feed feed = {.prices = &prices, .zone = zone};
    assert_true(feed_look(&feed, start_ms)); /* 01:00 in Paris */
    assert_int_equal(at(&feed, start_ms, &micro).state, PRICE_GOOD);
    assert_int_equal(micro, 160000);
    (void)at(&feed, start_ms + 5 * hour_ms, &micro);
    assert_int_equal(micro, 270000);
    feed_fini(&feed);
    zone_close(zone);
}

static void text_of_every_cloud_is_taken(void **state)
{
    static const struct {
        const char *text;
        int64_t want_micro;
    } cases[] = {
        {"start,price\n2026-11-30T00:00:00Z,0.31\n2026-12-02T00:00:00Z,0.32\n", 310000},
        {"{\"SpotPriceHistory\":[{\"AvailabilityZone\":\"eu-west-1a\",\"InstanceType\":\"p3\","
         "\"SpotPrice\":\"0.9731\",\"Timestamp\":\"2026-11-30T22:00:00+00:00\"}]}",
         973100},
        {"{\"results\":[{\"value_inc_vat\":16.5,\"valid_from\":\"2026-12-01T00:00:00Z\","
         "\"valid_to\":\"2026-12-01T00:30:00Z\"}]}",
         165000},
        {"{\"Items\":[{\"retailPrice\":0.5,\"armRegionName\":\"westeurope\",\"armSkuName\":\"a\","
         "\"skuName\":\"a Spot\",\"unitOfMeasure\":\"1 Hour\"}]}",
         500000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct feed feed = {.hold_ms = hour_ms};
        int64_t micro = 0;
        feed_take(&feed, cases[i].text, start_ms);
        assert_string_equal(feed.trouble, "");
        assert_int_equal(at(&feed, start_ms, &micro).state, PRICE_GOOD);
        assert_int_equal(micro, cases[i].want_micro);
        feed_take(&feed, "<html>504 Gateway Time-out</html>", start_ms);
        assert_string_not_equal(feed.trouble, "");
        assert_int_equal(at(&feed, start_ms, &micro).state, PRICE_GOOD);
        feed_fini(&feed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_read_again_when_it_changes, folder_make,
                                        folder_drop),
        cmocka_unit_test_setup_teardown(the_last_good_price_holds_for_the_stated_time, folder_make,
                                        folder_drop),
        cmocka_unit_test_setup_teardown(a_discreet_feed_quotes_nothing, folder_make, folder_drop),
        cmocka_unit_test(bands_follow_the_clocks_of_their_zone),
        cmocka_unit_test(text_of_every_cloud_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
