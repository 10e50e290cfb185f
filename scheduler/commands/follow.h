/*
 * follow: waiting for the store to change. Readers have no notice of a commit, so they look at
 * SQLite's data_version, which costs a few microseconds, several times a second.
 */
#ifndef COMMANDS_FOLLOW_H
#define COMMANDS_FOLLOW_H

#include "commands/query.h"

enum { FOLLOW_TURN_MS = 100 };

/* follow_changed: whether another connection has committed since the last call. */
bool follow_changed(struct query *query, int64_t *version);

/* follow_pause: sleeps FOLLOW_TURN_MS; a signal may end it early. */
void follow_pause(void);

#endif
