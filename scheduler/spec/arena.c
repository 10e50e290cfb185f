#include "spec/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096 };

struct arena_block {
    struct arena_block *older;
    size_t used;
    size_t capacity;
    alignas(max_align_t) unsigned char bytes[];
};

/* Blocks come from calloc and no byte is handed out twice, so what is taken is zero. */
static struct arena_block *block_new(struct arena_block *older, size_t bytes)
{
    const size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct arena_block *block = calloc(1, sizeof *block + capacity);

    if (block != NULL) {
        block->older = older;
        block->capacity = capacity;
    }
    return block;
}

void *arena_take(struct arena *arena, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    const size_t rounded = (bytes + align - 1) / align * align;
    struct arena_block *block = arena->newest;

    if (block == NULL || block->capacity - block->used < rounded) {
        block = block_new(arena->newest, rounded);
        if (block == NULL) {
            return NULL;
        }
        arena->newest = block;
    }
    block->used += rounded;
    return block->bytes + block->used - rounded;
}

char *arena_text(struct arena *arena, const char *text, size_t bytes)
{
    char *copy = arena_take(arena, bytes + 1);

    if (copy != NULL) {
        memcpy(copy, text, bytes);
    }
    return copy;
}

void arena_fini(struct arena *arena)
{
    while (arena->newest != NULL) {
        struct arena_block *block = arena->newest;
        arena->newest = block->older;
        free(block);
    }
}
