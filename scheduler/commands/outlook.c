#include "commands/outlook.h"

#include "commands/format.h"
#include "core/forecast.h"
#include "store/moment.h"

enum { STEPS_MAX = 2048, AHEAD_HOURS = 48, DAY_HOURS = 24 };

static const int64_t hour_ms = 3600000;

/* What the store has of a pool's prices, of three days ago and later. */
struct prices {
    struct price_step steps[STEPS_MAX];
    size_t count;
    int64_t known_ms; /* the last of them holds for as long as the one before it */
};

static void prices_read(struct query *query, const char *pool, int64_t now_ms,
                        struct prices *prices)
{
    char since[MOMENT_TEXT_BYTES];
    struct cursor cursor;
    json_t *row = NULL;

    cursor_open(&cursor, query,
                "SELECT c.start, c.price_micro FROM price AS c JOIN pool AS p ON p.id = c.pool"
                " WHERE p.name = ?1 AND c.start >= coalesce((SELECT max(start) FROM price WHERE"
                " pool = p.id AND start <= ?2), '') ORDER BY c.start",
                "ss", pool, moment_print(since, now_ms - 3 * DAY_HOURS * hour_ms));
    prices->count = 0;
    while (prices->count < STEPS_MAX && (row = cursor_next(&cursor)) != NULL) {
        prices->steps[prices->count++] =
            (struct price_step){model_time(row, "start"), model_integer(row, "price_micro")};
        json_decref(row);
    }
    cursor_close(&cursor);
    const struct price_step *last = &prices->steps[prices->count == 0 ? 0 : prices->count - 1];
    prices->known_ms = prices->count < 2 || last->start_ms <= now_ms
                           ? now_ms
                           : 2 * last->start_ms - last[-1].start_ms;
}

static json_t *cheaper_json(const struct prices *prices, int64_t now_ms)
{
    const int64_t first_ms = (now_ms / hour_ms + 1) * hour_ms;
    char from[MOMENT_TEXT_BYTES];
    const size_t at = price_step_at(prices->steps, prices->count, now_ms);

    for (int64_t hour = 0; hour < AHEAD_HOURS && prices->count > 0; hour++) {
        const int64_t from_ms = first_ms + hour * hour_ms;
        const bool known = from_ms < prices->known_ms;
        const int64_t like_ms =
            known ? from_ms
                  : from_ms - (1 + (from_ms - prices->known_ms) / (DAY_HOURS * hour_ms)) *
                                  DAY_HOURS * hour_ms;
        const int64_t now_micro = prices->steps[at].price_micro;
        const int64_t micro = forecast_hour_micro(prices->steps, prices->count, like_ms);
        if (like_ms >= prices->steps[0].start_ms &&
            micro < now_micro - (now_micro > 0 ? now_micro / 10 : 0)) {
            return json_pack("{s:s, s:f, s:b}", "from", moment_print(from, from_ms), "price",
                             (double)micro / 1e6, "known", known);
        }
    }
    return json_null();
}

void outlook_add(struct query *query, json_t *pools, int64_t now_ms)
{
    static struct prices prices; /* one thread */

    for (size_t i = 0; i < json_array_size(pools); i++) {
        json_t *pool = json_array_get(pools, i);
        prices_read(query, model_text(pool, "name"), now_ms, &prices);
        (void)json_object_set_new(pool, "cheaper", cheaper_json(&prices, now_ms));
    }
}

int64_t outlook_first_ms(const json_t *pools)
{
    int64_t first_ms = 0;

    for (size_t i = 0; i < json_array_size(pools); i++) {
        const json_t *cheaper = json_object_get(json_array_get(pools, i), "cheaper");
        const int64_t from_ms = json_is_object(cheaper) ? model_time(cheaper, "from") : 0;
        first_ms = first_ms == 0 || (from_ms > 0 && from_ms < first_ms) ? from_ms : first_ms;
    }
    return first_ms;
}

void outlook_print(struct screen *screen, const json_t *pool, int64_t now_ms)
{
    const json_t *cheaper = json_object_get(pool, "cheaper");
    const int64_t from_ms = model_time(cheaper, "from");
    char from[FORMAT_BYTES];
    char wait[FORMAT_BYTES];

    screen_text(screen, model_text(pool, "name"), 0);
    screen_print(screen, " %.4g %s, %s%.4g from %s (in %s)", model_real(pool, "price"),
                 model_text(pool, "unit"),
                 json_is_true(json_object_get(cheaper, "known")) ? "" : "expected ",
                 model_real(cheaper, "price"), format_time(from, from_ms, now_ms),
                 format_duration(wait, from_ms - now_ms));
}
