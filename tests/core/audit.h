/*
 * audit: the ledger of a world, recomputed from nothing but what the test told it: how long each
 * worker was up with how many slots, and what its pool cost when. It shares no arithmetic with the
 * core: the rounding is done on decimals of a long division.
 */
#ifndef TESTS_CORE_AUDIT_H
#define TESTS_CORE_AUDIT_H

#include "core/world.h"

enum { AUDIT_PRICES = 4096 };

struct audit_price {
    int32_t pool;
    int64_t from_ms, price_micro;
};

struct audit {
    struct audit_price prices[AUDIT_PRICES]; /* of each pool in the order of time */
    uint32_t price_count;
    int64_t slot_ms[WORLD_WORKERS]; /* of workers in a pool: slots that were up, over time */
    int64_t opened_ms;              /* no machine was launched before */
    uint32_t checked;               /* entries of the world seen */
};

/* audit_init: of a world whose pools are about to be told. */
void audit_init(struct audit *audit, const struct world *world);

/* audit_price: told together with the EVENT_PRICE of the same steps, at `now_ms`. */
void audit_price(struct audit *audit, int64_t now_ms, const struct price_event *event);

/* audit_elapse: `ms` are about to pass in the world. */
void audit_elapse(struct audit *audit, const struct world *world, int64_t ms);

/* audit_hello: the worker says HELLO; the first of one in a pool comes up to `age_ms` after its
 * machine was launched. */
void audit_hello(struct audit *audit, struct world *world, uint32_t worker, int32_t slots,
                 int64_t age_ms);

/* audit_check: fails the test unless every entry is one stretch of one price with the cost of that
 * stretch, every sum of money in the rows is a sum of entries, and every slot of time that was up
 * is in exactly one entry, or not booked yet. */
void audit_check(struct audit *audit, const struct world *world);

#endif
