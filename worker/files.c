#include "worker/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool files_path(char *path, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(path, FILES_PATH_BYTES, format, arguments);
    va_end(arguments);
    return length >= 0 && length < FILES_PATH_BYTES;
}

static enum tide_status failed(struct error *error, const char *path)
{
    const int why = errno;

    return error_set(error, why == ENOSPC || why == EDQUOT ? TIDE_FULL : TIDE_IO, "%s: %s", path,
                     strerror(why));
}

enum tide_status files_folder(const char *path, struct error *error)
{
    char part[FILES_PATH_BYTES];

    if (!files_path(part, "%s", path)) {
        return error_set(error, TIDE_INVALID, "the path is too long: %.64s...", path);
    }
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return failed(error, part);
        }
        *slash = '/';
    }
    return mkdir(part, 0700) == 0 || errno == EEXIST ? TIDE_OK : failed(error, part);
}

static bool write_synced(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        const ssize_t written = write(fd, data, bytes);
        if (written < 0) {
            return false;
        }
        data += written;
        bytes -= (size_t)written;
    }
    return fsync(fd) == 0;
}

static bool sync_folder(const char *folder)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    const bool synced = fsync(fd) == 0;
    (void)close(fd);
    return synced;
}

enum tide_status files_write(const char *folder, const char *name, const char *data, size_t bytes,
                             struct error *error)
{
    char path[FILES_PATH_BYTES];
    char beside[FILES_PATH_BYTES];

    if (!files_path(path, "%s/%s", folder, name) || !files_path(beside, "%s/.%s", folder, name)) {
        return error_set(error, TIDE_INVALID, "the path is too long: %.64s...", folder);
    }
    const int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return failed(error, beside);
    }
    const bool written = write_synced(fd, data, bytes);
    const enum tide_status status = written ? TIDE_OK : failed(error, beside);
    (void)close(fd);
    if (status != TIDE_OK) {
        (void)unlink(beside);
        return status;
    }
    if (rename(beside, path) != 0 || !sync_folder(folder)) {
        return failed(error, path);
    }
    return TIDE_OK;
}

void files_show(const char *folder, const char *name, const char *text)
{
    char path[FILES_PATH_BYTES];
    char beside[FILES_PATH_BYTES];

    if (!files_path(path, "%s/%s", folder, name) || !files_path(beside, "%s/.%s", folder, name)) {
        return;
    }
    const int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd >= 0) {
        const bool whole = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
        (void)close(fd);
        if (whole) {
            (void)rename(beside, path);
        }
    }
}

enum tide_status files_read(const char *path, char *data, size_t limit, size_t *bytes,
                            struct error *error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT ? error_set(error, TIDE_NOT_FOUND, "%s: there is no such file", path)
                               : failed(error, path);
    }
    *bytes = 0;
    ssize_t taken = 1;
    while (taken > 0 && *bytes < limit) {
        taken = read(fd, data + *bytes, limit - *bytes);
        *bytes += taken > 0 ? (size_t)taken : 0;
    }
    const enum tide_status status = taken < 0 ? failed(error, path) : TIDE_OK;
    (void)close(fd);
    if (status != TIDE_OK) {
        return status;
    }
    if (*bytes == limit) {
        return error_set(error, TIDE_LIMIT, "%s is longer than %zu bytes", path, limit - 1);
    }
    data[*bytes] = '\0';
    return TIDE_OK;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

enum tide_status files_nameless(const char *folder, int *fd, struct error *error)
{
    char path[FILES_PATH_BYTES];

    if (!files_path(path, "%s/nameless-XXXXXX", folder)) {
        return error_set(error, TIDE_INVALID, "the state folder's path is too long");
    }
    *fd = mkostemp(path, O_CLOEXEC);
    if (*fd < 0) {
        return error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
    }
    (void)unlink(path);
    return TIDE_OK;
}

void files_remove(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
