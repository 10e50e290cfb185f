#include "worker/copy.h"

#include "worker/become.h"
#include "worker/files.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024 };

static bool copy_bytes(int from, int to)
{
    static char block[BLOCK_BYTES];
    ssize_t taken = 0;

    do { /* shares blocks, or at least stays within the kernel */
        taken = copy_file_range(from, NULL, to, NULL, (size_t)SSIZE_MAX / 2, 0);
    } while (taken > 0);
    if (taken == 0) {
        return true;
    }
    while ((taken = read(from, block, sizeof block)) > 0) {
        if (write(to, block, (size_t)taken) != taken) {
            return false;
        }
    }
    return taken == 0;
}

static bool copy_file(const FTSENT *entry, const char *path)
{
    const mode_t mode = entry->fts_statp->st_mode & 0777;
    const struct timespec times[2] = {entry->fts_statp->st_atim, entry->fts_statp->st_mtim};
    const int from = open(entry->fts_accpath, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    const int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = from >= 0 && to >= 0 && copy_bytes(from, to) && fchmod(to, mode) == 0 &&
                futimens(to, times) == 0;

    if (from >= 0) {
        (void)close(from);
    }
    if (to >= 0) {
        good = close(to) == 0 && good;
    }
    return good;
}

static bool copy_link(const FTSENT *entry, const char *path)
{
    char target[PATH_MAX];
    const ssize_t bytes = readlink(entry->fts_accpath, target, sizeof target - 1);

    target[bytes > 0 ? bytes : 0] = '\0';
    return bytes > 0 && symlink(target, path) == 0;
}

/* Folders can be written to while they are filled, and get their mode on the way out. */
static bool copy_entry(const FTSENT *entry, const char *path)
{
    switch (entry->fts_info) {
    case FTS_D:
        return entry->fts_level == 0 || mkdir(path, 0700) == 0;
    case FTS_DP:
        return entry->fts_level == 0 || chmod(path, entry->fts_statp->st_mode & 0777) == 0;
    case FTS_F:
        return copy_file(entry, path);
    case FTS_SL:
    case FTS_SLNONE:
        return copy_link(entry, path);
    case FTS_DEFAULT: /* sockets, pipes: whoever made them has gone */
        return true;
    default:
        errno = entry->fts_errno;
        return false;
    }
}

static int copy_tree(const char *from, const char *to)
{
    char top[FILES_PATH_BYTES];
    char path[PATH_MAX];
    char *paths[] = {top, NULL};
    bool good = true;

    (void)text_copy(top, sizeof top, from);
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (const FTSENT *entry = walk == NULL ? NULL : fts_read(walk); entry != NULL && good;
         entry = fts_read(walk)) {
        const int bytes = snprintf(path, sizeof path, "%s%s", to, entry->fts_path + strlen(top));
        errno = ENAMETOOLONG;
        good = bytes > 0 && (size_t)bytes < sizeof path && copy_entry(entry, path);
        if (!good) {
            (void)printf("%s: %s\n", path, strerror(errno));
        }
    }
    if (walk == NULL) {
        (void)printf("%s: %s\n", from, strerror(errno));
        return 1;
    }
    (void)fts_close(walk);
    return good ? 0 : 1;
}

int copy_main(int argc, char **argv)
{
    if (argc != 6 || !become_named(argv[4], argv[5])) {
        (void)printf("cannot become the attempt's user\n");
        return 1;
    }
    (void)umask(077);
    const int code = copy_tree(argv[2], argv[3]);
    if (code == 0) {
        (void)puts(COPY_DONE);
    }
    return code;
}
