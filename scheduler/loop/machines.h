/*
 * machines: the machines of one pool that launches, from the moment they are asked for until they
 * are gone. A value: the rows, the hooks and the clocks are its owner's. A machine's worker is
 * called by the machine's id.
 */
#ifndef LOOP_MACHINES_H
#define LOOP_MACHINES_H

#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_NAME_BYTES = WIRE_NAME_BYTES };

struct machine {
    int32_t number;
    enum machine_state state;
    char name[MACHINE_NAME_BYTES]; /* "" not known */
    int64_t launched_ms, ended_ms; /* UTC */
    int64_t free_boot_ms;          /* connected and without an attempt since; NEVER: it has one */
    int64_t away_boot_ms;          /* not connected since; NEVER: it is */
    bool seen;                     /* was connected since the coordinator's start */
    bool in_hand;                  /* the terminate hook has been given its id */
    bool changed;                  /* its row is to be written */
};

/* All zero is an empty list. */
struct machines {
    struct machine *items;
    size_t count, capacity;
    int32_t last_number;
    int32_t asked_from; /* number of the first machine of the launch under way */
};

/* What a launch brought. */
struct machines_answer {
    int32_t granted;  /* ids that were not known before */
    int32_t missing;  /* asked for and not given */
    int32_t nonsense; /* lines that are no id */
};

void machines_fini(struct machines *machines);

/* machines_add: one more; NULL when out of memory. Valid until the next one. */
struct machine *machines_add(struct machines *machines, enum machine_state state, const char *name,
                             int64_t wall_ms);

/* machines_load: a row of an earlier run. False when out of memory. */
bool machines_load(struct machines *machines, const struct machine_row *row, const char *name,
                   int64_t boot_ms);

/* machines_ask: `count` more are asked for by one launch. False when out of memory. */
bool machines_ask(struct machines *machines, int32_t count, int64_t wall_ms, int64_t boot_ms);

/* machines_answer: the launch has ended and printed `output`: an id a line. What it does not name
 * is gone; what it names beyond that is up too. */
struct machines_answer machines_answer(struct machines *machines, const char *output,
                                       int64_t wall_ms, int64_t boot_ms);

/* machines_adopt: a worker of the pool is up that nobody has told of: one whose launch was
 * interrupted, or another. NULL when out of memory. */
struct machine *machines_adopt(struct machines *machines, const char *name, int64_t wall_ms);

/* machines_find: the machine of that id that is not gone; NULL none. */
struct machine *machines_find(const struct machines *machines, const char *name);

/* machines_launched_ms: when the machine of that id was launched, or, where none is known by it,
 * one whose launch has not said yet what it is called; UTC, 0 none was. */
int64_t machines_launched_ms(struct machines *machines, const char *name);

/* machines_count: those in that state. */
int32_t machines_count(const struct machines *machines, enum machine_state state);

/* machines_move: into another state; `gone` has ended now. */
void machines_move(struct machine *machine, enum machine_state state, int64_t wall_ms);

/* machines_idlest: of those that are up the one that has been free for the longest, for `idle_ms`
 * at least; NULL none. */
struct machine *machines_idlest(const struct machines *machines, int64_t boot_ms, int64_t idle_ms);

/* machines_sweep: forgets what is gone and whose row is written. */
void machines_sweep(struct machines *machines);

#endif
