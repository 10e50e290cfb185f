/*
 * Who may move which files: a whole coordinator, in a process of its own, and peers with keys of
 * its own making that try what they may and what they may not. What is refused is refused for one
 * peer only; the others go on.
 */
#include "support/support.h"

#include "loop/peers.h"
#include "transport/dealer_carry.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { BYTES = 1024 * 1024 + 17, LIMIT_BYTES = 2 * 1024 * 1024 };

static struct peers peers;

static const char spec_text[] =
    "name: files\ncommand: [\"true\", \"{x}\"]\n"
    "parameters: {x: {type: float, min: 0, max: 1}}\n"
    "objective: {metric: loss, direction: minimize}\n"
    "search: {algorithm: random}\nbudget: {trials: 2}\ncheckpoint: {max_size: 2MiB}\n"
    "schedule: {timezone: UTC}\n";

/* --- files --- */

struct file {
    int fd;
    int64_t bytes;
    char hash[WIRE_HASH_HEX + 1];
};

static struct file file_make(char letter, int64_t bytes)
{
    struct file file = {.bytes = bytes};
    unsigned char hash[32];
    unsigned char *content = malloc((size_t)bytes);
    char path[700];

    assert_non_null(content);
    memset(content, letter, (size_t)bytes);
    (void)crypto_generichash(hash, sizeof hash, content, (size_t)bytes, NULL, 0);
    (void)sodium_bin2hex(file.hash, sizeof file.hash, hash, sizeof hash);
    (void)snprintf(path, sizeof path, "%s/file-XXXXXX", peers.folder);
    file.fd = mkstemp(path);
    assert_int_equal(write(file.fd, content, (size_t)bytes), bytes);
    free(content);
    return file;
}

static struct carry carry_of(const struct peer *peer, enum wire_object object,
                             struct wire_attempt attempt, const struct file *file)
{
    return (struct carry){.access = &peer->way,
                          .claim = {object, attempt, file->hash},
                          .fd = file->fd,
                          .bytes = file->bytes,
                          .patience_ms = PEERS_WAIT_MS};
}

static enum tide_status stores(const struct peer *peer, struct wire_attempt attempt,
                               const struct file *file)
{
    const struct carry carry = carry_of(peer, OBJECT_CHECKPOINT, attempt, file);
    struct error error;

    return carry_store(&carry, &error);
}

static enum tide_status fetches(const struct peer *peer, enum wire_object object,
                                struct wire_attempt attempt, const struct file *file)
{
    const struct file into = {file_make('?', 1).fd, file->bytes, ""};
    struct carry carry = carry_of(peer, object, attempt, file);
    struct error error;
    char got[16] = "";
    char want[16] = "";

    carry.fd = into.fd;
    const enum tide_status status = carry_fetch(&carry, &error);
    if (status == TIDE_OK) {
        assert_int_equal(pread(into.fd, got, sizeof got - 1, file->bytes - 15), 15);
        assert_int_equal(pread(file->fd, want, sizeof want - 1, file->bytes - 15), 15);
        assert_string_equal(got, want);
    }
    (void)close(into.fd);
    return status;
}

static enum wire_verdict reports(struct peer *peer, const struct file *file, int32_t seq)
{
    static struct wire_message message;
    enum wire_verdict verdict = VERDICT_OK;

    message = (struct wire_message){.type = WIRE_CKPT};
    message.ckpt = (struct wire_ckpt){peer->attempt,
                                      {.attempt_number = peer->attempt.number,
                                       .seq = seq,
                                       .step = seq,
                                       .bytes = file->bytes,
                                       .hash = file->hash,
                                       .location = "coordinator:"}};
    peer_say(peer, &message);
    peer_hear(peer, WIRE_CKPT_ACK, &message);
    verdict = message.ack.verdict;
    wire_message_fini(&message);
    return verdict;
}

/* --- tests --- */

static void a_worker_stores_and_fetches_what_is_its_own(void **state)
{
    const struct file file = file_make('a', BYTES);

    (void)state;
    assert_int_equal(reports(&peers.first, &file, 1), VERDICT_UNKNOWN); /* nothing is there yet */
    assert_int_equal(stores(&peers.first, peers.first.attempt, &file), TIDE_OK);
    assert_int_equal(stores(&peers.first, peers.first.attempt, &file), TIDE_OK); /* said again */
    assert_int_equal(reports(&peers.first, &file, 1), VERDICT_RECORDED);
    assert_int_equal(fetches(&peers.first, OBJECT_CHECKPOINT, peers.first.attempt, &file), TIDE_OK);
    (void)close(file.fd);
}

