/*
 * allow: the second wall of a worker. A coordinator that was taken over can tell its workers to run
 * anything; where --allow-commands names a file, only commands that it lists.
 */
#ifndef WORKER_ALLOW_H
#define WORKER_ALLOW_H

#include <stdbool.h>

/*
 * allow_command: `command`, the first word of an assignment, is a line of `path` as it stands. The
 * file is read every time, so that a change needs no restart; one that cannot be read allows
 * nothing. Blank lines and lines from '#' allow nothing either.
 */
bool allow_command(const char *path, const char *command);

#endif
