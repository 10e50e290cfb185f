/*
 * What the store finds out of the rows of a trial's checkpoints - those that are kept, and where a
 * trial goes on from when its newest one cannot be loaded - is what a list that is kept along says,
 * whatever attempts save and find spoiled in any order.
 */
#include "store/rows.h"

#include "support/kept.h"
#include "support/support.h"

#include <stdio.h>

enum { ATTEMPTS = 200 };

static void apply_row(struct store *store, const struct record *record)
{
    char hash[WIRE_HASH_HEX + 1];
    const char *items[] = {hash, "coordinator:"};

    (void)snprintf(hash, sizeof hash, "%064x",
                   (unsigned)(1000 * record->checkpoint.attempt + record->checkpoint.seq));
    assert_int_equal(store_apply(store, record, &(struct store_texts){items, 2}), TIDE_OK);
}

static void begin_attempt(struct store *store, int32_t number)
{
    const struct record record = {.kind = RECORD_ATTEMPT,
                                  .attempt = {.experiment = 1,
                                              .number = number,
                                              .worker = 1,
                                              .state = ATTEMPT_LOST,
                                              .exit_code = -1,
                                              .last_step = -1,
                                              .offered_ms = ROWS_NOW_MS,
                                              .incarnation = 1}};
    apply_row(store, &record);
}

static void save(struct store *store, struct kept *kept, int32_t attempt, int32_t seq)
{
    const struct record record = {.kind = RECORD_CHECKPOINT,
                                  .checkpoint = {.experiment = 1,
                                                 .attempt = attempt,
                                                 .seq = seq,
                                                 .step = 10 * attempt + seq,
                                                 .bytes = 1,
                                                 .created_ms = ROWS_NOW_MS,
                                                 .hash_text = 1,
                                                 .location_text = 2}};
    apply_row(store, &record);
    kept_push(kept, &record.checkpoint);
}

static void spoil(struct store *store, struct kept *kept, int32_t attempt)
{
    const struct record record = {.kind = RECORD_SPOILED,
                                  .checkpoint = {.experiment = 1,
                                                 .attempt = kept->list[0].attempt,
                                                 .seq = kept->list[0].seq,
                                                 .spoiled_by = attempt}};
    apply_row(store, &record);
    kept_drop(kept, &record.checkpoint);
}

static void check(struct store *store, const struct kept *kept)
{
    static char hashes[KEPT_MAX][WIRE_HASH_HEX + 1];
    const struct checkpoint_pointer wanted = kept_before(kept, &kept->list[0]);
    struct checkpoint_pointer fallback;
    struct error error;
    char hash[WIRE_HASH_HEX + 1];
    const size_t count = store_chain(store, 1, 0, hashes, KEPT_MAX);

    for (size_t i = 0; i < KEPT_MAX && kept->list[i].attempt > 1; i++) { /* the first has its own */
        (void)snprintf(hash, sizeof hash, "%064x",
                       (unsigned)(1000 * kept->list[i].attempt + kept->list[i].seq));
        assert_true(i < count);
        assert_string_equal(hashes[i], hash);
    }
    assert_int_equal(store_fallback(store, 1, 0, &kept->list[0], KEPT_MAX, &fallback, &error),
                     TIDE_OK);
    assert_int_equal(fallback.attempt, wanted.attempt);
    assert_int_equal(fallback.seq, wanted.seq);
    assert_int_equal(fallback.step, wanted.step);
    assert_int_equal(store_fallback(store, 1, 0, &kept->list[0], 1, &fallback, &error), TIDE_OK);
    assert_int_equal(fallback.attempt, 0); /* where one is kept, nothing is before it */
}

static void what_is_kept_follows_from_the_rows(void **state)
{
    struct store *store = store_for_test(store_path, NULL);
    struct kept kept = {0};
    struct rng rng;

    (void)state;
    rng_init(&rng, 1, "kept");
    simple_turn(store, 0); /* it has saved once: 1, 1 */
    commit_for_test(store);
    kept_push(&kept, &(struct checkpoint_row){.attempt = 1, .seq = 1, .step = 2});
    for (int32_t attempt = 2; attempt < ATTEMPTS; attempt++) {
        begin_attempt(store, attempt);
        if (kept.list[0].attempt > 0 && rng_below(&rng, 5) < 3) {
            spoil(store, &kept, attempt);
        } else {
            for (int32_t seq = (int32_t)rng_below(&rng, 4); seq > 0; seq--) {
                save(store, &kept, attempt, 4 - seq);
            }
        }
        commit_for_test(store);
        check(store, &kept);
    }
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_kept_follows_from_the_rows, folder_make,
                                        folder_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
