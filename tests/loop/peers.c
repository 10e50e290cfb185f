#include "loop/peers.h"

#include "support/support.h"

#include "loop/coordinator.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

_Noreturn static void serve(const struct peers *peers, const char *spec_text)
{
    const struct coordinator_options options = {.store = peers->store,
                                                .listen = "tcp://127.0.0.1:*"};
    struct coordinator *self = NULL;
    struct spec *spec = NULL;
    struct spec_report *report = calloc(1, sizeof *report);
    struct error error;
    int32_t experiment = 0;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (report == NULL || coordinator_open(&options, &self, &error) != TIDE_OK ||
        spec_parse(spec_text, strlen(spec_text), "spec", &spec, report) != TIDE_OK ||
        coordinator_submit(self, spec, "/", &experiment, &error) != TIDE_OK) {
        _exit(1);
    }
    for (;;) {
        if (coordinator_turn(self, -1, 1000, &error) != TIDE_OK) {
            _exit(1);
        }
    }
}

void peer_say(struct peer *peer, struct wire_message *message)
{
    zmq_pollitem_t item = {.socket = peer->dealer, .events = ZMQ_POLLOUT};

    (void)snprintf(message->boot, sizeof message->boot, "%s", peer->boot);
    (void)snprintf(message->cluster, sizeof message->cluster, "%s", peer->cluster);
    message->incarnation = peer->incarnation;
    message->seq = ++peer->seq;
    assert_int_equal(zmq_poll(&item, 1, PEERS_WAIT_MS), 1);
    assert_int_equal(dealer_send(peer->dealer, message), TIDE_OK);
}

void peer_hear(struct peer *peer, enum wire_type type, struct wire_message *message)
{
    char why[256];

    for (;;) {
        zmq_pollitem_t item = {.socket = peer->dealer, .events = ZMQ_POLLIN};
        assert_int_equal(zmq_poll(&item, 1, PEERS_WAIT_MS), 1);
        if (dealer_receive(peer->dealer, message, why, sizeof why) == TIDE_OK) {
            if (message->type == type) {
                return;
            }
            wire_message_fini(message);
        }
    }
}

static void connect_to(const struct peers *peers, struct peer *peer)
{
    struct error error;

    peer->context = zmq_ctx_new();
    assert_int_equal(keys_join(peers->run_directory, KEY_WORKER, peer->name, &peer->access, &error),
                     TIDE_OK);
    peer->way = peer->access;
    assert_true(key_endpoint_at(peer->access.endpoint, peers->bulk_port, peer->way.endpoint));
    assert_int_equal(dealer_open(peer->context, &peer->access, (struct dealer_retry){50, 200},
                                 &peer->dealer, &error),
                     TIDE_OK);
    assert_int_equal(dealer_connect(peer->dealer, &peer->access, &error), TIDE_OK);
}

/* It is welcome, and has an attempt. */
static void join(const struct peers *peers, struct peer *peer)
{
    static struct wire_message message;

    connect_to(peers, peer);
    message = (struct wire_message){.type = WIRE_HELLO};
    message.hello = (struct wire_hello){.token = 3,
                                        .version_oldest = WIRE_VERSION_OLDEST,
                                        .version_newest = WIRE_VERSION,
                                        .software = "test",
                                        .host = "test",
                                        .pool = "default",
                                        .slots = 1};
    peer_say(peer, &message);
    peer_hear(peer, WIRE_WELCOME, &message);
    assert_int_equal(message.welcome.token, 3);
    assert_int_equal(message.welcome.bulk_port, peers->bulk_port);
    (void)snprintf(peer->cluster, sizeof peer->cluster, "%s", message.cluster);
    peer->incarnation = message.incarnation;
    wire_message_fini(&message);
    message = (struct wire_message){.type = WIRE_READY, .ready = {.slots_free = 1}};
    peer_say(peer, &message);
    peer_hear(peer, WIRE_ASSIGN, &message);
    peer->attempt = message.assign.attempt;
    wire_message_fini(&message);
    message = (struct wire_message){.type = WIRE_ACCEPT, .accept = peer->attempt};
    peer_say(peer, &message);
}

/* Where files are moved; the operator's client says it. */
static void operator_asks(struct peers *peers)
{
    const struct client_config config = {.run_directory = peers->run_directory};
    static struct wire_message reply;
    struct error error;

    assert_int_equal(client_open(&config, PEERS_WAIT_MS, &peers->operator, & error), TIDE_OK);
    assert_int_equal(client_ask(peers->operator, "ping", "{}", PEERS_WAIT_MS, &reply, &error),
                     TIDE_OK);
    json_t *body = json_loads(reply.reply.body, 0, NULL);
    peers->bulk_port = (int32_t)json_integer_value(json_object_get(body, "bulk_port"));
    json_decref(body);
    wire_message_fini(&reply);
    assert_in_range(peers->bulk_port, 1, 65535);
}

void peers_begin(struct peers *peers, const char *spec)
{
    char announced[800];

    *peers =
        (struct peers){.folder = scratch_new(),
                       .first = {.name = "first", .boot = "0000000000000000000000000000b001"},
                       .second = {.name = "second", .boot = "0000000000000000000000000000b002"}};
    (void)snprintf(peers->store, sizeof peers->store, "%.500s/s.db", peers->folder);
    (void)snprintf(peers->run_directory, sizeof peers->run_directory, "%s.run", peers->store);
    peers->coordinator = fork();
    if (peers->coordinator == 0) {
        serve(peers, spec);
    }
    (void)snprintf(announced, sizeof announced, "%s/endpoint", peers->run_directory);
    while (access(announced, R_OK) != 0) {
        assert_int_equal(waitpid(peers->coordinator, NULL, WNOHANG), 0);
    }
    operator_asks(peers);
    join(peers, &peers->first);
    join(peers, &peers->second);
}

void peers_end(struct peers *peers)
{
    client_close(peers->operator);
    (void)kill(peers->coordinator, SIGKILL);
    (void)waitpid(peers->coordinator, NULL, 0);
    scratch_free(peers->folder);
}
