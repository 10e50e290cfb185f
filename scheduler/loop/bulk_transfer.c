#include "loop/bulk_parts.h"

#include "base/log.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

void transfers_init(struct transfers *transfers)
{
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        transfers->list[i].fd = -1;
        transfers->list[i].writer.fd = -1;
    }
}

/* --- saying --- */

static void say(struct transfers *transfers, const struct peer *peer, struct wire_message *message)
{
    (void)!bulk_socket_send(transfers->socket, peer, message, NULL); /* it asks again if it lives */
}

/* A peer that is denied a thousand times a second does not fill the disk with log lines. */
static bool may_log(struct transfers *transfers)
{
    if (transfers->denied_s != transfers->now_ms / 1000) {
        transfers->denied_s = transfers->now_ms / 1000;
        transfers->denied_count = 0;
    }
    return transfers->denied_count++ < DENIALS_LOGGED_A_SECOND;
}

static void say_denied(struct transfers *transfers, const struct peer *peer, const char *hash,
                       enum wire_denial reason, const char *text)
{
    struct wire_message message = {.type = WIRE_DENIED};

    message.denied = (struct wire_denied){hash, reason, text};
    say(transfers, peer, &message);
    if (may_log(transfers)) {
        log_line(LOG_WARNING, "file_denied", "name=%s hash=%.16s reason=%s why=\"%s\"", peer->name,
                 hash, wire_denial_text(reason), text);
    }
}

static void say_credit(struct transfers *transfers, const struct transfer *transfer)
{
    struct wire_message message = {.type = WIRE_CREDIT};

    message.piece = (struct wire_piece){transfer->object.hash, transfer->writer.offset};
    say(transfers, &transfer->peer, &message);
}

static void say_stored(struct transfers *transfers, const struct transfer *transfer)
{
    struct wire_message message = {.type = WIRE_STORED};

    message.stored.hash = transfer->object.hash;
    say(transfers, &transfer->peer, &message);
}

/* --- the table --- */

static void transfer_end(struct transfer *transfer)
{
    object_abandon(&transfer->writer);
    if (transfer->fd >= 0) {
        (void)close(transfer->fd);
        transfer->fd = -1;
    }
    transfer->state = TRANSFER_FREE;
    transfer->generation++;
}

static bool same_object(const struct object *a, const struct object *b)
{
    return a->experiment == b->experiment && a->trial == b->trial && text_equal(a->hash, b->hash);
}

/* The transfer of this object by this connection; NULL none. */
static struct transfer *transfer_by(struct transfers *transfers, const struct peer *peer,
                                    const char *hash, bool store)
{
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        struct transfer *transfer = &transfers->list[i];
        if (transfer->state != TRANSFER_FREE && transfer->store == store &&
            transfer->peer.routing == peer->routing && text_equal(transfer->object.hash, hash)) {
            return transfer;
        }
    }
    return NULL;
}

/* Who stores an object alone does so: an older connection gives way. */
static void supersede(struct transfers *transfers, const struct object *object)
{
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        struct transfer *transfer = &transfers->list[i];
        if (transfer->state != TRANSFER_FREE && transfer->store &&
            same_object(&transfer->object, object)) {
            transfer_end(transfer);
        }
    }
}

static struct transfer *slot_find(struct transfers *transfers, const struct peer *peer)
{
    struct transfer *best = NULL;
    int of_peer = 0;

    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        struct transfer *transfer = &transfers->list[i];
        const bool used = transfer->state != TRANSFER_FREE;
        of_peer += used && transfer->peer.index == peer->index ? 1 : 0;
        if ((!used || transfer->used_ms < transfers->now_ms - TRANSFER_SPARE_MS) &&
            (best == NULL ||
             (best->state != TRANSFER_FREE && (!used || transfer->used_ms < best->used_ms)))) {
            best = transfer;
        }
    }
    return of_peer >= TRANSFERS_OF_PEER_MAX ? NULL : best;
}

/* Takes a slot and asks the loop; false: there is none. */
static struct transfer *transfer_begin(struct transfers *transfers, const struct wire_claim *claim,
                                       const struct peer *peer, const struct object *object,
                                       bool store)
{
    struct transfer *transfer = slot_find(transfers, peer);
    struct bulk_question question = {
        .peer = *peer, .store = store, .kind = claim->object, .attempt = claim->attempt};

    if (transfer == NULL) {
        say_denied(transfers, peer, claim->hash, DENIAL_BUSY, "too many transfers at once");
        return NULL;
    }
    if (transfer->state != TRANSFER_FREE) {
        transfer_end(transfer);
    }
    transfer->state = TRANSFER_ASKED;
    transfer->store = store;
    transfer->peer = *peer;
    transfer->object = *object;
    transfer->used_ms = transfers->now_ms;
    transfer->wanted_count = 0;
    question.id = (uint64_t)transfer->generation << 32 | (uint64_t)(transfer - transfers->list);
    (void)text_copy(question.hash, sizeof question.hash, claim->hash);
    bulk_ask(transfers->bulk, &question);
    return transfer;
}

