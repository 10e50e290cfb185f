/*
 * The workers of bench_fleet: sessions, heartbeats, trials that do nothing,
 * results; how long each answer took.
 */
#include "fleet.h"

#include <zmq.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    RENEW_US = 30000000,
    TRIAL_US = 30000000, /* on average */
    LOOKS = 100,         /* connections looked at in a turn */
    READY_MAX = 256      /* sockets with news taken in a turn */
};

/* One worker with one slot. */
struct worker {
    void *dealer;
    bool up, welcomed, running, reported;
    struct wire_attempt attempt;
    int64_t renew_us, due_us, asked_us;
};

struct load {
    const struct fleet *fleet;
    int loader, first, count;
    struct worker *workers;
    int epoll, looked;
    struct wire_message said, heard;
};

int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void check(enum tide_status status, const struct error *error)
{
    if (status != TIDE_OK) {
        (void)fprintf(stderr, "bench_fleet: %s\n", error->text);
        exit(1);
    }
}

/* ---- one worker ---- */

static bool say(struct load *load, int index, enum wire_type type)
{
    struct wire_message *said = &load->said;

    said->type = type;
    (void)snprintf(said->boot, sizeof said->boot, "%032x", (unsigned)(load->first + index) + 1);
    said->seq++;
    return dealer_send(load->workers[index].dealer, said) == TIDE_OK;
}

static void say_hello(struct load *load, int index)
{
    const struct worker *worker = &load->workers[index];
    struct wire_hello *hello = &load->said.hello;

    memset(hello, 0, sizeof *hello);
    *hello = (struct wire_hello){.version_oldest = WIRE_VERSION_OLDEST,
                                 .version_newest = WIRE_VERSION,
                                 .software = "bench_fleet",
                                 .host = "here",
                                 .pool = "default",
                                 .slots = 1,
                                 .cpus_milli = 1000,
                                 .memory_bytes = 1 << 30};
    if (worker->running && !worker->reported) {
        hello->running[hello->running_count++] =
            (struct wire_running){.attempt = worker->attempt, .step = -1};
    } else if (worker->running) {
        hello->outbox[hello->outbox_count++] = worker->attempt;
    }
    (void)say(load, index, WIRE_HELLO);
}

static void say_ready(struct load *load, int index)
{
    load->said.ready = (struct wire_ready){load->workers[index].running ? 0 : 1};
    (void)say(load, index, WIRE_READY);
}

static void say_renew(struct load *load, int index)
{
    struct worker *worker = &load->workers[index];
    struct wire_renew *renew = &load->said.renew;

    renew->token = now_us();
    renew->count = worker->running && !worker->reported ? 1 : 0;
    renew->running[0] = (struct wire_running){.attempt = worker->attempt, .step = -1};
    if (say(load, index, WIRE_RENEW)) {
        worker->renew_us = renew->token + RENEW_US;
    }
}

static void say_result(struct load *load, int index)
{
    struct worker *worker = &load->workers[index];
    struct wire_result *result = &load->said.result;

    memset(result, 0, sizeof *result);
    *result = (struct wire_result){.attempt = worker->attempt,
                                   .outcome = OUTCOME_COMPLETED,
                                   .cause = CAUSE_EXIT,
                                   .last_step = -1,
                                   .value_count = 1,
                                   .message = ""};
    result->values[0] = (struct wire_value){"loss", 0.5};
    worker->asked_us = now_us();
    worker->reported = say(load, index, WIRE_RESULT);
    worker->due_us = worker->asked_us + 10000000; /* again, should no answer come */
}

static void point(struct shared *shared, int kind, int64_t took_us)
{
    if (shared->phase == 1) {
        const int at = atomic_fetch_add(&shared->points[kind], 1);
        if (at < POINTS_MAX) {
            shared->latencies_us[kind][at] = took_us;
        }
    }
}

/* ---- what a worker hears ---- */

static void hear_welcome(struct load *load, int index)
{
    struct worker *worker = &load->workers[index];
    const struct wire_welcome *welcome = &load->heard.welcome;
    struct shared *shared = load->fleet->shared;

    memcpy(load->said.cluster, load->heard.cluster, sizeof load->said.cluster);
    load->said.incarnation = load->heard.incarnation;
    shared->welcomed[load->loader] += worker->welcomed ? 0 : 1;
    worker->welcomed = true;
    for (size_t i = 0; i < welcome->running_count; i++) {
        const bool keep = welcome->running[i].verdict == VERDICT_KEEP;
        *(keep ? &shared->kept : &shared->stopped) += 1;
        worker->running = keep;
    }
    say_ready(load, index);
}

