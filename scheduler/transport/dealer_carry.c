#include "transport/dealer_carry.h"

#include "transport/dealer.h"

#include <zmq.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    RETRY_FIRST_MS = 100,
    RETRY_LONGEST_MS = 2000,
    QUIET_MS = 2000,     /* nothing was heard for so long: ask again where it stands */
    LATER_MS = 3000,     /* after "full" or "busy" */
    CORRUPT_MAX = 2,     /* times the coordinator may find another hash */
    MESSAGES_A_TURN = 32 /* before the clock is looked at */
};

static const int64_t window_bytes = (int64_t)WIRE_CHUNKS_IN_FLIGHT * WIRE_CHUNK_BYTES;

struct carrier {
    const struct carry *carry;
    void *dealer;
    bool fetching;
    bool asked;    /* the OFFER is out, its answer not here */
    bool admitted; /* the coordinator takes chunks */
    int64_t begun; /* sent, or asked for, up to here */
    int64_t done;  /* the other side, or this disk, has everything before */
    int64_t now_ms, heard_ms, moved_ms, later_ms;
    int corrupt;
    bool finished;
    enum tide_status status; /* of the end */
    struct error *error;
};

static int64_t boot_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end(struct carrier *carrier, enum tide_status status, const char *why)
{
    carrier->finished = true;
    carrier->status = status == TIDE_OK ? TIDE_OK : error_set(carrier->error, status, "%s", why);
}

/* --- sending --- */

static bool say(struct carrier *carrier, struct wire_message *message)
{
    const enum tide_status status = dealer_send(carrier->dealer, message);

    if (status != TIDE_OK && status != TIDE_UNREACHABLE) {
        end(carrier, status, tide_status_text(status));
    }
    return status == TIDE_OK;
}

static void say_offer(struct carrier *carrier)
{
    struct wire_message message = {.type = WIRE_OFFER};

    message.offer = (struct wire_offer){carrier->carry->claim, carrier->carry->bytes};
    carrier->asked = say(carrier, &message);
    carrier->heard_ms = carrier->now_ms;
}

static bool say_fetch(struct carrier *carrier)
{
    struct wire_message message = {.type = WIRE_FETCH};

    message.fetch = (struct wire_fetch){carrier->carry->claim, carrier->begun};
    return say(carrier, &message);
}

