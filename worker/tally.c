#include "worker/tally.h"

#include "base/assert.h"
#include "base/text.h"

#include <math.h>

void tally_init(struct tally *tally, const struct wire_assign *assign)
{
    *tally = (struct tally){.count = assign->objective_count};
    ASSERT(assign->objective_count <= WIRE_VALUES_MAX);
    for (size_t i = 0; i < tally->count; i++) {
        const struct wire_objective *objective = &assign->objectives[i];
        tally->entries[i] = (struct tally_entry){.best = objective->best,
                                                 .maximize = objective->maximize,
                                                 .required = objective->required};
        (void)text_copy(tally->entries[i].name, sizeof tally->entries[i].name, objective->metric);
    }
}

/* `best` judges NaN at the end only: any number is better than none. */
static bool is_better(const struct tally_entry *entry, double value)
{
    if (isnan(value) || isnan(entry->value)) {
        return !isnan(value);
    }
    return entry->maximize ? value > entry->value : value < entry->value;
}

void tally_add(struct tally *tally, const char *name, double value, bool final)
{
    for (size_t i = 0; i < tally->count; i++) {
        struct tally_entry *entry = &tally->entries[i];
        if (!text_equal(entry->name, name) || (entry->final && !final)) {
            continue;
        }
        if (!entry->seen || final || !entry->best || is_better(entry, value)) {
            entry->value = value;
        }
        entry->seen = true;
        entry->final = entry->final || final;
    }
}

void tally_forget(struct tally *tally)
{
    for (size_t i = 0; i < tally->count; i++) {
        tally->entries[i].seen = false;
        tally->entries[i].final = false;
    }
}

bool tally_complete(const struct tally *tally)
{
    for (size_t i = 0; i < tally->count; i++) {
        if (tally->entries[i].required && !tally->entries[i].seen) {
            return false;
        }
    }
    return true;
}

bool tally_finite(const struct tally *tally)
{
    for (size_t i = 0; i < tally->count; i++) {
        const struct tally_entry *entry = &tally->entries[i];
        if (entry->required && entry->seen && isfinite(entry->value) == 0) {
            return false;
        }
    }
    return true;
}

void tally_result(const struct tally *tally, struct wire_result *result)
{
    for (size_t i = 0; i < tally->count; i++) {
        const struct tally_entry *entry = &tally->entries[i];
        if (entry->seen && isfinite(entry->value) != 0) {
            result->values[result->value_count++] =
                (struct wire_value){.name = entry->name, .value = entry->value};
        }
    }
}
