/*
 * Knows how the ticks of a market become the hours that core/forecast.c looks at.
 */
#include "sim/ahead.h"

#include "core/forecast.h"

enum { KNOWN_HOURS_MAX = 48, HOURS_MAX = 92 * 24 };

static const int64_t hour_ms = 3600000;

/* The ticks of the hour that begins `hour` hours after `tick`: at least one. */
struct ticks {
    int32_t from, to;
};

static struct ticks ticks_of(const struct market *market, int32_t tick, int32_t hour)
{
    const int32_t from = tick + (int32_t)(hour * hour_ms / market->tick_ms);
    const int32_t to = tick + (int32_t)((hour + 1) * hour_ms / market->tick_ms);

    return (struct ticks){from, to > from ? to : from + 1};
}

static int64_t mean_micro(const struct market_pool *pool, struct ticks ticks, int32_t tick_count)
{
    int64_t sum = 0;
    int32_t count = 0;

    for (int32_t at = ticks.from; at < ticks.to && at < tick_count; at++) {
        sum += pool->price_micro[at];
        count++;
    }
    return count > 0 ? sum / count : pool->price_micro[tick_count - 1];
}

/* How much of an hour, until the deadline, something may run. */
static int64_t open_of(const struct market *market, struct ticks ticks, int32_t end, int64_t most)
{
    int64_t open_ms = 0;

    for (int32_t at = ticks.from; at < ticks.to && at < end; at++) {
        open_ms += !market->open || market->open[at] ? market->tick_ms : 0;
    }
    return open_ms < most ? open_ms : most;
}

int32_t ahead_offers(const struct market *market, int32_t pool, int32_t tick, int64_t left_ms,
                     struct policy_offer offers[AHEAD_OFFERS_MAX])
{
    const struct market_pool *source = &market->pools[pool];
    const int32_t end = tick + (int32_t)(left_ms / market->tick_ms);
    const int64_t known_hours = (market->known_ms + hour_ms - 1) / hour_ms;
    const int32_t facts = known_hours < KNOWN_HOURS_MAX ? (int32_t)known_hours : KNOWN_HOURS_MAX;
    const int32_t hours = (int32_t)((left_ms + hour_ms - 1) / hour_ms);
    int64_t price_micro[FORECAST_PAST_HOURS];
    int64_t open_ms[HOURS_MAX];
    int32_t known = 0;
    int32_t count = 0;

    for (int32_t hour = facts - FORECAST_PAST_HOURS; hour < facts; hour++) {
        if (ticks_of(market, tick, hour).from >= 0) {
            price_micro[known++] =
                mean_micro(source, ticks_of(market, tick, hour), market->tick_count);
        }
    }
    for (int32_t hour = 0; hour < hours && hour < HOURS_MAX; hour++) {
        open_ms[hour] = open_of(market, ticks_of(market, tick, hour), end, hour_ms);
        if (hour < facts && open_ms[hour] > 0) {
            offers[count++] =
                (struct policy_offer){open_ms[hour], price_micro[known - facts + hour]};
        }
    }
    return hours <= facts
               ? count
               : count + forecast_beyond(price_micro, known,
                                         (hours < HOURS_MAX ? hours : HOURS_MAX) - facts,
                                         open_ms + facts, offers + count, AHEAD_OFFERS_MAX - count);
}
