/*
 * sink: an archive on its way into a file: tar compressed with zstd, hashed (BLAKE2b-256) and
 * counted as it leaves. Checkpoints and working directories are made by it.
 */
#ifndef PACK_SINK_H
#define PACK_SINK_H

#include <archive.h>
#include <sodium.h>

#include <stdbool.h>
#include <stdint.h>

enum { SINK_HASH_BYTES = 65 /* hexadecimal, with the terminator */ };

struct sink {
    int fd;
    int64_t bytes, limit;
    bool over; /* more than `limit` bytes were to be written */
    crypto_generichash_state state;
};

/* sink_open: makes `to` (archive_write_new) write through `sink` into `fd`, at most `limit` bytes;
 * false: archive_error_string says why. The sink must outlive `to`, whose end may still write. The
 * caller has called sodium_init. */
bool sink_open(struct sink *sink, struct archive *to, int fd, int64_t limit);

/* sink_file: the contents of the regular file `path` into the entry begun; false where it is not
 * `bytes` long, or cannot be read or written. */
bool sink_file(struct archive *to, const char *path, int64_t bytes);

/* sink_hash: of everything written; once, after archive_write_close. */
void sink_hash(struct sink *sink, char text[SINK_HASH_BYTES]);

#endif
