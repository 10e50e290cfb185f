/*
 * prospect: what is left to do and what there is to do it with, as a plan wants to know it. Private
 * to scheduler/core.
 */
#ifndef CORE_PROSPECT_H
#define CORE_PROSPECT_H

#include "core/state.h"

enum {
    PLAN_TICK_MS = 60000, /* between two plans of an experiment with a deadline */
    GUESS_MS = 600000     /* of a trial of which nothing is known */
};

/* The trials of an experiment that are still to be done. */
struct work {
    int64_t total_ms, longest_ms;
    int32_t trials;
    bool known;   /* how many there will be */
    bool guessed; /* how long a trial takes: nothing says it yet */
};

/* A pool as one experiment may use it. */
struct offer {
    struct pool *pool;
    int32_t connected;   /* slots of its workers that the experiment may use */
    int32_t starting;    /* slots launched and not connected */
    int32_t most;        /* slots it may have as long as requests are answered as the last one */
    int32_t ever;        /* and at any time */
    int64_t price_micro; /* of a slot-hour, now */
};

/* prospect_work: what an experiment still has to do, each trial at most as long as 95 % of those
 * measured; else as their steps or the timeout say; else GUESS_MS, or twice as long as one has been
 * running. */
struct work prospect_work(const struct core *core, const struct experiment *experiment);

/* prospect_whole_ms: how long a trial takes at most, as far as that is known; 0: it is not.
 * prospect_left_ms: what is left of one from its last durable checkpoint on. */
int64_t prospect_whole_ms(const struct experiment *experiment);
int64_t prospect_left_ms(const struct experiment *experiment, const struct trial *trial);

/* prospect_kept_ms: of the time of a live attempt that is not booked yet, what a checkpoint keeps.
 */
int64_t prospect_kept_ms(const struct experiment *experiment, const struct trial *trial);

/* prospect_slot_micro: the mean price of an hour of one of the worker's slots over the next
 * `span_ms`; 0 where its pool has none. */
double prospect_slot_micro(const struct core *core, const struct worker *worker, int64_t span_ms);

/* prospect_offers: the pools it may use; returns how many. */
uint32_t prospect_offers(struct core *core, const struct experiment *experiment,
                         struct offer offers[POOLS_MAX]);

/* prospect_view: the same for the policy; it borrows `ahead`. */
void prospect_view(const struct core *core, const struct experiment *experiment,
                   const struct work *work, const struct offer *offers, uint32_t count,
                   struct policy_offer ahead[POOLS_MAX][POOL_STEPS_MAX], struct policy_view *view);

/* prospect_delay_ms: the longest start-up. prospect_bound_ms: the longest that so many slots take,
 * Graham's bound on list scheduling. */
int64_t prospect_delay_ms(const struct offer *offers, uint32_t count);
int64_t prospect_bound_ms(const struct work *work, int64_t slots, int64_t delay_ms);

#endif
