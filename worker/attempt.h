/*
 * attempt: one attempt on this worker: its folder, its supervisor, its output and reports, its
 * time, and its result. The worker's loop polls its descriptors, calls attempt_tick at
 * attempt_deadline, and takes what it made.
 *
 *   folder/params.json report notice report.saved stdout stderr checkpoint/ tmp/ work/
 */
#ifndef WORKER_ATTEMPT_H
#define WORKER_ATTEMPT_H

#include "worker/agent.h"
#include "worker/capture.h"
#include "worker/cgroup.h"
#include "worker/checkpoint.h"
#include "worker/files.h"
#include "worker/job.h"
#include "worker/parse.h"
#include "worker/points.h"
#include "worker/tally.h"
#include "worker/verdict.h"

#include <stdbool.h>
#include <sys/types.h>

enum { ATTEMPT_TAIL_LINES = 5, ATTEMPT_TAIL_BYTES = 240, ATTEMPT_COMMAND_BYTES = 256 };

/* What is the same for all attempts of a worker. */
struct attempt_options {
    const char *state; /* the folder STATE of outbox.h */
    bool inherit_environment;
    bool has_user;
    uint32_t uid, gid;
    const char *home; /* of that user; "" the worker's own */
    const struct cgroup *cgroup;
    const struct key_access *way; /* to the coordinator's files; its endpoint "": none is known */
};

enum attempt_state {
    ATTEMPT_PREPARING, /* waits for its workdir, or gets its copy of it */
    ATTEMPT_RESTORING, /* its checkpoint is being fetched */
    ATTEMPT_RUNNING,
    ATTEMPT_SAVING, /* its processes are gone, its last checkpoint is being saved */
    ATTEMPT_OVER    /* the result can be made */
};

/* The descriptors to poll for input; -1 where there is none. */
enum attempt_fd {
    ATTEMPT_CONTROL,
    ATTEMPT_STDOUT,
    ATTEMPT_STDERR,
    ATTEMPT_HELPER,
    ATTEMPT_FD_COUNT
};

struct attempt {
    struct wire_attempt id;
    char cluster[WIRE_ID_HEX + 1];
    char folder[FILES_PATH_BYTES];
    char cgroup[FILES_PATH_BYTES]; /* "" none */
    enum attempt_state state;
    int fds[ATTEMPT_FD_COUNT];
    int report; /* the report file */
    int job;    /* what is to run once the checkpoint is restored; -1 none */
    pid_t supervisor;
    bool ran;              /* the command was started */
    bool gone;             /* the supervisor said that nothing of it is left */
    struct helper copying; /* of the workdir */
    struct checkpoint checkpoint;
    int32_t from_attempt;         /* that saved what it begins from; 0 afresh */
    struct agent_checkpoint from; /* if not */
    int64_t checkpoint_step;      /* that the script named last; -1 none */
    bool checkpoint_asked;        /* it is not being saved yet */
    bool saved;                   /* checkpoint.last is news */
    bool saved_last; /* after its end it was saved once more, if there was anything new */

    /* of the assignment */
    int64_t grace_ms, timeout_ms, stall_ms;
    bool rung; /* the trial may go on from where it is completed */
    int32_t signal;
    enum wire_then rules[WIRE_RULES_MAX];
    char command[ATTEMPT_COMMAND_BYTES];
    char pattern[WIRE_PATTERN_BYTES]; /* of the first objective; "" the default */

    /* what is seen */
    struct parser parser;
    struct lines lines[3]; /* stdout, stderr, report */
    struct tally tally;
    struct points points;
    struct capture captures[2];
    struct verdict_facts facts;
    int64_t step; /* the last one reported; -1 none */
    bool stepped; /* it is news */
    char tail[ATTEMPT_TAIL_LINES][ATTEMPT_TAIL_BYTES];
    uint64_t tail_count;
    enum job_stage failed_stage;
    char malformed[PARSE_TEXT_BYTES]; /* what was wrong with the last line that was no report */
    char why[ERROR_TEXT_BYTES];       /* the infeasible line's text, the rule's line, the failure */

    /* time, on the boot clock */
    int64_t started_ms, ended_ms, active_ms;
    int64_t kill_ms; /* INT64_MAX: not leaving */
    bool leaving, killed;
    enum wire_reason reason;
    int64_t cpu_ms, max_rss_bytes;
    bool stuck, stuck_is_news;
};

/* attempt_new: starts it, or is over at once with the reason; NULL: no memory. `assign` is not
 * kept.
 */
struct attempt *attempt_new(const struct attempt_options *options, const struct wire_assign *assign,
                            const char *cluster, int64_t now_ms);

/* attempt_free: ends it without grace if it still runs, and removes its folder. */
void attempt_free(struct attempt *attempt);

/* attempt_reroute: the coordinator's files are elsewhere now, as the options' `way` says. */
void attempt_reroute(struct attempt *attempt);

/* attempt_ready: descriptor `fd` has input or was closed. */
void attempt_ready(struct attempt *attempt, enum attempt_fd fd, int64_t now_ms);

/* attempt_read_report: the report file may have grown. */
void attempt_read_report(struct attempt *attempt, int64_t now_ms);

/* attempt_prepared: the workdir in `tree` is there: it gets a copy and goes on. attempt_unprepared:
 * it cannot be had. Both once, of an attempt that is ATTEMPT_PREPARING and not copying yet. */
void attempt_prepared(struct attempt *attempt, const char *tree, int64_t now_ms);
void attempt_unprepared(struct attempt *attempt, enum wire_cause cause, const char *why,
                        int64_t now_ms);

/* attempt_leave: notice file, signal, SIGKILL after the grace, or at deadline_ms (0 none) if that
 * is earlier. A second call can only make it earlier. */
void attempt_leave(struct attempt *attempt, enum wire_reason reason, int64_t grace_ms,
                   int64_t deadline_ms, int64_t now_ms);

/* attempt_deadline, attempt_tick: timeout, stall, the end of the grace. */
int64_t attempt_deadline(const struct attempt *attempt);
void attempt_tick(struct attempt *attempt, int64_t now_ms);

/* attempt_result: the RESULT of an attempt that is over; strings borrowed from it and from `text`
 * (of WIRE_TEXT_BYTES). */
void attempt_result(const struct attempt *attempt, struct wire_message *message, char *text);

#endif
