/*
 * trace: the readable line of one decision. Tests compare these lines; users read them in the
 * `event` table.
 */
#include "core/core.h"

#include <inttypes.h>
#include <stdio.h>

static const char *command_verb_text(enum command_verb verb)
{
    switch (verb) {
#define X(name, text)                                                                              \
    case name:                                                                                     \
        return text;
        COMMAND_VERB_LIST(X)
#undef X
    }
    return "?";
}

/* The same of pools and plans. */
static int market_print(const struct trace *trace, char *text, size_t bytes)
{
    if (trace->kind == TRACE_PRICE) {
        return snprintf(text, bytes, ": pool %" PRId64 ", %" PRId64 " millionths", trace->a,
                        trace->b);
    }
    if (trace->kind == TRACE_POOL) {
        return snprintf(text, bytes, ": pool %" PRId64 ", %" PRId64 " workers wanted", trace->a,
                        trace->b);
    }
    if (trace->kind == TRACE_PLAN) {
        return snprintf(text, bytes,
                        ": %" PRId64 " slots, an hour of work is worth %" PRId64 " millionths",
                        trace->a, trace->b);
    }
    if (trace->kind == TRACE_MOVED) {
        return snprintf(text, bytes, ": %" PRId64 " millionths an hour here, %" PRId64 " elsewhere",
                        trace->a, trace->b);
    }
    return trace->a ? snprintf(text, bytes, ": it cannot be kept, %" PRId64 " s are missing",
                               -trace->b / 1000)
                    : snprintf(text, bytes, ": it will be kept, with %" PRId64 " s to spare",
                               trace->b / 1000);
}

/* What the two numbers of this kind say: ": preempted, notice"; nothing where they say nothing. */
static int detail_print(const struct trace *trace, char *text, size_t bytes)
{
    switch (trace->kind) {
    case TRACE_EXPERIMENT:
        return snprintf(text, bytes, ": %s%s%s",
                        experiment_state_text((enum experiment_state)trace->a),
                        trace->b == WHY_NONE ? "" : ", ",
                        experiment_reason_text((enum experiment_reason)trace->b));
    case TRACE_SUGGESTED:
    case TRACE_STALE:
        return snprintf(text, bytes, ": ask %" PRId64, trace->a);
    case TRACE_OFFERED:
        return snprintf(text, bytes, ": from step %" PRId64, trace->a);
    case TRACE_REFUSED:
        return snprintf(text, bytes, ": %s", wire_refusal_text((enum wire_refusal)trace->a));
    case TRACE_CHECKPOINT:
    case TRACE_RUNG:
        return snprintf(text, bytes, ": number %" PRId64 ", step %" PRId64, trace->a, trace->b);
    case TRACE_PROMOTED:
        return snprintf(text, bytes, ": from rung %" PRId64 " to step %" PRId64, trace->a,
                        trace->b);
    case TRACE_STOP:
        return snprintf(text, bytes, ": %s", wire_reason_text((enum wire_reason)trace->a));
    case TRACE_ENDED:
        return snprintf(text, bytes, ": %s, %s", attempt_state_text((enum attempt_state)trace->a),
                        wire_cause_text((enum wire_cause)trace->b));
    case TRACE_TRIAL:
        return snprintf(
            text, bytes, ": %s%s%s", trial_state_text((enum trial_state)trace->a),
            trace->b == TRIAL_REASON_NONE ? "" : ", ",
            trace->b == TRIAL_REASON_NONE ? "" : trial_reason_text((enum trial_reason)trace->b));
    case TRACE_BACKOFF:
    case TRACE_WORKER_DRAINING:
        return snprintf(text, bytes, ": %" PRId64 " ms", trace->a);
    case TRACE_WORKER_JOINED:
        return snprintf(text, bytes, ": %" PRId64 " slots", trace->a);
    case TRACE_GATE:
        return snprintf(text, bytes, ": %s%s", trace->a ? "shut, " : "open",
                        trace->a ? experiment_reason_text((enum experiment_reason)trace->b) : "");
    case TRACE_QUARANTINED:
        return trace->a == 0
                   ? snprintf(text, bytes, ": over")
                   : snprintf(text, bytes,
                              ": %" PRId64 " attempts failed at once, and not elsewhere", trace->a);
    case TRACE_HELD:
        return snprintf(text, bytes, ": %s", trace->a ? "held" : "goes on");
    case TRACE_PRICE:
    case TRACE_POOL:
    case TRACE_PLAN:
    case TRACE_MOVED:
    case TRACE_DEADLINE:
        return market_print(trace, text, bytes);
    case TRACE_COMMAND:
        return snprintf(text, bytes, ": %s", command_verb_text((enum command_verb)trace->a));
    case TRACE_STARTED:
        return snprintf(text, bytes, ": incarnation %" PRId64, trace->a);
    case TRACE_SUBMITTED:
    case TRACE_ACCEPTED:
    case TRACE_LOST:
    case TRACE_LATE:
    case TRACE_SUPERSEDED:
    case TRACE_WORKER_LEFT:
        return snprintf(text, bytes, "%s", "");
    }
    return 0;
}

int trace_print(const struct trace *trace, char *text, size_t bytes)
{
    char subject[64] = "";
    char attempt[32] = "";
    char worker[32] = "";
    char detail[160] = "";

    if (trace->experiment > 0 && trace->trial >= 0) {
        (void)snprintf(subject, sizeof subject, " %" PRId32 ".%" PRId32, trace->experiment,
                       trace->trial);
    } else if (trace->experiment > 0) {
        (void)snprintf(subject, sizeof subject, " %" PRId32, trace->experiment);
    }
    if (trace->attempt > 0) {
        (void)snprintf(attempt, sizeof attempt, " attempt %" PRId32, trace->attempt);
    }
    if (trace->worker > 0) {
        (void)snprintf(worker, sizeof worker, " worker %" PRId32, trace->worker);
    }
    (void)detail_print(trace, detail, sizeof detail);
    return snprintf(text, bytes, "%s%s%s%s%s", trace_kind_text(trace->kind), subject, attempt,
                    worker, detail);
}
