/*
 * bulk_parts: the thread of bulk.h (bulk.c) and its transfers (bulk_transfer.c).
 */
#ifndef LOOP_BULK_PARTS_H
#define LOOP_BULK_PARTS_H

#include "loop/bulk.h"
#include "transport/bulk_socket.h"

enum {
    TRANSFERS_MAX = 512,
    TRANSFERS_OF_PEER_MAX = 64,
    TRANSFER_IDLE_MS = 60000,  /* then it ends; what has come stays */
    TRANSFER_SPARE_MS = 10000, /* idle for so long it gives way to another */
    DENIALS_LOGGED_A_SECOND = 10
};

enum transfer_state {
    TRANSFER_FREE,
    TRANSFER_ASKED, /* whether it may be */
    TRANSFER_STORING,
    TRANSFER_SENDING
};

struct transfer {
    enum transfer_state state;
    uint32_t generation; /* tells the answer to an earlier question of this slot apart */
    bool store;
    struct peer peer; /* its connection too: one transfer each */
    struct object object;
    int64_t bytes; /* of an OFFER */
    int64_t used_ms;
    struct object_writer writer;
    int fd;                                /* that is sent; -1 none */
    int64_t wanted[WIRE_CHUNKS_IN_FLIGHT]; /* fetched while it is asked */
    size_t wanted_count;
};

struct transfers {
    struct bulk *bulk;
    struct bulk_socket *socket;
    const char *root;
    int64_t now_ms;
    int64_t denied_s; /* the second of the last denials that were logged */
    int denied_count; /* and how many there were in it */
    struct transfer list[TRANSFERS_MAX];
};

void transfers_init(struct transfers *transfers);

/* transfers_hear: a message of the bulk socket, with the bytes of a CHUNK. */
void transfers_hear(struct transfers *transfers, const struct wire_message *message,
                    const struct peer *peer, const void *data, size_t bytes);

/* transfers_answer: what the loop says to a question. */
void transfers_answer(struct transfers *transfers, const struct bulk_answer *answer);

/* transfers_sweep: ends what was idle for TRANSFER_IDLE_MS; with `all`, everything. */
void transfers_sweep(struct transfers *transfers, bool all);

/* bulk_ask: a question for the loop; there is room for one of every transfer. */
void bulk_ask(struct bulk *bulk, const struct bulk_question *question);

#endif
