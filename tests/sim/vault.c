#include "vault.h"

#include "story.h"

#include "base/assert.h"
#include "base/digest.h"
#include "store/store.h"
#include "support/power_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t commit_wall_ms = 1795000000123;

void vault_init(struct vault *vault, uint64_t seed, bool real)
{
    char folder[] = "/tmp/tidemill-sim-XXXXXX";

    memset(vault, 0, sizeof *vault);
    rng_init(&vault->rng, seed, "vault");
    rows_init(&vault->rows);
    if (!real) {
        return;
    }
    vault->disk = power_disk_new("power", seed);
    ASSERT(vault->disk != NULL && mkdtemp(folder) != NULL);
    vault->folder = strdup(folder);
    (void)snprintf(vault->path, sizeof vault->path, "%s/store.db", folder);
}

static void lock_remove(const struct vault *vault)
{
    char name[300];

    (void)snprintf(name, sizeof name, "%s.lock", vault->path);
    (void)unlink(name);
}

void vault_fini(struct vault *vault)
{
    vault_shell(vault, false);
    if (vault->disk != NULL) {
        lock_remove(vault);
        (void)rmdir(vault->folder);
        power_disk_free(vault->disk);
    }
    free(vault->folder);
    free(vault->doubt);
    rows_fini(&vault->rows);
}

/* ---- writing ---- */

void vault_write(struct opening *opening, const struct record *record)
{
    if (opening->count == opening->capacity) {
        opening->capacity = opening->capacity == 0 ? 64 : 2 * opening->capacity;
        opening->batch = realloc(opening->batch, opening->capacity * sizeof *opening->batch);
        ASSERT(opening->batch != NULL);
    }
    opening->batch[opening->count++] = *record;
}

/* A worker's name says its machine, and its boot how often that has started; other texts do not
 * matter. */
static void store_also(struct store *store, const struct record *record)
{
    char name[32] = "";
    char boot[32] = "";
    const char *items[] = {"{}", name, boot};
    struct record copy = *record;

    if (record->kind == RECORD_WORKER) {
        (void)snprintf(name, sizeof name, "machine-%u", record->worker.name_text);
        (void)snprintf(boot, sizeof boot, "%u", record->worker.boot_text);
        copy.worker.name_text = record->worker.name_text == 0 ? 0 : 2;
        copy.worker.boot_text = record->worker.boot_text == 0 ? 0 : 3;
        copy.worker.host_text = copy.worker.pool_text = copy.worker.labels_text =
            copy.worker.software_text = copy.worker.name_text == 0 ? 0 : 1;
    } else if (record->kind == RECORD_EXPERIMENT) {
        (void)snprintf(name, sizeof name, "experiment-%d", (int)record->experiment.id);
        copy.experiment.name_text = 2;
        copy.experiment.spec_text = 1;
    } else if (record->kind == RECORD_POOL) {
        (void)snprintf(name, sizeof name, "pool-%d", (int)record->pool.id);
        copy.pool.name_text = record->pool.name_text == 0 ? 0 : 2;
    } else if (record->kind == RECORD_CHECKPOINT) {
        copy.checkpoint.hash_text = copy.checkpoint.location_text = 1;
    }
    ASSERT(store_apply(store, &copy, &(struct store_texts){items, 3}) == TIDE_OK);
}

static enum tide_status commit_arrays(struct vault *vault, const struct opening *opening)
{
    if (vault->shell || vault->full) {
        return vault->shell ? TIDE_BUSY : TIDE_FULL;
    }
    if (opening->incarnation != vault->incarnation) {
        return TIDE_STALE;
    }
    return vault->broken ? TIDE_IO : TIDE_OK;
}

/* The store keeps a batch that it could not write, so each record is given to it once. */
static enum tide_status commit_real(struct opening *opening, uint32_t *given)
{
    struct error error;

    for (; *given < opening->count; (*given)++) {
        store_also(opening->store, &opening->batch[*given]);
    }
    const enum tide_status status = store_commit(opening->store, commit_wall_ms, &error);
    if (status == TIDE_OK) {
        *given = 0;
        (void)!store_tidy(opening->store, &error);
    }
    return status;
}

