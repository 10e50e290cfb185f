/*
 * How fast checkpoints reach the coordinator over loopback and come back, and what the heartbeats
 * of its workers feel of it: a whole coordinator; workers of another process that each send RENEW
 * once a second, of which the first runs a trial; and a third process that stores checkpoints of
 * that trial, 256 MiB each that do not shrink, and fetches each again, until the sum is reached.
 *
 *     bench_bulk [MIB [WORKERS [FOLDER]]]      1024, 100, .
 */
#include "base/text.h"
#include "loop/coordinator.h"
#include "transport/dealer.h"
#include "transport/dealer_carry.h"

#include <sodium.h>
#include <zmq.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BEATING_MAX = 1000,
    BEATS_MAX = 1000000,
    OBJECT_MIB = 256,
    OBJECTS_MAX = 64,
    QUIET_S = 10,
    HASH_BYTES = 32,
    PATIENCE_MS = 60000
};

enum phase { PHASE_JOIN, PHASE_QUIET, PHASE_STORE, PHASE_FETCH, PHASE_OVER };

static const char spec_text[] = "name: bulk\ncommand: [\"true\", \"{x}\"]\n"
                                "parameters: {x: {type: float, min: 0, max: 1}}\n"
                                "objective: {metric: loss, direction: minimize}\n"
                                "search: {algorithm: random}\nbudget: {trials: 1}\n"
                                "checkpoint: {max_size: 1GiB}\n";

/* What the processes share. */
struct board {
    _Atomic int phase;
    _Atomic int welcome; /* workers that have met the coordinator */
    _Atomic bool given;  /* the first one has an attempt, and these: */
    struct wire_attempt attempt;
    struct key_access way;
    _Atomic size_t counts[PHASE_OVER];
    float beats_ms[PHASE_OVER][BEATS_MAX];
};

static struct board *board;
static char run_directory[700];

