/*
 * Key files and directories. Nothing here knows a socket: libzmq only makes keys and converts them.
 */
#include "transport/keys.h"

#include "base/assert.h"
#include "base/text.h"

#include <zmq.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, MODE_OF_OTHERS = 0077, MODE_WRITE_OF_OTHERS = 0022 };

static const char *const role_texts[] = {
#define X(name, text) text,
    KEY_ROLE_LIST(X)
#undef X
};

const char *key_role_text(enum key_role role)
{
    ASSERT((int)role >= 0);
    ASSERT(role < KEY_ROLE_COUNT);
    return role_texts[role];
}

bool key_name_valid(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t length = strlen(name);

    return length > 0 && length < KEY_NAME_BYTES && *name != '.' && strspn(name, letters) == length;
}

void key_pair_make(struct key_pair *pair)
{
    const int made = zmq_curve_keypair(pair->public_key, pair->secret_key);

    ASSERT(made == 0); /* fails only in a libzmq without CURVE, which Debian's is not */
}

/* Paths are put together here, so that one that is too long is an error and not another path. */
__attribute__((format(printf, 3, 4))) static enum tide_status
path_make(char path[KEY_PATH_BYTES], struct error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int bytes = vsnprintf(path, KEY_PATH_BYTES, format, arguments);
    va_end(arguments);
    return bytes < KEY_PATH_BYTES
               ? TIDE_OK
               : error_set(error, TIDE_LIMIT, "the path %.64s... is too long", path);
}

static enum tide_status system_error(struct error *error, const char *doing, const char *path)
{
    const enum tide_status status = errno == ENOENT   ? TIDE_NOT_FOUND
                                    : errno == EEXIST ? TIDE_EXISTS
                                    : errno == ENOSPC ? TIDE_FULL
                                    : errno == EACCES ? TIDE_REFUSED
                                                      : TIDE_IO;

    return error_set(error, status, "cannot %s %s: %s", doing, path, strerror(errno));
}

bool key_text_valid(const char *text)
{
    uint8_t bytes[KEY_BYTES];
    char again[KEY_TEXT_BYTES];

    return strlen(text) == KEY_TEXT_BYTES - 1 && zmq_z85_decode(bytes, text) != NULL &&
           zmq_z85_encode(again, bytes, sizeof bytes) != NULL && strcmp(text, again) == 0;
}

/* The first line of a small regular file; `secret` refuses one that others may read. */
static enum tide_status line_read(const char *path, bool secret, char *line, size_t bytes,
                                  struct error *error)
{
    struct stat about;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum tide_status status = TIDE_OK;

    if (file < 0) {
        return system_error(error, "read", path);
    }
    const ssize_t got = fstat(file, &about) == 0 ? read(file, line, bytes - 1) : -1;
    if (got < 0) {
        status = system_error(error, "read", path);
    } else if (!S_ISREG(about.st_mode)) {
        status = error_set(error, TIDE_REFUSED, "%s is not a regular file", path);
    } else if (secret && (about.st_mode & MODE_OF_OTHERS) != 0) {
        status = error_set(error, TIDE_REFUSED,
                           "%s is a secret that others may read (mode %04o): chmod 600 %s", path,
                           (unsigned)about.st_mode & 07777, path);
    } else {
        line[got] = '\0';
        line[strcspn(line, "\r\n")] = '\0';
    }
    (void)close(file);
    return status;
}

static enum tide_status key_read(const char *path, bool secret, char key[KEY_TEXT_BYTES],
                                 struct error *error)
{
    char line[KEY_TEXT_BYTES + 2];
    enum tide_status status = line_read(path, secret, line, sizeof line, error);

    if (status == TIDE_OK && !key_text_valid(line)) {
        status =
            error_set(error, TIDE_INVALID, "%s holds no key: a line of 40 Z85 characters", path);
    }
    if (status == TIDE_OK) {
        (void)text_copy(key, KEY_TEXT_BYTES, line);
    }
    return status;
}

enum tide_status key_pair_read(const char *path, struct key_pair *pair, struct error *error)
{
    const enum tide_status status = key_read(path, true, pair->secret_key, error);

    if (status == TIDE_OK && zmq_curve_public(pair->public_key, pair->secret_key) != 0) {
        return error_set(error, TIDE_INVALID, "%s holds no secret key", path);
    }
    return status;
}

enum tide_status key_public_read(const char *path, char key[KEY_TEXT_BYTES], struct error *error)
{
    return key_read(path, false, key, error);
}

