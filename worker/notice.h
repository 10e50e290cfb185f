/*
 * notice: the worker's end of tidemill-notice, a process that says when this machine goes away.
 */
#ifndef WORKER_NOTICE_H
#define WORKER_NOTICE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { NOTICE_LINE_BYTES = 256 };

struct notice {
    int fd; /* its output; -1 none */
    pid_t process;
    char line[NOTICE_LINE_BYTES];
    size_t used;
};

/* notice_open: starts it for `cloud` (auto, aws, gcp, azure, file:PATH; NULL: nothing is watched)
 * with this base URL (NULL: the cloud's own). */
enum tide_status notice_open(struct notice *notice, const char *cloud, const char *base,
                             struct error *error);

/* notice_ready: `fd` has input or was closed; true: a notice, with its time (0 unknown) and source
 * in `source` (of NOTICE_LINE_BYTES). Other lines go to the log. */
bool notice_ready(struct notice *notice, int64_t *grace_ms, char *source);

/* notice_close: ends it. */
void notice_close(struct notice *notice);

#endif
