/*
 * Reads as it comes, so that a pipe is as good as a file.
 */
#include "commands/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 65536 };

static enum tide_status read_all(FILE *file, char **text, size_t *bytes, const char *path,
                                 struct error *error)
{
    size_t capacity = 0;

    *bytes = 0;
    do {
        if (*bytes + 1 >= capacity) {
            char *more = NULL;
            capacity = capacity > 0 ? capacity * 2 : FIRST_BYTES;
            more = capacity <= TEXT_FILE_BYTES_MAX ? realloc(*text, capacity) : NULL;
            if (!more) {
                return error_set(error, TIDE_LIMIT, "%s: it is too large", path);
            }
            *text = more;
        }
        *bytes += fread(*text + *bytes, 1, capacity - *bytes - 1, file);
    } while (!feof(file) && !ferror(file));
    (*text)[*bytes] = '\0';
    return ferror(file) ? error_set(error, TIDE_IO, "%s: %s", path, strerror(errno)) : TIDE_OK;
}

enum tide_status text_file_read(const char *path, char **text, struct error *error)
{
    FILE *file = fopen(path, "re");
    size_t bytes = 0;
    enum tide_status status = TIDE_OK;

    *text = NULL;
    if (!file) {
        return error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
    }
    status = read_all(file, text, &bytes, path, error);
    (void)fclose(file);
    if (status == TIDE_OK && *text != NULL && strlen(*text) != bytes) {
        status = error_set(error, TIDE_INVALID, "%s: it holds a NUL byte: not text", path);
    }
    if (status != TIDE_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}
