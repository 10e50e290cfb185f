#include "support/kept.h"

#include "base/assert.h"

#include <string.h>

void kept_push(struct kept *kept, const struct checkpoint_row *row)
{
    memmove(&kept->list[1], &kept->list[0], (KEPT_MAX - 1) * sizeof kept->list[0]);
    kept->list[0] = (struct checkpoint_pointer){row->attempt, row->seq, row->step};
}

void kept_drop(struct kept *kept, const struct checkpoint_row *row)
{
    ASSERT(kept->list[0].attempt == row->attempt && kept->list[0].seq == row->seq);
    memmove(&kept->list[0], &kept->list[1], (KEPT_MAX - 1) * sizeof kept->list[0]);
    kept->list[KEPT_MAX - 1] = (struct checkpoint_pointer){0};
}

struct checkpoint_pointer kept_before(const struct kept *kept, const struct checkpoint_pointer *bad)
{
    for (int i = 0; i < KEPT_MAX; i++) {
        const struct checkpoint_pointer *one = &kept->list[i];
        if (one->attempt < bad->attempt || (one->attempt == bad->attempt && one->seq < bad->seq)) {
            return *one;
        }
    }
    return (struct checkpoint_pointer){0};
}
