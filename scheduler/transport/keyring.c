/*
 * The grants, in a table by holder. A directory is read again when its time of change is another
 * one, and while that time is so young that a second change might not show in it.
 */
#include "transport/keyring.h"

#include "base/text.h"

#include <zmq.h>

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { FOLDER_COUNT = KEYRING_DIRECTORIES_MAX * KEY_ROLE_COUNT, YOUNG_S = 2, SUFFIX_BYTES = 4 };

struct holder {
    char name[KEY_NAME_BYTES]; /* "" where the place is free */
    uint8_t key[KEYRING_KEY_BYTES];
    uint32_t grant; /* 0 where the file holds no key */
    int folder;
    ino_t file;
    struct timespec changed;
    bool barred;
    bool seen; /* in the scan that is going on */
};

struct folder {
    char path[KEY_PATH_BYTES];
    enum key_role role;
    struct timespec changed; /* when it was last read */
    bool settled;            /* it was old enough then */
};

struct keyring {
    pthread_mutex_t lock;
    struct folder folders[FOLDER_COUNT];
    int folder_count;
    struct holder *holders;
    uint32_t count; /* places ever used */
    uint32_t capacity;
    uint32_t grants; /* ever given */
};

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The place of a name in a folder, a free one, or NULL when there is no room. */
static struct holder *holder_of(struct keyring *keyring, int folder, const char *name)
{
    struct holder *vacant = NULL;

    for (uint32_t i = 0; i < keyring->count; i++) {
        struct holder *holder = &keyring->holders[i];
        if (holder->folder == folder && strcmp(holder->name, name) == 0) {
            return holder;
        }
        if (vacant == NULL && *holder->name == '\0') {
            vacant = holder;
        }
    }
    if (vacant == NULL && keyring->count < keyring->capacity) {
        vacant = &keyring->holders[keyring->count++];
    }
    return vacant;
}

/* Reads one key file, unless it is the one already known. */
static void holder_read(struct keyring *keyring, int folder, const char *name,
                        const struct stat *about, const char *path)
{
    struct holder *holder = holder_of(keyring, folder, name);
    char key[KEY_TEXT_BYTES];
    struct error ignored;

    if (holder == NULL) {
        return;
    }
    const bool known = *holder->name != '\0' && holder->file == about->st_ino &&
                       same_time(holder->changed, about->st_mtim);
    holder->seen = true;
    if (known) {
        return;
    }
    (void)text_copy(holder->name, sizeof holder->name, name);
    holder->folder = folder;
    holder->file = about->st_ino;
    holder->changed = about->st_mtim;
    holder->grant = 0;
    if (key_public_read(path, key, &ignored) == TIDE_OK &&
        zmq_z85_decode(holder->key, key) != NULL) {
        holder->grant = ++keyring->grants;
    }
}

/* "NAME.pub" -> NAME; false for what is no key file. */
static bool name_of_file(const char *file, char name[KEY_NAME_BYTES])
{
    const size_t length = strlen(file);

    if (length <= SUFFIX_BYTES || length - SUFFIX_BYTES >= KEY_NAME_BYTES ||
        strcmp(file + length - SUFFIX_BYTES, ".pub") != 0) {
        return false;
    }
    memcpy(name, file, length - SUFFIX_BYTES);
    name[length - SUFFIX_BYTES] = '\0';
    return key_name_valid(name);
}

static void folder_scan(struct keyring *keyring, int index)
{
    const char *parent = keyring->folders[index].path;
    char path[KEY_PATH_BYTES + NAME_MAX];
    char name[KEY_NAME_BYTES];
    struct stat about;
    DIR *directory = opendir(parent);

    if (directory == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        (void)snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        if (name_of_file(entry->d_name, name) && stat(path, &about) == 0) {
            holder_read(keyring, index, name, &about, path);
        }
    }
    (void)closedir(directory);
}

static void folder_read(struct keyring *keyring, int index)
{
    for (uint32_t i = 0; i < keyring->count; i++) {
        keyring->holders[i].seen = false;
    }
    folder_scan(keyring, index);
    for (uint32_t i = 0; i < keyring->count; i++) {
        struct holder *holder = &keyring->holders[i];
        if (holder->folder == index && !holder->seen) {
            *holder = (struct holder){.folder = -1};
        }
    }
}

