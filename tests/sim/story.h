/*
 * story: one simulated history: its plan, the time, and everybody in it.
 */
#ifndef TESTS_SIM_STORY_H
#define TESTS_SIM_STORY_H

#include "audit.h"
#include "center.h"
#include "machine.h"
#include "network.h"
#include "plan.h"
#include "vault.h"

struct story {
    struct plan plan;
    int64_t now_ms;       /* true time; a coordinator's boot clock is right, a machine's is not */
    int64_t wall_jump_ms; /* what the wall clock is off */
    bool calm;            /* nothing fails any more, */
    int64_t calm_ms;      /* since then */
    bool trace;           /* print what happens */
    uint32_t next_fault;
    int64_t shell_ms, full_ms;           /* until when somebody is in the store's way; 0 nobody */
    int64_t villain_ms;                  /* when the villain speaks next */
    int64_t look_ms;                     /* when the calm is looked at next */
    int64_t heard_ms[PLAN_MACHINES_MAX]; /* when a coordinator last heard each machine */
    uint64_t moments;
    struct rng rng;
    struct network network;
    struct vault vault;
    struct center centers[PLAN_CENTERS];
    struct machine machines[PLAN_MACHINES_MAX];
    struct audit audit;
    uint64_t steps, commits, faults, deaths, digests;
};

/* The one that is being told. */
extern struct story story;

/* What all histories of a run add up to. */
struct story_sums {
    uint64_t steps, commits, faults, deaths, digests, real;
    int64_t overlap_ms;
};

/* story_tell: the history of a seed, from its first event to its last; returns when all was well.
 */
void story_tell(uint64_t seed, bool large, const struct plan_cut *cut, bool trace,
                struct story_sums *sums);

/* story_begin, story_end: the first moment of the history that story.plan tells; what it was is
 * added to `sums`, and its memory given back. */
void story_begin(void);
void story_end(struct story_sums *sums);

/* story_draw: uniform below the bound, from the story's own stream. */
uint32_t story_draw(uint32_t bound);

/* story_fails: says what is wrong and ends the program. */
_Noreturn void story_fails(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* story_says: one line of the trace, when it is wanted. */
void story_says(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* story_wall_ms: what the wall clock says. */
int64_t story_wall_ms(void);

/* ---- faults.c ---- */

/* faults_due: when the next fault comes; faults_happen: all that are due, and the end of those that
 * last. faults_calm: nothing fails any more. */
int64_t faults_due(void);
void faults_happen(void);
void faults_calm(void);

/* ---- gates.c ---- */

/* gate_now: what the calendar says of an experiment's gate at this moment. gate_due: when it says
 * otherwise; INT64_MAX never. */
struct gate_event gate_now(uint32_t experiment);
int64_t gate_due(uint32_t experiment);

/* ---- villain.c ---- */

/* villain_due, villain_turn: when the machine that lies speaks next, and what it says. */
int64_t villain_due(void);
void villain_turn(void);

/* villain_lie: any valid message that a worker may say, of any attempt there is; `drawer` gives
 * numbers below a bound. */
void villain_lie(struct wire_message *message, uint32_t (*drawer)(uint32_t bound));

#endif
