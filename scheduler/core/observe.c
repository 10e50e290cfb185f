/*
 * Knows what a spot pool has shown, and how that is forgotten: markets change, and what is older
 * than a few days says less than it seems to. docs/benchmarks/cost.md has what that is worth.
 */
#include "core/policy.h"

static const int64_t age_ends_ms[POLICY_AGES - 1] = {1200000, 2400000};
static const int64_t memory_ms = INT64_C(3) * 86400000; /* then all that was seen counts half */

int policy_age(int64_t calm_ms)
{
    int age = 0;

    while (age < POLICY_AGES - 1 && calm_ms > age_ends_ms[age]) {
        age++;
    }
    return age;
}

static void halve(struct policy_stretches *stretches)
{
    stretches->duration_ms /= 2;
    stretches->ends /= 2;
}

static void forget(struct policy_history *history)
{
    history->observed_ms /= 2;
    halve(&history->up);
    halve(&history->down);
    for (int age = 0; age < POLICY_AGES; age++) {
        halve(&history->up_by_age[age]);
        halve(&history->down_by_age[age]);
    }
}

void policy_observe(struct policy_history *history, int32_t slots, int32_t slots_max,
                    int64_t duration_ms)
{
    const bool begun = history->observed_ms > 0;
    const int32_t change = begun ? slots - history->slots_seen : 0;
    const int before = policy_age(history->calm_ms);

    if (change < 0) {
        history->up.ends -= change;
        history->up_by_age[before].ends += history->slots_seen > 0;
    } else if (change > 0) {
        history->down.ends += change;
        history->down_by_age[before].ends += history->slots_seen == 0;
    }
    history->calm_ms = (change == 0 ? history->calm_ms : 0) + duration_ms;
    struct policy_stretches *by_age = slots > 0 ? history->up_by_age : history->down_by_age;
    by_age[policy_age(history->calm_ms)].duration_ms += duration_ms;
    history->up.duration_ms += slots * duration_ms;
    history->down.duration_ms += (slots_max - slots) * duration_ms;
    history->observed_ms += duration_ms;
    history->slots_seen = slots;
    if (history->observed_ms >= memory_ms) {
        forget(history);
    }
}
