/*
 * Knows that prices repeat by the hour of the day, that yesterday tells more than last week, and
 * that a high or low level fades. Offering whole days side by side, and not their mean, keeps the
 * chance of a cheap hour in view.
 */
#include "core/forecast.h"

#include "base/assert.h"

enum { DAY_HOURS = 24, DAYS = 7, LEVEL_HOURS = 6, SINGLE_HOURS = 48 };

_Static_assert(FORECAST_PAST_HOURS == DAYS * DAY_HOURS + LEVEL_HOURS, "what is looked at");

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

/* The weighted mean over the days before; false where none is known. */
static bool usual_price(const int64_t *price_micro, int32_t hour, double *mean)
{
    double sum = 0;
    double weights = 0;
    double weight = 1;

    for (int32_t day = 1; day <= DAYS && hour - DAY_HOURS * day >= 0; day++) {
        sum += weight * (double)price_micro[hour - DAY_HOURS * day];
        weights += weight;
        weight *= day_weight;
    }
    *mean = weights > 0 ? sum / weights : 0;
    return weights > 0;
}

/* The last known hours against what is usual for them. */
static double level(const int64_t *price_micro, int32_t known)
{
    double seen = 0;
    double usual = 0;
    double mean = 0;
    double ratio = 1;

    for (int32_t i = 1; i <= LEVEL_HOURS && known - i >= 0; i++) {
        if (usual_price(price_micro, known - i, &mean)) {
            seen += (double)price_micro[known - i];
            usual += mean;
        }
    }
    ratio = usual > 0 ? seen / usual : 1;
    return ratio > level_max ? level_max : ratio < 1 / level_max ? 1 / level_max : ratio;
}

static double mean_price(const int64_t *price_micro, int32_t known)
{
    double sum = 0;

    for (int32_t i = 0; i < known; i++) {
        sum += (double)price_micro[i];
    }
    return sum / known;
}

/* `open_ms` of one hour beyond the known ones, as the shares of up to `days_max` days. */
static int32_t guess_hour(const int64_t *price_micro, int32_t known, int32_t hour, double scale,
                          int64_t open_ms, int32_t days_max, struct policy_offer *offers)
{
    const int32_t first = latest_alike(hour, known);
    int64_t rest_ms = open_ms;
    double weights = 0;
    double weight = 1;
    int32_t days = 0;

    while (days < days_max && first - DAY_HOURS * days >= 0) {
        weights += weight;
        weight *= day_weight;
        days++;
    }
    for (int32_t day = days - 1; day >= 0; day--) {
        const double price = (double)price_micro[first - DAY_HOURS * day];
        weight /= day_weight;
        const int64_t share_ms = (int64_t)((double)open_ms * weight / weights);
        offers[day] = (struct policy_offer){day > 0 ? share_ms : rest_ms, (int64_t)(price * scale)};
        rest_ms -= share_ms;
    }
    if (days == 0) {
        offers[0] =
            (struct policy_offer){open_ms, (int64_t)(mean_price(price_micro, known) * scale)};
    }
    return days > 0 ? days : 1;
}

/* Time of one hour of the day, over many days. */
struct folded {
    int64_t open_ms;
    double scale_sum; /* over that time */
};

/* So many days as there is room for. */
static int32_t days_for(int32_t hours, int32_t capacity)
{
    const int32_t groups = hours > SINGLE_HOURS ? SINGLE_HOURS + DAY_HOURS : hours;
    const int32_t days = groups > 0 ? capacity / groups : DAYS;

    return days > DAYS ? DAYS : days > 1 ? days : 1;
}

int32_t forecast_beyond(const int64_t *price_micro, int32_t known, int32_t hours,
                        const int64_t *open_ms, struct policy_offer *offers, int32_t capacity)
{
    const int32_t days = days_for(hours, capacity);
    double deviation = (level(price_micro, known) - 1) * level_trust;
    struct folded folded[DAY_HOURS] = {{0}};
    int32_t count = 0;

    ASSERT(known > 0);
    for (int32_t i = 0; i < hours; i++) {
        const int64_t span_ms = open_ms != NULL ? open_ms[i] : hour_ms;
        deviation *= level_fading;
        if (i >= SINGLE_HOURS) {
            folded[i % DAY_HOURS].open_ms += span_ms;
            folded[i % DAY_HOURS].scale_sum += (double)span_ms * (1 + deviation);
        } else if (span_ms > 0 && count + days <= capacity) {
            count += guess_hour(price_micro, known, known + i, 1 + deviation, span_ms, days,
                                offers + count);
        }
    }
    for (int32_t i = 0; i < DAY_HOURS; i++) {
        const int64_t span_ms = folded[i].open_ms;
        if (span_ms > 0 && count + days <= capacity) {
            count +=
                guess_hour(price_micro, known, known + i, folded[i].scale_sum / (double)span_ms,
                           span_ms, days, offers + count);
        }
    }
    return count;
}

int32_t forecast_offers(const int64_t *price_micro, int32_t known, int32_t now, int32_t hours,
                        struct policy_offer *offers, int32_t capacity)
{
    int32_t count = 0;

    ASSERT(known > now && now >= 0);
    for (int32_t hour = now; hour < known && hour < now + hours && count < capacity; hour++) {
        offers[count++] = (struct policy_offer){hour_ms, price_micro[hour]};
    }
    return count + forecast_beyond(price_micro, known, now + hours - known, NULL, offers + count,
                                   capacity - count);
}

int64_t forecast_hour_micro(const struct price_step *steps, size_t count, int64_t from_ms)
{
    int64_t sum = 0;
    int64_t at_ms = from_ms;

    ASSERT(count > 0);
    for (size_t i = price_step_at(steps, count, from_ms); at_ms < from_ms + hour_ms; i++) {
        const bool last = i + 1 == count || steps[i + 1].start_ms >= from_ms + hour_ms;
        const int64_t until_ms = last ? from_ms + hour_ms : steps[i + 1].start_ms;
        sum += steps[i].price_micro * (until_ms - at_ms); /* fits, as prices are at most 10^12 */
        at_ms = until_ms;
    }
    return sum / hour_ms;
}
