/*
 * objects_parts: how objects lie in their folders; for the two sources of objects.h.
 */
#ifndef STORE_OBJECTS_PARTS_H
#define STORE_OBJECTS_PARTS_H

#include "store/objects.h"

enum {
    OBJECTS_NAME_BYTES = OBJECT_HASH_BYTES + 8,
    OBJECTS_PATH_BYTES = OBJECT_ROOT_BYTES + 32 + OBJECTS_NAME_BYTES
};

#define OBJECTS_PART ".part"

/* objects_folder: of a trial, or of the working directories; false where the path is too long. */
bool objects_folder(const char *root, int32_t experiment, int32_t trial, char *path);

#endif