static void rows_write(struct vault *vault, const struct record *batch, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        rows_apply(&vault->rows, &batch[i]);
        audit_committed(&batch[i]);
    }
}

/* What nobody can know: whether it was written. */
static void doubt_note(struct vault *vault, const struct opening *opening)
{
    free(vault->doubt);
    vault->doubt = malloc((opening->count + 1) * sizeof *vault->doubt);
    ASSERT(vault->doubt != NULL);
    memcpy(vault->doubt, opening->batch, opening->count * sizeof *vault->doubt);
    vault->doubt_count = opening->count;
}

enum tide_status vault_commit(struct vault *vault, struct opening *opening)
{
    if (opening->count == 0) {
        return TIDE_OK;
    }
    const enum tide_status status = opening->store == NULL ? commit_arrays(vault, opening)
                                                           : commit_real(opening, &opening->given);
    vault->broken = vault->broken && status != TIDE_IO;
    if (status == TIDE_OK) {
        rows_write(vault, opening->batch, opening->count);
        audit_turn(opening->incarnation, opening->batch, opening->count);
        opening->count = 0;
    } else if (status == TIDE_IO && opening->incarnation == vault->incarnation) {
        doubt_note(vault, opening);
    }
    return status;
}

/* ---- opening ---- */

/* The number after the dash, or the whole text. */
static uint32_t text_number(const struct store_row *row, uint32_t handle)
{
    const char *text = handle == 0 ? "0" : row->texts.items[handle - 1];
    const char *dash = strrchr(text, '-');

    return (uint32_t)strtoul(dash == NULL ? text : dash + 1, NULL, 10);
}

static void read_kind(struct store *store, enum record_kind kind, struct rows *rows)
{
    struct store_rows *cursor = NULL;
    struct store_row row;
    struct error error;

    if (store_rows_open(store, kind, &cursor, &error) != TIDE_OK) {
        story_fails("the store cannot be read: %s", error.text);
    }
    enum tide_status status = store_rows_next(cursor, &row, &error);
    for (; status == TIDE_OK; status = store_rows_next(cursor, &row, &error)) {
        if (kind == RECORD_WORKER) {
            row.record.worker.boot_text = text_number(&row, row.record.worker.boot_text);
            row.record.worker.name_text = text_number(&row, row.record.worker.name_text);
        }
        rows_apply(rows, &row.record);
    }
    store_rows_close(cursor);
    if (status != TIDE_NOT_FOUND) {
        story_fails("the store cannot be read: %s", error.text);
    }
}

/* One number for all that a restart would find, attempts that are long over included. */
static uint64_t rows_digest(const struct rows *rows, const struct experiment_config *configs)
{
    void *memory = NULL;
    const struct core *core = rows_load(rows, configs, 1, 0, commit_wall_ms, &memory);
    uint64_t digest = core_digest(core);

    free(memory);
    for (uint32_t i = 0; i < rows->attempt_count; i++) {
        const struct attempt_row *row = &rows->attempts[i];
        const int64_t numbers[] = {row->state,    row->worker,      row->leave,
                                   row->outcome,  row->cause,       row->late,
                                   row->ended_ms, row->duration_ms, row->useful_ms};
        uint64_t one = digest_integer(digest_integer(DIGEST_START, row->trial), row->number);
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
            one = digest_integer(one, numbers[n]);
        }
        digest += one; /* in whatever order */
    }
    return digest;
}

static void doubt_apply(struct vault *vault)
{
    rows_write(vault, vault->doubt, vault->doubt_count);
}

/* I4: the store holds what was acknowledged, and of a batch in doubt all or nothing. */
static void compare(struct vault *vault, const struct experiment_config *configs,
                    struct store *store)
{
    static const enum record_kind kinds[] = {RECORD_POOL,  RECORD_PRICE,      RECORD_AVAILABILITY,
                                             RECORD_ENTRY, RECORD_EXPERIMENT, RECORD_SUGGESTION,
                                             RECORD_TRIAL, RECORD_ATTEMPT,    RECORD_WORKER};
    struct rows found;

