/*
 * audit: what must never happen, computed from what the history itself saw: messages on the wire,
 * processes that ran, answers that came, rows that were written. It asks the core nothing. The
 * numbers I1 ... I16 are those of docs/RELIABILITY.md. What is wrong ends the history.
 */
#ifndef TESTS_SIM_AUDIT_H
#define TESTS_SIM_AUDIT_H

#include "rows.h"

/* What was seen of one attempt. */
struct witness {
    struct wire_attempt attempt;
    uint32_t machine;   /* it was offered to */
    uint32_t before;    /* the one seen before it of its trial, 1 + index; 0 none */
    int64_t decided_ms; /* when a coordinator first decided to offer it, written or not */
    int64_t assigned_ms, started_ms, stopped_ms; /* 0 not yet */
    int64_t sent_ms;                             /* its ASSIGN, the last time */
    int64_t saved_step;                          /* of its newest checkpoint; 0 none */
    int32_t saved_seq;
    bool spoiled[64];   /* of its checkpoints, by seq: what was saved cannot be loaded */
    bool written, live; /* its row, as last committed */
    uint32_t refused;   /* by which boot of its machine; 0 none */
    /* by coordinator: its state as that has decided, written or not, plus 1; 0 nothing */
    uint8_t decided[PLAN_CENTERS];
    int64_t gone_ms;      /* since when it is not live any more */
    bool reported, ended; /* its machine said how it ended; and that it completed */
    double value;
};

struct audit_trial {
    uint32_t newest; /* witness, 1 + index; 0 none */
    int32_t live;    /* attempts, as committed */
    bool written;
    struct trial_row row; /* as last committed */
    int32_t tells;        /* since the coordinator began */
    bool fell_back;       /* to an older checkpoint, because the newest could not be loaded */
};

/* Of a machine, as one coordinator sees it. */
struct audit_room {
    int32_t used; /* live attempts, as it has decided */
    int32_t most; /* by what the machine has said is free */
};

struct audit {
    struct audit_trial *trials[PLAN_EXPERIMENTS_MAX];
    struct witness *witnesses;
    uint32_t witness_count, witness_capacity;
    int32_t on_machine[PLAN_MACHINES_MAX]; /* live attempts, as committed */
    struct audit_room rooms[PLAN_CENTERS][PLAN_MACHINES_MAX];
    int64_t incarnation;                   /* the newest that was opened */
    int64_t overlap_ms;                    /* of two attempts of one trial */
    bool kicked, jumped, second;           /* an operator kicked; the wall clock jumped; there were
                                              two coordinators */
    bool paused[PLAN_MACHINES_MAX];        /* it once stood still */
    int64_t greeted_ms[PLAN_MACHINES_MAX]; /* a coordinator took its last HELLO */
};

void audit_init(struct audit *audit, const struct plan *plan);
void audit_fini(struct audit *audit);

/* audit_opened: a coordinator has begun: I15, I12. */
void audit_opened(uint32_t center, int64_t incarnation);

/* audit_free: it hears how many slots of a machine are free. audit_decided: what it has decided
 * about an attempt there, which is not written yet: I14. */
void audit_free(uint32_t center, uint32_t machine, int32_t slots_free);
void audit_decided(uint32_t center, uint32_t machine, const struct attempt_row *row);

/* audit_assigned: an ASSIGN goes out on the wire: I2, I5, I13. */
void audit_assigned(int64_t incarnation, uint32_t machine, struct wire_attempt attempt);

/* audit_committed: one record that was acknowledged: I1, I9. audit_turn: after all of them, by this
 * incarnation: I3, I14, I15. */
void audit_committed(const struct record *record);
void audit_turn(int64_t incarnation, const struct record *batch, uint32_t count);

/* audit_greeted: a coordinator takes its HELLO. audit_prompt: what the newest one, `center`, gave a
 * machine over a link that nothing disturbs runs there, or has ended. */
void audit_greeted(uint32_t machine);
void audit_prompt(uint32_t center);

/* audit_told: this coordinator's search has been told of an end: I12. */
void audit_told(int64_t incarnation, int32_t experiment, int32_t trial);

/* audit_refused: this boot of its machine says that it will not run it. audit_started,
 * audit_stopped: a process runs, from this checkpoint; and is gone: I6, I7, I8. */
void audit_refused(struct wire_attempt attempt, uint32_t boot);
void audit_started(uint32_t machine, const struct wire_assign *assign);
void audit_stopped(struct wire_attempt attempt);

/* audit_saved: a checkpoint was written; whether it will load. audit_loads: whether it did. */
void audit_saved(struct wire_attempt attempt, int32_t seq, int64_t step, bool spoiled);
bool audit_loads(const struct wire_assign *assign);

/* audit_reported: a machine's outbox has the result. */
void audit_reported(struct wire_attempt attempt, bool completed, double value);

/* audit_acked, audit_kept: a machine was told that this result, this checkpoint is recorded: I4. */
void audit_acked(struct wire_attempt attempt);
void audit_kept(struct wire_attempt attempt, int32_t seq);

/* audit_witness: what was seen of an attempt; NULL nothing. */
const struct witness *audit_witness(struct wire_attempt attempt);

/* audit_alone: no two attempts of one trial run now: the end of I6. audit_shut: none of this
 * experiment runs. */
void audit_alone(void);
void audit_shut(int32_t experiment);

/* audit_money: the ledger is what it should be. */
void audit_money(void);

/* audit_end: the history is over: I1, I11, I12, and the seconds. */
void audit_end(void);

#endif
