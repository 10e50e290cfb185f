/*
 * Shows how the coordinator's socket serves peers that behave: names from keys, replies by the
 * right connection, one process a worker's name, budgets that grow with what is sent. Real sockets
 * on loopback, the test's own clock.
 */
#include "transport/coordinator.h"

#include "transport/client.h"

#include <zmq.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct coordinator coordinator;
static struct peer peer;
static char text[256];

static void say_and_hear(struct caller *caller, enum wire_type type)
{
    caller_say(caller, type);
    coordinator_hears(&coordinator, type, caller->name, &peer);
}

static void send_to(const struct peer *to, enum wire_type type, enum tide_status wanted)
{
    struct wire_message message = {.type = type};

    assert_int_equal(transport_send(coordinator.transport, to, &message), wanted);
}

static void test_a_worker_and_an_operator(void **state)
{
    struct caller worker;
    struct caller operator;

    (void)state;
    coordinator_begin(&coordinator, NULL);
    caller_begin(&worker, &coordinator, KEY_WORKER, "spot-a3");
    caller_begin(&operator, & coordinator, KEY_OPERATOR, "me");
    say_and_hear(&worker, WIRE_HELLO);
    assert_int_equal(peer.role, KEY_WORKER);
    const struct peer worker_peer = peer;
    say_and_hear(&operator, WIRE_REQUEST);
    assert_int_equal(peer.role, KEY_OPERATOR);
    assert_int_not_equal(peer.index, worker_peer.index);
    send_to(&peer, WIRE_WHO, TIDE_OK);
    send_to(&worker_peer, WIRE_DRAIN, TIDE_OK);
    assert_int_equal(caller_hears(&operator, NULL), WIRE_WHO);
    assert_int_equal(caller_hears(&worker, NULL), WIRE_DRAIN);
    caller_end(&operator);
    caller_end(&worker);
    coordinator_end(&coordinator);
}

/* The index stays over reconnects; whoever speaks by a new connection without HELLO is asked for
 * it. */
static void test_a_worker_comes_back(void **state)
{
    struct caller worker;
    struct caller again;
    struct caller third;

    (void)state;
    coordinator_begin(&coordinator, NULL);
    caller_begin(&worker, &coordinator, KEY_WORKER, "spot-a3");
    say_and_hear(&worker, WIRE_HELLO);
    const struct peer first = peer;
    caller_connect(&again, &worker);
    memcpy(again.boot, worker.boot, sizeof again.boot); /* the same process by another connection */
    say_and_hear(&again, WIRE_READY);
    assert_int_equal(caller_hears(&again, NULL), WIRE_WHO); /* what it was sent may be lost */
    assert_int_equal(peer.index, first.index);
    assert_int_not_equal(peer.routing, first.routing);
    send_to(&first, WIRE_DRAIN, TIDE_OK); /* to the worker, wherever it is now */
    assert_int_equal(caller_hears(&again, NULL), WIRE_DRAIN);
    caller_connect(&third, &worker);
    memcpy(third.boot, worker.boot, sizeof third.boot);
    say_and_hear(&third, WIRE_HELLO); /* it says so itself */
    send_to(&first, WIRE_DRAIN, TIDE_OK);
    assert_int_equal(caller_hears(&third, NULL), WIRE_DRAIN);
    caller_end(&third);
    caller_end(&again);
    caller_end(&worker);
    coordinator_end(&coordinator);
}

static void test_a_second_worker_with_the_same_key_is_refused_by_name(void **state)
{
    struct caller first;
    struct caller second;

    (void)state;
    coordinator_begin(&coordinator, NULL);
    caller_begin(&first, &coordinator, KEY_WORKER, "spot-a3");
    say_and_hear(&first, WIRE_HELLO);
    caller_connect(&second, &first);
    caller_say(&second, WIRE_HELLO);
    coordinator_discards(&coordinator, 1);
    assert_int_equal(caller_hears(&first, NULL), WIRE_WHO);
    caller_say(&second, WIRE_HELLO); /* it waits while the first one is asked */
    coordinator_discards(&coordinator, 2);
    say_and_hear(&first, WIRE_HELLO);
    assert_int_equal(caller_hears(&second, text), WIRE_ERROR);
    assert_string_equal(text, "fatal: worker 'spot-a3' is connected already: two workers cannot "
                              "share one key");
    say_and_hear(&first, WIRE_READY); /* none the worse */
    caller_end(&second);
    caller_end(&first);
    coordinator_end(&coordinator);
}

/* A restarted worker has a new boot. Its dead predecessor is gone at once, or silent for probe_ms.
 */
static void test_a_restarted_worker_takes_over(void **state)
{
    struct caller first;
    struct caller second;
    struct caller third;

    (void)state;
    coordinator_begin(&coordinator, NULL);
    caller_begin(&first, &coordinator, KEY_WORKER, "spot-a3");
    say_and_hear(&first, WIRE_HELLO);
    caller_connect(&second, &first);
    caller_say(&second, WIRE_HELLO);
    coordinator_discards(&coordinator, 1);
    coordinator.now_ms += coordinator.limits.probe_ms; /* the first one did not answer */
    say_and_hear(&second, WIRE_HELLO);
    caller_end(&first);
    caller_end(&second);
    caller_connect(&third, &first);
    (void)snprintf(third.boot, sizeof third.boot, "%.31se", first.boot);
    do { /* the second one's end may be seen before the first HELLO is taken, or after */
        coordinator.now_ms += coordinator.limits.probe_ms;
        caller_say(&third, WIRE_HELLO);
    } while (!coordinator_takes(&coordinator, WIRE_HELLO, "spot-a3", &peer));
    caller_end(&third);
    coordinator_end(&coordinator);
}

