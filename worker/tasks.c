/* The attempts of a worker: what they made goes to the outbox and onto the link. */
#include "worker/worker_parts.h"

#include "worker/agent_table.h"
#include "worker/clock.h"
#include "worker/sweep.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The one that runs, else the one that has ended: of another cluster it may have the same id. */
static struct task *task_find(struct worker *worker, struct wire_attempt id)
{
    struct task *found = NULL;

    for (size_t i = 0; i < worker->task_count; i++) {
        struct task *task = &worker->tasks[i];
        if (attempt_same(task->attempt->id, id) && (found == NULL || !task->stored)) {
            found = task;
        }
    }
    return found;
}

static void task_drop(struct worker *worker, struct task *task)
{
    if (task->watch >= 0) {
        (void)inotify_rm_watch(worker->watches, task->watch);
    }
    attempt_free(task->attempt);
    workdirs_release(&worker->workdirs, task->workdir);
    *task = worker->tasks[--worker->task_count];
}

/* --- starting and stopping --- */

/* Room for a new attempt: a log that is still on its way gives way. */
static void make_room(struct worker *worker)
{
    for (size_t i = 0; worker->task_count == WORKER_TASKS_MAX && i < worker->task_count; i++) {
        if (worker->tasks[i].stored) {
            task_drop(worker, &worker->tasks[i]);
        }
    }
}

void tasks_start(struct worker *worker, const struct wire_assign *assign)
{
    const int64_t now_ms = clock_boot_ms();
    char path[FILES_PATH_BYTES];

    make_room(worker);
    struct attempt *attempt =
        attempt_new(&worker->attempt_options, assign, worker->agent.cluster, now_ms);
    if (attempt == NULL) {
        log_line(LOG_ERROR, "no_memory", "trial=%" PRId32 ".%" PRId32, assign->attempt.experiment,
                 assign->attempt.trial);
        abort();
    }
    struct task *task = &worker->tasks[worker->task_count++];
    *task = (struct task){.attempt = attempt,
                          .watch = -1,
                          .workdir = WORKDIR_NONE,
                          .metric_next_ms = INT64_MAX,
                          .log_next_ms = INT64_MAX,
                          .ship_until_ms = INT64_MAX};
    if (attempt->state == ATTEMPT_PREPARING) {
        task->workdir = workdirs_want(&worker->workdirs, assign);
    }
    if (files_path(path, "%s/report", attempt->folder)) {
        task->watch = inotify_add_watch(worker->watches, path, IN_MODIFY);
        attempt_read_report(attempt, now_ms); /* of a script that was faster */
    }
    log_line(LOG_INFO, "start", "trial=%" PRId32 ".%" PRId32 " attempt=%" PRId32 " command=\"%s\"",
             attempt->id.experiment, attempt->id.trial, attempt->id.number, attempt->command);
}

void tasks_settled(struct worker *worker, const struct agent_action *action)
{
    struct task *task = task_find(worker, action->attempt);

    outbox_settled(&worker->outbox, action->attempt);
    if (task != NULL) {
        task->settled = action->seq;
        checkpoint_prune(&task->attempt->checkpoint, action->seq);
    }
}

void tasks_stop(struct worker *worker, const struct agent_action *action)
{
    struct task *task = task_find(worker, action->attempt);

    if (task != NULL) {
        attempt_leave(task->attempt, action->reason, action->grace_ms, action->deadline_ms,
                      clock_boot_ms());
    }
}

/* --- metrics and logs --- */

static void send_points(struct worker *worker, struct task *task)
{
    struct attempt *attempt = task->attempt;
    struct wire_message *message = &worker->message;
    size_t count = 0;

    do {
        *message = (struct wire_message){.type = WIRE_METRIC};
        message->metric.attempt = attempt->id;
        count = points_batch(&attempt->points, &message->metric);
        if (count > 0 && !worker_say(worker)) {
            return;
        }
        points_sent(&attempt->points, count);
    } while (count == WIRE_POINTS_MAX);
}

