/*
 * forecast: prices beyond the last known hour, as offers for the policy. Pure.
 */
#ifndef CORE_FORECAST_H
#define CORE_FORECAST_H

#include "core/policy.h"

/*
 * forecast_offers: what each of the `hours` hours from `now` will cost. `price_micro` holds one
 * price an hour; those before `known` (which is above `now`) are facts. An hour beyond them is
 * offered at the prices of the same hour on up to seven days before, the latest counting most,
 * each for its share of the hour, scaled by how the last hours compare with those days. Returns
 * how many offers were written, at most `capacity`.
 */
int32_t forecast_offers(const int64_t *price_micro, int32_t known, int32_t now, int32_t hours,
                        struct policy_offer *offers, int32_t capacity);

#endif
