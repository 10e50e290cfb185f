/*
 * Shows that a one-time token makes one worker: a coordinator in a thread, machines that enrol with
 * tokens that are good, used, expired, unknown, or under a name that is taken.
 */
#include "transport/coordinator.h"

#include "transport/dealer_enrol.h"

#include <zmq.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TURN_MS = 20 };

static struct coordinator coordinator;
static struct error error;
static atomic_bool ending;

static void *serve(void *argument)
{
    struct wire_message message;
    struct peer peer;

    (void)argument;
    while (!atomic_load(&ending)) {
        zmq_pollitem_t item = {.socket = transport_socket(coordinator.transport),
                               .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, TURN_MS);
        if (transport_receive(coordinator.transport, 1000, &message, &peer) == TIDE_OK) {
            wire_message_fini(&message);
        }
    }
    return NULL;
}

static void token_make(const char *name, int64_t expires_s, char token[KEY_TOKEN_BYTES])
{
    struct key_pair pair;
    struct key_pair server;

    key_pair_make(&pair);
    assert_int_equal(keys_serve(coordinator.run_directory, &server, &error), TIDE_OK);
    assert_int_equal(
        keys_grant(coordinator.run_directory, KEY_ENROL, name, pair.public_key, expires_s, &error),
        TIDE_OK);
    key_token_make(server.public_key, &pair, token);
}

static enum tide_status enrol(const char *token, const char *name, int wait_ms,
                              struct key_access *access)
{
    *access = (struct key_access){.lock = -1};
    key_pair_make(&access->pair);
    (void)snprintf(access->endpoint, sizeof access->endpoint, "%s",
                   transport_endpoint(coordinator.transport));
    return dealer_enrol(token, name, wait_ms, access, &error);
}

static void refused(const char *token, const char *name, const char *why)
{
    struct key_access access;

    assert_int_equal(enrol(token, name, WAIT_MS, &access), TIDE_REFUSED);
    if (strstr(error.text, why) == NULL) {
        fail_msg("'%s' is not '%s'", error.text, why);
    }
    assert_false(keys_has(coordinator.run_directory, KEY_WORKER, "spot-a4"));
}

/* The machine connects with the key it has made. */
static void worker_joins(const struct key_access *access, const char *name)
{
    struct caller owner = {.coordinator = &coordinator, .role = KEY_WORKER, .access = *access};
    struct caller joined;
    struct peer peer;

    (void)snprintf(owner.boot, sizeof owner.boot, "%032d", 7);
    caller_connect(&joined, &owner);
    caller_say(&joined, WIRE_HELLO);
    coordinator_hears(&coordinator, WIRE_HELLO, name, &peer);
    caller_end(&joined);
}

static void test_a_token_makes_one_worker(void **state)
{
    char token[KEY_TOKEN_BYTES];
    char other[KEY_TOKEN_BYTES];
    char late[KEY_TOKEN_BYTES];
    struct key_access access;
    struct key_access again;
    pthread_t server;

    (void)state;
    coordinator_begin(&coordinator, NULL);
    token_make("first", 0, token);
    token_make("second", 0, other);
    token_make("late", (int64_t)time(NULL) - 1, late);
    assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
    assert_int_equal(enrol(token, "spot-a3", WAIT_MS, &access), TIDE_OK);
    assert_false(keys_has(coordinator.run_directory, KEY_ENROL, "first"));
    assert_int_equal(enrol(token, "spot-a4", WAIT_MS, &again), TIDE_REFUSED); /* used */
    refused(other, "spot-a3", "there already");
    refused(other, ".spot-a4", "no name");
    assert_true(keys_has(coordinator.run_directory, KEY_ENROL, "second")); /* as good as before */
    refused(late, "spot-a4", "expired");
    assert_int_equal(enrol("no token", "spot-a4", WAIT_MS, &again), TIDE_NOT_FOUND);
    atomic_store(&ending, true);
    assert_int_equal(pthread_join(server, NULL), 0);
    worker_joins(&access, "spot-a3");
    coordinator_end(&coordinator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_makes_one_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
