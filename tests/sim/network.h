/*
 * network: frames on their way between the coordinators and the machines, in virtual time. It
 * delays, drops, doubles and reorders them, and breaks connections, as the seed of the history
 * says.
 */
#ifndef TESTS_SIM_NETWORK_H
#define TESTS_SIM_NETWORK_H

#include "plan.h"

#include "base/rng.h"

struct frame {
    int64_t due_ms;   /* of true time */
    uint64_t order;   /* frames due together arrive as they were sent */
    uint32_t machine; /* the machine that sends, or is sent to */
    uint32_t center;  /* the coordinator at the other end */
    bool up;          /* to the coordinator */
    uint64_t link;    /* of the connection it travels by; a broken one delivers nothing */
    size_t bytes;
    char *text;
};

struct network {
    struct rng rng;
    struct frame *frames; /* a heap by (due_ms, order) */
    uint32_t count, capacity;
    uint64_t order;
    uint64_t link[PLAN_MACHINES_MAX];   /* the connection each machine has now */
    uint32_t center[PLAN_MACHINES_MAX]; /* and the coordinator it leads to */
    /* from when and until when nothing gets through to the coordinator; and to the machine */
    int64_t cut_up_from_ms[PLAN_MACHINES_MAX], cut_up_ms[PLAN_MACHINES_MAX];
    int64_t cut_down_ms[PLAN_MACHINES_MAX];
    int64_t hold_up_ms[PLAN_MACHINES_MAX];   /* nothing arrives at the coordinator before */
    int64_t hold_down_ms[PLAN_MACHINES_MAX]; /* and at the machine */
    uint32_t drop, twice;                    /* of 1,000 */
    int64_t delay_max_ms;
    bool calm;
    int64_t last_due_ms[2][PLAN_MACHINES_MAX]; /* in the calm: of each direction; up is 1 */
    int64_t quiet_ms[PLAN_MACHINES_MAX]; /* when the last frame from before the calm arrives */
};

/* network_init: as the plan says. network_fini: with everything in flight. */
void network_init(struct network *network, const struct plan *plan);
void network_fini(struct network *network);

/* network_say, network_answer: a copy of a frame sets off, from a machine by its connection, to a
 * machine by the connection `link`; lost when the direction is cut, or that has ended. */
void network_say(struct network *network, int64_t now_ms, uint32_t machine, const char *text,
                 size_t bytes);
void network_answer(struct network *network, int64_t now_ms, uint32_t machine, uint64_t link,
                    const char *text, size_t bytes);

/* network_due: when the next frame arrives; INT64_MAX none. */
int64_t network_due(const struct network *network);

/* network_take: the next frame due by `now_ms`; the caller frees its text. False: none. */
bool network_take(struct network *network, int64_t now_ms, struct frame *frame);

/* network_defer: the frame just taken arrives at `due_ms` instead; its text is the network's again.
 */
void network_defer(struct network *network, const struct frame *frame, int64_t due_ms);

/* network_delivers: whether the connection it was sent by still stands. */
bool network_delivers(const struct network *network, const struct frame *frame);

/* network_break: the machine's connection ends with what is in flight; another begins, to the
 * coordinator `center`. */
void network_break(struct network *network, uint32_t machine, uint32_t center);

/* network_calm: no more faults; what is on its way arrives soon, and what is sent from now on in
 * the order in which it was sent. */
void network_calm(struct network *network, int64_t now_ms);

#endif
