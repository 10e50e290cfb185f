/*
 * A binary heap of timers in the caller's memory: the earliest (deadline, item) first, so that
 * equal deadlines fire in a known order. Each item (an index the caller chose) is in the heap at
 * most once; `position` makes removing it O(log n).
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAP_ABSENT = 0 };

struct heap_entry {
    int64_t deadline_ms;
    uint32_t item;
};

struct heap {
    struct heap_entry *entries; /* capacity of them, the caller's memory */
    uint32_t *position;         /* item -> 1 + its index in entries, HEAP_ABSENT if it is not there;
                                   capacity of them */
    uint32_t count;
    uint32_t capacity; /* items are 0 ... capacity-1 */
};

/* heap_init: an empty heap over the caller's two arrays of `capacity` elements. */
void heap_init(struct heap *heap, struct heap_entry *entries, uint32_t *position,
               uint32_t capacity);

/* heap_set: inserts `item`, or moves it to its new deadline. */
void heap_set(struct heap *heap, uint32_t item, int64_t deadline_ms);

/* heap_remove: takes `item` out, if it is in. */
void heap_remove(struct heap *heap, uint32_t item);

/* heap_contains: whether `item` waits. */
bool heap_contains(const struct heap *heap, uint32_t item);

/* heap_first: the earliest entry, NULL when empty; valid until the heap changes. */
const struct heap_entry *heap_first(const struct heap *heap);

#endif
