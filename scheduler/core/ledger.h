/*
 * ledger: what a stretch of a slot's time cost. Money is integer millionths of one currency, and
 * every rounding happens once, per entry; totals are sums of entries. Pure functions.
 */
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include "base/timeline.h"

#include <stddef.h>
#include <stdint.h>

#define LEDGER_KIND_LIST(X)                                                                        \
    X(LEDGER_USEFUL, "useful")         /* work that a durable checkpoint or a result holds */      \
    X(LEDGER_LOST, "lost")             /* work that had to be done again */                        \
    X(LEDGER_CHECKPOINT, "checkpoint") /* saving */                                                \
    X(LEDGER_IDLE, "idle")             /* a machine that was up without a trial */

enum ledger_kind {
#define X(name, text) name,
    LEDGER_KIND_LIST(X)
#undef X
};

enum { LEDGER_KINDS = LEDGER_IDLE + 1 };

/* ledger_kind_text: the word of the `ledger` view; a static string. */
const char *ledger_kind_text(enum ledger_kind kind);

/* ledger_scale: how a pool's price becomes a slot's. */
struct ledger_scale {
    int32_t power_watt; /* 0: prices are per worker-hour; else per kWh of a worker of this power */
    int32_t slots;      /* of the worker, at least 1: they share its price equally */
};

/* ledger_entry: one slot, one kind, one price. */
struct ledger_entry {
    int64_t from_ms;
    int64_t to_ms;
    int64_t price_micro; /* of the worker-hour or the kWh */
    int64_t cost_micro;
};

/* ledger_sum: totals of entries. */
struct ledger_sum {
    int64_t duration_ms[LEDGER_KINDS];
    int64_t cost_micro[LEDGER_KINDS];
};

/* ledger_cost_micro: price x duration for one slot, rounded half to even to a millionth. The
 * product must fit: |price| <= 10^12, duration <= 10^12 ms. */
int64_t ledger_cost_micro(int64_t price_micro, int64_t duration_ms, struct ledger_scale scale);

/*
 * ledger_split: the entries of [from_ms, to_ms), one for each step of `steps` that it meets; time
 * before the first step is at its price. Returns how many entries there are; the first `capacity`
 * of them are written.
 */
size_t ledger_split(const struct price_step *steps, size_t step_count, int64_t from_ms,
                    int64_t to_ms, struct ledger_scale scale, struct ledger_entry *entries,
                    size_t capacity);

/* ledger_add: counts an entry into `sum`. */
void ledger_add(struct ledger_sum *sum, enum ledger_kind kind, const struct ledger_entry *entry);

/* ledger_total_micro: over all kinds. */
int64_t ledger_total_micro(const struct ledger_sum *sum);

#endif
