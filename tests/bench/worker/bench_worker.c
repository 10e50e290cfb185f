/*
 * Figures of the worker: memory and processor when idle, memory with an attempt, how long an
 * attempt takes from ASSIGN to RESULT when its command does nothing, attempts a second through all
 * slots of one worker, how fast output is read, how fast a checkpoint is saved and restored. The
 * real program against the tests' small coordinator on loopback.
 */
#include "support/support.h"

#include "worker/coordinator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_S = 20, ROUNDS = 100, SLOTS = 8, CHECKPOINT_MB = 256 };

static struct coordinator self;

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A line of /proc/PID/status, in KiB. */
static long status_kib(pid_t pid, const char *key)
{
    char path[64];
    char line[256];
    long value = -1;

    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            value = strtol(line + strlen(key), NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return value;
}

/* User and system time of the process, in clock ticks. */
static long cpu_ticks(pid_t pid)
{
    char path[64];
    char text[1024] = "";
    long user = 0;
    long system_time = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    assert_int_equal(sscanf(strrchr(text, ')') + 2,
                            "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user,
                            &system_time),
                     2);
    return user + system_time;
}

static void idle(void)
{
    const long before = cpu_ticks(self.worker);
    const double until = now_s() + IDLE_S;

    self.renew_ms = 30000;
    while (now_s() < until) {
        coordinator_turn(&self, 1000);
    }
    const long used = cpu_ticks(self.worker) - before;
    (void)printf("idle              %.1f MiB resident, %.2f %% of a core over %d s\n",
                 (double)status_kib(self.worker, "VmRSS:") / 1024,
                 100.0 * (double)used / (double)sysconf(_SC_CLK_TCK) / IDLE_S, IDLE_S);
}

static int32_t trial;

static void latency(void)
{
    struct wire_assign assign = assignment(0, 1, "");
    double total = 0;
    double most = 0;

    assign.words[0] = "/bin/true";
    assign.word_count = 1;
    for (int i = 0; i < ROUNDS; i++) {
        assign.attempt.trial = trial++;
        self.record_count = 0;
        memset(&self.records[0], 0, sizeof self.records[0]);
        const double start = now_s();
        (void)coordinator_run(&self, &assign);
        const double took = now_s() - start;
        total += took;
        most = took > most ? took : most;
    }
    (void)printf("no-op attempt     %.1f ms from ASSIGN to RESULT (mean of %d), %.1f ms at most\n",
                 1e3 * total / ROUNDS, ROUNDS, 1e3 * most);
}

static void rate(void)
{
    struct wire_assign assign = assignment(0, 1, "");
    const double start = now_s();
    int done = 0;

    assign.words[0] = "/bin/true";
    assign.word_count = 1;
    for (int round = 0; round < ROUNDS / SLOTS; round++) {
        struct record *records[SLOTS];
        self.record_count = 0;
        memset(self.records, 0, sizeof self.records);
        for (int i = 0; i < SLOTS; i++) {
            assign.attempt.trial = trial++;
            records[i] = coordinator_assign(&self, &assign);
        }
        for (int i = 0; i < SLOTS; i++) {
            coordinator_wait(&self, &records[i]->results, 1);
            done++;
        }
    }
    (void)printf("no-op attempts    %.0f a second through %d slots of one worker\n",
                 done / (now_s() - start), SLOTS);
}

static void output(void)
{
    self.record_count = 0;
    memset(self.records, 0, sizeof self.records);
    const struct wire_assign assign = assignment(
        trial++, 1, "yes 'epoch 3 step 100 lr=0.001 val_loss=0.25 acc=0.9' | head -c 100000000");
    const struct record *record = coordinator_run(&self, &assign);

    (void)printf("output            %.0f MB/s of lines with a metric, by one script\n",
                 100.0 * 1000 / (double)record->result.duration_ms);
    (void)printf("after that        %.1f MiB resident, %.1f MiB at most\n",
                 (double)status_kib(self.worker, "VmRSS:") / 1024,
                 (double)status_kib(self.worker, "VmHWM:") / 1024);
}

static void checkpoints(void)
{
    char script[512];
    char store[600];

    self.record_count = 0;
    memset(self.records, 0, sizeof self.records);
    (void)snprintf(store, sizeof store, "%s/store", self.folder);
    (void)snprintf(script, sizeof script,
                   "head -c %dM /dev/urandom >$TIDEMILL_CHECKPOINT_DIR/model; exit 75",
                   CHECKPOINT_MB);
    struct wire_assign assign = assignment(trial, 1, script);
    assign.checkpoint_store = store;
    struct record *first = coordinator_assign(&self, &assign);
    coordinator_wait(&self, &first->results, 1);
    const double saved = now_s();
    assign.attempt.number = 2;
    assign.words[2] = "echo val_loss=1";
    assign.checkpoint = first->checkpoint;
    (void)coordinator_run(&self, &assign);
    (void)printf("checkpoint        %d MiB of random bytes verified and restored at %.0f MB/s\n",
                 CHECKPOINT_MB, CHECKPOINT_MB * 1.048576 / (now_s() - saved));
}

int main(void)
{
    static const char *const words[] = {"--slots", "8", NULL};

    coordinator_open(&self);
    coordinator_worker(&self, words);
    idle();
    latency();
    rate();
    output();
    checkpoints();
    coordinator_close(&self);
    return 0;
}
