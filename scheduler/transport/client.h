/*
 * client: the command line's side of the link: a question to the coordinator, and its answer.
 */
#ifndef TRANSPORT_CLIENT_H
#define TRANSPORT_CLIENT_H

#include "base/error.h"
#include "transport/keys.h"

#include <tidemill/wire.h>

#include <stdint.h>

/* Either the run directory of a coordinator on this machine, or the three of another one. */
struct client_config {
    const char *run_directory; /* STORE.run */
    const char *connect;       /* "tcp://host:7733" */
    const char *key_file;      /* the operator's secret */
    const char *server_key;    /* Z85, or a file that holds it */
};

struct client;

/*
 * client_open: connects. TIDE_UNREACHABLE when nobody answers before `deadline_ms` has passed
 * (exit code 5), TIDE_REFUSED when the coordinator does not take the key, has another one itself,
 * or a file is not to be trusted (exit code 4), TIDE_INVALID, TIDE_NOT_FOUND for a key file.
 */
enum tide_status client_open(const struct client_config *config, int64_t deadline_ms,
                             struct client **client, struct error *error);

/* client_close: NULL is allowed. */
void client_close(struct client *client);

/*
 * client_ask: sends a REQUEST and waits for its REPLY, which the caller ends with
 * wire_message_fini. `body` is one JSON object as text. The deadline counts from now.
 * TIDE_TIMEOUT when the answer does not come, TIDE_REFUSED with the coordinator's own words for an
 * ERROR, TIDE_UNREACHABLE when it went away, TIDE_LIMIT when the question does not fit a frame.
 */
enum tide_status client_ask(struct client *client, const char *verb, const char *body,
                            int64_t deadline_ms, struct wire_message *reply, struct error *error);

/*
 * client_store: the working directory in `fd`, packed, to the coordinator, by its bulk port; one
 * that is there already costs nothing. As carry_store.
 */
enum tide_status client_store(const struct client *client, int32_t bulk_port, const char *hash,
                              int fd, int64_t bytes, struct error *error);

#endif
