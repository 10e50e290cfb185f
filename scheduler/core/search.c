/*
 * search: asking the optimizer ahead of need, so that a free slot does not wait for a Gaussian
 * process, and never further ahead than the point would be worth: a suggestion knows only what had
 * been told when it was asked for.
 *
 * All decisions are by counts of events, never by the clock. With one slot the next point is asked
 * only after the last was told.
 */
#include "core/state.h"

#include "base/assert.h"

#include <string.h>

int32_t search_concurrency(const struct experiment *experiment)
{
    const int32_t most = experiment->config.concurrency_max;

    return most > 0 && most < experiment->matching_slots ? most : experiment->matching_slots;
}

int64_t search_room(const struct experiment *experiment)
{
    return experiment->config.trials_max == 0
               ? TRIALS_MAX
               : experiment->config.trials_max - experiment->trial_count;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How many suggestions beyond the free slots are kept ready. */
static int64_t search_depth(const struct experiment *experiment)
{
    const int32_t slots = search_concurrency(experiment);

    if (!experiment->config.sequential_model) {
        return slots;
    }
    return slots < 4 ? 1 : slots / 4;
}

static int64_t search_wanted(const struct experiment *experiment)
{
    const int32_t slots = search_concurrency(experiment);

    if (slots <= 1) {
        return slots == 1 && experiment_busy(experiment) == 0 ? 1 : 0;
    }
    const int64_t busy = experiment->running + (int64_t)experiment->queue.count;
    const int64_t unfilled = busy < slots ? slots - busy : 0;
    return least(unfilled + search_depth(experiment), PREFETCH_MAX);
}

void search_refill(struct core *core, struct experiment *experiment)
{
    if (experiment->exhausted || experiment->search_lost ||
        (experiment->row.state != EXPERIMENT_QUEUED &&
         experiment->row.state != EXPERIMENT_RUNNING &&
         experiment->row.state != EXPERIMENT_WAITING)) {
        return;
    }
    search_drop_stale(core, experiment);
    const int64_t wanted = least(search_wanted(experiment), search_room(experiment));
    while (experiment->ready_count + experiment->asked_count < wanted) {
        experiment->asked[experiment->asked_count++] =
            (struct ready){.number = experiment->asks, .told_count = experiment->row.told_count};
        emit_effect(core, EFFECT_SUGGEST, experiment->row.id, experiment->asks);
        experiment->asks++;
    }
}

static void ready_remove(struct ready *list, uint32_t *count, uint32_t index)
{
    memmove(&list[index], &list[index + 1], (*count - index - 1) * sizeof *list);
    (*count)--;
}

static struct suggestion_row *emit_suggestion(struct core *core,
                                              const struct experiment *experiment,
                                              struct ready ready, enum suggestion_state state)
{
    struct suggestion_row *row = &emit_record(core, RECORD_SUGGESTION)->suggestion;

    *row = (struct suggestion_row){.experiment = experiment->row.id,
                                   .number = ready.number,
                                   .state = state,
                                   .trial = -1,
                                   .told_count = ready.told_count};
    return row;
}

void search_take(struct core *core, const struct suggested_event *suggested)
{
    struct experiment *experiment = experiment_find(core, suggested->experiment);
    uint32_t at = 0;

    if (experiment == NULL) {
        return;
    }
    while (at < experiment->asked_count && experiment->asked[at].number != suggested->number) {
        at++;
    }
    if (at == experiment->asked_count) {
        return; /* its experiment has ended meanwhile */
    }
    const struct ready asked = experiment->asked[at];
    ready_remove(experiment->asked, &experiment->asked_count, at);
    if (suggested->status != TIDE_OK) {
        experiment->exhausted = experiment->exhausted || suggested->status == TIDE_EXHAUSTED;
        experiment->search_lost = experiment->search_lost || suggested->status != TIDE_EXHAUSTED;
        experiment->enough = experiment->enough || suggested->enough;
        if (suggested->enough) {
            search_discard(core, experiment); /* nor those that were asked before */
        }
        return;
    }
    ASSERT(experiment->ready_count < PREFETCH_MAX);
    experiment->ready[experiment->ready_count++] = asked;
    struct suggestion_row *row = emit_suggestion(core, experiment, asked, SUGGESTION_READY);
    row->params_text = suggested->params_text;
    row->origin_text = suggested->origin_text;
    emit_trace_of(core, TRACE_SUGGESTED, experiment->row.id, 0)->a = asked.number;
}

static void search_drop(struct core *core, struct experiment *experiment, uint32_t index)
{
    const struct ready ready = experiment->ready[index];

    ready_remove(experiment->ready, &experiment->ready_count, index);
    emit_suggestion(core, experiment, ready, SUGGESTION_STALE)->stale_at = experiment->asks;
    emit_effect(core, EFFECT_FORGET, experiment->row.id, ready.number);
    emit_trace_of(core, TRACE_STALE, experiment->row.id, 0)->a = ready.number;
}

/* A point chosen before most of what is known now: a fresh one is worth the wait. */
void search_drop_stale(struct core *core, struct experiment *experiment)
{
    const int64_t patience = 2 * search_depth(experiment) + search_concurrency(experiment);

    if (!experiment->config.sequential_model || search_concurrency(experiment) == 0) {
        return;
    }
    while (experiment->ready_count > 0 &&
           experiment->row.told_count - experiment->ready[0].told_count > patience) {
        search_drop(core, experiment, 0);
    }
}

void search_discard(struct core *core, struct experiment *experiment)
{
    while (experiment->ready_count > 0) {
        search_drop(core, experiment, experiment->ready_count - 1);
    }
    experiment->asked_count = 0;
}

struct ready search_use(struct core *core, struct experiment *experiment)
{
    const struct ready ready = experiment->ready[0];

    ASSERT(experiment->ready_count > 0);
    ready_remove(experiment->ready, &experiment->ready_count, 0);
    emit_suggestion(core, experiment, ready, SUGGESTION_USED)->trial = experiment->trial_count;
    return ready;
}
