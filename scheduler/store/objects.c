/*
 * Objects as files: found, read, written.
 */
#include "store/objects.h"

#include "store/objects_parts.h"

#include "base/assert.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { HASH_BYTES = 32, READ_BYTES = 256 * 1024, PUSH_BYTES = 8 * 1024 * 1024 };

bool object_set(struct object *object, int32_t experiment, int32_t trial, const char *hash)
{
    *object = (struct object){.experiment = experiment, .trial = trial};
    return strlen(hash) == OBJECT_HASH_BYTES - 1 &&
           strspn(hash, "0123456789abcdef") == OBJECT_HASH_BYTES - 1 &&
           text_copy(object->hash, sizeof object->hash, hash);
}

bool objects_folder(const char *root, int32_t experiment, int32_t trial, char *path)
{
    const int bytes = experiment == 0
                          ? snprintf(path, OBJECTS_PATH_BYTES, "%s/workdir", root)
                          : snprintf(path, OBJECTS_PATH_BYTES, "%s/%" PRId32 "/%" PRId32, root,
                                     experiment, trial);

    return bytes > 0 && bytes < OBJECTS_PATH_BYTES - OBJECTS_NAME_BYTES;
}

static bool object_path(const char *root, const struct object *object, const char *end, char *path)
{
    if (!objects_folder(root, object->experiment, object->trial, path)) {
        return false;
    }
    const size_t bytes = strlen(path);
    (void)snprintf(path + bytes, OBJECTS_PATH_BYTES - bytes, "/%s%s", object->hash, end);
    return true;
}

/* --- reading --- */

enum tide_status object_find(const char *root, const struct object *object, int64_t *bytes)
{
    char path[OBJECTS_PATH_BYTES];
    struct stat status;

    if (!object_path(root, object, "", path) || lstat(path, &status) != 0 ||
        !S_ISREG(status.st_mode)) {
        return TIDE_NOT_FOUND;
    }
    *bytes = status.st_size;
    return TIDE_OK;
}

enum tide_status object_open(const char *root, const struct object *object, int *fd, int64_t *bytes)
{
    char path[OBJECTS_PATH_BYTES];

    const enum tide_status status = object_find(root, object, bytes);
    if (status != TIDE_OK) {
        return status;
    }
    (void)object_path(root, object, "", path);
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return *fd >= 0 ? TIDE_OK : errno == ENOENT ? TIDE_NOT_FOUND : TIDE_IO;
}

/* --- writing --- */

static enum tide_status status_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? TIDE_FULL : TIDE_IO;
}

/* The folder with what is above it; no more than three levels below the store's own. */
static enum tide_status folder_make(const char *root, const struct object *object)
{
    char path[OBJECTS_PATH_BYTES];

    if (!objects_folder(root, object->experiment, object->trial, path)) {
        return TIDE_INVALID;
    }
    for (char *slash = path + strlen(root); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made) {
            return status_of_errno();
        }
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? TIDE_OK : status_of_errno();
}

