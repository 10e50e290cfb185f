/*
 * Shows what the command line learns about the link, and so which exit code it gives: a coordinator
 * that answers (in a thread), one that is not there, one that refuses the key, one with another
 * key.
 */
#include "transport/coordinator.h"

#include "transport/client.h"

#include <zmq.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATH_BYTES = 600 };

static struct coordinator coordinator;
static struct error error;
static char key_path[PATH_BYTES];

/* Answers every question with its own verb, refuses "refuse", ends at "end". */
static void *serve(void *argument)
{
    struct wire_message request;
    struct wire_message answer;
    struct peer peer;
    bool serving = true;

    (void)argument;
    while (serving) {
        zmq_pollitem_t item = {.socket = transport_socket(coordinator.transport),
                               .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, WAIT_MS);
        if (transport_receive(coordinator.transport, 1000, &request, &peer) != TIDE_OK) {
            continue;
        }
        const char *verb = request.request.verb;
        answer = (struct wire_message){.type = WIRE_REPLY,
                                       .reply = {.id = request.request.id - 1, .body = "stale"}};
        (void)transport_send(coordinator.transport, &peer, &answer);
        answer.reply = (struct wire_reply){.id = request.request.id, .exit_code = 3, .body = verb};
        if (strcmp(verb, "refuse") == 0) {
            answer = (struct wire_message){.type = WIRE_ERROR, .error = {.text = "not you"}};
        }
        serving = strcmp(verb, "end") != 0;
        (void)transport_send(coordinator.transport, &peer, &answer);
        wire_message_fini(&request);
    }
    return NULL;
}

static struct client_config local(void)
{
    return (struct client_config){.run_directory = coordinator.run_directory};
}

static enum tide_status try_open(const struct client_config *config)
{
    struct client *client = NULL;
    const enum tide_status status = client_open(config, WAIT_MS, &client, &error);

    client_close(client);
    return status;
}

static void test_questions_and_answers(void **state)
{
    const struct client_config config = local();
    struct client *client = NULL;
    struct wire_message reply;
    pthread_t server;
    char granted[PATH_BYTES];

    (void)state;
    coordinator_begin(&coordinator, NULL);
    assert_int_equal(client_open(&config, WAIT_MS, &client, &error), TIDE_OK);
    assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
    assert_int_equal(client_ask(client, "pause", "{}", WAIT_MS, &reply, &error), TIDE_OK);
    assert_string_equal(reply.reply.body, "pause"); /* not the stale one before it */
    assert_int_equal(reply.reply.exit_code, 3);
    wire_message_fini(&reply);
    assert_int_equal(client_ask(client, "refuse", "{}", WAIT_MS, &reply, &error), TIDE_REFUSED);
    assert_string_equal(error.text, "the coordinator says: not you");
    assert_int_equal(client_ask(client, "end", "{}", WAIT_MS, &reply, &error), TIDE_OK);
    wire_message_fini(&reply);
    assert_int_equal(pthread_join(server, NULL), 0);
    assert_int_equal(client_ask(client, "late", "{}", 50, &reply, &error), TIDE_TIMEOUT);
    client_close(client);
    (void)snprintf(granted, sizeof granted, "%s/operator/cli-%ld.pub", coordinator.run_directory,
                   (long)getpid());
    assert_int_not_equal(access(granted, F_OK), 0); /* it took its key away */
    coordinator_end(&coordinator);
}

static void test_nobody_there(void **state)
{
    char stale[256];

    (void)state;
    coordinator_begin(&coordinator, NULL);
    (void)snprintf(stale, sizeof stale, "%s", transport_endpoint(coordinator.transport));
    transport_close(coordinator.transport);
    coordinator.transport = NULL;
    const struct client_config config = local();
    assert_int_equal(try_open(&config), TIDE_UNREACHABLE); /* no run directory */
    struct key_pair pair;
    assert_int_equal(keys_directory_make(coordinator.run_directory, &error), TIDE_OK);
    assert_int_equal(keys_serve(coordinator.run_directory, &pair, &error), TIDE_OK);
    assert_int_equal(try_open(&config), TIDE_UNREACHABLE); /* not announced */
    assert_int_equal(keys_announce(coordinator.run_directory, stale, &error), TIDE_OK);
    assert_int_equal(try_open(&config), TIDE_UNREACHABLE); /* left by a crash: told at once */
    assert_non_null(strstr(error.text, stale));
    coordinator_end(&coordinator);
}

/* A configured client, with a key file, like one on another machine. */
static struct client_config remote(const char *server_key)
{
    struct key_pair pair;

    key_pair_make(&pair);
    (void)snprintf(key_path, sizeof key_path, "%s/me.key", coordinator.parent);
    (void)unlink(key_path);
    assert_int_equal(key_secret_write(key_path, &pair, &error), TIDE_OK);
    return (struct client_config){.connect = transport_endpoint(coordinator.transport),
                                  .key_file = key_path,
                                  .server_key = server_key};
}

static void test_keys_that_are_refused(void **state)
{
    char server_file[PATH_BYTES];
    struct key_pair mine;

    (void)state;
    coordinator_begin(&coordinator, NULL);
    (void)snprintf(server_file, sizeof server_file, "%s/server.pub", coordinator.run_directory);
    const struct client_config config = remote(server_file);
    assert_int_equal(try_open(&config), TIDE_REFUSED);
    assert_non_null(strstr(error.text, "does not know this key"));
    assert_int_equal(transport_counts(coordinator.transport).keys_refused, 1);
    assert_int_equal(key_pair_read(key_path, &mine, &error), TIDE_OK);
    assert_int_equal(
        keys_grant(coordinator.run_directory, KEY_OPERATOR, "me", mine.public_key, 0, &error),
        TIDE_OK);
    assert_int_equal(try_open(&config), TIDE_OK);

    struct client_config other = config;
    other.server_key = mine.public_key; /* not the key of this server: nothing is said to it */
    assert_int_equal(try_open(&other), TIDE_REFUSED);
    assert_non_null(strstr(error.text, "does not have the server key"));
    coordinator_end(&coordinator);
}

/* Something listens, and never says a word. */
static void test_a_silent_server(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t bytes = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char endpoint[64];
    struct client *client = NULL;

    (void)state;
    coordinator_begin(&coordinator, NULL);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &bytes), 0);
    (void)snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
    struct client_config config = remote("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
    config.connect = endpoint;
    assert_int_equal(client_open(&config, 100, &client, &error), TIDE_UNREACHABLE);
    (void)close(listener);
    coordinator_end(&coordinator);
}

static void test_what_is_missing_is_said(void **state)
{
    (void)state;
    coordinator_begin(&coordinator, NULL);
    struct client_config config = remote("no key, and no file either");
    assert_int_equal(try_open(&config), TIDE_NOT_FOUND);
    config.server_key = NULL;
    assert_int_equal(try_open(&config), TIDE_INVALID);
    assert_non_null(strstr(error.text, "--server-key"));
    config.server_key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    config.connect = "nonsense";
    assert_int_equal(try_open(&config), TIDE_INVALID);
    coordinator_end(&coordinator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions_and_answers),   cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_keys_that_are_refused),   cmocka_unit_test(test_a_silent_server),
        cmocka_unit_test(test_what_is_missing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
