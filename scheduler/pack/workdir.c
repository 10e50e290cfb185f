#include "pack/workdir.h"

#include "base/text.h"
#include "pack/ignore.h"
#include "pack/unpack.h"

#include <archive_entry.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_FOLDER = 0755, MODE_PROGRAM = 0755, MODE_FILE = 0644, LEVELS_MAX = 100 };

/* All files are this old: 2000-01-01. Tools that make zip files refuse times before 1980. */
static const time_t same_time = 946684800;

struct packing {
    struct archive *to;
    struct sink sink; /* archive_write_free may still write to it */
    struct ignore ignore;
    const char *store;               /* absolute; "" none */
    size_t top;                      /* bytes of a path before what is relative to the folder */
    size_t rules[LEVELS_MAX + 1];    /* how many there were before each level */
    int64_t files, bytes, bytes_max; /* unpacked */
    struct error *error;
};

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static const char *relative(const struct packing *packing, const FTSENT *from)
{
    return from->fts_level == 0 ? "" : from->fts_path + packing->top;
}

/* The store, its WAL, its folders: they change while the search runs. */
static bool is_store(const struct packing *packing, const FTSENT *from)
{
    const size_t bytes = strlen(packing->store);

    return bytes > 0 && strncmp(from->fts_path, packing->store, bytes) == 0 &&
           strchr("-.", from->fts_path[bytes]) != NULL;
}

static bool is_left_out(const struct packing *packing, const FTSENT *from)
{
    return from->fts_level > 0 &&
           (text_equal(from->fts_name, ".git") || is_store(packing, from) ||
            ignore_match(&packing->ignore, relative(packing, from), from->fts_info == FTS_D));
}

static enum tide_status fill_link(struct packing *packing, const FTSENT *from,
                                  struct archive_entry *entry)
{
    char target[PATH_MAX];
    const ssize_t length = readlink(from->fts_accpath, target, sizeof target - 1);

    target[length > 0 ? length : 0] = '\0';
    if (length <= 0 || !unpack_link_inside(target)) {
        return error_set(packing->error, TIDE_INVALID,
                         "'%s' is a link that leads out of the workdir (%s): put a copy in its "
                         "place, or list it in .gitignore",
                         relative(packing, from), target);
    }
    archive_entry_set_symlink(entry, target);
    return TIDE_OK;
}

static enum tide_status write_failed(const struct packing *packing, const FTSENT *from)
{
    const char *why = archive_error_string(packing->to);

    return error_set(packing->error, archive_errno(packing->to) == ENOSPC ? TIDE_FULL : TIDE_IO,
                     "'%s' cannot be packed: %s", relative(packing, from),
                     why == NULL ? "it changed, or cannot be read" : why);
}

static enum tide_status write_with(struct packing *packing, const FTSENT *from,
                                   struct archive_entry *entry)
{
    const struct stat *status = from->fts_statp;
    const bool folder = S_ISDIR(status->st_mode);
    const bool program = (status->st_mode & S_IXUSR) != 0;
    enum tide_status outcome = TIDE_OK;

    archive_entry_set_pathname(entry, relative(packing, from));
    archive_entry_set_filetype(entry, status->st_mode & S_IFMT);
    archive_entry_set_perm(entry, folder ? MODE_FOLDER : program ? MODE_PROGRAM : MODE_FILE);
    archive_entry_set_mtime(entry, same_time, 0);
    archive_entry_set_size(entry, S_ISREG(status->st_mode) ? status->st_size : 0);
    if (S_ISLNK(status->st_mode)) {
        outcome = fill_link(packing, from, entry);
    }
    if (outcome == TIDE_OK && (archive_write_header(packing->to, entry) != ARCHIVE_OK ||
                               (S_ISREG(status->st_mode) &&
                                !sink_file(packing->to, from->fts_accpath, status->st_size)))) {
        outcome = write_failed(packing, from);
    }
    return outcome;
}

static enum tide_status write_entry(struct packing *packing, const FTSENT *from)
{
    struct archive_entry *entry = archive_entry_new();

    if (entry == NULL) {
        return error_set(packing->error, TIDE_NO_MEMORY, "no memory for an archive");
    }
    packing->files++;
    packing->bytes += from->fts_info == FTS_F ? from->fts_statp->st_size : 0;
    const enum tide_status status =
        packing->files > UNPACK_ENTRIES_MAX || packing->bytes > packing->bytes_max
            ? error_set(packing->error, TIDE_LIMIT,
                        "the workdir holds more than %d files or %" PRId64 " MiB: list what the "
                        "command does not need in .gitignore",
                        UNPACK_ENTRIES_MAX, packing->bytes_max >> 20)
            : write_with(packing, from, entry);
    archive_entry_free(entry);
    return status;
}

static enum tide_status enter(struct packing *packing, const FTSENT *from)
{
    char path[PATH_MAX];
    const size_t below = strlen(relative(packing, from));