static bool object_of(const struct wire_claim *claim, struct object *object)
{
    const bool trial = claim->object == OBJECT_CHECKPOINT;

    return (!trial || claim->attempt.experiment > 0) &&
           object_set(object, trial ? claim->attempt.experiment : 0,
                      trial ? claim->attempt.trial : 0, claim->hash);
}

/* --- storing --- */

static void store_failed(struct transfers *transfers, struct transfer *transfer,
                         enum tide_status status)
{
    if (status == TIDE_INVALID) {
        say_denied(transfers, &transfer->peer, transfer->object.hash, DENIAL_CORRUPT,
                   "the bytes that came have another hash");
    } else {
        say_denied(transfers, &transfer->peer, transfer->object.hash, DENIAL_FULL,
                   status == TIDE_FULL ? "the coordinator's disk is full"
                                       : "the coordinator's disk cannot be written");
    }
    transfer_end(transfer);
}

static void store_finish(struct transfers *transfers, struct transfer *transfer)
{
    const enum tide_status status = object_finish(&transfer->writer);

    if (status != TIDE_OK) {
        store_failed(transfers, transfer, status);
        return;
    }
    say_stored(transfers, transfer);
    log_line(LOG_DEBUG, "file_stored", "name=%s hash=%.16s bytes=%" PRId64, transfer->peer.name,
             transfer->object.hash, transfer->bytes);
    transfer_end(transfer);
}

static void store_begin(struct transfers *transfers, struct transfer *transfer, int64_t max_bytes)
{
    int64_t bytes = 0;

    if (transfer->bytes > max_bytes) {
        char text[128];
        (void)snprintf(text, sizeof text, "%" PRId64 " bytes, over the limit of %" PRId64,
                       transfer->bytes, max_bytes);
        say_denied(transfers, &transfer->peer, transfer->object.hash, DENIAL_TOO_LARGE, text);
        transfer_end(transfer);
        return;
    }
    if (object_find(transfers->root, &transfer->object, &bytes) == TIDE_OK &&
        bytes == transfer->bytes) {
        say_stored(transfers, transfer);
        transfer_end(transfer);
        return;
    }
    const enum tide_status status =
        object_begin(&transfer->writer, transfers->root, &transfer->object, transfer->bytes);
    transfer->state = TRANSFER_STORING;
    if (status == TIDE_OK && transfer->writer.offset > 0) {
        log_line(LOG_INFO, "file_goes_on", "name=%s hash=%.16s offset=%" PRId64 " bytes=%" PRId64,
                 transfer->peer.name, transfer->object.hash, transfer->writer.offset,
                 transfer->bytes);
    }
    if (status != TIDE_OK) {
        store_failed(transfers, transfer, status);
    } else if (transfer->writer.offset == transfer->bytes) {
        store_finish(transfers, transfer);
    } else {
        say_credit(transfers, transfer);
    }
}

static void hear_offer(struct transfers *transfers, const struct wire_offer *offer,
                       const struct peer *peer)
{
    struct transfer *transfer = transfer_by(transfers, peer, offer->claim.hash, true);
    struct object object;

    if (!object_of(&offer->claim, &object)) {
        say_denied(transfers, peer, offer->claim.hash, DENIAL_NOT_YOURS, "of no trial");
        return;
    }
    if (transfer != NULL && same_object(&transfer->object, &object) &&
        transfer->bytes == offer->bytes) {
        transfer->used_ms = transfers->now_ms;
        if (transfer->state == TRANSFER_STORING) {
            say_credit(transfers, transfer);
        }
        return;
    }
    supersede(transfers, &object);
    transfer = transfer_begin(transfers, &offer->claim, peer, &object, true);
    if (transfer != NULL) {
        transfer->bytes = offer->bytes;
    }
}

static void hear_chunk(struct transfers *transfers, const struct wire_piece *piece,
                       const struct peer *peer, const void *data, size_t bytes)
{
    struct transfer *transfer = transfer_by(transfers, peer, piece->hash, true);

    if (transfer == NULL || transfer->state != TRANSFER_STORING) {
        return; /* of before a restart: it will offer again */
    }
    struct object_writer *writer = &transfer->writer;
    transfer->used_ms = transfers->now_ms;
    if (piece->offset != writer->offset || bytes == 0 || bytes > WIRE_CHUNK_BYTES ||
        (int64_t)bytes > writer->bytes - writer->offset) {
        say_credit(transfers, transfer);
        return;
    }
    const enum tide_status status = object_write(writer, data, bytes);
    if (status != TIDE_OK) {
        store_failed(transfers, transfer, status);
    } else if (writer->offset == writer->bytes) {
        store_finish(transfers, transfer);
    } else {
        say_credit(transfers, transfer);
    }
}

