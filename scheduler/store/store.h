/*
 * store: the one SQLite file that holds everything. docs/STORE.md describes its tables and views.
 *
 * The coordinator's turn:
 *   store_apply, store_event, store_log ...   gather what the turn decided, in memory
 *   store_commit                              one durable transaction; on TIDE_OK send and ack
 *   store_tidy                                after sending: checkpoints, ballast
 *
 * The batch belongs to the store until a commit succeeds, so that no row is lost when one does not:
 *   TIDE_BUSY     a shell or a notebook holds the write lock: nothing was written, the batch is
 *                 kept. Send nothing; go on reading and stepping, and call store_commit again from
 *                 a timer: rows applied meanwhile join the batch. store_holder says who it is.
 *   TIDE_FULL     the disk is full, although the ballast was given up: the batch is kept. As above,
 *                 and dispatch nothing.
 *   TIDE_STALE    another coordinator has opened this store: leave at once (exit 3), ack nothing.
 *   TIDE_IO       the disk failed: nobody knows what is on it. Close, open again, load again.
 *   TIDE_NO_MEMORY  as TIDE_BUSY.
 *   TIDE_BUG      a row broke a rule of the schema: end the program; a restart loads what is true.
 *
 * Rows are whole images: of several for one row in a batch only the last is written. The order of
 * application does not matter but for events and logs, which keep theirs. No clock is read here:
 * the caller says what time it is.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/error.h"
#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct store_rows;
struct sqlite3;

/*
 * The version of the schema, and what makes a file ours. To change the schema or a word that a
 * column holds: raise STORE_VERSION, write the step from the version before as one SQL file, embed
 * it as the files of step 1 are and add it to `steps` in store.c, describe it in docs/STORE.md, and
 * add a store of the old version to tests/store/versions. Released steps are never edited. Readers
 * refuse another version than theirs.
 */
enum { STORE_VERSION = 1, STORE_APPLICATION_ID = 0x7469646d /* "tidm" */ };

enum {
    STORE_TEXTS_MAX = 6,               /* texts of one row */
    STORE_BATCH_BYTES_MAX = 268435456, /* what a batch may hold while nothing can be committed */
    STORE_CHECKPOINT_PAGES = 4000,     /* of WAL, between checkpoints */
    STORE_WAL_WARN_BYTES = 67108864,   /* somebody reads for too long */
    STORE_BALLAST_BYTES = 67108864,    /* given up when the disk is full */
    STORE_FREE_WARN_BYTES = 268435456, /* below this, start nothing new ... */
    STORE_FREE_WARN_SHARE = 16,        /* ... or below this part of a smaller file system */
    STORE_WAL_RESET_FIXED = 3051003,   /* SQLite before it has the bug of store_notes */
    STORE_LOG_HEAD_BYTES = 1048576,    /* of each stream of an attempt, kept: the first ... */
    STORE_LOG_TAIL_BYTES = 4194304     /* ... and the last bytes */
};

struct store_options {
    const char *path;
    const char *software;  /* "tidemill 0.1.0", for meta.software */
    const char *vfs;       /* NULL the platform's; tests name their own */
    int64_t ballast_bytes; /* 0 none */
    int checkpoint_pages;  /* of WAL, between checkpoints; 0 STORE_CHECKPOINT_PAGES */
    int64_t wall_ms;       /* UTC now */
};

/*
 * store_open: opens the store for its one writer, creating or migrating it, and makes this the next
 * incarnation, durably. TIDE_BUSY when another coordinator has it (the error names its process),
 * TIDE_REFUSED when the file is no store, of a newer version or on a file system without reliable
 * locks (NFS, FUSE, 9p), TIDE_IO, TIDE_FULL, TIDE_NO_MEMORY. The caller closes it with store_close.
 */
enum tide_status store_open(const struct store_options *options, struct store **store,
                            struct error *error) __attribute__((warn_unused_result));

/* store_close: empties the WAL into the file when nobody reads, gives up the locks; an uncommitted
 * batch is dropped. NULL is fine. */
void store_close(struct store *store);

/* store_incarnation, store_cluster: this opening's number (from 1), and 32 hexadecimal digits that
 * name the store for ever. */
int64_t store_incarnation(const struct store *store);
const char *store_cluster(const struct store *store);

