/*
 * Key directories: who may speak to a coordinator.
 */
#include "transport/keys_parts.h"

#include "base/number.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXPIRES "expires="

enum { GRANT_BYTES = 128, MODE_OF_OTHERS = 0077, MODE_WRITE_OF_OTHERS = 0022 };

/* One line as the file `name` of `directory`, there at once or not at all. Its descriptor goes to
 * `kept`, locked, where that is not NULL. */
static enum tide_status line_publish(const char *directory, const char *name, const char *line,
                                     int *kept, struct error *error)
{
    char path[KEY_PATH_BYTES];
    char beside[KEY_PATH_BYTES];
    enum tide_status status = keys_path(path, error, "%s/%s", directory, name);
    int file = -1;

    if (status == TIDE_OK) {
        status = keys_path(beside, error, "%s/.new-%s-%ld", directory, name, (long)getpid());
    }
    if (status != TIDE_OK) {
        return status;
    }
    file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) {
        return keys_system_error(error, "make", beside);
    }
    if (!keys_line_write(file, line) || flock(file, LOCK_EX | LOCK_NB) != 0 ||
        rename(beside, path) != 0) {
        status = keys_system_error(error, "write", path);
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
        return keys_system_error(error, "use", path);
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
        return keys_system_error(error, "make", path);
    }
    return directory_check(path, MODE_OF_OTHERS, error);
}

enum tide_status keys_directory_make(const char *path, struct error *error)
{
    char folder[KEY_PATH_BYTES];
    enum tide_status status = folder_make(path, error);

    for (int role = 0; role < KEY_ROLE_COUNT && status == TIDE_OK; role++) {
        status = keys_path(folder, error, "%s/%s", path, key_role_text((enum key_role)role));
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
        status = keys_path(path, error, "%s/server.key", directory);
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

    if (keys_path(path, &ignored, "%s/%s", folder, file) != TIDE_OK) {
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

void keys_retire(const char *directory, const char *endpoint)
{
    char path[KEY_PATH_BYTES];
    char announced[KEY_ENDPOINT_BYTES];
    struct error ignored;
    bool deserted = true;

    if (keys_path(path, &ignored, "%s/endpoint", directory) == TIDE_OK) {
        if (keys_line_read(path, false, announced, sizeof announced, &ignored) == TIDE_OK &&
            strcmp(announced, endpoint) != 0) {
            return;
        }
        (void)unlink(path);
    }
    for (int role = 0; role < KEY_ROLE_COUNT; role++) {
        if (keys_path(path, &ignored, "%s/%s", directory, key_role_text((enum key_role)role)) ==
            TIDE_OK) {
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
    return keys_path(folder, error, "%s/%s", directory, key_role_text(role));
}

enum tide_status keys_grant(const char *directory, enum key_role role, const char *name,
                            const char *public_key, int64_t expires_s, struct error *error)
{
    char folder[KEY_PATH_BYTES];
    char file[KEY_PATH_BYTES];
    char lines[GRANT_BYTES];
    const enum tide_status status = place_of(directory, role, name, folder, file, error);

    if (expires_s == 0) {
        (void)text_copy(lines, sizeof lines, public_key);
    } else {
        (void)snprintf(lines, sizeof lines, "%s\n" EXPIRES "%" PRId64, public_key, expires_s);
    }
    return status == TIDE_OK ? line_publish(folder, file, lines, NULL, error) : status;
}

bool keys_expired(const char *directory, enum key_role role, const char *name)
{
    char path[KEY_PATH_BYTES];
    char line[GRANT_BYTES];
    struct error ignored;
    int64_t expires_s = INT64_MAX;

    if (keys_path(path, &ignored, "%s/%s/%s.pub", directory, key_role_text(role), name) !=
        TIDE_OK) {
        return true;
    }
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strncmp(line, EXPIRES, strlen(EXPIRES)) == 0 &&
            !number_parse_integer(line + strlen(EXPIRES), &expires_s)) {
            expires_s = 0;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return time(NULL) >= expires_s;
}

bool keys_has(const char *directory, enum key_role role, const char *name)
{
    char path[KEY_PATH_BYTES];
    struct error ignored;

    return keys_path(path, &ignored, "%s/%s/%s.pub", directory, key_role_text(role), name) ==
               TIDE_OK &&
           access(path, F_OK) == 0;
}

enum tide_status keys_revoke(const char *directory, enum key_role role, const char *name,
                             struct error *error)
{
    char folder[KEY_PATH_BYTES];
    char file[KEY_PATH_BYTES];
    char path[KEY_PATH_BYTES];
    enum tide_status status = place_of(directory, role, name, folder, file, error);

    if (status == TIDE_OK) {
        status = keys_path(path, error, "%s/%s", folder, file);
    }
    if (status == TIDE_OK && unlink(path) != 0) {
        status = keys_system_error(error, "remove", path);
    }
    return status;
}

enum tide_status keys_announced(const char *directory, char endpoint[KEY_ENDPOINT_BYTES],
                                struct error *error)
{
    char path[KEY_PATH_BYTES];
    const enum tide_status status = keys_path(path, error, "%s/endpoint", directory);

    return status == TIDE_OK ? keys_line_read(path, false, endpoint, KEY_ENDPOINT_BYTES, error)
                             : status;
}

/* What the coordinator left for those who join. */
static enum tide_status access_read(const char *directory, struct key_access *access,
                                    struct error *error)
{
    char path[KEY_PATH_BYTES];
    enum tide_status status = keys_announced(directory, access->endpoint, error);

    if (status == TIDE_OK) {
        status = keys_path(path, error, "%s/server.pub", directory);
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
