/*
 * origin: where the commands of an experiment start, as a submission and the store say it in one
 * text: the absolute path of a folder; "packed:HASH:FOLDER", a working directory that was sent,
 * made of FOLDER on the machine that submitted it; or "", the attempt's own scratch.
 */
#ifndef SPEC_ORIGIN_H
#define SPEC_ORIGIN_H

#include <tidemill/wire.h>

#include <stdbool.h>
#include <stddef.h>

/* origin_packed: writes that of a folder that was packed; false: `bytes` are too few for it. */
bool origin_packed(char *origin, size_t bytes, const char *hash, const char *folder);

/* origin_hash: of what was packed; "" and false where nothing was. */
bool origin_hash(const char *origin, char hash[WIRE_HASH_HEX + 1]);

/* origin_folder: the folder, within `origin`. */
const char *origin_folder(const char *origin);

/* origin_path: where a file lies that a spec names: as it stands if that is absolute or there is no
 * folder, else in the folder; false: `bytes` are too few. */
bool origin_path(char *path, size_t bytes, const char *origin, const char *file);

#endif
