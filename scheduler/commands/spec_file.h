/*
 * spec_file: a spec, or a coordinator's configuration, as a command line names it.
 */
#ifndef COMMANDS_SPEC_FILE_H
#define COMMANDS_SPEC_FILE_H

#include "config/config.h"
#include "pack/workdir.h"
#include "spec/spec.h"

enum { SPEC_FILE_PATH_BYTES = 4096 };

/* spec_file_read: the spec at `path`, after its warnings or errors were printed: as text on stderr,
 * errors as JSON on stdout where `json` wants it. NULL when it has errors; freed by spec_free. */
struct spec *spec_file_read(const char *path, bool json);

/* config_file_read: the same of a configuration; freed by config_free. */
struct config *config_file_read(const char *path, bool json);

/* spec_file_workdir: where its commands start: `workdir`, relative to the folder of the spec, as an
 * absolute path into SPEC_FILE_PATH_BYTES; false when it is not there. */
bool spec_file_workdir(const struct spec *spec, const char *path, char *workdir);

/*
 * spec_file_pack: where its commands start, as a submission says it: the same path for a spec
 * without `workdir` (packed->fd is -1), else that of the folder, which is in `packed` (origin.h).
 * `store` is left out of it. TIDE_NOT_FOUND, and as workdir_pack.
 */
enum tide_status spec_file_pack(const struct spec *spec, const char *path, const char *store,
                                struct workdir_packed *packed, char *workdir, struct error *error);

#endif
