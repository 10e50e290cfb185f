/*
 * policy: how many slots of which pool to hold now, so that the work ends by its deadline whatever
 * spot machines do, and costs little. A pure function over what is known at this moment;
 * production and simulation call the same one. docs/COST.md has the rules and what they rest on.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum { POLICY_POOLS_MAX = 32, POLICY_AGES = 3, POLICY_OFFERS_MAX = 4096 };

enum policy_kind {
    POLICY_SPOT,     /* comes and goes */
    POLICY_OWN,      /* a fixed number of machines that stay */
    POLICY_ON_DEMAND /* can be had at any time and stays */
};

/* policy_stretches: time spent in a state, and how often it was left. */
struct policy_stretches {
    int64_t duration_ms;
    int32_t ends;
};

/* policy_history: what a spot pool has shown so far. Zeroed at first. */
struct policy_history {
    int64_t observed_ms;
    int64_t calm_ms;                                /* since the number of slots last changed */
    struct policy_stretches up, down;               /* per slot */
    struct policy_stretches up_by_age[POLICY_AGES]; /* of the pool, by calm_ms */
    struct policy_stretches down_by_age[POLICY_AGES];
    int32_t slots_seen;
};

/* policy_offer: for how long a pool's slots will cost so much; the order says nothing. */
struct policy_offer {
    int64_t duration_ms;
    int64_t price_micro;
};

/* policy_pool: one pool at this moment. */
struct policy_pool {
    enum policy_kind kind;
    int32_t slots_open;                /* can be held now, the held ones included */
    int32_t slots_held;                /* up or starting */
    int32_t slots_max;                 /* the most there may ever be */
    int64_t warming_ms;                /* start-up still to pass, summed over the held slots */
    int64_t delay_ms;                  /* start-up of one slot */
    int64_t price_micro;               /* per slot-hour, now */
    const struct policy_offer *offers; /* from now to the deadline, where windows are open;
                                          borrowed; NULL: as now, all the time */
    int32_t offer_count;
    struct policy_history history;
};

struct policy_view {
    int64_t left_ms;    /* to the deadline */
    int64_t tick_ms;    /* to the next decision */
    int64_t work_ms;    /* left over all trials, from durable checkpoints; an upper bound */
    int64_t longest_ms; /* of the trial with the most left */
    int32_t trials;     /* unfinished */
    int32_t urgent;     /* of them, those that the deadline leaves no time to start anew after the
                           next decision: see policy_is_urgent */
    int32_t pool_count;
    struct policy_pool pools[POLICY_POOLS_MAX];
};

struct policy_decision {
    int32_t want[POLICY_POOLS_MAX]; /* slots to hold, by pool */
    int32_t must;                   /* on-demand slots among them that the certificate needs */
    int64_t margin_ms;              /* of the certificate; negative: it does not hold */
    int64_t shadow_micro;           /* what an hour of work is worth now */
};

/* policy_observe: continues `history` by `duration_ms` during which `slots` of `slots_max` could be
 * held. After three days, and every day and a half from then on, all that was seen counts half. */
void policy_observe(struct policy_history *history, int32_t slots, int32_t slots_max,
                    int64_t duration_ms);

/* policy_age: in which class of age a state is that has lasted for `calm_ms`. */
int policy_age(int64_t calm_ms);

/* policy_is_urgent: whether a trial with `trial_ms` left must be on an on-demand slot now. */
bool policy_is_urgent(const struct policy_view *view, int64_t trial_ms);

/* policy_decide: fills `decision` from `view`. */
void policy_decide(const struct policy_view *view, struct policy_decision *decision);

#endif