static void hear_assign(struct load *load, int index)
{
    struct worker *worker = &load->workers[index];
    const int64_t spread_us = (int64_t)(load->first + index) * 7919 % TRIAL_US;

    worker->attempt = load->heard.assign.attempt;
    worker->running = true;
    worker->reported = false;
    worker->due_us = now_us() + TRIAL_US / 2 + spread_us;
    load->said.accept = worker->attempt;
    (void)say(load, index, WIRE_ACCEPT);
}

static void hear(struct load *load, int index)
{
    struct worker *worker = &load->workers[index];
    struct shared *shared = load->fleet->shared;

    if (load->heard.type == WIRE_WELCOME) {
        hear_welcome(load, index);
    } else if (load->heard.type == WIRE_WHO) {
        say_hello(load, index);
    } else if (load->heard.type == WIRE_ASSIGN) {
        hear_assign(load, index);
    } else if (load->heard.type == WIRE_LEASE) {
        point(shared, 0, now_us() - load->heard.lease.token);
    } else if (load->heard.type == WIRE_RESULT_ACK && worker->running) {
        point(shared, 1, now_us() - worker->asked_us);
        worker->running = false;
        say_ready(load, index);
    }
}

/* All that has come. What is sent also takes the socket's signal, so this
 * follows each sending. */
static void drain(struct load *load, int index)
{
    char why[256];

    while (dealer_receive(load->workers[index].dealer, &load->heard, why, sizeof why) == TIDE_OK) {
        hear(load, index);
        wire_message_fini(&load->heard);
    }
}

/* A broken connection is a socket that cannot be written to; when it can again,
 * HELLO. */
static void look(struct load *load, int index)
{
    struct worker *worker = &load->workers[index];
    int events = 0;
    size_t bytes = sizeof events;

    (void)zmq_getsockopt(worker->dealer, ZMQ_EVENTS, &events, &bytes);
    const bool up = (events & ZMQ_POLLOUT) != 0;
    if (up && !worker->up) {
        say_hello(load, index);
    } else if (!up && worker->up) {
        load->fleet->shared->welcomed[load->loader] -= worker->welcomed ? 1 : 0;
        worker->welcomed = false;
    }
    worker->up = up;
    drain(load, index);
}

static void act(struct load *load, int index, int64_t now)
{
    struct worker *worker = &load->workers[index];
    const bool renews = worker->welcomed && worker->renew_us <= now;
    const bool reports = worker->welcomed && worker->running && worker->due_us <= now;

    if (renews) {
        say_renew(load, index);
    }
    if (reports) {
        say_result(load, index);
    }
    if (renews || reports) {
        drain(load, index);
    }
}

/* ---- a process of workers ---- */

/* Only sockets with news are touched: with all of them in one zmq_poll the time
 * of an answer would be that of looking at 5,000 sockets. */
static void load_turn(struct load *load)
{
    struct epoll_event news[READY_MAX];
    const int count = epoll_wait(load->epoll, news, READY_MAX, 2);

    for (int i = 0; i < count; i++) {
        drain(load, (int)news[i].data.u32);
    }
    const int64_t now = now_us();
    for (int i = 0; i < load->count; i++) {
        act(load, i, now);
    }
    for (int i = 0; i < LOOKS; i++) {
        load->looked = (load->looked + 1) % load->count;
        look(load, load->looked);
    }
}

static void listen_to(struct load *load, int index)
{
    int fd = -1;
    size_t bytes = sizeof fd;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};

    if (zmq_getsockopt(load->workers[index].dealer, ZMQ_FD, &fd, &bytes) != 0 ||
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        perror("bench_fleet");
        exit(1);
    }
}

static void load_open(struct load *load)
{
    void *context = zmq_ctx_new();
    struct error error;

    (void)zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 2 * load->count + 64);
    load->workers = calloc((size_t)load->count, sizeof *load->workers);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < load->count; i++) {
        struct key_access access = {.pair = load->fleet->pairs[load->first + i]};
        struct worker *worker = &load->workers[i];
        memcpy(access.server_key, load->fleet->server.public_key, sizeof access.server_key);
        (void)snprintf(access.endpoint, sizeof access.endpoint, "%s", load->fleet->endpoint);
        const struct dealer_retry retry = {1000 + i % 1000, 8000}; /* spread, as workers do */
        check(dealer_open(context, &access, retry, &worker->dealer, &error), &error);
        check(dealer_connect(worker->dealer, &access, &error), &error);
        worker->renew_us = now_us() + (int64_t)i * RENEW_US / load->count;
        listen_to(load, i);
    }
}

void load_run(const struct fleet *fleet, int loader)
{
    static struct load load;

    load = (struct load){.fleet = fleet,
                         .loader = loader,
                         .first = loader * (fleet->count / LOADERS),
                         .count = fleet->count / LOADERS};
    load_open(&load);
    while (fleet->shared->phase < 3) {
        load_turn(&load);
    }
    _exit(0);
}
