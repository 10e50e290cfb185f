/*
 * peers: a whole coordinator in a process of its own, and workers with keys of its own making that
 * say whatever the test wants.
 */
#ifndef TESTS_LOOP_PEERS_H
#define TESTS_LOOP_PEERS_H

#include "transport/client.h"
#include "transport/dealer.h"

#include <sys/types.h>

enum { PEERS_WAIT_MS = 20000 };

struct peer {
    const char *name;
    const char *boot;
    struct key_access access; /* to the control socket */
    struct key_access way;    /* to the bulk socket */
    void *context;
    void *dealer;
    char cluster[WIRE_ID_HEX + 1];
    int64_t incarnation, seq;
    struct wire_attempt attempt; /* that it was given */
};

struct peers {
    char *folder; /* of everything */
    char store[600];
    char run_directory[700];
    struct client *operator;
    int32_t bulk_port;
    pid_t coordinator;
    struct peer first, second; /* each with an attempt that it has accepted */
};

/* peers_begin: a coordinator on a new store, with the experiment of this spec, the peers
 * connected. */
void peers_begin(struct peers *peers, const char *spec);
void peers_end(struct peers *peers);

/* peer_say: completes a message and sends it. peer_hear: the next message of this type; others pass
 * by. The caller ends it. */
void peer_say(struct peer *peer, struct wire_message *message);
void peer_hear(struct peer *peer, enum wire_type type, struct wire_message *message);

#endif
