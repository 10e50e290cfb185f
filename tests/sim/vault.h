/*
 * vault: where the coordinators of a history keep their rows: arrays, or the real store on a disk
 * in memory whose power can be cut, that fills up, breaks, or is held by a user's shell. The arrays
 * are kept beside the real store too, and every opening compares the two.
 */
#ifndef TESTS_SIM_VAULT_H
#define TESTS_SIM_VAULT_H

#include "rows.h"

#include "base/rng.h"

struct power_disk;
struct sqlite3;
struct store;

/* One coordinator's hold on the vault, and what it has decided and not yet written. */
struct opening {
    int64_t incarnation; /* 0: it is closed */
    struct store *store; /* NULL: arrays */
    struct record *batch;
    uint32_t count, capacity;
    uint32_t given; /* of them, to the store */
};

struct vault {
    struct rows rows;    /* what was acknowledged */
    int64_t incarnation; /* the newest */
    struct rng rng;
    struct record *doubt; /* a batch whose commit failed: it is there, or it is not */
    uint32_t doubt_count;
    bool shell, full; /* a user's shell has the write lock; the disk is full */
    bool broken;      /* the next commit fails */
    struct power_disk *disk;
    struct sqlite3 *shell_db;
    char *folder; /* of the lock file, which is a real one */
    char path[256];
};

/* vault_init: empty; `real` with the store. */
void vault_init(struct vault *vault, uint64_t seed, bool real);
void vault_fini(struct vault *vault);

/* vault_open: the next incarnation; afterwards vault->rows are what it has found. Fails as
 * store_open does. A vault that has lost what was acknowledged ends the history. */
enum tide_status vault_open(struct vault *vault, const struct experiment_config *configs,
                            struct opening *opening);

/* vault_write: one more record of the batch. vault_commit: as store_commit; the batch is empty
 * after TIDE_OK, and in doubt after TIDE_IO. */
void vault_write(struct opening *opening, const struct record *record);
enum tide_status vault_commit(struct vault *vault, struct opening *opening);

/* vault_kill: its program has ended; what was not committed is gone. */
void vault_kill(struct vault *vault, struct opening *opening);

/* vault_cut_power: every opening ends, and what was not synced is torn or lost. With `operations`,
 * the next commit finds the power going at its so-manieth write or sync, and TIDE_IO. */
void vault_cut_power(struct vault *vault, struct opening *openings, uint32_t count);
void vault_cut_after(struct vault *vault, int64_t operations);

/* vault_shell, vault_fill: somebody takes the write lock or gives it back; fills the disk or frees
 * it. */
void vault_shell(struct vault *vault, bool holds);
void vault_fill(struct vault *vault, bool full);

/* vault_break: one of the next commits fails as on a broken disk. vault_mend: none will. */
void vault_break(struct vault *vault);
void vault_mend(struct vault *vault);

#endif