static void test_sending_to_a_worker_that_is_gone(void **state)
{
    struct caller worker;
    struct wire_message who = {.type = WIRE_WHO};
    enum tide_status status = TIDE_OK;

    (void)state;
    coordinator_begin(&coordinator, NULL);
    caller_begin(&worker, &coordinator, KEY_WORKER, "spot-a3");
    say_and_hear(&worker, WIRE_HELLO);
    caller_end(&worker);
    while (status == TIDE_OK) { /* until the end of the connection is noticed */
        status = transport_send(coordinator.transport, &peer, &who);
    }
    assert_int_equal(status, TIDE_UNREACHABLE);
    send_to(&peer, WIRE_WHO, TIDE_UNREACHABLE);
    coordinator_end(&coordinator);
}

/* What the coordinator causes by sending does not count against a worker: a batch pays for itself.
 */
static void test_answers_are_free(void **state)
{
    struct transport_limits limits = transport_limits_default();
    struct caller worker;

    (void)state;
    limits.messages_per_s = 2;
    limits.burst_s = 2;
    limits.messages_per_sent = 3;
    coordinator_begin(&coordinator, &limits);
    caller_begin(&worker, &coordinator, KEY_WORKER, "spot-a3");
    for (int i = 0; i < 4; i++) {
        say_and_hear(&worker, WIRE_READY);
    }
    caller_say(&worker, WIRE_READY); /* the fifth is over 2 a second for 2 seconds */
    coordinator_discards(&coordinator, 1);
    send_to(&peer, WIRE_DRAIN, TIDE_OK);
    for (int i = 0; i < 3; i++) {
        say_and_hear(&worker, WIRE_READY);
    }
    caller_say(&worker, WIRE_READY);
    coordinator_discards(&coordinator, 2);
    coordinator.now_ms += 500; /* time allows one more */
    say_and_hear(&worker, WIRE_READY);
    caller_end(&worker);
    coordinator_end(&coordinator);
}

/* The largest frame the codec makes goes through, encrypted, both ways. */
static void test_the_largest_frame(void **state)
{
    static char body[WIRE_FRAME_BYTES];
    static char frame[WIRE_FRAME_BYTES];
    struct wire_message message = {.type = WIRE_REPLY, .reply = {.body = body}};
    struct caller operator;
    size_t bytes = 0;

    (void)state;
    memset(body, 'x', sizeof body - 1);
    for (size_t length = sizeof body - 1; wire_encode(&message, frame, &bytes) != TIDE_OK;) {
        body[--length] = '\0';
    }
    body[strlen(body) - 128] = '\0'; /* room for the envelope */
    coordinator_begin(&coordinator, NULL);
    caller_begin(&operator, & coordinator, KEY_OPERATOR, "me");
    message.type = WIRE_REQUEST;
    message.request = (struct wire_request){.id = 1, .verb = "submit", .body = body};
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_OK);
    caller_say_raw(&operator, frame, bytes, false);
    coordinator_hears(&coordinator, WIRE_REQUEST, "me", &peer);
    message.type = WIRE_REPLY;
    message.reply = (struct wire_reply){.id = 1, .body = body};
    assert_int_equal(transport_send(coordinator.transport, &peer, &message), TIDE_OK);
    assert_int_equal(caller_hears(&operator, NULL), WIRE_REPLY);
    caller_end(&operator);
    coordinator_end(&coordinator);
}

static void test_addresses(void **state)
{
    struct transport *second = NULL;
    struct error error;
    char directory[600];

    (void)state;
    coordinator_begin(&coordinator, NULL);
    (void)snprintf(directory, sizeof directory, "%s/other.run", coordinator.parent);
    struct transport_config config = {.listen = transport_endpoint(coordinator.transport),
                                      .run_directory = directory,
                                      .limits = transport_limits_default()};
    assert_int_equal(transport_open(&config, &second, &error), TIDE_BUSY);
    assert_non_null(strstr(error.text, "Address already in use"));
    config.listen = "tcp://0.0.0.0:*";
    assert_int_equal(transport_open(&config, &second, &error), TIDE_REFUSED);
    assert_non_null(strstr(error.text, "keygen"));
    config.listen = "nonsense";
    assert_int_equal(transport_open(&config, &second, &error), TIDE_REFUSED);
    config.listen = "tcp://127.0.0.1:port";
    assert_int_equal(transport_open(&config, &second, &error), TIDE_INVALID);
    config.listen = NULL; /* the usual port, whether or not it is free */
    assert_int_equal(transport_open(&config, &second, &error), TIDE_OK);
    struct transport *third = NULL;
    config.run_directory = coordinator.run_directory;
    assert_int_equal(transport_open(&config, &third, &error), TIDE_OK);
    assert_string_not_equal(transport_endpoint(second), transport_endpoint(third));
    transport_close(third);
    transport_close(second);
    assert_int_not_equal(access(directory, F_OK), 0);
    coordinator_end(&coordinator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worker_and_an_operator),
        cmocka_unit_test(test_a_worker_comes_back),
        cmocka_unit_test(test_a_second_worker_with_the_same_key_is_refused_by_name),
        cmocka_unit_test(test_a_restarted_worker_takes_over),
        cmocka_unit_test(test_sending_to_a_worker_that_is_gone),
        cmocka_unit_test(test_answers_are_free),
        cmocka_unit_test(test_the_largest_frame),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