static bool line_write(int file, const char *line)
{
    return dprintf(file, "%s\n", line) == (int)strlen(line) + 1 && fsync(file) == 0;
}

enum tide_status key_secret_write(const char *path, const struct key_pair *pair,
                                  struct error *error)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0) {
        return system_error(error, "make", path);
    }
    if (!line_write(file, pair->secret_key)) {
        const enum tide_status status = system_error(error, "write", path);
        (void)close(file);
        (void)unlink(path);
        return status;
    }
    return close(file) == 0 ? TIDE_OK : system_error(error, "write", path);
}

/* One line as the file `name` of `directory`, there at once or not at all. Its descriptor goes to
 * `kept`, locked, where that is not NULL. */
static enum tide_status line_publish(const char *directory, const char *name, const char *line,
                                     int *kept, struct error *error)
{
    char path[KEY_PATH_BYTES];
    char beside[KEY_PATH_BYTES];
    enum tide_status status = path_make(path, error, "%s/%s", directory, name);
    int file = -1;

    if (status == TIDE_OK) {
        status = path_make(beside, error, "%s/.new-%s-%ld", directory, name, (long)getpid());
    }
    if (status != TIDE_OK) {
        return status;
    }
    file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) {
        return system_error(error, "make", beside);
    }
    if (!line_write(file, line) || flock(file, LOCK_EX | LOCK_NB) != 0 ||
        rename(beside, path) != 0) {
        status = system_error(error, "write", path);
        (void)unlink(beside);
    }
    if (status == TIDE_OK && kept != NULL) {
        *kept = file;
    } else {
        (void)close(file);
    }
    return status;
}

/* A directory that only its owner, who is us (or root), can write to. */
static enum tide_status directory_check(const char *path, mode_t forbidden, struct error *error)
{
    struct stat about;

    if (lstat(path, &about) != 0) {
        return system_error(error, "use", path);
    }
    if (!S_ISDIR(about.st_mode)) {
        return error_set(error, TIDE_REFUSED, "%s is not a directory", path);
    }
    if (about.st_uid != geteuid() && about.st_uid != 0 && geteuid() != 0) {
        return error_set(error, TIDE_REFUSED, "%s belongs to another user (%u)", path,
                         (unsigned)about.st_uid);
    }
    if ((about.st_mode & forbidden) != 0) {
        return error_set(error, TIDE_REFUSED, "%s lets others in (mode %04o): chmod 700 %s", path,
                         (unsigned)about.st_mode & 07777, path);
    }
    return TIDE_OK;
}

static enum tide_status folder_make(const char *path, struct error *error)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return system_error(error, "make", path);
    }
    return directory_check(path, MODE_OF_OTHERS, error);
}

enum tide_status keys_directory_make(const char *path, struct error *error)
{
    char folder[KEY_PATH_BYTES];
    enum tide_status status = folder_make(path, error);

    for (int role = 0; role < KEY_ROLE_COUNT && status == TIDE_OK; role++) {
        status = path_make(folder, error, "%s/%s", path, role_texts[role]);
        if (status == TIDE_OK) {
            status = folder_make(folder, error);
        }
    }
    return status;
}

enum tide_status keys_serve(const char *directory, struct key_pair *pair, struct error *error)
{
    char path[KEY_PATH_BYTES];
    enum tide_status status = directory_check(directory, MODE_WRITE_OF_OTHERS, error);

    if (status == TIDE_OK) {
        status = path_make(path, error, "%s/server.key", directory);
    }
    if (status != TIDE_OK) {
        return status;
    }
    status = key_pair_read(path, pair, error);
    if (status == TIDE_NOT_FOUND) {
        key_pair_make(pair);
        status = key_secret_write(path, pair, error);
    }
    return status == TIDE_OK ? keys_publish(directory, pair, error) : status;
}

enum tide_status keys_publish(const char *directory, const struct key_pair *pair,
                              struct error *error)
{
    return line_publish(directory, "server.pub", pair->public_key, NULL, error);
}

enum tide_status keys_announce(const char *directory, const char *endpoint, struct error *error)
{
    return line_publish(directory, "endpoint", endpoint, NULL, error);
}

/* Whether a process that joined under this name is still there: it holds the lock of its file. */
static bool is_taken(const char *folder, const char *file)
{
    char path[KEY_PATH_BYTES];
    struct error ignored;

    if (path_make(path, &ignored, "%s/%s", folder, file) != TIDE_OK) {
        return false;
    }
    const int taken = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (taken < 0) {
        return false;
    }
    const bool locked = flock(taken, LOCK_EX | LOCK_NB) != 0;
    (void)close(taken);
    return locked;
}

