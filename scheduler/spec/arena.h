/*
 * Memory that is given back all at once: a spec and everything it points to.
 */
#ifndef SPEC_ARENA_H
#define SPEC_ARENA_H

#include <stddef.h>

struct arena_block;

/* All zero is an empty arena. */
struct arena {
    struct arena_block *newest;
};

/* arena_take: `bytes` zeroed bytes, aligned for any type, valid until arena_fini; NULL when out of
 * memory. */
void *arena_take(struct arena *arena, size_t bytes);

/* arena_text: a terminated copy of `bytes` bytes; NULL when out of memory. */
char *arena_text(struct arena *arena, const char *text, size_t bytes);

/* arena_fini: gives everything back; the arena is empty again. */
void arena_fini(struct arena *arena);

#endif
