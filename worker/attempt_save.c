/* What an attempt finds when it starts, its copy of the workdir and its checkpoint, and how its
 * checkpoints are saved while it runs and after. */
#include "worker/attempt.h"
#include "worker/attempt_parts.h"
#include "worker/copy.h"
#include "worker/files.h"

#include "base/log.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

/* For tm.checkpoint(step), which waits for it. */
static void answer(const struct attempt *attempt, int64_t step, bool saved)
{
    char text[64];

    (void)snprintf(text, sizeof text, "{\"step\":%" PRId64 ",\"saved\":%s}\n", step,
                   saved ? "true" : "false");
    files_show(attempt->folder, "report.saved", text);
}

static void not_saved(const struct attempt *attempt, const char *why)
{
    log_line(LOG_WARNING, "checkpoint_dropped", "trial=%" PRId32 ".%" PRId32 " why=\"%s\"",
             attempt->id.experiment, attempt->id.trial, why);
}

static bool save(struct attempt *attempt, int64_t step, int64_t now_ms)
{
    struct error error;

    if (checkpoint_save(&attempt->checkpoint, step, now_ms, &error) != TIDE_OK) {
        not_saved(attempt, error.text);
        answer(attempt, step, false);
        return false;
    }
    attempt->fds[ATTEMPT_HELPER] = attempt->checkpoint.helper.out;
    return true;
}

static void save_asked(struct attempt *attempt, int64_t now_ms)
{
    attempt->checkpoint_asked = false;
    if (checkpoint_changed(&attempt->checkpoint)) {
        (void)save(attempt, attempt->checkpoint_step, now_ms);
    } else {
        answer(attempt, attempt->checkpoint_step, attempt->checkpoint.last.hash[0] != '\0');
    }
}

void attempt_asks(struct attempt *attempt, int64_t step, int64_t now_ms)
{
    attempt->checkpoint_step = step;
    attempt->checkpoint_asked = true;
    if (attempt->checkpoint.helper.out < 0) {
        save_asked(attempt, now_ms);
    }
}

/* Whether another attempt may go on from here: what is completed at a rung may be promoted. */
static bool may_go_on(const struct attempt *attempt, enum wire_outcome outcome)
{
    return outcome == OUTCOME_LEFT || outcome == OUTCOME_FAILED ||
           (outcome == OUTCOME_COMPLETED && attempt->rung);
}

bool attempt_save_last(struct attempt *attempt, int64_t now_ms)
{
    const enum wire_outcome outcome = verdict_of(&attempt->facts).outcome;

    if (!may_go_on(attempt, outcome)) { /* a result waits for nothing that nobody needs */
        checkpoint_abandon(&attempt->checkpoint);
        attempt->fds[ATTEMPT_HELPER] = -1;
        return false;
    }
    if (attempt->checkpoint.helper.out >= 0) {
        return true; /* the one before the last is still being saved */
    }
    if (!attempt->ran || attempt->facts.not_started != CAUSE_NONE ||
        !checkpoint_changed(&attempt->checkpoint)) {
        return false;
    }
    const int64_t step = attempt->checkpoint_step >= 0 ? attempt->checkpoint_step : attempt->step;
    return save(attempt, step >= 0 ? step : 0, now_ms);
}

static void start(struct attempt *attempt, int64_t now_ms)
{
    struct error error;

    if (attempt_spawn(attempt, &error) != TIDE_OK) {
        attempt_not_started(attempt, CAUSE_WORKER, error.text, now_ms);
    }
}

void attempt_restore(struct attempt *attempt, int64_t now_ms)
{
    struct error error;

    if (attempt->from_attempt == 0) {
        start(attempt, now_ms);
        return;
    }
    attempt->state = ATTEMPT_RESTORING;
    const enum tide_status status =
        checkpoint_restore(&attempt->checkpoint, &attempt->from, &error);
    if (status != TIDE_OK) {
        attempt_not_started(attempt, status == TIDE_NOT_FOUND ? CAUSE_BAD_CHECKPOINT : CAUSE_WORKER,
                            error.text, now_ms);
        return;
    }
    attempt->fds[ATTEMPT_HELPER] = attempt->checkpoint.helper.out;
}