static bool points_wait(const struct attempt *attempt)
{
    return attempt->points.sent < attempt->points.added;
}

static bool log_waits(const struct capture *capture)
{
    const int64_t until =
        capture->ended || capture->total < CAPTURE_HEAD_BYTES ? capture->total : CAPTURE_HEAD_BYTES;

    return !capture->failed && capture->sent < until;
}

static void refill_tokens(struct worker *worker, int64_t now_ms)
{
    const int64_t passed_ms = now_ms - worker->log_tokens_ms;

    worker->log_tokens += passed_ms * WORKER_LOG_BYTES_PER_S / 1000;
    worker->log_tokens = earlier(worker->log_tokens, WORKER_LOG_BYTES_PER_S);
    worker->log_tokens_ms = now_ms;
}

/* One piece; false when there is none, or it cannot be sent. */
static bool send_piece(struct worker *worker, struct attempt *attempt, struct capture *capture)
{
    char text[WIRE_LOG_BYTES];
    int64_t offset = 0;
    int64_t next = 0;

    if (!capture_piece(capture, text, &offset, &next)) {
        return false;
    }
    worker->message = (struct wire_message){.type = WIRE_LOG};
    worker->message.log = (struct wire_log){
        .attempt = attempt->id, .stream = capture->stream, .offset = offset, .text = text};
    if (!worker_say(worker)) {
        return false;
    }
    worker->log_tokens -= next - offset;
    capture->sent = next;
    return true;
}

static void send_logs(struct worker *worker, struct task *task, int64_t now_ms)
{
    refill_tokens(worker, now_ms);
    for (int i = 0; i < 2; i++) {
        struct capture *capture = &task->attempt->captures[i];
        while (worker->log_tokens > 0 && send_piece(worker, task->attempt, capture)) {
        }
    }
}

static bool is_welcome(const struct worker *worker)
{
    return worker->agent.session == AGENT_WELCOME && !worker->link_down;
}

/* The first point or line goes at once, the next ones at most so often. */
static void task_send(struct worker *worker, struct task *task, int64_t now_ms)
{
    const struct attempt *attempt = task->attempt;
    const bool logs = log_waits(&attempt->captures[0]) || log_waits(&attempt->captures[1]);

    if (!is_welcome(worker)) {
        task->metric_next_ms = INT64_MAX;
        task->log_next_ms = INT64_MAX;
        return;
    }
    if (points_wait(attempt) &&
        (task->metric_next_ms <= now_ms || task->metric_next_ms == INT64_MAX)) {
        send_points(worker, task);
        task->metric_next_ms = now_ms + WORKER_METRIC_MS;
    } else if (!points_wait(attempt) && task->metric_next_ms <= now_ms) {
        task->metric_next_ms = INT64_MAX;
    }
    if (logs && (task->log_next_ms <= now_ms || task->log_next_ms == INT64_MAX)) {
        send_logs(worker, task, now_ms);
        task->log_next_ms = now_ms + WORKER_LOG_MS;
    } else if (!logs && task->log_next_ms <= now_ms) {
        task->log_next_ms = INT64_MAX;
    }
}

/* --- results --- */

static void fill_envelope(const struct worker *worker, struct wire_message *message)
{
    message->incarnation = worker->agent.incarnation;
    (void)memcpy(message->boot, worker->link.boot, sizeof message->boot);
    message->seq = 1;
}

/* The CKPT that the coordinator must hear before the result; NULL if it knows it. */
static const struct wire_message *unsettled(const struct worker *worker, struct wire_attempt id)
{
    static struct wire_message message;
    const struct agent_action action = {.kind = AGENT_DO_SEND, .type = WIRE_CKPT, .attempt = id};

    message = (struct wire_message){0};
    agent_message(&worker->agent, &action, &message);
    fill_envelope(worker, &message);
    return message.ckpt.checkpoint.seq > 0 ? &message : NULL;
}

