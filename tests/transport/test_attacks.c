/*
 * Attacks on the coordinator's socket (RELIABILITY.md, section 7.9), each with an honest worker
 * beside it that must not feel it: it says READY and is heard before, during and after.
 */
#include "transport/coordinator.h"
#include "transport/transport_parts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FRAMES = 100000,
    SILENT = 500,
    SILENT_LONG = 5000,
    FLOOD = 5000,
    TEXT_BYTES = 256,
    SHORT_MS = 300
};

static struct coordinator coordinator;
static struct caller honest;
static struct peer peer;
static char text[TEXT_BYTES];

static void honest_worker_is_heard(void)
{
    caller_say(&honest, WIRE_READY);
    coordinator_hears(&coordinator, WIRE_READY, "honest", &peer);
}

static void begin(const struct transport_limits *limits)
{
    coordinator_begin(&coordinator, limits);
    caller_begin(&honest, &coordinator, KEY_WORKER, "honest");
    honest_worker_is_heard();
}

static void end(void)
{
    honest_worker_is_heard();
    caller_end(&honest);
    coordinator_end(&coordinator);
}

/* A socket of libzmq's that says nothing of ours; `secret` and `server_key` may be NULL. */
static void *stranger(const struct key_pair *pair, const char *server_key, const char *routing_id)
{
    void *socket = zmq_socket(coordinator.context, ZMQ_DEALER);
    const int none = 0;

    assert_non_null(socket);
    assert_int_equal(zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none), 0);
    if (routing_id != NULL) {
        assert_int_equal(zmq_setsockopt(socket, ZMQ_ROUTING_ID, routing_id, strlen(routing_id)), 0);
    }
    if (pair != NULL) {
        assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, KEY_TEXT_BYTES),
                         0);
        assert_int_equal(
            zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, pair->public_key, KEY_TEXT_BYTES), 0);
        assert_int_equal(
            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, pair->secret_key, KEY_TEXT_BYTES), 0);
    }
    assert_int_equal(zmq_socket_monitor(socket, "inproc://stranger", ZMQ_EVENT_ALL), 0);
    return socket;
}

/* Connects it, and waits until its connection has come to `event`. */
static void stranger_gets(void *socket, int wanted)
{
    void *monitor = zmq_socket(coordinator.context, ZMQ_PAIR);
    int event = 0;

    assert_int_equal(zmq_connect(monitor, "inproc://stranger"), 0);
    assert_int_equal(zmq_connect(socket, transport_endpoint(coordinator.transport)), 0);
    while (event != wanted) {
        uint8_t first[16];
        char address[TEXT_BYTES];
        uint16_t number = 0;
        zmq_pollitem_t item = {.socket = monitor, .events = ZMQ_POLLIN};
        assert_int_equal(zmq_poll(&item, 1, WAIT_MS), 1);
        assert_true(zmq_recv(monitor, first, sizeof first, 0) > 0);
        assert_true(zmq_recv(monitor, address, sizeof address, 0) >= 0);
        memcpy(&number, first, sizeof number);
        event = number;
    }
    assert_int_equal(zmq_socket_monitor(socket, NULL, 0), 0);
    assert_int_equal(zmq_close(monitor), 0);
}

