#include "commands/follow.h"

#include <time.h>

bool follow_changed(struct query *query, int64_t *version)
{
    json_t *row = query_row(query, "PRAGMA data_version", "");
    const int64_t now = model_integer(row, "data_version");
    const bool changed = now != *version;

    json_decref(row);
    *version = now;
    return changed;
}

void follow_pause(void)
{
    const struct timespec turn = {.tv_nsec = FOLLOW_TURN_MS * 1000000L};

    (void)nanosleep(&turn, NULL);
}
