#include "worker/cgroup.h"

#include "base/digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "tidemill-";

/* This process's group of version 2: the line "0::/path". */
static bool own_group(char *path)
{
    char line[FILES_PATH_BYTES] = "";
    bool found = false;
    FILE *file = fopen("/proc/self/cgroup", "re");

    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found = strncmp(line, "0::/", 4) == 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    return found && files_path(path, "%s", strcmp(line + 3, "/") == 0 ? "" : line + 3);
}

/* Where version 2 is mounted: alone, or beside version 1. */
static const char *mount_point(void)
{
    static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char path[FILES_PATH_BYTES];
        if (files_path(path, "%s/cgroup.controllers", places[i]) && access(path, F_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

static bool write_one(const char *folder, const char *name)
{
    char path[FILES_PATH_BYTES];

    if (!files_path(path, "%s/%s", folder, name)) {
        return false;
    }
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const bool written = write(fd, "1", 1) == 1;
    (void)close(fd);
    return written;
}

bool cgroup_end(const char *path)
{
    if (path[0] == '\0') {
        return true;
    }
    (void)write_one(path, "cgroup.kill");
    return rmdir(path) == 0 || errno == ENOENT;
}

/* The group `folder` and those in it: `kills` ends what runs there first; without it only what is
 * empty goes. */
static void clear(const char *folder, bool kills)
{
    DIR *directory = opendir(folder);

    for (const struct dirent *entry = directory == NULL ? NULL : readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        char path[FILES_PATH_BYTES];
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
            files_path(path, "%s/%s", folder, entry->d_name)) {
            (void)(kills ? cgroup_end(path) : rmdir(path) == 0);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
}

/* Workers that were killed leave their groups; those in which nothing runs go. A live worker makes
 * its own again. */
static void clear_others(const char *parent)
{
    DIR *directory = opendir(parent);

    for (const struct dirent *entry = directory == NULL ? NULL : readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        char path[FILES_PATH_BYTES];
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) == 0 &&
            files_path(path, "%s/%s", parent, entry->d_name)) {
            clear(path, false);
            (void)rmdir(path);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
}

void cgroup_open(struct cgroup *cgroup, const char *state)
{
    char own[FILES_PATH_BYTES];
    char parent[FILES_PATH_BYTES];
    const char *mount = mount_point();

    cgroup->folder[0] = '\0';
    if (mount == NULL || !own_group(own) || !files_path(parent, "%s%s", mount, own) ||
        !files_path(cgroup->folder, "%s/%s%016" PRIx64, parent, prefix, digest_text(state))) {
        cgroup->folder[0] = '\0';
        return;
    }
    clear(cgroup->folder, true);
    clear_others(parent);
    if (mkdir(cgroup->folder, 0755) != 0 && errno != EEXIST) {
        cgroup->folder[0] = '\0';
    }
}

void cgroup_close(struct cgroup *cgroup)
{
    if (cgroup->folder[0] != '\0') {
        clear(cgroup->folder, true);
        (void)cgroup_end(cgroup->folder);
        cgroup->folder[0] = '\0';
    }
}

void cgroup_make(const struct cgroup *cgroup, struct wire_attempt attempt, char *path)
{
    if (cgroup->folder[0] != '\0') {
        (void)mkdir(cgroup->folder, 0755); /* another worker may have found it empty */
    }
    if (cgroup->folder[0] == '\0' ||
        !files_path(path, "%s/%" PRId32 ".%" PRId32 ".%" PRId32, cgroup->folder, attempt.experiment,
                    attempt.trial, attempt.number) ||
        (mkdir(path, 0755) != 0 && errno != EEXIST)) {
        path[0] = '\0';
    }
}

bool cgroup_out_of_memory(const char *path)
{
    char events[FILES_PATH_BYTES];
    char line[128];
    long killed = 0;

    FILE *file = path[0] != '\0' && files_path(events, "%s/memory.events", path)
                     ? fopen(events, "re")
                     : NULL;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "oom_kill %ld", &killed);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return killed > 0;
}
