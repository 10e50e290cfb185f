#include "worker/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum tide_status capture_open(struct capture *capture, const char *path, enum wire_stream stream,
                              struct error *error)
{
    *capture = (struct capture){.stream = stream};
    capture->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (capture->fd < 0) {
        return error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
    }
    return TIDE_OK;
}

void capture_close(struct capture *capture)
{
    if (capture->fd >= 0) {
        (void)close(capture->fd);
        capture->fd = -1;
    }
}

/* Where the byte at `offset` of the stream lies in the file, and how many follow it there. */
static int64_t place(int64_t offset, int64_t *run)
{
    if (offset < CAPTURE_HEAD_BYTES) {
        *run = CAPTURE_HEAD_BYTES - offset;
        return offset;
    }
    const int64_t in_tail = (offset - CAPTURE_HEAD_BYTES) % CAPTURE_TAIL_BYTES;
    *run = CAPTURE_TAIL_BYTES - in_tail;
    return CAPTURE_HEAD_BYTES + in_tail;
}

void capture_write(struct capture *capture, const char *data, size_t bytes)
{
    while (bytes > 0) {
        int64_t run = 0;
        const int64_t at = place(capture->total, &run);
        const size_t part = (int64_t)bytes < run ? bytes : (size_t)run;
        if (pwrite(capture->fd, data, part, at) != (ssize_t)part) {
            capture->failed = true;
        }
        capture->total += (int64_t)part;
        data += part;
        bytes -= part;
    }
}

/* The first byte of the tail that is still kept. */
static int64_t tail_start(const struct capture *capture)
{
    const int64_t start = capture->total - CAPTURE_TAIL_BYTES;

    return start > CAPTURE_HEAD_BYTES ? start : CAPTURE_HEAD_BYTES;
}

size_t capture_read(const struct capture *capture, int64_t offset, char *data, size_t bytes)
{
    int64_t run = 0;
    const int64_t at = place(offset, &run);
    const int64_t left = capture->total - offset;

    if (capture->failed || left <= 0 ||
        (offset >= CAPTURE_HEAD_BYTES && offset < tail_start(capture))) {
        return 0;
    }
    run = run < left ? run : left;
    const ssize_t taken = pread(capture->fd, data, (int64_t)bytes < run ? bytes : (size_t)run, at);
    return taken > 0 ? (size_t)taken : 0;
}

/* The length of the UTF-8 character at `at`: 0 if there is none, -1 if `left` cuts it short. */
static int character(const unsigned char *at, size_t left)
{
    const int length = at[0] < 0x80                     ? 1
                       : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                       : (at[0] & 0xf0) == 0xe0         ? 3
                       : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                        : 0;

    for (int i = 1; i < length; i++) {
        if ((size_t)i == left) {
            return -1;
        }
        /* RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF */
        const unsigned char low = i > 1 ? 0x80 : at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = i > 1           ? 0xbf
                                   : at[0] == 0xed ? 0x9f
                                   : at[0] == 0xf4 ? 0x8f
                                                   : 0xbf;
        if (at[i] < low || at[i] > high) {
            return 0;
        }
    }
    return at[0] == '\0' ? 0 : length;
}

size_t capture_text(const char *data, size_t bytes, bool last, char *text, size_t text_bytes)
{
    static const char replacement[] = "\xef\xbf\xbd";
    size_t taken = 0;
    size_t used = 0;

    while (taken < bytes) {
        const int length = character((const unsigned char *)data + taken, bytes - taken);
        const size_t wanted = length > 0 ? (size_t)length : sizeof replacement - 1;
        if ((length < 0 && !last) || used + wanted >= text_bytes) {
            break;
        }
        memcpy(text + used, length > 0 ? data + taken : replacement, wanted);
        used += wanted;
        taken += length > 0 ? (size_t)length : 1;
    }
    text[used] = '\0';
    return taken;
}

bool capture_piece(const struct capture *capture, char *text, int64_t *offset, int64_t *next)
{
    char data[WIRE_LOG_BYTES - 1];

    *offset = capture->sent;
    if (*offset >= CAPTURE_HEAD_BYTES) {
        if (!capture->ended) {
            return false;
        }
        const int64_t start = tail_start(capture);
        *offset = *offset > start ? *offset : start;
    }
    const size_t bytes = capture_read(capture, *offset, data, sizeof data);
    size_t taken = capture_text(data, bytes, false, text, WIRE_LOG_BYTES);
    if (taken == 0 && capture->ended) { /* a character cut by the stream's end, or by the ring's */
        taken = capture_text(data, bytes, true, text, WIRE_LOG_BYTES);
    }
    *next = *offset + (int64_t)taken;
    return taken > 0;
}
