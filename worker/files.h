/*
 * files: small durable files and folders of the worker.
 */
#ifndef WORKER_FILES_H
#define WORKER_FILES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { FILES_PATH_BYTES = 1024 };

/* files_path: formats a path into `path` (of FILES_PATH_BYTES); false if it does not fit. */
__attribute__((format(printf, 2, 3))) bool files_path(char *path, const char *format, ...);

/* files_folder: makes `path` and what is missing above it, mode 0700. TIDE_IO. */
enum tide_status files_folder(const char *path, struct error *error);

/*
 * files_write: `bytes` as the file `name` of `folder`, whole or not at all, durable on return:
 * written beside its place, synced, renamed, the folder synced. TIDE_IO, TIDE_FULL.
 */
enum tide_status files_write(const char *folder, const char *name, const char *data, size_t bytes,
                             struct error *error);

/* files_show: `text` as the file `name` of `folder`, for a script that may look at any moment: it
 * reads the whole of it or nothing. Not durable; one that cannot be written is let go. */
void files_show(const char *folder, const char *name, const char *text);

/* files_read: at most `limit` - 1 bytes of `path`, terminated; TIDE_NOT_FOUND, TIDE_LIMIT where it
 * is longer, TIDE_IO. */
enum tide_status files_read(const char *path, char *data, size_t limit, size_t *bytes,
                            struct error *error);

/* files_nameless: a file in `folder` to be written and read that nobody else can find: with the
 * last descriptor it is gone. TIDE_IO. */
enum tide_status files_nameless(const char *folder, int *fd, struct error *error);

/* files_remove: the file or the whole tree at `path`, without following links; what cannot be
 * removed stays. */
void files_remove(const char *path);

#endif
