#include "worker/checkpoint.h"

#include "worker/pack.h"
#include "worker/spawn.h"

#include "base/digest.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char scheme[] = "file:";

void checkpoint_init(struct checkpoint *checkpoint, const struct wire_assign *assign,
                     const char *cluster, const char *folder)
{
    *checkpoint = (struct checkpoint){
        .attempt = assign->attempt, .max_bytes = assign->checkpoint_max_bytes, .out = -1};
    (void)text_copy(checkpoint->folder, sizeof checkpoint->folder, folder);
    if (assign->checkpoint_store[0] == '/') {
        (void)files_path(checkpoint->store, "%s/%s/%" PRId32 ".%" PRId32, assign->checkpoint_store,
                         cluster, assign->attempt.experiment, assign->attempt.trial);
    }
}

/* Of names, sizes, times and numbers of all files; DIGEST_START for an empty folder. */
static uint64_t signature_of(const char *folder)
{
    char top[FILES_PATH_BYTES];
    char *paths[] = {top, NULL};
    uint64_t digest = DIGEST_START;

    (void)text_copy(top, sizeof top, folder);
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL) {
        return digest;
    }
    for (const FTSENT *entry = fts_read(walk); entry != NULL; entry = fts_read(walk)) {
        if (entry->fts_info != FTS_F && entry->fts_info != FTS_SL) {
            continue;
        }
        const struct stat *status = entry->fts_statp;
        digest = digest_bytes(digest, entry->fts_path, entry->fts_pathlen);
        digest = digest_integer(digest, status->st_size);
        digest = digest_integer(digest, status->st_mtim.tv_sec);
        digest = digest_integer(digest, status->st_mtim.tv_nsec);
        digest = digest_integer(digest, (int64_t)status->st_ino);
    }
    (void)fts_close(walk);
    return digest;
}

bool checkpoint_changed(const struct checkpoint *checkpoint)
{
    const uint64_t signature = signature_of(checkpoint->folder);

    return checkpoint->store[0] != '\0' && signature != DIGEST_START &&
           signature != checkpoint->saved_signature;
}

/* --- the process --- */

static enum tide_status begin(struct checkpoint *checkpoint, const char *const *words, int file,
                              struct error *error)
{
    int out[2];

    if (pipe2(out, O_CLOEXEC) != 0) {
        return error_set(error, TIDE_IO, "no pipe: %s", strerror(errno));
    }
    const int fds[SPAWN_FDS] = {out[1], -1, file, -1};
    const enum tide_status status = spawn_self(words, fds, &checkpoint->helper, error);
    (void)close(out[1]);
    if (status != TIDE_OK) {
        (void)close(out[0]);
        return status;
    }
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    checkpoint->out = out[0];
    checkpoint->said_bytes = 0;
    return TIDE_OK;
}

struct user_words {
    char uid[16], gid[16];
};

static void fill_user(const struct checkpoint *checkpoint, struct user_words *words)
{
    *words = (struct user_words){"-", "-"};
    if (checkpoint->has_user) {
        (void)snprintf(words->uid, sizeof words->uid, "%" PRIu32, checkpoint->uid);
        (void)snprintf(words->gid, sizeof words->gid, "%" PRIu32, checkpoint->gid);
    }
}

static enum tide_status open_target(struct checkpoint *checkpoint, int *file, struct error *error)
{
    enum tide_status status = files_folder(checkpoint->store, error);

    if (status != TIDE_OK) {
        return status;
    }
    if (!files_path(checkpoint->path, "%s/%" PRId32 "-%" PRId32 ".tar.zst", checkpoint->store,
                    checkpoint->attempt.number, checkpoint->making.seq) ||
        !files_path(checkpoint->beside, "%s.new", checkpoint->path) ||
        strlen(checkpoint->path) + sizeof scheme > sizeof checkpoint->last.location) {
        return error_set(error, TIDE_INVALID, "the path of the checkpoint store is too long");
    }
    *file = open(checkpoint->beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    return *file >= 0 ? TIDE_OK
                      : error_set(error, TIDE_IO, "%s: %s", checkpoint->beside, strerror(errno));
}

enum tide_status checkpoint_save(struct checkpoint *checkpoint, int64_t step, int64_t now_ms,
                                 struct error *error)
{
    struct user_words user;
    char limit[32];
    int file = -1;

    checkpoint->restoring = false;
    checkpoint->begun_ms = now_ms;
    checkpoint->signature = signature_of(checkpoint->folder);
    checkpoint->making.seq++;
    checkpoint->making.step = step;
    fill_user(checkpoint, &user);
    (void)snprintf(limit, sizeof limit, "%" PRId64, checkpoint->max_bytes);
    const char *const words[] = {
        "tidemill-worker", "--archive", checkpoint->folder, limit, user.uid, user.gid, NULL};
    enum tide_status status = open_target(checkpoint, &file, error);
    if (status == TIDE_OK) {
        status = begin(checkpoint, words, file, error);
        (void)close(file);
    }
    return status;
}

enum tide_status checkpoint_restore(struct checkpoint *checkpoint,
                                    const struct wire_checkpoint *from, struct error *error)
{
    struct user_words user;
    char bytes[32];

    checkpoint->restoring = true;
    if (strncmp(from->location, scheme, sizeof scheme - 1) != 0) {
        return error_set(error, TIDE_NOT_FOUND,
                         "the checkpoint is not where this worker can reach "
                         "it: %.256s",
                         from->location);
    }
    const char *path = from->location + sizeof scheme - 1;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return error_set(error, TIDE_NOT_FOUND, "checkpoint %.256s: %s", path, strerror(errno));
    }
    fill_user(checkpoint, &user);
    (void)snprintf(bytes, sizeof bytes, "%" PRId64, from->bytes);
    const char *const words[] = {"tidemill-worker", "--extract", checkpoint->folder, bytes,
                                 from->hash,        user.uid,    user.gid,           NULL};
    const enum tide_status status = begin(checkpoint, words, file, error);
    (void)close(file);
    return status;
}

