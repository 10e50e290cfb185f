/*
 * claims: who may store and fetch which objects, and which of them are still named by somebody. A
 * hash opens nothing: a worker reaches the checkpoints of a trial, and the working directory of its
 * experiment, as long as it holds that trial's newest attempt.
 */
#include "loop/inside.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"
#include "spec/origin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNNAMED_S = 24 * 3600 /* a working directory whose experiment may still come */ };

_Static_assert((int)OBJECTS_KEPT_MAX >= (int)EXPERIMENTS_MAX,
               "the working directory of each stays");

struct submission submission_begin(struct spec *spec, const char *origin)
{
    struct submission submission = {.spec = spec, .workdir = strdup(origin)};

    (void)origin_hash(origin, submission.workdir_hash);
    return submission;
}

static bool refuse(struct bulk_answer *answer, const char *why)
{
    (void)text_copy(answer->why, sizeof answer->why, why);
    return false;
}

static bool operator_may(const struct bulk_question *question, struct bulk_answer *answer)
{
    answer->max_bytes = WIRE_WORKDIR_BYTES_MAX;
    return (question->store && question->kind == OBJECT_WORKDIR &&
            question->attempt.experiment == 0) ||
           refuse(answer, "an operator stores working directories, nothing else");
}

static bool worker_may(const struct coordinator *coordinator, const struct bulk_question *question,
                       struct bulk_answer *answer)
{
    const struct wire_attempt attempt = question->attempt;
    const int32_t worker = roster_find(&coordinator->roster, question->peer.name);

    if (worker == 0 || !core_holds(coordinator->core, worker, attempt)) {
        (void)snprintf(answer->why, sizeof answer->why,
                       "attempt %" PRId32 " of %" PRId32 ".%" PRId32 " is not this worker's",
                       attempt.number, attempt.experiment, attempt.trial);
        return false;
    }
    const struct submission *submission = &coordinator->submissions[attempt.experiment];
    answer->max_bytes = submission->spec->checkpoint.max_bytes;
    if (question->kind == OBJECT_CHECKPOINT) {
        return true;
    }
    return (!question->store && text_equal(submission->workdir_hash, question->hash)) ||
           refuse(answer, "it is not the working directory of this experiment");
}

void claims_answer(struct coordinator *coordinator)
{
    struct bulk_question question;

    while (bulk_asked(coordinator->bulk, &question)) {
        struct bulk_answer answer = {.id = question.id};
        answer.allowed = question.peer.role == KEY_OPERATOR
                             ? operator_may(&question, &answer)
                             : worker_may(coordinator, &question, &answer);
        if (answer.allowed && question.store && question.kind == OBJECT_CHECKPOINT) {
            claims_tidy(coordinator, question.attempt.experiment, question.attempt.trial,
                        question.hash);
        }
        bulk_answer(coordinator->bulk, &answer);
    }
}

bool claims_has_workdir(const struct coordinator *coordinator, const char *origin)
{
    char hash[WIRE_HASH_HEX + 1];
    struct object object;
    int64_t bytes = 0;

    return !origin_hash(origin, hash) ||
           (object_set(&object, 0, 0, hash) &&
            object_find(coordinator->objects, &object, &bytes) == TIDE_OK);
}

/* All of the file into the object that was begun. */
static enum tide_status copy_into(struct object_writer *writer, int fd)
{
    static char block[WIRE_CHUNK_BYTES];
    enum tide_status status = TIDE_OK;

    while (status == TIDE_OK && writer->offset < writer->bytes) {
        const int64_t left = writer->bytes - writer->offset;
        const ssize_t taken = pread(
            fd, block, left < (int64_t)sizeof block ? (size_t)left : sizeof block, writer->offset);
        status = taken > 0 ? object_write(writer, block, (size_t)taken) : TIDE_IO;
    }
    return status;
}

enum tide_status coordinator_keep_workdir(struct coordinator *coordinator, int fd, int64_t bytes,
                                          const char *hash, struct error *error)
{
    struct object_writer writer;
    struct object object;
    int64_t there = 0;
    const bool named = object_set(&object, 0, 0, hash);

    ASSERT(named);
    if (object_find(coordinator->objects, &object, &there) == TIDE_OK && there == bytes) {
        return TIDE_OK;
    }
    enum tide_status status = object_begin(&writer, coordinator->objects, &object, bytes);
    if (status == TIDE_OK) {
        status = copy_into(&writer, fd);
        if (status == TIDE_OK) {
            status = object_finish(&writer);
        } else {
            object_abandon(&writer);
        }
    }
    return status == TIDE_OK ? TIDE_OK
                             : error_set(error, status, "the workdir cannot be kept in %s: %s",
                                         coordinator->objects, tide_status_text(status));
}

