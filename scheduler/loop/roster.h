/*
 * roster: which worker stands behind which name, and by which connection it is reached now.
 */
#ifndef LOOP_ROSTER_H
#define LOOP_ROSTER_H

#include "transport/transport.h"

struct roster_entry {
    char name[KEY_NAME_BYTES];
    char boot[WIRE_ID_HEX + 1]; /* of the process that said HELLO last */
    int64_t seq;                /* the highest of that process's messages so far */
    struct peer peer;           /* valid while connected */
    bool connected;
};

/* Entry id-1 is worker id's, as the core numbers them. All zero is an empty roster. */
struct roster {
    struct roster_entry *entries;
    uint32_t *slots; /* hash table over names: id, 0 empty */
    uint32_t count, capacity, slot_count;
};

/* roster_add: the next worker; false when out of memory. */
bool roster_add(struct roster *roster, const char *name, const char *boot);

/* roster_find: the id of a name, 0 when it was never seen. */
int32_t roster_find(const struct roster *roster, const char *name);

/* roster_entry: of an id; NULL when there is none. Valid until roster_add. */
struct roster_entry *roster_entry(const struct roster *roster, int32_t id);

void roster_fini(struct roster *roster);

#endif
