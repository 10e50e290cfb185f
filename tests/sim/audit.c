#include "audit.h"

#include "audit_parts.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

enum {
    TOLD_MS = LEASE_MS / RENEWALS_PER_LEASE + 35000, /* one renewal, and the time to leave */
    FRESH_MS = 95000 /* a lease less the time to leave, by a clock that is 2 % slow */
};

void audit_init(struct audit *audit, const struct plan *plan)
{
    memset(audit, 0, sizeof *audit);
    for (uint32_t e = 0; e < plan->experiments; e++) {
        audit->trials[e] = calloc((size_t)plan->trials, sizeof *audit->trials[e]);
        ASSERT(audit->trials[e] != NULL);
    }
}

void audit_fini(struct audit *audit)
{
    for (uint32_t e = 0; e < PLAN_EXPERIMENTS_MAX; e++) {
        free(audit->trials[e]);
    }
    free(audit->witnesses);
}

struct audit_trial *audit_trial_of(int32_t experiment, int32_t trial)
{
    if (experiment < 1 || (uint32_t)experiment > story.plan.experiments || trial < 0 ||
        trial >= story.plan.trials) {
        story_fails("there is no trial %d.%d", (int)experiment, (int)trial);
    }
    return &story.audit.trials[experiment - 1][trial];
}

struct witness *audit_find(struct wire_attempt attempt)
{
    struct audit *audit = &story.audit;
    uint32_t at = audit_trial_of(attempt.experiment, attempt.trial)->newest;

    while (at != 0 && audit->witnesses[at - 1].attempt.number != attempt.number) {
        at = audit->witnesses[at - 1].before;
    }
    return at == 0 ? NULL : &audit->witnesses[at - 1];
}

const struct witness *audit_witness(struct wire_attempt attempt)
{
    return audit_find(attempt);
}

struct witness *audit_need(struct wire_attempt attempt)
{
    struct audit *audit = &story.audit;
    struct audit_trial *trial = audit_trial_of(attempt.experiment, attempt.trial);
    struct witness *witness = audit_find(attempt);

    if (witness != NULL) {
        return witness;
    }
    if (audit->witness_count == audit->witness_capacity) {
        audit->witness_capacity = audit->witness_capacity == 0 ? 64 : 2 * audit->witness_capacity;
        audit->witnesses =
            realloc(audit->witnesses, audit->witness_capacity * sizeof *audit->witnesses);
        ASSERT(audit->witnesses != NULL);
    }
    witness = &audit->witnesses[audit->witness_count++];
    *witness = (struct witness){.attempt = attempt, .before = trial->newest};
    trial->newest = audit->witness_count;
    return witness;
}

/* ---- the wire ---- */

void audit_opened(uint32_t center, int64_t incarnation)
{
    if (incarnation <= story.audit.incarnation) {
        story_fails("R5: incarnation %lld is not a new one", (long long)incarnation);
    }
    story.audit.incarnation = incarnation;
    audit_rooms_open(center);
    for (uint32_t e = 0; e < story.plan.experiments; e++) { /* told again, from the rows */
        for (int32_t t = 0; t < story.plan.trials; t++) {
            struct audit_trial *trial = &story.audit.trials[e][t];
            trial->tells = trial->written && trial->row.ended_ms > 0 ? 1 : 0;
        }
    }
}

static void assigned_first(struct witness *witness, uint32_t machine)
{
    const struct audit_trial *trial =
        audit_trial_of(witness->attempt.experiment, witness->attempt.trial);

    for (uint32_t at = trial->newest; at != 0; at = story.audit.witnesses[at - 1].before) {
        const struct witness *other = &story.audit.witnesses[at - 1];
        if (other->assigned_ms > 0 && other->attempt.number > witness->attempt.number) {
            story_fails("I2: attempt %d after %d", (int)witness->attempt.number,
                        (int)other->attempt.number);
        }
    }
    witness->assigned_ms = story.now_ms;
    witness->machine = machine;
}

void audit_assigned(int64_t incarnation, uint32_t machine, struct wire_attempt attempt)
{
    const struct attempt_row *row = rows_attempt(&story.vault.rows, attempt);
    struct witness *witness = audit_need(attempt);

    if (row == NULL || row->incarnation > incarnation) {
        story_fails("I5: an ASSIGN without its row");
    }
    if (witness->assigned_ms == 0) {
        assigned_first(witness, machine);
    }
    witness->sent_ms = story.now_ms;
    if (witness->machine != machine) {
        story_fails("I2: attempt %d.%d.%d was given to machine %u and to %u",
                    (int)attempt.experiment, (int)attempt.trial, (int)attempt.number,
                    witness->machine, machine);
    }
}

