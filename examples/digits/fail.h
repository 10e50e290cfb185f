/*
 * How the trainer gives up: a message on stderr and an exit status. For a program, not a library.
 */
#ifndef DIGITS_FAIL_H
#define DIGITS_FAIL_H

/* What the exit statuses say to whoever started the trainer. */
enum {
    EXIT_FAILED = 1,    /* a file could not be read or written */
    EXIT_USAGE = 2,     /* the command line */
    EXIT_DIVERGED = 65, /* this point of the search space cannot be trained */
    EXIT_REQUEUE = 75   /* it was asked to leave; it can be resumed */
};

/* fail: prints `digits-train: ...` and exits with `status`. */
_Noreturn __attribute__((format(printf, 2, 3))) void fail(int status, const char *format, ...);

/* must_allocate: `count` zeroed things of `bytes` each, or fail. The caller frees them. */
void *must_allocate(unsigned long count, unsigned long bytes);

#endif
