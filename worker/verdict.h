/*
 * verdict: how an attempt ended, by the table of docs/WORKER.md: the first row that fits.
 */
#ifndef WORKER_VERDICT_H
#define WORKER_VERDICT_H

#include <tidemill/wire.h>

enum { EXIT_INFEASIBLE = 65, EXIT_REQUEUE = 75 };

/* What was seen of an attempt whose processes are gone. */
struct verdict_facts {
    enum wire_cause not_started; /* why the command never ran; CAUSE_NONE it ran */
    int32_t exit_code;           /* -1 where it did not exit */
    int32_t signal;              /* 0 where no signal ended it */
    bool infeasible;             /* an infeasible line */
    bool final;                  /* a final line: the trial had finished */
    bool objective_seen;         /* every required value */
    bool objective_finite;       /* of those that were seen */
    bool rule_matched;           /* on_output */
    enum wire_then rule;
    bool noticed; /* told to leave, by file and signal, while it ran; timeout and stall excepted */
    bool ended_by_us; /* the signal was of our sending */
    bool timed_out;
    bool stalled;
    bool out_of_memory; /* the kernel says so */
};

struct verdict {
    enum wire_outcome outcome;
    enum wire_cause cause;
};

/* verdict_of: total: the last row fits always. */
struct verdict verdict_of(const struct verdict_facts *facts);

#endif
