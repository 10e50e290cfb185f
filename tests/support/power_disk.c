/* Knows what survives a power cut. */
#include "support/power_disk.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- images ---- */

void image_resize(struct image *image, int64_t bytes)
{
    ASSERT(bytes >= 0);
    if (bytes > image->capacity) {
        image->capacity = bytes + bytes / 2 + 4096;
        image->data = realloc(image->data, (size_t)image->capacity);
        ASSERT(image->data != NULL);
    }
    if (bytes > image->bytes) {
        memset(image->data + image->bytes, 0, (size_t)(bytes - image->bytes));
    }
    image->bytes = bytes;
}

void image_write(struct image *image, const unsigned char *data, int64_t bytes, int64_t offset)
{
    if (offset + bytes > image->bytes) {
        image_resize(image, offset + bytes);
    }
    memcpy(image->data + offset, data, (size_t)bytes);
}

static void image_copy(struct image *to, const struct image *from)
{
    image_resize(to, 0);
    if (from->bytes > 0) {
        image_write(to, from->data, from->bytes, 0);
    }
}

static void image_fini(struct image *image)
{
    free(image->data);
    memset(image, 0, sizeof *image);
}

/* ---- changes ---- */

void change_add(struct disk_file *file, const void *data, int64_t bytes, int64_t offset)
{
    if (file->change_count == file->change_capacity) {
        file->change_capacity = file->change_capacity == 0 ? 64 : 2 * file->change_capacity;
        file->changes = realloc(file->changes, file->change_capacity * sizeof *file->changes);
        ASSERT(file->changes != NULL);
    }
    struct change change = {.offset = offset, .bytes = bytes, .data = NULL};
    if (data != NULL) {
        change.data = malloc((size_t)bytes);
        ASSERT(change.data != NULL);
        memcpy(change.data, data, (size_t)bytes);
    }
    file->changes[file->change_count++] = change;
}

static void change_keep(struct disk_file *file, const struct change *change)
{
    if (change->data == NULL) {
        image_resize(&file->safe, change->offset);
    } else {
        image_write(&file->safe, change->data, change->bytes, change->offset);
    }
}

/* Some sectors of the write arrive, some do not. */
static void change_tear(struct power_disk *disk, struct disk_file *file,
                        const struct change *change)
{
    for (int64_t at = 0; at < change->bytes; at += POWER_SECTOR_BYTES) {
        int64_t left = change->bytes - at;
        if (rng_below(&disk->rng, 2) == 0) {
            image_write(&file->safe, change->data + at,
                        left < POWER_SECTOR_BYTES ? left : POWER_SECTOR_BYTES, change->offset + at);
        }
    }
}

static void changes_clear(struct disk_file *file)
{
    for (uint32_t i = 0; i < file->change_count; i++) {
        free(file->changes[i].data);
    }
    file->change_count = 0;
}

static void changes_survive(struct power_disk *disk, struct disk_file *file)
{
    for (uint32_t i = 0; i < file->change_count; i++) {
        const struct change *change = &file->changes[i];
        uint64_t fate = rng_below(&disk->rng, 3);
        if (fate == 0) {
            change_keep(file, change);
        } else if (fate == 1 && change->data != NULL) {
            change_tear(disk, file, change);
        }
    }
    changes_clear(file);
}

/* ---- files ---- */

struct disk_file *file_find(struct power_disk *disk, const char *name)
{
    for (int i = 0; i < POWER_FILES_MAX; i++) {
        if (disk->files[i].exists && strcmp(disk->files[i].name, name) == 0) {
            return &disk->files[i];
        }
    }
    return NULL;
}

/* A deleted file keeps its place until its deletion is durable, so it is found again here. */
struct disk_file *file_make(struct power_disk *disk, const char *name)
{
    struct disk_file *free_one = NULL;

    for (int i = 0; i < POWER_FILES_MAX; i++) {
        struct disk_file *file = &disk->files[i];
        if (strcmp(file->name, name) == 0) {
            file->exists = true;
            return file;
        }
        if (free_one == NULL && !file->exists && !file->durable) {
            free_one = file;
        }
    }
    ASSERT(free_one != NULL);
    (void)snprintf(free_one->name, sizeof free_one->name, "%s", name);
    free_one->exists = true;
    return free_one;
}

void file_sync(struct disk_file *file)
{
    for (uint32_t i = 0; i < file->change_count; i++) {
        change_keep(file, &file->changes[i]);
    }
    changes_clear(file);
}

void file_forget(struct disk_file *file)
{
    file->exists = file->durable = false;
    file->name[0] = '\0';
    image_resize(&file->now, 0);
    image_resize(&file->safe, 0);
    changes_clear(file);
}

void folder_sync(struct power_disk *disk)
{
    for (int i = 0; i < POWER_FILES_MAX; i++) {
        struct disk_file *file = &disk->files[i];
        file->durable = file->exists;
        if (!file->exists) {
            file_forget(file);
        }
    }
}

void shm_forget(struct disk_file *file)
{
    for (int i = 0; i < POWER_REGIONS_MAX; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
    memset(file->shm_shared, 0, sizeof file->shm_shared);
    memset(file->shm_owner, 0, sizeof file->shm_owner);
}

void file_restore(struct power_disk *disk, struct disk_file *file)
{
    changes_survive(disk, file);
    if (file->exists != file->durable) { /* made or deleted, and the folder not synced */
        file->durable = rng_below(&disk->rng, 2) == 0;
    }
    file->exists = file->durable;
    if (!file->exists) {
        image_resize(&file->safe, 0);
        file->name[0] = '\0';
    }
    image_copy(&file->now, &file->safe);
    shm_forget(file);
    file->shared = 0;
    file->reserved = file->exclusive = NULL;
}

void file_fini(struct disk_file *file)
{
    changes_clear(file);
    free(file->changes);
    image_fini(&file->now);
    image_fini(&file->safe);
    shm_forget(file);
}
