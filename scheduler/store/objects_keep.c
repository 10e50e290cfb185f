/*
 * Objects that nobody names any more.
 */
#include "store/objects.h"

#include "store/objects_parts.h"

#include "base/number.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool is_part(const char *name)
{
    const size_t bytes = strlen(name);

    return bytes > sizeof OBJECTS_PART &&
           strcmp(name + bytes - (sizeof OBJECTS_PART - 1), OBJECTS_PART) == 0;
}

static bool kept_by_name(const struct objects_kept *kept, const char *name)
{
    if (is_part(name)) {
        return kept->part == NULL ||
               (*kept->part != '\0' && strncmp(name, kept->part, strlen(kept->part)) == 0);
    }
    for (size_t i = 0; i < kept->count; i++) {
        if (text_equal(kept->hashes[i], name)) {
            return true;
        }
    }
    return false;
}

static int64_t changed_ns(DIR *folder, const char *name)
{
    struct stat status;

    return fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) == 0
               ? (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec
               : 0;
}

static bool is_young(DIR *folder, const char *name, int64_t seconds)
{
    return seconds > 0 && time(NULL) - changed_ns(folder, name) / 1000000000 < seconds;
}

/* The newest object, if no row names it yet. */
static void find_newest(DIR *directory, const struct objects_kept *kept,
                        char newest[OBJECTS_NAME_BYTES])
{
    int64_t latest_ns = 0;

    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        const int64_t at_ns = changed_ns(directory, entry->d_name);
        if (strlen(entry->d_name) == OBJECT_HASH_BYTES - 1 && at_ns > latest_ns) {
            latest_ns = at_ns;
            (void)text_copy(newest, OBJECTS_NAME_BYTES,
                            kept_by_name(kept, entry->d_name) ? "" : entry->d_name);
        }
    }
    rewinddir(directory);
}

void objects_keep(const char *root, int32_t experiment, int32_t trial,
                  const struct objects_kept *kept)
{
    char folder[OBJECTS_PATH_BYTES];
    char newest[OBJECTS_NAME_BYTES] = "";
    DIR *directory = objects_folder(root, experiment, trial, folder) ? opendir(folder) : NULL;

    if (directory == NULL) {
        return;
    }
    if (kept->newest) {
        find_newest(directory, kept, newest);
    }
    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        const char *name = entry->d_name;
        if (name[0] != '.' && !kept_by_name(kept, name) && !text_equal(name, newest) &&
            !is_young(directory, name, kept->younger_than_s)) {
            (void)unlinkat(dirfd(directory), name, 0);
        }
    }
    (void)closedir(directory);
}

void objects_drop(const char *root, int32_t experiment, int32_t trial)
{
    static const struct objects_kept nothing = {.part = ""};
    char folder[OBJECTS_PATH_BYTES];

    objects_keep(root, experiment, trial, &nothing);
    if (objects_folder(root, experiment, trial, folder)) {
        (void)rmdir(folder);
        *strrchr(folder, '/') = '\0';
        (void)rmdir(folder); /* of the experiment, once its last trial's is gone */
    }
}

struct list {
    struct object_trial *items;
    size_t count, room;
};

static void list_add(struct list *list, int32_t experiment, int32_t trial)
{
    if (list->count == list->room) {
        const size_t room = list->room == 0 ? 256 : 2 * list->room;
        struct object_trial *items = realloc(list->items, room * sizeof *items);
        if (items == NULL) {
            return;
        }
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = (struct object_trial){experiment, trial};
}

static void list_experiment(struct list *list, const char *root, int32_t experiment)
{
    char path[OBJECTS_PATH_BYTES];
    int64_t trial = 0;

    (void)snprintf(path, sizeof path, "%s/%" PRId32, root, experiment);
    DIR *directory = opendir(path);
    for (const struct dirent *entry = directory == NULL ? NULL : readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        if (number_parse_integer(entry->d_name, &trial) && trial >= 0 && trial <= INT32_MAX) {
            list_add(list, experiment, (int32_t)trial);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
}

size_t objects_trials(const char *root, struct object_trial **trials)
{
    struct list list = {0};
    DIR *directory = opendir(root);
    int64_t experiment = 0;

    for (const struct dirent *entry = directory == NULL ? NULL : readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        if (number_parse_integer(entry->d_name, &experiment) && experiment >= 1 &&
            experiment <= INT32_MAX) {
            list_experiment(&list, root, (int32_t)experiment);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    *trials = list.items;
    return list.count;
}
