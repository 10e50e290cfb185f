/*
 * price: what clouds and power markets publish, read into price steps. Text in, values out: where
 * the text comes from (a file, a command) is the caller's business.
 */
#ifndef PRICE_PRICE_H
#define PRICE_PRICE_H

#include "base/error.h"
#include "base/timeline.h"

#include <stddef.h>
#include <stdint.h>

enum { PRICE_STEPS_MAX = 1000000 };

/* How long the last price of a spec's file holds beyond its end. */
enum { PRICE_FILE_HOLD_MS = 7200000 };

/* price_list: steps of one series. A row of a market holds until the next one or its own end, a
 * change event until the next change is heard of. */
struct price_list {
    struct price_step *steps;
    size_t count;
    int64_t end_ms; /* of the last step; INT64_MAX where the source names none */
};

/*
 * price_parse: reads
 *   CSV   `start,price`, starts as RFC 3339 in ascending order; or `utc_epoch,offset_min,usd_mwh`,
 *         which becomes per kWh
 *   JSON  `aws ec2 describe-spot-price-history`, Octopus Agile `results` (pence become pounds),
 *         Azure retail prices `Items` (spot rows per hour; they hold from `read_ms` on)
 * and tells them apart by what is there. `pick` chooses among several series: a zone, an instance
 * type or a SKU, or both with a blank between; NULL when there is but one. TIDE_INVALID says what
 * is wrong, with the line where there is one; TIDE_LIMIT, TIDE_NO_MEMORY. Freed by price_list_fini.
 */
enum tide_status price_parse(struct price_list *list, const char *text, const char *pick,
                             int64_t read_ms, struct error *error);

/* price_list_fini: accepts a zeroed list. */
void price_list_fini(struct price_list *list);

#define PRICE_STATE_LIST(X)                                                                        \
    X(PRICE_GOOD, "known")                                                                         \
    X(PRICE_HELD, "the last known price, held")                                                    \
    X(PRICE_STALE, "the last known price is too old")                                              \
    X(PRICE_MISSING, "no price is known yet")

enum price_state {
#define X(name, text) name,
    PRICE_STATE_LIST(X)
#undef X
};

/* price_state_text: for `why`; a static string. */
const char *price_state_text(enum price_state state);

/*
 * price_at: the price at `at_ms`. Beyond the last step's end, or where it has none beyond the time
 * the source was last read well (`read_ms`), it is held for `hold_ms` and then stale; before the
 * first step there is none. *price_micro is 0 when stale or missing.
 */
enum price_state price_at(const struct price_list *list, int64_t at_ms, int64_t read_ms,
                          int64_t hold_ms, int64_t *price_micro);

#endif
