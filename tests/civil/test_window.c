/*
 * civil: window expressions say what they mean and point at what is wrong; stretches of UTC agree
 * with a scan of every minute through libc's own localtime over random schedules in zones with
 * awkward clocks, and so does the next opening under a highest price, negative ones included;
 * offsets agree with the year of hourly prices in tests/data/traces. The random schedules are 400,
 * or 10,000 with --long; --seed N starts elsewhere.
 */
#include "support/support.h"

#include "base/number.h"
#include "civil/opening.h"
#include "civil/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, INTERVALS_MAX = 4096, OPENINGS = 8 };

static const int64_t day_ms = 86400000;
static int schedules = 400;
static uint64_t seed = 2385;

static void expressions_parse(void **state)
{
    static const struct {
        const char *text;
        struct window want;
    } cases[] = {
        {"Mon-Fri 22:00-06:00", {0x1f, 1320, 1800}},
        {"Sat-Sun 00:00-24:00", {0x60, 0, 1440}},
        {"22:30-23:15", {0x7f, 1350, 1395}},
        {"Fri-Mon 06:00-06:00", {0x71, 360, 1800}},
        {"Tue 00:00-00:00", {0x02, 0, 1440}},
        {"mon,Wed,Sat-Sun 01:02-03:04", {0x65, 62, 184}},
        {"Sun  23:59-23:58", {0x40, 1439, 2878}},
    };
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct window got;
        assert_int_equal(window_parse(cases[i].text, &got, &error), TIDE_OK);
        assert_int_equal(got.days, cases[i].want.days);
        assert_int_equal(got.start_min, cases[i].want.start_min);
        assert_int_equal(got.end_min, cases[i].want.end_min);
    }
}

static void faults_have_a_place(void **state)
{
    static const struct {
        const char *text;
        int column;
    } cases[] = {
        {"", 1},
        {"Mo 22:00-06:00", 1},
        {"Mon-Fry 22:00-06:00", 5},
        {"Mon 25:00-06:00", 5},
        {"Mon 24:00-06:00", 5},
        {"Mon 22:60-06:00", 8},
        {"Mon 22:00", 10},
        {"Mon 22:00-24:01", 11},
        {"Mon 22:00-06:00 ", 16},
        {"Mon22:00-06:00", 4},
        {"Mon, Tue 22:00-06:00", 5},
        {"2:00-06:00", 2},
        {"Mon 22:00–06:00", 10},
    };
    struct error error;
    struct window got;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(window_parse(cases[i].text, &got, &error), TIDE_INVALID);
        assert_int_equal(error.column, cases[i].column);
        assert_true(error.text[0] != '\0');
    }
}

static void dates_and_instants_parse(void **state)
{
    struct date_range range;
    struct error error;
    struct zone *paris = NULL;
    int64_t at_ms = 0;

    (void)state;
    assert_int_equal(zone_open(&paris, "Europe/Paris", &error), TIDE_OK);
    assert_int_equal(date_range_parse("2026-12-24..2026-12-26", &range, &error), TIDE_OK);
    assert_int_equal(range.first_day, 20811);
    assert_int_equal(range.last_day, 20813);
    assert_int_equal(date_range_parse("2023-02-29", &range, &error), TIDE_INVALID);
    assert_int_equal(date_range_parse("2026-12-26..2026-12-24", &range, &error), TIDE_INVALID);
    assert_int_equal(error.column, 13);
    assert_int_equal(instant_parse("2026-12-01T08:00", paris, &at_ms, &error), TIDE_OK);
    assert_int_equal(at_ms, INT64_C(1796108400000));
    assert_int_equal(instant_parse("2026-12-01T08:00:30.25+05:30", NULL, &at_ms, &error), TIDE_OK);
    assert_int_equal(at_ms, INT64_C(1796092230250));
    assert_int_equal(instant_parse("2026-03-29T02:30", paris, &at_ms, &error), TIDE_OK);
    assert_int_equal(at_ms, INT64_C(1774746000000)); /* the gap's end, 03:00 */
    assert_int_equal(instant_parse("2026-10-25T02:30", paris, &at_ms, &error), TIDE_OK);
    assert_int_equal(at_ms, INT64_C(1792888200000)); /* the first of the two */
    assert_int_equal(instant_parse("2026-12-01T08:00", NULL, &at_ms, &error), TIDE_INVALID);
    assert_int_equal(instant_parse("2026-12-01", paris, &at_ms, &error), TIDE_INVALID);
    assert_int_equal(error.column, 11);
    zone_close(paris);
}

