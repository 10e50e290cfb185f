/*
 * The outcome of an operation that an operator, a caller or the world can make fail.
 * Bugs are not outcomes: they hit ASSERT (base/assert.h).
 */
#ifndef TIDEMILL_STATUS_H
#define TIDEMILL_STATUS_H

/* X(name, value, text): the one list of codes. Zero is success, failures are negative and never
 * renumbered. */
#define TIDE_STATUS_LIST(X)                                                                        \
    X(TIDE_OK, 0, "ok")                                                                            \
    X(TIDE_INVALID, -1, "invalid argument or input")                                               \
    X(TIDE_NO_MEMORY, -2, "out of memory")                                                         \
    X(TIDE_NOT_FOUND, -3, "no such thing")                                                         \
    X(TIDE_EXISTS, -4, "it exists already")                                                        \
    X(TIDE_LIMIT, -5, "a limit was reached")                                                       \
    X(TIDE_NUMERIC, -6, "numerical failure")                                                       \
    X(TIDE_EXHAUSTED, -7, "every point of the space has been suggested")                           \
    X(TIDE_BUG, -8, "a bug: an internal check failed")                                             \
    X(TIDE_IO, -9, "input or output error")                                                        \
    X(TIDE_BUSY, -10, "busy: somebody else holds it")                                              \
    X(TIDE_FULL, -11, "no space left")                                                             \
    X(TIDE_PROTOCOL, -12, "malformed message")                                                     \
    X(TIDE_REFUSED, -13, "refused")                                                                \
    X(TIDE_UNREACHABLE, -14, "nobody answers")                                                     \
    X(TIDE_TIMEOUT, -15, "it took too long")                                                       \
    X(TIDE_STALE, -16, "superseded by a newer one")

enum tide_status {
#define X(name, value, text) name = value,
    TIDE_STATUS_LIST(X)
#undef X
};

/* tide_status_text: the code in words; a static string, never NULL. */
const char *tide_status_text(enum tide_status status);

#endif
