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

/* attempt_gone: nothing of it runs any more; reads what is left to read, and saves what is left to
 * save. */
void attempt_gone(struct attempt *attempt, int64_t now_ms);

/* attempt_spawn: starts the supervisor on the job of attempt->job. */
enum tide_status attempt_spawn(struct attempt *attempt, struct error *error);

/* attempt_restore: starts the attempt, once what it is to begin from is restored. */
void attempt_restore(struct attempt *attempt, int64_t now_ms);

/* attempt_asks: the script named a checkpoint. */
void attempt_asks(struct attempt *attempt, int64_t step, int64_t now_ms);

/* attempt_save_last: the last checkpoint of an attempt whose processes are gone; false: there is
 * none to save. */
bool attempt_save_last(struct attempt *attempt, int64_t now_ms);

/* attempt_save_no_more: its end cannot wait for the coordinator: what is on its way there is given
 * up. */
void attempt_save_no_more(struct attempt *attempt);

/* attempt_helped: the process that saves or restores has something to say. */
void attempt_helped(struct attempt *attempt, int64_t now_ms);

/* attempt_not_started: it ends before it began. */
void attempt_not_started(struct attempt *attempt, enum wire_cause cause, const char *why,
                         int64_t now_ms);

/* attempt_close: closes *fd if it is open and makes it -1. */
void attempt_close(int *fd);

#endif
