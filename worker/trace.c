#include "worker/trace.h"

#include <inttypes.h>
#include <stdio.h>

static int print_send(const struct agent_action *action, const char *id, char *text, size_t bytes)
{
    const char *type = wire_type_text(action->type);

    if (action->type == WIRE_READY) {
        return snprintf(text, bytes, "send %s free=%" PRId32, type, action->slots_free);
    }
    if (action->type == WIRE_HELLO || action->type == WIRE_RENEW) {
        return snprintf(text, bytes, "send %s token=%" PRId64, type, action->token);
    }
    if (action->type == WIRE_REFUSE) {
        return snprintf(text, bytes, "send %s %s %s", type, id, wire_refusal_text(action->refusal));
    }
    if (action->type == WIRE_PREEMPT) {
        return snprintf(text, bytes, "send %s in=%" PRId64, type, action->grace_ms);
    }
    return snprintf(text, bytes, "send %s%s%s", type, action->attempt.number > 0 ? " " : "",
                    action->attempt.number > 0 ? id : "");
}

char *trace_action(const struct agent_action *action, char *text, size_t bytes)
{
    char id[64];

    (void)snprintf(id, sizeof id, "%" PRId32 ".%" PRId32 "/%" PRId32, action->attempt.experiment,
                   action->attempt.trial, action->attempt.number);
    switch (action->kind) {
    case AGENT_DO_SEND:
        (void)print_send(action, id, text, bytes);
        break;
    case AGENT_DO_REMEMBER:
        (void)snprintf(text, bytes, "remember %s", id);
        break;
    case AGENT_DO_START:
        (void)snprintf(text, bytes, "start %s", id);
        break;
    case AGENT_DO_STOP:
        (void)snprintf(text, bytes, "stop %s %s grace=%" PRId64 " by=%" PRId64, id,
                       wire_reason_text(action->reason), action->grace_ms, action->deadline_ms);
        break;
    case AGENT_DO_SETTLED:
        (void)snprintf(text, bytes, "settled %s seq=%" PRId32, id, action->seq);
        break;
    case AGENT_DO_FORGET:
        (void)snprintf(text, bytes, "forget %s", id);
        break;
    case AGENT_DO_LOAD:
        (void)snprintf(text, bytes, "load");
        break;
    case AGENT_DO_EXIT:
        (void)snprintf(text, bytes, "exit %" PRId32, action->exit_code);
        break;
    }
    return text;
}
