/*
 * text_file: a file of text, whole.
 */
#ifndef COMMANDS_TEXT_FILE_H
#define COMMANDS_TEXT_FILE_H

#include "base/error.h"

enum { TEXT_FILE_BYTES_MAX = 64 * 1024 * 1024 };

/* text_file_read: the contents of `path`, terminated, the caller's to free. TIDE_IO with the
 * reason, TIDE_LIMIT above TEXT_FILE_BYTES_MAX, TIDE_INVALID with a NUL inside, TIDE_NO_MEMORY. */
enum tide_status text_file_read(const char *path, char **text, struct error *error);

#endif
