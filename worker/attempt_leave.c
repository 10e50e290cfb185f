/* How an attempt is told to leave, and what its time runs out for. */
#include "worker/attempt.h"
#include "worker/attempt_parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MARGIN_MS = 2000 }; /* before a machine's end, beside the time a checkpoint takes */

static void send_order(const struct attempt *attempt, const struct job_order *order)
{
    if (attempt->fds[ATTEMPT_CONTROL] >= 0) {
        (void)send(attempt->fds[ATTEMPT_CONTROL], order, sizeof *order,
                   MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

void attempt_order(struct attempt *attempt, int32_t signal)
{
    send_order(attempt, &(struct job_order){.signal = signal});
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The deadline is for people and other programs: wall clock, UTC. */
static void deadline_text(int64_t left_ms, char *text, size_t bytes)
{
    struct timespec now;
    struct tm utc;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    const time_t at = now.tv_sec + (time_t)(left_ms / 1000);
    (void)gmtime_r(&at, &utc);
    (void)strftime(text, bytes, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static void notice_text(enum wire_reason reason, int64_t left_ms, char text[JOB_NOTICE_BYTES])
{
    char deadline[32];

    deadline_text(left_ms, deadline, sizeof deadline);
    (void)snprintf(text, JOB_NOTICE_BYTES, "{\"reason\":\"%s\",\"deadline\":\"%s\"}\n",
                   wire_reason_text(reason), deadline);
}

static void leave(struct attempt *attempt, enum wire_reason reason, int64_t grace_ms,
                  int64_t now_ms)
{
    struct job_order order = {.signal = attempt->signal};

    attempt->leaving = true;
    attempt->reason = reason;
    attempt->kill_ms = now_ms + grace_ms;
    if (reason != LEAVE_NONE) {
        notice_text(reason, grace_ms, order.notice);
    }
    send_order(attempt, &order);
}

/* Nothing has run yet: there is nobody to tell. */
static void leave_unstarted(struct attempt *attempt, enum wire_reason reason, int64_t now_ms)
{
    helper_kill(&attempt->copying);
    checkpoint_abandon(&attempt->checkpoint);
    attempt->fds[ATTEMPT_HELPER] = -1;
    attempt->leaving = true;
    attempt->reason = reason;
    attempt->facts.noticed = true;
    attempt_gone(attempt, now_ms);
}

void attempt_leave(struct attempt *attempt, enum wire_reason reason, int64_t grace_ms,
                   int64_t deadline_ms, int64_t now_ms)
{
    int64_t kill_ms = now_ms + grace_ms;

    if (deadline_ms > 0) {
        const int64_t last_ms = deadline_ms - attempt->checkpoint.took_ms - MARGIN_MS;
        kill_ms = earlier(kill_ms, last_ms > now_ms ? last_ms : now_ms);
    }
    if (attempt->state == ATTEMPT_PREPARING || attempt->state == ATTEMPT_RESTORING) {
        leave_unstarted(attempt, reason, now_ms);
        return;
    }
    if (attempt->state == ATTEMPT_SAVING && kill_ms <= now_ms) {
        attempt_save_no_more(attempt);
    }
    if (attempt->state != ATTEMPT_RUNNING) {
        return;
    }
    if (!attempt->leaving) {
        leave(attempt, reason, kill_ms - now_ms, now_ms);
    }
    attempt->kill_ms = earlier(attempt->kill_ms, kill_ms);
    attempt_tick(attempt, now_ms);
}

void attempt_end_for(struct attempt *attempt, enum wire_reason reason, int64_t now_ms)
{
    leave(attempt, reason, attempt->grace_ms, now_ms);
}

static int64_t timeout_at(const struct attempt *attempt)
{
    return attempt->timeout_ms > 0 ? attempt->started_ms + attempt->timeout_ms : INT64_MAX;
}

static int64_t stall_at(const struct attempt *attempt)
{
    return attempt->stall_ms > 0 ? attempt->active_ms + attempt->stall_ms : INT64_MAX;
}

int64_t attempt_deadline(const struct attempt *attempt)
{
    if (attempt->state != ATTEMPT_RUNNING || attempt->killed) {
        return INT64_MAX;
    }
    return attempt->leaving ? attempt->kill_ms : earlier(timeout_at(attempt), stall_at(attempt));
}

void attempt_tick(struct attempt *attempt, int64_t now_ms)
{
    if (attempt->state != ATTEMPT_RUNNING || attempt->killed) {
        return;
    }
    if (attempt->leaving) {
        if (attempt->kill_ms <= now_ms) {
            attempt->killed = true;
            attempt_order(attempt, JOB_END);
        }
    } else if (timeout_at(attempt) <= now_ms) {
        attempt->facts.timed_out = true;
        attempt_end_for(attempt, LEAVE_TIMEOUT, now_ms);
    } else if (stall_at(attempt) <= now_ms) {
        attempt->facts.stalled = true;
        attempt_end_for(attempt, LEAVE_TIMEOUT, now_ms);
    }
}
