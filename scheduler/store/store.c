/* Knows the life of the one connection that writes: how it opens, commits, tidies up and closes. */
#include "store/inside.h"
#include "store/moment.h"

#include "base/assert.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

extern const char schema_sql[]; /* schema.sql, views.sql, optuna.sql */

enum { OPEN_PATIENCE_MS = 5000 };

static const char *const steps[STORE_VERSION] = {schema_sql};

/* ---- opening ---- */

static int wal_grew(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;

    (void)db;
    (void)name;
    store->wal_pages = pages;
    if (pages < store->wal_mark) {
        store->wal_mark = 0; /* it began anew */
    }
    return SQLITE_OK;
}

/* Is this file ours to write? A new one has no application_id and nothing in it. */
static enum tide_status identify(struct store *store, struct error *error)
{
    int64_t application = 0, version = 0, things = 0;
    enum tide_status status = db_integer(store->db, "PRAGMA application_id", &application, error);

    if (status == TIDE_OK) {
        status = db_integer(store->db, "PRAGMA user_version", &version, error);
    }
    if (status == TIDE_OK) {
        status = db_integer(store->db, "SELECT count(*) FROM sqlite_schema", &things, error);
    }
    if (sqlite3_errcode(store->db) == SQLITE_NOTADB) {
        return error_set(error, TIDE_REFUSED, "%s is not a tidemill store", store->path);
    }
    if (status != TIDE_OK) {
        return status;
    }
    bool is_new = application == 0 && version == 0 && things == 0;
    if (application != STORE_APPLICATION_ID && !is_new) {
        return error_set(error, TIDE_REFUSED, "%s is a database of another program", store->path);
    }
    if (version > STORE_VERSION) {
        return error_set(error, TIDE_REFUSED,
                         "%s was written by a newer tidemill (schema %lld, this one knows %d)",
                         store->path, (long long)version, STORE_VERSION);
    }
    return TIDE_OK;
}

/* docs/STORE.md says why each is as it is. The cache is larger than SQLite's because the
 * index over values is written at random. */
static enum tide_status configure(struct store *store, struct error *error)
{
    int persist = 1;

    (void)sqlite3_extended_result_codes(store->db, 1);
    /* A start may wait for a shell, or for a reader that repairs the WAL; a turn may not. */
    (void)sqlite3_busy_timeout(store->db, OPEN_PATIENCE_MS);
    enum tide_status status = identify(store, error);
    if (status == TIDE_OK) {
        status = db_run(store->db,
                        "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
                        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                        "PRAGMA journal_size_limit = 67108864; PRAGMA mmap_size = 0;"
                        "PRAGMA cache_size = -65536",
                        error);
    }
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    (void)sqlite3_wal_hook(store->db, wal_grew, store); /* in place of SQLite's own checkpoints */
    return status;
}

static enum tide_status cluster_make(char *cluster, struct error *error)
{
    unsigned char bits[WIRE_ID_HEX / 2];

    if (getrandom(bits, sizeof bits, 0) != (ssize_t)sizeof bits) {
        return error_set(error, TIDE_IO, "no random numbers: %s", strerror(errno));
    }
    for (size_t i = 0; i < sizeof bits; i++) {
        (void)snprintf(cluster + 2 * i, 3, "%02x", bits[i]);
    }
    return TIDE_OK;
}

static enum tide_status run_formatted(struct store *store, char *sql, struct error *error)
{
    if (sql == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    enum tide_status status = db_run(store->db, sql, error);
    sqlite3_free(sql);
    return status;
}

/* The first row of meta, or the next incarnation in it; durable when this returns. */
static enum tide_status incarnate(struct store *store, const struct store_options *options,
                                  struct error *error)
{
    char now[MOMENT_TEXT_BYTES], cluster[WIRE_ID_HEX + 1];
    enum tide_status status = cluster_make(cluster, error);

