/*
 * No acknowledged turn is lost to a power cut. A store lives on a disk in memory whose power goes
 * at a random write, sync, truncation or deletion, again and again; each time it comes back sound,
 * with every turn whose commit was acknowledged and at most the one after, and with a higher
 * incarnation than ever before. A disk that lies about syncs must be found out, or the test sees
 * nothing.
 *
 * 100 cuts, or 2,000 with TIDE_LONG=1.
 */
#include "store/inside.h"
#include "store/rows.h"

#include "support/power_vfs.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUTS_A_DISK = 25, OPERATIONS_MAX = 500 };

static int cuts = 100;

struct life {
    struct power_disk *disk;
    struct rng rng;
    int32_t acknowledged, tried; /* turns */
    int64_t incarnation;         /* the highest that was said to be durable */
    int64_t commits;             /* acknowledged in all */
    int lost;                    /* cuts after which something acknowledged was missing */
};

static enum tide_status open_store(struct life *life, struct store **store)
{
    const struct store_options options = {.path = "/store.db",
                                          .software = "test",
                                          .vfs = "power",
                                          .checkpoint_pages = 12,
                                          .wall_ms = ROWS_NOW_MS};
    struct error error;
    enum tide_status status = store_open(&options, store, &error);

    if (status == TIDE_OK) {
        life->incarnation = store_incarnation(*store);
    }
    return status;
}

/* Turns until the power goes. */
static void live(struct life *life)
{
    struct store *store;
    struct error error;

    power_disk_cut_after(life->disk, 1 + (int64_t)rng_below(&life->rng, OPERATIONS_MAX));
    if (open_store(life, &store) != TIDE_OK) {
        return;
    }
    while (!power_disk_is_off(life->disk)) {
        simple_turn(store, life->tried++);
        if (store_commit(store, ROWS_NOW_MS, &error) == TIDE_OK) {
            life->acknowledged = life->tried;
            life->commits++;
        }
        (void)!store_tidy(store, &error);
    }
    store_close(store);
}

static int64_t count(struct store *store, const char *sql)
{
    struct error error;
    int64_t value = -1;

    (void)!db_integer(store->db, sql, &value, &error);
    return value;
}

/* What is there is what was acknowledged; the rows of a turn came together or not at all. */
static bool sound(const struct life *life, struct store *store)
{
    char verdict[64] = "";
    struct error error;
    int64_t trials = count(store, "SELECT count(*) FROM trial");

    (void)!db_text(store->db, "PRAGMA integrity_check", verdict, sizeof verdict, &error);
    return strcmp(verdict, "ok") == 0 && trials >= life->acknowledged && trials <= life->tried &&
           count(store, "SELECT count(*) FROM metric") == trials &&
           count(store, "SELECT count(*) FROM event") == trials &&
           count(store, "SELECT told_count FROM experiment") == (trials == 0 ? -1 : trials) &&
           count(store, "SELECT trials FROM tally") == (trials == 0 ? -1 : trials);
}

static void come_back(struct life *life)
{
    int64_t before = life->incarnation;
    struct store *store = NULL;

    power_disk_restore(life->disk);
    if (open_store(life, &store) != TIDE_OK || life->incarnation <= before || !sound(life, store)) {
        life->lost++;
    } else {
        life->tried = (int32_t)count(store, "SELECT count(*) FROM trial");
        life->acknowledged = life->tried; /* what survived once is there for good */
    }
    store_close(store);
}

/* One disk, cut again and again. */
static void live_and_die(struct life *life, uint64_t seed, int times, bool lies)
{
    life->disk = power_disk_new("power", seed);
    assert_non_null(life->disk);
    rng_init(&life->rng, seed, "cuts");
    life->acknowledged = life->tried = 0;
    life->incarnation = 0;
    if (lies) {
        power_disk_lie(life->disk);
    }
    for (int i = 0; i < times && (i == 0 || !lies); i++) {
        live(life);
        come_back(life);
    }
    power_disk_free(life->disk);
}

static void test_nothing_acknowledged_is_lost(void **state)
{
    struct life life = {0};

    (void)state;
    for (int done = 0; done < cuts; done += CUTS_A_DISK) {
        live_and_die(&life, (uint64_t)done + 1, CUTS_A_DISK, false);
        if (life.lost > 0) {
            fail_msg("seed %d: %d losses", done + 1, life.lost);
        }
    }
    print_message("  %d cuts, %lld acknowledged commits, 0 lost\n", cuts, (long long)life.commits);
    assert_true(life.commits > cuts);
}

static void test_a_lying_disk_is_found_out(void **state)
{
    struct life life = {0};

    (void)state;
    for (int done = 0; done < cuts; done++) {
        live_and_die(&life, (uint64_t)done + 1, 1, true);
    }
    print_message("  %d cuts of a lying disk, %d of them lost something\n", cuts, life.lost);
    assert_true(life.lost > cuts / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_acknowledged_is_lost),
        cmocka_unit_test(test_a_lying_disk_is_found_out),
    };

    if (getenv("TIDE_LONG") != NULL) {
        cuts = 2000;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
