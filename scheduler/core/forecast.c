/*
 * Knows that prices repeat by the hour of the day, that yesterday tells more than last week, and
 * that a high or low level fades. Offering whole days side by side, and not their mean, keeps the
 * chance of a cheap hour in view.
 */
#include "core/forecast.h"

#include "base/assert.h"

enum { DAY_HOURS = 24, DAYS = 7, LEVEL_HOURS = 6 };

static const int64_t hour_ms = 3600000;
static const double day_weight = 0.5;    /* of a day against the one after it */
static const double level_trust = 0.5;   /* how much of the level's deviation is believed ... */
static const double level_fading = 0.95; /* ... and what is left of it an hour later */
static const double level_max = 3;

/* The latest hour before `known` at the same time of the day as `hour`. */
static int32_t latest_alike(int32_t hour, int32_t known)
{
    const int32_t beyond = hour - known;

    return beyond < 0 ? hour : hour - DAY_HOURS * (beyond / DAY_HOURS + 1);
}

/* The weighted mean over the days before, or below zero when there is none. */
static double usual_price(const int64_t *price_micro, int32_t hour)
{
    double sum = 0;
    double weights = 0;
    double weight = 1;

    for (int32_t day = 1; day <= DAYS && hour - DAY_HOURS * day >= 0; day++) {
        sum += weight * (double)price_micro[hour - DAY_HOURS * day];
        weights += weight;
        weight *= day_weight;
    }
    return weights > 0 ? sum / weights : -1;
}

/* The last known hours against what is usual for them. */
static double level(const int64_t *price_micro, int32_t known)
{
    double seen = 0;
    double usual = 0;
    double ratio = 1;

    for (int32_t i = 1; i <= LEVEL_HOURS && known - i >= 0; i++) {
        const double mean = usual_price(price_micro, known - i);
        if (mean >= 0) {
            seen += (double)price_micro[known - i];
            usual += mean;
        }
    }
    ratio = usual > 0 ? seen / usual : 1;
    return ratio > level_max ? level_max : ratio < 1 / level_max ? 1 / level_max : ratio;
}

/* One hour beyond the known ones, as shares. */
static int32_t guess_hour(const int64_t *price_micro, int32_t known, int32_t hour, double scale,
                          struct policy_offer *offers, int32_t capacity)
{
    const int32_t first = latest_alike(hour, known);
    int64_t rest_ms = hour_ms;
    double weights = 0;
    double weight = 1;
    int32_t days = 0;

    while (days < DAYS && days < capacity && first - DAY_HOURS * days >= 0) {
        weights += weight;
        weight *= day_weight;
        days++;
    }
    for (int32_t day = days - 1; day >= 0; day--) {
        const double price = (double)price_micro[first - DAY_HOURS * day];
        weight /= day_weight;
        const int64_t share_ms = (int64_t)((double)hour_ms * weight / weights);
        offers[day] = (struct policy_offer){day > 0 ? share_ms : rest_ms, (int64_t)(price * scale)};
        rest_ms -= share_ms;
    }
    return days;
}

int32_t forecast_offers(const int64_t *price_micro, int32_t known, int32_t now, int32_t hours,
                        struct policy_offer *offers, int32_t capacity)
{
    double deviation = (level(price_micro, known) - 1) * level_trust;
    int32_t count = 0;

    ASSERT(known > now && now >= 0);
    for (int32_t hour = now; hour < now + hours && count < capacity; hour++) {
        if (hour < known) {
            offers[count++] = (struct policy_offer){hour_ms, price_micro[hour]};
        } else {
            deviation *= level_fading;
            count += guess_hour(price_micro, known, hour, 1 + deviation, offers + count,
                                capacity - count);
        }
    }
    return count;
}
