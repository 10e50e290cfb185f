/*
 * shim_vfs: SQLite's own VFS with a hand in between. It makes every sync take a given time, and
 * makes a chosen call fail: the first, the second, the third ... until everything succeeds.
 */
#ifndef TESTS_SHIM_VFS_H
#define TESTS_SHIM_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* The calls that are counted and may fail, as bits of shim.calls. */
enum shim_call {
    SHIM_OPEN = 1,
    SHIM_DELETE = 2,
    SHIM_READ = 4,
    SHIM_WRITE = 8,
    SHIM_TRUNCATE = 16,
    SHIM_SYNC = 32,
    SHIM_SIZE = 64,
    SHIM_SHM_MAP = 128,
    SHIM_ALL = 255
};

struct shim {
    int64_t sync_us; /* what a sync takes instead of itself; 0: the real one; -1: no time at all */
    uint32_t calls;  /* the kinds that count */
    int64_t countdown;  /* of those, the call from now on that fails; 0 none does */
    bool for_ever;      /* and every one after it */
    bool full;          /* writes fail as on a full disk, not as on a broken one */
    uint32_t failed;    /* calls that were made to fail */
    int64_t sync_count; /* syncs so far */
};

/* shim_register: makes the VFS `name` known to SQLite, not as the default; it lives as long as the
 * program. The answer is its controls. Call once a program. */
struct shim *shim_register(const char *name);

#endif
