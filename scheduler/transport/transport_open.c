/*
 * How the coordinator's socket comes to be and ends. The order matters: the key check answers
 * before anybody can connect, and the endpoint is announced after it is bound.
 */
#include "transport/transport_parts.h"

#include "base/log.h"
#include "base/text.h"
#include "transport/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    FILES_KEPT = 64, /* for the store, logs, and what else is not a peer */
    FILES_WANTED = 65536,
    HWM_RECEIVE = 200,
    HWM_SEND = 4 * WIRE_SLOTS_MAX,        /* a batch that fills and acknowledges every slot fits */
    HWM_BULK = 4 * WIRE_CHUNKS_IN_FLIGHT, /* so many chunks of a peer are held at most */
    THREADS = 2,                          /* of libzmq: control never waits behind files */
    AFFINITY_CONTROL = 1,
    AFFINITY_BULK = 2,
    BACKLOG = 4096
};

/* As many open files as the system lets us have; the answer is how many peers that is. */
static int64_t files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return FILES_KEPT;
    }
    const rlim_t wanted = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur > FILES_KEPT ? (int64_t)limit.rlim_cur - FILES_KEPT : 1;
}

static bool is_loopback(const char *endpoint)
{
    return strncmp(endpoint, "tcp://127.", 10) == 0 || strncmp(endpoint, "tcp://[::1]", 11) == 0 ||
           strncmp(endpoint, "tcp://localhost:", 16) == 0;
}

/* An IPv4 address needs no socket for both, which would tell it as "[::ffff:127.0.0.1]". */
static bool is_ipv4(const char *endpoint)
{
    return strncmp(endpoint, "tcp://", 6) == 0 && endpoint[6] >= '0' && endpoint[6] <= '9';
}

static bool options_set(void *router, const char *listen, const struct key_pair *pair, bool bulk)
{
    const uint64_t affinity = bulk ? AFFINITY_BULK : AFFINITY_CONTROL;
    const struct socket_option options[] = {
        {ZMQ_ROUTER_MANDATORY, 1},
        {ZMQ_ROUTER_HANDOVER, 0},
        {ZMQ_RCVHWM, bulk ? HWM_BULK : HWM_RECEIVE},
        {ZMQ_SNDHWM, bulk ? HWM_BULK : HWM_SEND},
        {ZMQ_BACKLOG, BACKLOG},
        {ZMQ_IPV6, listen != NULL && !is_ipv4(listen)},
        {ZMQ_CURVE_SERVER, 1},
    };

    return socket_set(router, options, sizeof options / sizeof *options) &&
           zmq_setsockopt(router, ZMQ_AFFINITY, &affinity, sizeof affinity) == 0 &&
           zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) == 0 &&
           zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, pair->secret_key, KEY_TEXT_BYTES) == 0;
}

/* Binds where it was told to, or on loopback: the usual port, else any. */
static enum tide_status router_bind(struct transport *transport, const char *listen,
                                    struct error *error)
{
    char usual[KEY_ENDPOINT_BYTES];
    size_t bytes = sizeof transport->endpoint;

    (void)snprintf(usual, sizeof usual, "tcp://127.0.0.1:%d", TRANSPORT_PORT);
    int failed = zmq_bind(transport->router, listen == NULL ? usual : listen);
    if (failed != 0 && errno == EADDRINUSE && listen == NULL) {
        failed = zmq_bind(transport->router, "tcp://127.0.0.1:*");
    }
    if (failed != 0) {
        return error_set(error, errno == EADDRINUSE ? TIDE_BUSY : TIDE_INVALID,
                         "cannot listen on %s: %s", listen == NULL ? usual : listen,
                         zmq_strerror(errno));
    }
    (void)zmq_getsockopt(transport->router, ZMQ_LAST_ENDPOINT, transport->endpoint, &bytes);
    return TIDE_OK;
}

/* Files go by the next port of the same address, so that a firewall knows it; where the first port
 * was any, or nobody else's machine is meant, any will do. */
static enum tide_status bulk_bind(struct transport *transport, const char *listen,
                                  struct error *error)
{
    const bool any = listen == NULL || strstr(listen, ":*") != NULL || is_loopback(listen);
    const int32_t port = key_endpoint_port(transport->endpoint) + 1;
    char next[KEY_ENDPOINT_BYTES];
    size_t bytes = sizeof transport->bulk_endpoint;

    bool good = key_endpoint_at(transport->endpoint, port, next);
    int failed = good ? zmq_bind(transport->bulk.router, next) : -1;
    if (failed != 0 && errno == EADDRINUSE && any) {
        good = key_endpoint_at(transport->endpoint, 0, next);
        failed = zmq_bind(transport->bulk.router, next);
    }
    if (!good || failed != 0) {
        return error_set(error, errno == EADDRINUSE ? TIDE_BUSY : TIDE_INVALID,
                         "cannot listen on %s, where files come and go: %s", next,
                         zmq_strerror(errno));
    }
    (void)zmq_getsockopt(transport->bulk.router, ZMQ_LAST_ENDPOINT, transport->bulk_endpoint,
                         &bytes);
    return TIDE_OK;
}

