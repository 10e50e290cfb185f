#include "pack/unpack.h"

#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 256 * 1024,
    HASH_BYTES = 32,
    MODE_BITS = 0777,
    RESERVE_BYTES = 64 << 20, /* of the disk that stay free, */
    RESERVE_PART = 16         /* or this part of a smaller one */
};

/* An archive on its way into the current folder, and what it may still take. */
struct unpacking {
    struct archive *from, *to;
    int64_t limit, bytes_left, entries_left;
    struct error *error;
};

int64_t unpack_limit(int64_t packed)
{
    return packed > INT64_MAX / UNPACK_TIMES ? INT64_MAX : packed * UNPACK_TIMES;
}

bool unpack_link_inside(const char *target)
{
    return target[0] != '/' && strstr(target, "..") == NULL;
}

bool unpack_verify(int fd, int64_t bytes, const char *wanted)
{
    static unsigned char block[BLOCK_BYTES];
    crypto_generichash_state state;
    unsigned char hash[HASH_BYTES];
    char text[2 * HASH_BYTES + 1];
    int64_t total = 0;
    ssize_t taken = 0;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    do {
        taken = read(fd, block, sizeof block);
        if (taken > 0) {
            (void)crypto_generichash_update(&state, block, (size_t)taken);
            total += taken;
        }
    } while (taken > 0);
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(text, sizeof text, hash, sizeof hash);
    return total == bytes && text_equal(text, wanted) && lseek(fd, 0, SEEK_SET) == 0;
}

static bool is_safe(struct archive_entry *entry)
{
    const char *target = archive_entry_symlink(entry);
    const mode_t type = archive_entry_filetype(entry);

    if (archive_entry_pathname(entry) == NULL || archive_entry_hardlink(entry) != NULL) {
        return false;
    }
    if (type == AE_IFLNK) {
        return target != NULL && unpack_link_inside(target);
    }
    return type == AE_IFREG || type == AE_IFDIR;
}

/* --- what it may take --- */

/* How many files and folders come into being: those above it as well, where they are missing. */
static int64_t places_of(const char *path)
{
    char above[PATH_MAX];
    struct stat status;
    size_t length = strlen(path);
    int64_t places = 1;

    while (length > 0 && path[length - 1] == '/') {
        length--; /* a folder's name */
    }
    const char *slash = memrchr(path, '/', length);
    if (slash == NULL) {
        return places;
    }
    (void)snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
    if (lstat(above, &status) != 0) {
        for (const char *next = path; next <= slash; next++) {
            places += *next == '/';
        }
    }
    return places;
}

static bool has_room(int64_t bytes)
{
    struct statvfs space;

    if (statvfs(".", &space) != 0) {
        return true;
    }
    const uint64_t unit = space.f_frsize;
    const uint64_t part = space.f_blocks * unit / RESERVE_PART;
    const uint64_t reserve = part < RESERVE_BYTES ? part : RESERVE_BYTES;
    return space.f_bavail * unit >= (uint64_t)bytes + reserve;
}

/* Before anything of the entry is written: by the size it says it has, which copy_data holds it
 * to. */
static enum tide_status charge(struct unpacking *unpacking, struct archive_entry *entry)
{
    const int64_t bytes = archive_entry_size(entry);

    unpacking->entries_left -= places_of(archive_entry_pathname(entry));
    if (unpacking->entries_left < 0) {
        return error_set(unpacking->error, TIDE_INVALID,
                         "the archive holds more than %d files and folders", UNPACK_ENTRIES_MAX);
    }
    if (bytes < 0 || bytes > unpacking->bytes_left) {
        return error_set(unpacking->error, TIDE_INVALID,
                         "the archive unpacks to more than %" PRId64 " bytes", unpacking->limit);
    }
    unpacking->bytes_left -= bytes;
    return has_room(bytes) ? TIDE_OK
                           : error_set(unpacking->error, TIDE_FULL,
                                       "the disk has no room for '%s', of %" PRId64 " bytes",
                                       archive_entry_pathname(entry), bytes);
}

