/*
 * Whether a time zone exists. Its offsets are for civil/.
 */
#ifndef SPEC_ZONE_H
#define SPEC_ZONE_H

#include <stdbool.h>
#include <stddef.h>

/* zone_exists: whether `name` is an IANA zone of this machine's database. */
bool zone_exists(const char *name);

/* zone_nearest: writes the name of the zone most like `name` into `nearest`, "" if none is. */
void zone_nearest(const char *name, char *nearest, size_t bytes);

#endif