/* ---- the rows ---- */

static bool is_final(enum trial_state state)
{
    return state == TRIAL_COMPLETED || state == TRIAL_FAILED || state == TRIAL_INFEASIBLE ||
           state == TRIAL_PRUNED || state == TRIAL_CANCELLED;
}

static void committed_trial(const struct trial_row *row)
{
    struct audit_trial *trial = audit_trial_of(row->experiment, row->number);
    const struct trial_row *old = &trial->row;

    if (trial->written && is_final(old->state) && row->state != old->state) {
        story_fails("I9: trial %d.%d moved from %s to %s", (int)row->experiment, (int)row->number,
                    trial_state_text(old->state), trial_state_text(row->state));
    }
    if (trial->written && old->state == TRIAL_BURIED && row->state != TRIAL_BURIED &&
        !story.audit.kicked) {
        story_fails("I9: nobody has dug trial %d.%d up", (int)row->experiment, (int)row->number);
    }
    if (trial->written && old->value_count > 0 &&
        (row->value_count != old->value_count || row->values[0] != old->values[0])) {
        story_fails("I1: the result of trial %d.%d has changed", (int)row->experiment,
                    (int)row->number);
    }
    if (trial->written && row->attempts < old->attempts) {
        story_fails("I2: trial %d.%d counts %d attempts after %d", (int)row->experiment,
                    (int)row->number, (int)row->attempts, (int)old->attempts);
    }
    audit_pointer(trial, row);
    trial->row = *row;
    trial->written = true;
}

bool audit_is_live(enum attempt_state state)
{
    return state == ATTEMPT_OFFERED || state == ATTEMPT_ACTIVE || state == ATTEMPT_STOPPING;
}

static void committed_attempt(const struct attempt_row *row)
{
    const struct wire_attempt attempt = {row->experiment, row->trial, row->number};
    struct witness *witness = audit_need(attempt);
    const int32_t before = witness->live ? 1 : 0;

    witness->live = audit_is_live(row->state);
    witness->written = true;
    witness->gone_ms = before > 0 && !witness->live ? story.now_ms : witness->gone_ms;
    const int32_t change = (witness->live ? 1 : 0) - before;
    audit_trial_of(row->experiment, row->trial)->live += change;
    story.audit.on_machine[rows_machine(&story.vault.rows, row->worker)] += change;
}

void audit_committed(const struct record *record)
{
    if (record->kind == RECORD_TRIAL) {
        committed_trial(&record->trial);
    } else if (record->kind == RECORD_ATTEMPT || record->kind == RECORD_LATE) {
        committed_attempt(&record->attempt);
    }
}

void audit_turn(int64_t incarnation, const struct record *batch, uint32_t count)
{
    if (incarnation != story.audit.incarnation) {
        story_fails("I15: incarnation %lld wrote after %lld began", (long long)incarnation,
                    (long long)story.audit.incarnation);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct attempt_row *row = &batch[i].attempt;
        if (batch[i].kind != RECORD_ATTEMPT) {
            continue;
        }
        if (audit_trial_of(row->experiment, row->trial)->live > 1) {
            story_fails("I3: trial %d.%d has two live attempts", (int)row->experiment,
                        (int)row->trial);
        }
        const uint32_t machine = rows_machine(&story.vault.rows, row->worker);
        if (story.audit.on_machine[machine] > MACHINE_SLOTS) {
            story_fails("I14: machine %u has %d attempts in %d slots", machine,
                        (int)story.audit.on_machine[machine], MACHINE_SLOTS);
        }
    }
}

void audit_told(int64_t incarnation, int32_t experiment, int32_t number)
{
    struct audit_trial *trial = audit_trial_of(experiment, number);

    if (incarnation != story.audit.incarnation) {
        return; /* it does not know yet that another one has taken over */
    }
    if (++trial->tells > 1 && !story.audit.kicked) {
        story_fails("I12: the search was told of trial %d.%d twice", (int)experiment, (int)number);
    }
}

/* ---- the machines ---- */

bool audit_is_running(const struct witness *witness)
{
    return witness->started_ms > 0 && witness->stopped_ms == 0;
}

/* I6: where a lost lease ends the attempt, no other may run beside it; elsewhere only one that was
 * given up. */