/* --- entries --- */

static bool copy_data(const struct unpacking *unpacking, int64_t size)
{
    const void *block = NULL;
    size_t bytes = 0;
    la_int64_t offset = 0;
    int code = ARCHIVE_OK;

    while ((code = archive_read_data_block(unpacking->from, &block, &bytes, &offset)) ==
           ARCHIVE_OK) {
        if (offset < 0 || offset > size || (int64_t)bytes > size - offset ||
            archive_write_data_block(unpacking->to, block, bytes, offset) != ARCHIVE_OK) {
            return false;
        }
    }
    return code == ARCHIVE_EOF;
}

static enum tide_status refuse(struct archive_entry *entry, struct error *error)
{
    const char *name = archive_entry_pathname(entry);

    return error_set(error, TIDE_INVALID,
                     "the archive holds '%s', which is neither file nor folder nor link within it",
                     name == NULL ? "" : name);
}

static enum tide_status take_entry(const struct unpacking *unpacking, struct archive_entry *entry)
{
    struct archive *to = unpacking->to;

    archive_entry_set_perm(entry, archive_entry_perm(entry) & MODE_BITS);
    if (archive_write_header(to, entry) == ARCHIVE_OK &&
        copy_data(unpacking, archive_entry_size(entry)) &&
        archive_write_finish_entry(to) == ARCHIVE_OK) {
        return TIDE_OK;
    }
    const char *why = archive_error_string(to) != NULL ? archive_error_string(to)
                                                       : archive_error_string(unpacking->from);
    return error_set(unpacking->error, TIDE_IO, "'%s': %s", archive_entry_pathname(entry),
                     why == NULL ? "cannot be unpacked" : why);
}

static enum tide_status take_all(struct unpacking *unpacking)
{
    struct archive_entry *entry = NULL;
    enum tide_status status = TIDE_OK;
    int code = ARCHIVE_OK;

    while (status == TIDE_OK &&
           (code = archive_read_next_header(unpacking->from, &entry)) == ARCHIVE_OK) {
        status = is_safe(entry) ? charge(unpacking, entry) : refuse(entry, unpacking->error);
        status = status == TIDE_OK ? take_entry(unpacking, entry) : status;
    }
    if (status == TIDE_OK && code != ARCHIVE_EOF) {
        status = error_set(unpacking->error, TIDE_INVALID, "the archive cannot be read: %s",
                           archive_error_string(unpacking->from));
    }
    if (status == TIDE_OK && archive_write_close(unpacking->to) != ARCHIVE_OK) {
        status = error_set(unpacking->error, TIDE_IO, "it cannot be unpacked: %s",
                           archive_error_string(unpacking->to));
    }
    return status;
}

static enum tide_status unpack_with(struct unpacking *unpacking, int fd)
{
    struct archive *from = unpacking->from;
    const int safe = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                     ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS;

    if (archive_read_support_format_tar(from) != ARCHIVE_OK ||
        archive_read_support_filter_zstd(from) != ARCHIVE_OK ||
        archive_write_disk_set_options(unpacking->to, safe) != ARCHIVE_OK ||
        archive_read_open_fd(from, fd, BLOCK_BYTES) != ARCHIVE_OK) {
        return error_set(unpacking->error, TIDE_INVALID, "the archive cannot be read: %s",
                         archive_error_string(from));
    }
    return take_all(unpacking);
}

enum tide_status unpack(int fd, int64_t limit, struct error *error)
{
    struct unpacking unpacking = {.from = archive_read_new(),
                                  .to = archive_write_disk_new(),
                                  .limit = limit,
                                  .bytes_left = limit,
                                  .entries_left = UNPACK_ENTRIES_MAX,
                                  .error = error};
    const enum tide_status status =
        unpacking.from == NULL || unpacking.to == NULL
            ? error_set(error, TIDE_NO_MEMORY, "no memory for an archive")
            : unpack_with(&unpacking, fd);

    (void)archive_read_free(unpacking.from);
    (void)archive_write_free(unpacking.to);
    return status;
}
