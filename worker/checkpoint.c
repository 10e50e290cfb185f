#include "worker/checkpoint.h"

#include "worker/pack.h"

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

enum { KEEP_UNSAID = 2 /* where the ASSIGN says nothing */ };

static const char scheme[] = "file:";
static const char coordinator[] = "coordinator:";

void checkpoint_init(struct checkpoint *checkpoint, const struct wire_assign *assign,
                     const char *cluster, const char *folder, const struct key_access *way,
                     const char *scratch)
{
    *checkpoint = (struct checkpoint){.attempt = assign->attempt,
                                      .max_bytes = assign->checkpoint_max_bytes,
                                      .keep = assign->checkpoint_keep,
                                      .from_attempt = assign->checkpoint.attempt_number,
                                      .from_seq = assign->checkpoint.seq,
                                      .way = way,
                                      .scratch = scratch,
                                      .file = -1};
    helper_init(&checkpoint->helper);
    (void)text_copy(checkpoint->folder, sizeof checkpoint->folder, folder);
    if (assign->checkpoint_store[0] == '/') {
        (void)files_path(checkpoint->store, "%s/%s/%" PRId32 ".%" PRId32, assign->checkpoint_store,
                         cluster, assign->attempt.experiment, assign->attempt.trial);
    }
}

/* Whether there is anywhere to save to. */
static bool has_store(const struct checkpoint *checkpoint)
{
    return checkpoint->store[0] != '\0' || checkpoint->way->endpoint[0] != '\0';
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

    return has_store(checkpoint) && signature != DIGEST_START &&
           signature != checkpoint->saved_signature;
}

/* --- the process --- */

static enum tide_status begin(struct checkpoint *checkpoint, enum checkpoint_stage stage,
                              const char *const *words, struct error *error)
{
    checkpoint->stage = stage;
    return helper_begin(&checkpoint->helper, words, checkpoint->file, error);
}

static enum tide_status begin_carry(struct checkpoint *checkpoint, enum checkpoint_stage stage,
                                    const struct agent_checkpoint *what, struct error *error)
{
    struct carry_order order = {.fetch = stage == CHECKPOINT_FETCHES,
                                .object = OBJECT_CHECKPOINT,
                                .attempt = checkpoint->attempt,
                                .bytes = what->bytes};

    (void)text_copy(order.hash, sizeof order.hash, what->hash);
    checkpoint->stage = stage;
    return helper_carry(&checkpoint->helper, &order, checkpoint->way, checkpoint->file, error);
}

