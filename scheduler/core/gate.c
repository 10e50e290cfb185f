/*
 * gate: windows and prices, as far as the core sees them: open or shut, and until when. What the
 * clocks and markets say is the shell's to know.
 */
#include "core/state.h"

#include <string.h>

/* What runs is told to leave; what waits stays in the queue, and the gate keeps it there. One that
 * has ended keeps its gate too: somebody may dig a trial of it up. */
void gate_take(struct core *core, const struct gate_event *event)
{
    struct experiment *experiment = experiment_find(core, event->experiment);

    if (experiment == NULL) {
        return;
    }
    const bool ended = experiment_ended(experiment);
    if (!ended &&
        (event->shut != experiment->gate.shut || event->reason != experiment->gate.reason)) {
        struct trace *trace = emit_trace_of(core, TRACE_GATE, experiment->row.id, 0);
        trace->a = event->shut;
        trace->b = event->reason;
    }
    if (event->shut != gate_is_shut(experiment)) {
        money_keep(core, experiment);
    }
    experiment->gate.shut = event->shut;
    experiment->gate.reason = event->shut ? event->reason : WHY_NONE;
    experiment->gate.close_boot_ms = event->shut ? 0 : event->close_boot_ms;
    experiment->gate.ahead_count =
        event->ahead_count < GATE_AHEAD_MAX ? event->ahead_count : GATE_AHEAD_MAX;
    memcpy(experiment->gate.ahead, event->ahead, sizeof event->ahead);
    experiment->planned_for = 0;
    if (!ended && gate_expels(experiment)) {
        experiment->sweep = experiment->open.first;
    }
}

/* A highest price is a law; a window may give way to the deadline, where the spec says so. */
bool gate_is_shut(const struct experiment *experiment)
{
    const struct gate *gate = &experiment->gate;

    return gate->shut && !(gate->ignored && gate->reason == WHY_WINDOW);
}

void gate_ignore(struct core *core, struct experiment *experiment, bool ignore)
{
    if (experiment->gate.ignored == ignore) {
        return;
    }
    if (experiment->gate.shut && experiment->gate.reason == WHY_WINDOW) {
        money_keep(core, experiment);
    }
    experiment->gate.ignored = ignore;
    if (gate_expels(experiment)) {
        experiment->sweep = experiment->open.first;
    }
}

bool gate_expels(const struct experiment *experiment)
{
    return gate_is_shut(experiment) && !experiment->config.finish_at_close;
}

/*
 * Nothing starts that could not reach a checkpoint before the gate shuts. As long as none was seen
 * an attempt is given twice its grace: the notice comes a grace before the end.
 */
bool gate_admits(const struct core *core, const struct experiment *experiment)
{
    const struct gate *gate = &experiment->gate;
    const int64_t unknown_ms = 2 * experiment->config.grace_ms;
    const int64_t need_ms = gate->first_save_ms > 0 ? gate->first_save_ms : unknown_ms;

    if (gate_is_shut(experiment) || gate->ignored || gate->close_boot_ms == 0 ||
        experiment->config.finish_at_close) {
        return !gate_is_shut(experiment);
    }
    return core->boot_ms + need_ms <= gate->close_boot_ms;
}

enum experiment_reason gate_reason(const struct experiment *experiment)
{
    return experiment->gate.shut ? experiment->gate.reason : WHY_WINDOW;
}

/* A checkpoint of `trial` has come in; only the first of an attempt counts. */
void gate_saved(struct core *core, const struct trial *trial)
{
    struct gate *gate = &trial_experiment(core, trial)->gate;

    if (attempt_live(trial) && trial->accepted_boot_ms != NEVER &&
        (trial->saved_boot_ms == NEVER || trial->saved_boot_ms < trial->accepted_boot_ms) &&
        core->boot_ms - trial->accepted_boot_ms > gate->first_save_ms) {
        gate->first_save_ms = core->boot_ms - trial->accepted_boot_ms;
    }
}
