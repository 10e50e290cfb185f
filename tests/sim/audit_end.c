/* What must hold when a history is over. */
#include "audit.h"

#include "story.h"

#include <stdlib.h>

/* What the attempts of one trial add up to. */
struct sums {
    int32_t live, done, failed, exits;
    int64_t duration_ms, useful_ms, lost_ms;
    double value; /* that the one done reported */
};

/* When an attempt can have begun: with its ASSIGN, or where a liar accepts what he does not know of
 * yet, when it was decided. */
static int64_t first_ms(const struct witness *witness)
{
    return story.plan.villain ? witness->decided_ms : witness->assigned_ms;
}

/* An attempt cannot have taken longer than the history has seen it. */
static void check_seconds(const struct attempt_row *row)
{
    const struct wire_attempt attempt = {row->experiment, row->trial, row->number};
    const struct witness *witness = audit_witness(attempt);
    const int64_t there_ms = witness == NULL ? 0 : witness->gone_ms - first_ms(witness);

    if (row->duration_ms != row->useful_ms + row->checkpoint_ms + row->lost_ms) {
        story_fails("seconds: of %lld ms, %lld are useful and %lld lost",
                    (long long)row->duration_ms, (long long)row->useful_ms,
                    (long long)row->lost_ms);
    }
    if (!story.audit.jumped && row->duration_ms > there_ms) {
        story_fails("seconds: attempt %d.%d.%d has %lld ms, and was there for %lld",
                    (int)attempt.experiment, (int)attempt.trial, (int)attempt.number,
                    (long long)row->duration_ms, (long long)there_ms);
    }
}

static struct sums sums_of(int32_t experiment, int32_t trial)
{
    struct sums sums = {0};

    for (uint32_t i = 0; i < story.vault.rows.attempt_count; i++) {
        const struct attempt_row *row = &story.vault.rows.attempts[i];
        if (row->experiment != experiment || row->trial != trial) {
            continue;
        }
        check_seconds(row);
        sums.live += row->state == ATTEMPT_OFFERED || row->state == ATTEMPT_ACTIVE ||
                             row->state == ATTEMPT_STOPPING
                         ? 1
                         : 0;
        sums.failed += row->state == ATTEMPT_FAILED ? 1 : 0;
        sums.exits +=
            row->state == ATTEMPT_FAILED && row->cause == CAUSE_EXIT && row->leave == LEAVE_NONE
                ? 1
                : 0;
        sums.duration_ms += row->duration_ms;
        sums.useful_ms += row->useful_ms;
        sums.lost_ms += row->lost_ms;
        if (row->state == ATTEMPT_DONE && row->outcome == OUTCOME_COMPLETED) {
            const struct witness *witness =
                audit_witness((struct wire_attempt){experiment, trial, row->number});
            sums.done++;
            sums.value = witness == NULL || !witness->ended ? -1 : witness->value;
        }
    }
    return sums;
}

/* I1: a result is what one machine that was given an attempt of it said of that attempt. */
static void check_result(const struct trial_row *trial, const struct sums *sums)
{
    const bool rungs = story.plan.config[trial->experiment - 1].stopping == STOPPING_HALVING;

    if ((trial->value_count > 0) != (trial->state == TRIAL_COMPLETED)) {
        story_fails("I1: trial %d.%d is %s and has %d values", (int)trial->experiment,
                    (int)trial->number, trial_state_text(trial->state), (int)trial->value_count);
    }
    if (trial->state == TRIAL_COMPLETED && !rungs && sums->done != 1) {
        story_fails("I1: trial %d.%d has %d results", (int)trial->experiment, (int)trial->number,
                    (int)sums->done);
    }
    if (trial->state == TRIAL_COMPLETED && !story.plan.villain && trial->values[0] != sums->value) {
        story_fails("I1: trial %d.%d has %g, its machine said %g", (int)trial->experiment,
                    (int)trial->number, trial->values[0], sums->value);
    }
}

/* I11: only failures of the program are tried again at the cost of a restart. */
static void check_restarts(const struct trial_row *trial, const struct sums *sums)
{
    if (trial->restarts > sums->failed) {
        story_fails("I11: trial %d.%d used %d restarts for %d failures", (int)trial->experiment,
                    (int)trial->number, (int)trial->restarts, (int)sums->failed);
    }
    if (trial->state == TRIAL_COMPLETED && !story.audit.kicked && !story.plan.villain &&
        trial->restarts < sums->exits) {
        story_fails("I11: trial %d.%d used %d restarts for %d failures", (int)trial->experiment,
                    (int)trial->number, (int)trial->restarts, (int)sums->exits);
    }
}

static int64_t check_trial(const struct trial_row *trial)
{
    const struct sums sums = sums_of(trial->experiment, trial->number);

    if (trial->ended_ms == 0 || sums.live > 0) {
        story_fails("I10: trial %d.%d has not ended", (int)trial->experiment, (int)trial->number);
    }
    if (trial->useful_ms != sums.useful_ms || trial->lost_ms != sums.lost_ms) {
        story_fails("seconds: trial %d.%d has %lld and %lld ms, its attempts %lld and %lld",
                    (int)trial->experiment, (int)trial->number, (long long)trial->useful_ms,
                    (long long)trial->lost_ms, (long long)sums.useful_ms, (long long)sums.lost_ms);
    }
    check_result(trial, &sums);
    check_restarts(trial, &sums);
    return sums.duration_ms;
}

/* I12: the ends are numbered 1, 2, 3 ... as the search was told of them. */
static void check_told(const struct rows_experiment *experiment)
{
    int64_t sum = 0;
    const int64_t count = experiment->trial_count;

    for (uint32_t i = 0; i < experiment->trial_count; i++) {
        const int64_t told = experiment->trials[i].told;
        if (told < 1 || told > count) {
            story_fails("I12: trial %u is the end number %lld of %lld", i, (long long)told,
                        (long long)count);
        }
        sum += told;
    }
    if (sum != count * (count + 1) / 2 || experiment->row.told_count != count) {
        story_fails("I12: %lld ends were told of %lld trials",
                    (long long)experiment->row.told_count, (long long)count);
    }
}

void audit_end(void)
{
    for (uint32_t e = 0; e < story.vault.rows.experiment_count; e++) {
        const struct rows_experiment *experiment = &story.vault.rows.experiments[e];
        int64_t duration_ms = 0;
        for (uint32_t i = 0; i < experiment->trial_count; i++) {
            duration_ms += check_trial(&experiment->trials[i]);
        }
        if (duration_ms != experiment->row.compute_ms) {
            story_fails("seconds: experiment %u has %lld ms, its attempts %lld", e + 1,
                        (long long)experiment->row.compute_ms, (long long)duration_ms);
        }
        check_told(experiment);
    }
    if (story.plan.priced) {
        audit_money();
    }
}
