/*
 * pack: a checkpoint directory as one file and back: tar compressed with zstd, hashed (BLAKE2b-256)
 * as it is written. Runs as a process of its own, as the attempt's user, so that neither a large
 * checkpoint nor a hostile one can hurt the worker:
 *
 *   tidemill-worker --archive FOLDER MAX_BYTES USER GROUP               into descriptor PACK_FD
 *   tidemill-worker --extract FOLDER MAX_BYTES BYTES HASH USER GROUP    from descriptor PACK_FD
 *
 * MAX_BYTES is what an archive may have; unpack.h says what may be in it then.
 * In the end --archive prints "BYTES HASH" on stdout, --extract PACK_RESTORED; either of them one
 * line for a person where it fails.
 * USER and GROUP are numbers, or "-" to stay who it is.
 */
#ifndef WORKER_PACK_H
#define WORKER_PACK_H

enum { PACK_FD = 3 };

#define PACK_RESTORED "restored"
/* Before the words of PACK_CORRUPT: it is the archive, not this machine. */
#define PACK_BAD "bad: "

enum pack_exit {
    PACK_DONE = 0,
    PACK_FAILED = 1,
    PACK_MOVED = 3,   /* files changed while they were read: not consistent */
    PACK_TOO_BIG = 4, /* over MAX_BYTES, or than could be unpacked again */
    PACK_CORRUPT = 5  /* size or hash are others, it holds what it must not, or too much */
};

/* pack_main: the program in this role; its exit code. */
int pack_main(int argc, char **argv);

#endif
