/*
 * forecast: prices beyond the last known hour, as offers for the policy. Pure. Production and
 * simulation ask the same functions.
 */
#ifndef CORE_FORECAST_H
#define CORE_FORECAST_H

#include "base/timeline.h"
#include "core/policy.h"

#include <stddef.h>

enum { FORECAST_PAST_HOURS = 7 * 24 + 6 }; /* further back nothing is asked */

/* forecast_hour_micro: the mean price of the hour from `from_ms` on; before the first of at least
 * one step its price holds. */
int64_t forecast_hour_micro(const struct price_step *steps, size_t count, int64_t from_ms);

/*
 * forecast_beyond: what `hours` hours will cost of which the first is hour `known` of
 * `price_micro`, which holds the prices of the hours before, at least one. An hour is offered at
 * the prices of the same hour on up to seven days before, the latest counting most, each for its
 * share of the hour, scaled by how the last hours compare with those days; where none of them is
 * known, at the mean of all that are. Of each hour `open_ms` can be used; NULL: all. Beyond two
 * days the hours are offered by the time of the day. Returns how many offers were written, at most
 * `capacity`.
 */
int32_t forecast_beyond(const int64_t *price_micro, int32_t known, int32_t hours,
                        const int64_t *open_ms, struct policy_offer *offers, int32_t capacity);

/* forecast_offers: the same for `hours` hours from hour `now` on, of which those before `known`
 * (which is above `now`) are facts. */
int32_t forecast_offers(const int64_t *price_micro, int32_t known, int32_t now, int32_t hours,
                        struct policy_offer *offers, int32_t capacity);

#endif
