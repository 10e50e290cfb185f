/*
 * quarantine: attempts that fail at once on one worker and go well on another are that worker's
 * fault (R9): a full disk, a broken driver, a missing program. It gets nothing for QUARANTINE_MS,
 * or until its process is another one; after that one more such failure is enough. A script that
 * fails everywhere puts nobody here: no other worker has proven itself with its experiment.
 */
#include "core/state.h"

static bool proven_elsewhere(const struct core *core, const struct worker *worker,
                             int32_t experiment)
{
    for (const struct worker *other = worker_after(core, WORKERS_PRESENT, NULL); other != NULL;
         other = worker_after(core, WORKERS_PRESENT, other)) {
        if (other != worker && other->row.connected && !other->row.draining &&
            other->proven_for == experiment) {
            return true;
        }
    }
    return false;
}

/* Failed in less time than anything useful takes, of its own accord. A checkpoint that cannot be
 * loaded, or a rule of the spec, says nothing of the worker. */
static bool failed_at_once(const struct attempt_row *attempt)
{
    return attempt->state == ATTEMPT_FAILED && attempt->leave == LEAVE_NONE &&
           attempt->duration_ms < SHORT_ATTEMPT_MS && attempt->cause != CAUSE_BAD_CHECKPOINT &&
           attempt->cause != CAUSE_NO_OBJECTIVE && attempt->cause != CAUSE_RULE_FAIL;
}

void quarantine_judge(struct core *core, const struct trial *trial)
{
    struct worker *worker = worker_find(core, trial->attempt.worker);
    const int32_t experiment = trial->row.experiment;

    if (!failed_at_once(&trial->attempt)) {
        worker->quick_failures = 0;
        worker->proven_for = trial->attempt.state == ATTEMPT_DONE ? experiment : 0;
        return;
    }
    worker->quick_failures = worker->quick_for == experiment ? worker->quick_failures + 1 : 1;
    worker->quick_for = experiment;
    worker->proven_for = 0;
    if (worker->quick_failures >= QUARANTINE_FAILURES && !worker->row.draining &&
        proven_elsewhere(core, worker, experiment)) {
        worker_shut(core, worker);
        worker->quarantine_boot_ms = core->boot_ms + QUARANTINE_MS;
        emit_trace_of(core, TRACE_QUARANTINED, 0, worker->row.id)->a = worker->quick_failures;
        emit_worker(core, worker, NULL);
    }
}

void quarantine_look(struct core *core, struct worker *worker)
{
    if (worker->quarantine_boot_ms == NEVER || core->boot_ms < worker->quarantine_boot_ms) {
        return;
    }
    worker->quarantine_boot_ms = NEVER;
    worker->quick_failures = QUARANTINE_FAILURES - 1;
    worker_open(core, worker);
    (void)emit_trace_of(core, TRACE_QUARANTINED, 0, worker->row.id);
    emit_worker(core, worker, NULL);
}
