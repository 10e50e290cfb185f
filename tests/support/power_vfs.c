/* Knows how SQLite asks a disk; the disk itself is power_disk.c. */
#include "support/power_disk.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct handle {
    sqlite3_file base;
    struct power_disk *disk;
    struct disk_file *file;
    int lock;
    bool delete_on_close;
};

static struct power_disk *disk_of(sqlite3_vfs *vfs)
{
    return (struct power_disk *)vfs; /* its first member */
}

/* Counts an operation that changes the disk; false when there is no power for it, or it breaks. */
static bool powered(struct power_disk *disk)
{
    if (disk->break_countdown > 0 && --disk->break_countdown == 0) {
        return false;
    }
    if (!disk->off && disk->countdown > 0 && --disk->countdown == 0) {
        disk->off = true;
    }
    return !disk->off;
}

/* ---- the methods of a file ---- */

static struct handle *handle_of(sqlite3_file *file)
{
    return (struct handle *)file;
}

static int power_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);
    struct disk_file *file = handle->file;

    if (handle->lock > SQLITE_LOCK_SHARED && level <= SQLITE_LOCK_SHARED) {
        file->reserved = file->reserved == handle ? NULL : file->reserved;
        file->exclusive = file->exclusive == handle ? NULL : file->exclusive;
    }
    if (handle->lock >= SQLITE_LOCK_SHARED && level == SQLITE_LOCK_NONE) {
        file->shared--;
    }
    handle->lock = level < handle->lock ? level : handle->lock;
    return SQLITE_OK;
}

static int power_close(sqlite3_file *base)
{
    struct handle *handle = handle_of(base);

    (void)power_unlock(base, SQLITE_LOCK_NONE);
    if (handle->delete_on_close) {
        file_forget(handle->file);
    }
    return SQLITE_OK;
}

