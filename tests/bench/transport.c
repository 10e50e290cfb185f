/*
 * The coordinator's socket alone, codec and encryption included, with its peers in processes of
 * their own on the same machine:
 *   bench_transport trials WORKERS SECONDS   ASSIGN -> ACCEPT, METRIC, RESULT -> RESULT_ACK with
 *                                            every slot (256 a worker) kept full
 *   bench_transport peers COUNT SECONDS      COUNT workers connect from two processes, then RENEW
 *                                            every 30 s each; how long an answer takes
 */
#include "transport/transport.h"
#include "base/number.h"
#include "transport/dealer.h"
#include "wire/example_message.h"

#include <zmq.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LOADERS = 2,
    RENEW_MS = 30000,
    PATH_BYTES = 512,
    POINTS_MAX = 1000000,
    TURN_MS = 10,
    CHILDREN_MAX = 64
};

struct bench {
    char directory[PATH_BYTES];
    struct key_pair server;
    struct key_pair *pairs;
    int count;
    struct transport *transport;
    struct peer *peers;
    char endpoint[KEY_ENDPOINT_BYTES]; /* as the children read it */
    pid_t children[CHILDREN_MAX];
    int child_count;
    int64_t trials, hellos, renews;
};

static int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void check(enum tide_status status, const struct error *error)
{
    if (status != TIDE_OK) {
        (void)fprintf(stderr, "bench_transport: %s\n", error->text);
        exit(1);
    }
}