static bool folder_sync(const char *path)
{
    char folder[OBJECTS_PATH_BYTES];

    (void)text_copy(folder, sizeof folder, path);
    *strrchr(folder, '/') = '\0';
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

/* Hashes what came before a break; what cannot be read, or is too much, starts anew. */
static void take_up(struct object_writer *writer)
{
    static _Thread_local unsigned char block[READ_BYTES];
    ssize_t taken = 0;

    do {
        taken = pread(writer->fd, block, sizeof block, writer->offset);
        if (taken > 0) {
            (void)crypto_generichash_update(&writer->state, block, (size_t)taken);
            writer->offset += taken;
        }
    } while (taken > 0 && writer->offset <= writer->bytes);
    if (taken < 0 || writer->offset > writer->bytes) {
        writer->offset = ftruncate(writer->fd, 0) == 0 ? 0 : writer->offset;
        (void)crypto_generichash_init(&writer->state, NULL, 0, HASH_BYTES);
    }
    writer->pushed = writer->offset;
}

/* Room for the whole, so that a full disk is found before the bytes have travelled; some file
 * systems cannot promise, and are asked how much is free. */
static enum tide_status reserve(const struct object_writer *writer)
{
    struct statvfs space;
    const int64_t missing = writer->bytes - writer->offset;

    if (fstatvfs(writer->fd, &space) == 0) {
        const int64_t share = (int64_t)(space.f_blocks * space.f_frsize) / OBJECT_SPARE_SHARE;
        const int64_t spare = share < OBJECT_SPARE_BYTES ? share : OBJECT_SPARE_BYTES;
        if ((int64_t)(space.f_bavail * space.f_frsize) < missing + spare) {
            return TIDE_FULL;
        }
    }
    if (missing > 0 && fallocate(writer->fd, FALLOC_FL_KEEP_SIZE, 0, writer->bytes) != 0 &&
        errno != EOPNOTSUPP && errno != EINTR) {
        return status_of_errno();
    }
    return TIDE_OK;
}

enum tide_status object_begin(struct object_writer *writer, const char *root,
                              const struct object *object, int64_t bytes)
{
    char path[OBJECTS_PATH_BYTES];
    enum tide_status status = folder_make(root, object);

    *writer = (struct object_writer){.root = root, .object = *object, .fd = -1, .bytes = bytes};
    if (status != TIDE_OK || !object_path(root, object, OBJECTS_PART, path)) {
        return status == TIDE_OK ? TIDE_INVALID : status;
    }
    writer->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (writer->fd < 0) {
        return status_of_errno();
    }
    (void)crypto_generichash_init(&writer->state, NULL, 0, HASH_BYTES);
    take_up(writer);
    status = reserve(writer);
    if (status != TIDE_OK) {
        object_abandon(writer);
        if (writer->offset == 0) {
            (void)unlink(path);
        }
    }
    return status;
}

/* Tells the disk early, so that the sync at the end has little left to do. */
static void push(struct object_writer *writer)
{
    if (writer->offset - writer->pushed >= PUSH_BYTES) {
        (void)sync_file_range(writer->fd, writer->pushed, writer->offset - writer->pushed,
                              SYNC_FILE_RANGE_WRITE);
        writer->pushed = writer->offset;
    }
}

enum tide_status object_write(struct object_writer *writer, const void *data, size_t bytes)
{
    size_t done = 0;

    ASSERT((int64_t)bytes <= writer->bytes - writer->offset);
    while (done < bytes) {
        const ssize_t written = pwrite(writer->fd, (const char *)data + done, bytes - done,
                                       writer->offset + (int64_t)done);
        if (written <= 0 && errno != EINTR) {
            const enum tide_status status = status_of_errno();
            return ftruncate(writer->fd, writer->offset) == 0 ? status : TIDE_IO;
        }
        done += written > 0 ? (size_t)written : 0;
    }
    (void)crypto_generichash_update(&writer->state, data, bytes);
    writer->offset += (int64_t)bytes;
    push(writer);
    return TIDE_OK;
}

static bool hash_holds(struct object_writer *writer)
{
    unsigned char hash[HASH_BYTES];
    char text[OBJECT_HASH_BYTES];

    (void)crypto_generichash_final(&writer->state, hash, sizeof hash);
    (void)sodium_bin2hex(text, sizeof text, hash, sizeof hash);
    return text_equal(text, writer->object.hash);
}

enum tide_status object_finish(struct object_writer *writer)
{
    char path[OBJECTS_PATH_BYTES];
    char part[OBJECTS_PATH_BYTES];

    ASSERT(writer->offset == writer->bytes);
    (void)object_path(writer->root, &writer->object, "", path);
    (void)object_path(writer->root, &writer->object, OBJECTS_PART, part);
    if (!hash_holds(writer)) {
        object_abandon(writer);
        (void)unlink(part);
        return TIDE_INVALID;
    }
    const bool good = fsync(writer->fd) == 0 && rename(part, path) == 0 && folder_sync(path);
    const enum tide_status status = good ? TIDE_OK : status_of_errno();
    object_abandon(writer);
    return status;
}

void object_abandon(struct object_writer *writer)
{
    if (writer->fd >= 0) {
        (void)close(writer->fd);
        writer->fd = -1;
    }
}
