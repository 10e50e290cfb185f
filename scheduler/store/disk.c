/* Knows the files beside the database: the lock, the ballast, and what the kernel says of them. */
#include "store/inside.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool beside(char *name, const char *path, const char *suffix)
{
    int length = snprintf(name, STORE_PATH_BYTES, "%s%s", path, suffix);

    return length > 0 && length < STORE_PATH_BYTES;
}

static bool folder_stat(const char *path, struct statfs *system)
{
    char folder[STORE_PATH_BYTES];

    if (!text_copy(folder, sizeof folder, path)) {
        return false;
    }
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        return statfs(".", system) == 0;
    }
    slash[slash == folder ? 1 : 0] = '\0';
    return statfs(folder, system) == 0;
}

static const char *unreliable_name(const struct statfs *system)
{
    static const struct {
        long type;
        const char *name;
    } unreliable[] = {{NFS_SUPER_MAGIC, "NFS"},
                      {0x65735546 /* FUSE_SUPER_MAGIC, not in this header */, "FUSE"},
                      {V9FS_MAGIC, "9p"}};

    for (size_t i = 0; i < sizeof unreliable / sizeof *unreliable; i++) {
        if ((long)system->f_type == unreliable[i].type) {
            return unreliable[i].name;
        }
    }
    return NULL;
}

enum tide_status disk_check(const char *path, struct error *error)
{
    struct statfs system;

    if (!folder_stat(path, &system)) {
        return error_set(error, TIDE_IO, "cannot look at the folder of %s: %s", path,
                         strerror(errno));
    }
    const char *name = unreliable_name(&system);
    return name == NULL
               ? TIDE_OK
               : error_set(error, TIDE_REFUSED,
                           "%s is on %s, where file locks cannot be relied upon; keep the store "
                           "on a local disk",
                           path, name);
}

bool disk_is_overlay(const char *path)
{
    struct statfs system;

    return folder_stat(path, &system) && (long)system.f_type == OVERLAYFS_SUPER_MAGIC;
}

static enum tide_status lock_refused(const char *path, int descriptor, struct error *error)
{
    char text[32] = "";
    ssize_t length = pread(descriptor, text, sizeof text - 1, 0);

    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return error_set(error, TIDE_BUSY,
                     "%s is in use by another coordinator, process %s; stop it, or ask it", path,
                     text[0] == '\0' ? "unknown" : text);
}

enum tide_status disk_lock(const char *path, int *lock, struct error *error)
{
    char name[STORE_PATH_BYTES], text[32];
    enum tide_status status = TIDE_OK;

    if (!beside(name, path, ".lock")) {
        return error_set(error, TIDE_INVALID, "the path of the store is too long");
    }
    int descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return error_set(error, TIDE_IO, "cannot open %s: %s", name, strerror(errno));
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        status = errno == EWOULDBLOCK
                     ? lock_refused(path, descriptor, error)
                     : error_set(error, TIDE_IO, "cannot lock %s: %s", name, strerror(errno));
        (void)close(descriptor);
        return status;
    }
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* The number is for people; the lock holds without it. */
    if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text, (size_t)length, 0) < 0) {
        (void)ftruncate(descriptor, 0);
    }
    *lock = descriptor;
    return TIDE_OK;
}

enum tide_status disk_ballast(const char *path, int64_t bytes)
{
    char name[STORE_PATH_BYTES];

    if (!beside(name, path, ".ballast")) {
        return TIDE_INVALID;
    }
    int descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return errno == ENOSPC ? TIDE_FULL : TIDE_IO;
    }
    int failure = fallocate(descriptor, 0, 0, bytes) == 0 ? 0 : errno;
    (void)close(descriptor);
    if (failure != 0) {
        (void)unlink(name);
    }
    return failure == 0 ? TIDE_OK : failure == ENOSPC ? TIDE_FULL : TIDE_IO;
}

void disk_ballast_drop(const char *path)
{
    char name[STORE_PATH_BYTES];

    if (beside(name, path, ".ballast")) {
        (void)unlink(name);
    }
}

int64_t disk_free(const char *path)
{
    struct statfs system;

    return folder_stat(path, &system) ? (int64_t)system.f_bavail * (int64_t)system.f_bsize : 0;
}

bool disk_tight(const char *path)
{
    struct statfs system;
    int64_t least = STORE_FREE_WARN_BYTES;

    if (!folder_stat(path, &system)) {
        return false;
    }
    const int64_t share =
        (int64_t)system.f_blocks * (int64_t)system.f_bsize / STORE_FREE_WARN_SHARE;
    least = share < least ? share : least;
    return (int64_t)system.f_bavail * (int64_t)system.f_bsize < least;
}

int64_t disk_size(const char *path, const char *suffix)
{
    char name[STORE_PATH_BYTES];
    struct stat status;

    return beside(name, path, suffix) && stat(name, &status) == 0 ? status.st_size : 0;
}

/* A lock as a line of /proc/locks has it: `12: POSIX  ADVISORY  WRITE 4711 fd:01:1234 120 120`. */
struct disk_lock_kind {
    const char *suffix; /* of the file it is on */
    const char *kind;   /* POSIX, FLOCK */
    long start;         /* its first byte */
};

static bool line_holds(const char *line, const struct disk_lock_kind *lock, const struct stat *file,
                       int32_t *process)
{
    char kind[16];
    unsigned int major_number, minor_number;
    unsigned long inode;
    long start;
    int pid;

    if (sscanf(line, "%*d: %15s %*s WRITE %d %x:%x:%lu %ld", kind, &pid, &major_number,
               &minor_number, &inode, &start) != 6) {
        return false;
    }
    if (inode != file->st_ino || major_number != major(file->st_dev) ||
        minor_number != minor(file->st_dev) || start != lock->start ||
        strcmp(kind, lock->kind) != 0) {
        return false;
    }
    *process = pid;
    return true;
}

/* Asked of /proc and not of fcntl: to open and close a file here would drop SQLite's own locks on
 * it. */
static int32_t lock_holder(const char *path, struct disk_lock_kind lock)
{
    char name[STORE_PATH_BYTES], line[256];
    struct stat file;
    int32_t process = 0;

    if (!beside(name, path, lock.suffix) || stat(name, &file) != 0) {
        return 0;
    }
    FILE *locks = fopen("/proc/locks", "re");
    if (locks == NULL) {
        return 0;
    }
    while (process == 0 && fgets(line, sizeof line, locks) != NULL) {
        (void)line_holds(line, &lock, &file, &process);
    }
    (void)fclose(locks);
    return process;
}

int32_t disk_wal_writer(const char *path)
{
    return lock_holder(path, (struct disk_lock_kind){"-shm", "POSIX", 120});
}

enum tide_status store_look(const char *path, struct store_place *place, struct error *error)
{
    struct statfs system;
    struct stat file;

    if (stat(path, &file) != 0) {
        return error_set(error, TIDE_NOT_FOUND, "there is no store %s", path);
    }
    if (!folder_stat(path, &system)) {
        return error_set(error, TIDE_IO, "cannot look at the folder of %s: %s", path,
                         strerror(errno));
    }
    *place = (struct store_place){
        .wal_bytes = disk_size(path, "-wal"),
        .free_bytes = disk_free(path),
        .tight = disk_tight(path),
        .ballast = disk_size(path, ".ballast") > 0,
        .overlay = disk_is_overlay(path),
        .unreliable = unreliable_name(&system),
        .owner = lock_holder(path, (struct disk_lock_kind){".lock", "FLOCK", 0}),
        .writer = disk_wal_writer(path)};
    return TIDE_OK;
}