/* Removes the files of a folder that no living process holds, then the folder if it is empty. */
static bool folder_remove(const char *path)
{
    DIR *folder = opendir(path);

    if (folder == NULL) {
        return true;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (!is_taken(path, entry->d_name)) {
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    (void)closedir(folder);
    return rmdir(path) == 0;
}

void keys_retire(const char *directory)
{
    char path[KEY_PATH_BYTES];
    struct error ignored;
    bool deserted = true;

    if (path_make(path, &ignored, "%s/endpoint", directory) == TIDE_OK) {
        (void)unlink(path);
    }
    for (int role = 0; role < KEY_ROLE_COUNT; role++) {
        if (path_make(path, &ignored, "%s/%s", directory, role_texts[role]) == TIDE_OK) {
            deserted = folder_remove(path) && deserted;
        }
    }
    if (deserted) {
        (void)folder_remove(directory);
    }
}

/* The folder of a role, and `NAME.pub` in it. */
static enum tide_status place_of(const char *directory, enum key_role role, const char *name,
                                 char folder[KEY_PATH_BYTES], char file[KEY_PATH_BYTES],
                                 struct error *error)
{
    if (!key_name_valid(name)) {
        return error_set(error, TIDE_INVALID,
                         "'%s' is no name: up to 63 letters, digits, '.', '_', '-'", name);
    }
    (void)snprintf(file, KEY_PATH_BYTES, "%s.pub", name);
    return path_make(folder, error, "%s/%s", directory, key_role_text(role));
}

enum tide_status keys_grant(const char *directory, enum key_role role, const char *name,
                            const char *public_key, struct error *error)
{
    char folder[KEY_PATH_BYTES];
    char file[KEY_PATH_BYTES];
    const enum tide_status status = place_of(directory, role, name, folder, file, error);

    return status == TIDE_OK ? line_publish(folder, file, public_key, NULL, error) : status;
}

enum tide_status keys_revoke(const char *directory, enum key_role role, const char *name,
                             struct error *error)
{
    char folder[KEY_PATH_BYTES];
    char file[KEY_PATH_BYTES];
    char path[KEY_PATH_BYTES];
    enum tide_status status = place_of(directory, role, name, folder, file, error);

    if (status == TIDE_OK) {
        status = path_make(path, error, "%s/%s", folder, file);
    }
    if (status == TIDE_OK && unlink(path) != 0) {
        status = system_error(error, "remove", path);
    }
    return status;
}

/* What the coordinator left for those who join. */
static enum tide_status access_read(const char *directory, struct key_access *access,
                                    struct error *error)
{
    char path[KEY_PATH_BYTES];
    enum tide_status status = path_make(path, error, "%s/endpoint", directory);

    if (status == TIDE_OK) {
        status = line_read(path, false, access->endpoint, sizeof access->endpoint, error);
    }
    if (status == TIDE_OK) {
        status = path_make(path, error, "%s/server.pub", directory);
    }
    if (status == TIDE_OK) {
        status = key_public_read(path, access->server_key, error);
    }
    return status;
}

static enum tide_status place_take(const char *directory, enum key_role role, const char *name,
                                   struct key_access *access, struct error *error)
{
    char folder[KEY_PATH_BYTES];
    char file[KEY_PATH_BYTES];
    const enum tide_status status = place_of(directory, role, name, folder, file, error);

    if (status != TIDE_OK) {
        return status;
    }
    if (is_taken(folder, file)) {
        return error_set(error, TIDE_BUSY,
                         "the %s '%s' runs here already: give this one another name",
                         key_role_text(role), name);
    }
    key_pair_make(&access->pair);
    return line_publish(folder, file, access->pair.public_key, &access->lock, error);
}

enum tide_status keys_join(const char *directory, enum key_role role, const char *name,
                           struct key_access *access, struct error *error)
{
    enum tide_status status = directory_check(directory, MODE_WRITE_OF_OTHERS, error);

    access->lock = -1;
    if (status == TIDE_OK) {
        status = access_read(directory, access, error);
    }
    if (status == TIDE_NOT_FOUND) {
        return error_set(error, TIDE_UNREACHABLE, "no coordinator is running: %s tells of none",
                         directory);
    }
    return status == TIDE_OK ? place_take(directory, role, name, access, error) : status;
}

void keys_leave(const char *directory, enum key_role role, const char *name,
                struct key_access *access)
{
    struct error ignored;

    if (access->lock >= 0) {
        (void)keys_revoke(directory, role, name, &ignored);
        (void)close(access->lock);
        access->lock = -1;
    }
}