static void close_file(struct checkpoint *checkpoint)
{
    if (checkpoint->file >= 0) {
        (void)close(checkpoint->file);
        checkpoint->file = -1;
    }
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

static enum tide_status open_shared(struct checkpoint *checkpoint, struct error *error)
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
    checkpoint->file =
        open(checkpoint->beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    return checkpoint->file >= 0
               ? TIDE_OK
               : error_set(error, TIDE_IO, "%s: %s", checkpoint->beside, strerror(errno));
}

enum tide_status checkpoint_save(struct checkpoint *checkpoint, int64_t step, int64_t now_ms,
                                 struct error *error)
{
    struct user_words user;
    char limit[32];

    checkpoint->begun_ms = now_ms;
    checkpoint->signature = signature_of(checkpoint->folder);
    checkpoint->making.seq++;
    checkpoint->making.step = step;
    fill_user(checkpoint, &user);
    (void)snprintf(limit, sizeof limit, "%" PRId64, checkpoint->max_bytes);
    const char *const words[] = {
        "tidemill-worker", "--archive", checkpoint->folder, limit, user.uid, user.gid, NULL};
    enum tide_status status = checkpoint->store[0] == '\0'
                                  ? files_nameless(checkpoint->scratch, &checkpoint->file, error)
                                  : open_shared(checkpoint, error);
    if (status == TIDE_OK) {
        status = begin(checkpoint, CHECKPOINT_ARCHIVES, words, error);
    }
    if (status != TIDE_OK || checkpoint->store[0] != '\0') {
        close_file(checkpoint);
    }
    return status;
}

static enum tide_status extract(struct checkpoint *checkpoint, struct error *error)
{
    struct user_words user;
    char limit[32];
    char bytes[32];

    fill_user(checkpoint, &user);
    (void)snprintf(limit, sizeof limit, "%" PRId64, checkpoint->max_bytes);
    (void)snprintf(bytes, sizeof bytes, "%" PRId64, checkpoint->from.bytes);
    const char *const words[] = {
        "tidemill-worker",     "--extract", checkpoint->folder, limit, bytes,
        checkpoint->from.hash, user.uid,    user.gid,           NULL};
    const enum tide_status status = begin(checkpoint, CHECKPOINT_EXTRACTS, words, error);
    close_file(checkpoint);
    return status;
}

static enum tide_status fetch(struct checkpoint *checkpoint, struct error *error)
{
    enum tide_status status = TIDE_OK;

    if (checkpoint->way->endpoint[0] == '\0') {
        return error_set(error, TIDE_UNREACHABLE, "the coordinator moves no files");
    }
    status = files_nameless(checkpoint->scratch, &checkpoint->file, error);
    return status == TIDE_OK ? begin_carry(checkpoint, CHECKPOINT_FETCHES, &checkpoint->from, error)
                             : status;
}

enum tide_status checkpoint_restore(struct checkpoint *checkpoint,
                                    const struct agent_checkpoint *from, struct error *error)
{
    checkpoint->from = *from;
    if (text_equal(from->location, coordinator)) {
        return fetch(checkpoint, error);
    }
    if (strncmp(from->location, scheme, sizeof scheme - 1) != 0) {
        return error_set(error, TIDE_NOT_FOUND,
                         "the checkpoint is not where this worker can reach "
                         "it: %.256s",
                         from->location);
    }
    const char *path = from->location + sizeof scheme - 1;
    checkpoint->file = open(path, O_RDONLY | O_CLOEXEC);
    if (checkpoint->file < 0) {
        return error_set(error, TIDE_NOT_FOUND, "checkpoint %.256s: %s", path, strerror(errno));
    }
    return extract(checkpoint, error);
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

/* What is durable now, and where. */
static enum checkpoint_event saved(struct checkpoint *checkpoint, const char *place,
                                   const char *path, int64_t now_ms)
{
    struct agent_checkpoint *making = &checkpoint->making;

    (void)snprintf(making->location, sizeof making->location, "%s%.*s", place,
                   (int)(sizeof making->location - sizeof coordinator), path);
    checkpoint->last = *making;
    checkpoint->took_ms = now_ms - checkpoint->begun_ms;
    checkpoint->saved_signature = checkpoint->signature;
    return CHECKPOINT_SAVED;
}

static enum checkpoint_event failed(struct checkpoint *checkpoint, enum checkpoint_event event,
                                    const char *why)
{
    if (why != checkpoint->helper.said) {
        char text[HELPER_SAID_BYTES]; /* it may be a part of what was said */
        (void)text_copy(text, sizeof text, why);
        (void)text_copy(checkpoint->helper.said, sizeof checkpoint->helper.said, text);
    }
    close_file(checkpoint);
    return event;
}

static enum checkpoint_event archived(struct checkpoint *checkpoint, int64_t now_ms)
{
    struct agent_checkpoint *making = &checkpoint->making;
    struct error error;

    if (sscanf(checkpoint->helper.said, "%" SCNd64 " %64s", &making->bytes, making->hash) != 2) {
        if (checkpoint->store[0] != '\0') {
            (void)unlink(checkpoint->beside);
        }
        return failed(checkpoint, CHECKPOINT_DROPPED, checkpoint->helper.said);
    }
    if (checkpoint->store[0] == '\0') {
        return begin_carry(checkpoint, CHECKPOINT_STORES, making, &error) == TIDE_OK
                   ? CHECKPOINT_BUSY
                   : failed(checkpoint, CHECKPOINT_DROPPED, error.text);
    }
    if (rename(checkpoint->beside, checkpoint->path) != 0 || !sync_store(checkpoint->store)) {
        (void)snprintf(checkpoint->helper.said, sizeof checkpoint->helper.said, "%.400s: %s",
                       checkpoint->path, strerror(errno));
        return CHECKPOINT_DROPPED;
    }
    return saved(checkpoint, scheme, checkpoint->path, now_ms);
}

static enum checkpoint_event stored(struct checkpoint *checkpoint, int64_t now_ms)
{
    const char *why = NULL;

    if (carry_status(checkpoint->helper.said, &why) != TIDE_OK) {
        return failed(checkpoint, CHECKPOINT_DROPPED, why);
    }
    close_file(checkpoint);
    return saved(checkpoint, coordinator, "", now_ms);
}

static enum checkpoint_event fetched(struct checkpoint *checkpoint)
{
    const char *why = NULL;
    struct error error;
    const enum tide_status status = carry_status(checkpoint->helper.said, &why);

    if (status != TIDE_OK) {
        return failed(checkpoint, status == TIDE_NOT_FOUND ? CHECKPOINT_BAD : CHECKPOINT_LOST_WAY,
                      why);
    }
    return extract(checkpoint, &error) == TIDE_OK
               ? CHECKPOINT_BUSY
               : failed(checkpoint, CHECKPOINT_LOST_WAY, error.text);
}

static enum checkpoint_event extracted(struct checkpoint *checkpoint)
{
    const char *said = checkpoint->helper.said;
    const size_t bad = sizeof PACK_BAD - 1;

    if (strncmp(said, PACK_BAD, bad) == 0) {
        return failed(checkpoint, CHECKPOINT_BAD, said + bad);
    }
    if (!text_equal(said, PACK_RESTORED)) { /* this machine's fault: its disk is full, say */
        return failed(checkpoint, CHECKPOINT_LOST_WAY, said);
    }
    checkpoint->saved_signature = signature_of(checkpoint->folder);
    return CHECKPOINT_RESTORED;
}

static enum checkpoint_event finish(struct checkpoint *checkpoint, int64_t now_ms)
{
    switch (checkpoint->stage) {
    case CHECKPOINT_ARCHIVES:
        return archived(checkpoint, now_ms);
    case CHECKPOINT_STORES:
        return stored(checkpoint, now_ms);
    case CHECKPOINT_FETCHES:
        return fetched(checkpoint);
    case CHECKPOINT_EXTRACTS:
        return extracted(checkpoint);
    }
    return CHECKPOINT_BUSY;
}

enum checkpoint_event checkpoint_ready(struct checkpoint *checkpoint, int64_t now_ms)
{
    return helper_ended(&checkpoint->helper) ? finish(checkpoint, now_ms) : CHECKPOINT_BUSY;
}

void checkpoint_abandon(struct checkpoint *checkpoint)
{
    if (checkpoint->helper.out >= 0) {
        helper_kill(&checkpoint->helper);
        if (checkpoint->stage == CHECKPOINT_ARCHIVES && checkpoint->store[0] != '\0') {
            (void)unlink(checkpoint->beside);
        }
    }
    close_file(checkpoint);
}

/* --- what may go --- */

struct saved {
    int32_t number, seq;
};

static bool saved_after(const struct saved *saved, int32_t number, int32_t seq)
{
    return saved->number > number || (saved->number == number && saved->seq > seq);
}

static void remove_saved(const struct checkpoint *checkpoint, const struct saved *saved)
{
    char path[FILES_PATH_BYTES];

    if (files_path(path, "%s/%" PRId32 "-%" PRId32 ".tar.zst", checkpoint->store, saved->number,
                   saved->seq)) {
        (void)unlink(path);
    }
}

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
            strcmp(end, "tar.zst") == 0 && !saved_after(saved, checkpoint->attempt.number, seq)) {
            /* What earlier attempts saved after this one's beginning was never recorded, or could
             * not be loaded: it is none of those that are kept. */
            if (saved->number < checkpoint->attempt.number &&
                saved_after(saved, checkpoint->from_attempt, checkpoint->from_seq)) {
                remove_saved(checkpoint, saved);
            } else {
                count++;
            }
        }
    }
    (void)closedir(directory);
    qsort(found, count, sizeof *found, saved_compare);
    const size_t keep = checkpoint->keep > 0 ? (size_t)checkpoint->keep : KEEP_UNSAID;
    for (size_t i = keep; i < count; i++) {
        remove_saved(checkpoint, &found[i]);
    }
}
