/* Passes every call on to SQLite's VFS, but for those that are to fail or to take long. */
#include "support/shim_vfs.h"

#include <sqlite3.h>
#include <string.h>
#include <time.h>

struct shim_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct, in the same allocation */
};

static struct shim controls;
static sqlite3_vfs shim_vfs;
static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

static bool must_fail(enum shim_call call)
{
    if ((controls.calls & call) == 0 || controls.countdown == 0) {
        return false;
    }
    if (controls.countdown > 1) {
        controls.countdown--;
        return false;
    }
    if (!controls.for_ever) {
        controls.countdown = 0;
    }
    controls.failed++;
    return true;
}

static int shim_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int shim_read(sqlite3_file *file, void *data, int bytes, sqlite3_int64 offset)
{
    return must_fail(SHIM_READ)
               ? SQLITE_IOERR_READ
               : real_of(file)->pMethods->xRead(real_of(file), data, bytes, offset);
}

static int shim_write(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
    if (must_fail(SHIM_WRITE)) {
        return controls.full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    return real_of(file)->pMethods->xWrite(real_of(file), data, bytes, offset);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 bytes)
{
    return must_fail(SHIM_TRUNCATE) ? SQLITE_IOERR_TRUNCATE
                                    : real_of(file)->pMethods->xTruncate(real_of(file), bytes);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    controls.sync_count++;
    if (must_fail(SHIM_SYNC)) {
        return SQLITE_IOERR_FSYNC;
    }
    if (controls.sync_us < 0) {
        return SQLITE_OK;
    }
    if (controls.sync_us > 0) {
        struct timespec pause = {controls.sync_us / 1000000, controls.sync_us % 1000000 * 1000};
        return nanosleep(&pause, NULL) == 0 ? SQLITE_OK : SQLITE_IOERR_FSYNC;
    }
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *bytes)
{
    return must_fail(SHIM_SIZE) ? SQLITE_IOERR_FSTAT
                                : real_of(file)->pMethods->xFileSize(real_of(file), bytes);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_reserved(sqlite3_file *file, int *reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), reserved);
}

static int shim_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int shim_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shim_shm_map(sqlite3_file *file, int region, int bytes, int extend,
                        void volatile **memory)
{
    return must_fail(SHIM_SHM_MAP)
               ? SQLITE_IOERR_SHMMAP
               : real_of(file)->pMethods->xShmMap(real_of(file), region, bytes, extend, memory);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = shim_close,
                                           .xRead = shim_read,
                                           .xWrite = shim_write,
                                           .xTruncate = shim_truncate,
                                           .xSync = shim_sync,
                                           .xFileSize = shim_size,
                                           .xLock = shim_lock,
                                           .xUnlock = shim_unlock,
                                           .xCheckReservedLock = shim_reserved,
                                           .xFileControl = shim_control,
                                           .xSectorSize = shim_sector,
                                           .xDeviceCharacteristics = shim_device,
                                           .xShmMap = shim_shm_map,
                                           .xShmLock = shim_shm_lock,
                                           .xShmBarrier = shim_shm_barrier,
                                           .xShmUnmap = shim_shm_unmap};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *got)
{
    struct shim_file *opened = (struct shim_file *)file;

    (void)vfs;
    opened->base.pMethods = NULL;
    opened->real = (sqlite3_file *)(opened + 1);
    if (must_fail(SHIM_OPEN)) {
        return SQLITE_CANTOPEN;
    }
    int code = real_vfs->xOpen(real_vfs, name, opened->real, flags, got);
    if (opened->real->pMethods != NULL) {
        opened->base.pMethods = &methods;
    }
    return code;
}

static int shim_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    return must_fail(SHIM_DELETE) ? SQLITE_IOERR_DELETE
                                  : real_vfs->xDelete(real_vfs, name, sync_folder);
}

struct shim *shim_register(const char *name)
{
    real_vfs = sqlite3_vfs_find(NULL);
    shim_vfs = *real_vfs; /* all that does not touch a file goes straight there */
    shim_vfs.zName = name;
    shim_vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    shim_vfs.xOpen = shim_open;
    shim_vfs.xDelete = shim_delete;
    return sqlite3_vfs_register(&shim_vfs, 0) == SQLITE_OK ? &controls : NULL;
}
