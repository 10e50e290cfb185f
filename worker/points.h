/*
 * points: the newest points of an attempt's curves, until they can be sent; and, after the
 * connection was lost, sent again (METRIC is inserted once: docs/PROTOCOL.md).
 */
#ifndef WORKER_POINTS_H
#define WORKER_POINTS_H

#include <tidemill/wire.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POINTS_MAX = 2048, POINTS_NAMES_MAX = 64 };

struct point {
    int64_t step;
    double value;
    size_t name; /* index into names */
};

struct points {
    struct point ring[POINTS_MAX];
    uint64_t added; /* ever; the ring holds the last POINTS_MAX of them */
    uint64_t sent;  /* of those */
    char names[POINTS_NAMES_MAX][WIRE_NAME_BYTES];
    size_t name_count;
};

/* points_init: none yet. */
void points_init(struct points *points);

/* points_add: a finite value. False: more than POINTS_NAMES_MAX names. */
bool points_add(struct points *points, const char *name, int64_t step, double value);

/* points_batch: what is not sent yet into the message, as much as fits; how many. Names are
 * borrowed. points_sent: that many have been sent. points_again: all that are kept are to be sent
 * again. */
size_t points_batch(const struct points *points, struct wire_metric *metric);
void points_sent(struct points *points, size_t count);
void points_again(struct points *points);

#endif
