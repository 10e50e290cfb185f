/*
 * A whole fleet against the real coordinator: COUNT workers in two processes connect by CURVE, each
 * with a key of its own, say HELLO, run trials of 15 to 45 s that do nothing, renew every 30 s and
 * report results; how long a heartbeat and a result wait for their answer. Then the coordinator is
 * killed with -9 and started again: how long until all are back, and whether they keep their
 * attempts.
 *   bench_fleet COUNT SECONDS TIDEMILL
 */
#include "fleet.h"

#include "base/number.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void doze(void)
{
    const struct timespec pause = {.tv_nsec = 5000000};

    (void)nanosleep(&pause, NULL);
}

static void file_put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void keys_make(struct fleet *fleet)
{
    char keys[PATH_BYTES + 16], path[PATH_BYTES + 64];
    struct key_pair operator_pair;
    struct error error;

    (void)snprintf(keys, sizeof keys, "%s/keys", fleet->directory);
    check(keys_directory_make(keys, &error), &error);
    check(keys_serve(keys, &fleet->server, &error), &error);
    for (int i = 0; i < fleet->count; i++) {
        key_pair_make(&fleet->pairs[i]);
        (void)snprintf(path, sizeof path, "%s/worker/w%d.pub", keys, i);
        file_put(path, fleet->pairs[i].public_key); /* keys_grant would sync each */
    }
    key_pair_make(&operator_pair);
    check(keys_grant(keys, KEY_OPERATOR, "me", operator_pair.public_key, 0, &error), &error);
    (void)snprintf(path, sizeof path, "%s/me.key", fleet->directory);
    check(key_secret_write(path, &operator_pair, &error), &error);
}

static pid_t start(const struct fleet *fleet, const char *const *words)
{
    const pid_t child = fork();

    if (child == 0) {
        char *argv[16] = {NULL};
        const int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
        for (int i = 0; words[i] != NULL; i++) {
            argv[i] = strdup(words[i]);
        }
        if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
            _exit(1);
        }
        (void)execv(fleet->program, argv);
        _exit(1);
    }
    return child;
}

static void coordinator_start(struct fleet *fleet)
{
    const char *const words[] = {"tidemill", "serve",    "--store",       "s.db", "--keys",
                                 "keys",     "--listen", fleet->endpoint, NULL};

    fleet->coordinator = start(fleet, words);
}

static void submit(struct fleet *fleet)
{
    const char *const words[] = {"tidemill",        "submit", "spec.yaml", "--connect",
                                 fleet->endpoint,   "--key",  "me.key",    "--server-key",
                                 "keys/server.pub", NULL};
    int status = 0;

    file_put("spec.yaml", "name: fleet\ncommand: [\"true\", \"{x}\"]\n"
                          "parameters: {x: {type: float, min: 0, max: 1}}\n"
                          "objective: {metric: loss, direction: minimize}\n"
                          "search: {algorithm: random}\nbudget: {trials: 1000000}\n");
    for (int i = 0; i < 100; i++) { /* until it listens */
        (void)waitpid(start(fleet, words), &status, 0);
        if (status == 0) {
            return;
        }
        doze();
    }
    (void)fprintf(stderr, "bench_fleet: the spec was not taken: see %s/log\n", fleet->directory);
    (void)kill(fleet->coordinator, SIGKILL);
    exit(1);
}

