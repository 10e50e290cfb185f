/*
 * Messages at random, every field of every type within its limits, and what makes two of them the
 * same. Written by hand beside the codec's table, so that a field the table forgets is noticed.
 */
#ifndef TESTS_WIRE_RANDOM_MESSAGE_H
#define TESTS_WIRE_RANDOM_MESSAGE_H

#include "base/rng.h"

#include <tidemill/wire.h>

enum { RANDOM_POOL_BYTES = 262144 };

/* A message and the memory of its strings. */
struct random_message {
    struct wire_message message;
    char pool[RANDOM_POOL_BYTES];
    size_t used;
};

/* random_message_make: a message of `type`; its lists have up to `share` of their limit (0 ... 1).
 */
void random_message_make(struct random_message *random, struct rng *rng, enum wire_type type,
                         double share);

/* message_same: fails the test where the two differ. */
void message_same(const struct wire_message *got, const struct wire_message *want);

#endif
