/*
 * prices: what pools cost: from bands, files and commands to the core, whenever it changes. Knows
 * that a price from a source without an end is known for as long as the source is asked.
 */
#include "loop/inside.h"

#include "base/log.h"
#include "loop/clock.h"

#include <stdio.h>
#include <string.h>

enum { COMMAND_MS = 60000, BANDS_EVERY_MS = 300000 };

static const int64_t hour_ms = 3600000;

static int64_t every_ms(const struct supply *supply)
{
    return supply->config->price.every_ms > 0 ? supply->config->price.every_ms : BANDS_EVERY_MS;
}

static enum price_trust trust_of(const struct supply *supply, enum price_state state,
                                 int64_t now_ms)
{
    const bool asked = supply->feed.list.end_ms == INT64_MAX &&
                       now_ms - supply->feed.read_ms <= 2 * every_ms(supply);

    switch (state) {
    case PRICE_GOOD:
        return PRICE_KNOWN;
    case PRICE_HELD:
        return asked ? PRICE_KNOWN : PRICE_TRUSTED;
    case PRICE_STALE:
        return asked ? PRICE_KNOWN : PRICE_TOO_OLD;
    case PRICE_MISSING:
        return PRICE_UNKNOWN;
    }
    return PRICE_UNKNOWN;
}

/* The full hours before now of which the list says something. */
static void past_fill(const struct price_list *list, int64_t now_ms, struct price_past *past)
{
    const int64_t end_ms = now_ms - now_ms % hour_ms;
    int64_t from_ms = end_ms - FORECAST_PAST_HOURS * hour_ms;

    while (list->count > 0 && from_ms < list->steps[0].start_ms && from_ms < end_ms) {
        from_ms += hour_ms;
    }
    past->from_ms = from_ms;
    for (int64_t at_ms = from_ms; list->count > 0 && at_ms < end_ms; at_ms += hour_ms) {
        past->hour_micro[past->hours++] = forecast_hour_micro(list->steps, list->count, at_ms);
    }
}

/* Whether the core knows this already; that the step of now began earlier is no news. */
static bool is_told(const struct price_event *told, const struct price_event *now)
{
    return told->trust == now->trust && told->count == now->count &&
           told->known_ms == now->known_ms &&
           (now->count == 0 || (told->steps[0].price_micro == now->steps[0].price_micro &&
                                memcmp(&told->steps[1], &now->steps[1],
                                       (now->count - 1) * sizeof now->steps[0]) == 0));
}

static void price_tell(struct coordinator *coordinator, int32_t pool)
{
    struct supply *supply = &coordinator->supplies[pool - 1];
    const int64_t now_ms = clock_wall_ms();
    struct event event = {.kind = EVENT_PRICE};
    struct price_event *price = &event.price;
    const struct feed_state known =
        feed_steps(&supply->feed, now_ms, price->steps, HORIZON_STEPS_MAX);

    price->pool = pool;
    price->trust = trust_of(supply, known.state, now_ms);
    price->count = price->trust == PRICE_UNKNOWN ? 0 : (uint32_t)known.count;
    price->known_ms = supply->feed.list.end_ms == INT64_MAX ? 0 : supply->feed.list.end_ms;
    if (!is_told(&supply->told, price)) {
        past_fill(&supply->feed.list, now_ms, &price->past);
        supply->told = *price;
        step(coordinator, &event);
    }
}

void prices_open(struct coordinator *coordinator, int32_t pool)
{
    struct supply *supply = &coordinator->supplies[pool - 1];
    const struct config_price *price = &supply->config->price;
    struct error error;

    supply->feed = (struct feed){.prices = &price->prices,
                                 .file = price->prices.file,
                                 .pick = price->pick,
                                 .hold_ms = price->hold_ms};
    if (price->timezone != NULL && zone_open(&supply->zone, price->timezone, &error) == TIDE_OK) {
        supply->feed.zone = supply->zone;
    }
    supply->price_boot_ms = INT64_MIN;
    prices_look(coordinator, pool);
}

static void command_run(struct coordinator *coordinator, int32_t pool)
{
    const struct supply *supply = &coordinator->supplies[pool - 1];
    const struct spec_texts *command = &supply->config->price.command;
    const char *words[CONFIG_WORDS_MAX + 1] = {NULL};
    const int32_t key = supply_key(pool, SUPPLY_PRICE);
    struct error error;

    memcpy(words, command->items, command->count * sizeof *words);
    if (!hook_runs(coordinator->hooks, key) &&
        hook_start(coordinator->hooks, key, words, supply->name, COMMAND_MS, &error) != TIDE_OK) {
        supply_trouble(coordinator, pool, SUPPLY_PRICE, error.text);
    }
}

void prices_look(struct coordinator *coordinator, int32_t pool)
{
    struct supply *supply = &coordinator->supplies[pool - 1];
    const int64_t now_ms = clock_boot_ms();

    if (supply->price_boot_ms <= now_ms) {
        supply->price_boot_ms = now_ms + every_ms(supply);
        if (supply->config->price.source == CONFIG_PRICE_COMMAND) {
            command_run(coordinator, pool);
        } else {
            (void)feed_look(&supply->feed, clock_wall_ms());
            supply_trouble(coordinator, pool, SUPPLY_PRICE, supply->feed.trouble);
        }
    }
    price_tell(coordinator, pool);
}

void prices_take(struct coordinator *coordinator, int32_t pool, const struct hook_end *end)
{
    struct supply *supply = &coordinator->supplies[pool - 1];

    if (end->good) {
        feed_take(&supply->feed, end->output, clock_wall_ms());
    } else {
        feed_fail(&supply->feed, end->why);
    }
    supply_trouble(coordinator, pool, SUPPLY_PRICE, supply->feed.trouble);
    price_tell(coordinator, pool);
}
