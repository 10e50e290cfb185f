#include "worker/pack.h"

#include "worker/become.h"

#include "base/number.h"
#include "base/text.h"
#include "pack/sink.h"

#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024, FILES_MAX = 100000, HASH_BYTES = 32 };

/* A file as it was when it was read. */
struct snapshot {
    char *path;
    struct stat status;
};

struct snapshots {
    struct snapshot *list;
    size_t count;
};

__attribute__((format(printf, 2, 3))) static int fail(enum pack_exit code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)printf("\n");
    return (int)code;
}

/* --- writing --- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool snapshot_keep(struct snapshots *snapshots, const char *path, const struct stat *status)
{
    if (snapshots->count == FILES_MAX) {
        return false;
    }
    struct snapshot *snapshot = &snapshots->list[snapshots->count];
    *snapshot = (struct snapshot){strdup(path), *status};
    snapshots->count += snapshot->path == NULL ? 0 : 1;
    return snapshot->path != NULL;
}

static bool snapshots_hold(const struct snapshots *snapshots)
{
    for (size_t i = 0; i < snapshots->count; i++) {
        struct stat now;
        if (lstat(snapshots->list[i].path, &now) != 0 ||
            !same_file(&now, &snapshots->list[i].status)) {
            return false;
        }
    }
    return true;
}

static bool write_entry(struct archive *to, const FTSENT *from, const char *name)
{
    struct archive_entry *entry = archive_entry_new();
    char target[4096];
    bool good = entry != NULL;

    if (good) {
        archive_entry_copy_stat(entry, from->fts_statp);
        archive_entry_set_pathname(entry, name);
        archive_entry_set_uid(entry, 0);
        archive_entry_set_gid(entry, 0);
        if (S_ISLNK(from->fts_statp->st_mode)) {
            const ssize_t length = readlink(from->fts_accpath, target, sizeof target - 1);
            target[length > 0 ? length : 0] = '\0';
            archive_entry_set_symlink(entry, target);
        }
        good = archive_write_header(to, entry) == ARCHIVE_OK &&
               (!S_ISREG(from->fts_statp->st_mode) ||
                sink_file(to, from->fts_accpath, from->fts_statp->st_size));
    }
    archive_entry_free(entry);
    return good;
}

/* Regular files, folders and links; sockets, pipes and devices are no part of a checkpoint. */
static enum pack_exit write_tree(struct archive *to, const char *folder,
                                 struct snapshots *snapshots)
{
    char top[4096];
    char *paths[] = {top, NULL};

    (void)text_copy(top, sizeof top, folder);
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    enum pack_exit code = walk == NULL ? PACK_FAILED : PACK_DONE;
    for (FTSENT *from = walk == NULL ? NULL : fts_read(walk); from != NULL && code == PACK_DONE;
         from = fts_read(walk)) {
        const bool taken = from->fts_info == FTS_D || from->fts_info == FTS_F ||
                           from->fts_info == FTS_SL || from->fts_info == FTS_SLNONE;
        if (from->fts_level == 0 || !taken) {
            continue;
        }
        const char *name = from->fts_path + strlen(top) + 1;
        if (from->fts_info == FTS_F && !snapshot_keep(snapshots, from->fts_path, from->fts_statp)) {
            code = PACK_TOO_BIG;
        } else if (!write_entry(to, from, name)) {
            code = PACK_MOVED;
        }
    }
    if (walk != NULL) {
        (void)fts_close(walk);
    }
    return code;
}

static enum pack_exit write_archive(struct archive *to, struct sink *sink, const char *folder,
                                    int64_t limit, struct snapshots *snapshots)
{
    if (!sink_open(sink, to, PACK_FD, limit)) {
        return PACK_FAILED;
    }
    const enum pack_exit code = write_tree(to, folder, snapshots);
    if (code == PACK_DONE && archive_write_close(to) != ARCHIVE_OK) {
        return PACK_FAILED;
    }
    return code;
}

static void snapshots_fini(struct snapshots *snapshots)
{
    for (size_t i = 0; i < snapshots->count; i++) {
        free(snapshots->list[i].path);
    }
    free(snapshots->list);
}

static int tell_saved(struct sink *sink)
{
    char text[SINK_HASH_BYTES];
    struct stat status;

    /* One without a name is on its way to somewhere else, where it is made durable. */
    if (fstat(PACK_FD, &status) != 0 || (status.st_nlink > 0 && fsync(PACK_FD) != 0)) {
        return fail(PACK_FAILED, "the checkpoint could not be written: %s", strerror(errno));
    }
    sink_hash(sink, text);
    (void)printf("%" PRId64 " %s\n", sink->bytes, text);
    return PACK_DONE;
}

static int create_with(struct archive *to, struct snapshots *snapshots, const char *folder,
                       int64_t limit)
{
    struct sink sink;
    const enum pack_exit code = write_archive(to, &sink, folder, limit, snapshots);
    if (sink.over || code == PACK_TOO_BIG) {
        return fail(PACK_TOO_BIG, "the checkpoint is larger than %" PRId64 " bytes", limit);
    }
    if (code == PACK_FAILED) {
        return fail(code, "the checkpoint could not be written: %s", archive_error_string(to));
    }
    if (code == PACK_MOVED || !snapshots_hold(snapshots)) {
        return fail(PACK_MOVED, "files of the checkpoint changed while it was saved; write a new "
                                "file and rename it");
    }
    return tell_saved(&sink);
}

