#include "worker/outbox.h"

#include "base/number.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEEN_LINES_MAX = 4 * AGENT_SEEN_MAX }; /* then the file is begun anew, shorter */

static enum tide_status open_lock(struct outbox *outbox, struct error *error)
{
    char path[FILES_PATH_BYTES];

    if (!files_path(path, "%s/lock", outbox->folder)) {
        return error_set(error, TIDE_INVALID, "the path is too long");
    }
    outbox->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (outbox->lock < 0) {
        return error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
    }
    if (flock(outbox->lock, LOCK_EX | LOCK_NB) != 0) {
        return error_set(error, TIDE_BUSY,
                         "another worker uses %s; give this one a --state folder "
                         "of its own",
                         outbox->folder);
    }
    return TIDE_OK;
}

enum tide_status outbox_open(struct outbox *outbox, const char *state, struct error *error)
{
    char path[FILES_PATH_BYTES];
    size_t bytes = 0;
    struct error ignored;

    *outbox = (struct outbox){.lock = -1, .seen = -1};
    (void)text_copy(outbox->folder, sizeof outbox->folder, state);
    enum tide_status status = files_folder(state, error);
    status = status == TIDE_OK ? open_lock(outbox, error) : status;
    if (status != TIDE_OK) {
        outbox_close(outbox);
        return status;
    }
    char cluster[sizeof outbox->cluster];
    if (files_path(path, "%s/last", outbox->folder) &&
        files_read(path, cluster, sizeof cluster, &bytes, &ignored) == TIDE_OK &&
        bytes == WIRE_ID_HEX) {
        (void)text_copy(outbox->cluster, sizeof outbox->cluster, cluster);
    }
    return TIDE_OK;
}

void outbox_close(struct outbox *outbox)
{
    if (outbox->seen >= 0) {
        (void)close(outbox->seen);
        outbox->seen = -1;
    }
    if (outbox->lock >= 0) {
        (void)close(outbox->lock);
        outbox->lock = -1;
    }
}

static bool seen_path(const struct outbox *outbox, char *path)
{
    return files_path(path, "%s/%s/seen", outbox->folder, outbox->cluster);
}

/* A kill -9 leaves what was written to the kernel; a machine that fails takes with it the ASSIGN
 * that could be repeated. So nothing is synced here. */
static enum tide_status open_seen(struct outbox *outbox, struct error *error)
{
    char path[FILES_PATH_BYTES];

    if (outbox->seen >= 0) {
        (void)close(outbox->seen);
    }
    (void)seen_path(outbox, path);
    outbox->seen = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return outbox->seen >= 0 ? TIDE_OK : error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
}

enum tide_status outbox_enter(struct outbox *outbox, const char *cluster, int64_t incarnation,
                              struct error *error)
{
    char folder[FILES_PATH_BYTES];
    char text[32];

    if (!files_path(folder, "%s/%s/outbox", outbox->folder, cluster)) {
        return error_set(error, TIDE_INVALID, "the path is too long");
    }
    enum tide_status status = files_folder(folder, error);
    if (status == TIDE_OK && !text_equal(outbox->cluster, cluster)) {
        status = files_write(outbox->folder, "last", cluster, strlen(cluster), error);
    }
    (void)text_copy(outbox->cluster, sizeof outbox->cluster, cluster);
    if (status == TIDE_OK && outbox_incarnation(outbox) != incarnation) {
        (void)files_path(folder, "%s/%s", outbox->folder, cluster);
        const int bytes = snprintf(text, sizeof text, "%" PRId64, incarnation);
        status = files_write(folder, "incarnation", text, (size_t)bytes, error);
    }
    return status == TIDE_OK ? open_seen(outbox, error) : status;
}

int64_t outbox_incarnation(const struct outbox *outbox)
{
    char path[FILES_PATH_BYTES];
    char text[32];
    size_t bytes = 0;
    int64_t incarnation = 0;
    struct error ignored;

    if (outbox->cluster[0] == '\0' ||
        !files_path(path, "%s/%s/incarnation", outbox->folder, outbox->cluster) ||
        files_read(path, text, sizeof text, &bytes, &ignored) != TIDE_OK ||
        !number_parse_integer(text, &incarnation)) {
        return 0;
    }
    return incarnation;
}

