/*
 * ZAP 1.0 (rfc.zeromq.org/spec/27), CURVE only: seven frames are asked, six are answered.
 */
#include "transport/zap.h"

#include "base/text.h"

#include <zmq.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { REQUEST_FRAMES = 7, FRAME_BYTES = 256 };

/* The frames of a request, in their order. */
enum {
    FRAME_VERSION,
    FRAME_ID,
    FRAME_DOMAIN,
    FRAME_ADDRESS,
    FRAME_ROUTING,
    FRAME_MECHANISM,
    FRAME_KEY
};

struct zap {
    struct keyring *keyring;
    void *socket;
    pthread_t thread;
    int stop_fd;
    int ended_fd;
    atomic_bool ended;
    atomic_uint_fast64_t refused;
};

struct request {
    char frames[REQUEST_FRAMES][FRAME_BYTES];
    size_t bytes[REQUEST_FRAMES];
    int count; /* may be more than there is room for: such a request is refused */
};

/* Reads one request to its end; false when the socket is no more. */
static bool request_read(struct zap *zap, struct request *request)
{
    int more = 1;
    size_t size = sizeof more;

    for (request->count = 0; more != 0; request->count++) {
        char spare[FRAME_BYTES];
        const bool room = request->count < REQUEST_FRAMES;
        const int got =
            zmq_recv(zap->socket, room ? request->frames[request->count] : spare, FRAME_BYTES, 0);
        if (got < 0 || zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &size) != 0) {
            return false;
        }
        if (room) {
            request->bytes[request->count] = got < FRAME_BYTES ? (size_t)got : FRAME_BYTES;
        }
    }
    return true;
}

static bool frame_is(const struct request *request, int frame, const char *text)
{
    return request->bytes[frame] == strlen(text) &&
           memcmp(request->frames[frame], text, strlen(text)) == 0;
}

static bool request_allowed(struct zap *zap, const struct request *request,
                            struct keyring_grant *grant)
{
    return request->count == REQUEST_FRAMES && frame_is(request, FRAME_VERSION, "1.0") &&
           frame_is(request, FRAME_DOMAIN, ZAP_DOMAIN) &&
           frame_is(request, FRAME_MECHANISM, "CURVE") &&
           request->bytes[FRAME_KEY] == KEYRING_KEY_BYTES &&
           keyring_find(zap->keyring, (const uint8_t *)request->frames[FRAME_KEY], grant);
}

static bool answer(struct zap *zap, const struct request *request, bool allowed, const char *user)
{
    const struct {
        const char *data;
        size_t bytes;
    } frames[] = {
        {"1.0", 3},
        {request->frames[FRAME_ID], request->count > FRAME_ID ? request->bytes[FRAME_ID] : 0},
        {allowed ? "200" : "400", 3},
        {allowed ? "OK" : "unknown key", allowed ? 2 : 11},
        {user, strlen(user)},
        {"", 0},
    };
    const size_t count = sizeof frames / sizeof *frames;

    for (size_t i = 0; i < count; i++) {
        if (zmq_send(zap->socket, frames[i].data, frames[i].bytes,
                     i + 1 < count ? ZMQ_SNDMORE : 0) < 0) {
            return false;
        }
    }
    return true;
}

static bool request_serve(struct zap *zap)
{
    struct request request;
    struct keyring_grant grant;
    char user[ZAP_USER_BYTES] = "";

    if (!request_read(zap, &request)) {
        return false;
    }
    const bool allowed = request_allowed(zap, &request, &grant);
    if (allowed) {
        (void)snprintf(user, sizeof user, "%s:%s:%" PRIu32 ":%" PRIu32, key_role_text(grant.role),
                       grant.name, grant.holder, grant.grant);
    } else {
        atomic_fetch_add(&zap->refused, 1);
    }
    return answer(zap, &request, allowed, user);
}

static void *zap_run(void *argument)
{
    struct zap *zap = argument;
    zmq_pollitem_t items[] = {{.socket = zap->socket, .events = ZMQ_POLLIN},
                              {.fd = zap->stop_fd, .events = ZMQ_POLLIN}};
    bool serving = true;

    while (serving) {
        items[0].revents = items[1].revents = 0;
        serving = (zmq_poll(items, 2, -1) >= 0 || errno == EINTR) && items[1].revents == 0;
        if (serving && items[0].revents != 0) {
            serving = request_serve(zap);
        }
    }
    /* The socket stays bound: unanswered requests let nobody in, a missing handler everybody. */
    atomic_store(&zap->ended, true);
    (void)eventfd_write(zap->ended_fd, 1);
    return NULL;
}

/* The thread takes no signals: those belong to the loop. */
static bool thread_start(struct zap *zap)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&zap->thread, NULL, zap_run, zap);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

static void zap_free(struct zap *zap)
{
    if (zap->stop_fd >= 0) {
        (void)close(zap->stop_fd);
    }
    if (zap->ended_fd >= 0) {
        (void)close(zap->ended_fd);
    }
    free(zap);
}

enum tide_status zap_open(void *context, struct keyring *keyring, struct zap **zap)
{
    struct zap *made = calloc(1, sizeof *made);

    *zap = NULL;
    if (made == NULL) {
        return TIDE_NO_MEMORY;
    }
    made->keyring = keyring;
    made->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    made->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    made->socket = zmq_socket(context, ZMQ_REP);
    if (made->stop_fd < 0 || made->ended_fd < 0 || made->socket == NULL ||
        zmq_setsockopt(made->socket, ZMQ_LINGER, &(int){0}, sizeof(int)) != 0 ||
        zmq_bind(made->socket, "inproc://zeromq.zap.01") != 0 || !thread_start(made)) {
        if (made->socket != NULL) {
            (void)zmq_close(made->socket);
        }
        zap_free(made);
        return TIDE_IO;
    }
    *zap = made;
    return TIDE_OK;
}

void zap_stop(struct zap *zap)
{
    (void)eventfd_write(zap->stop_fd, 1);
}

void zap_close(struct zap *zap)
{
    if (zap != NULL) {
        zap_stop(zap);
        (void)pthread_join(zap->thread, NULL);
        (void)zmq_close(zap->socket);
        zap_free(zap);
    }
}

int zap_ended_fd(const struct zap *zap)
{
    return zap->ended_fd;
}

bool zap_ended(const struct zap *zap)
{
    return atomic_load(&zap->ended);
}

uint64_t zap_refused_count(const struct zap *zap)
{
    return atomic_load(&zap->refused);
}

bool zap_user_read(const char *user, struct keyring_grant *grant)
{
    char role[KEY_NAME_BYTES];

    if (user == NULL || sscanf(user, "%63[a-z]:%63[^:]:%" SCNu32 ":%" SCNu32, role, grant->name,
                               &grant->holder, &grant->grant) != 4) {
        return false;
    }
    for (int i = 0; i < KEY_ROLE_COUNT; i++) {
        if (text_equal(role, key_role_text((enum key_role)i))) {
            grant->role = (enum key_role)i;
            return true;
        }
    }
    return false;
}
