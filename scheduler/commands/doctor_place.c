/* Knows what doctor asks of the machine: versions, clock, file system, disk, locks. */
#include "commands/doctor.h"

#include "commands/format.h"
#include "commands/query.h"
#include "store/store.h"

#include <tidemill/version.h>

#include <inttypes.h>
#include <sys/resource.h>
#include <sys/timex.h>

enum { FILES_LEAST = 1024 };

static void examine_versions(struct examination *examination)
{
    finding(examination, "tidemill", VERDICT_GOOD, NULL, "version %s", TIDE_VERSION);
    if (sqlite3_libversion_number() >= STORE_WAL_RESET_FIXED) {
        finding(examination, "sqlite", VERDICT_GOOD, NULL, "version %s", sqlite3_libversion());
        return;
    }
    finding(examination, "sqlite", VERDICT_NOTE,
            "read the store with 'sqlite3 -readonly'; let no other program write to it",
            "version %s: before 3.51.3 two connections that write a log back at once can lose "
            "commits",
            sqlite3_libversion());
}

static void examine_clock(struct examination *examination)
{
    struct timex clock = {0};

    if (adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC) != 0) {
        finding(examination, "clock", VERDICT_NOTE,
                "windows and prices follow this clock; leases do not",
                "the kernel does not know it to be synchronised");
    } else {
        finding(examination, "clock", VERDICT_GOOD, NULL, "synchronised");
    }
}

static void examine_files(struct examination *examination)
{
    struct rlimit files = {0};

    (void)getrlimit(RLIMIT_NOFILE, &files);
    finding(examination, "files", files.rlim_max < FILES_LEAST ? VERDICT_WARNING : VERDICT_GOOD,
            files.rlim_max < FILES_LEAST ? "raise the hard limit of open files (ulimit -Hn)" : NULL,
            "a coordinator started here has room for %" PRIu64 " connections",
            files.rlim_max > 64 ? (uint64_t)files.rlim_max - 64 : 0);
}

static void examine_system(struct examination *examination, const struct store_place *place)
{
    if (place->unreliable != NULL) {
        finding(examination, "file system", VERDICT_BAD, "keep the store on a local disk",
                "%s, where file locks cannot be relied upon", place->unreliable);
    } else if (place->overlay) {
        finding(examination, "file system", VERDICT_WARNING,
                "keep the store on a volume, if it is to outlive the container",
                "an overlay, which goes with its container");
    } else {
        finding(examination, "file system", VERDICT_GOOD, NULL, "local, with locks");
    }
}

static void examine_disk(struct examination *examination, const struct store_place *place)
{
    char room[FORMAT_BYTES], wal[FORMAT_BYTES];
    const bool tight = place->tight;

    (void)format_bytes(room, place->free_bytes);
    (void)format_bytes(wal, place->wal_bytes);
    finding(examination, "disk",
            place->free_bytes == 0 ? VERDICT_BAD
            : tight                ? VERDICT_WARNING
                                   : VERDICT_GOOD,
            tight ? "free some: nothing new starts, and a full disk holds every result up" : NULL,
            "%s free%s", room, place->ballast ? ", and a ballast to give up" : "");
    finding(examination, "log",
            place->wal_bytes > STORE_WAL_WARN_BYTES ? VERDICT_WARNING : VERDICT_GOOD,
            place->wal_bytes > STORE_WAL_WARN_BYTES
                ? "end the reader that holds a cursor open (a notebook, a shell)"
                : NULL,
            "%s not yet written back", wal);
}

static void examine_locks(struct examination *examination, const struct store_place *place)
{
    examination->coordinator_runs = place->owner != 0;
    if (place->owner != 0) {
        finding(examination, "lock", VERDICT_GOOD, NULL, "process %" PRId32 " has the store",
                place->owner);
        examine_memory(examination, place->owner);
    } else {
        finding(examination, "lock", VERDICT_GOOD, NULL, "no coordinator has the store");
    }
    if (place->writer != 0 && place->writer != place->owner) {
        finding(examination, "writer", VERDICT_BAD, "end its transaction; nothing can be recorded",
                "process %" PRId32 ", which is no coordinator, holds the write lock",
                place->writer);
    }
}

void examine_place(struct examination *examination)
{
    struct store_place place;
    struct error error;

    examine_versions(examination);
    examine_clock(examination);
    examine_files(examination);
    if (store_look(examination->options->store, &place, &error) != TIDE_OK) {
        return; /* examine_store says what is the matter */
    }
    examine_system(examination, &place);
    examine_disk(examination, &place);
    examine_locks(examination, &place);
}