static int power_read(sqlite3_file *base, void *data, int bytes, sqlite3_int64 offset)
{
    const struct handle *handle = handle_of(base);
    const struct image *image = &handle->file->now;

    if (handle->disk->off) {
        return SQLITE_IOERR_READ;
    }
    int64_t there = image->bytes - offset;
    int64_t copied = there < 0 ? 0 : there < bytes ? there : bytes;
    if (copied > 0) {
        memcpy(data, image->data + offset, (size_t)copied);
    }
    memset((char *)data + copied, 0, (size_t)(bytes - copied));
    return copied == bytes ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

/* The write at which the power goes is one more that was not synced. */
static int power_write(sqlite3_file *base, const void *data, int bytes, sqlite3_int64 offset)
{
    const struct handle *handle = handle_of(base);

    if (handle->disk->off) {
        return SQLITE_IOERR_WRITE;
    }
    if (handle->disk->full && offset + bytes > handle->file->now.bytes) {
        return SQLITE_FULL;
    }
    image_write(&handle->file->now, data, bytes, offset);
    change_add(handle->file, data, bytes, offset);
    return powered(handle->disk) ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int power_truncate(sqlite3_file *base, sqlite3_int64 bytes)
{
    const struct handle *handle = handle_of(base);

    if (!powered(handle->disk)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    image_resize(&handle->file->now, bytes);
    change_add(handle->file, NULL, 0, bytes);
    return SQLITE_OK;
}

/* With the first sync of a journal or WAL SQLite syncs the folder too, and only then. */
static bool syncs_folder(const struct disk_file *file)
{
    return !file->durable &&
           (strstr(file->name, "-wal") != NULL || strstr(file->name, "-journal") != NULL);
}

static int power_sync(sqlite3_file *base, int flags)
{
    const struct handle *handle = handle_of(base);

    (void)flags;
    if (!powered(handle->disk)) {
        return SQLITE_IOERR_FSYNC;
    }
    if (!handle->disk->lies) {
        file_sync(handle->file);
        if (syncs_folder(handle->file)) {
            folder_sync(handle->disk);
        }
    }
    return SQLITE_OK;
}

static int power_size(sqlite3_file *base, sqlite3_int64 *bytes)
{
    *bytes = handle_of(base)->file->now.bytes;
    return handle_of(base)->disk->off ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int power_lock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);
    struct disk_file *file = handle->file;

    if (file->exclusive != NULL && file->exclusive != handle) {
        return SQLITE_BUSY;
    }
    if (level >= SQLITE_LOCK_RESERVED && file->reserved != NULL && file->reserved != handle) {
        return SQLITE_BUSY;
    }
    if (handle->lock == SQLITE_LOCK_NONE) {
        file->shared++;
        handle->lock = SQLITE_LOCK_SHARED;
    }
    if (level >= SQLITE_LOCK_RESERVED) {
        file->reserved = handle;
        handle->lock = SQLITE_LOCK_RESERVED;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
        if (file->shared > 1) {
            return SQLITE_BUSY;
        }
        file->exclusive = handle;
        handle->lock = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
}

static int power_reserved(sqlite3_file *base, int *reserved)
{
    *reserved = handle_of(base)->file->reserved != NULL;
    return SQLITE_OK;
}

static int power_control(sqlite3_file *base, int operation, void *argument)
{
    struct disk_file *file = handle_of(base)->file;
    int *value = argument;

    if (operation != SQLITE_FCNTL_PERSIST_WAL) {
        return SQLITE_NOTFOUND;
    }
    if (*value >= 0) {
        file->persist_wal = *value;
    }
    *value = file->persist_wal;
    return SQLITE_OK;
}

static int power_sector(sqlite3_file *base)
{
    (void)base;
    return 4096; /* as SQLite takes every disk to have */
}

static int power_device(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* a torn write harms nothing beside itself */
}

static int power_shm_map(sqlite3_file *base, int region, int bytes, int extend,
                         void volatile **memory)
{
    const struct handle *handle = handle_of(base);

    *memory = NULL;
    if (handle->disk->off) {
        return SQLITE_IOERR_SHMMAP;
    }
    ASSERT(region < POWER_REGIONS_MAX);
    if (handle->file->regions[region] == NULL && extend != 0) {
        handle->file->regions[region] = calloc(1, (size_t)bytes);
    }
    *memory = handle->file->regions[region];
    return SQLITE_OK;
}

static bool shm_lockable(const struct disk_file *file, const void *handle, int slot, bool exclusive)
{
    bool others_hold = file->shm_owner[slot] != NULL && file->shm_owner[slot] != handle;

    return !others_hold && !(exclusive && file->shm_shared[slot] > 0);
}

static int power_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    const struct handle *handle = handle_of(base);
    struct disk_file *file = handle->file;
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    bool locks = (flags & SQLITE_SHM_LOCK) != 0;

    for (int slot = offset; locks && slot < offset + count; slot++) {
        if (!shm_lockable(file, handle, slot, exclusive)) {
            return SQLITE_BUSY;
        }
    }
    for (int slot = offset; slot < offset + count; slot++) {
        if (exclusive) {
            file->shm_owner[slot] = locks ? handle : NULL;
        } else {
            file->shm_shared[slot] += locks ? 1 : -1;
        }
    }
    return SQLITE_OK;
}

static void power_shm_barrier(sqlite3_file *base)
{
    (void)base; /* one thread */
}

static int power_shm_unmap(sqlite3_file *base, int remove)
{
    if (remove != 0) {
        shm_forget(handle_of(base)->file);
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = power_close,
                                           .xRead = power_read,
                                           .xWrite = power_write,
                                           .xTruncate = power_truncate,
                                           .xSync = power_sync,
                                           .xFileSize = power_size,
                                           .xLock = power_lock,
                                           .xUnlock = power_unlock,
                                           .xCheckReservedLock = power_reserved,
                                           .xFileControl = power_control,
                                           .xSectorSize = power_sector,
                                           .xDeviceCharacteristics = power_device,
                                           .xShmMap = power_shm_map,
                                           .xShmLock = power_shm_lock,
                                           .xShmBarrier = power_shm_barrier,
                                           .xShmUnmap = power_shm_unmap};

/* ---- the methods of the disk ---- */

static int power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *got)
{
    struct power_disk *disk = disk_of(vfs);
    struct handle *handle = handle_of(base);

    *handle = (struct handle){.base = {NULL}, .disk = disk};
    if (disk->off) {
        return SQLITE_CANTOPEN;
    }
    const char *wanted = name == NULL ? "temporary" : name;
    handle->file = file_find(disk, wanted);
    if (handle->file == NULL && (flags & SQLITE_OPEN_CREATE) == 0) {
        return SQLITE_CANTOPEN;
    }
    if (handle->file == NULL) {
        handle->file = file_make(disk, wanted);
    }
    handle->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    handle->base.pMethods = &methods;
    if (got != NULL) {
        *got = flags;
    }
    return SQLITE_OK;
}

static int power_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct power_disk *disk = disk_of(vfs);
    struct disk_file *file = file_find(disk, name);

    if (!powered(disk)) {
        return SQLITE_IOERR_DELETE;
    }
    if (file == NULL) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    file->exists = false;
    image_resize(&file->now, 0);
    change_add(file, NULL, 0, 0);
    if (sync_folder != 0 && !disk->lies) {
        folder_sync(disk);
    }
    return SQLITE_OK;
}

static int power_access(sqlite3_vfs *vfs, const char *name, int flags, int *there)
{
    const struct disk_file *file = file_find(disk_of(vfs), name);

    *there = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->now.bytes > 0);
    return SQLITE_OK;
}