bool claims_hold(const struct coordinator *coordinator, const struct wire_ckpt *ckpt)
{
    struct object object;
    int64_t bytes = 0;

    return object_set(&object, ckpt->attempt.experiment, ckpt->attempt.trial,
                      ckpt->checkpoint.hash) &&
           object_find(coordinator->objects, &object, &bytes) == TIDE_OK &&
           bytes == ckpt->checkpoint.bytes;
}

bool claims_carried(const struct coordinator *coordinator, int32_t experiment)
{
    return coordinator->checkpoints[0] == '\0' &&
           coordinator->submissions[experiment].spec->checkpoint.path == NULL;
}

void claims_drop(const struct coordinator *coordinator, const struct trial_row *row)
{
    if (claims_carried(coordinator, row->experiment) && row->state != TRIAL_BURIED) {
        objects_drop(coordinator->objects, row->experiment, row->number);
    }
}

/* --- what may go --- */

static void keep_pointer(struct coordinator *coordinator, const struct trial_row *row,
                         const struct checkpoint_pointer *pointer, struct objects_kept *kept)
{
    const struct wire_attempt attempt = {row->experiment, row->number, pointer->attempt};
    struct store_checkpoint checkpoint;
    struct error ignored;

    if (pointer->attempt > 0 && kept->count < OBJECTS_KEPT_MAX &&
        store_checkpoint(coordinator->store, &attempt, pointer->seq, &checkpoint, &ignored) ==
            TIDE_OK) {
        (void)text_copy(kept->hashes[kept->count], OBJECT_HASH_BYTES, checkpoint.hash);
        kept->count++;
    }
}

void claims_tidy(struct coordinator *coordinator, int32_t experiment, int32_t trial,
                 const char *coming)
{
    static struct objects_kept kept; /* large; one thread */

    if (coordinator->retry_steady_ms != 0) {
        return; /* what is decided and not in the store yet names objects, too */
    }
    const struct trial_row *row = core_trial(coordinator->core, experiment, trial);
    const int64_t keep = coordinator->submissions[experiment].spec->checkpoint.keep;

    kept = (struct objects_kept){.newest = true, .part = coming};
    kept.count = store_chain(coordinator->store, experiment, trial, kept.hashes, (size_t)keep);
    keep_pointer(coordinator, row, &row->checkpoint, &kept);
    objects_keep(coordinator->objects, experiment, trial, &kept);
}

/* What a trial that has ended kept; one that is buried may be dug up again. */
static bool is_over(const struct trial_row *row)
{
    return row->state != TRIAL_QUEUED && row->state != TRIAL_RUNNING &&
           row->state != TRIAL_PAUSED && row->state != TRIAL_BURIED;
}

static void workdirs_tidy(const struct coordinator *coordinator)
{
    struct objects_kept *kept = calloc(1, sizeof *kept);

    for (int32_t id = coordinator->experiment_count; kept != NULL && id >= 1; id--) {
        const char *hash = coordinator->submissions[id].workdir_hash;
        if (hash[0] != '\0' && kept->count < OBJECTS_KEPT_MAX) {
            (void)text_copy(kept->hashes[kept->count++], OBJECT_HASH_BYTES, hash);
        }
    }
    if (kept != NULL) {
        kept->younger_than_s = UNNAMED_S;
        kept->part = "";
        objects_keep(coordinator->objects, 0, 0, kept);
    }
    free(kept);
}

void claims_begin(struct coordinator *coordinator)
{
    struct object_trial *trials = NULL;
    const size_t count = objects_trials(coordinator->objects, &trials);

    for (size_t i = 0; i < count; i++) {
        const struct trial_row *row =
            core_trial(coordinator->core, trials[i].experiment, trials[i].trial);
        if (row == NULL || is_over(row)) {
            objects_drop(coordinator->objects, trials[i].experiment, trials[i].trial);
        } else {
            claims_tidy(coordinator, trials[i].experiment, trials[i].trial, NULL);
        }
    }
    free(trials);
    workdirs_tidy(coordinator);
}