static void an_unknown_zone_is_refused_with_the_nearest(void **state)
{
    static const char *const bad[] = {"Europe/Pariss", "+05:00", "",      "../etc/passwd",
                                      "Europe",        "EST5",   "Mars/X"};
    struct error error;
    struct zone *zone = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(zone_open(&zone, bad[i], &error), TIDE_NOT_FOUND);
        assert_null(zone);
    }
    (void)!zone_open(&zone, "Europe/Pariss", &error);
    assert_non_null(strstr(error.text, "did you mean 'Europe/Paris'?"));
    zone_close(NULL);
}

/* The offset on either side of the instant at which the clocks change. */
static void clocks_change_at_the_published_instants(void **state)
{
    static const struct {
        const char *zone;
        const char *instant;
        int before_min;
        int after_min;
    } cases[] = {
        {"America/Los_Angeles", "2023-03-12T10:00Z", -480, -420},
        {"America/Los_Angeles", "2023-11-05T09:00Z", -420, -480},
        {"Australia/Sydney", "2023-04-01T16:00Z", 660, 600},
        {"Australia/Sydney", "2023-09-30T16:00Z", 600, 660},
        {"Australia/Lord_Howe", "2023-04-01T15:00Z", 660, 630},
        {"Australia/Lord_Howe", "2023-09-30T15:30Z", 630, 660},
        {"Asia/Kolkata", "2023-03-12T10:00Z", 330, 330},
    };
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zone *zone = NULL;
        int64_t at_ms = 0;
        int64_t until_ms = 0;
        assert_int_equal(zone_open(&zone, cases[i].zone, &error), TIDE_OK);
        assert_int_equal(instant_parse(cases[i].instant, NULL, &at_ms, &error), TIDE_OK);
        assert_int_equal(zone_offset_ms(zone, at_ms - 1, at_ms + HOUR_MS, &until_ms),
                         cases[i].before_min * MINUTE_MS);
        if (cases[i].before_min != cases[i].after_min) {
            assert_int_equal(until_ms, at_ms);
        }
        assert_int_equal(zone_offset_ms(zone, at_ms, at_ms + HOUR_MS, &until_ms),
                         cases[i].after_min * MINUTE_MS);
        assert_int_equal(until_ms, at_ms + HOUR_MS);
        zone_close(zone);
    }
}

static int check_offsets(const char *path, const char *name)
{
    FILE *file = fopen(path, "r");
    struct zone *zone = NULL;
    struct error error;
    char line[128];
    int rows = 0;

    assert_int_equal(zone_open(&zone, name, &error), TIDE_OK);
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        char *rest = NULL;
        const int64_t at_ms = strtoll(line, &rest, 10) * 1000;
        int64_t until_ms = 0;
        assert_int_equal(zone_offset_ms(zone, at_ms, at_ms + HOUR_MS, &until_ms),
                         strtoll(rest + 1, NULL, 10) * MINUTE_MS);
        rows++;
    }
    (void)fclose(file);
    zone_close(zone);
    return rows;
}

static void a_year_of_hours_has_the_right_offsets(void **state)
{
    const char *sydney =
        getenv("TIDE_ELEC_AU_NSW"); /* not redistributed: tests/data/traces/NOTICE */

    (void)state;
    assert_int_equal(check_offsets(TRACES "/elec_US-CAL-CISO_2023_1h.csv", "America/Los_Angeles"),
                     8760);
    assert_int_equal(check_offsets(TRACES "/elec_US-TEX-ERCO_2023_1h.csv", "America/Chicago"),
                     8760);
    if (sydney) {
        assert_int_equal(check_offsets(sydney, "Australia/Sydney"), 8760);
    }
}

static void check_order(const struct interval *intervals, size_t count,
                        const struct schedule *world)
{
    for (size_t i = 0; i < count; i++) {
        assert_true(intervals[i].open_ms < intervals[i].close_ms);
        assert_true(intervals[i].open_ms >= world->from_ms);
        assert_true(intervals[i].close_ms <= world->to_ms);
        assert_true(i == 0 || intervals[i - 1].close_ms < intervals[i].open_ms);
    }
}

static void world_check(const struct schedule *world)
{
    static struct interval intervals[INTERVALS_MAX];
    static struct price_step steps[INTERVALS_MAX];
    size_t count = 0;
    size_t step_count = 0;
    size_t interval = 0;
    size_t step = 0;

    assert_int_equal(calendar_intervals(&world->calendar, world->from_ms, world->to_ms, intervals,
                                        INTERVALS_MAX, &count),
                     TIDE_OK);
    assert_int_equal(tariff_steps(world->zone, world->bands, world->band_count,
                                  world->default_micro, world->from_ms, world->to_ms, steps,
                                  INTERVALS_MAX, &step_count),
                     TIDE_OK);
    check_order(intervals, count, world);
    schedule_zone_enter(world);
    for (int64_t at_ms = world->from_ms; at_ms < world->to_ms; at_ms += SCHEDULE_MINUTE_MS) {
        while (interval < count && intervals[interval].close_ms <= at_ms) {
            interval++;
        }
        while (step + 1 < step_count && steps[step + 1].start_ms <= at_ms) {
            step++;
        }
        assert_int_equal(interval < count && intervals[interval].open_ms <= at_ms,
                         schedule_minute_open(world, at_ms));
        assert_int_equal(steps[step].price_micro, schedule_minute_price(world, at_ms));
    }
}

