/*
 * job: what a worker tells the supervisor of an attempt: the job in a memory file, orders and
 * reports over a socket pair. Both ends are the same binary, so the structs go as they are.
 */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The descriptors of a supervisor at its start, besides 0, 1 and 2. */
enum { JOB_CONTROL_FD = 3, JOB_FILE_FD = 4 };

/* Enough for a whole ASSIGN, its environment and a caller's. */
enum { JOB_STRINGS_MAX = 4096, JOB_BYTES_MAX = 4 * 1024 * 1024 };

struct job {
    bool private_umask; /* 077; else the worker's own */
    bool has_user;
    uint32_t uid, gid;
    const char *workdir;
    const char *cgroup;       /* directory to join; "" none */
    const char *folder;       /* where its notice is shown; "" nowhere */
    const char *const *words; /* NULL at the end */
    const char *const *env;   /* "NAME=value", NULL at the end */
};

/* job_create: a memory file with the job; the descriptor is the caller's to close. */
enum tide_status job_create(const struct job *job, int *fd, struct error *error);

/* job_open: reads the job of `fd` into heap memory that is never freed: a supervisor needs it to
 * its end. False: the file is not a job. */
bool job_open(int fd, struct job *job);

/* Worker to supervisor. The end of the socket means JOB_END, too. */
enum { JOB_END = -1, JOB_NOTICE_BYTES = 128 };

struct job_order {
    int32_t signal;                /* to the process group; JOB_END: kill everything now */
    char notice[JOB_NOTICE_BYTES]; /* shown before the signal; "" none */
};

enum job_report_kind {
    JOB_STARTED, /* the command runs */
    JOB_FAILED,  /* it does not: error is an errno, stage says of what */
    JOB_EXITED,  /* its first process ended: exit_code or signal, ordered */
    JOB_GONE,    /* and all others are gone: cpu_ms, max_rss_bytes */
    JOB_STUCK    /* they do not go, though killed */
};

enum job_stage { JOB_AT_FORK, JOB_AT_WORKDIR, JOB_AT_USER, JOB_AT_EXEC };

struct job_report {
    enum job_report_kind kind;
    enum job_stage stage;
    int32_t error;
    int32_t exit_code; /* -1: it did not exit */
    int32_t signal;    /* 0: no signal ended it */
    bool ordered;      /* an order reached it while it ran */
    int64_t cpu_ms;
    int64_t max_rss_bytes;
};

#endif