/* Of the coordinator: kilobytes resident, seconds of processor. */
static void usage(const struct fleet *fleet, double *resident_kib, double *cpu_s)
{
    char path[64];
    long size = 0, resident = 0, user = 0, kernel = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)fleet->coordinator);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        (void)!fscanf(file, "%ld %ld", &size, &resident);
        (void)fclose(file);
    }
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)fleet->coordinator);
    file = fopen(path, "r");
    if (file != NULL) {
        (void)!fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user,
                      &kernel);
        (void)fclose(file);
    }
    *resident_kib = (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
    *cpu_s = (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static int welcomed(const struct fleet *fleet)
{
    return fleet->shared->welcomed[0] + fleet->shared->welcomed[1];
}

/* Seconds until `count` workers have a session; ends the program after ten minutes. */
static double all_within(const struct fleet *fleet, int count)
{
    const int64_t start_us = now_us();

    while (welcomed(fleet) < count) {
        doze();
        if (now_us() - start_us > 600000000) {
            (void)fprintf(stderr, "bench_fleet: only %d of %d after ten minutes\n", welcomed(fleet),
                          count);
            fleet->shared->phase = 3;
            exit(1);
        }
    }
    return (double)(now_us() - start_us) / 1e6;
}

static int compare(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static double millis(const int64_t *list_us, int index)
{
    return (double)list_us[index] / 1e3;
}

static void latencies_print(struct shared *shared, int kind, const char *what)
{
    const int all = shared->points[kind];
    const int count = all < POINTS_MAX ? all : POINTS_MAX;
    int64_t *list = shared->latencies_us[kind];

    if (count > 0) {
        qsort(list, (size_t)count, sizeof *list, compare);
        (void)printf("%s: %d answered, p50 %.1f ms, p99 %.1f ms, worst %.1f ms\n", what, count,
                     millis(list, count / 2), millis(list, (int)((int64_t)count * 99 / 100)),
                     millis(list, count - 1));
    }
}

static void measure(struct fleet *fleet, int seconds)
{
    double before_kib = 0, after_kib = 0, before_s = 0, after_s = 0, none = 0;

    usage(fleet, &before_kib, &none);
    (void)printf("%d workers connected after %.1f s\n", fleet->count,
                 all_within(fleet, fleet->count));
    usage(fleet, &after_kib, &before_s);
    (void)printf("the coordinator: %.1f KiB resident for each\n",
                 (after_kib - before_kib) / fleet->count);
    fleet->shared->phase = 1;
    (void)sleep((unsigned)seconds);
    fleet->shared->phase = 2;
    usage(fleet, &after_kib, &after_s);
    (void)printf("%d s: %.0f %% of a core, %.1f MiB resident\n", seconds,
                 100 * (after_s - before_s) / seconds, after_kib / 1024);
    latencies_print(fleet->shared, 0, "heartbeats (one in 30 s each)");
    latencies_print(fleet->shared, 1, "results (recorded before they are acknowledged)");
}

static void kill_and_return(struct fleet *fleet)
{
    fleet->shared->kept = fleet->shared->stopped = 0;
    (void)kill(fleet->coordinator, SIGKILL);
    (void)waitpid(fleet->coordinator, NULL, 0);
    while (welcomed(fleet) > 0) {
        doze();
    }
    coordinator_start(fleet);
    const double most_s = all_within(fleet, fleet->count * 99 / 100);
    const double rest_s = all_within(fleet, fleet->count);
    (void)printf("killed with -9 and started again: 99 %% back after %.1f s, all after %.1f s; %d "
                 "attempts kept, %d not\n",
                 most_s, most_s + rest_s, fleet->shared->kept, fleet->shared->stopped);
}

static void files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) { /* a DEALER takes two */
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    struct fleet fleet = {.directory = "/tmp/bench-fleet-XXXXXX"};
    int64_t count = 0, seconds = 0;

    if (argc != 4 || !number_parse_integer(argv[1], &count) ||
        !number_parse_integer(argv[2], &seconds) || count < LOADERS || count > 100000) {
        (void)fprintf(stderr, "usage: bench_fleet COUNT SECONDS TIDEMILL\n");
        return 2;
    }
    files_raise();
    fleet.count = (int)count / LOADERS * LOADERS;
    fleet.program = realpath(argv[3], NULL);
    fleet.pairs = calloc((size_t)fleet.count, sizeof *fleet.pairs);
    fleet.shared =
        mmap(NULL, sizeof *fleet.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fleet.program == NULL || fleet.pairs == NULL || fleet.shared == MAP_FAILED ||
        mkdtemp(fleet.directory) == NULL || chdir(fleet.directory) != 0) {
        perror("bench_fleet");
        free(fleet.pairs);
        return 1;
    }
    (void)snprintf(fleet.endpoint, sizeof fleet.endpoint, "tcp://127.0.0.1:%d",
                   PORT + (int)getpid() % PORT);
    keys_make(&fleet);
    coordinator_start(&fleet);
    submit(&fleet);
    for (int i = 0; i < LOADERS; i++) {
        if (fork() == 0) {
            load_run(&fleet, i);
        }
    }
    measure(&fleet, (int)seconds);
    kill_and_return(&fleet);
    fleet.shared->phase = 3;
    (void)kill(fleet.coordinator, SIGTERM);
    while (wait(NULL) > 0) {
    }
    (void)printf("its store and log are in %s\n", fleet.directory);
    free(fleet.pairs);
}
