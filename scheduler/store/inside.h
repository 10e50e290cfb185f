/*
 * What the files of this room share: the store itself, and how SQLite's answers become ours.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "store/batch.h"
#include "store/store.h"

#include <sqlite3.h>

enum { STORE_PATH_BYTES = 4096 };

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_BEAT,
    STATEMENT_HEAD,
    STATEMENT_INCARNATION,
    STATEMENT_PARAMETER,
    STATEMENT_OBJECTIVE,
    STATEMENT_OUTCOME,
    STATEMENT_OUTLINE,
    STATEMENT_EVENT,
    STATEMENT_LOG,
    STATEMENT_LOG_TRIM,
    STATEMENT_PARAMS,
    STATEMENT_CHECKPOINT,
    STATEMENT_CHAIN,
    STATEMENT_FALLBACK,
    STATEMENT_COUNT
};

/* What of an experiment's description the writing of a result needs. */
struct outline {
    int32_t experiment;
    uint32_t objective_count, outcome_count;
    double min[OUTCOMES_MAX], max[OUTCOMES_MAX];
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    sqlite3_stmt *update[RECORD_KIND_COUNT], *insert[RECORD_KIND_COUNT];
    struct batch batch;
    struct outline *outlines; /* of the experiments written to so far */
    uint32_t outline_count;
    char path[STORE_PATH_BYTES];
    char cluster[WIRE_ID_HEX + 1];
    int64_t incarnation;
    int64_t entries;       /* highest number when it was opened */
    int64_t ballast_bytes; /* wanted; 0 none */
    bool ballast;          /* in place */
    bool failed;           /* the disk failed, or a row was refused: nothing more is written */
    int lock;              /* descriptor of the lock file; -1 none */
    int checkpoint_pages;  /* of WAL, between checkpoints */
    int wal_pages;         /* after the last commit */
    int wal_mark;          /* of them, when the last checkpoint ended */
    int wal_held;          /* of them, not in the file then */
};

/* db_status: a result code of SQLite as ours. */
enum tide_status db_status(int code);

/* db_error: the same with the connection's words; `doing` is what was tried: "write the row". */
enum tide_status db_error(sqlite3 *db, const char *doing, struct error *error);

/* db_run: one or more statements without results. */
enum tide_status db_run(sqlite3 *db, const char *sql, struct error *error);

/* db_integer, db_text: the one value of a query; the text is copied and cut to `bytes`. */
enum tide_status db_integer(sqlite3 *db, const char *sql, int64_t *value, struct error *error);
enum tide_status db_text(sqlite3 *db, const char *sql, char *text, size_t bytes,
                         struct error *error);

/* ---- statements.c: every statement of the writer ---- */

/* statements_prepare, statements_finalize: of a store whose db is open. */
enum tide_status statements_prepare(struct store *store, struct error *error);
void statements_finalize(struct store *store);

/* ---- write.c ---- */

/* write_batch: all rows of the batch, within the transaction that is open. */
enum tide_status write_batch(struct store *store, struct error *error);

/* ---- rows.c ---- */

/* answers_release: ends the queries whose answers were lent out; they would hold the WAL. */
void answers_release(struct store *store);

/* ---- migrate.c ---- */

/* migrate: brings the database to version `count` by the steps it lacks, steps[v] from version v;
 * each in one transaction, after a backup `<path>.bak-vN` where there is something to lose. */
enum tide_status migrate(sqlite3 *db, const char *path, const char *const *steps, int64_t count,
                         struct error *error);

/* ---- disk.c: what stands beside the database ---- */

/* disk_check: TIDE_REFUSED when locks on the file system of `path` cannot be relied upon. */
enum tide_status disk_check(const char *path, struct error *error);

/* disk_is_overlay: a container's layered file system, gone with the container. */
bool disk_is_overlay(const char *path);

/* disk_lock: the lock file's descriptor into `lock`; TIDE_BUSY when a live process has it. */
enum tide_status disk_lock(const char *path, int *lock, struct error *error);

/* disk_ballast: makes the ballast file; TIDE_FULL when there is no room for it. */
enum tide_status disk_ballast(const char *path, int64_t bytes);
void disk_ballast_drop(const char *path);

/* disk_free, disk_tight, disk_size: bytes free, and whether they are few, where `path` is; size of
 * the file `path` + `suffix`, 0 if none.
 */
int64_t disk_free(const char *path);
bool disk_tight(const char *path);
int64_t disk_size(const char *path, const char *suffix);

/* disk_wal_writer: the process that holds the WAL's write lock; 0 none, or it cannot be told. */
int32_t disk_wal_writer(const char *path);

#endif
