/*
 * workdir: a working directory as one archive, without what its .gitignore files name. The same
 * files give the same bytes, whoever packs them, when and where: names are in order, and times,
 * owners and all of the modes but the x bit are left out.
 */
#ifndef PACK_WORKDIR_H
#define PACK_WORKDIR_H

#include "base/error.h"
#include "pack/sink.h"

struct workdir_packed {
    int fd; /* a file without a name; the caller's to close */
    int64_t bytes;
    char hash[SINK_HASH_BYTES];
};

/*
 * workdir_pack: `folder`, but for .git, for sockets and devices, and for the file `store` (NULL
 * none) with everything beside it whose name begins so. TIDE_LIMIT when it is over `limit` bytes,
 * or more than unpack.h would let come back, TIDE_INVALID when it holds a link that leads out of it
 * or changes meanwhile, TIDE_IO, TIDE_FULL.
 */
enum tide_status workdir_pack(const char *folder, const char *store, int64_t limit,
                              struct workdir_packed *packed, struct error *error);

#endif