static void die(const char *what, const struct error *error)
{
    (void)fprintf(stderr, "bench_bulk: %s: %s\n", what, error == NULL ? "" : error->text);
    exit(1);
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the workers ---- */

struct beat {
    void *dealer;
    double next_s, sent_s; /* sent: 0 answered */
    int64_t seq, incarnation;
    char cluster[WIRE_ID_HEX + 1];
    struct wire_attempt attempt; /* number 0 none */
};

static void say(struct beat *beat, int index, struct wire_message *message)
{
    (void)snprintf(message->boot, sizeof message->boot, "%032x", index + 1);
    (void)text_copy(message->cluster, sizeof message->cluster, beat->cluster);
    message->incarnation = beat->incarnation;
    message->seq = ++beat->seq;
    (void)!dealer_send(beat->dealer, message);
}

static void say_hello(struct beat *beat, int index)
{
    static struct wire_message hello;

    hello = (struct wire_message){.type = WIRE_HELLO};
    hello.hello = (struct wire_hello){.version_oldest = WIRE_VERSION_OLDEST,
                                      .version_newest = WIRE_VERSION,
                                      .software = "bench",
                                      .host = "bench",
                                      .pool = "default",
                                      .slots = 1};
    say(beat, index, &hello);
}

/* It is welcome; the first one takes the trial. */
static void meet(struct beat *beat, int index, const struct wire_message *welcome)
{
    static struct wire_message ready;
    char control[KEY_ENDPOINT_BYTES];

    beat->incarnation = welcome->incarnation;
    (void)text_copy(beat->cluster, sizeof beat->cluster, welcome->cluster);
    (void)atomic_fetch_add(&board->welcome, 1);
    if (index == 0) {
        (void)text_copy(control, sizeof control, board->way.endpoint);
        (void)key_endpoint_at(control, welcome->welcome.bulk_port, board->way.endpoint);
        ready = (struct wire_message){.type = WIRE_READY, .ready = {.slots_free = 1}};
        say(beat, index, &ready);
    }
}

static void begin(struct beat *beat, int index, const struct wire_assign *assign)
{
    static struct wire_message accept;

    beat->attempt = assign->attempt;
    accept = (struct wire_message){.type = WIRE_ACCEPT, .accept = assign->attempt};
    say(beat, index, &accept);
    board->attempt = assign->attempt;
    atomic_store(&board->given, true);
}

static void hear(struct beat *beat, int index)
{
    static struct wire_message message;
    char why[128];

    while (dealer_receive(beat->dealer, &message, why, sizeof why) == TIDE_OK) {
        const int phase = atomic_load(&board->phase);
        if (message.type == WIRE_WELCOME && beat->incarnation == 0) {
            meet(beat, index, &message);
        } else if (message.type == WIRE_ASSIGN) {
            begin(beat, index, &message.assign);
        } else if (message.type == WIRE_LEASE && beat->sent_s > 0) {
            const size_t at = atomic_load(&board->counts[phase % PHASE_OVER]);
            if (at < BEATS_MAX) {
                board->beats_ms[phase % PHASE_OVER][at] = (float)((now_s() - beat->sent_s) * 1000);
                atomic_store(&board->counts[phase % PHASE_OVER], at + 1);
            }
            beat->sent_s = 0;
        }
        wire_message_fini(&message);
    }
}

static void speak(struct beat *beat, int index)
{
    static struct wire_message renew;
    const double now = now_s();

    if (now < beat->next_s) {
        return;
    }
    beat->next_s = now + 1;
    if (beat->incarnation == 0) {
        say_hello(beat, index);
        return;
    }
    renew = (struct wire_message){.type = WIRE_RENEW, .renew = {.token = 1}};
    renew.renew.count = beat->attempt.number > 0 ? 1 : 0;
    renew.renew.running[0] = (struct wire_running){.attempt = beat->attempt, .step = -1};
    beat->sent_s = now;
    say(beat, index, &renew);
}

_Noreturn static void workers_main(int count)
{
    static struct beat beats[BEATING_MAX];
    static zmq_pollitem_t items[BEATING_MAX];
    void *context = zmq_ctx_new();
    struct error error;

    for (int i = 0; i < count; i++) {
        char name[KEY_NAME_BYTES];
        struct key_access access;
        (void)snprintf(name, sizeof name, "bench-%d", i);
        if (keys_join(run_directory, KEY_WORKER, name, &access, &error) != TIDE_OK ||
            dealer_open(context, &access, (struct dealer_retry){100, 1000}, &beats[i].dealer,
                        &error) != TIDE_OK ||
            dealer_connect(beats[i].dealer, &access, &error) != TIDE_OK) {
            die("joining", &error);
        }
        board->way = i == 0 ? access : board->way;
        items[i] = (zmq_pollitem_t){.socket = beats[i].dealer, .events = ZMQ_POLLIN};
        beats[i].next_s = now_s() + (double)i / count;
    }
    while (atomic_load(&board->phase) != PHASE_OVER) {
        (void)zmq_poll(items, count, 5);
        for (int i = 0; i < count; i++) {
            if (items[i].revents != 0) {
                hear(&beats[i], i);
            }
            speak(&beats[i], i);
        }
    }
    _exit(0);
}

/* ---- the checkpoints ---- */

static int make_file(const char *folder)
{
    char path[800];

    (void)snprintf(path, sizeof path, "%s/object-XXXXXX", folder);
    const int fd = mkstemp(path);
    (void)unlink(path);
    return fd;
}

/* Bytes that do not shrink, and their hash. */
static int make_object(const char *folder, int number, char hash[2 * HASH_BYTES + 1])
{
    static unsigned char block[1024 * 1024];
    static const unsigned char seed[randombytes_SEEDBYTES] = {1};
    crypto_generichash_state state;
    unsigned char digest[HASH_BYTES];
    const int fd = make_file(folder);

    (void)crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    randombytes_buf_deterministic(block, sizeof block, seed);
    for (int i = 0; i < OBJECT_MIB; i++) {
        (void)snprintf((char *)block, 32, "%d %d", number, i);
        (void)crypto_generichash_update(&state, block, sizeof block);
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block) {
            die("writing a file to send", NULL);
        }
    }
    (void)crypto_generichash_final(&state, digest, sizeof digest);
    (void)sodium_bin2hex(hash, 2 * HASH_BYTES + 1, digest, sizeof digest);
    return fd;
}