/* store_entries: the highest number of an entry of the ledger when the store was opened; 0 none. */
int64_t store_entries(const struct store *store);

/* What the texts of a record's handles are: handle h is items[h - 1]; UTF-8, terminated. */
struct store_texts {
    const char *const *items;
    uint32_t count;
};

/*
 * store_apply: adds a row to the batch, with copies of its texts; a handle of 0 leaves the column
 * as it is. A trial takes its params from its suggestion. TIDE_LIMIT when the batch is full,
 * TIDE_NO_MEMORY.
 */
enum tide_status store_apply(struct store *store, const struct record *record,
                             const struct store_texts *texts) __attribute__((warn_unused_result));

struct store_parameter {
    const char *name;
    const char *type; /* float int categorical ordinal bool constant */
    double low, high; /* float, int */
    bool log;
    double step;           /* 0 none */
    const char *choices;   /* JSON array of the values in order; NULL for float, int. bool:
                              [false,true]; a constant: its one value */
    const char *condition; /* JSON object, the spec's `when`; NULL always active */
};

struct store_objective {
    const char *metric;
    bool maximize;
};

struct store_outcome {
    const char *metric;
    double min, max; /* -INFINITY, INFINITY where there is none */
};

/* What SQL wants to know of a spec: fixed for the experiment's life. */
struct store_description {
    int32_t experiment;
    int32_t budget_trials;     /* 0 no limit */
    int64_t budget_cost_micro; /* 0 no limit */
    const char *currency;      /* NULL none */
    const struct store_parameter *parameters;
    uint32_t parameter_count;
    const struct store_objective *objectives;
    uint32_t objective_count;
    const struct store_outcome *outcomes; /* outcome constraints */
    uint32_t outcome_count;
};

/* store_describe: adds the description of a new experiment to the batch that holds its first
 * record; copied. As store_apply. */
enum tide_status store_describe(struct store *store, const struct store_description *description)
    __attribute__((warn_unused_result));

/* store_event: adds a line to the event log; `text` may be NULL. As store_apply. */
enum tide_status store_event(struct store *store, const struct trace *trace, const char *text)
    __attribute__((warn_unused_result));

/*
 * store_log: adds a piece of an attempt's output, which begins at byte `offset` of its
 * stream. A piece that is there already, or whose attempt is not, is ignored. Of
 * each stream the first STORE_LOG_HEAD_BYTES and the last STORE_LOG_TAIL_BYTES stay, in whole
 * pieces. As store_apply.
 */
enum tide_status store_log(struct store *store, const struct wire_attempt *attempt,
                           enum wire_stream stream, int64_t offset, const char *text)
    __attribute__((warn_unused_result));

/* store_commit: writes the batch in one transaction; see above. An empty batch is TIDE_OK. */
enum tide_status store_commit(struct store *store, int64_t wall_ms, struct error *error)
    __attribute__((warn_unused_result));

/* store_owned: TIDE_STALE once another coordinator has begun on this store, also while there is
 * nothing to write: this one must answer nobody any more. What cannot be read shows at the next
 * commit. */
enum tide_status store_owned(struct store *store, struct error *error)
    __attribute__((warn_unused_result));

/* store_holder: the process that holds the write lock, 0 when it cannot be told; reads /proc. */
int32_t store_holder(const struct store *store);

/*
 * store_tidy: copies the WAL into the file when it has grown by options.checkpoint_pages, and makes
 * the ballast again when there is room. Never waits for readers. TIDE_IO as store_commit; TIDE_FULL
 * is for the caller to log.
 */
enum tide_status store_tidy(struct store *store, struct error *error)
    __attribute__((warn_unused_result));

struct store_health {
    int64_t wal_bytes;      /* over STORE_WAL_WARN_BYTES: a reader has been at it for too long */
    int64_t free_bytes;     /* of the file system */
    bool tight;             /* that is little: start nothing */
    int64_t wal_pages_held; /* in the WAL and not yet in the file, as of the last checkpoint */
    bool ballast;           /* in place */
};

/* store_health: as things stand; calls statfs and stat. */
struct store_health store_health(const struct store *store);

/* store_notes: what an operator should know of where the store lives, as one line for the log: the
 * version of SQLite with the bug it has before 3.51.3, and an overlay file system. */