/* Our key, and the keys of others. A configured directory has a server key of its own. */
static enum tide_status keys_open(struct transport *transport,
                                  const struct transport_config *config, struct key_pair *pair,
                                  struct error *error)
{
    const char *const directories[] = {config->run_directory, config->keys_directory};
    enum tide_status status = keys_directory_make(config->run_directory, error);

    if (status == TIDE_OK && config->keys_directory != NULL) {
        status = keys_serve(config->keys_directory, pair, error);
        if (status == TIDE_OK) {
            status = keys_publish(config->run_directory, pair, error);
        }
    } else if (status == TIDE_OK) {
        status = keys_serve(config->run_directory, pair, error);
    }
    if (status == TIDE_OK) {
        status = keyring_open(directories, transport->peer_count, &transport->keyring);
        if (status != TIDE_OK) {
            (void)error_set(error, status, "%s: %s", config->run_directory,
                            tide_status_text(status));
        }
    }
    return status;
}

static enum tide_status sockets_open(struct transport *transport,
                                     const struct transport_config *config,
                                     const struct key_pair *pair, struct error *error)
{
    enum tide_status status = TIDE_OK;

    transport->context = zmq_ctx_new();
    if (transport->context == NULL) {
        return error_set(error, TIDE_IO, "no ZeroMQ context: %s", zmq_strerror(errno));
    }
    (void)zmq_ctx_set(transport->context, ZMQ_IO_THREADS, THREADS);
    status = zap_open(transport->context, transport->keyring, &transport->zap);
    if (status != TIDE_OK) {
        return error_set(error, status, "cannot check keys: %s", zmq_strerror(errno));
    }
    transport->router = zmq_socket(transport->context, ZMQ_ROUTER);
    transport->bulk.router = zmq_socket(transport->context, ZMQ_ROUTER);
    transport->bulk.keyring = transport->keyring;
    if (transport->router == NULL || transport->bulk.router == NULL ||
        !options_set(transport->router, config->listen, pair, false) ||
        !options_set(transport->bulk.router, config->listen, pair, true)) {
        return error_set(error, TIDE_IO, "cannot make the socket: %s", zmq_strerror(errno));
    }
    status = router_bind(transport, config->listen, error);
    status = status == TIDE_OK ? bulk_bind(transport, config->listen, error) : status;
    if (status == TIDE_OK) {
        status = keys_announce(config->run_directory, transport->endpoint, error);
    }
    return status;
}

enum tide_status transport_open(const struct transport_config *config, struct transport **transport,
                                struct error *error)
{
    struct transport *made = calloc(1, sizeof *made);
    const int64_t files = files_raise();
    struct key_pair pair;
    enum tide_status status = TIDE_OK;

    *transport = NULL;
    if (made == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "no memory for the transport");
    }
    if (config->keys_directory == NULL && config->listen != NULL && !is_loopback(config->listen)) {
        free(made);
        return error_set(error, TIDE_REFUSED,
                         "%s is open to other machines: configure keys first (tidemill keygen)",
                         config->listen);
    }
    made->limits = config->limits;
    made->peer_count = (uint32_t)(config->limits.peers < files ? config->limits.peers : files);
    made->incarnation = config->incarnation;
    made->bulk.incarnation = config->incarnation;
    (void)text_copy(made->cluster, sizeof made->cluster, config->cluster);
    (void)text_copy(made->bulk.cluster, sizeof made->bulk.cluster, config->cluster);
    (void)text_copy(made->run_directory, sizeof made->run_directory, config->run_directory);
    (void)text_copy(made->keys_directory, sizeof made->keys_directory,
                    config->keys_directory == NULL ? config->run_directory
                                                   : config->keys_directory);
    made->sessions = calloc(made->peer_count, sizeof *made->sessions);
    status = made->sessions == NULL ? error_set(error, TIDE_NO_MEMORY, "no memory for %u peers",
                                                (unsigned)made->peer_count)
                                    : keys_open(made, config, &pair, error);
    if (status == TIDE_OK) {
        status = sockets_open(made, config, &pair, error);
    }
    if (status != TIDE_OK) {
        made->run_directory[0] = '\0'; /* it may be another coordinator's */
        transport_close(made);
        return status;
    }
    *transport = made;
    return TIDE_OK;
}

void transport_close(struct transport *transport)
{
    if (transport == NULL) {
        return;
    }
    if (transport->run_directory[0] != '\0') {
        keys_retire(transport->run_directory, transport->endpoint);
    }
    if (transport->router != NULL) {
        (void)zmq_close(transport->router);
    }
    if (transport->bulk.router != NULL) {
        (void)zmq_close(transport->bulk.router);
    }
    zap_close(transport->zap);
    if (transport->context != NULL) {
        (void)zmq_ctx_term(transport->context);
    }
    keyring_close(transport->keyring);
    free(transport->sessions);
    free(transport);
}
