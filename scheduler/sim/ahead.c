/*
 * Knows how to fold the time beyond the known prices onto one day.
 */
#include "sim/ahead.h"

enum { DAY_HOURS = 24, KNOWN_HOURS_MAX = 48 };

static const int64_t hour_ms = 3600000;

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

int32_t ahead_offers(const struct market *market, int32_t pool, int32_t tick, int64_t left_ms,
                     struct policy_offer offers[AHEAD_OFFERS_MAX])
{
    const int64_t *price_micro = market->pools[pool].price_micro;
    const int32_t end = least(tick + (int32_t)(left_ms / market->tick_ms), market->tick_count);
    const int32_t known =
        least((int32_t)((market->known_ms + hour_ms - 1) / hour_ms), KNOWN_HOURS_MAX);
    int32_t count = 0;

    for (int32_t i = 0; i < AHEAD_OFFERS_MAX; i++) {
        offers[i] = (struct policy_offer){0, 0};
    }
    for (int32_t at = tick; at < end; at++) {
        int32_t hour = (int32_t)((at - tick) * market->tick_ms / hour_ms);
        int32_t source = at;
        if (hour >= known) {
            const int32_t day = known < DAY_HOURS ? known : DAY_HOURS;
            hour = known - day + (hour - known) % day;
            source = tick + (int32_t)(hour * hour_ms / market->tick_ms);
        }
        if (!market->open || market->open[at]) {
            offers[hour].duration_ms += market->tick_ms;
            offers[hour].price_micro = price_micro[least(source, market->tick_count - 1)];
            count = hour + 1 > count ? hour + 1 : count;
        }
    }
    return count;
}