static void task_store(struct worker *worker, struct task *task, int64_t now_ms)
{
    char text[WIRE_TEXT_BYTES];
    struct error error;
    struct attempt *attempt = task->attempt;

    if (is_welcome(worker)) { /* what was seen comes before what it came to */
        send_points(worker, task);
        send_logs(worker, task, now_ms);
    }
    attempt_result(attempt, &worker->message, text);
    fill_envelope(worker, &worker->message);
    if (outbox_store(&worker->outbox, &worker->message, unsettled(worker, attempt->id), &error) !=
        TIDE_OK) {
        log_line(LOG_ERROR, "result_not_stored", "trial=%" PRId32 ".%" PRId32 " why=\"%s\"",
                 attempt->id.experiment, attempt->id.trial, error.text);
        if (worker->terminations < 2) {
            task->store_next_ms = now_ms + WORKER_STORE_MS;
            return;
        } /* else the worker must end at once, and the result with it */
    }
    const struct verdict verdict = verdict_of(&attempt->facts);
    log_line(LOG_INFO, "end",
             "trial=%" PRId32 ".%" PRId32 " attempt=%" PRId32 " outcome=%s cause=%s",
             attempt->id.experiment, attempt->id.trial, attempt->id.number,
             wire_outcome_text(verdict.outcome), wire_cause_text(verdict.cause));
    task->stored = true;
    task->ship_until_ms = now_ms + WORKER_SHIP_MS;
    struct agent_event event = {.kind = AGENT_SAW_ENDED, .attempt = attempt->id};
    worker_event(worker, &event);
}

static void task_news(struct worker *worker, struct task *task)
{
    struct attempt *attempt = task->attempt;
    struct agent_event event = {.attempt = attempt->id, .step = attempt->step};

    if (attempt->stepped) {
        attempt->stepped = false;
        event.kind = AGENT_SAW_PROGRESS;
        worker_event(worker, &event);
    }
    if (attempt->saved) {
        attempt->saved = false;
        event.kind = AGENT_SAW_SAVED;
        event.checkpoint = attempt->checkpoint.last;
        worker_event(worker, &event);
    }
    if (attempt->stuck_is_news) {
        attempt->stuck_is_news = false;
        event.kind = AGENT_SAW_STUCK;
        log_line(LOG_ERROR, "unkillable", "trial=%" PRId32 ".%" PRId32, attempt->id.experiment,
                 attempt->id.trial);
        worker_event(worker, &event);
    }
}

/* An attempt that waits for its workdir goes on when that is there, or cannot be had. */
static void task_prepare(struct worker *worker, const struct task *task, int64_t now_ms)
{
    struct attempt *attempt = task->attempt;

    if (attempt->state != ATTEMPT_PREPARING || attempt->copying.out >= 0) {
        return;
    }
    if (task->workdir == WORKDIR_NONE) {
        attempt_unprepared(attempt, CAUSE_WORKER, "too many workdirs are in use here", now_ms);
        return;
    }
    const struct workdir *workdir = &worker->workdirs.list[task->workdir];
    if (workdir->state == WORKDIR_READY) {
        attempt_prepared(attempt, workdir->tree, now_ms);
    } else if (workdir->state == WORKDIR_FAILED) {
        attempt_unprepared(attempt, workdir->cause, workdir->why, now_ms);
    }
}

/* Its log has left, and its last checkpoint is on record, so that older ones have gone. */
static bool task_done(const struct task *task, int64_t now_ms)
{
    const struct attempt *attempt = task->attempt;
    const bool waits = log_waits(&attempt->captures[0]) || log_waits(&attempt->captures[1]) ||
                       task->settled < attempt->checkpoint.last.seq;

    return task->stored && (task->ship_until_ms <= now_ms || !waits);
}

/* --- the turn --- */