/* --- sending --- */

static void send_chunk(struct transfers *transfers, struct transfer *transfer, int64_t offset)
{
    struct wire_message message = {.type = WIRE_CHUNK};
    const int64_t left = transfer->bytes - offset;
    const size_t bytes = left <= 0                 ? 0
                         : left < WIRE_CHUNK_BYTES ? (size_t)left
                                                   : (size_t)WIRE_CHUNK_BYTES;
    zmq_msg_t data;

    if (zmq_msg_init_size(&data, bytes) != 0) {
        return;
    }
    if (pread(transfer->fd, zmq_msg_data(&data), bytes, offset) != (ssize_t)bytes) {
        (void)zmq_msg_close(&data);
        say_denied(transfers, &transfer->peer, transfer->object.hash, DENIAL_MISSING,
                   "it cannot be read");
        transfer_end(transfer);
        return;
    }
    message.piece = (struct wire_piece){transfer->object.hash, offset};
    (void)!bulk_socket_send(transfers->socket, &transfer->peer, &message, &data);
}

static void send_begin(struct transfers *transfers, struct transfer *transfer)
{
    const enum tide_status status =
        object_open(transfers->root, &transfer->object, &transfer->fd, &transfer->bytes);

    if (status != TIDE_OK) {
        say_denied(transfers, &transfer->peer, transfer->object.hash, DENIAL_MISSING,
                   status == TIDE_NOT_FOUND ? "there is no such file" : "it cannot be read");
        transfer_end(transfer);
        return;
    }
    transfer->state = TRANSFER_SENDING;
    for (size_t i = 0; i < transfer->wanted_count && transfer->state == TRANSFER_SENDING; i++) {
        send_chunk(transfers, transfer, transfer->wanted[i]);
    }
}

static void hear_fetch(struct transfers *transfers, const struct wire_fetch *fetch,
                       const struct peer *peer)
{
    struct transfer *transfer = transfer_by(transfers, peer, fetch->claim.hash, false);
    struct object object;

    if (!object_of(&fetch->claim, &object)) {
        say_denied(transfers, peer, fetch->claim.hash, DENIAL_NOT_YOURS, "of no trial");
        return;
    }
    if (transfer != NULL && !same_object(&transfer->object, &object)) {
        transfer_end(transfer);
        transfer = NULL;
    }
    if (transfer == NULL) {
        transfer = transfer_begin(transfers, &fetch->claim, peer, &object, false);
    }
    if (transfer == NULL) {
        return;
    }
    transfer->used_ms = transfers->now_ms;
    if (transfer->state == TRANSFER_SENDING) {
        send_chunk(transfers, transfer, fetch->offset);
    } else if (transfer->wanted_count < WIRE_CHUNKS_IN_FLIGHT) {
        transfer->wanted[transfer->wanted_count++] = fetch->offset;
    }
}

/* --- the whole --- */

void transfers_hear(struct transfers *transfers, const struct wire_message *message,
                    const struct peer *peer, const void *data, size_t bytes)
{
    if (message->type == WIRE_OFFER) {
        hear_offer(transfers, &message->offer, peer);
    } else if (message->type == WIRE_FETCH) {
        hear_fetch(transfers, &message->fetch, peer);
    } else if (message->type == WIRE_CHUNK) {
        hear_chunk(transfers, &message->piece, peer, data, bytes);
    }
}

void transfers_answer(struct transfers *transfers, const struct bulk_answer *answer)
{
    struct transfer *transfer = &transfers->list[(uint32_t)answer->id % TRANSFERS_MAX];

    if (transfer->state != TRANSFER_ASKED || transfer->generation != answer->id >> 32) {
        return; /* its peer has gone, or asked for something else */
    }
    if (!answer->allowed) {
        say_denied(transfers, &transfer->peer, transfer->object.hash, DENIAL_NOT_YOURS,
                   answer->why);
        transfer_end(transfer);
    } else if (transfer->store) {
        store_begin(transfers, transfer, answer->max_bytes);
    } else {
        send_begin(transfers, transfer);
    }
}

void transfers_sweep(struct transfers *transfers, bool all)
{
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        struct transfer *transfer = &transfers->list[i];
        if (transfer->state != TRANSFER_FREE &&
            (all || transfer->used_ms < transfers->now_ms - TRANSFER_IDLE_MS)) {
            transfer_end(transfer);
        }
    }
}
