/*
 * unpack: an archive that others made, back into files. Whoever made it may be hostile: nothing of
 * it lands outside of the folder, and it holds only files, folders, and links within.
 */
#ifndef PACK_UNPACK_H
#define PACK_UNPACK_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* unpack_link_inside: whether a link with this target stays within its folder or below. */
bool unpack_link_inside(const char *target);

/* unpack_verify: whether the file `fd` has `bytes` bytes with this hash (BLAKE2b-256, hexadecimal);
 * it is back at its start then. The caller has called sodium_init. */
bool unpack_verify(int fd, int64_t bytes, const char *hash);

/* unpack: `fd` from its start into the current folder. TIDE_INVALID: it cannot be read, or holds
 * what it must not: what came before that is there. TIDE_IO: it cannot be written. */
enum tide_status unpack(int fd, struct error *error);

#endif