/* The file only grows by a line an attempt; now and then its younger half becomes a new one. */
static void shorten_seen(struct outbox *outbox)
{
    char path[FILES_PATH_BYTES];
    char beside[FILES_PATH_BYTES];
    char line[128];
    size_t at = 0;

    if (!seen_path(outbox, path) || !files_path(beside, "%s.new", path)) {
        return;
    }
    FILE *from = fopen(path, "re");
    FILE *to = fopen(beside, "we");
    while (from != NULL && to != NULL && fgets(line, sizeof line, from) != NULL) {
        if (at++ >= outbox->seen_lines / 2) {
            (void)fputs(line, to);
        }
    }
    const bool good = to != NULL && ferror(to) == 0;
    if (from != NULL) {
        (void)fclose(from);
    }
    if (to != NULL && fclose(to) == 0 && good) {
        (void)rename(beside, path);
    }
    outbox->seen_lines /= 2;
}

enum tide_status outbox_remember(struct outbox *outbox, struct wire_attempt attempt,
                                 struct error *error)
{
    char line[128];
    const int bytes = snprintf(line, sizeof line, "%" PRId32 " %" PRId32 " %" PRId32 "\n",
                               attempt.experiment, attempt.trial, attempt.number);

    if (outbox->seen_lines >= SEEN_LINES_MAX) {
        shorten_seen(outbox);
        const enum tide_status status = open_seen(outbox, error);
        if (status != TIDE_OK) {
            return status;
        }
    }
    if (write(outbox->seen, line, (size_t)bytes) != bytes) {
        return error_set(error, TIDE_IO, "%s: %s", outbox->folder, strerror(errno));
    }
    outbox->seen_lines++;
    return TIDE_OK;
}

/* --- results --- */

static bool entry_name(struct wire_attempt attempt, const char *suffix, char *name, size_t bytes)
{
    return snprintf(name, bytes, "%" PRId32 ".%" PRId32 ".%" PRId32 "%s", attempt.experiment,
                    attempt.trial, attempt.number, suffix) < (int)bytes;
}

static bool entry_path(const struct outbox *outbox, struct wire_attempt attempt, const char *suffix,
                       char *path)
{
    char name[64];

    return entry_name(attempt, suffix, name, sizeof name) &&
           files_path(path, "%s/%s/outbox/%s", outbox->folder, outbox->cluster, name);
}

static enum tide_status store_frame(const struct outbox *outbox, const struct wire_message *message,
                                    struct wire_attempt attempt, const char *suffix,
                                    struct error *error)
{
    char folder[FILES_PATH_BYTES];
    char name[64];
    size_t bytes = 0;
    char *frame = malloc(WIRE_FRAME_BYTES);

    if (frame == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "no memory for a result");
    }
    enum tide_status status = wire_encode(message, frame, &bytes);
    if (status != TIDE_OK || !entry_name(attempt, suffix, name, sizeof name) ||
        !files_path(folder, "%s/%s/outbox", outbox->folder, message->cluster)) {
        status = error_set(error, TIDE_INVALID, "a result that cannot be encoded: %s",
                           tide_status_text(status));
    } else {
        status = files_write(folder, name, frame, bytes, error);
    }
    free(frame);
    return status;
}

enum tide_status outbox_store(struct outbox *outbox, const struct wire_message *result,
                              const struct wire_message *checkpoint, struct error *error)
{
    enum tide_status status = TIDE_OK;

    if (checkpoint != NULL) {
        status = store_frame(outbox, checkpoint, result->result.attempt, ".ckpt", error);
    }
    return status == TIDE_OK ? store_frame(outbox, result, result->result.attempt, "", error)
                             : status;
}

static enum tide_status load_frame(const char *path, enum wire_type type,
                                   struct wire_message *message, struct error *error)
{
    char why[128];
    size_t bytes = 0;
    char *frame = malloc(WIRE_FRAME_BYTES + 1);

    if (frame == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "no memory for a result");
    }
    enum tide_status status = files_read(path, frame, WIRE_FRAME_BYTES + 1, &bytes, error);
    if (status == TIDE_OK) {
        status = wire_decode(frame, bytes, message, why, sizeof why);
        if (status != TIDE_OK) {
            (void)error_set(error, status, "%s: %s", path, why);
        } else if (message->type != type) {
            wire_message_fini(message);
            status = error_set(error, TIDE_INVALID, "%s is no %s", path, wire_type_text(type));
        }
    }
    free(frame);
    return status;
}

enum tide_status outbox_result(const struct outbox *outbox, struct wire_attempt attempt,
                               struct wire_message *message, struct error *error)
{
    char path[FILES_PATH_BYTES];

    if (!entry_path(outbox, attempt, "", path)) {
        return error_set(error, TIDE_INVALID, "the path is too long");
    }
    return load_frame(path, WIRE_RESULT, message, error);
}

