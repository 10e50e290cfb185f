/*
 * objects: files that the coordinator keeps for others beside its store, each under the BLAKE2b-256
 * hash of its bytes: checkpoints by trial, so that whoever may read one trial's can reach no other,
 * and working directories.
 *
 *   STORE.objects/EXPERIMENT/TRIAL/HASH
 *   STORE.objects/workdir/HASH
 *   .../HASH.part                         on its way: it is gone on with, or goes with the folder
 *
 * An object is written beside its place, synced, renamed, and its folder synced: it is there whole,
 * or not at all. Two threads may use one folder, as long as only one writes.
 */
#ifndef STORE_OBJECTS_H
#define STORE_OBJECTS_H

#include "base/error.h"

#include <sodium.h>

#include <stdbool.h>
#include <stdint.h>

enum {
    OBJECT_HASH_BYTES = 65, /* hexadecimal, with the terminator */
    OBJECT_ROOT_BYTES = 3900,
    OBJECT_SPARE_BYTES = 64 * 1024 * 1024, /* of the disk, that no object takes ... */
    OBJECT_SPARE_SHARE = 16,               /* ... or this part of a smaller file system */
    OBJECTS_KEPT_MAX = 1024
};

struct object {
    int32_t experiment; /* 0: a working directory */
    int32_t trial;
    char hash[OBJECT_HASH_BYTES];
};

/* object_set: names it; false where `hash` is none. */
bool object_set(struct object *object, int32_t experiment, int32_t trial, const char *hash);

/* object_find: its size. TIDE_NOT_FOUND. */
enum tide_status object_find(const char *root, const struct object *object, int64_t *bytes);

/* object_open: to be read; the descriptor is the caller's. TIDE_NOT_FOUND, TIDE_IO. */
enum tide_status object_open(const char *root, const struct object *object, int *fd,
                             int64_t *bytes);

/* An object on its way. */
struct object_writer {
    const char *root;
    struct object object;
    int fd;         /* -1: none */
    int64_t bytes;  /* of the whole */
    int64_t offset; /* that are there */
    int64_t pushed; /* that were told to go to the disk */
    crypto_generichash_state state;
};

/*
 * object_begin: takes up what is there of it, else starts; room for the whole is reserved. The
 * writer's `offset` says from where on bytes are wanted. TIDE_FULL, TIDE_IO; then there is nothing
 * to end.
 */
enum tide_status object_begin(struct object_writer *writer, const char *root,
                              const struct object *object, int64_t bytes);

/* object_write: the next bytes, at most what is missing. TIDE_FULL, TIDE_IO: nothing of these bytes
 * counts; the writer can go on. */
enum tide_status object_write(struct object_writer *writer, const void *data, size_t bytes);

/* object_finish: all bytes have come: durable and in its place on TIDE_OK. TIDE_INVALID: they have
 * another hash, and are gone. TIDE_FULL, TIDE_IO: it may be begun again. The writer has ended. */
enum tide_status object_finish(struct object_writer *writer);

/* object_abandon: what has come stays for another beginning. */
void object_abandon(struct object_writer *writer);

/* Which files of one folder stay; the others go. */
struct objects_kept {
    char hashes[OBJECTS_KEPT_MAX][OBJECT_HASH_BYTES];
    size_t count;
    bool newest;            /* also the newest of all: word of it may be on its way */
    const char *part;       /* of those on their way only this one; NULL: all of them */
    int64_t younger_than_s; /* also what was changed in the last so many seconds */
};

/* objects_keep: tidies the folder of a trial, or (experiment 0) of the working directories. */
void objects_keep(const char *root, int32_t experiment, int32_t trial,
                  const struct objects_kept *kept);

/* objects_drop: a trial's objects go. */
void objects_drop(const char *root, int32_t experiment, int32_t trial);

struct object_trial {
    int32_t experiment, trial;
};

/* objects_trials: the trials that have a folder, in no order; the list is the caller's to free.
 * Memory that runs out cuts it short. */
size_t objects_trials(const char *root, struct object_trial **list);

#endif