/* --- its end --- */

static bool sync_store(const char *store)
{
    const int fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    const bool good = fsync(fd) == 0;
    (void)close(fd);
    return good;
}

static enum checkpoint_event finish_save(struct checkpoint *checkpoint, int64_t now_ms)
{
    struct agent_checkpoint saved = checkpoint->making;
    char hash[WIRE_HASH_HEX + 1];

    if (sscanf(checkpoint->said, "%" SCNd64 " %64s", &saved.bytes, hash) != 2) {
        (void)unlink(checkpoint->beside);
        return CHECKPOINT_DROPPED;
    }
    if (rename(checkpoint->beside, checkpoint->path) != 0 || !sync_store(checkpoint->store)) {
        (void)snprintf(checkpoint->said, sizeof checkpoint->said, "%.400s: %s", checkpoint->path,
                       strerror(errno));
        return CHECKPOINT_DROPPED;
    }
    (void)text_copy(saved.hash, sizeof saved.hash, hash);
    (void)snprintf(saved.location, sizeof saved.location, "%s%.*s", scheme,
                   (int)(sizeof saved.location - sizeof scheme), checkpoint->path);
    checkpoint->last = saved;
    checkpoint->took_ms = now_ms - checkpoint->begun_ms;
    checkpoint->saved_signature = checkpoint->signature;
    return CHECKPOINT_SAVED;
}

/* What it said last tells how it went; its exit status may have gone to whoever reaped it. */
static enum checkpoint_event finish(struct checkpoint *checkpoint, int64_t now_ms)
{
    (void)close(checkpoint->out);
    checkpoint->out = -1;
    checkpoint->said[checkpoint->said_bytes] = '\0';
    checkpoint->said[strcspn(checkpoint->said, "\n")] = '\0';
    if (checkpoint->helper > 0) {
        (void)waitpid(checkpoint->helper, NULL, 0);
        checkpoint->helper = 0;
    }
    if (!checkpoint->restoring) {
        return finish_save(checkpoint, now_ms);
    }
    if (!text_equal(checkpoint->said, PACK_RESTORED)) {
        return CHECKPOINT_BAD;
    }
    checkpoint->saved_signature = signature_of(checkpoint->folder);
    return CHECKPOINT_RESTORED;
}

enum checkpoint_event checkpoint_ready(struct checkpoint *checkpoint, int64_t now_ms)
{
    const size_t room = sizeof checkpoint->said - 1 - checkpoint->said_bytes;
    char rest[256];
    const ssize_t bytes =
        room > 0 ? read(checkpoint->out, checkpoint->said + checkpoint->said_bytes, room)
                 : read(checkpoint->out, rest, sizeof rest);

    if (bytes > 0) {
        checkpoint->said_bytes += room > 0 ? (size_t)bytes : 0;
        return CHECKPOINT_BUSY;
    }
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) {
        return CHECKPOINT_BUSY;
    }
    return finish(checkpoint, now_ms);
}

void checkpoint_abandon(struct checkpoint *checkpoint)
{
    if (checkpoint->out >= 0) {
        if (checkpoint->helper > 0) {
            (void)kill(checkpoint->helper, SIGKILL);
        }
        (void)finish(checkpoint, 0);
    }
}

/* --- what may go --- */

struct saved {
    int32_t number, seq;
};

static int saved_compare(const void *a, const void *b)
{
    const struct saved *left = a;
    const struct saved *right = b;

    if (left->number != right->number) {
        return left->number < right->number ? 1 : -1;
    }
    return left->seq == right->seq ? 0 : left->seq < right->seq ? 1 : -1;
}

void checkpoint_prune(const struct checkpoint *checkpoint, int32_t seq)
{
    struct saved found[256];
    size_t count = 0;
    DIR *directory = checkpoint->store[0] == '\0' ? NULL : opendir(checkpoint->store);

    if (directory == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(directory); entry != NULL && count < 256;
         entry = readdir(directory)) {
        struct saved *saved = &found[count];
        char end[16] = "";
        if (sscanf(entry->d_name, "%" SCNd32 "-%" SCNd32 ".%15s", &saved->number, &saved->seq,
                   end) == 3 &&
            strcmp(end, "tar.zst") == 0 &&
            (saved->number < checkpoint->attempt.number ||
             (saved->number == checkpoint->attempt.number && saved->seq <= seq))) {
            count++;
        }
    }
    (void)closedir(directory);
    qsort(found, count, sizeof *found, saved_compare);
    for (size_t i = CHECKPOINT_KEEP; i < count; i++) {
        char path[FILES_PATH_BYTES];
        if (files_path(path, "%s/%" PRId32 "-%" PRId32 ".tar.zst", checkpoint->store,
                       found[i].number, found[i].seq)) {
            (void)unlink(path);
        }
    }
}
