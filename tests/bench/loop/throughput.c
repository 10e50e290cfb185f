/*
 * How many trials a second go through the whole coordinator: suggestion (random), dispatch over
 * CURVE, acceptance, result, durable commit, acknowledgement; with trials that do nothing and a
 * disk whose syncs take 4 ms. The workers are one other process, which answers every ASSIGN at
 * once. Then the coordinator is ended as by kill -9 and started again on the same store.
 *
 *     bench_throughput [TRIALS [SLOTS [FOLDER]]]      20000, 1000, /dev/shm
 */
#include "loop/clock.h"
#include "loop/coordinator.h"
#include "support/shim_vfs.h"
#include "transport/dealer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { DEALERS_MAX = 64, SYNC_US = 4000 };

static const char boot[] = "00000000000000000000000000000b07";

static void die(const char *what, const struct error *error)
{
    (void)fprintf(stderr, "bench_throughput: %s: %s\n", what, error == NULL ? "" : error->text);
    exit(1);
}

/* ---- the workers: a process of their own ---- */

struct load {
    void *dealers[DEALERS_MAX];
    int count;
    int slots; /* of each */
    int64_t seq;
};

static void say(struct load *load, int index, struct wire_message *message)
{
    (void)snprintf(message->boot, sizeof message->boot, "%s", boot);
    message->seq = ++load->seq;
    while (dealer_send(load->dealers[index], message) == TIDE_UNREACHABLE) {
        zmq_pollitem_t item = {.socket = load->dealers[index], .events = ZMQ_POLLOUT};
        (void)zmq_poll(&item, 1, 1000);
    }
}

static void say_hello(struct load *load, int index)
{
    static struct wire_message hello;
    static struct wire_message ready;

    hello = (struct wire_message){.type = WIRE_HELLO};
    hello.hello = (struct wire_hello){.version_oldest = WIRE_VERSION_OLDEST,
                                      .version_newest = WIRE_VERSION,
                                      .software = "bench",
                                      .host = "bench",
                                      .pool = "default",
                                      .slots = load->slots,
                                      .cpus_milli = 1000,
                                      .memory_bytes = 1};
    say(load, index, &hello);
    ready = (struct wire_message){.type = WIRE_READY, .ready = {.slots_free = load->slots}};
    say(load, index, &ready);
}

static void answer_assign(struct load *load, int index, const struct wire_assign *assign)
{
    static struct wire_message accept;
    static struct wire_message result;

    accept = (struct wire_message){.type = WIRE_ACCEPT, .accept = assign->attempt};
    say(load, index, &accept);
    result = (struct wire_message){.type = WIRE_RESULT};
    result.result =
        (struct wire_result){.attempt = assign->attempt,
                             .outcome = OUTCOME_COMPLETED,
                             .cause = CAUSE_EXIT,
                             .last_step = 1,
                             .values = {{.name = "loss", .value = assign->attempt.trial}},
                             .value_count = 1,
                             .message = ""};
    say(load, index, &result);
}

static void listen_to(struct load *load, int index)
{
    static struct wire_message message;
    char why[128];

    while (dealer_receive(load->dealers[index], &message, why, sizeof why) == TIDE_OK) {
        if (message.type == WIRE_ASSIGN) {
            answer_assign(load, index, &message.assign);
        } else if (message.type == WIRE_WHO) {
            say_hello(load, index);
        }
        wire_message_fini(&message);
    }
}

_Noreturn static void load_main(const char *keys, int slots)
{
    static struct load load;
    zmq_pollitem_t items[DEALERS_MAX];
    void *context = zmq_ctx_new();
    struct error error;

    load.count = (slots + WIRE_SLOTS_MAX - 1) / WIRE_SLOTS_MAX;
    load.slots = slots / load.count;
    for (int i = 0; i < load.count; i++) {
        char name[KEY_NAME_BYTES];
        struct key_access access;
        (void)snprintf(name, sizeof name, "bench-%d", i);
        if (keys_join(keys, KEY_WORKER, name, &access, &error) != TIDE_OK ||
            dealer_open(context, &access, (struct dealer_retry){100, 1000}, &load.dealers[i],
                        &error) != TIDE_OK ||
            dealer_connect(load.dealers[i], &access, &error) != TIDE_OK) {
            die("joining", &error);
        }
        items[i] = (zmq_pollitem_t){.socket = load.dealers[i], .events = ZMQ_POLLIN};
        say_hello(&load, i);
    }
    for (;;) { /* until it is killed */
        (void)zmq_poll(items, load.count, -1);
        for (int i = 0; i < load.count; i++) {
            listen_to(&load, i);
        }
    }
}

