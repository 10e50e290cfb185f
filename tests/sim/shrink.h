/*
 * shrink: histories run in a process of their own, so that one that ends badly, however it does,
 * can be run again with less in it.
 */
#ifndef TESTS_SIM_SHRINK_H
#define TESTS_SIM_SHRINK_H

#include "story.h"

/* What the process that runs histories shares with the one that waits. */
struct run {
    uint64_t seed;  /* being told */
    double seconds; /* of the processor */
    struct story_sums sums;
};

struct run *run_new(void);

/* run_histories: `count` of them; false when one ended badly: run->seed. */
bool run_histories(struct run *run, uint64_t from, uint64_t count, bool large,
                   const struct plan_cut *cut, bool trace);

/* shrink_and_print: the command for a seed that fails, and the end of the smallest history that
 * still does. */
void shrink_and_print(uint64_t seed, bool large);

/* cut_read: adds the words of a list to what is left out; false when one is none. */
bool cut_read(struct plan_cut *cut, const char *list);

#endif
