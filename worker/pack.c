#include "worker/pack.h"

#include "worker/become.h"

#include "base/number.h"
#include "base/text.h"
#include "pack/sink.h"
#include "pack/unpack.h"

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

/* A file as it was when it was read. */
struct snapshot {
    char *path;
    struct stat status;
};

struct snapshots {
    struct snapshot *list;
    size_t count;
    int64_t entries, bytes; /* of files, folders and links; of files */
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

/* Whether it still is within what can be unpacked again. */
static bool take_entry(struct snapshots *snapshots, const FTSENT *from, int64_t limit)
{
    snapshots->entries++;
    snapshots->bytes += from->fts_info == FTS_F ? from->fts_statp->st_size : 0;
    return snapshots->entries <= UNPACK_ENTRIES_MAX && snapshots->bytes <= unpack_limit(limit);
}

/* Regular files, folders and links; sockets, pipes and devices are no part of a checkpoint. */
static enum pack_exit write_tree(struct archive *to, const char *folder, int64_t limit,
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
        if (!take_entry(snapshots, from, limit)) {
            code = PACK_TOO_BIG;
        } else if (from->fts_info == FTS_F &&
                   !snapshot_keep(snapshots, from->fts_path, from->fts_statp)) {
            archive_set_error(to, ENOMEM, "no memory");
            code = PACK_FAILED;
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
    const enum pack_exit code = write_tree(to, folder, limit, snapshots);
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

static int create_with(struct archive *to, struct sink *sink, struct snapshots *snapshots,
                       const char *folder, int64_t limit)
{
    const enum pack_exit code = write_archive(to, sink, folder, limit, snapshots);
    if (sink->over || code == PACK_TOO_BIG) {
        return fail(PACK_TOO_BIG,
                    "the checkpoint is larger than %" PRId64 " bytes compressed, or %" PRId64
                    " bytes or %d files and folders as it is",
                    limit, unpack_limit(limit), UNPACK_ENTRIES_MAX);
    }
    if (code == PACK_FAILED) {
        return fail(code, "the checkpoint could not be written: %s", archive_error_string(to));
    }
    if (code == PACK_MOVED || !snapshots_hold(snapshots)) {
        return fail(PACK_MOVED, "files of the checkpoint changed while it was saved; write a new "
                                "file and rename it");
    }
    return tell_saved(sink);
}

static int create(const char *folder, int64_t limit)
{
    struct snapshots snapshots = {.list = calloc(UNPACK_ENTRIES_MAX, sizeof *snapshots.list)};
    struct archive *to = archive_write_new();
    struct sink sink; /* archive_write_free may still write to it */
    const int code = to == NULL || snapshots.list == NULL
                         ? fail(PACK_FAILED, "no memory for an archive")
                         : create_with(to, &sink, &snapshots, folder, limit);

    (void)archive_write_free(to);
    snapshots_fini(&snapshots);
    return code;
}

/* --- reading --- */

static int extract(const char *folder, int64_t limit, int64_t bytes, const char *hash)
{
    struct error error;

    if (chdir(folder) != 0) {
        return fail(PACK_FAILED, "%s: %s", folder, strerror(errno));
    }
    if (!unpack_verify(PACK_FD, bytes, hash)) {
        return fail(PACK_CORRUPT, PACK_BAD "the checkpoint is not the one that was saved: its size "
                                           "or its hash differs");
    }
    const enum tide_status status = unpack(PACK_FD, unpack_limit(limit), &error);
    if (status == TIDE_OK) {
        return PACK_DONE;
    }
    return status == TIDE_INVALID ? fail(PACK_CORRUPT, PACK_BAD "%s", error.text)
                                  : fail(PACK_FAILED, "%s", error.text);
}

/* --- the program --- */

int pack_main(int argc, char **argv)
{
    int64_t limit = 0;
    int64_t bytes = 0;
    const bool extracts = argc == 8;

    if (sodium_init() < 0 || (argc != 6 && !extracts) || !number_parse_integer(argv[3], &limit) ||
        (extracts && !number_parse_integer(argv[4], &bytes)) ||
        !become_named(argv[argc - 2], argv[argc - 1])) {
        return fail(PACK_FAILED, "cannot become the attempt's user");
    }
    (void)umask(077);
    if (!extracts) {
        return create(argv[2], limit);
    }
    const int code = extract(argv[2], limit, bytes, argv[5]);
    if (code == PACK_DONE) {
        (void)printf("%s\n", PACK_RESTORED);
    }
    return code;
}
