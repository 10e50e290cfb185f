#include "spec/origin.h"

#include <stdio.h>
#include <string.h>

static const char prefix[] = "packed:";

/* The text after the prefix; NULL without it. */
static const char *after_prefix(const char *origin)
{
    const size_t bytes = sizeof prefix - 1;

    return strncmp(origin, prefix, bytes) == 0 ? origin + bytes : NULL;
}

bool origin_packed(char *origin, size_t bytes, const char *hash, const char *folder)
{
    const int length = snprintf(origin, bytes, "%s%s:%s", prefix, hash, folder);

    return length >= 0 && (size_t)length < bytes;
}

bool origin_hash(const char *origin, char hash[WIRE_HASH_HEX + 1])
{
    const char *text = after_prefix(origin);
    const size_t length = text == NULL ? 0 : strcspn(text, ":");

    (void)snprintf(hash, WIRE_HASH_HEX + 1, "%.*s", (int)length, text == NULL ? "" : text);
    return length > 0;
}

const char *origin_folder(const char *origin)
{
    const char *text = after_prefix(origin);
    const char *colon = text == NULL ? NULL : strchr(text, ':');

    return text == NULL ? origin : colon == NULL ? "" : colon + 1;
}

bool origin_path(char *path, size_t bytes, const char *origin, const char *file)
{
    const char *folder = file[0] == '/' ? "" : origin_folder(origin);
    const int length = snprintf(path, bytes, "%s%s%s", folder, *folder == '\0' ? "" : "/", file);

    return length >= 0 && (size_t)length < bytes;
}