static void folders_refresh(struct keyring *keyring)
{
    for (int i = 0; i < keyring->folder_count; i++) {
        struct folder *folder = &keyring->folders[i];
        struct stat about = {0};
        struct timespec now;
        (void)stat(folder->path, &about); /* a folder that is gone has no keys, and time 0 */
        (void)clock_gettime(CLOCK_REALTIME, &now);
        if (!folder->settled || !same_time(folder->changed, about.st_mtim)) {
            folder->changed = about.st_mtim;
            folder->settled = now.tv_sec - about.st_mtim.tv_sec > YOUNG_S;
            folder_read(keyring, i);
        }
    }
}

static bool folders_list(struct keyring *keyring,
                         const char *const directories[KEYRING_DIRECTORIES_MAX])
{
    bool listed = true;

    for (int i = 0; i < KEYRING_DIRECTORIES_MAX; i++) {
        for (int role = 0; role < KEY_ROLE_COUNT && directories[i] != NULL; role++) {
            struct folder *folder = &keyring->folders[keyring->folder_count++];
            folder->role = (enum key_role)role;
            listed &= snprintf(folder->path, sizeof folder->path, "%s/%s", directories[i],
                               key_role_text(folder->role)) < (int)sizeof folder->path;
        }
    }
    return listed;
}

enum tide_status keyring_open(const char *const directories[KEYRING_DIRECTORIES_MAX],
                              uint32_t capacity, struct keyring **keyring)
{
    struct keyring *made = calloc(1, sizeof *made);

    *keyring = NULL;
    if (made == NULL) {
        return TIDE_NO_MEMORY;
    }
    (void)pthread_mutex_init(&made->lock, NULL);
    made->capacity = capacity;
    made->holders = calloc(capacity, sizeof *made->holders);
    if (made->holders == NULL) {
        keyring_close(made);
        return TIDE_NO_MEMORY;
    }
    if (!folders_list(made, directories)) {
        keyring_close(made);
        return TIDE_LIMIT;
    }
    folders_refresh(made);
    *keyring = made;
    return TIDE_OK;
}

void keyring_close(struct keyring *keyring)
{
    if (keyring != NULL) {
        (void)pthread_mutex_destroy(&keyring->lock);
        free(keyring->holders);
        free(keyring);
    }
}

static void lock(struct keyring *keyring)
{
    (void)pthread_mutex_lock(&keyring->lock);
}

static void unlock(struct keyring *keyring)
{
    (void)pthread_mutex_unlock(&keyring->lock);
}

/* A holder that may speak. */
static bool holder_stands(const struct holder *holder)
{
    return *holder->name != '\0' && holder->grant != 0 && !holder->barred;
}

bool keyring_find(struct keyring *keyring, const uint8_t key[KEYRING_KEY_BYTES],
                  struct keyring_grant *grant)
{
    bool found = false;

    lock(keyring);
    folders_refresh(keyring);
    for (uint32_t i = 0; i < keyring->count && !found; i++) {
        const struct holder *holder = &keyring->holders[i];
        if (holder_stands(holder) && memcmp(holder->key, key, KEYRING_KEY_BYTES) == 0) {
            grant->holder = i;
            grant->grant = holder->grant;
            grant->role = keyring->folders[holder->folder].role;
            (void)text_copy(grant->name, sizeof grant->name, holder->name);
            found = true;
        }
    }
    unlock(keyring);
    return found;
}

void keyring_refresh(struct keyring *keyring)
{
    lock(keyring);
    folders_refresh(keyring);
    unlock(keyring);
}

bool keyring_valid(struct keyring *keyring, uint32_t holder, uint32_t grant)
{
    bool valid = false;

    lock(keyring);
    valid = holder < keyring->count && holder_stands(&keyring->holders[holder]) &&
            keyring->holders[holder].grant == grant;
    unlock(keyring);
    return valid;
}

void keyring_bar(struct keyring *keyring, uint32_t holder, bool barred)
{
    lock(keyring);
    if (holder < keyring->count) {
        keyring->holders[holder].barred = barred;
    }
    unlock(keyring);
}