static int power_path(sqlite3_vfs *vfs, const char *name, int bytes, char *path)
{
    (void)vfs;
    (void)snprintf(path, (size_t)bytes, "%s", name);
    return SQLITE_OK;
}

/* Nobody else runs meanwhile, so there is nothing to wait for. */
static int power_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

struct power_disk *power_disk_new(const char *name, uint64_t seed)
{
    struct power_disk *disk = calloc(1, sizeof *disk);

    if (disk == NULL) {
        return NULL;
    }
    rng_init(&disk->rng, seed, "power");
    disk->vfs = *sqlite3_vfs_find(NULL); /* its clock and randomness */
    disk->vfs.zName = name;
    disk->vfs.pNext = NULL;
    disk->vfs.szOsFile = (int)sizeof(struct handle);
    disk->vfs.mxPathname = POWER_NAME_BYTES - 1;
    disk->vfs.xOpen = power_open;
    disk->vfs.xDelete = power_delete;
    disk->vfs.xAccess = power_access;
    disk->vfs.xFullPathname = power_path;
    disk->vfs.xSleep = power_sleep;
    ASSERT(sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK);
    return disk;
}

void power_disk_free(struct power_disk *disk)
{
    if (disk == NULL) {
        return;
    }
    (void)sqlite3_vfs_unregister(&disk->vfs);
    for (int i = 0; i < POWER_FILES_MAX; i++) {
        file_fini(&disk->files[i]);
    }
    free(disk);
}

void power_disk_cut_after(struct power_disk *disk, int64_t operations)
{
    disk->countdown = operations;
}

bool power_disk_is_off(const struct power_disk *disk)
{
    return disk->off;
}

void power_disk_restore(struct power_disk *disk)
{
    for (int i = 0; i < POWER_FILES_MAX; i++) {
        if (disk->files[i].exists || disk->files[i].durable) {
            file_restore(disk, &disk->files[i]);
        }
    }
    disk->off = false;
    disk->countdown = 0;
}

void power_disk_lie(struct power_disk *disk)
{
    disk->lies = true;
}

void power_disk_hold(struct power_disk *disk, bool held)
{
    disk->off = held;
    disk->countdown = 0;
    disk->break_countdown = 0;
}

void power_disk_fill(struct power_disk *disk, bool full)
{
    disk->full = full;
}

void power_disk_break_after(struct power_disk *disk, int64_t operations)
{
    disk->break_countdown = operations;
}