static void a_hash_alone_opens_nothing(void **state)
{
    const struct file file = file_make('a', BYTES); /* the first worker's */
    struct wire_attempt later = peers.first.attempt;

    (void)state;
    later.number++;
    assert_int_equal(fetches(&peers.second, OBJECT_CHECKPOINT, peers.first.attempt, &file),
                     TIDE_REFUSED);
    assert_int_equal(fetches(&peers.second, OBJECT_CHECKPOINT, later, &file), TIDE_REFUSED);
    assert_int_equal(fetches(&peers.second, OBJECT_CHECKPOINT, peers.second.attempt, &file),
                     TIDE_NOT_FOUND);
    assert_int_equal(fetches(&peers.second, OBJECT_WORKDIR, peers.second.attempt, &file),
                     TIDE_REFUSED);
    assert_int_equal(stores(&peers.second, peers.first.attempt, &file), TIDE_REFUSED);
    assert_int_equal(stores(&peers.second, (struct wire_attempt){0}, &file), TIDE_REFUSED);
    assert_int_equal(stores(&peers.second, (struct wire_attempt){999, 0, 1}, &file), TIDE_REFUSED);
    (void)close(file.fd);
}

static void limits_and_hashes_hold(void **state)
{
    const struct file large = file_make('b', LIMIT_BYTES + 1);
    struct file lie = file_make('c', BYTES);

    (void)state;
    assert_int_equal(stores(&peers.first, peers.first.attempt, &large), TIDE_LIMIT);
    lie.hash[0] = lie.hash[0] == '0' ? '1' : '0';
    assert_int_equal(stores(&peers.first, peers.first.attempt, &lie), TIDE_IO);
    assert_int_equal(reports(&peers.first, &lie, 2), VERDICT_UNKNOWN);
    assert_int_equal(fetches(&peers.first, OBJECT_CHECKPOINT, peers.first.attempt, &lie),
                     TIDE_NOT_FOUND);
    (void)close(large.fd);
    (void)close(lie.fd);
}

static void an_operator_stores_workdirs_and_nothing_else(void **state)
{
    const struct file file = file_make('d', BYTES);
    struct error error;

    (void)state;
    assert_int_equal(
        client_store(peers.operator, peers.bulk_port, file.hash, file.fd, file.bytes, &error),
        TIDE_OK);
    assert_int_equal(
        client_store(peers.operator, peers.bulk_port, file.hash, file.fd, file.bytes, &error),
        TIDE_OK);
    /* a worker whose experiment has another one, or none, does not get it */
    assert_int_equal(fetches(&peers.second, OBJECT_WORKDIR, peers.second.attempt, &file),
                     TIDE_REFUSED);
    (void)close(file.fd);
}

/* Raw frames to the bulk socket, as nobody who means well sends them. */
static void send_raw(const char *const *frames, size_t count)
{
    void *context = zmq_ctx_new();
    void *dealer = NULL;
    struct error error;
    zmq_pollitem_t item = {.events = ZMQ_POLLOUT};

    assert_int_equal(
        dealer_open(context, &peers.second.way, (struct dealer_retry){50, 200}, &dealer, &error),
        TIDE_OK);
    assert_int_equal(dealer_connect(dealer, &peers.second.way, &error), TIDE_OK);
    item.socket = dealer;
    assert_int_equal(zmq_poll(&item, 1, PEERS_WAIT_MS), 1);
    for (size_t i = 0; i < count; i++) {
        (void)zmq_send(dealer, frames[i], strlen(frames[i]), i + 1 < count ? ZMQ_SNDMORE : 0);
    }
    /* it is cut off: the socket becomes unwritable, or is writable again by a new connection */
    (void)zmq_poll(&(zmq_pollitem_t){.socket = dealer, .events = ZMQ_POLLIN}, 1, 100);
    (void)zmq_close(dealer);
    (void)zmq_ctx_term(context);
}

static void nonsense_is_felt_by_nobody_else(void **state)
{
    static const char *const garbage[] = {"}{ no message"};
    static const char *const control[] = {
        "{\"v\":1,\"type\":\"READY\",\"seq\":1,\"slots_free\":1}"};
    static const char *const many[] = {"a", "b", "c", "d"};
    static const char *const stray[] = {
        "{\"v\":1,\"type\":\"CHUNK\",\"seq\":1,\"hash\":\"5f2c1d0a9e8b7766554433221100ffeeddccbbaa"
        "99887766554433221100aabb\",\"offset\":0}",
        "bytes that nobody waits for"};
    const struct file file = file_make('e', BYTES);

    (void)state;
    send_raw(garbage, 1);
    send_raw(control, 1);
    send_raw(many, 4);
    send_raw(stray, 2);
    assert_int_equal(stores(&peers.first, peers.first.attempt, &file), TIDE_OK);
    assert_int_equal(reports(&peers.first, &file, 3), VERDICT_RECORDED);
    assert_int_equal(stores(&peers.second, peers.second.attempt, &file),
                     TIDE_OK); /* by hand: it may */
    (void)close(file.fd);
}

static int setup(void **state)
{
    (void)state;
    peers_begin(&peers, spec_text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peers_end(&peers);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_stores_and_fetches_what_is_its_own),
        cmocka_unit_test(a_hash_alone_opens_nothing),
        cmocka_unit_test(limits_and_hashes_hold),
        cmocka_unit_test(an_operator_stores_workdirs_and_nothing_else),
        cmocka_unit_test(nonsense_is_felt_by_nobody_else),
    };

    assert_true(sodium_init() >= 0);
    return cmocka_run_group_tests(tests, setup, teardown);
}
