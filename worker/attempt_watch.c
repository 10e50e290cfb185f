/* What is seen of an attempt: the supervisor's reports, the output, the report file. */
#include "worker/attempt.h"
#include "worker/attempt_parts.h"

#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 65536, READS_A_TURN = 16 };

/* --- facts from lines --- */

static void on_metric(struct attempt *attempt, const struct parse_found *found)
{
    tally_add(&attempt->tally, found->name, found->value, found->final);
    if (found->step < 0) {
        return;
    }
    if (isfinite(found->value) != 0) {
        (void)points_add(&attempt->points, found->name, found->step, found->value);
    }
    attempt->stepped = attempt->stepped || attempt->step != found->step;
    attempt->step = found->step;
}

static void on_rule(struct attempt *attempt, const struct parse_found *found, int64_t now_ms)
{
    if (attempt->facts.rule_matched || attempt->leaving) {
        return;
    }
    attempt->facts.rule_matched = true;
    attempt->facts.rule = attempt->rules[found->rule];
    (void)text_copy(attempt->why, sizeof attempt->why, found->text);
    attempt_end_for(attempt, LEAVE_NONE, now_ms);
}

static void on_found(struct attempt *attempt, const struct parse_found *found, int64_t now_ms)
{
    switch (found->kind) {
    case PARSE_METRIC:
        on_metric(attempt, found);
        break;
    case PARSE_CHECKPOINT:
        attempt_asks(attempt, found->step, now_ms);
        break;
    case PARSE_INFEASIBLE:
        attempt->facts.infeasible = true;
        (void)text_copy(attempt->why, sizeof attempt->why, found->text);
        break;
    case PARSE_FINAL:
        attempt->facts.final = true;
        break;
    case PARSE_RULE:
        on_rule(attempt, found, now_ms);
        break;
    case PARSE_MALFORMED:
        (void)text_copy(attempt->malformed, sizeof attempt->malformed, found->text);
        break;
    }
}

static void keep_line(struct attempt *attempt, const struct line *line)
{
    char *slot = attempt->tail[attempt->tail_count++ % ATTEMPT_TAIL_LINES];

    (void)capture_text(line->text, line->length, true, slot, ATTEMPT_TAIL_BYTES);
}

/* stream: 0 stdout, 1 stderr, 2 the report file */
static void on_line(struct attempt *attempt, int stream, const struct line *line, int64_t now_ms)
{
    static struct parse_found found[PARSE_FOUND_MAX];
    const bool was_reported = attempt->parser.reported;
    const size_t count = stream == 2 ? parse_report(&attempt->parser, line, found)
                                     : parse_output(&attempt->parser, line, found);

    if (stream < 2) {
        keep_line(attempt, line);
    }
    if (attempt->parser.reported && !was_reported) {
        tally_forget(&attempt->tally);
    }
    for (size_t i = 0; i < count; i++) {
        on_found(attempt, &found[i], now_ms);
    }
}

static void on_bytes(struct attempt *attempt, int stream, const char *data, size_t bytes,
                     int64_t now_ms)
{
    struct line line;

    attempt->active_ms = now_ms;
    if (stream < 2) {
        capture_write(&attempt->captures[stream], data, bytes);
    }
    while (lines_next(&attempt->lines[stream], &data, &bytes, &line)) {
        on_line(attempt, stream, &line, now_ms);
    }
}

/* --- streams --- */

/* Reads what is there, bounded so that one script cannot keep the worker busy; false at the end of
 * the stream. */
