#include "transport/coordinator.h"

#include "wire/example_message.h"

#include <zmq.h>

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 256 };

void coordinator_begin(struct coordinator *coordinator, const struct transport_limits *limits)
{
    struct error error = {0};

    *coordinator = (struct coordinator){.parent = scratch_new(), .now_ms = 1000};
    (void)snprintf(coordinator->run_directory, sizeof coordinator->run_directory, "%s/store.run",
                   coordinator->parent);
    coordinator->limits = limits == NULL ? transport_limits_default() : *limits;
    const struct transport_config config = {
        .listen = "tcp://127.0.0.1:*",
        .run_directory = coordinator->run_directory,
        .cluster = "9b1f04c2a7e3d85f6012345678abcdef",
        .incarnation = 3,
        .limits = coordinator->limits,
    };
    if (transport_open(&config, &coordinator->transport, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    coordinator->context = zmq_ctx_new();
    assert_non_null(coordinator->context);
}

void coordinator_end(struct coordinator *coordinator)
{
    (void)zmq_ctx_term(coordinator->context);
    transport_close(coordinator->transport);
    scratch_free(coordinator->parent);
}

static void caller_open(struct caller *caller, const void *routing_id, size_t bytes)
{
    struct error error = {0};

    assert_int_equal(dealer_open(caller->coordinator->context, &caller->access,
                                 (struct dealer_retry){50, 200}, &caller->dealer, &error),
                     TIDE_OK);
    if (bytes > 0) {
        assert_int_equal(zmq_setsockopt(caller->dealer, ZMQ_ROUTING_ID, routing_id, bytes), 0);
    }
    assert_int_equal(dealer_connect(caller->dealer, &caller->access, &error), TIDE_OK);
}

void caller_begin(struct caller *caller, struct coordinator *coordinator, enum key_role role,
                  const char *name)
{
    static unsigned boots;
    struct error error = {0};

    *caller = (struct caller){.coordinator = coordinator, .role = role};
    (void)snprintf(caller->name, sizeof caller->name, "%s", name);
    (void)snprintf(caller->boot, sizeof caller->boot, "%032x", ++boots);
    if (keys_join(coordinator->run_directory, role, name, &caller->access, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    caller_open(caller, NULL, 0);
}

void caller_connect(struct caller *caller, const struct caller *owner)
{
    *caller = *owner;
    (void)snprintf(caller->boot, sizeof caller->boot, "%.31sf", owner->boot);
    caller_open(caller, NULL, 0);
}

void caller_mask(struct caller *caller, const void *routing_id, size_t bytes)
{
    caller_end(caller);
    caller_open(caller, routing_id, bytes);
}

void caller_end(struct caller *caller)
{
    assert_int_equal(zmq_close(caller->dealer), 0);
}

static void wait_for(void *socket, short events)
{
    zmq_pollitem_t item = {.socket = socket, .events = events};

    assert_int_equal(zmq_poll(&item, 1, WAIT_MS), 1);
}

void caller_say(struct caller *caller, enum wire_type type)
{
    struct wire_message message;

    example_message(&message, type);
    if (wire_type_sender(type) == 'W') {
        memcpy(message.boot, caller->boot, sizeof message.boot);
    }
    wait_for(caller->dealer, ZMQ_POLLOUT);
    assert_int_equal(dealer_send(caller->dealer, &message), TIDE_OK);
}

void caller_say_raw(struct caller *caller, const char *frame, size_t bytes, bool more)
{
    wait_for(caller->dealer, ZMQ_POLLOUT);
    assert_int_equal(zmq_send(caller->dealer, frame, bytes, more ? ZMQ_SNDMORE : 0), bytes);
}

enum wire_type caller_hears(struct caller *caller, char *text)
{
    struct wire_message message;
    char why[TEXT_BYTES] = "";

    wait_for(caller->dealer, ZMQ_POLLIN);
    if (dealer_receive(caller->dealer, &message, why, sizeof why) != TIDE_OK) {
        fail_msg("the coordinator sent a malformed message: %s", why);
    }
    if (message.type == WIRE_ERROR && text != NULL) {
        (void)snprintf(text, TEXT_BYTES, "%s%s", message.error.fatal ? "fatal: " : "",
                       message.error.text);
    }
    assert_string_equal(message.cluster, "9b1f04c2a7e3d85f6012345678abcdef");
    assert_int_equal(message.incarnation, 3);
    wire_message_fini(&message);
    return message.type;
}

bool coordinator_takes(struct coordinator *coordinator, enum wire_type type, const char *name,
                       struct peer *peer)
{
    struct wire_message message;

    wait_for(transport_socket(coordinator->transport), ZMQ_POLLIN);
    const enum tide_status status =
        transport_receive(coordinator->transport, coordinator->now_ms, &message, peer);
    if (status == TIDE_NOT_FOUND) {
        return false;
    }
    assert_int_equal(status, TIDE_OK);
    assert_string_equal(wire_type_text(message.type), wire_type_text(type));
    assert_string_equal(peer->name, name);
    wire_message_fini(&message);
    return true;
}

void coordinator_hears(struct coordinator *coordinator, enum wire_type type, const char *name,
                       struct peer *peer)
{
    while (!coordinator_takes(coordinator, type, name, peer)) {
    }
}

void coordinator_discards(struct coordinator *coordinator, uint64_t wanted)
{
    struct wire_message message;
    struct peer peer;

    while (transport_counts(coordinator->transport).discarded +
               transport_counts(coordinator->transport).malformed <
           wanted) {
        wait_for(transport_socket(coordinator->transport), ZMQ_POLLIN);
        assert_int_equal(
            transport_receive(coordinator->transport, coordinator->now_ms, &message, &peer),
            TIDE_NOT_FOUND);
    }
}
