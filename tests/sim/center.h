/*
 * center: a coordinator: the real core between the network and the vault, as scheduler/loop has it:
 * everything that has arrived is stepped, one commit, and only then is anything sent.
 */
#ifndef TESTS_SIM_CENTER_H
#define TESTS_SIM_CENTER_H

#include "network.h"
#include "vault.h"

enum { CENTER_ASKS_MAX = 4096 };

/* A message that waits for the commit. */
struct letter {
    uint32_t machine;
    enum wire_type type;
    struct wire_attempt attempt;
    size_t bytes;
    char *text;
};

struct center {
    uint32_t index;
    bool up;
    bool power_goes;   /* amid its next commit */
    int64_t back_ms;   /* down: when it starts again; INT64_MAX never */
    int64_t frozen_ms; /* until when it stands still */
    int64_t stall_ms;  /* what its next commit takes */
    int64_t retry_ms;  /* when to try a commit again; 0 none failed */
    bool began;        /* an attempt became active, which is not committed yet */
    struct core *core;
    void *memory;
    struct opening opening;
    struct letter *letters;
    uint32_t letter_count, letter_capacity;
    struct effect asks[CENTER_ASKS_MAX]; /* of the search, not answered yet */
    uint32_t ask_count;
    int64_t asked_ms;                      /* when the search answers next; 0 it is not asked */
    int64_t gate_ms[PLAN_EXPERIMENTS_MAX]; /* when to look at the calendar again */
    int32_t worker[PLAN_MACHINES_MAX];     /* of each machine; 0 never seen */
    uint32_t boot[PLAN_MACHINES_MAX];      /* it told last */
    int64_t said;                          /* messages of this start, for their numbers */
    int64_t seq[PLAN_MACHINES_MAX];        /* the highest of that boot's messages */
    uint64_t link[PLAN_MACHINES_MAX];      /* the connection it was last heard by, */
    int64_t link_ms[PLAN_MACHINES_MAX];    /* and since when */
    uint32_t greeter;                      /* the machine whose HELLO is being taken */
};

/* center_start: a coordinator begins on what the vault holds; or fails, and tries again later. */
void center_start(struct center *center);

/* center_kill: it is gone, with what it had not written, until `back_ms`. center_fini: for good. */
void center_kill(struct center *center, int64_t back_ms);
void center_fini(struct center *center);

/* center_power: the power of the coordinators' machine goes, until `back_ms`. */
void center_power(int64_t back_ms);

/* center_step: one event through the core; its records and messages wait for the commit. */
void center_step(struct center *center, struct event *event);

/* center_look: what the calendars say now, before anything else is stepped. */
void center_look(struct center *center);

/* center_hear: a frame of a machine has arrived. */
void center_hear(struct center *center, const struct frame *frame);

/* center_due, center_turn: when it wants to act; calendars, timers and the search's answers, then
 * the commit, then the sending. */
int64_t center_due(const struct center *center);
void center_turn(struct center *center);

/* ---- speech.c ---- */

/* center_machine: whose worker it is. */
uint32_t center_machine(const struct center *center, int32_t worker);

/* center_write_letters: what the outcome of the last step says, as messages that wait. */
void center_write_letters(struct center *center, const struct outcome *outcome);

/* center_understand: a frame as an event, which is stepped. */
void center_understand(struct center *center, uint32_t machine, const struct wire_message *message);

/* center_ask_who: a machine is asked who it is. */
void center_ask_who(struct center *center, uint32_t machine);

#endif