/* ---- the coordinator ---- */

static double cpu_s(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct spec *spec_make(int trials)
{
    char text[512];
    struct spec *spec = NULL;
    struct spec_report *report = calloc(1, sizeof *report);

    (void)snprintf(
        text, sizeof text,
        "name: bench\ncommand: [\"true\", \"{x}\"]\n"
        "parameters: {x: {type: float, min: 0, max: 1}, y: {type: float, min: 0, max: 1}}\n"
        "objective: {metric: loss, direction: minimize}\n"
        "search: {algorithm: random}\nbudget: {trials: %d}\n",
        trials);
    if (report == NULL || spec_parse(text, strlen(text), "bench", &spec, report) != TIDE_OK) {
        die("the spec", NULL);
    }
    free(report);
    return spec;
}

static void search(const struct coordinator_options *options, int trials, int slots)
{
    struct coordinator *coordinator = NULL;
    struct error error;
    int32_t experiment = 0;

    if (coordinator_open(options, &coordinator, &error) != TIDE_OK) {
        die("opening", &error);
    }
    (void)fflush(stdout);
    const pid_t load = fork(); /* small as yet; the child makes a context of its own */
    if (load == 0) {
        load_main(coordinator_run_directory(coordinator), slots);
    }
    if (coordinator_submit(coordinator, spec_make(trials), "/", &experiment, &error) != TIDE_OK) {
        die("submitting", &error);
    }
    const double begin_cpu_s = cpu_s();
    const int64_t begin_ms = clock_boot_ms();
    while (!coordinator_idle(coordinator, experiment)) {
        if (coordinator_turn(coordinator, -1, 1000, &error) != TIDE_OK) {
            die("turning", &error);
        }
    }
    const double wall_s = (double)(clock_boot_ms() - begin_ms) / 1000;
    const double used_s = cpu_s() - begin_cpu_s;
    (void)printf(
        "%d trials, %d slots, syncs of %d us: %.2f s, %.0f trials/s; coordinator's CPU %.2f s, "
        "%.0f trials per CPU second, all its threads\n",
        trials, slots, SYNC_US, wall_s, trials / wall_s, used_s, trials / used_s);
    (void)kill(load, SIGKILL);
    (void)waitpid(load, NULL, 0);
    (void)fflush(stdout);
    _exit(0); /* as kill -9 would end it: nothing is tidied up */
}

static void restart(const struct coordinator_options *options, int trials)
{
    struct coordinator *coordinator = NULL;
    struct error error;
    const int64_t begin_ms = clock_boot_ms();

    if (coordinator_open(options, &coordinator, &error) != TIDE_OK) {
        die("opening again", &error);
    }
    (void)printf("started again on %d trials: %.2f s\n", trials,
                 (double)(clock_boot_ms() - begin_ms) / 1000);
    coordinator_close(coordinator);
}

int main(int argc, char **argv)
{
    const int trials = argc > 1 ? atoi(argv[1]) : 20000;
    const int slots = argc > 2 ? atoi(argv[2]) : 1000;
    const char *parent = argc > 3 ? argv[3] : "/dev/shm";
    char folder[512];
    char store[600];

    (void)snprintf(folder, sizeof folder, "%s/tidemill-bench-XXXXXX", parent);
    if (mkdtemp(folder) == NULL) {
        die("a folder", NULL);
    }
    (void)snprintf(store, sizeof store, "%s/s.db", folder);
    shim_register("slow")->sync_us = SYNC_US;
    const struct coordinator_options options = {
        .store = store, .listen = "tcp://127.0.0.1:*", .vfs = "slow"};
    const pid_t first = fork();
    if (first == 0) {
        search(&options, trials, slots);
    }
    int code = 0;
    (void)waitpid(first, &code, 0);
    if (code != 0) {
        return 1;
    }
    restart(&options, trials);
    (void)printf("the store is %s\n", store);
    return 0;
}
