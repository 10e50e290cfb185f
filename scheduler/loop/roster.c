#include "loop/roster.h"

#include "base/digest.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct roster_entry *roster_entry(const struct roster *roster, int32_t id)
{
    return id >= 1 && (uint32_t)id <= roster->count ? &roster->entries[id - 1] : NULL;
}

static uint32_t slot_of(const struct roster *roster, const char *name)
{
    uint32_t slot = (uint32_t)digest_text(name) & (roster->slot_count - 1);

    while (roster->slots[slot] != 0 &&
           strcmp(roster->entries[roster->slots[slot] - 1].name, name) != 0) {
        slot = (slot + 1) & (roster->slot_count - 1);
    }
    return slot;
}

int32_t roster_find(const struct roster *roster, const char *name)
{
    return roster->count == 0 ? 0 : (int32_t)roster->slots[slot_of(roster, name)];
}

/* Doubles both arrays; the table stays at most half full. */
static bool roster_grow(struct roster *roster)
{
    const uint32_t capacity = roster->capacity == 0 ? 16 : 2 * roster->capacity;
    struct roster_entry *entries = realloc(roster->entries, capacity * sizeof *entries);

    if (entries == NULL) {
        return false;
    }
    roster->entries = entries;
    uint32_t *slots = calloc(2 * (size_t)capacity, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    free(roster->slots);
    roster->slots = slots;
    roster->slot_count = 2 * capacity;
    roster->capacity = capacity;
    for (uint32_t i = 0; i < roster->count; i++) {
        roster->slots[slot_of(roster, roster->entries[i].name)] = i + 1;
    }
    return true;
}

bool roster_add(struct roster *roster, const char *name, const char *boot)
{
    if (roster->count == roster->capacity && !roster_grow(roster)) {
        return false;
    }
    struct roster_entry *entry = &roster->entries[roster->count];
    *entry = (struct roster_entry){0};
    (void)text_copy(entry->name, sizeof entry->name, name);
    (void)text_copy(entry->boot, sizeof entry->boot, boot);
    roster->slots[slot_of(roster, name)] = roster->count + 1;
    roster->count++;
    return true;
}

void roster_fini(struct roster *roster)
{
    free(roster->entries);
    free(roster->slots);
    *roster = (struct roster){0};
}
