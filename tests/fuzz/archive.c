/*
 * Any bytes as an archive of a checkpoint, with the size and hash that they have: extraction ends
 * with one of its exit codes, never touches what lies beside its folder, and leaves no more than an
 * archive of that size may unpack to.
 */
#include "base/assert.h"
#include "worker/pack.h"

#include "pack/unpack.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BYTES = 1 << 18 /* packed */ };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static int entries;
static int64_t unpacked;

static int count_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)path;
    (void)type;
    (void)walk;
    ASSERT(S_ISREG(status->st_mode) || S_ISDIR(status->st_mode) || S_ISLNK(status->st_mode));
    entries++;
    unpacked += S_ISREG(status->st_mode) ? status->st_size : 0;
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)type;
    (void)walk;
    (void)chmod(path, S_ISDIR(status->st_mode) ? 0700 : 0600);
    (void)remove(path);
    return 0;
}

static void hash_of(const uint8_t *data, size_t bytes, char *text)
{
    unsigned char hash[32];

    ASSERT(crypto_generichash(hash, sizeof hash, data, bytes, NULL, 0) == 0);
    (void)sodium_bin2hex(text, 2 * sizeof hash + 1, hash, sizeof hash);
}

static int extract(const char *folder, const uint8_t *data, size_t bytes)
{
    char limit[32];
    char size[32];
    char hash[65];
    char target[256];
    char *arguments[] = {(char[]){"tidemill-worker"},
                         (char[]){"--extract"},
                         target,
                         limit,
                         size,
                         hash,
                         (char[]){"-"},
                         (char[]){"-"},
                         NULL};

    (void)snprintf(target, sizeof target, "%s/in", folder);
    (void)snprintf(limit, sizeof limit, "%d", MAX_BYTES);
    (void)snprintf(size, sizeof size, "%zu", bytes);
    hash_of(data, bytes, hash);
    ASSERT(mkdir(target, 0700) == 0);
    return pack_main(8, arguments);
}

/* The archive on the descriptor where it is looked for. */
static void offer(const uint8_t *data, size_t bytes)
{
    char name[] = "/tmp/tidemill-archive-XXXXXX";
    const int file = mkstemp(name);

    ASSERT(file >= 0);
    (void)unlink(name);
    const ssize_t written = write(file, data, bytes);
    ASSERT(written == (ssize_t)bytes);
    ASSERT(lseek(file, 0, SEEK_SET) == 0);
    if (file != PACK_FD) {
        ASSERT(dup2(file, PACK_FD) == PACK_FD);
        (void)close(file);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char folder[] = "/tmp/tidemill-fuzz-XXXXXX";
    char beside[256];
    struct stat status;

    ASSERT(mkdtemp(folder) != NULL);
    (void)snprintf(beside, sizeof beside, "%s/beside", folder);
    ASSERT(mkdir(beside, 0700) == 0);
    offer(data, bytes);
    const int code = extract(folder, data, bytes);
    ASSERT(code == PACK_DONE || code == PACK_FAILED || code == PACK_CORRUPT);
    entries = 0;
    unpacked = 0;
    ASSERT(nftw(beside, count_entry, 8, FTW_PHYS) == 0);
    ASSERT(entries == 1); /* the folder itself: nothing got into it */
    ASSERT(stat(beside, &status) == 0 && S_ISDIR(status.st_mode));
    ASSERT(nftw(folder, count_entry, 8, FTW_PHYS) == 0); /* no devices, no sockets */
    ASSERT(unpacked <= unpack_limit(MAX_BYTES));
    ASSERT(entries <= UNPACK_ENTRIES_MAX + 4 /* folders of this test, one seen twice */);
    (void)nftw(folder, remove_entry, 8, FTW_PHYS | FTW_DEPTH);
    return 0;
}
