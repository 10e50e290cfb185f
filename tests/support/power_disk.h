/*
 * What a disk holds now, what it would hold after a power cut, and how the two come apart; the
 * methods of power_vfs.c are written over it.
 */
#ifndef TESTS_POWER_DISK_H
#define TESTS_POWER_DISK_H

#include "support/power_vfs.h"

#include "base/rng.h"

#include <sqlite3.h>

enum {
    POWER_FILES_MAX = 16,
    POWER_NAME_BYTES = 600,
    POWER_REGIONS_MAX = 64,
    POWER_LOCKS = 8,
    POWER_SECTOR_BYTES = 512
};

/* A write that is not synced yet; without data, a truncation to `offset`. */
struct change {
    int64_t offset;
    int64_t bytes;
    unsigned char *data;
};

struct image {
    unsigned char *data;
    int64_t bytes, capacity;
};

struct disk_file {
    char name[POWER_NAME_BYTES];
    bool exists, durable; /* now; after a cut */
    struct image now, safe;
    struct change *changes;
    uint32_t change_count, change_capacity;
    void *regions[POWER_REGIONS_MAX];
    int shm_shared[POWER_LOCKS];
    const void *shm_owner[POWER_LOCKS];
    int shared;
    const void *reserved, *exclusive;
    int persist_wal;
};

struct power_disk {
    sqlite3_vfs vfs;
    struct disk_file files[POWER_FILES_MAX];
    struct rng rng;
    int64_t countdown; /* 0 never */
    int64_t break_countdown;
    bool off, lies, full;
};

/* image_resize, image_write: of a file's bytes; what lies between is zero. */
void image_resize(struct image *image, int64_t bytes);
void image_write(struct image *image, const unsigned char *data, int64_t bytes, int64_t offset);

/* change_add: notes a write that is not synced; without data, a truncation to `offset`. */
void change_add(struct disk_file *file, const void *data, int64_t bytes, int64_t offset);

/* file_find: the file of this name, NULL when there is none. file_make: a new one. */
struct disk_file *file_find(struct power_disk *disk, const char *name);
struct disk_file *file_make(struct power_disk *disk, const char *name);

/* file_sync: what is in it now is what would be after a cut, folder_sync: and that it is there, or
 * is not, for every file. file_forget: it never was. file_fini: gives its memory back. */
void file_sync(struct disk_file *file);
void folder_sync(struct power_disk *disk);
void file_forget(struct disk_file *file);
void file_fini(struct disk_file *file);

/* file_restore: the power went and came back. shm_forget: its shared memory is gone. */
void file_restore(struct power_disk *disk, struct disk_file *file);
void shm_forget(struct disk_file *file);

#endif
