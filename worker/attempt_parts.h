/*
 * attempt_parts: what the attempt's own sources share. Nobody else includes this.
 */
#ifndef WORKER_ATTEMPT_PARTS_H
#define WORKER_ATTEMPT_PARTS_H

#include "worker/attempt.h"

/* attempt_order: a signal to the process group, or JOB_END. */
void attempt_order(struct attempt *attempt, int32_t signal);

/* attempt_end_for: it must go for a reason of its own (timeout, stall, a rule): as attempt_leave,
 * with a notice file only where `reason` is not LEAVE_NONE. */
void attempt_end_for(struct attempt *attempt, enum wire_reason reason, int64_t now_ms);

/* attempt_over: nothing runs any more; reads what is left to read. */
void attempt_over(struct attempt *attempt, int64_t now_ms);

/* attempt_close: closes *fd if it is open and makes it -1. */
void attempt_close(int *fd);

#endif
