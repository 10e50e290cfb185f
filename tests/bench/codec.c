/*
 * How much processor time one message takes to encode and to decode: the examples of
 * docs/PROTOCOL.md, each many times over.
 */
#include "wire/example_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 20000 };

static char frame[WIRE_FRAME_BYTES];

static double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void check(enum tide_status status)
{
    if (status != TIDE_OK) {
        (void)fprintf(stderr, "the codec refused an example: %s\n", tide_status_text(status));
        exit(1);
    }
}

static void measure(enum wire_type type)
{
    struct wire_message message;
    char why[256];
    size_t bytes = 0;

    example_message(&message, type);
    const double start_us = now_us();
    for (int i = 0; i < ROUNDS; i++) {
        check(wire_encode(&message, frame, &bytes));
    }
    const double encoded_us = now_us();
    for (int i = 0; i < ROUNDS; i++) {
        check(wire_decode(frame, bytes, &message, why, sizeof why));
        wire_message_fini(&message);
    }
    (void)printf("%-10s %6zu %8.2f %8.2f\n", wire_type_text(type), bytes,
                 (encoded_us - start_us) / ROUNDS, (now_us() - encoded_us) / ROUNDS);
}

int main(void)
{
    (void)printf("%-10s %6s %8s %8s\n", "message", "bytes", "encode us", "decode us");
    for (int type = 0; type < WIRE_TYPE_COUNT; type++) {
        measure((enum wire_type)type);
    }
    return 0;
}
