#include "base/timeline.h"

size_t price_step_at(const struct price_step *steps, size_t count, int64_t at_ms)
{
    size_t low = 0;
    size_t high = count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        *(steps[middle].start_ms <= at_ms ? &low : &high) = middle;
    }
    return low;
}
