/*
 * Knows the one rounding: the exact quotient of two integers, half to even, whatever the sign. The
 * product of price, time and power needs 128 bits.
 */
#include "core/ledger.h"

#include "base/assert.h"

static const int64_t hour_ms = 3600000;
static const int64_t limit = 1000000000000;

const char *ledger_kind_text(enum ledger_kind kind)
{
    static const char *const texts[] = {
#define X(name, text) text,
        LEDGER_KIND_LIST(X)
#undef X
    };

    return texts[kind];
}

int64_t ledger_cost_micro(int64_t price_micro, int64_t duration_ms, struct ledger_scale scale)
{
    ASSERT(price_micro >= -limit && price_micro <= limit);
    ASSERT(duration_ms >= 0 && duration_ms <= limit);
    ASSERT(scale.slots > 0 && scale.power_watt >= 0);
    const int64_t units = scale.power_watt > 0 ? scale.power_watt : 1;
    const int64_t thousand = scale.power_watt > 0 ? 1000 : 1;
    const int64_t price = price_micro < 0 ? -price_micro : price_micro;
    __extension__ const unsigned __int128 product =
        (unsigned __int128)(uint64_t)price * (uint64_t)duration_ms * (uint64_t)units;
    const uint64_t divisor = (uint64_t)(hour_ms * thousand) * (uint64_t)scale.slots;
    const uint64_t rest = (uint64_t)(product % divisor);
    uint64_t quotient = (uint64_t)(product / divisor);

    if (rest > divisor - rest || (rest == divisor - rest && quotient % 2 == 1)) {
        quotient++;
    }
    return price_micro < 0 ? -(int64_t)quotient : (int64_t)quotient;
}

/* The first step that starts after `at_ms`. */
static size_t step_after(const struct price_step *steps, size_t count, int64_t at_ms)
{
    size_t low = 0;

    while (count > 0) {
        const size_t half = count / 2;
        if (steps[low + half].start_ms <= at_ms) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

size_t ledger_split(const struct price_step *steps, size_t step_count, int64_t from_ms,
                    int64_t to_ms, struct ledger_scale scale, struct ledger_entry *entries,
                    size_t capacity)
{
    size_t next = step_after(steps, step_count, from_ms);
    size_t count = 0;

    ASSERT(step_count > 0);
    next = next > 0 ? next : 1;
    while (from_ms < to_ms) {
        const int64_t until_ms =
            next < step_count && steps[next].start_ms < to_ms ? steps[next].start_ms : to_ms;
        if (count < capacity) {
            const int64_t price_micro = steps[next - 1].price_micro;
            entries[count] = (struct ledger_entry){
                .from_ms = from_ms,
                .to_ms = until_ms,
                .price_micro = price_micro,
                .cost_micro = ledger_cost_micro(price_micro, until_ms - from_ms, scale)};
        }
        count++;
        next++;
        from_ms = until_ms;
    }
    return count;
}

void ledger_add(struct ledger_sum *sum, enum ledger_kind kind, const struct ledger_entry *entry)
{
    sum->duration_ms[kind] += entry->to_ms - entry->from_ms;
    sum->cost_micro[kind] += entry->cost_micro;
}

int64_t ledger_total_micro(const struct ledger_sum *sum)
{
    int64_t total = 0;

    for (int kind = 0; kind < LEDGER_KINDS; kind++) {
        total += sum->cost_micro[kind];
    }
    return total;
}