static void check_overlap(const struct witness *witness)
{
    const int32_t experiment = witness->attempt.experiment;
    uint32_t at = audit_trial_of(experiment, witness->attempt.trial)->newest;

    for (; at != 0; at = story.audit.witnesses[at - 1].before) {
        const struct witness *other = &story.audit.witnesses[at - 1];
        if (other == witness || !audit_is_running(other)) {
            continue;
        }
        const struct witness *older =
            other->attempt.number < witness->attempt.number ? other : witness;
        if (older->live) {
            story_fails("I6: two attempts of trial %d.%d run, and %d was not given up",
                        (int)experiment, (int)witness->attempt.trial, (int)older->attempt.number);
        }
        if (story.plan.stop_on_lease_loss[experiment - 1] && !story.audit.second &&
            !story.audit.paused[other->machine]) {
            story_fails("I6: attempts %d and %d of trial %d.%d run at once",
                        (int)other->attempt.number, (int)witness->attempt.number, (int)experiment,
                        (int)witness->attempt.trial);
        }
    }
}

void audit_started(uint32_t machine, const struct wire_assign *assign)
{
    struct witness *witness = audit_find(assign->attempt);

    if (witness == NULL || witness->assigned_ms == 0 || witness->machine != machine) {
        story_fails("I5: machine %u runs what nobody gave it", machine);
    }
    if (witness->started_ms > 0) {
        story_fails("I7: attempt %d was started twice", (int)assign->attempt.number);
    }
    if (witness->refused == story.machines[machine].boots) {
        story_fails("R6: machine %u runs attempt %d.%d.%d, which it has refused", machine,
                    (int)assign->attempt.experiment, (int)assign->attempt.trial,
                    (int)assign->attempt.number);
    }
    if (story.plan.stop_on_lease_loss[assign->attempt.experiment - 1] &&
        !story.audit.paused[machine] && story.now_ms - witness->sent_ms > FRESH_MS) {
        story_fails("R4: attempt %d.%d.%d begins %lld ms after its ASSIGN was sent",
                    (int)assign->attempt.experiment, (int)assign->attempt.trial,
                    (int)assign->attempt.number, (long long)(story.now_ms - witness->sent_ms));
    }
    witness->started_ms = story.now_ms;
    if (assign->checkpoint.attempt_number > 0) {
        audit_resumed(assign);
    }
    check_overlap(witness);
}

void audit_refused(struct wire_attempt attempt, uint32_t boot)
{
    audit_find(attempt)->refused = boot;
}

void audit_stopped(struct wire_attempt attempt)
{
    struct witness *witness = audit_find(attempt);
    uint32_t at = audit_trial_of(attempt.experiment, attempt.trial)->newest;

    for (; at != 0; at = story.audit.witnesses[at - 1].before) {
        const struct witness *other = &story.audit.witnesses[at - 1];
        if (other != witness && audit_is_running(other)) {
            story.audit.overlap_ms +=
                story.now_ms -
                (other->started_ms > witness->started_ms ? other->started_ms : witness->started_ms);
        }
    }
    witness->stopped_ms = story.now_ms;
}

void audit_reported(struct wire_attempt attempt, bool completed, double value)
{
    struct witness *witness = audit_find(attempt);

    witness->reported = true;
    witness->ended = completed;
    witness->value = value;
}

/* I4: whatever a machine was told is recorded has left its mark in the row of that very attempt. */
void audit_acked(struct wire_attempt attempt)
{
    const struct attempt_row *row = rows_attempt(&story.vault.rows, attempt);

    if (row == NULL || row->outcome == OUTCOME_NONE) {
        story_fails("I4: the result of attempt %d.%d.%d was acknowledged and is not there",
                    (int)attempt.experiment, (int)attempt.trial, (int)attempt.number);
    }
}

void audit_alone(void)
{
    for (uint32_t i = 0; i < story.audit.witness_count; i++) {
        const struct witness *witness = &story.audit.witnesses[i];
        if (audit_is_running(witness) && !witness->live &&
            story.now_ms - witness->gone_ms > TOLD_MS) {
            story_fails("I6: attempt %d.%d.%d runs, is not its trial's, and is not told so",
                        (int)witness->attempt.experiment, (int)witness->attempt.trial,
                        (int)witness->attempt.number);
        }
    }
}

void audit_shut(int32_t experiment)
{
    for (uint32_t i = 0; i < story.audit.witness_count; i++) {
        const struct witness *witness = &story.audit.witnesses[i];
        if (witness->attempt.experiment == experiment && audit_is_running(witness)) {
            story_fails("I13: attempt %d.%d.%d runs outside of every window", (int)experiment,
                        (int)witness->attempt.trial, (int)witness->attempt.number);
        }
    }
}
