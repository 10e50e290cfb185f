/*
 * hook: the commands of the coordinator's own configuration, run beside the loop: argv as it
 * stands and no shell, a bound on the time and on what is kept of the output. What a hook leaves
 * running in the background does not hold it up.
 */
#ifndef LOOP_HOOK_H
#define LOOP_HOOK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOOKS_MAX = 128,                 /* at once */
    HOOK_WORDS_MAX = 1024,           /* of one command */
    HOOK_OUTPUT_BYTES_MAX = 8 << 20, /* more is a failure */
    HOOK_WHY_BYTES = 256,
};

struct hooks; /* those that run */

/* How a hook ended; both texts are valid until the next call. */
struct hook_end {
    int32_t key;        /* as given to hook_start */
    bool good;          /* it exited with 0, in time, and printed no more than it may */
    const char *output; /* of stdout, also of one that failed */
    const char *why;    /* otherwise what went wrong, with the last line of stderr */
};

/* hooks_open: none runs. hooks_close: leaves those that run to themselves; NULL is fine. */
enum tide_status hooks_open(struct hooks **hooks, struct error *error)
    __attribute__((warn_unused_result));
void hooks_close(struct hooks *hooks);

/* hooks_fd: readable when hooks_next may have something. hooks_deadline_ms: when the next one has
 * had its time, by clock_steady_ms; INT64_MAX none. */
int hooks_fd(const struct hooks *hooks);
int64_t hooks_deadline_ms(const struct hooks *hooks);

/*
 * hook_start: runs `words`, NULL at the end, with TIDEMILL_POOL=`pool` added to the environment;
 * `key` names it while it runs. Its process group is killed after `timeout_ms`. TIDE_LIMIT,
 * TIDE_NO_MEMORY, TIDE_IO when it cannot be started.
 */
enum tide_status hook_start(struct hooks *hooks, int32_t key, const char *const *words,
                            const char *pool, int64_t timeout_ms, struct error *error)
    __attribute__((warn_unused_result));

/* hook_runs: whether the hook of that key runs. */
bool hook_runs(const struct hooks *hooks, int32_t key);

/* hooks_next: takes one that has ended; false when there is none. */
bool hooks_next(struct hooks *hooks, struct hook_end *end);

#endif
