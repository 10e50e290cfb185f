/*
 * sim: the offline bounds against every schedule of small random markets (tried one by one), no
 * policy below its bound, no published number that the simulator does not reproduce on a sample of
 * the windows, and no window of tidemill's late where the certificate held at the start. --long
 * takes every window of every set.
 */
#include "support/support.h"

#include "base/rng.h"
#include "core/ledger.h"
#include "sim/bound.h"
#include "sim/episode.h"
#include "sim/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_TICKS = 7, TRACES_COUNT = 7 };

static bool every_window;

/* A market of one pool of one lane with random availability. */
static void small_market(struct market *market, struct rng *rng)
{
    memset(market, 0, sizeof *market);
    market->pool_count = 1;
    market->tick_count = SMALL_TICKS;
    market->tick_ms = 600000;
    market->delay_ms = rng_below(rng, 2) ? 720000 : 180000;
    market->on_demand_micro = 3060000;
    market->pools[0].lanes = 1;
    market->pools[0].available = calloc(SMALL_TICKS, sizeof(int32_t));
    market->pools[0].price_micro = calloc(SMALL_TICKS, sizeof(int64_t));
    for (int tick = 0; tick < SMALL_TICKS; tick++) {
        market->pools[0].available[tick] = rng_below(rng, 3) > 0;
        market->pools[0].price_micro[tick] = 500000 + (int64_t)rng_below(rng, 1000000);
    }
}

/* The cheapest of all 3^7 sequences of idle, spot and on-demand; -1 when none does the work. */
static int64_t by_trying_all(const struct market *market, int64_t work_ms)
{
    int64_t best = -1;

    for (int code = 0; code < 2187; code++) {
        int64_t done_ms = 0;
        int64_t cost = 0;
        int64_t warming_ms = 0;
        int machine = 0;
        for (int tick = 0, rest = code; tick < SMALL_TICKS && done_ms < work_ms; tick++) {
            const int next = rest % 3;
            rest /= 3;
            if (next == 1 && !market->pools[0].available[tick]) {
                cost = INT64_MAX / 2;
                break;
            }
            warming_ms = next != machine ? market->delay_ms : warming_ms;
            machine = next;
            if (machine != 0) {
                const int64_t price =
                    machine == 1 ? market->pools[0].price_micro[tick] : market->on_demand_micro;
                const int64_t gain_ms = market->tick_ms - warming_ms;
                done_ms += gain_ms > 0 ? gain_ms : 0;
                warming_ms = gain_ms < 0 ? -gain_ms : 0;
                cost +=
                    ledger_cost_micro(price, market->tick_ms, (struct ledger_scale){.slots = 1});
            }
        }
        if (done_ms >= work_ms && cost < INT64_MAX / 2 && (best < 0 || cost < best)) {
            best = cost;
        }
    }
    return best;
}

static void bounds_agree_with_trying_all(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 2385, "small markets");
    for (int i = 0; i < 200; i++) {
        struct market market;
        struct bound_single bound;
        struct error error;
        const int64_t work_ms =
            60000 * (1 + (int64_t)rng_below(&rng, 50)) / 120000 * 120000 + 120000;
        small_market(&market, &rng);
        const int64_t want = by_trying_all(&market, work_ms);
        const enum tide_status status =
            bound_single(&market, 0, SMALL_TICKS, work_ms, &bound, &error);
        assert_int_equal(status, want < 0 ? TIDE_INVALID : TIDE_OK);
        if (want >= 0) {
            assert_int_equal(bound.cost_micro, want);
            assert_true(bound_fleet_micro(&market, 0, SMALL_TICKS, work_ms, 1) <= want + 1);
        }
        market_fini(&market);
    }
}

static void load(struct csv *csv, const char *name)
{
    char path[512];
    char *text = NULL;
    struct error error;

    (void)snprintf(path, sizeof path, TRACES "/%s", name);
    text = file_read(path);
    assert_int_equal(csv_parse(csv, text, &error), TIDE_OK);
    free(text);
}

static struct csv traces[TRACES_COUNT];
static struct suite_traces suite;

