/*
 * setup: a spec's `setup:` command, run once in an unpacked workdir, by a supervisor like an
 * attempt's, so that none of its processes outlives it. The caller polls its descriptors and calls
 * setup_ready, and setup_tick at setup.deadline_ms.
 */
#ifndef WORKER_SETUP_H
#define WORKER_SETUP_H

#include "worker/job.h"

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

enum { SETUP_TAIL_BYTES = 1024, SETUP_TIMEOUT_MS = 3600000 };

struct setup {
    int control, output; /* -1: closed */
    pid_t supervisor;    /* -1: none, or reaped already */
    int64_t deadline_ms;
    bool timed_out;
    bool gone;                   /* nothing of it is left */
    struct job_report end;       /* how its first process ended */
    int not_started;             /* an errno; 0: it ran */
    char tail[SETUP_TAIL_BYTES]; /* the end of what it printed */
    size_t tail_bytes;
};

enum setup_event { SETUP_BUSY, SETUP_DONE, SETUP_FAILED };

/* setup_init: nothing runs. */
void setup_init(struct setup *setup);

/* setup_begin: runs the job of the descriptor `job`, which stays the caller's. */
enum tide_status setup_begin(struct setup *setup, int job, int64_t now_ms, struct error *error);

/* setup_ready: one of its descriptors has input or was closed. SETUP_FAILED: `why` (of `bytes`)
 * tells a person. */
enum setup_event setup_ready(struct setup *setup, char *why, size_t bytes);

/* setup_tick: ends it when its time is over. */
void setup_tick(struct setup *setup, int64_t now_ms);

/* setup_kill: ends it at once. */
void setup_kill(struct setup *setup);

#endif