static int create(const char *folder, int64_t limit)
{
    struct snapshots snapshots = {.list = calloc(FILES_MAX, sizeof *snapshots.list)};
    struct archive *to = archive_write_new();
    const int code = to == NULL || snapshots.list == NULL
                         ? fail(PACK_FAILED, "no memory for an archive")
                         : create_with(to, &snapshots, folder, limit);

    (void)archive_write_free(to);
    snapshots_fini(&snapshots);
    return code;
}

/* --- reading --- */

static bool verify(int64_t bytes, const char *wanted)
{
    static unsigned char block[BLOCK_BYTES];
    crypto_generichash_state state;
    unsigned char hash[HASH_BYTES];
    char text[2 * HASH_BYTES + 1];
    int64_t total = 0;
    ssize_t taken = 0;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    do {
        taken = read(PACK_FD, block, sizeof block);
        if (taken > 0) {
            (void)crypto_generichash_update(&state, block, (size_t)taken);
            total += taken;
        }
    } while (taken > 0);
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(text, sizeof text, hash, sizeof hash);
    return total == bytes && text_equal(text, wanted) && lseek(PACK_FD, 0, SEEK_SET) == 0;
}

/* Links stay inside: neither from the root nor up. */
static bool is_safe(struct archive_entry *entry)
{
    const char *target = archive_entry_symlink(entry);
    const mode_t type = archive_entry_filetype(entry);

    if (archive_entry_hardlink(entry) != NULL) {
        return false;
    }
    if (type == AE_IFLNK) {
        return target != NULL && target[0] != '/' && strstr(target, "..") == NULL;
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

static int extract_all(struct archive *from, struct archive *to)
{
    struct archive_entry *entry = NULL;
    int code = ARCHIVE_OK;

    while ((code = archive_read_next_header(from, &entry)) == ARCHIVE_OK) {
        if (!is_safe(entry)) {
            return fail(PACK_CORRUPT,
                        "the checkpoint holds '%s', which is neither file nor folder "
                        "nor link within it",
                        archive_entry_pathname(entry));
        }
        archive_entry_set_perm(entry, archive_entry_perm(entry) & 0777);
        if (archive_write_header(to, entry) != ARCHIVE_OK || !copy_data(from, to) ||
            archive_write_finish_entry(to) != ARCHIVE_OK) {
            return fail(PACK_FAILED, "'%s': %s", archive_entry_pathname(entry),
                        archive_error_string(to) != NULL ? archive_error_string(to)
                                                         : archive_error_string(from));
        }
    }
    return code == ARCHIVE_EOF ? PACK_DONE
                               : fail(PACK_CORRUPT, "the checkpoint cannot be read: %s",
                                      archive_error_string(from));
}

static int extract_with(struct archive *from, struct archive *to, const char *folder, int64_t bytes,
                        const char *hash)
{
    const int safe = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                     ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS;

    if (chdir(folder) != 0) {
        return fail(PACK_FAILED, "%s: %s", folder, strerror(errno));
    }
    if (!verify(bytes, hash)) {
        return fail(PACK_CORRUPT, "the checkpoint is not the one that was saved: its size or its "
                                  "hash differs");
    }
    if (archive_read_support_format_tar(from) != ARCHIVE_OK ||
        archive_read_support_filter_zstd(from) != ARCHIVE_OK ||
        archive_write_disk_set_options(to, safe) != ARCHIVE_OK ||
        archive_read_open_fd(from, PACK_FD, BLOCK_BYTES) != ARCHIVE_OK) {
        return fail(PACK_CORRUPT, "the checkpoint cannot be read: %s", archive_error_string(from));
    }
    const int code = extract_all(from, to);
    if (code == PACK_DONE && archive_write_close(to) != ARCHIVE_OK) {
        return fail(PACK_FAILED, "%s: %s", folder, archive_error_string(to));
    }
    return code;
}

static int extract(const char *folder, int64_t bytes, const char *hash)
{
    struct archive *from = archive_read_new();
    struct archive *to = archive_write_disk_new();
    const int code = from == NULL || to == NULL ? fail(PACK_FAILED, "no memory for an archive")
                                                : extract_with(from, to, folder, bytes, hash);

    (void)archive_read_free(from);
    (void)archive_write_free(to);
    return code;
}

/* --- the program --- */

int pack_main(int argc, char **argv)
{
    int64_t bytes = 0;

    if (sodium_init() < 0 || (argc != 6 && argc != 7) || !number_parse_integer(argv[3], &bytes) ||
        !become_named(argv[argc - 2], argv[argc - 1])) {
        return fail(PACK_FAILED, "cannot become the attempt's user");
    }
    (void)umask(077);
    if (argc == 6) {
        return create(argv[2], bytes);
    }
    const int code = extract(argv[2], bytes, argv[4]);
    if (code == PACK_DONE) {
        (void)printf("%s\n", PACK_RESTORED);
    }
    return code;
}
