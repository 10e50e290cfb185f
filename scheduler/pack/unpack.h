/*
 * unpack: an archive that others made, back into files. Whoever made it may be hostile: nothing of
 * it lands outside of the folder, and it holds only files, folders, and links within.
 */
#ifndef PACK_UNPACK_H
#define PACK_UNPACK_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* What an archive may unpack to: so many times the bytes that its like may have packed, and so many
 * files, folders and links. Nothing is packed that is over it. */
enum { UNPACK_TIMES = 16, UNPACK_ENTRIES_MAX = 100000 };

/* unpack_limit: the bytes that an archive of at most `packed` bytes may unpack to. */
int64_t unpack_limit(int64_t packed);

/* unpack_link_inside: whether a link with this target stays within its folder or below. */
bool unpack_link_inside(const char *target);

/* unpack_verify: whether the file `fd` has `bytes` bytes with this hash (BLAKE2b-256, hexadecimal);
 * it is back at its start then. The caller has called sodium_init. */
bool unpack_verify(int fd, int64_t bytes, const char *hash);

/* unpack: `fd` from its start into the current folder. TIDE_INVALID: it cannot be read, holds what
 * it must not, or more than `limit` bytes (a hole counts) or UNPACK_ENTRIES_MAX entries: what came
 * before that is there. TIDE_FULL: it would not leave the disk the room that an honest neighbour
 * needs. TIDE_IO: it cannot be written. */
enum tide_status unpack(int fd, int64_t limit, struct error *error);

#endif
