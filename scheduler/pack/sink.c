#include "pack/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024, HASH_BYTES = 32 };

/* libarchive's callback */
static la_ssize_t sink_write(struct archive *archive, void *data, const void *buffer, size_t bytes)
{
    struct sink *sink = data;
    size_t done = 0;

    if (sink->bytes + (int64_t)bytes > sink->limit) {
        sink->over = true;
        archive_set_error(archive, EFBIG, "larger than %" PRId64 " bytes", sink->limit);
        return -1;
    }
    while (done < bytes) {
        const ssize_t written = write(sink->fd, (const char *)buffer + done, bytes - done);
        if (written < 0) {
            archive_set_error(archive, errno, "%s", strerror(errno));
            return -1;
        }
        done += (size_t)written;
    }
    (void)crypto_generichash_update(&sink->state, buffer, bytes);
    sink->bytes += (int64_t)bytes;
    return (la_ssize_t)bytes;
}

bool sink_open(struct sink *sink, struct archive *to, int fd, int64_t limit)
{
    *sink = (struct sink){.fd = fd, .limit = limit};
    (void)crypto_generichash_init(&sink->state, NULL, 0, HASH_BYTES);
    return archive_write_set_format_pax_restricted(to) == ARCHIVE_OK &&
           archive_write_add_filter_zstd(to) == ARCHIVE_OK &&
           archive_write_set_filter_option(to, "zstd", "compression-level", "1") == ARCHIVE_OK &&
           archive_write_set_bytes_in_last_block(to, 1) == ARCHIVE_OK &&
           archive_write_open(to, sink, NULL, sink_write, NULL) == ARCHIVE_OK;
}

bool sink_file(struct archive *to, const char *path, int64_t bytes)
{
    static char block[BLOCK_BYTES];
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int64_t left = bytes;

    while (fd >= 0 && left > 0) {
        const ssize_t taken =
            read(fd, block, left < (int64_t)sizeof block ? (size_t)left : sizeof block);
        if (taken <= 0 || archive_write_data(to, block, (size_t)taken) != taken) {
            break;
        }
        left -= taken;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0 && left == 0;
}

void sink_hash(struct sink *sink, char text[SINK_HASH_BYTES])
{
    unsigned char hash[HASH_BYTES];

    (void)crypto_generichash_final(&sink->state, hash, sizeof hash);
    (void)sodium_bin2hex(text, SINK_HASH_BYTES, hash, sizeof hash);
}
