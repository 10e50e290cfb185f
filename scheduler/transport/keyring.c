/*
 * The grants, in a table by holder. A directory is read again when its time of change is another
 * one; and, for a key that is not found, while that time is so young that a second change might not
 * show in it (but not for every key of a flood).
 */
#include "transport/keyring.h"

#include "base/assert.h"
#include "base/digest.h"
#include "base/text.h"

#include <zmq.h>

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    FOLDER_COUNT = KEYRING_DIRECTORIES_MAX * KEY_ROLE_COUNT,
    YOUNG_S = 2,
    SEARCH_NS = 100000000, /* between two readings of a young directory */
    SUFFIX_BYTES = 4
};

static const uint32_t nobody = UINT32_MAX; /* C17 has no enumerator of that size */

struct holder {
    char name[KEY_NAME_BYTES]; /* "" where the place is free */
    uint8_t key[KEYRING_KEY_BYTES];
    uint32_t grant; /* 0 where the file holds no key */
    int folder;
    ino_t file;
    struct timespec changed;
    bool barred;
    bool seen;     /* in the scan that is going on */
    uint32_t next; /* of the same bucket */
};

struct folder {
    char path[KEY_PATH_BYTES];
    enum key_role role;
    struct timespec changed; /* when it was last read */
    bool settled;            /* it was old enough then */
    struct timespec read;    /* when that was, CLOCK_MONOTONIC */
};

struct keyring {
    pthread_mutex_t lock;
    struct folder folders[FOLDER_COUNT];
    int folder_count;
    struct holder *holders;
    uint32_t *buckets; /* capacity of them: the first holder by the digest of its name */
    uint32_t count;    /* places ever used */
    uint32_t capacity;
    uint32_t vacant; /* no place before this one is free */
    uint32_t grants; /* ever given */
};

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static uint32_t *bucket_of(struct keyring *keyring, const char *name)
{
    ASSERT(keyring->capacity > 0);
    return &keyring->buckets[digest_text(name) % keyring->capacity];
}

static void holder_file(struct keyring *keyring, uint32_t index)
{
    uint32_t *bucket = bucket_of(keyring, keyring->holders[index].name);

    keyring->holders[index].next = *bucket;
    *bucket = index;
}

/* A new place for a name: the first free one; NULL when there is no room. */
static struct holder *holder_new(struct keyring *keyring, int folder, const char *name)
{
    uint32_t index = keyring->vacant;

    while (index < keyring->count && *keyring->holders[index].name != '\0') {
        index++;
    }
    if (index == keyring->capacity) {
        return NULL;
    }
    keyring->vacant = index + 1;
    keyring->count = index < keyring->count ? keyring->count : index + 1;
    (void)text_copy(keyring->holders[index].name, KEY_NAME_BYTES, name);
    keyring->holders[index].folder = folder;
    holder_file(keyring, index);
    return &keyring->holders[index];
}

/* The place of a name in a folder, a new one if it has none. */
static struct holder *holder_of(struct keyring *keyring, int folder, const char *name)
{
    for (uint32_t i = *bucket_of(keyring, name); i != nobody; i = keyring->holders[i].next) {
        struct holder *holder = &keyring->holders[i];
        if (holder->folder == folder && strcmp(holder->name, name) == 0) {
            return holder;
        }
    }
    return holder_new(keyring, folder, name);
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
    holder->seen = true;
    if (holder->file == about->st_ino && same_time(holder->changed, about->st_mtim)) {
        return;
    }
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

/* Forgets who has no file any more, and files the others anew. */
static void holders_sweep(struct keyring *keyring, int folder)
{
    for (uint32_t i = 0; i < keyring->capacity; i++) {
        keyring->buckets[i] = nobody;
    }
    for (uint32_t i = 0; i < keyring->count; i++) {
        struct holder *holder = &keyring->holders[i];
        if (holder->folder == folder && !holder->seen) {
            *holder = (struct holder){.folder = -1};
        }
        if (*holder->name != '\0') {
            holder_file(keyring, i);
        }
    }
    keyring->vacant = 0;
}

static void folder_read(struct keyring *keyring, int index)
{
    for (uint32_t i = 0; i < keyring->count; i++) {
        keyring->holders[i].seen = false;
    }
    folder_scan(keyring, index);
    holders_sweep(keyring, index);
}

static int64_t since_ns(struct timespec then)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)(now.tv_sec - then.tv_sec) * 1000000000 + now.tv_nsec - then.tv_nsec;
}

/* `searching`: a key was not found, so a young directory is worth another reading. */
static void folders_refresh(struct keyring *keyring, bool searching)
{
    for (int i = 0; i < keyring->folder_count; i++) {
        struct folder *folder = &keyring->folders[i];
        struct stat about = {0};
        struct timespec now;
        (void)stat(folder->path, &about); /* a folder that is gone has no keys, and time 0 */
        (void)clock_gettime(CLOCK_REALTIME, &now);
        if (!same_time(folder->changed, about.st_mtim) ||
            (searching && !folder->settled && since_ns(folder->read) > SEARCH_NS)) {
            folder->changed = about.st_mtim;
            folder->settled = now.tv_sec - about.st_mtim.tv_sec > YOUNG_S;
            (void)clock_gettime(CLOCK_MONOTONIC, &folder->read);
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
    made->buckets = calloc(capacity, sizeof *made->buckets);
    if (made->holders == NULL || made->buckets == NULL) {
        keyring_close(made);
        return TIDE_NO_MEMORY;
    }
    holders_sweep(made, -1);
    if (!folders_list(made, directories)) {
        keyring_close(made);
        return TIDE_LIMIT;
    }
    folders_refresh(made, true);
    *keyring = made;
    return TIDE_OK;
}

void keyring_close(struct keyring *keyring)
{
    if (keyring != NULL) {
        (void)pthread_mutex_destroy(&keyring->lock);
        free(keyring->buckets);
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

static bool grant_find(const struct keyring *keyring, const uint8_t key[KEYRING_KEY_BYTES],
                       struct keyring_grant *grant)
{
    for (uint32_t i = 0; i < keyring->count; i++) {
        const struct holder *holder = &keyring->holders[i];
        if (holder_stands(holder) && memcmp(holder->key, key, KEYRING_KEY_BYTES) == 0) {
            grant->holder = i;
            grant->grant = holder->grant;
            grant->role = keyring->folders[holder->folder].role;
            (void)text_copy(grant->name, sizeof grant->name, holder->name);
            return true;
        }
    }
    return false;
}

bool keyring_find(struct keyring *keyring, const uint8_t key[KEYRING_KEY_BYTES],
                  struct keyring_grant *grant)
{
    bool found = false;

    lock(keyring);
    folders_refresh(keyring, false);
    found = grant_find(keyring, key, grant);
    if (!found) {
        folders_refresh(keyring, true);
        found = grant_find(keyring, key, grant);
    }
    unlock(keyring);
    return found;
}

void keyring_refresh(struct keyring *keyring)
{
    lock(keyring);
    folders_refresh(keyring, true);
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