static double cpu_s(int who)
{
    struct rusage usage;

    (void)getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct sum {
    double seconds, cpu_s;
};

static void carry_one(enum phase phase, const char *hash, int fd, struct sum *sum)
{
    const struct carry carry = {.access = &board->way,
                                .claim = {OBJECT_CHECKPOINT, board->attempt, hash},
                                .fd = fd,
                                .bytes = (int64_t)OBJECT_MIB << 20,
                                .patience_ms = PATIENCE_MS};
    const double begin_cpu_s = cpu_s(RUSAGE_SELF);
    struct error error;

    atomic_store(&board->phase, phase);
    const double begin_s = now_s();
    if ((phase == PHASE_STORE ? carry_store(&carry, &error) : carry_fetch(&carry, &error)) !=
        TIDE_OK) {
        die("carrying", &error);
    }
    sum->seconds += now_s() - begin_s;
    sum->cpu_s += cpu_s(RUSAGE_SELF) - begin_cpu_s;
}

static void tell_sum(const char *what, int count, const struct sum *sum)
{
    (void)printf("%d MiB %s in %.2f s: %.0f MB/s; the worker's CPU %.2f s\n", count * OBJECT_MIB,
                 what, sum->seconds, (double)count * OBJECT_MIB * 1.048576 / sum->seconds,
                 sum->cpu_s);
}

_Noreturn static void carry_main(const char *folder, int count)
{
    char hashes[OBJECTS_MAX][2 * HASH_BYTES + 1];
    int sent[OBJECTS_MAX];
    int fetched[OBJECTS_MAX];
    struct sum store = {0};
    struct sum fetch = {0};

    for (int i = 0; i < count; i++) {
        sent[i] = make_object(folder, i, hashes[i]);
        fetched[i] = make_file(folder);
    }
    for (int i = 0; i < count; i++) {
        carry_one(PHASE_STORE, hashes[i], sent[i], &store);
        carry_one(PHASE_FETCH, hashes[i], fetched[i], &fetch);
    }
    tell_sum("stored, durable,", count, &store);
    tell_sum("fetched", count, &fetch);
    (void)fflush(stdout);
    _exit(0);
}

/* ---- the whole ---- */

static int by_value(const void *a, const void *b)
{
    const float left = *(const float *)a;
    const float right = *(const float *)b;

    return (left > right) - (left < right);
}

static void tell(const char *when, enum phase phase)
{
    const size_t count = atomic_load(&board->counts[phase]);
    float *beats = board->beats_ms[phase];

    qsort(beats, count, sizeof *beats, by_value);
    if (count > 0) {
        (void)printf("%s: %zu RENEWs answered: p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n", when,
                     count, (double)beats[count / 2], (double)beats[count * 99 / 100],
                     (double)beats[count - 1]);
    }
}

_Noreturn static void serve_main(const char *store)
{
    const struct coordinator_options options = {.store = store, .listen = "tcp://127.0.0.1:*"};
    static struct spec_report report;
    struct coordinator *coordinator = NULL;
    struct spec *spec = NULL;
    struct error error;
    int32_t experiment = 0;

    if (coordinator_open(&options, &coordinator, &error) != TIDE_OK ||
        spec_parse(spec_text, strlen(spec_text), "spec", &spec, &report) != TIDE_OK ||
        coordinator_submit(coordinator, spec, "/", &experiment, &error) != TIDE_OK) {
        die("opening", &error);
    }
    while (atomic_load(&board->phase) != PHASE_OVER) {
        if (coordinator_turn(coordinator, -1, 100, &error) != TIDE_OK) {
            die("turning", &error);
        }
    }
    (void)printf("the coordinator's CPU %.2f s, all its threads\n", cpu_s(RUSAGE_SELF));
    (void)fflush(stdout);
    _exit(0);
}

int main(int argc, char **argv)
{
    const int mib = argc > 1 ? atoi(argv[1]) : 1024;
    const int workers = argc > 2 ? atoi(argv[2]) : 100;
    const char *parent = argc > 3 ? argv[3] : ".";
    char folder[512];
    char store[600];
    char announced[800];

    (void)snprintf(folder, sizeof folder, "%s/tidemill-bench-XXXXXX", parent);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sodium_init() < 0 || board == MAP_FAILED || mkdtemp(folder) == NULL ||
        workers > BEATING_MAX || mib / OBJECT_MIB > OBJECTS_MAX) {
        die("cannot begin", NULL);
    }
    (void)snprintf(store, sizeof store, "%s/s.db", folder);
    (void)snprintf(run_directory, sizeof run_directory, "%s.run", store);
    const pid_t serving = fork();
    if (serving == 0) {
        serve_main(store);
    }
    (void)snprintf(announced, sizeof announced, "%s/endpoint", run_directory);
    while (access(announced, R_OK) != 0) {
        (void)usleep(1000);
    }
    const pid_t joined = fork();
    if (joined == 0) {
        workers_main(workers);
    }
    while (atomic_load(&board->welcome) < workers || !atomic_load(&board->given)) {
        (void)usleep(10000);
    }
    atomic_store(&board->phase, PHASE_QUIET);
    (void)sleep(QUIET_S);
    const pid_t carrying = fork();
    if (carrying == 0) {
        carry_main(folder, mib / OBJECT_MIB);
    }
    (void)waitpid(carrying, NULL, 0);
    atomic_store(&board->phase, PHASE_OVER);
    (void)waitpid(serving, NULL, 0);
    (void)waitpid(joined, NULL, 0);
    tell("without files", PHASE_QUIET);
    tell("while they are stored", PHASE_STORE);
    tell("while they are fetched", PHASE_FETCH);
    (void)printf("the objects are in %s.objects\n", store);
    return 0;
}
