#include "base/heap.h"

#include "base/assert.h"

#include <string.h>

void heap_init(struct heap *heap, struct heap_entry *entries, uint32_t *position, uint32_t capacity)
{
    *heap = (struct heap){.entries = entries, .position = position, .capacity = capacity};
    memset(position, 0, capacity * sizeof *position);
}

static bool entry_before(struct heap_entry a, struct heap_entry b)
{
    return a.deadline_ms != b.deadline_ms ? a.deadline_ms < b.deadline_ms : a.item < b.item;
}

static void heap_place(struct heap *heap, uint32_t index, struct heap_entry entry)
{
    heap->entries[index] = entry;
    heap->position[entry.item] = index + 1;
}

static void heap_rise(struct heap *heap, uint32_t index, struct heap_entry entry)
{
    while (index > 0) {
        const uint32_t parent = (index - 1) / 2;
        if (!entry_before(entry, heap->entries[parent])) {
            break;
        }
        heap_place(heap, index, heap->entries[parent]);
        index = parent;
    }
    heap_place(heap, index, entry);
}

static void heap_sink(struct heap *heap, uint32_t index, struct heap_entry entry)
{
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count &&
            entry_before(heap->entries[child + 1], heap->entries[child])) {
            child++;
        }
        if (!entry_before(heap->entries[child], entry)) {
            break;
        }
        heap_place(heap, index, heap->entries[child]);
        index = child;
    }
    heap_place(heap, index, entry);
}

void heap_remove(struct heap *heap, uint32_t item)
{
    if (!heap_contains(heap, item)) {
        return;
    }
    const uint32_t index = heap->position[item] - 1;
    heap->position[item] = HEAP_ABSENT;
    heap->count--;
    if (index == heap->count) {
        return;
    }
    const struct heap_entry last = heap->entries[heap->count];
    if (index > 0 && entry_before(last, heap->entries[(index - 1) / 2])) {
        heap_rise(heap, index, last);
    } else {
        heap_sink(heap, index, last);
    }
}

void heap_set(struct heap *heap, uint32_t item, int64_t deadline_ms)
{
    ASSERT(item < heap->capacity);
    heap_remove(heap, item);
    heap->count++;
    heap_rise(heap, heap->count - 1, (struct heap_entry){.deadline_ms = deadline_ms, .item = item});
}

bool heap_contains(const struct heap *heap, uint32_t item)
{
    ASSERT(item < heap->capacity);
    return heap->position[item] != HEAP_ABSENT;
}

const struct heap_entry *heap_first(const struct heap *heap)
{
    return heap->count == 0 ? NULL : &heap->entries[0];
}