/* --- the workdir --- */

void attempt_prepared(struct attempt *attempt, const char *tree, int64_t now_ms)
{
    const struct checkpoint *user = &attempt->checkpoint;
    struct error error;
    char own[FILES_PATH_BYTES];
    char uid[16] = "-";
    char gid[16] = "-";

    (void)files_path(own, "%s/work", attempt->folder);
    if (user->has_user) {
        (void)snprintf(uid, sizeof uid, "%" PRIu32, user->uid);
        (void)snprintf(gid, sizeof gid, "%" PRIu32, user->gid);
    }
    const char *const words[] = {"tidemill-worker", "--copy", tree, own, uid, gid, NULL};
    if (helper_begin(&attempt->copying, words, -1, &error) != TIDE_OK) {
        attempt_not_started(attempt, CAUSE_WORKER, error.text, now_ms);
    }
    attempt->fds[ATTEMPT_HELPER] = attempt->copying.out;
}

void attempt_unprepared(struct attempt *attempt, enum wire_cause cause, const char *why,
                        int64_t now_ms)
{
    attempt_not_started(attempt, cause, why, now_ms);
}

static void copied(struct attempt *attempt, int64_t now_ms)
{
    if (!helper_ended(&attempt->copying)) {
        return;
    }
    attempt->fds[ATTEMPT_HELPER] = -1;
    if (text_equal(attempt->copying.said, COPY_DONE)) {
        attempt_restore(attempt, now_ms);
    } else {
        attempt_not_started(attempt, CAUSE_WORKER, attempt->copying.said, now_ms);
    }
}

static void finished(struct attempt *attempt, bool saved, int64_t now_ms)
{
    attempt->saved = attempt->saved || saved;
    if (!saved) {
        not_saved(attempt, attempt->checkpoint.helper.said);
    }
    answer(attempt, attempt->checkpoint.making.step, saved);
    if (attempt->state == ATTEMPT_SAVING) {
        /* What one save, saved or dropped, could not read in peace it can read now: once. */
        const bool again = !attempt->saved_last && attempt_save_last(attempt, now_ms);
        attempt->saved_last = true;
        attempt->state = again ? ATTEMPT_SAVING : ATTEMPT_OVER;
    } else if (attempt->checkpoint_asked) {
        save_asked(attempt, now_ms);
    }
}

void attempt_save_no_more(struct attempt *attempt)
{
    if (attempt->checkpoint.helper.out >= 0 && attempt->checkpoint.stage == CHECKPOINT_STORES) {
        checkpoint_abandon(&attempt->checkpoint);
        attempt->fds[ATTEMPT_HELPER] = -1;
        not_saved(attempt, "the worker had to end before the coordinator had it");
        attempt->state = ATTEMPT_OVER;
    }
}

void attempt_reroute(struct attempt *attempt)
{
    if (helper_reroute(&attempt->checkpoint.helper, attempt->checkpoint.way)) {
        attempt->fds[ATTEMPT_HELPER] = attempt->checkpoint.helper.out;
    }
}

void attempt_helped(struct attempt *attempt, int64_t now_ms)
{
    if (attempt->state == ATTEMPT_PREPARING) {
        copied(attempt, now_ms);
        return;
    }
    const enum checkpoint_event event = checkpoint_ready(&attempt->checkpoint, now_ms);

    attempt->fds[ATTEMPT_HELPER] =
        attempt->checkpoint.helper.out; /* another process may be at work */
    switch (event) {
    case CHECKPOINT_BUSY:
        break;
    case CHECKPOINT_SAVED:
        finished(attempt, true, now_ms);
        break;
    case CHECKPOINT_DROPPED:
        finished(attempt, false, now_ms);
        break;
    case CHECKPOINT_RESTORED:
        start(attempt, now_ms);
        break;
    case CHECKPOINT_BAD:
        attempt_not_started(attempt, CAUSE_BAD_CHECKPOINT, attempt->checkpoint.helper.said, now_ms);
        break;
    case CHECKPOINT_LOST_WAY:
        attempt_not_started(attempt, CAUSE_WORKER, attempt->checkpoint.helper.said, now_ms);
        break;
    }
}
