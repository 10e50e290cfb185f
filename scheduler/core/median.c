/*
 * median: early stopping by the median rule (Golovin et al., "Google Vizier: A Service for
 * Black-Box Optimization", KDD 2017, section 3.2). A trial is looked at when it passes the step of
 * a rung, and leaves when the best it has shown there is worse than the median of what the others
 * had shown at that step. Deviations: the others are all that have passed the step, running and
 * stopped ones too, because at first none has completed; and their best is compared with, not their
 * mean. At least MEDIAN_OTHERS_MIN others are needed.
 */
#include "core/state.h"

#include <math.h>
#include <string.h>

/* Takes the value for every rung whose step has been passed; false when there was none. */
static bool pass_rungs(struct core *core, struct trial *trial, int64_t step, double value)
{
    const struct experiment *experiment = trial_experiment(core, trial);
    struct trial_row *row = &trial->row;
    const int32_t before = row->rung;

    if (before > 0 && rung_better(experiment, row->rung_values[before - 1], value)) {
        value = row->rung_values[before - 1];
    }
    while (row->rung < (int32_t)experiment->config.rung_count &&
           experiment->config.rung_steps[row->rung] <= step) {
        struct trace *trace = emit_trace(core, TRACE_RUNG, trial);
        trace->a = row->rung + 1;
        trace->b = experiment->config.rung_steps[row->rung];
        row->rung_values[row->rung++] = value;
    }
    return row->rung > before;
}

/* How many others have passed this trial's last rung, and how many of them are better than `value`
 * there. */
struct standing {
    int32_t others, better;
};

static struct standing stand(const struct core *core, const struct experiment *experiment,
                             const struct trial *trial, double value)
{
    const int32_t rung = trial->row.rung - 1;
    struct standing standing = {0};

    for (int32_t number = 0; number < experiment->trial_count; number++) {
        const struct trial *other = trial_find(core, experiment->row.id, number);
        if (other != trial && other->row.rung > rung) {
            standing.others++;
            standing.better += rung_better(experiment, other->row.rung_values[rung], value) ? 1 : 0;
        }
    }
    return standing;
}

/* Doubles in an order of whole numbers: bits of a positive one ascend with it. */
static double of_order(int64_t order)
{
    const uint64_t bits =
        order < 0 ? (uint64_t)(-(order + 1)) | (UINT64_C(1) << 63) : (uint64_t)order;
    double value = 0;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/*
 * The median of the others: of an even number the worse of the two in the middle, the bound that
 * `outdone` holds against. Found by halving the range of all doubles, since there is no memory to
 * sort in.
 */
static double median_of_others(const struct core *core, const struct experiment *experiment,
                               const struct trial *trial)
{
    const bool maximize = experiment->config.objectives[experiment->config.ranked].maximize;
    const double infinite = (double)INFINITY;
    int64_t most = 0;

    memcpy(&most, &infinite, sizeof most);
    int64_t low = -most; /* better than every value, in the order of the ranked objective */
    int64_t high = most;
    while (low + 1 < high) {
        const int64_t middle = low / 2 + high / 2 + (low % 2 + high % 2) / 2;
        const double value = of_order(maximize ? -middle : middle);
        const struct standing standing = stand(core, experiment, trial, value);
        if (2 * standing.better > standing.others) {
            high = middle; /* more than half are better than this */
        } else {
            low = middle;
        }
    }
    return of_order(maximize ? -low : low);
}

void median_look(struct core *core, struct trial *trial, int64_t step, double value)
{
    const struct experiment *experiment = trial_experiment(core, trial);

    if (experiment->config.stopping != STOPPING_MEDIAN || !isfinite(value) ||
        trial->attempt.leave == LEAVE_PRUNED || !pass_rungs(core, trial, step, value)) {
        return;
    }
    const struct standing standing =
        stand(core, experiment, trial, trial->row.rung_values[trial->row.rung - 1]);
    emit_effect(core, EFFECT_REPORT, trial->row.experiment, trial->row.number);
    if (trial->attempt.state != ATTEMPT_STOPPING && standing.others >= MEDIAN_OTHERS_MIN &&
        2 * standing.better > standing.others) {
        trial->row.median = median_of_others(core, experiment, trial);
        attempt_stop(core, trial, LEAVE_PRUNED);
    }
    emit_trial(core, trial);
}
