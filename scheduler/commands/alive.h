/*
 * alive: whether a coordinator works on a store. A reader may not try the store's lock, which would
 * be in the way of a coordinator that starts; but STORE.lock names the last one's process.
 */
#ifndef COMMANDS_ALIVE_H
#define COMMANDS_ALIVE_H

#include <jansson.h>

/* alive_coordinator: true, false, or null where it cannot be told (another machine's store, no
 * right to look). The caller's to free. */
json_t *alive_coordinator(const char *store);

#endif
