#include "transport/dealer_enrol.h"

#include "base/text.h"
#include "transport/dealer.h"
#include "transport/dealer_watch.h"

#include <zmq.h>

#include <errno.h>

enum { RETRY_FIRST_MS = 200, RETRY_LONGEST_MS = 5000, WHY_BYTES = 256 };

/* Sends ENROL when the connection stands, and waits for what the coordinator says. */
static enum tide_status enrol_ask(void *dealer, const char *name, const char *public_key,
                                  int deadline_ms, struct error *error)
{
    const struct wire_message ask = {
        .type = WIRE_ENROL, .seq = 1, .enrol = {.name = name, .public_key = public_key}};
    zmq_pollitem_t item = {.socket = dealer, .events = ZMQ_POLLOUT};
    struct wire_message answer;
    char why[WHY_BYTES];

    if (zmq_poll(&item, 1, deadline_ms) <= 0 || dealer_send(dealer, &ask) != TIDE_OK) {
        return error_set(error, TIDE_UNREACHABLE, "the coordinator went away");
    }
    item.events = ZMQ_POLLIN;
    if (zmq_poll(&item, 1, deadline_ms) <= 0 ||
        dealer_receive(dealer, &answer, why, sizeof why) != TIDE_OK) {
        return error_set(error, TIDE_UNREACHABLE, "the coordinator does not answer ENROL");
    }
    enum tide_status status = TIDE_OK;
    if (answer.type != WIRE_ENROLLED) {
        status = error_set(error, TIDE_REFUSED, "the coordinator says: %s",
                           answer.type == WIRE_ERROR ? answer.error.text : "nothing of use");
    }
    wire_message_fini(&answer);
    return status;
}

static enum tide_status enrol_over(void *context, const struct key_access *token, const char *name,
                                   int deadline_ms, const struct key_access *access,
                                   struct error *error)
{
    void *dealer = NULL;
    enum tide_status status = dealer_open(
        context, token, (struct dealer_retry){RETRY_FIRST_MS, RETRY_LONGEST_MS}, &dealer, error);

    if (status != TIDE_OK) {
        return status;
    }
    status = dealer_connect_watched(context, dealer, token, deadline_ms, error);
    if (status == TIDE_OK) {
        status = enrol_ask(dealer, name, access->pair.public_key, deadline_ms, error);
    }
    (void)zmq_close(dealer);
    return status;
}

enum tide_status dealer_enrol(const char *token, const char *name, int deadline_ms,
                              struct key_access *access, struct error *error)
{
    struct key_access by_token = *access;
    enum tide_status status = key_token_read(token, by_token.server_key, &by_token.pair, error);

    if (status != TIDE_OK) {
        return status;
    }
    (void)text_copy(access->server_key, sizeof access->server_key, by_token.server_key);
    void *context = zmq_ctx_new();
    if (context == NULL) {
        return error_set(error, TIDE_IO, "cannot make a socket: %s", zmq_strerror(errno));
    }
    status = enrol_over(context, &by_token, name, deadline_ms, access, error);
    (void)zmq_ctx_term(context);
    return status;
}
