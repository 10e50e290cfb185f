/*
 * capture: one stream of an attempt's output in a file of bounded size: the first 1 MiB and the
 * last 4 MiB are kept, every byte is counted. It never blocks the script: what a full disk does not
 * take is lost, and counted too.
 */
#ifndef WORKER_CAPTURE_H
#define WORKER_CAPTURE_H

#include "base/error.h"

#include <tidemill/wire.h>

#include <stdbool.h>
#include <stdint.h>

enum { CAPTURE_HEAD_BYTES = 1024 * 1024, CAPTURE_TAIL_BYTES = 4 * 1024 * 1024 };

struct capture {
    int fd;
    enum wire_stream stream;
    int64_t total; /* bytes the script wrote */
    int64_t sent;  /* up to here the coordinator has been sent what it will be sent */
    bool ended;    /* no more will come */
    bool failed;   /* the disk refused some: nothing is sent any more */
};

/* capture_open: an empty file at `path`; TIDE_IO. Closed by capture_close; the file stays. */
enum tide_status capture_open(struct capture *capture, const char *path, enum wire_stream stream,
                              struct error *error);
void capture_close(struct capture *capture);

/* capture_write: the next bytes of the stream. */
void capture_write(struct capture *capture, const char *data, size_t bytes);

/* capture_read: kept bytes from `offset` on, at most `bytes`; how many (0: none kept there). */
size_t capture_read(const struct capture *capture, int64_t offset, char *data, size_t bytes);

/*
 * capture_piece: the next piece to send, as text in `text` (of WIRE_LOG_BYTES) with its offset, and
 * in `next` the value of `sent` once it is sent. While the stream flows, that is its head; the tail
 * follows when it has ended. False: nothing to send now.
 */
bool capture_piece(const struct capture *capture, char *text, int64_t *offset, int64_t *next);

/* capture_text: bytes as UTF-8 into `text` (of `text_bytes`), U+FFFD for what is none; how many
 * bytes were taken. A character that `last` does not complete is left. */
size_t capture_text(const char *data, size_t bytes, bool last, char *text, size_t text_bytes);

#endif
