#include "pack/unpack.h"

#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024, HASH_BYTES = 32, MODE_BITS = 0777 };

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

static bool copy_data(struct archive *from, struct archive *to)
{
    const void *block = NULL;
    size_t bytes = 0;
    la_int64_t offset = 0;
    int code = ARCHIVE_OK;

    while ((code = archive_read_data_block(from, &block, &bytes, &offset)) == ARCHIVE_OK) {
        if (archive_write_data_block(to, block, bytes, offset) != ARCHIVE_OK) {
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

static enum tide_status take_entry(struct archive *from, struct archive *to,
                                   struct archive_entry *entry, struct error *error)
{
    archive_entry_set_perm(entry, archive_entry_perm(entry) & MODE_BITS);
    if (archive_write_header(to, entry) == ARCHIVE_OK && copy_data(from, to) &&
        archive_write_finish_entry(to) == ARCHIVE_OK) {
        return TIDE_OK;
    }
    const char *why =
        archive_error_string(to) != NULL ? archive_error_string(to) : archive_error_string(from);
    return error_set(error, TIDE_IO, "'%s': %s", archive_entry_pathname(entry),
                     why == NULL ? "cannot be unpacked" : why);
}

static enum tide_status take_all(struct archive *from, struct archive *to, struct error *error)
{
    struct archive_entry *entry = NULL;
    enum tide_status status = TIDE_OK;
    int code = ARCHIVE_OK;

    while (status == TIDE_OK && (code = archive_read_next_header(from, &entry)) == ARCHIVE_OK) {
        status = is_safe(entry) ? take_entry(from, to, entry, error) : refuse(entry, error);
    }
    if (status == TIDE_OK && code != ARCHIVE_EOF) {
        status = error_set(error, TIDE_INVALID, "the archive cannot be read: %s",
                           archive_error_string(from));
    }
    if (status == TIDE_OK && archive_write_close(to) != ARCHIVE_OK) {
        status = error_set(error, TIDE_IO, "it cannot be unpacked: %s", archive_error_string(to));
    }
    return status;
}

static enum tide_status unpack_with(struct archive *from, struct archive *to, int fd,
                                    struct error *error)
{
    const int safe = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                     ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS;

    if (archive_read_support_format_tar(from) != ARCHIVE_OK ||
        archive_read_support_filter_zstd(from) != ARCHIVE_OK ||
        archive_write_disk_set_options(to, safe) != ARCHIVE_OK ||
        archive_read_open_fd(from, fd, BLOCK_BYTES) != ARCHIVE_OK) {
        return error_set(error, TIDE_INVALID, "the archive cannot be read: %s",
                         archive_error_string(from));
    }
    return take_all(from, to, error);
}

enum tide_status unpack(int fd, struct error *error)
{
    struct archive *from = archive_read_new();
    struct archive *to = archive_write_disk_new();
    const enum tide_status status =
        from == NULL || to == NULL ? error_set(error, TIDE_NO_MEMORY, "no memory for an archive")
                                   : unpack_with(from, to, fd, error);

    (void)archive_read_free(from);
    (void)archive_write_free(to);
    return status;
}
