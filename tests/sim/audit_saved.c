/* What becomes of checkpoints: written, recorded, begun from. */
#include "audit_parts.h"

#include "base/assert.h"

static bool pointer_older(const struct checkpoint_pointer *a, const struct checkpoint_pointer *b)
{
    return a->attempt < b->attempt || (a->attempt == b->attempt && a->seq < b->seq);
}

void audit_saved(struct wire_attempt attempt, int32_t seq, int64_t step, bool spoiled)
{
    struct witness *witness = audit_find(attempt);

    ASSERT(seq < (int32_t)(sizeof witness->spoiled / sizeof *witness->spoiled));
    witness->saved_seq = seq;
    witness->saved_step = step;
    witness->spoiled[seq] = spoiled;
}

bool audit_loads(const struct wire_assign *assign)
{
    const struct witness *saver = audit_find((struct wire_attempt){
        assign->attempt.experiment, assign->attempt.trial, assign->checkpoint.attempt_number});

    return saver != NULL && assign->checkpoint.seq <= saver->saved_seq &&
           !saver->spoiled[assign->checkpoint.seq];
}

/* I8: what it resumes from was saved by this trial, where it says. */
void audit_resumed(const struct wire_assign *assign)
{
    const struct wire_checkpoint *from = &assign->checkpoint;
    const struct witness *saver = audit_find((struct wire_attempt){
        assign->attempt.experiment, assign->attempt.trial, from->attempt_number});

    if (story.plan.villain) {
        return; /* it may have announced any */
    }
    if (saver == NULL || from->seq > saver->saved_seq || from->step > saver->saved_step ||
        from->attempt_number >= assign->attempt.number) {
        story_fails("I8: attempt %d begins from checkpoint %d of attempt %d, which nobody saved",
                    (int)assign->attempt.number, (int)from->seq, (int)from->attempt_number);
    }
}

/* R8: the newest is replaced by a newer one, or after an attempt has said that it cannot be loaded
 * by the newest that is kept from before it. */
void audit_pointer(struct audit_trial *trial, const struct trial_row *row)
{
    const struct rows *rows = &story.vault.rows;
    const struct checkpoint_pointer *old = &trial->row.checkpoint;
    const struct attempt_row *newest =
        rows_attempt(rows, (struct wire_attempt){row->experiment, row->number, row->attempts});

    if (!trial->written || !pointer_older(&row->checkpoint, old)) {
        return;
    }
    const struct checkpoint_pointer before = rows_fallback(rows, &trial->row);
    if (newest == NULL || newest->cause != CAUSE_BAD_CHECKPOINT ||
        pointer_older(&row->checkpoint, &before) || pointer_older(&before, &row->checkpoint)) {
        story_fails("R8: checkpoint %d of attempt %d of trial %d.%d is replaced by %d of %d",
                    (int)old->seq, (int)old->attempt, (int)row->experiment, (int)row->number,
                    (int)row->checkpoint.seq, (int)row->checkpoint.attempt);
    }
    trial->fell_back = true;
}

/* I4: the trial's newest is this one or one that came after it. */
void audit_kept(struct wire_attempt attempt, int32_t seq)
{
    const struct audit_trial *trial = audit_trial_of(attempt.experiment, attempt.trial);
    const struct checkpoint_pointer acked = {.attempt = attempt.number, .seq = seq};

    if (!trial->fell_back && pointer_older(&trial->row.checkpoint, &acked)) {
        story_fails("I4: checkpoint %d of attempt %d.%d.%d was acknowledged and is not there",
                    (int)seq, (int)attempt.experiment, (int)attempt.trial, (int)attempt.number);
    }
}