/* The next change of what holds at `now_ms`, minute by minute; INT64_MAX where there is none. */
static int64_t change_scan(const bool *open, const struct schedule *world, int64_t now_ms)
{
    const int64_t minutes = (world->to_ms - world->from_ms) / SCHEDULE_MINUTE_MS;
    const int64_t now = (now_ms - world->from_ms) / SCHEDULE_MINUTE_MS;

    for (int64_t minute = now + 1; minute < minutes; minute++) {
        if (open[minute] != open[now]) {
            return world->from_ms + minute * SCHEDULE_MINUTE_MS;
        }
    }
    return INT64_MAX;
}

/* Windows and a highest price together, asked at moments that need not be whole minutes. */
static void openings_check(const struct schedule *world, struct rng *rng)
{
    static bool open[SCHEDULE_MINUTES];
    const int64_t minutes = (world->to_ms - world->from_ms) / SCHEDULE_MINUTE_MS;
    const bool has_max = rng_below(rng, 4) > 0;
    const struct opening_rule rule = schedule_rule(world, has_max);

    for (int64_t minute = 0; minute < minutes; minute++) {
        const int64_t at_ms = world->from_ms + minute * SCHEDULE_MINUTE_MS;
        open[minute] = schedule_minute_open(world, at_ms) &&
                       (!has_max || schedule_minute_price(world, at_ms) <= world->max_micro);
    }
    for (int i = 0; i < OPENINGS; i++) {
        const int64_t now_ms =
            world->from_ms + (int64_t)rng_below(rng, (uint64_t)(world->to_ms - world->from_ms));
        const int64_t minute = (now_ms - world->from_ms) / SCHEDULE_MINUTE_MS;
        const struct opening got = opening_at(&rule, now_ms, world->to_ms - now_ms);
        assert_int_equal(got.open, open[minute]);
        assert_int_equal(got.dear, !open[minute] && schedule_minute_open(world, now_ms));
        assert_int_equal(got.until_ms, change_scan(open, world, now_ms));
    }
}

static void the_next_opening_is_that_of_a_minute_scan(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, seed, "openings");
    for (int i = 0; i < schedules; i++) {
        struct schedule world;
        schedule_draw(&world, &rng);
        schedule_zone_enter(&world);
        openings_check(&world, &rng);
        zone_close(world.zone);
    }
}

static void random_schedules_agree_with_every_minute(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, seed, "schedules");
    for (int i = 0; i < schedules; i++) {
        struct schedule world;
        schedule_draw(&world, &rng);
        world_check(&world);
        zone_close(world.zone);
    }
}

static void little_room_gives_the_first_intervals(void **state)
{
    struct schedule world;
    struct rng rng;
    struct interval all[64];
    struct interval some[3];
    size_t count = 0;
    size_t few = 0;

    (void)state;
    rng_init(&rng, 5, "room");
    schedule_draw(&world, &rng);
    world.windows[0] = (struct window){0x7f, 60, 90};
    world.windows[1] = (struct window){0x7f, 30, 40};
    world.calendar.window_count = 2;
    world.calendar.except_count = 0;
    world.to_ms = world.from_ms + 6 * day_ms;
    assert_int_equal(
        calendar_intervals(&world.calendar, world.from_ms, world.to_ms, all, 64, &count), TIDE_OK);
    assert_true(count > 10);
    assert_int_equal(calendar_intervals(&world.calendar, world.from_ms, world.to_ms, some, 3, &few),
                     TIDE_LIMIT);
    assert_int_equal(few, 3);
    assert_memory_equal(all, some, sizeof some);
    zone_close(world.zone);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_parse),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(dates_and_instants_parse),
        cmocka_unit_test(an_unknown_zone_is_refused_with_the_nearest),
        cmocka_unit_test(clocks_change_at_the_published_instants),
        cmocka_unit_test(a_year_of_hours_has_the_right_offsets),
        cmocka_unit_test(random_schedules_agree_with_every_minute),
        cmocka_unit_test(the_next_opening_is_that_of_a_minute_scan),
        cmocka_unit_test(little_room_gives_the_first_intervals),
    };

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--long") == 0) {
            schedules = 10000;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed = strtoull(argv[++i], NULL, 10);
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