    if (status != TIDE_OK) {
        return status;
    }
    (void)moment_print(now, options->wall_ms);
    status = run_formatted(
        store,
        sqlite3_mprintf("INSERT INTO meta (one, cluster, incarnation, beat, created, software)"
                        " VALUES (1, %Q, 1, %Q, %Q, %Q) ON CONFLICT DO UPDATE SET"
                        " incarnation = incarnation + 1, beat = excluded.beat,"
                        " software = excluded.software",
                        cluster, now, now, options->software),
        error);
    if (status == TIDE_OK) {
        status = db_integer(store->db, "SELECT incarnation FROM meta", &store->incarnation, error);
    }
    if (status == TIDE_OK) {
        status =
            db_integer(store->db, "SELECT coalesce(max(id), 0) FROM entry", &store->entries, error);
    }
    if (status == TIDE_OK) {
        status = db_text(store->db, "SELECT cluster FROM meta", store->cluster,
                         sizeof store->cluster, error);
    }
    return status;
}

static enum tide_status open_database(struct store *store, const struct store_options *options,
                                      struct error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(store->path, &store->db, flags, options->vfs);

    if (code != SQLITE_OK) {
        return error_set(error, db_status(code), "cannot open %s: %s", store->path,
                         store->db == NULL ? "out of memory" : sqlite3_errmsg(store->db));
    }
    enum tide_status status = configure(store, error);
    if (status == TIDE_OK) {
        status = migrate(store->db, store->path, steps, STORE_VERSION, error);
    }
    if (status == TIDE_OK) {
        status = incarnate(store, options, error);
    }
    return status == TIDE_OK ? statements_prepare(store, error) : status;
}

enum tide_status store_open(const struct store_options *options, struct store **store,
                            struct error *error)
{
    struct store *opened = calloc(1, sizeof *opened);
    enum tide_status status = TIDE_OK;

    *store = NULL;
    if (opened == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    opened->lock = -1;
    batch_init(&opened->batch);
    if (!text_copy(opened->path, sizeof opened->path, options->path)) {
        status = error_set(error, TIDE_INVALID, "the path of the store is too long");
    }
    if (status == TIDE_OK && options->vfs == NULL) { /* another VFS need not be on a disk */
        status = disk_check(opened->path, error);
        if (status == TIDE_OK) {
            status = disk_lock(opened->path, &opened->lock, error);
        }
    }
    if (status == TIDE_OK) {
        status = open_database(opened, options, error);
    }
    if (status == TIDE_OK) {
        (void)sqlite3_busy_timeout(opened->db, 0);
    }
    if (status == TIDE_BUSY && opened->db != NULL) {
        (void)error_set(error, TIDE_BUSY, "%s is held by another program, process %" PRId32,
                        opened->path, disk_wal_writer(opened->path));
    }
    if (status != TIDE_OK) {
        store_close(opened);
        return status;
    }
    opened->checkpoint_pages =
        options->checkpoint_pages == 0 ? STORE_CHECKPOINT_PAGES : options->checkpoint_pages;
    opened->ballast_bytes = options->ballast_bytes;
    opened->ballast =
        opened->ballast_bytes > 0 && disk_ballast(opened->path, opened->ballast_bytes) == TIDE_OK;
    *store = opened;
    return TIDE_OK;
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    statements_finalize(store);
    if (store->db != NULL && !store->failed) {
        (void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
    ASSERT(sqlite3_close(store->db) == SQLITE_OK);
    if (store->ballast) {
        disk_ballast_drop(store->path);
    }
    if (store->lock >= 0) {
        (void)close(store->lock);
    }
    batch_fini(&store->batch);
    free(store->outlines);
    free(store);
}

int64_t store_entries(const struct store *store)
{
    return store->entries;
}

int64_t store_incarnation(const struct store *store)
{
    return store->incarnation;
}

const char *store_cluster(const struct store *store)
{
    return store->cluster;
}

/* ---- the batch ---- */

enum tide_status store_apply(struct store *store, const struct record *record,
                             const struct store_texts *texts)
{
    return batch_add_record(&store->batch, record, texts);
}

enum tide_status store_describe(struct store *store, const struct store_description *description)
{
    return batch_add_description(&store->batch, description);
}

enum tide_status store_event(struct store *store, const struct trace *trace, const char *text)
{
    return batch_add_event(&store->batch, trace, text);
}

enum tide_status store_log(struct store *store, const struct wire_attempt *attempt,
                           enum wire_stream stream, int64_t offset, const char *text)
{
    return batch_add_log(&store->batch, attempt, stream, offset, text);
}

/* ---- committing ---- */

static enum tide_status run_statement(struct store *store, enum statement which, const char *doing,
                                      struct error *error)
{
    sqlite3_stmt *statement = store->statements[which];
    int code = sqlite3_step(statement);

    (void)sqlite3_reset(statement);
    return code == SQLITE_DONE ? TIDE_OK : db_error(store->db, doing, error);
}

static enum tide_status taken_over(const struct store *store, struct error *error)
{
    return error_set(error, TIDE_STALE, "another coordinator has taken over %s", store->path);
}

/* R10: no write by an incarnation after the next one has begun. */
static enum tide_status beat(struct store *store, int64_t wall_ms, struct error *error)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_BEAT];
    char now[MOMENT_TEXT_BYTES];

    (void)moment_print(now, wall_ms);
    if (sqlite3_bind_text(statement, 1, now, -1, SQLITE_TRANSIENT) != SQLITE_OK ||
        sqlite3_bind_int64(statement, 2, store->incarnation) != SQLITE_OK) {
        return db_error(store->db, "bind the beat", error);
    }
    enum tide_status status = run_statement(store, STATEMENT_BEAT, "write the beat", error);
    if (status == TIDE_OK && sqlite3_changes(store->db) == 0) {
        return taken_over(store, error);
    }
    return status;
}

static enum tide_status transact(struct store *store, int64_t wall_ms, struct error *error)
{
    enum tide_status status = run_statement(store, STATEMENT_BEGIN, "begin a transaction", error);

