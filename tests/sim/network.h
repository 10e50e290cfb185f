/*
 * network: frames on their way between the coordinator and the machines, in virtual time. It
 * delays, drops, doubles and reorders them, and breaks connections, as the seed of the history
 * says.
 */
#ifndef TESTS_SIM_NETWORK_H
#define TESTS_SIM_NETWORK_H

#include "base/rng.h"

#include <tidemill/wire.h>

enum { NETWORK_MACHINES = 3, NETWORK_FRAMES_MAX = 4096 };

struct frame {
    int64_t due_ms;   /* of true time */
    uint64_t order;   /* frames due together arrive as they were sent */
    uint32_t machine; /* the machine that sends, or is sent to */
    bool up;          /* to the coordinator */
    uint64_t link;    /* of the connection it travels by; a broken one delivers nothing */
    size_t bytes;
    char *text;
};

struct network {
    struct rng *rng;
    struct frame frames[NETWORK_FRAMES_MAX];
    uint32_t count;
    uint64_t order;
    uint64_t link[NETWORK_MACHINES];       /* the connection each machine has now */
    int64_t cut_up_ms[NETWORK_MACHINES];   /* until when nothing gets through to the coordinator */
    int64_t cut_down_ms[NETWORK_MACHINES]; /* and to the machine */
    uint32_t drop_percent, double_percent;
    int64_t delay_max_ms;
};

void network_init(struct network *network, struct rng *rng);
void network_fini(struct network *network);

/* network_send: encodes the message by the real codec and sends it off; lost when the direction is
 * cut. */
void network_send(struct network *network, int64_t now_ms, uint32_t machine, bool up,
                  const struct wire_message *message);

/* network_due: when the next frame arrives; INT64_MAX none. */
int64_t network_due(const struct network *network);

/* network_take: the next frame due by `now_ms`, delivered or not; the caller frees its text. False:
 * none. */
bool network_take(struct network *network, int64_t now_ms, struct frame *frame);

/* network_delivers: whether the connection it was sent by still stands. */
bool network_delivers(const struct network *network, const struct frame *frame);

/* network_break: the machine's connection ends with what is in flight; another begins. */
void network_break(struct network *network, uint32_t machine);

/* network_calm: no more faults. */
void network_calm(struct network *network);

#endif
