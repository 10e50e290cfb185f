#include "worker/link.h"

#include "base/text.h"
#include "transport/dealer.h"

#include <sodium.h>
#include <zmq.h>

#include <errno.h>
#include <string.h>

/* A coordinator that comes back meets its workers spread over a second, not all at once: 5,000 of
 * them retrying every 100 ms took half a core from it while it was down. */
enum { RETRY_MS = 1000, RETRY_SPREAD_MS = 1000, RETRY_LONGEST_MS = 8000 };

enum tide_status link_open(struct link *link, const struct key_access *access, struct error *error)
{
    unsigned char boot[WIRE_ID_HEX / 2];

    *link = (struct link){0};
    if (sodium_init() < 0) {
        return error_set(error, TIDE_IO, "the system gives no random numbers");
    }
    const struct dealer_retry retry = {RETRY_MS + (int)randombytes_uniform(RETRY_SPREAD_MS),
                                       RETRY_LONGEST_MS};
    randombytes_buf(boot, sizeof boot);
    (void)sodium_bin2hex(link->boot, sizeof link->boot, boot, sizeof boot);
    link->context = zmq_ctx_new();
    if (link->context == NULL) {
        return error_set(error, TIDE_IO, "cannot make a socket: %s", zmq_strerror(errno));
    }
    const enum tide_status status = dealer_open(link->context, access, retry, &link->dealer, error);
    return status == TIDE_OK ? dealer_connect(link->dealer, access, error) : status;
}

enum tide_status link_move(struct link *link, const char *from, const struct key_access *access,
                           struct error *error)
{
    (void)zmq_disconnect(link->dealer, from);
    return dealer_connect(link->dealer, access, error);
}

enum tide_status link_send(struct link *link, struct wire_message *message)
{
    (void)text_copy(message->boot, sizeof message->boot, link->boot);
    message->seq = link->seq + 1;
    const enum tide_status status = dealer_send(link->dealer, message);
    link->seq += status == TIDE_OK ? 1 : 0;
    return status;
}

int link_fd(const struct link *link)
{
    int fd = -1;
    size_t bytes = sizeof fd;

    (void)zmq_getsockopt(link->dealer, ZMQ_FD, &fd, &bytes);
    return fd;
}

void link_look(const struct link *link, bool *readable, bool *writable)
{
    int events = 0;
    size_t bytes = sizeof events;

    (void)zmq_getsockopt(link->dealer, ZMQ_EVENTS, &events, &bytes);
    *readable = (events & ZMQ_POLLIN) != 0;
    *writable = (events & ZMQ_POLLOUT) != 0;
}

void link_flush(struct link *link, int wait_ms)
{
    if (link->dealer != NULL) {
        (void)zmq_setsockopt(link->dealer, ZMQ_LINGER, &wait_ms, sizeof wait_ms);
        (void)zmq_close(link->dealer);
        (void)zmq_ctx_term(link->context);
        link->dealer = NULL;
    }
}
