/*
 * 64-bit FNV-1a digests: to compare states and to key tables. Not for secrets: those take BLAKE2b.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_START 0xcbf29ce484222325U

/* digest_bytes: continues `digest` (DIGEST_START for a new one) over `bytes` bytes. */
uint64_t digest_bytes(uint64_t digest, const void *data, size_t bytes);

/* digest_integer, digest_real: continue over a value, the same on every machine; all NaNs count as
 * one, -0 as 0. */
uint64_t digest_integer(uint64_t digest, int64_t value);
uint64_t digest_real(uint64_t digest, double value);

/* digest_text: of a string without its terminator. */
uint64_t digest_text(const char *text);

#endif
