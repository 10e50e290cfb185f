/*
 * kept: the checkpoints of one trial that are kept, the newest first, as CHECKPOINT and SPOILED
 * records say. That is all there is to it; the store finds the same out of its rows.
 */
#ifndef TESTS_SUPPORT_KEPT_H
#define TESTS_SUPPORT_KEPT_H

#include "core/record.h"

enum { KEPT_MAX = 3 };

struct kept {
    struct checkpoint_pointer list[KEPT_MAX]; /* attempt 0: none from here on */
};

/* kept_push: RECORD_CHECKPOINT. The oldest gives way. */
void kept_push(struct kept *kept, const struct checkpoint_row *row);

/* kept_drop: RECORD_SPOILED, of the newest: no other is ever tried before it. */
void kept_drop(struct kept *kept, const struct checkpoint_row *row);

/* kept_before: the newest one before `bad`; attempt 0 none. */
struct checkpoint_pointer kept_before(const struct kept *kept,
                                      const struct checkpoint_pointer *bad);

#endif
