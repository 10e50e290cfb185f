/*
 * digest: one number for what the rows hold.
 */
#include "core/state.h"

#include "base/digest.h"

static uint64_t digest_experiment(uint64_t digest, const struct experiment *experiment)
{
    const struct experiment_row *row = &experiment->row;

    digest = digest_integer(digest, row->id);
    digest = digest_integer(digest, row->state);
    digest = digest_integer(digest, row->reason);
    digest = digest_integer(digest, row->created_ms);
    digest = digest_integer(digest, row->started_ms);
    digest = digest_integer(digest, row->ended_ms);
    digest = digest_integer(digest, row->told_count);
    digest = digest_integer(digest, row->compute_ms);
    digest = digest_integer(digest, row->cost_micro);
    digest = digest_integer(digest, experiment->trial_count);
    digest = digest_integer(digest, experiment->failures);
    digest = digest_integer(digest, experiment->running);
    for (uint32_t i = 0; i < experiment->ready_count; i++) {
        digest = digest_integer(digest, experiment->ready[i].number);
        digest = digest_integer(digest, experiment->ready[i].told_count);
    }
    return digest;
}

static uint64_t digest_pointer(uint64_t digest, const struct checkpoint_pointer *pointer)
{
    digest = digest_integer(digest, pointer->attempt);
    digest = digest_integer(digest, pointer->seq);
    return digest_integer(digest, pointer->step);
}

static uint64_t digest_trial(uint64_t digest, const struct trial_row *row)
{
    const int64_t numbers[] = {row->experiment,  row->number,     row->state,      row->reason,
                               row->suggestion,  row->attempts,   row->restarts,   row->preemptions,
                               row->value_count, row->created_ms, row->started_ms, row->ended_ms,
                               row->useful_ms,   row->lost_ms,    row->told,       row->cost_micro,
                               row->saved_ms};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        digest = digest_integer(digest, numbers[i]);
    }
    for (int32_t i = 0; i < row->value_count; i++) {
        digest = digest_real(digest, row->values[i]);
    }
    digest = digest_integer(digest, row->settled);
    digest = digest_integer(digest, row->rung);
    for (int32_t i = 0; i < row->rung; i++) {
        digest = digest_real(digest, row->rung_values[i]);
    }
    digest = digest_real(digest, row->median);
    digest = digest_pointer(digest, &row->checkpoint);
    return digest;
}

static uint64_t digest_attempt(uint64_t digest, const struct attempt_row *row)
{
    const int64_t numbers[] = {
        row->number,      row->state,     row->worker,        row->leave,     row->outcome,
        row->cause,       row->exit_code, row->signal,        row->from_step, row->offered_ms,
        row->started_ms,  row->ended_ms,  row->duration_ms,   row->useful_ms, row->lost_ms,
        row->incarnation, row->late,      row->checkpoint_ms, row->booked_ms, row->cost_micro};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        digest = digest_integer(digest, numbers[i]);
    }
    return digest;
}

static uint64_t digest_pool(uint64_t digest, const struct pool_row *row)
{
    const int64_t numbers[] = {row->id,          row->kind,     row->trust,     row->slots,
                               row->workers_max, row->machines, row->wanted,    row->power_watt,
                               row->currency,    row->launches, row->startup_ms};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        digest = digest_integer(digest, numbers[i]);
    }
    return digest;
}

static uint64_t digest_stretches(uint64_t digest, const struct policy_stretches *stretches)
{
    digest = digest_integer(digest, stretches->duration_ms);
    return digest_integer(digest, stretches->ends);
}

static uint64_t digest_history(uint64_t digest, const struct policy_history *history)
{
    digest = digest_integer(digest, history->observed_ms);
    digest = digest_integer(digest, history->calm_ms);
    digest = digest_integer(digest, history->slots_seen);
    digest = digest_stretches(digest, &history->up);
    digest = digest_stretches(digest, &history->down);
    for (int age = 0; age < POLICY_AGES; age++) {
        digest = digest_stretches(digest, &history->up_by_age[age]);
        digest = digest_stretches(digest, &history->down_by_age[age]);
    }
    return digest;
}

uint64_t core_digest(const struct core *core)
{
    uint64_t digest = digest_integer(DIGEST_START, core->entries);

    for (uint32_t i = 0; i < POOLS_MAX; i++) {
        digest = digest_pool(digest, &core->pools[i].row);
        digest = digest_history(digest, &core->pools[i].history);
    }
    for (uint32_t i = 0; i < core->worker_count; i++) {
        digest = digest_integer(digest, core->workers[i].row.booked_ms);
    }

    for (uint32_t e = 0; e < core->experiment_count; e++) {
        const struct experiment *experiment = &core->experiments[e];
        digest = digest_experiment(digest, experiment);
        for (int32_t number = 0; number < experiment->trial_count; number++) {
            const struct trial *trial = trial_find(core, experiment->row.id, number);
            digest = digest_trial(digest, &trial->row);
            digest = digest_attempt(digest, &trial->attempt);
            digest = digest_integer(digest, trial->open ? trial->lost[0].number : 0);
        }
    }
    return digest;
}