static bool say_chunk(struct carrier *carrier)
{
    const struct carry *carry = carrier->carry;
    struct wire_message message = {.type = WIRE_CHUNK};
    const int64_t left = carry->bytes - carrier->begun;
    const size_t bytes = left < WIRE_CHUNK_BYTES ? (size_t)left : (size_t)WIRE_CHUNK_BYTES;
    char frame[WIRE_FRAME_BYTES];
    size_t frame_bytes = 0;
    zmq_msg_t data;

    message.piece = (struct wire_piece){carry->claim.hash, carrier->begun};
    if (wire_encode(&message, frame, &frame_bytes) != TIDE_OK ||
        zmq_msg_init_size(&data, bytes) != 0) {
        end(carrier, TIDE_NO_MEMORY, "no memory for a piece of the file");
        return false;
    }
    if (pread(carry->fd, zmq_msg_data(&data), bytes, carrier->begun) != (ssize_t)bytes) {
        (void)zmq_msg_close(&data);
        end(carrier, TIDE_IO, "the file cannot be read");
        return false;
    }
    if (zmq_send(carrier->dealer, frame, frame_bytes, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 ||
        zmq_msg_send(&data, carrier->dealer, ZMQ_DONTWAIT) < 0) {
        (void)zmq_msg_close(&data);
        return false;
    }
    return true;
}

/* How far it may begin now. */
static int64_t limit(const struct carrier *carrier)
{
    const int64_t most = carrier->done + window_bytes;

    return most < carrier->carry->bytes ? most : carrier->carry->bytes;
}

static bool wants_to_speak(const struct carrier *carrier)
{
    if (carrier->later_ms > carrier->now_ms) {
        return false;
    }
    if (!carrier->fetching && !carrier->admitted) {
        return !carrier->asked;
    }
    return carrier->begun < limit(carrier);
}

static void speak(struct carrier *carrier)
{
    if (!carrier->fetching && !carrier->admitted) {
        say_offer(carrier);
        return;
    }
    while (!carrier->finished && carrier->begun < limit(carrier) &&
           (carrier->fetching ? say_fetch(carrier) : say_chunk(carrier))) {
        carrier->begun += WIRE_CHUNK_BYTES;
        carrier->begun =
            carrier->begun < carrier->carry->bytes ? carrier->begun : carrier->carry->bytes;
    }
}

/* --- hearing --- */

static void hear_credit(struct carrier *carrier, int64_t offset)
{
    if (carrier->fetching || offset > carrier->carry->bytes) {
        return;
    }
    if (!carrier->admitted) {
        carrier->admitted = true;
        carrier->begun = offset;
        carrier->done = offset;
        carrier->moved_ms = carrier->now_ms;
    } else if (offset > carrier->done) {
        carrier->done = offset;
        carrier->begun = carrier->begun < offset ? offset : carrier->begun;
        carrier->moved_ms = carrier->now_ms;
    }
}

static void hear_chunk(struct carrier *carrier, int64_t offset, const char *data, size_t bytes)
{
    const struct carry *carry = carrier->carry;

    if (!carrier->fetching || offset != carrier->done) {
        return;
    }
    if (bytes == 0 || (int64_t)bytes > carry->bytes - offset) {
        end(carrier, TIDE_NOT_FOUND, "the coordinator has it with another size");
        return;
    }
    const ssize_t written = pwrite(carry->fd, data, bytes, offset);
    if (written != (ssize_t)bytes) {
        end(carrier, written >= 0 || errno == ENOSPC || errno == EDQUOT ? TIDE_FULL : TIDE_IO,
            "it cannot be written down here");
        return;
    }
    carrier->done += (int64_t)bytes;
    carrier->moved_ms = carrier->now_ms;
    if (carrier->done == carry->bytes) {
        end(carrier, TIDE_OK, NULL);
    }
}

static void again(struct carrier *carrier, int64_t wait_ms)
{
    carrier->asked = false;
    carrier->admitted = false;
    carrier->begun = carrier->done;
    carrier->later_ms = carrier->now_ms + wait_ms;
    carrier->heard_ms = carrier->now_ms + wait_ms;
}

static void hear_denied(struct carrier *carrier, const struct wire_denied *denied)
{
    switch (denied->reason) {
    case DENIAL_NOT_YOURS:
        end(carrier, TIDE_REFUSED, denied->text);
        break;
    case DENIAL_TOO_LARGE:
        end(carrier, TIDE_LIMIT, denied->text);
        break;
    case DENIAL_MISSING:
        end(carrier, TIDE_NOT_FOUND, denied->text);
        break;
    case DENIAL_CORRUPT:
        if (++carrier->corrupt == CORRUPT_MAX) {
            end(carrier, TIDE_IO, denied->text);
        } else {
            again(carrier, 0);
        }
        break;
    case DENIAL_FULL:
    case DENIAL_BUSY:
        (void)error_set(carrier->error, TIDE_FULL, "%s", denied->text);
        again(carrier, LATER_MS);
        break;
    }
}

static void hear(struct carrier *carrier, const struct wire_message *message, zmq_msg_t *data)
{
    if (message->type == WIRE_CREDIT) {
        hear_credit(carrier, message->piece.offset);
    } else if (message->type == WIRE_CHUNK) {
        hear_chunk(carrier, message->piece.offset, zmq_msg_data(data), zmq_msg_size(data));
    } else if (message->type == WIRE_STORED && !carrier->fetching) {
        end(carrier, TIDE_OK, NULL);
    } else if (message->type == WIRE_DENIED) {
        hear_denied(carrier, &message->denied);
    }
}

/* One message, of one frame or two; false when none waits. */
static bool listen_once(struct carrier *carrier)
{
    struct wire_message message;
    zmq_msg_t frame;
    zmq_msg_t data;
    char why[256];

    (void)zmq_msg_init(&frame);
    (void)zmq_msg_init(&data);
    const bool heard = zmq_msg_recv(&frame, carrier->dealer, ZMQ_DONTWAIT) >= 0;
    if (heard && zmq_msg_more(&frame) != 0) {
        (void)zmq_msg_recv(&data, carrier->dealer, ZMQ_DONTWAIT);
    }
    if (heard && wire_decode(zmq_msg_data(&frame), zmq_msg_size(&frame), &message, why,
                             sizeof why) == TIDE_OK) {
        carrier->heard_ms = carrier->now_ms;
        hear(carrier, &message, &data);
        wire_message_fini(&message);
    }
    (void)zmq_msg_close(&frame);
    (void)zmq_msg_close(&data);
    return heard;
}

/* --- the whole --- */

static void look_at_the_clock(struct carrier *carrier)
{
    const struct carry *carry = carrier->carry;

    if (carrier->now_ms - carrier->moved_ms > carry->patience_ms) {
        if (carrier->later_ms > 0) {
            carrier->finished = true; /* the last denial says why */
            carrier->status = TIDE_FULL;
        } else {
            end(carrier, TIDE_UNREACHABLE, "the coordinator cannot be reached to move files");
        }
    } else if (carrier->now_ms - carrier->heard_ms > QUIET_MS) {
        again(carrier, 0);
    }
}

static enum tide_status carry_all(struct carrier *carrier)
{
    while (!carrier->finished) {
        zmq_pollitem_t item = {.socket = carrier->dealer, .events = ZMQ_POLLIN};
        item.events |= wants_to_speak(carrier) ? ZMQ_POLLOUT : 0;
        (void)zmq_poll(&item, 1, QUIET_MS / 4);
        carrier->now_ms = boot_ms();
        for (int i = 0; !carrier->finished && i < MESSAGES_A_TURN && listen_once(carrier); i++) {
        }
        if (!carrier->finished && wants_to_speak(carrier)) {
            speak(carrier);
        }
        if (!carrier->finished) {
            look_at_the_clock(carrier);
        }
    }
    return carrier->status;
}

static enum tide_status carry_with(struct carrier *carrier, void *context)
{
    const struct key_access *access = carrier->carry->access;
    const struct dealer_retry retry = {RETRY_FIRST_MS, RETRY_LONGEST_MS};
    enum tide_status status = dealer_open(context, access, retry, &carrier->dealer, carrier->error);

    if (status != TIDE_OK) {
        return status;
    }
    status = dealer_connect(carrier->dealer, access, carrier->error);
    if (status == TIDE_OK) {
        status = carry_all(carrier);
    }
    (void)zmq_close(carrier->dealer);
    return status;
}

static enum tide_status carry_way(const struct carry *carry, bool fetching, struct error *error)
{
    struct carrier carrier = {.carry = carry, .fetching = fetching, .error = error};
    void *context = zmq_ctx_new();

    if (context == NULL) {
        return error_set(error, TIDE_IO, "no ZeroMQ context: %s", zmq_strerror(errno));
    }
    carrier.now_ms = boot_ms();
    carrier.heard_ms = carrier.now_ms;
    carrier.moved_ms = carrier.now_ms;
    const enum tide_status status = carry_with(&carrier, context);
    (void)zmq_ctx_term(context);
    return status;
}

enum tide_status carry_store(const struct carry *carry, struct error *error)
{
    return carry_way(carry, false, error);
}

enum tide_status carry_fetch(const struct carry *carry, struct error *error)
{
    return carry_way(carry, true, error);
}