static double cpu_s(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* A DEALER takes two files. */
static void files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static long resident_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0;
    long resident = 0;

    if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2) {
        resident = 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A worker's public key, without the fsync of keys_grant. */
static void key_put(const struct bench *bench, int worker)
{
    char path[PATH_BYTES + 64];

    (void)snprintf(path, sizeof path, "%s/worker/w%d.pub", bench->directory, worker);
    FILE *file = fopen(path, "w");
    if (file == NULL || fprintf(file, "%s\n", bench->pairs[worker].public_key) < 0 ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void bench_open(struct bench *bench, int count)
{
    struct error error;

    *bench = (struct bench){.directory = "/tmp/bench-transport-XXXXXX", .count = count};
    bench->pairs = calloc((size_t)count, sizeof *bench->pairs);
    bench->peers = calloc((size_t)count, sizeof *bench->peers);
    if (bench->pairs == NULL || bench->peers == NULL || mkdtemp(bench->directory) == NULL) {
        exit(1);
    }
    check(keys_directory_make(bench->directory, &error), &error);
    check(keys_serve(bench->directory, &bench->server, &error), &error);
    for (int i = 0; i < count; i++) {
        key_pair_make(&bench->pairs[i]);
        key_put(bench, i);
    }
}

static void *worker_open(const struct bench *bench, void *context, int worker)
{
    struct key_access access = {.pair = bench->pairs[worker]};
    struct error error;
    void *dealer = NULL;

    (void)snprintf(access.server_key, sizeof access.server_key, "%s", bench->server.public_key);
    (void)snprintf(access.endpoint, sizeof access.endpoint, "%s", bench->endpoint);
    check(dealer_open(context, &access, (struct dealer_retry){1000, 8000}, &dealer, &error),
          &error);
    check(dealer_connect(dealer, &access, &error), &error);
    return dealer;
}

static void worker_say(void *dealer, struct wire_message *message, int worker, enum wire_type type,
                       const struct wire_attempt *attempt)
{
    example_message(message, type);
    (void)snprintf(message->boot, sizeof message->boot, "%032x", (unsigned)worker + 1);
    if (attempt != NULL && type == WIRE_ACCEPT) {
        message->accept = *attempt;
    } else if (attempt != NULL && type == WIRE_METRIC) {
        message->metric.attempt = *attempt;
    } else if (attempt != NULL && type == WIRE_RESULT) {
        message->result.attempt = *attempt;
    }
    while (dealer_send(dealer, message) != TIDE_OK) {
        zmq_pollitem_t item = {.socket = dealer, .events = ZMQ_POLLOUT};
        (void)zmq_poll(&item, 1, -1);
    }
}

/* A worker that does every trial at once. */
static void worker_run(void *dealer, int worker)
{
    struct wire_message heard;
    struct wire_message said;
    char why[256];

    worker_say(dealer, &said, worker, WIRE_HELLO, NULL);
    for (;;) {
        zmq_pollitem_t item = {.socket = dealer, .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, -1);
        while (dealer_receive(dealer, &heard, why, sizeof why) == TIDE_OK) {
            if (heard.type == WIRE_ASSIGN) {
                worker_say(dealer, &said, worker, WIRE_ACCEPT, &heard.assign.attempt);
                worker_say(dealer, &said, worker, WIRE_METRIC, &heard.assign.attempt);
                worker_say(dealer, &said, worker, WIRE_RESULT, &heard.assign.attempt);
            }
            wire_message_fini(&heard);
        }
    }
}

static int compare(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a;
    const int64_t right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

static void latencies_print(int64_t *latencies_us, size_t count)
{
    if (count == 0) {
        return;
    }
    const size_t half = count / 2;
    const size_t most = count * 99 / 100;

    qsort(latencies_us, count, sizeof *latencies_us, compare);
    (void)printf("  %zu answers: p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n", count,
                 (double)latencies_us[half] / 1e3, (double)latencies_us[most] / 1e3,
                 (double)latencies_us[count - 1] / 1e3);
}

/* Half of the workers in one process: each says HELLO, then RENEW in its turn of 30 s; the token is
 * the time of sending. */
struct load {
    const struct bench *bench;
    void **dealers;
    zmq_pollitem_t *items;
    int first, count;
    int64_t *latencies_us;
    size_t answers;
};

static void load_hear(struct load *load, int index, bool measured)
{
    struct wire_message heard;
    char why[256];

    while (dealer_receive(load->dealers[index], &heard, why, sizeof why) == TIDE_OK) {
        if (measured && heard.type == WIRE_LEASE && load->answers < POINTS_MAX) {
            load->latencies_us[load->answers++] = now_us() - heard.lease.token;
        }
        wire_message_fini(&heard);
    }
}

static void load_turn(struct load *load, long wait_ms, bool measured)
{
    if (zmq_poll(load->items, load->count, wait_ms) <= 0) {
        return;
    }
    for (int i = 0; i < load->count; i++) {
        if (load->items[i].revents != 0) {
            load_hear(load, i, measured);
        }
    }
}

static void load_open(struct load *load, const struct bench *bench, int first, int count)
{
    void *context = zmq_ctx_new();
    struct wire_message said;

    *load = (struct load){.bench = bench, .first = first, .count = count};
    (void)zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 4 * count + 64);
    load->dealers = calloc((size_t)count, sizeof *load->dealers);
    load->items = calloc((size_t)count, sizeof *load->items);
    load->latencies_us = calloc(POINTS_MAX, sizeof *load->latencies_us);
    if (load->dealers == NULL || load->items == NULL || load->latencies_us == NULL) {
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        load->dealers[i] = worker_open(bench, context, first + i);
        load->items[i] = (zmq_pollitem_t){.socket = load->dealers[i], .events = ZMQ_POLLIN};
    }
    for (int i = 0; i < count; i++) {
        worker_say(load->dealers[i], &said, first + i, WIRE_HELLO, NULL);
    }
}

static void load_run(const struct bench *bench, int first, int count, int seconds)
{
    struct load load;
    struct wire_message said;
    int64_t sent = 0;

    load_open(&load, bench, first, count);
    const int64_t start_us = now_us();
    while (now_us() - start_us < (int64_t)seconds * 1000000) {
        const int64_t due = (now_us() - start_us) * count / (RENEW_MS * 1000LL);
        for (; sent <= due; sent++) {
            const int worker = (int)(sent % count);
            example_message(&said, WIRE_RENEW);
            (void)snprintf(said.boot, sizeof said.boot, "%032x", (unsigned)(first + worker) + 1);
            said.renew.token = now_us();
            (void)dealer_send(load.dealers[worker], &said);
        }
        load_turn(&load, 1, true);
    }
    (void)printf("  load process: %d workers, %.1f KiB resident each\n", count,
                 (double)resident_kib() / count);
    latencies_print(load.latencies_us, load.answers);
    (void)fflush(stdout);
    _exit(0);
}

static void assign(struct bench *bench, const struct peer *peer)
{
    struct wire_message message;

    example_message(&message, WIRE_ASSIGN);
    message.assign.attempt = (struct wire_attempt){1, (int32_t)(bench->trials % INT32_MAX), 1};
    (void)transport_send(bench->transport, peer, &message);
}

static void hear(struct bench *bench, const struct wire_message *message, const struct peer *peer)
{
    struct wire_message answer;

    if (message->type == WIRE_HELLO) {
        bench->peers[bench->hellos++] = *peer;
    } else if (message->type == WIRE_RESULT) {
        bench->trials++;
        answer = (struct wire_message){
            .type = WIRE_RESULT_ACK,
            .ack = {.attempt = message->result.attempt, .verdict = VERDICT_RECORDED}};
        (void)transport_send(bench->transport, peer, &answer);
        assign(bench, peer);
    } else if (message->type == WIRE_RENEW) {
        bench->renews++;
        answer =
            (struct wire_message){.type = WIRE_LEASE, .lease = {.token = message->renew.token}};
        (void)transport_send(bench->transport, peer, &answer);
    }
}

static void turn(struct bench *bench)
{
    zmq_pollitem_t item = {.socket = transport_socket(bench->transport), .events = ZMQ_POLLIN};
    struct wire_message message;
    struct peer peer;

    (void)zmq_poll(&item, 1, TURN_MS);
    while (transport_receive(bench->transport, now_us() / 1000, &message, &peer) == TIDE_OK) {
        hear(bench, &message, &peer);
        wire_message_fini(&message);
    }
}

static void child_run(struct bench *bench, bool trials, int child, int seconds)
{
    char path[PATH_BYTES + 16];

    (void)snprintf(path, sizeof path, "%s/endpoint", bench->directory);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%255s", bench->endpoint) != 1) {
        exit(1);
    }
    (void)fclose(file);
    if (trials) {
        worker_run(worker_open(bench, zmq_ctx_new(), child), child);
    } else {
        const int share = bench->count / LOADERS;
        load_run(bench, child * share, share, seconds);
    }
}

/* The children are made before the transport has threads; the end of the pipe tells them that it is
 * bound. */
static void children_start(struct bench *bench, bool trials, int seconds)
{
    const struct transport_config config = {.listen = "tcp://127.0.0.1:*",
                                            .run_directory = bench->directory,
                                            .limits = transport_limits_default()};
    struct error error;
    int bound[2];
    char end = 0;

    bench->child_count = trials ? bench->count : LOADERS;
    if (pipe(bound) != 0) {
        exit(1);
    }
    for (int i = 0; i < bench->child_count; i++) {
        bench->children[i] = fork();
        if (bench->children[i] == 0) {
            (void)close(bound[1]);
            (void)read(bound[0], &end, 1);
            child_run(bench, trials, i, seconds);
        }
    }
    check(transport_open(&config, &bench->transport, &error), &error);
    (void)close(bound[1]);
    (void)close(bound[0]);
}

static void bench_trials(struct bench *bench, int seconds)
{
    children_start(bench, true, seconds);
    while (bench->hellos < bench->count) {
        turn(bench);
    }
    for (int i = 0; i < bench->count; i++) {
        for (int slot = 0; slot < WIRE_SLOTS_MAX; slot++) {
            assign(bench, &bench->peers[i]);
        }
    }
    const int64_t start_us = now_us();
    const double start_s = cpu_s();
    bench->trials = 0;
    while (now_us() - start_us < (int64_t)seconds * 1000000) {
        turn(bench);
    }
    const double elapsed_s = (double)(now_us() - start_us) / 1e6;
    (void)printf(
        "%d workers, %d slots: %.0f trials/s, %.0f messages/s, %.0f us of processor a trial\n",
        bench->count, bench->count * WIRE_SLOTS_MAX, (double)bench->trials / elapsed_s,
        5 * (double)bench->trials / elapsed_s, (cpu_s() - start_s) * 1e6 / (double)bench->trials);
}

static void bench_peers(struct bench *bench, int seconds)
{
    const long before_kib = resident_kib();
    int ended = 0;

    children_start(bench, false, seconds);
    const int64_t start_us = now_us();
    while (bench->hellos < bench->count) {
        turn(bench);
    }
    (void)printf("%d workers connected in %.1f s; the coordinator: %.1f KiB resident each\n",
                 bench->count, (double)(now_us() - start_us) / 1e6,
                 (double)(resident_kib() - before_kib) / bench->count);
    (void)fflush(stdout);
    const double start_s = cpu_s();
    while (ended < bench->child_count) {
        turn(bench);
        ended += waitpid(-1, NULL, WNOHANG) > 0 ? 1 : 0;
    }
    (void)printf("  %" PRId64 " RENEWs answered, %.1f %% of a core\n", bench->renews,
                 100 * (cpu_s() - start_s) / seconds);
    bench->child_count = 0;
}

static void bench_close(struct bench *bench)
{
    for (int i = 0; i < bench->child_count; i++) {
        (void)kill(bench->children[i], SIGKILL);
        (void)waitpid(bench->children[i], NULL, 0);
    }
    transport_close(bench->transport);
    free(bench->pairs);
    free(bench->peers);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    int64_t count = 0;
    int64_t seconds = 0;
    const bool trials = argc == 4 && strcmp(argv[1], "trials") == 0;

    if (argc != 4 || (!trials && strcmp(argv[1], "peers") != 0) ||
        !number_parse_integer(argv[2], &count) || !number_parse_integer(argv[3], &seconds) ||
        count < LOADERS || (trials && count > CHILDREN_MAX)) {
        (void)fprintf(stderr, "usage: bench_transport trials|peers COUNT SECONDS\n");
        return 2;
    }
    files_raise();
    bench_open(&bench, (int)count);
    if (trials) {
        bench_trials(&bench, (int)seconds);
    } else {
        bench_peers(&bench, (int)seconds);
    }
    bench_close(&bench);
    return 0;
}
