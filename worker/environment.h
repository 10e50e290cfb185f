/*
 * environment: the variables of an attempt. A worker's own are passed on only by name, unless it
 * runs for its caller (--inherit-env).
 */
#ifndef WORKER_ENVIRONMENT_H
#define WORKER_ENVIRONMENT_H

#include "base/error.h"

#include <tidemill/wire.h>

#include <stdbool.h>
#include <stddef.h>

enum { ENVIRONMENT_MAX = 2048 };

struct environment {
    char *strings[ENVIRONMENT_MAX + 1]; /* "NAME=value", NULL at the end */
    size_t count;
    bool failed; /* out of memory or of room */
};

/* Where the attempt's files are; absolute paths. */
struct environment_paths {
    const char *params, *report, *notice, *checkpoint, *temporary;
    const char *home; /* "" the worker's own */
};

/*
 * environment_make: everything `assign` and docs/WORKER.md name. TIDE_NOT_FOUND with the
 * name in `error` where a secret is not among the worker's variables; TIDE_LIMIT. Ended by
 * environment_fini, also after a failure.
 */
enum tide_status environment_make(struct environment *environment, const struct wire_assign *assign,
                                  const struct environment_paths *paths, bool inherit,
                                  struct error *error);

/* environment_make_common: the same without what tells of the attempt: temporary and home of
 * `paths` count. */
enum tide_status environment_make_common(struct environment *environment,
                                         const struct wire_assign *assign,
                                         const struct environment_paths *paths, bool inherit,
                                         struct error *error);
void environment_fini(struct environment *environment);

#endif