    rows_init(&found);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        read_kind(store, kinds[i], &found);
    }
    const uint64_t digest = rows_digest(&found, configs);
    if (digest != rows_digest(&vault->rows, configs)) {
        doubt_apply(vault);
        if (digest != rows_digest(&vault->rows, configs)) {
            story_fails("I4: the store has not kept what was acknowledged");
        }
    }
    rows_fini(&found);
}

static enum tide_status open_real(struct vault *vault, struct opening *opening)
{
    const struct store_options options = {.path = vault->path,
                                          .software = "sim",
                                          .vfs = "power",
                                          .checkpoint_pages = 40,
                                          .wall_ms = commit_wall_ms};
    struct error error;

    lock_remove(vault); /* as somebody may who starts a second coordinator */
    const enum tide_status status = store_open(&options, &opening->store, &error);
    if (status != TIDE_OK) {
        return status;
    }
    if (store_incarnation(opening->store) <= vault->incarnation) {
        story_fails("R5: incarnation %lld after %lld", (long long)store_incarnation(opening->store),
                    (long long)vault->incarnation);
    }
    vault->incarnation = store_incarnation(opening->store);
    return TIDE_OK;
}

enum tide_status vault_open(struct vault *vault, const struct experiment_config *configs,
                            struct opening *opening)
{
    *opening = (struct opening){0};
    if (vault->disk != NULL) {
        const enum tide_status status = open_real(vault, opening);
        if (status != TIDE_OK) {
            return status;
        }
        compare(vault, configs, opening->store);
    } else if (vault->shell || vault->full) {
        return vault->shell ? TIDE_BUSY : TIDE_FULL;
    } else {
        vault->incarnation++;
        if (vault->doubt_count > 0 && rng_below(&vault->rng, 2) == 0) {
            doubt_apply(vault);
        }
    }
    vault->doubt_count = 0;
    opening->incarnation = vault->incarnation;
    return TIDE_OK;
}

/* ---- its end ---- */

static void opening_close(struct opening *opening)
{
    store_close(opening->store);
    free(opening->batch);
    *opening = (struct opening){0};
}

void vault_kill(struct vault *vault, struct opening *opening)
{
    if (vault->disk != NULL) {
        power_disk_hold(vault->disk, true);
    }
    opening_close(opening);
    if (vault->disk != NULL) {
        power_disk_hold(vault->disk, false);
    }
}

void vault_cut_after(struct vault *vault, int64_t operations)
{
    vault->broken = vault->disk == NULL;
    if (vault->disk != NULL) {
        power_disk_cut_after(vault->disk, operations);
    }
}

void vault_cut_power(struct vault *vault, struct opening *openings, uint32_t count)
{
    vault_shell(vault, false);
    if (vault->disk != NULL) {
        power_disk_hold(vault->disk, true);
    }
    for (uint32_t i = 0; i < count; i++) {
        opening_close(&openings[i]);
    }
    if (vault->disk != NULL) {
        power_disk_restore(vault->disk);
    }
}

/* ---- who is in the way ---- */

void vault_shell(struct vault *vault, bool holds)
{
    if (vault->disk != NULL && holds && vault->shell_db == NULL &&
        sqlite3_open_v2(vault->path, &vault->shell_db, SQLITE_OPEN_READWRITE, "power") ==
            SQLITE_OK) {
        (void)sqlite3_exec(vault->shell_db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    }
    if (!holds && vault->shell_db != NULL) {
        (void)sqlite3_exec(vault->shell_db, "ROLLBACK", NULL, NULL, NULL);
        (void)sqlite3_close(vault->shell_db);
        vault->shell_db = NULL;
    }
    vault->shell = holds;
}

void vault_fill(struct vault *vault, bool full)
{
    vault->full = full;
    if (vault->disk != NULL) {
        power_disk_fill(vault->disk, full);
    }
}

void vault_break(struct vault *vault)
{
    vault->broken = vault->disk == NULL;
    if (vault->disk != NULL) {
        power_disk_break_after(vault->disk, 1 + (int64_t)rng_below(&vault->rng, 8));
    }
}

void vault_mend(struct vault *vault)
{
    vault->broken = false;
    if (vault->disk != NULL) {
        power_disk_cut_after(vault->disk, 0);
        power_disk_break_after(vault->disk, 0);
    }
}
