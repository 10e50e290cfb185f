/*
 * helper: this program once more, in a role that ends with one line on its stdout: archives, files
 * on their way, copies. The caller polls `out` and calls helper_ended.
 */
#ifndef WORKER_HELPER_H
#define WORKER_HELPER_H

#include "worker/carry.h"

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { HELPER_SAID_BYTES = 512 };

struct helper {
    int out;   /* -1: none is at work */
    pid_t pid; /* 0: none, or reaped already */
    char said[HELPER_SAID_BYTES];
    size_t said_bytes;
    bool carries; /* helper_carry began it: `order`, of `file` */
    struct carry_order order;
    int file;
};

/* helper_init: none is at work. */
void helper_init(struct helper *helper);

/* helper_begin: in the role that `words` name; `file` (-1 none) is its descriptor 3. */
enum tide_status helper_begin(struct helper *helper, const char *const *words, int file,
                              struct error *error);

/* helper_carry: moves `file`, which stays open meanwhile, as `order` says (carry.h).
 * helper_reroute: the same by another way from now on; false: it moves nothing. */
enum tide_status helper_carry(struct helper *helper, const struct carry_order *order,
                              const struct key_access *way, int file, struct error *error);
bool helper_reroute(struct helper *helper, const struct key_access *way);

/* helper_ended: `out` has input or was closed: whether that was the end; `said` is its line then.
 * What it said tells how it went: its exit status may have gone to whoever reaped it. */
bool helper_ended(struct helper *helper);

/* helper_kill: ends it if it is at work. */
void helper_kill(struct helper *helper);

#endif