    if (status == TIDE_OK) {
        status = beat(store, wall_ms, error);
    }
    if (status == TIDE_OK) {
        status = write_batch(store, error);
    }
    if (status == TIDE_OK) {
        status = run_statement(store, STATEMENT_COMMIT, "commit", error);
    }
    if (status != TIDE_OK && sqlite3_get_autocommit(store->db) == 0) {
        struct error ignored; /* the first one is what happened */
        (void)run_statement(store, STATEMENT_ROLLBACK, "roll back", &ignored);
    }
    return status;
}

enum tide_status store_commit(struct store *store, int64_t wall_ms, struct error *error)
{
    if (store->failed) {
        return error_set(error, TIDE_IO, "%s failed before; open it again", store->path);
    }
    if (batch_empty(&store->batch)) {
        return TIDE_OK;
    }
    answers_release(store);
    enum tide_status status = transact(store, wall_ms, error);
    if (status == TIDE_FULL && store->ballast) {
        disk_ballast_drop(store->path);
        store->ballast = false;
        status = transact(store, wall_ms, error);
    }
    if (status == TIDE_OK) {
        batch_clear(&store->batch);
    }
    store->failed = status == TIDE_IO || status == TIDE_STALE || status == TIDE_BUG;
    return status;
}

enum tide_status store_owned(struct store *store, struct error *error)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_INCARNATION];
    const bool other = sqlite3_step(statement) == SQLITE_ROW &&
                       sqlite3_column_int64(statement, 0) != store->incarnation;

    (void)sqlite3_reset(statement);
    return other ? taken_over(store, error) : TIDE_OK;
}

int32_t store_holder(const struct store *store)
{
    return disk_wal_writer(store->path);
}

/* ---- tidying up ---- */

static enum tide_status checkpoint(struct store *store, struct error *error)
{
    int pages = 0, copied = 0;
    int code =
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);

    if (code == SQLITE_OK) {
        store->wal_mark = pages;
        store->wal_held = pages - copied;
        return TIDE_OK;
    }
    if (db_status(code) == TIDE_BUSY) { /* somebody else checkpoints: next time */
        return TIDE_OK;
    }
    enum tide_status status = db_error(store->db, "checkpoint", error);
    store->failed = status == TIDE_IO;
    return status;
}

enum tide_status store_tidy(struct store *store, struct error *error)
{
    if (store->failed) {
        return error_set(error, TIDE_IO, "%s failed before; open it again", store->path);
    }
    if (!store->ballast && store->ballast_bytes > 0 &&
        disk_free(store->path) > STORE_FREE_WARN_BYTES + store->ballast_bytes) {
        store->ballast = disk_ballast(store->path, store->ballast_bytes) == TIDE_OK;
    }
    if (store->wal_pages - store->wal_mark < store->checkpoint_pages) {
        return TIDE_OK;
    }
    answers_release(store);
    return checkpoint(store, error);
}

struct store_health store_health(const struct store *store)
{
    return (struct store_health){.wal_bytes = disk_size(store->path, "-wal"),
                                 .free_bytes = disk_free(store->path),
                                 .tight = disk_tight(store->path),
                                 .wal_pages_held = store->wal_held,
                                 .ballast = store->ballast};
}

void store_notes(const struct store *store, char *text, size_t bytes)
{
    bool fixed = sqlite3_libversion_number() >= STORE_WAL_RESET_FIXED;

    (void)snprintf(text, bytes, "SQLite %s%s%s", sqlite3_libversion(),
                   fixed ? ""
                         : " (before 3.51.3 two connections that checkpoint at once can lose "
                           "commits: let no other program write to the store)",
                   disk_is_overlay(store->path)
                       ? "; the store is on an overlay and goes with its container"
                       : "");
}