void tasks_turn(struct worker *worker)
{
    const int64_t now_ms = clock_boot_ms();

    workdirs_tick(&worker->workdirs, now_ms);

    for (size_t i = 0; i < worker->task_count;) {
        struct task *task = &worker->tasks[i];
        attempt_tick(task->attempt, now_ms);
        task_prepare(worker, task, now_ms);
        task_news(worker, task);
        if (task->attempt->state == ATTEMPT_OVER && !task->stored &&
            task->store_next_ms <= now_ms) {
            task_store(worker, task, now_ms);
        }
        task_send(worker, task, now_ms);
        if (task_done(task, now_ms)) {
            task_drop(worker, task);
        } else {
            i++;
        }
    }
}

static int64_t task_deadline(const struct task *task)
{
    int64_t deadline_ms = earlier(task->metric_next_ms, task->log_next_ms);

    deadline_ms = earlier(deadline_ms, attempt_deadline(task->attempt));
    if (task->stored) {
        deadline_ms = earlier(deadline_ms, task->ship_until_ms);
    } else if (task->attempt->state == ATTEMPT_OVER) {
        deadline_ms = earlier(deadline_ms, task->store_next_ms);
    }
    return deadline_ms;
}

int64_t tasks_deadline(const struct worker *worker)
{
    int64_t deadline_ms = workdirs_deadline(&worker->workdirs);

    for (size_t i = 0; i < worker->task_count; i++) {
        deadline_ms = earlier(deadline_ms, task_deadline(&worker->tasks[i]));
    }
    return deadline_ms;
}

void tasks_reports(struct worker *worker)
{
    _Alignas(struct inotify_event) char buffer[4096];
    const int64_t now_ms = clock_boot_ms();
    ssize_t bytes = 0;

    do { /* which file it was does not matter: reading one that did not grow costs one call */
        bytes = read(worker->watches, buffer, sizeof buffer);
    } while (bytes > 0);
    for (size_t i = 0; i < worker->task_count; i++) {
        if (worker->tasks[i].attempt->state == ATTEMPT_RUNNING) {
            attempt_read_report(worker->tasks[i].attempt, now_ms);
        }
    }
}

/* The child of this worker that ended was one it started; it is not waited for any more. */
static bool reaped_own(struct worker *worker, pid_t child)
{
    if (worker->notice.process == child) {
        worker->notice.process = -1;
        return true;
    }
    for (size_t i = 0; i < worker->task_count; i++) {
        struct attempt *attempt = worker->tasks[i].attempt;
        if (attempt->supervisor == child) {
            attempt->supervisor = -1;
            return true;
        }
        if (attempt->checkpoint.helper.pid == child) {
            attempt->checkpoint.helper.pid = 0;
            return true;
        }
        if (attempt->copying.pid == child) {
            attempt->copying.pid = 0;
            return true;
        }
    }
    return workdirs_reaped(&worker->workdirs, child);
}

/* What a supervisor that was killed leaves comes to this process, and more may come behind it. */
void tasks_reap(struct worker *worker)
{
    pid_t spared[3 * WORKER_TASKS_MAX + 2 * WORKDIRS_MAX + 1];
    size_t count = 0;
    bool orphans = false;
    siginfo_t info = {0};

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
        orphans = !reaped_own(worker, info.si_pid) || info.si_code != CLD_EXITED || orphans;
        info.si_pid = 0;
    }
    for (size_t i = 0; i < worker->task_count; i++) {
        spared[count++] = worker->tasks[i].attempt->supervisor;
        spared[count++] = worker->tasks[i].attempt->checkpoint.helper.pid;
        spared[count++] = worker->tasks[i].attempt->copying.pid;
    }
    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        spared[count++] = worker->workdirs.list[i].helper.pid;
        spared[count++] = worker->workdirs.list[i].setup.supervisor;
    }
    if (orphans) {
        spared[count++] = worker->notice.process;
        (void)sweep_children(spared, count);
    }
}

void tasks_farewell(struct worker *worker)
{
    for (size_t i = 0; i < worker->task_count; i++) {
        struct attempt *attempt = worker->tasks[i].attempt;
        for (int stream = 0; stream < 2; stream++) {
            while (is_welcome(worker) && send_piece(worker, attempt, &attempt->captures[stream])) {
            }
        }
    }
}
