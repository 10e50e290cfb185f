/*
 * ahead: what a coordinator would know at a tick about the prices until the deadline.
 */
#ifndef SIM_AHEAD_H
#define SIM_AHEAD_H

#include "core/policy.h"
#include "sim/market.h"

enum { AHEAD_OFFERS_MAX = 512 };

/*
 * ahead_offers: prices of pool `pool` from `tick` on for `left_ms`, as far as windows are open:
 * hour by hour while they are known (market->known_ms, at most two days), then what
 * core/forecast.h makes of those and of the market before `tick`. Returns the count, at most
 * AHEAD_OFFERS_MAX.
 */
int32_t ahead_offers(const struct market *market, int32_t pool, int32_t tick, int64_t left_ms,
                     struct policy_offer offers[AHEAD_OFFERS_MAX]);

#endif