static int traces_open(void **state)
{
    (void)state;
    load(&traces[0], "spot_2022-10-26_us-west-2_600s.csv");
    load(&traces[1], "windows_2022-10-26.csv");
    load(&traces[2], "spot_2023-02-15_aws-p3.2xlarge_195s.csv");
    load(&traces[3], "spotprice_2023-02-15_aws-p3.2xlarge.csv");
    load(&traces[4], "windows_2023-02-15.csv");
    load(&traces[5], "fleet_2025-10-04_gcp-a3-highgpu-1g_600s.csv");
    load(&traces[6], "zoneprice_gcp-a3-highgpu-8g_2025-10-23.csv");
    if (!every_window) {
        traces[1].row_count = 12;
        traces[4].row_count = 12;
    }
    suite = (struct suite_traces){&traces[0], &traces[1], &traces[2], &traces[3],
                                  &traces[4], &traces[5], &traces[6]};
    return 0;
}

static int traces_close(void **state)
{
    (void)state;
    for (int i = 0; i < TRACES_COUNT; i++) {
        csv_fini(&traces[i]);
    }
    return 0;
}

static void no_policy_is_late_or_below_the_bound(void **state)
{
    (void)state;
    for (size_t set = 0; set < suite_count(); set++) {
        struct suite_table table;
        struct error error;
        assert_int_equal(suite_run(&suite, set, &table, &error), TIDE_OK);
        for (size_t row = 0; row < table.row_count; row++) {
            assert_int_equal(table.rows[row].late, 0);
            assert_true(table.rows[row].cost_micro >= table.bound_micro);
            if (strcmp(table.rows[row].policy, "tidemill") == 0 && table.solid > 0 &&
                every_window) {
                assert_true(table.rows[row].ratio <= table.solid);
            }
        }
    }
}

/* Table 3 of Can't Be Late as docs/COST.md measured it, on all windows only. */
static void published_figures_are_reproduced(void **state)
{
    static const double on_demand_h[] = {48.0, 32.0, 26.1, 25.0};
    static const double ratio[] = {1.537, 1.205, 1.112, 1.105};
    struct suite_table table;
    struct error error;

    (void)state;
    if (!every_window) {
        skip();
    }
    assert_int_equal(suite_run(&suite, 0, &table, &error), TIDE_OK);
    for (size_t row = 0; row < 4; row++) {
        assert_close((double)table.rows[row].on_demand_ms / 3.6e6 / table.windows, on_demand_h[row],
                     0, 0.1);
        assert_close(table.rows[row].ratio, ratio[row], 0, 0.005);
    }
    assert_close((double)table.bound_spot_ms / 3.6e6 / table.windows, 26.2, 0, 0.1);
}

static void electricity_keeps_its_promises(void **state)
{
    static const char *const files[] = {"elec_US-CAL-CISO_2023_1h.csv",
                                        "elec_US-TEX-ERCO_2023_1h.csv"};
    static const int32_t jobs[][2] = {{8, 24}, {16, 48}, {36, 48}};
    static const double yesterday[2][3] = {{1.05, 1.06, 1.03}, {1.18, 1.17, 1.24}};
    const int32_t windows = every_window ? 300 : 60;

    (void)state;
    for (size_t market = 0; market < 2; market++) {
        struct csv prices;
        load(&prices, files[market]);
        for (size_t job = 0; job < 3; job++) {
            struct electricity_result result;
            struct error error;
            assert_int_equal(
                electricity_run(&prices, windows, jobs[job][0], jobs[job][1], &result, &error),
                TIDE_OK);
            const double bound = (double)result.bound_micro;
            assert_true((double)result.cost_micro[ELECTRICITY_DAY_AHEAD] / bound <= 1.02);
            if (every_window) {
                assert_true((double)result.cost_micro[ELECTRICITY_FORECAST] / bound <=
                            yesterday[market][job] + 0.01);
            }
        }
        csv_fini(&prices);
    }
}

static void bad_tables_are_refused(void **state)
{
    static const char *const bad[] = {"", "a,b\n", "a,b\n1\n", "a,b\n1,x\n", "a,b\n1,2\n3,4,5\n"};
    struct csv csv;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(csv_parse(&csv, bad[i], &error), TIDE_INVALID);
    }
    assert_int_equal(csv_parse(&csv, "zone,x\r\nus,2.385\r\n", &error), TIDE_OK);
    assert_close(csv_cell(&csv, 0, 1), 2.385, 0, 0);
    assert_string_equal(csv.labels[0], "us");
    csv_fini(&csv);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_tables_are_refused),
        cmocka_unit_test(bounds_agree_with_trying_all),
        cmocka_unit_test(no_policy_is_late_or_below_the_bound),
        cmocka_unit_test(published_figures_are_reproduced),
        cmocka_unit_test(electricity_keeps_its_promises),
    };

    every_window = argc > 1 && strcmp(argv[1], "--long") == 0;
    return cmocka_run_group_tests(tests, traces_open, traces_close);
}
