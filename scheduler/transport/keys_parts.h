/*
 * What the two halves of keys.h share: keys_file.c knows single files, keys.c directories of them.
 */
#ifndef TRANSPORT_KEYS_PARTS_H
#define TRANSPORT_KEYS_PARTS_H

#include "transport/keys.h"

#include <stddef.h>

/* keys_path: a path put together; TIDE_LIMIT for one that is too long, which would be another one.
 */
__attribute__((format(printf, 3, 4))) enum tide_status
keys_path(char path[KEY_PATH_BYTES], struct error *error, const char *format, ...);

/* keys_system_error: errno as a status and a sentence: "cannot DOING PATH: ...". */
enum tide_status keys_system_error(struct error *error, const char *doing, const char *path);

/* keys_line_read: the first line of a small regular file; `secret` refuses one that others may
 * read. */
enum tide_status keys_line_read(const char *path, bool secret, char *line, size_t bytes,
                                struct error *error);

/* keys_line_write: the line, down to the disk. */
bool keys_line_write(int file, const char *line);

#endif
