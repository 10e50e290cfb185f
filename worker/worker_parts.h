/*
 * worker_parts: the state of the loop, shared by its sources. Nobody else includes this.
 */
#ifndef WORKER_WORKER_PARTS_H
#define WORKER_WORKER_PARTS_H

#include "worker/agent.h"
#include "worker/attempt.h"
#include "worker/link.h"
#include "worker/notice.h"
#include "worker/options.h"
#include "worker/outbox.h"
#include "worker/workdirs.h"

enum {
    WORKER_TASKS_MAX =
        WIRE_SLOTS_MAX + 64, /* attempts that run, and a few whose log is on its way */
    WORKER_METRIC_MS = 1000, /* points travel at most once a second */
    WORKER_LOG_MS = 500,
    WORKER_LOG_BYTES_PER_S = 512 * 1024,
    WORKER_SHIP_MS = 30000,              /* how long the log of an attempt that ended may take */
    WORKER_STORE_MS = 5000,              /* before a result that the disk refused is tried again */
    WORKER_DISK_BYTES = 64 * 1024 * 1024 /* less free space, and no attempt is accepted */
};

/* An attempt and what the worker does with it. */
struct task {
    struct attempt *attempt;
    int watch;       /* inotify, of the report file; -1 none */
    int workdir;     /* that it uses; WORKDIR_NONE */
    bool stored;     /* its result is in the outbox */
    int32_t settled; /* the newest of its checkpoints that is on record; 0 none */
    int64_t store_next_ms;
    int64_t metric_next_ms; /* INT64_MAX: no point waits */
    int64_t log_next_ms;
    int64_t ship_until_ms;
};

struct worker {
    const struct options *options;
    struct attempt_options attempt_options;
    char state[FILES_PATH_BYTES];
    bool temporary; /* the state folder goes with the worker */
    struct cgroup cgroup;
    struct agent agent;
    struct outbox outbox;
    struct link link;
    struct key_access access;
    struct key_access way; /* to the coordinator's files; its endpoint "": none is known */
    bool link_down;        /* messages cannot be sent */
    bool meets;            /* the agent met another cluster, and does not know what is owed to it */
    int signals, watches;
    int parent; /* pidfd; -1 none */
    struct workdirs workdirs;
    struct notice notice;
    int terminations;
    struct task tasks[WORKER_TASKS_MAX];
    size_t task_count;
    int64_t log_tokens, log_tokens_ms;
    bool leaving;
    int exit_code;
    struct wire_message message; /* the one being sent */
};

/* worker_open: everything but the agent. worker_close: sends what is left, and lets go. */
enum tide_status worker_open(struct worker *worker, struct error *error);
void worker_close(struct worker *worker);

/* worker_event: a step of the agent, and all its actions. */
void worker_event(struct worker *worker, struct agent_event *event);

/* worker_say: sends worker->message; false if it could not be sent. */
bool worker_say(struct worker *worker);

/* tasks_start: runs the attempt of an ASSIGN. */
void tasks_start(struct worker *worker, const struct wire_assign *assign);

/* tasks_stop: tells an attempt to leave. */
void tasks_stop(struct worker *worker, const struct agent_action *action);

/* tasks_settled: a checkpoint is on record: older ones may go. */
void tasks_settled(struct worker *worker, const struct agent_action *action);

/* tasks_turn: what has become due, or news, of any attempt. tasks_deadline: when the next is. */
void tasks_turn(struct worker *worker);
int64_t tasks_deadline(const struct worker *worker);

/* tasks_reports: report files that the kernel says have grown. */
void tasks_reports(struct worker *worker);

/* tasks_reap: children that ended. */
void tasks_reap(struct worker *worker);

/* tasks_farewell: sends what it can of the logs that are still here. */
void tasks_farewell(struct worker *worker);

#endif