static void remove_entry(const struct outbox *outbox, struct wire_attempt attempt,
                         const char *suffix)
{
    char path[FILES_PATH_BYTES];

    if (entry_path(outbox, attempt, suffix, path)) {
        (void)unlink(path);
    }
}

void outbox_settled(const struct outbox *outbox, struct wire_attempt attempt)
{
    remove_entry(outbox, attempt, ".ckpt");
}

void outbox_forget(const struct outbox *outbox, struct wire_attempt attempt)
{
    remove_entry(outbox, attempt, ".ckpt");
    remove_entry(outbox, attempt, "");
}

/* --- loading --- */

static bool load_seen(struct outbox_cursor *cursor, struct agent_event *event)
{
    struct wire_attempt *attempt = &event->attempt;
    char line[128];

    while (cursor->lines != NULL && fgets(line, sizeof line, cursor->lines) != NULL) {
        if (sscanf(line, "%" SCNd32 " %" SCNd32 " %" SCNd32, &attempt->experiment, &attempt->trial,
                   &attempt->number) == 3) {
            event->kind = AGENT_SAW_REMEMBERED;
            return true;
        }
    }
    if (cursor->lines != NULL) {
        (void)fclose(cursor->lines);
        cursor->lines = NULL;
    }
    return false;
}

/* The checkpoint that stands beside a stored result; seq 0 where none does. */
static void load_checkpoint(const struct outbox *outbox, struct agent_event *event)
{
    char path[FILES_PATH_BYTES];
    struct wire_message *message = calloc(1, sizeof *message);
    struct error ignored;

    event->checkpoint = (struct agent_checkpoint){0};
    if (message != NULL && entry_path(outbox, event->attempt, ".ckpt", path) &&
        load_frame(path, WIRE_CKPT, message, &ignored) == TIDE_OK) {
        const struct wire_checkpoint *from = &message->ckpt.checkpoint;
        event->checkpoint =
            (struct agent_checkpoint){.seq = from->seq, .step = from->step, .bytes = from->bytes};
        (void)text_copy(event->checkpoint.hash, sizeof event->checkpoint.hash, from->hash);
        (void)text_copy(event->checkpoint.location, sizeof event->checkpoint.location,
                        from->location);
        wire_message_fini(message);
    }
    free(message);
}

static bool entry_parse(const char *name, struct wire_attempt *attempt)
{
    char again[64];

    return sscanf(name, "%" SCNd32 ".%" SCNd32 ".%" SCNd32, &attempt->experiment, &attempt->trial,
                  &attempt->number) == 3 &&
           entry_name(*attempt, "", again, sizeof again) && strcmp(again, name) == 0;
}

static bool is_readable(const struct outbox *outbox, struct wire_attempt attempt)
{
    struct wire_message *message = calloc(1, sizeof *message);
    struct error ignored;
    const bool good =
        message != NULL && outbox_result(outbox, attempt, message, &ignored) == TIDE_OK;

    if (good) {
        wire_message_fini(message);
    }
    free(message);
    return good;
}

static bool load_owed(const struct outbox *outbox, struct outbox_cursor *cursor,
                      struct agent_event *event)
{
    for (const struct dirent *entry = cursor->entries == NULL ? NULL : readdir(cursor->entries);
         entry != NULL; entry = readdir(cursor->entries)) {
        if (entry_parse(entry->d_name, &event->attempt) && is_readable(outbox, event->attempt)) {
            event->kind = AGENT_SAW_OWED;
            load_checkpoint(outbox, event);
            return true;
        }
    }
    if (cursor->entries != NULL) {
        (void)closedir(cursor->entries);
        cursor->entries = NULL;
    }
    return false;
}

bool outbox_load(const struct outbox *outbox, struct outbox_cursor *cursor,
                 struct agent_event *event)
{
    char path[FILES_PATH_BYTES];

    if (!cursor->begun) {
        *cursor = (struct outbox_cursor){.begun = true};
        if (outbox->cluster[0] != '\0' && seen_path(outbox, path)) {
            cursor->lines = fopen(path, "re");
        }
        if (outbox->cluster[0] != '\0' &&
            files_path(path, "%s/%s/outbox", outbox->folder, outbox->cluster)) {
            cursor->entries = opendir(path);
        }
    }
    return load_seen(cursor, event) || load_owed(outbox, cursor, event);
}

bool outbox_empty(const struct outbox *outbox)
{
    struct outbox_cursor cursor = {0};
    struct agent_event event = {0};
    bool empty = true;

    while (outbox_load(outbox, &cursor, &event)) {
        empty = empty && event.kind != AGENT_SAW_OWED;
    }
    return empty;
}