    if (from->fts_level > LEVELS_MAX) {
        return error_set(packing->error, TIDE_LIMIT, "'%s' is nested deeper than %d folders",
                         relative(packing, from), LEVELS_MAX);
    }
    packing->rules[from->fts_level] = packing->ignore.count;
    const int bytes = snprintf(path, sizeof path, "%s/.gitignore", from->fts_path);
    if (bytes < 0 || (size_t)bytes >= sizeof path) {
        return error_set(packing->error, TIDE_LIMIT, "'%s' is too long a path",
                         relative(packing, from));
    }
    return ignore_enter(&packing->ignore, path, below == 0 ? 0 : below + 1, packing->error);
}

static enum tide_status visit(struct packing *packing, FTS *walk, FTSENT *from)
{
    const bool folder = from->fts_info == FTS_D;

    if (from->fts_info == FTS_DP) {
        ignore_leave(&packing->ignore, packing->rules[from->fts_level]);
        return TIDE_OK;
    }
    if (from->fts_info == FTS_DNR || from->fts_info == FTS_ERR || from->fts_info == FTS_NS) {
        return error_set(packing->error, TIDE_IO, "'%s' cannot be read: %s", from->fts_path,
                         strerror(from->fts_errno));
    }
    if (is_left_out(packing, from)) {
        (void)fts_set(walk, from, FTS_SKIP);
        if (folder) { /* it is still visited on the way out */
            packing->rules[from->fts_level < LEVELS_MAX ? from->fts_level : LEVELS_MAX] =
                packing->ignore.count;
        }
        return TIDE_OK;
    }
    if (!folder && from->fts_info != FTS_F && from->fts_info != FTS_SL &&
        from->fts_info != FTS_SLNONE) {
        return TIDE_OK;
    }
    const enum tide_status status = from->fts_level > 0 ? write_entry(packing, from) : TIDE_OK;
    return status == TIDE_OK && folder ? enter(packing, from) : status;
}

static enum tide_status walk_all(struct packing *packing, const char *folder)
{
    char top[PATH_MAX];
    char *paths[] = {top, NULL};
    enum tide_status status = TIDE_OK;

    (void)text_copy(top, sizeof top, folder);
    packing->top = strlen(top) + 1;
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (walk == NULL) {
        return error_set(packing->error, TIDE_IO, "%s: %s", folder, strerror(errno));
    }
    for (FTSENT *from = fts_read(walk); from != NULL && status == TIDE_OK; from = fts_read(walk)) {
        status = visit(packing, walk, from);
    }
    (void)fts_close(walk);
    return status;
}

static enum tide_status open_nameless(int *fd, struct error *error)
{
    const char *folder = getenv("TMPDIR");
    char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%.4000s/tidemill-workdir-XXXXXX",
                   folder == NULL ? "/tmp" : folder);
    *fd = mkostemp(path, O_CLOEXEC);
    if (*fd < 0) {
        return error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
    }
    (void)unlink(path);
    return TIDE_OK;
}

static enum tide_status pack_with(struct packing *packing, const char *folder, int64_t limit,
                                  struct workdir_packed *packed)
{
    struct sink *sink = &packing->sink;

    if (!sink_open(sink, packing->to, packed->fd, limit)) {
        return error_set(packing->error, TIDE_IO, "cannot pack: %s",
                         archive_error_string(packing->to));
    }
    enum tide_status status = walk_all(packing, folder);
    if (status == TIDE_OK && archive_write_close(packing->to) != ARCHIVE_OK) {
        status = error_set(packing->error, TIDE_IO, "%s cannot be packed: %s", folder,
                           archive_error_string(packing->to));
    }
    if (sink->over) {
        return error_set(packing->error, TIDE_LIMIT,
                         "%s is larger than %d MiB packed: list what the command does not need in "
                         ".gitignore",
                         folder, (int)(limit / (1024 * 1024)));
    }
    packed->bytes = sink->bytes;
    sink_hash(sink, packed->hash);
    return status;
}

enum tide_status workdir_pack(const char *folder, const char *store, int64_t limit,
                              struct workdir_packed *packed, struct error *error)
{
    struct packing packing = {
        .store = store == NULL ? "" : store, .bytes_max = unpack_limit(limit), .error = error};

    *packed = (struct workdir_packed){.fd = -1};
    packing.to = archive_write_new();
    if (packing.to == NULL || sodium_init() < 0) {
        (void)archive_write_free(packing.to);
        return error_set(error, TIDE_NO_MEMORY, "no memory for an archive");
    }
    enum tide_status status = open_nameless(&packed->fd, error);
    status = status == TIDE_OK ? pack_with(&packing, folder, limit, packed) : status;
    (void)archive_write_free(packing.to);
    ignore_fini(&packing.ignore);
    if (status != TIDE_OK && packed->fd >= 0) {
        (void)close(packed->fd);
        packed->fd = -1;
    }
    return status;
}