void store_notes(const struct store *store, char *text, size_t bytes);

/* What can be seen of a store without opening it. */
struct store_place {
    int64_t wal_bytes, free_bytes;
    bool tight; /* as in store_health */
    bool ballast;
    bool overlay;           /* gone with its container */
    const char *unreliable; /* NULL, or the file system whose locks cannot be relied upon */
    int32_t owner;          /* the coordinator's process; 0 none */
    int32_t writer;         /* the process that holds the write lock; 0 none */
};

/* store_look: TIDE_NOT_FOUND when there is no such file, TIDE_IO. Reads /proc. */
enum tide_status store_look(const char *path, struct store_place *place, struct error *error)
    __attribute__((warn_unused_result));

/* A row as it was stored; `texts` are the store's, valid until the next store_rows_next. */
struct store_row {
    struct record record;
    struct store_texts texts;
};

/*
 * store_rows_open: begins to read all rows of one kind, in ascending order of their keys; what
 * core_load wants is EXPERIMENT, SUGGESTION, TRIAL, ATTEMPT, WORKER, in this order. Handles of
 * texts that are NULL in the store are 0. The caller closes it with store_rows_close before the
 * next commit. TIDE_IO, TIDE_NO_MEMORY.
 */
enum tide_status store_rows_open(struct store *store, enum record_kind kind,
                                 struct store_rows **rows, struct error *error)
    __attribute__((warn_unused_result));

/* store_rows_next: the next row; TIDE_NOT_FOUND after the last one; TIDE_INVALID when the file
 * holds what no coordinator wrote. */
enum tide_status store_rows_next(struct store_rows *rows, struct store_row *row,
                                 struct error *error) __attribute__((warn_unused_result));

/* store_rows_close: NULL is fine. */
void store_rows_close(struct store_rows *rows);

/* store_params: the params of a committed trial as JSON text, the store's, valid until the next
 * call of the store. TIDE_NOT_FOUND. */
enum tide_status store_params(struct store *store, int32_t experiment, int32_t trial,
                              const char **params, struct error *error)
    __attribute__((warn_unused_result));

struct store_checkpoint {
    int64_t step, bytes;
    const char *hash, *location; /* the store's, valid until the next call of the store */
};

/* store_checkpoint: a committed checkpoint. TIDE_NOT_FOUND. */
enum tide_status store_checkpoint(struct store *store, const struct wire_attempt *attempt,
                                  int32_t seq, struct store_checkpoint *checkpoint,
                                  struct error *error) __attribute__((warn_unused_result));

/* store_chain: the hashes of a trial's committed checkpoints but for those found spoiled, the
 * newest first, at most `most`; how many. Whatever cannot be read ends the list. */
size_t store_chain(struct store *store, int32_t experiment, int32_t trial,
                   char (*hashes)[WIRE_HASH_HEX + 1], size_t most);

/*
 * store_fallback: of the at most `keep` checkpoints that a trial keeps, the newest one before
 * `bad`; attempt 0 none.
 */
enum tide_status store_fallback(struct store *store, int32_t experiment, int32_t trial,
                                const struct checkpoint_pointer *bad, int64_t keep,
                                struct checkpoint_pointer *fallback, struct error *error)
    __attribute__((warn_unused_result));

/*
 * store_backup: the store as it is at one moment, live or not, as a new file `path`, verified by
 * quick_check. TIDE_EXISTS, TIDE_FULL, TIDE_IO. docs/STORE.md says how to go back to one.
 */
enum tide_status store_backup(struct sqlite3 *db, const char *path, struct error *error)
    __attribute__((warn_unused_result));

/*
 * store_reader_open: opens a store for queries only, live or closed, without write permission too;
 * any number may. A closed store on a read-only medium is opened as immutable. TIDE_NOT_FOUND when
 * there is no such file, TIDE_REFUSED when it is no store or of another version, TIDE_IO. The
 * caller prepares its statements against docs/STORE.md and ends with store_reader_close.
 */
enum tide_status store_reader_open(const char *path, struct sqlite3 **db, struct error *error)
    __attribute__((warn_unused_result));
void store_reader_close(struct sqlite3 *db);

#endif
