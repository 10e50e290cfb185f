/*
 * transport: the coordinator's sockets: one for control, and bulk_socket.h. Every message that
 * comes out of it is decoded, within its sender's limits, and from a peer whose name its key
 * proves; everything else ends here.
 *
 * It reads no clock: `now_ms` is CLOCK_BOOTTIME, the caller's. One thread calls it.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "base/error.h"
#include "transport/keys.h"

#include <tidemill/wire.h>

#include <stdint.h>

enum { TRANSPORT_PORT = 7733 };

/* What one peer may send; beyond it, messages are thrown away. */
struct transport_limits {
    int32_t messages_per_s;
    int32_t bytes_per_s;
    int32_t burst_s;           /* so many seconds' worth may come at once */
    int32_t messages_per_sent; /* what one message sent to a peer allows it on top: an ASSIGN is */
    int32_t bytes_per_sent;    /* answered by ACCEPT, METRIC, RESULT, so a batch pays for itself */
    int32_t errors;            /* malformed messages until the key is barred */
    int32_t discards;          /* thrown away messages until the key is barred */
    int32_t bar_ms;            /* how long a barred key is refused */
    int32_t probe_ms; /* how long a worker that went silent keeps its name from a second one */
    int32_t peers;    /* keys at most; also at most the limit of open files - 64 */
};

/* transport_limits_default: 200 messages and 1 MB a second with 10 s of burst, 8 messages and 64
 * KiB for every one sent, 3 errors, 2,000 discards, barred for 60 s, probed for 5 s, 16,384 keys.
 */
struct transport_limits transport_limits_default(void);

struct transport_config {
    const char *listen;         /* "tcp://0.0.0.0:7733"; NULL: loopback, 7733 or any free port */
    const char *run_directory;  /* STORE.run; made, and removed at the end */
    const char *keys_directory; /* configured keys; NULL: those of the run directory only */
    char cluster[WIRE_ID_HEX + 1];
    int64_t incarnation;
    struct transport_limits limits;
};

/* Who a message came from. `index` stays the same for a key file as long as that is there; it is
 * below limits.peers, and its reuse for another name shows in `name`. */
struct peer {
    enum key_role role;
    char name[KEY_NAME_BYTES];
    uint32_t index;
    uint32_t grant;   /* of the key it came with */
    uint32_t routing; /* of the connection it came by: replies to operators go there */
};

struct transport_counts {
    uint64_t keys_refused;
    uint64_t malformed;
    uint64_t discarded; /* over the limits, from barred, revoked and rival peers */
    uint64_t barred;
};

struct transport;
struct bulk_socket;

/*
 * transport_open: makes or checks the run directory, binds, announces the endpoint. The caller has
 * blocked its signals. TIDE_REFUSED for directories that let others in and for an address beyond
 * loopback without configured keys; TIDE_BUSY when the address is taken; TIDE_INVALID, TIDE_IO,
 * TIDE_NO_MEMORY.
 */
enum tide_status transport_open(const struct transport_config *config, struct transport **transport,
                                struct error *error);

/* transport_close: a clean end: keys_retire, too. NULL is allowed. */
void transport_close(struct transport *transport);

/* transport_endpoint: where it listens: "tcp://127.0.0.1:7733"; valid until transport_close. */
const char *transport_endpoint(const struct transport *transport);

/* transport_bulk: the second socket, for one other thread, which must end before transport_close;
 * transport_bulk_port: the port it is bound to, on the same address. */
struct bulk_socket *transport_bulk(struct transport *transport);
int32_t transport_bulk_port(const struct transport *transport);

/* transport_socket: for zmq_poll (ZMQ_POLLIN): transport_receive has something to do. */
void *transport_socket(const struct transport *transport);

/* transport_alarm_fd: readable when keys can no longer be checked; transport_receive says why. */
int transport_alarm_fd(const struct transport *transport);

/*
 * transport_receive: the next message and its sender; the caller ends it with wire_message_fini.
 * TIDE_NOT_FOUND when nothing more is to be had in this turn (after many refused messages it stops
 * too, and the socket stays readable); TIDE_IO when the coordinator must end.
 */
enum tide_status transport_receive(struct transport *transport, int64_t now_ms,
                                   struct wire_message *message, struct peer *peer);

/*
 * transport_send: to a worker by whatever connection it has now, to an operator by the one the
 * request came by. The cluster, the incarnation and the seq are filled in here. Never blocks:
 * TIDE_UNREACHABLE when the peer is gone or does not read, and its connection is forgotten;
 * TIDE_LIMIT, TIDE_INVALID as wire_encode.
 */
enum tide_status transport_send(struct transport *transport, const struct peer *peer,
                                struct wire_message *message);

/* transport_counts: what has been refused so far. */
struct transport_counts transport_counts(const struct transport *transport);

#endif