static void test_unknown_key(void **state)
{
    struct key_pair pair;

    (void)state;
    begin(NULL);
    key_pair_make(&pair);
    void *socket = stranger(&pair, honest.access.server_key, NULL);
    stranger_gets(socket, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    assert_true(transport_counts(coordinator.transport).keys_refused >= 1);
    assert_int_equal(zmq_close(socket), 0);
    end();
}

static void test_null_client(void **state)
{
    (void)state;
    begin(NULL);
    void *socket = stranger(NULL, NULL, NULL);
    stranger_gets(socket, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    assert_int_equal(zmq_close(socket), 0);
    end();
}

static void test_wrong_server_key(void **state)
{
    struct key_pair pair;

    (void)state;
    begin(NULL);
    key_pair_make(&pair);
    void *socket = stranger(&honest.access.pair, pair.public_key, NULL);
    stranger_gets(socket, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    assert_int_equal(zmq_close(socket), 0);
    end();
}

/* The thief's own key is good, the routing id is another's. Nothing meant for that one comes to it,
 * and what it says is not heard: not as the same id, which libzmq leaves in the dark, nor as any
 * other of its own choosing. */
static void test_stolen_routing_id(void **state)
{
    struct caller thief;
    struct wire_message drain = {.type = WIRE_DRAIN};
    uint8_t id[5] = {0};

    (void)state;
    begin(NULL);
    const struct peer victim = peer;
    memcpy(id + 1, &victim.routing, sizeof victim.routing);
    caller_begin(&thief, &coordinator, KEY_WORKER, "thief");
    caller_mask(&thief, id, sizeof id);
    caller_say(&thief, WIRE_READY);
    honest_worker_is_heard();
    caller_mask(&thief, "honest", 6);
    caller_say(&thief, WIRE_READY);
    coordinator_discards(&coordinator, 1);
    assert_int_equal(transport_send(coordinator.transport, &victim, &drain), TIDE_OK);
    assert_int_equal(caller_hears(&honest, NULL), WIRE_DRAIN);
    zmq_pollitem_t item = {.socket = thief.dealer, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, 0), 0);
    caller_end(&thief);
    end();
}

static void test_a_message_of_100000_frames(void **state)
{
    struct caller villain;

    (void)state;
    begin(NULL);
    caller_begin(&villain, &coordinator, KEY_WORKER, "villain");
    for (int i = 0; i < FRAMES; i++) {
        caller_say_raw(&villain, "{}", 2, i + 1 < FRAMES);
    }
    coordinator_discards(&coordinator, 1);
    assert_int_equal(transport_counts(coordinator.transport).barred, 1);
    caller_end(&villain);
    end();
}

/* Far over the limit ends the connection inside libzmq: nothing reaches the coordinator. */
static void test_oversized_frame(void **state)
{
    static char frame[2 * WIRE_FRAME_BYTES];
    struct caller villain;

    (void)state;
    begin(NULL);
    caller_begin(&villain, &coordinator, KEY_WORKER, "villain");
    caller_say_raw(&villain, frame, sizeof frame, false);
    honest_worker_is_heard();
    assert_int_equal(transport_counts(coordinator.transport).malformed, 0);
    caller_end(&villain);
    caller_begin(&villain, &coordinator, KEY_WORKER, "careless");
    memset(frame, ' ', sizeof frame); /* one byte more than the codec takes gets an answer */
    caller_say_raw(&villain, frame, WIRE_FRAME_BYTES + 1, false);
    coordinator_discards(&coordinator, 1);
    assert_int_equal(caller_hears(&villain, text), WIRE_ERROR);
    assert_string_equal(text, "a frame of 65537 bytes, over 65536");
    caller_end(&villain);
    end();
}

static void test_silent_connections(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    static int sockets[SILENT_LONG];
    const int count = getenv("TIDE_LONG") == NULL ? SILENT : SILENT_LONG;
    struct caller late;

    (void)state;
    begin(NULL);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port =
        htons((uint16_t)atoi(strrchr(transport_endpoint(coordinator.transport), ':') + 1));
    for (int i = 0; i < count; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(sockets[i], (struct sockaddr *)&address, sizeof address), 0);
    }
    caller_begin(&late, &coordinator, KEY_WORKER, "late"); /* a handshake among them */
    caller_say(&late, WIRE_HELLO);
    coordinator_hears(&coordinator, WIRE_HELLO, "late", &peer);
    for (int i = 0; i < count; i++) {
        (void)close(sockets[i]);
    }
    caller_end(&late);
    end();
}

static void test_key_revoked_mid_session(void **state)
{
    struct caller leaver;
    struct error error;
    struct wire_message drain = {.type = WIRE_DRAIN};

    (void)state;
    begin(NULL);
    caller_begin(&leaver, &coordinator, KEY_WORKER, "leaver");
    caller_say(&leaver, WIRE_READY);
    coordinator_hears(&coordinator, WIRE_READY, "leaver", &peer);
    assert_int_equal(keys_revoke(coordinator.run_directory, KEY_WORKER, "leaver", &error), TIDE_OK);
    coordinator.now_ms += 1000; /* the next look at the directory */
    caller_say(&leaver, WIRE_READY);
    coordinator_discards(&coordinator, 1);
    assert_int_equal(transport_send(coordinator.transport, &peer, &drain), TIDE_UNREACHABLE);
    /* the connection was cut, and the key does not open another one */
    while (transport_counts(coordinator.transport).keys_refused == 0) {
        honest_worker_is_heard();
        coordinator.now_ms += 10; /* so that it never runs out of messages it may send */
    }
    caller_end(&leaver);
    end();
}

/* The same HELLO again and again: the transport passes it on, as the same worker (the core's
 * answers are idempotent), and within its budget. */
static void test_replayed_hello(void **state)
{
    struct transport_limits limits = transport_limits_default();
    struct caller villain;

    (void)state;
    limits.messages_per_s = 10;
    limits.burst_s = 1;
    limits.discards = 20;
    begin(&limits);
    caller_begin(&villain, &coordinator, KEY_WORKER, "villain");
    for (int i = 0; i < 10; i++) {
        caller_say(&villain, WIRE_HELLO);
        coordinator_hears(&coordinator, WIRE_HELLO, "villain", &peer);
    }
    for (int i = 0; i < 20; i++) {
        caller_say(&villain, WIRE_HELLO);
    }
    coordinator_discards(&coordinator, 20);
    assert_int_equal(transport_counts(coordinator.transport).barred, 1);
    caller_end(&villain);
    end();
}

static void test_malformed_flood(void **state)
{
    struct transport_limits limits = transport_limits_default();
    struct caller villain;

    (void)state;
    limits.burst_s = 3600; /* the honest one never runs out of messages it may send */
    begin(&limits);
    caller_begin(&villain, &coordinator, KEY_WORKER, "villain");
    caller_say_raw(&villain, "{\"v\":1", 6, false);
    for (int i = 0; i < FLOOD; i++) {
        (void)zmq_send(villain.dealer, "{\"v\":1", 6, ZMQ_DONTWAIT); /* as much as will go out */
    }
    coordinator_discards(&coordinator, 3);
    assert_int_equal(transport_counts(coordinator.transport).malformed, 3);
    assert_int_equal(transport_counts(coordinator.transport).barred, 1);
    honest_worker_is_heard();
    assert_int_equal(transport_counts(coordinator.transport).malformed, 3);

    /* refused while it is barred, let in again afterwards */
    while (transport_counts(coordinator.transport).keys_refused == 0) {
        honest_worker_is_heard();
    }
    coordinator.now_ms += coordinator.limits.bar_ms;
    honest_worker_is_heard();
    caller_end(&villain);
    struct caller back;
    caller_connect(&back, &villain);
    caller_say(&back, WIRE_READY);
    coordinator_hears(&coordinator, WIRE_READY, "villain", &peer);
    caller_end(&back);
    end();
}

/* A worker's key orders nothing, an operator's reports nothing, an enrolment key says nothing. */
static void test_roles(void **state)
{
    struct caller worker;
    struct caller operator;
    struct caller newcomer;

    (void)state;
    begin(NULL);
    caller_begin(&worker, &coordinator, KEY_WORKER, "villain");
    caller_begin(&operator, & coordinator, KEY_OPERATOR, "villain");
    caller_begin(&newcomer, &coordinator, KEY_ENROL, "villain");
    caller_say(&worker, WIRE_REQUEST);
    coordinator_discards(&coordinator, 1);
    assert_int_equal(caller_hears(&worker, text), WIRE_ERROR);
    assert_string_equal(text, "REQUEST is not for the role 'worker' to send");
    caller_say(&operator, WIRE_RESULT);
    coordinator_discards(&coordinator, 2);
    assert_int_equal(caller_hears(&operator, text), WIRE_ERROR);
    assert_string_equal(text, "RESULT is not for the role 'operator' to send");
    caller_say(&newcomer, WIRE_HELLO);
    coordinator_discards(&coordinator, 3);
    assert_int_equal(caller_hears(&newcomer, text), WIRE_ERROR);
    caller_say(&worker, WIRE_ASSIGN); /* nobody sends what is the coordinator's */
    coordinator_discards(&coordinator, 4);
    assert_int_equal(caller_hears(&worker, text), WIRE_ERROR);
    caller_end(&newcomer);
    caller_end(&operator);
    caller_end(&worker);
    end();
}

/* Without the key check libzmq would let everybody in. It is fail-closed: whoever connects gets no
 * answer, and the coordinator is told to end. */
static void test_the_key_check_ends(void **state)
{
    struct wire_message message;
    struct key_pair pair;

    (void)state;
    begin(NULL);
    zap_stop(coordinator.transport->zap);
    zmq_pollitem_t item = {.fd = transport_alarm_fd(coordinator.transport), .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, WAIT_MS), 1);
    assert_int_equal(transport_receive(coordinator.transport, coordinator.now_ms, &message, &peer),
                     TIDE_IO);
    key_pair_make(&pair);
    void *socket = stranger(&pair, honest.access.server_key, NULL);
    const int immediate = 1;
    zmq_pollitem_t connected = {.socket = socket, .events = ZMQ_POLLOUT};
    assert_int_equal(zmq_setsockopt(socket, ZMQ_IMMEDIATE, &immediate, sizeof immediate), 0);
    assert_int_equal(zmq_connect(socket, transport_endpoint(coordinator.transport)), 0);
    assert_int_equal(zmq_poll(&connected, 1, SHORT_MS), 0); /* the handshake stays unfinished */
    assert_int_equal(zmq_close(socket), 0);
    caller_end(&honest);
    coordinator_end(&coordinator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_key),
        cmocka_unit_test(test_null_client),
        cmocka_unit_test(test_wrong_server_key),
        cmocka_unit_test(test_stolen_routing_id),
        cmocka_unit_test(test_a_message_of_100000_frames),
        cmocka_unit_test(test_oversized_frame),
        cmocka_unit_test(test_silent_connections),
        cmocka_unit_test(test_key_revoked_mid_session),
        cmocka_unit_test(test_replayed_hello),
        cmocka_unit_test(test_malformed_flood),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_the_key_check_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
