/*
 * Knows how open minutes of local days become stretches of UTC. The horizon is cut where the
 * offset changes; within one piece local time is UTC plus a constant, so that each local day is
 * shifted and clipped, and nothing else has to know about clock changes.
 */
#include "civil/window.h"

#include "base/assert.h"

#include <stdbool.h>
#include <string.h>

enum { DAY_MIN = 1440, WEEK_DAYS = 7, THURSDAY = 3 };

static const int64_t minute_ms = 60000;
static const int64_t day_ms = 86400000;
static const struct window always = {.days = 0x7f, .start_min = 0, .end_min = DAY_MIN};

/* The intervals found so far. */
struct collection {
    struct interval *intervals;
    size_t capacity;
    size_t count;
    bool overflowed;
};

/* One piece of the horizon with a constant offset. */
struct piece {
    int64_t from_ms;
    int64_t until_ms;
    int64_t offset_ms;
};

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

static int weekday(int64_t day)
{
    const int64_t shifted = (day + THURSDAY) % WEEK_DAYS;

    return (int)(shifted < 0 ? shifted + WEEK_DAYS : shifted);
}

static bool is_excepted(const struct calendar *calendar, int64_t day)
{
    for (size_t i = 0; i < calendar->except_count; i++) {
        if (day >= calendar->except[i].first_day && day <= calendar->except[i].last_day) {
            return true;
        }
    }
    return false;
}

/* Intervals come nearly in order: walk back over those that the new one overlaps or touches,
 * swallow them, and put the union where they were. */
static void collection_add(struct collection *all, struct interval added)
{
    size_t first = all->count;
    size_t past = 0;

    while (first > 0 && all->intervals[first - 1].close_ms >= added.open_ms) {
        first--;
    }
    past = first;
    while (past < all->count && all->intervals[past].open_ms <= added.close_ms) {
        const struct interval *old = &all->intervals[past++];
        added.open_ms = old->open_ms < added.open_ms ? old->open_ms : added.open_ms;
        added.close_ms = old->close_ms > added.close_ms ? old->close_ms : added.close_ms;
    }
    if (past == first && all->count == all->capacity) {
        all->overflowed = true;
        if (first == all->count) {
            return;
        }
        all->count--;
    }
    memmove(all->intervals + first + 1, all->intervals + past,
            (all->count - past) * sizeof *all->intervals);
    all->intervals[first] = added;
    all->count = all->count - (past - first) + 1;
}

/* Minutes [start, end) of local day `day`, as far as they lie in the piece. */
static void add_minutes(struct collection *all, const struct piece *piece, int64_t day, int start,
                        int end)
{
    const int64_t midnight_ms = day * day_ms - piece->offset_ms;
    struct interval interval = {.open_ms = midnight_ms + start * minute_ms,
                                .close_ms = midnight_ms + end * minute_ms};

    if (interval.open_ms < piece->from_ms) {
        interval.open_ms = piece->from_ms;
    }
    if (interval.close_ms > piece->until_ms) {
        interval.close_ms = piece->until_ms;
    }
    if (interval.open_ms < interval.close_ms) {
        collection_add(all, interval);
    }
}

/* The minutes of `day` that `window` opens: those of the window that starts on it, and what the
 * one that started the day before leaves over. */
static void add_window(struct collection *all, const struct piece *piece, int64_t day,
                       const struct window *window)
{
    const bool today = window->days & (1U << weekday(day));
    const bool yesterday = window->days & (1U << weekday(day - 1));

    if (yesterday && window->end_min > DAY_MIN) {
        add_minutes(all, piece, day, 0, window->end_min - DAY_MIN);
    }
    if (today) {
        add_minutes(all, piece, day, window->start_min,
                    window->end_min < DAY_MIN ? window->end_min : DAY_MIN);
    }
}

static void add_piece(struct collection *all, const struct calendar *calendar,
                      const struct piece *piece)
{
    const struct window *windows = calendar->window_count ? calendar->windows : &always;
    const size_t count = calendar->window_count ? calendar->window_count : 1;
    const int64_t last = floor_divide(piece->until_ms - 1 + piece->offset_ms, day_ms);

    for (int64_t day = floor_divide(piece->from_ms + piece->offset_ms, day_ms);
         day <= last && !all->overflowed; day++) {
        for (size_t i = 0; i < count && !is_excepted(calendar, day); i++) {
            add_window(all, piece, day, &windows[i]);
        }
    }
}

enum tide_status calendar_intervals(const struct calendar *calendar, int64_t from_ms, int64_t to_ms,
                                    struct interval *intervals, size_t capacity, size_t *count)
{
    struct collection all = {.intervals = intervals, .capacity = capacity};
    struct piece piece = {.from_ms = from_ms};

    while (piece.from_ms < to_ms && !all.overflowed) {
        piece.offset_ms = zone_offset_ms(calendar->zone, piece.from_ms, to_ms, &piece.until_ms);
        add_piece(&all, calendar, &piece);
        piece.from_ms = piece.until_ms;
    }
    *count = all.count;
    return all.overflowed ? TIDE_LIMIT : TIDE_OK;
}
