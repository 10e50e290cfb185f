/*
 * What the tests of the store share: random rows that a coordinator could have written, and a look
 * at the whole of a store as text.
 */
#ifndef TESTS_STORE_ROWS_H
#define TESTS_STORE_ROWS_H

#include "base/rng.h"
#include "store/store.h"

/* The moment at which most of these tests are. */
#define ROWS_NOW_MS INT64_C(1795000000123)

enum { WORLD_EXPERIMENTS = 3, WORLD_TRIALS = 12, WORLD_WORKERS = 3, WORLD_ATTEMPTS = 4 };

/* The rows as they stand: what the store must give back. */
struct world {
    struct rng rng;
    struct experiment_row experiments[WORLD_EXPERIMENTS];
    struct worker_row workers[WORLD_WORKERS];
    struct suggestion_row suggestions[WORLD_EXPERIMENTS][WORLD_TRIALS];
    struct trial_row trials[WORLD_EXPERIMENTS][WORLD_TRIALS];
    struct attempt_row attempts[WORLD_EXPERIMENTS][WORLD_TRIALS][WORLD_ATTEMPTS];
    int64_t now_ms;
};

/* world_init: an empty world of this seed. */
void world_init(struct world *world, uint64_t seed);

/* world_turn: a few random moves of the world, applied to the store's batch; not committed. */
void world_turn(struct world *world, struct store *store);

/* world_check: fails the test unless the store gives back exactly these rows. */
void world_check(const struct world *world, struct store *store);

/* Where a test has its store, in a folder of its own that everyone may enter: set-up and tear-down.
 */
extern char *store_folder;
extern char store_path[512];
int folder_make(void **state);
int folder_remove(void **state);

/* store_for_test: opens `path` through `vfs` (NULL the platform's); a failure fails the test. */
struct store *store_for_test(const char *path, const char *vfs);

/* commit_for_test: commits; anything but TIDE_OK fails the test. */
void commit_for_test(struct store *store);

/* simple_turn: one worker, one experiment and trial `number` of it, completed, with all that
 * belongs to it. */
void simple_turn(struct store *store, int32_t number);

/* query_integer: the one value of a query over the file, read by another connection. */
int64_t query_integer(const char *path, const char *sql);

#endif
