/*
 * trace: what the agent does, in words, for logs and golden traces.
 */
#ifndef WORKER_TRACE_H
#define WORKER_TRACE_H

#include "worker/agent.h"

/* trace_action: one line without its end; returns `text`. */
char *trace_action(const struct agent_action *action, char *text, size_t bytes);

#endif
