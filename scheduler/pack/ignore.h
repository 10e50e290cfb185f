/*
 * ignore: what the .gitignore files of a tree leave out, as git documents them: comments, `!`,
 * `/` in front, in the middle and at the end, `*`, `?`, `[a-z]`, and `**`.
 */
#ifndef PACK_IGNORE_H
#define PACK_IGNORE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { IGNORE_LINE_BYTES = 4096, IGNORE_RULES_MAX = 100000 };

struct ignore_rule;

/* The rules of the folders from the top to the one being looked at. */
struct ignore {
    struct ignore_rule *rules;
    size_t count, room;
};

/* ignore_enter: adds the rules of `path`, the .gitignore of the folder that stands `base` bytes
 * into every path given to ignore_match ("" 0, "lib/" 4); a file that is not there is empty.
 * TIDE_IO, TIDE_NO_MEMORY, TIDE_LIMIT. ignore_leave: back to `count` rules. */
enum tide_status ignore_enter(struct ignore *ignore, const char *path, size_t base,
                              struct error *error);
void ignore_leave(struct ignore *ignore, size_t count);

/* ignore_match: whether the last rule that fits leaves out `path`, relative to the top. */
bool ignore_match(const struct ignore *ignore, const char *path, bool folder);

/* ignore_fini: frees everything. */
void ignore_fini(struct ignore *ignore);

#endif