static bool read_some(struct attempt *attempt, int stream, int fd, int reads, int64_t now_ms)
{
    static char data[READ_BYTES];

    for (int i = 0; i < reads; i++) {
        const ssize_t bytes = read(fd, data, sizeof data);
        if (bytes == 0) {
            return false;
        }
        if (bytes < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        on_bytes(attempt, stream, data, (size_t)bytes, now_ms);
    }
    return true;
}

static void read_stream(struct attempt *attempt, enum attempt_fd fd, int reads, int64_t now_ms)
{
    const int stream = fd == ATTEMPT_STDOUT ? 0 : 1;

    if (attempt->fds[fd] >= 0 && !read_some(attempt, stream, attempt->fds[fd], reads, now_ms)) {
        attempt_close(&attempt->fds[fd]);
    }
}

void attempt_read_report(struct attempt *attempt, int64_t now_ms)
{
    if (attempt->report >= 0) {
        (void)read_some(attempt, 2, attempt->report, READS_A_TURN, now_ms);
    }
}

/* --- the supervisor --- */

static void on_failed(struct attempt *attempt, const struct job_report *report)
{
    const bool missing = report->stage == JOB_AT_EXEC && report->error == ENOENT;

    attempt->facts.not_started = missing                        ? CAUSE_NOT_FOUND
                                 : report->stage == JOB_AT_EXEC ? CAUSE_CANNOT_RUN
                                                                : CAUSE_WORKER;
    attempt->failed_stage = report->stage;
    (void)text_copy(attempt->why, sizeof attempt->why, strerror(report->error));
}

static void on_exited(struct attempt *attempt, const struct job_report *report)
{
    attempt->facts.exit_code = report->exit_code;
    attempt->facts.signal = report->signal;
    attempt->facts.ended_by_us = report->ordered;
    attempt->facts.noticed = report->ordered && attempt->leaving && attempt->reason != LEAVE_NONE &&
                             attempt->reason != LEAVE_TIMEOUT;
}

static void on_report(struct attempt *attempt, const struct job_report *report, int64_t now_ms)
{
    switch (report->kind) {
    case JOB_STARTED:
        attempt->ran = true;
        attempt->started_ms = now_ms;
        attempt->active_ms = now_ms;
        break;
    case JOB_FAILED:
        on_failed(attempt, report);
        attempt->gone = true;
        break;
    case JOB_EXITED:
        on_exited(attempt, report);
        break;
    case JOB_GONE:
        attempt->cpu_ms = report->cpu_ms;
        attempt->max_rss_bytes = report->max_rss_bytes;
        attempt->gone = true;
        break;
    case JOB_STUCK:
        attempt->stuck = true;
        attempt->stuck_is_news = true;
        break;
    }
}

/* The end of the socket is the end of the supervisor: orderly after JOB_GONE, else it was killed.
 */
static void read_control(struct attempt *attempt, int64_t now_ms)
{
    struct job_report report;
    ssize_t bytes = 0;

    do {
        bytes = recv(attempt->fds[ATTEMPT_CONTROL], &report, sizeof report, MSG_DONTWAIT);
        if (bytes == sizeof report) {
            on_report(attempt, &report, now_ms);
        }
    } while (bytes == sizeof report);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    attempt_close(&attempt->fds[ATTEMPT_CONTROL]);
    if (!attempt->gone) {
        attempt->facts.not_started = CAUSE_WORKER;
        (void)text_copy(attempt->why, sizeof attempt->why, "its supervisor was killed");
    }
    attempt_gone(attempt, now_ms);
}

void attempt_ready(struct attempt *attempt, enum attempt_fd fd, int64_t now_ms)
{
    switch (fd) {
    case ATTEMPT_CONTROL:
        read_control(attempt, now_ms);
        break;
    case ATTEMPT_STDOUT:
    case ATTEMPT_STDERR:
        read_stream(attempt, fd, READS_A_TURN, now_ms);
        break;
    case ATTEMPT_HELPER:
        attempt_helped(attempt, now_ms);
        break;
    case ATTEMPT_FD_COUNT:
        break;
    }
}

/* --- the end --- */

/* A pipe holds 64 KiB; with all writers gone a few reads find its end. */
static void read_rest(struct attempt *attempt, int64_t now_ms)
{
    static struct parse_found found[PARSE_FOUND_MAX];
    struct line line;

    read_stream(attempt, ATTEMPT_STDOUT, READS_A_TURN, now_ms);
    read_stream(attempt, ATTEMPT_STDERR, READS_A_TURN, now_ms);
    while (attempt->report >= 0 && read_some(attempt, 2, attempt->report, 1, now_ms)) {
    }
    for (int stream = 0; stream < 3; stream++) {
        if (lines_last(&attempt->lines[stream], &line)) {
            on_line(attempt, stream, &line, now_ms);
        }
    }
    const size_t count = parse_finish(&attempt->parser, found);
    for (size_t i = 0; i < count; i++) {
        on_found(attempt, &found[i], now_ms);
    }
}

void attempt_gone(struct attempt *attempt, int64_t now_ms)
{
    read_rest(attempt, now_ms);
    attempt_close(&attempt->fds[ATTEMPT_STDOUT]);
    attempt_close(&attempt->fds[ATTEMPT_STDERR]);
    attempt->ended_ms = now_ms;
    attempt->captures[0].ended = true;
    attempt->captures[1].ended = true;
    attempt->facts.out_of_memory = cgroup_out_of_memory(attempt->cgroup);
    attempt->facts.objective_seen = tally_complete(&attempt->tally);
    attempt->facts.objective_finite = tally_finite(&attempt->tally);
    attempt->state = attempt_save_last(attempt, now_ms) ? ATTEMPT_SAVING : ATTEMPT_OVER;
}

void attempt_not_started(struct attempt *attempt, enum wire_cause cause, const char *why,
                         int64_t now_ms)
{
    attempt->facts.not_started = cause;
    (void)text_copy(attempt->why, sizeof attempt->why, why);
    attempt_gone(attempt, now_ms);
}
