#include "coordinator.h"

#include "support/support.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static const char cluster[] = "0123456789abcdef0123456789abcdef";
static int64_t incarnation = 1;

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void open_transport(struct coordinator *self)
{
    /* never the usual port: others want it while this one is away */
    struct transport_config config = {.listen = self->endpoint[0] == '\0' ? "tcp://127.0.0.1:*"
                                                                          : self->endpoint,
                                      .run_directory = self->run,
                                      .incarnation = incarnation,
                                      .limits = transport_limits_default()};
    struct error error = {0};

    config.limits.messages_per_s = 100000;
    config.limits.bytes_per_s = 100000000;
    memcpy(config.cluster, cluster, sizeof config.cluster);
    if (transport_open(&config, &self->transport, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    (void)snprintf(self->endpoint, sizeof self->endpoint, "%s",
                   transport_endpoint(self->transport));
}

/* Keeps the run directory, or puts back what was kept. */
static void run_directory(const struct coordinator *self, bool keep)
{
    char command[2048];

    if (keep) {
        (void)snprintf(command, sizeof command, "cp -a '%s' '%s.kept'", self->run, self->run);
    } else {
        (void)snprintf(command, sizeof command, "rm -rf '%s'; mv -T '%s.kept' '%s'", self->run,
                       self->run, self->run);
    }
    assert_int_equal(system(command), 0);
}

void coordinator_open(struct coordinator *self)
{
    *self = (struct coordinator){.lease_ms = 120000, .renew_ms = 30000};
    self->folder = scratch_new();
    (void)snprintf(self->run, sizeof self->run, "%s/run", self->folder);
    (void)snprintf(self->state, sizeof self->state, "%s/state", self->folder);
    open_transport(self);
}

/* A clean end takes the keys with it; one by kill -9, which this plays, leaves them. */
void coordinator_stop(struct coordinator *self)
{
    run_directory(self, true);
    transport_close(self->transport);
    run_directory(self, false);
    self->transport = NULL;
    self->has_peer = false;
}

void coordinator_restart(struct coordinator *self)
{
    incarnation++;
    open_transport(self);
}

void coordinator_close(struct coordinator *self)
{
    if (self->worker > 0) {
        (void)kill(self->worker, SIGKILL);
        (void)waitpid(self->worker, NULL, 0);
    }
    transport_close(self->transport);
    scratch_free(self->folder);
}

int coordinator_setup(void **state)
{
    coordinator_open(*state);
    coordinator_worker(*state, NULL);
    return 0;
}

int coordinator_teardown(void **state)
{
    coordinator_close(*state);
    return 0;
}

/* --- sending --- */

void coordinator_send(struct coordinator *self, struct wire_message *message)
{
    assert_true(self->has_peer);
    (void)transport_send(self->transport, &self->peer, message);
}

static void welcome(struct coordinator *self, const struct wire_hello *hello)
{
    static struct wire_message message;

    message = (struct wire_message){.type = WIRE_WELCOME};
    message.welcome.token = hello->token;
    message.welcome.version = WIRE_VERSION;
    message.welcome.worker = self->peer.name;
    message.welcome.lease_ms = self->lease_ms;
    message.welcome.renew_ms = self->renew_ms;
    for (size_t i = 0; i < hello->running_count; i++) {
        message.welcome.running[message.welcome.running_count++] =
            (struct wire_verdict_of){hello->running[i].attempt, VERDICT_KEEP};
    }
    for (size_t i = 0; i < hello->outbox_count; i++) {
        message.welcome.outbox[message.welcome.outbox_count++] =
            (struct wire_verdict_of){hello->outbox[i], VERDICT_SEND};
    }
    coordinator_send(self, &message);
}

static void renewed(struct coordinator *self, const struct wire_renew *renew)
{
    static struct wire_message message;

    message = (struct wire_message){.type = WIRE_LEASE};
    message.lease.token = renew->token;
    for (size_t i = 0; i < renew->count; i++) {
        message.lease.verdicts[message.lease.count++] =
            (struct wire_verdict_of){renew->running[i].attempt, VERDICT_OK};
    }
    coordinator_send(self, &message);
}

static void acknowledge(struct coordinator *self, enum wire_type type, struct wire_attempt attempt,
                        int32_t seq)
{
    struct wire_message *message = calloc(1, sizeof *message);

    assert_non_null(message);
    message->type = type;
    message->ack = (struct wire_ack){attempt, seq, VERDICT_RECORDED};
    coordinator_send(self, message);
    free(message);
}

/* --- hearing --- */

static struct record *record_of(struct coordinator *self, struct wire_attempt attempt)
{
    for (size_t i = 0; i < self->record_count; i++) {
        const struct wire_attempt *known = &self->records[i].attempt;
        if (known->trial == attempt.trial && known->number == attempt.number) {
            return &self->records[i];
        }
    }
    assert_true(self->record_count < RECORDS_MAX);
    self->records[self->record_count].attempt = attempt;
    return &self->records[self->record_count++];
}

static void heard_metric(struct record *record, const struct wire_metric *metric)
{
    for (size_t i = 0; i < metric->count; i++) {
        const size_t used = strlen(record->points);
        (void)snprintf(record->points + used, sizeof record->points - used, "%s@%ld=%g ",
                       metric->points[i].name, (long)metric->points[i].step,
                       metric->points[i].value);
    }
}

static void heard_log(struct record *record, const struct wire_log *log)
{
    char *text = record->logs[log->stream];
    const size_t used = strlen(text);

    (void)snprintf(text + used, RECORD_TEXT_BYTES - used, "%s", log->text);
    record->log_bytes[log->stream] = log->offset + (int64_t)strlen(log->text);
}

static void heard_result(struct coordinator *self, struct record *record,
                         const struct wire_result *result)
{
    record->result = *result;
    record->value = result->value_count > 0 ? result->values[0].value : 0;
    (void)snprintf(record->message, sizeof record->message, "%s", result->message);
    record->results++;
    acknowledge(self, WIRE_RESULT_ACK, result->attempt, 0);
}

static void heard_ckpt(struct coordinator *self, struct record *record,
                       const struct wire_checkpoint *checkpoint)
{
    record->checkpoint = *checkpoint;
    (void)snprintf(record->hash, sizeof record->hash, "%s", checkpoint->hash);
    (void)snprintf(record->location, sizeof record->location, "%s", checkpoint->location);
    record->checkpoint.hash = record->hash;
    record->checkpoint.location = record->location;
    record->checkpoints++;
    if (!self->full) {
        acknowledge(self, WIRE_CKPT_ACK, record->attempt, checkpoint->seq);
    }
}

static void heard_hello(struct coordinator *self, const struct wire_message *message)
{
    self->hellos++;
    self->running = (int32_t)message->hello.running_count;
    self->owed = (int32_t)message->hello.outbox_count;
    welcome(self, &message->hello);
}

static void heard(struct coordinator *self, const struct wire_message *message)
{
    if (message->type == WIRE_HELLO) {
        heard_hello(self, message);
    } else if (message->type == WIRE_READY) {
        self->slots_free = message->ready.slots_free;
    } else if (message->type == WIRE_RENEW) {
        renewed(self, &message->renew);
    } else if (message->type == WIRE_ACCEPT) {
        record_of(self, message->accept)->accepted++;
    } else if (message->type == WIRE_REFUSE) {
        struct record *record = record_of(self, message->refuse.attempt);
        record->refused++;
        record->refusal = message->refuse.refusal;
    } else if (message->type == WIRE_METRIC) {
        heard_metric(record_of(self, message->metric.attempt), &message->metric);
    } else if (message->type == WIRE_LOG) {
        heard_log(record_of(self, message->log.attempt), &message->log);
    } else if (message->type == WIRE_RESULT) {
        heard_result(self, record_of(self, message->result.attempt), &message->result);
    } else if (message->type == WIRE_CKPT) {
        heard_ckpt(self, record_of(self, message->ckpt.attempt), &message->ckpt.checkpoint);
    } else if (message->type == WIRE_PREEMPT) {
        self->preempts++;
    } else if (message->type == WIRE_BYE) {
        self->byes++;
    }
}

void coordinator_turn(struct coordinator *self, int wait_ms)
{
    static struct wire_message message;
    struct peer peer;
    zmq_pollitem_t item = {.socket =
                               self->transport == NULL ? NULL : transport_socket(self->transport),
                           .events = ZMQ_POLLIN};

    (void)zmq_poll(&item, self->transport == NULL ? 0 : 1, wait_ms);
    while (self->transport != NULL &&
           transport_receive(self->transport, now_ms(), &message, &peer) == TIDE_OK) {
        self->peer = peer;
        self->has_peer = true;
        if (!self->deaf) {
            heard(self, &message);
        }
        wire_message_fini(&message);
    }
}

void coordinator_wait(struct coordinator *self, const int *value, int least)
{
    const int64_t until_ms = now_ms() + WAIT_MS;

    while (*value < least) {
        if (now_ms() > until_ms) {
            fail_msg("waited %d s for what did not happen", WAIT_MS / 1000);
        }
        coordinator_turn(self, 100);
    }
}

void coordinator_wait_output(struct coordinator *self, const struct record *record,
                             const char *words)
{
    const int64_t until_ms = now_ms() + WAIT_MS;

    while (strstr(record->logs[STREAM_STDOUT], words) == NULL) {
        if (now_ms() > until_ms) {
            fail_msg("'%s' was not printed within %d s", words, WAIT_MS / 1000);
        }
        coordinator_turn(self, 100);
    }
}

void record_ended(const struct record *record, enum wire_outcome outcome, enum wire_cause cause)
{
    if (record->result.outcome != outcome || record->result.cause != cause) {
        fail_msg("%s, %s: %s", wire_outcome_text(record->result.outcome),
                 wire_cause_text(record->result.cause), record->message);
    }
}

void record_says(const struct record *record, const char *words)
{
    if (strstr(record->message, words) == NULL) {
        fail_msg("'%s' is not in: %s", words, record->message);
    }
}

/* --- the worker --- */

extern char **environ;

void coordinator_worker(struct coordinator *self, const char *const *words)
{
    static const char *const usual[] = {"--slots", "2", "--inherit-env", "--allow-root"};
    const char *all[32] = {WORKER_PROGRAM, "--keys", self->run, "--state",
                           self->state,    "--name", "w"};
    char **argv = NULL;
    const char *const *const start = all;
    size_t count = 7;
    const int hellos = self->hellos;

    for (size_t i = 0; !self->bare && i < sizeof usual / sizeof *usual; i++) {
        all[count++] = usual[i];
    }
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        all[count++] = words[i];
    }
    memcpy(&argv, &start, sizeof argv);
    char old[600]; /* the key of a worker that was killed */
    (void)snprintf(old, sizeof old, "%s/worker/w.pub", self->run);
    (void)unlink(old);
    assert_int_equal(posix_spawn(&self->worker, WORKER_PROGRAM, NULL, NULL, argv, environ), 0);
    self->slots_free = 0;
    coordinator_wait(self, &self->hellos, hellos + 1);
    coordinator_wait(self, &self->slots_free, 1);
}

int coordinator_wait_exit(struct coordinator *self)
{
    const int64_t until_ms = now_ms() + WAIT_MS;
    int status = 0;

    while (waitpid(self->worker, &status, WNOHANG) == 0) {
        assert_true(now_ms() < until_ms);
        coordinator_turn(self, 20);
    }
    coordinator_turn(self, 0);
    self->worker = 0;
    return status;
}

/* --- assigning --- */

struct wire_assign assignment(int32_t trial, int32_t number, const char *script)
{
    struct wire_assign assign = {.attempt = {7, trial, number},
                                 .lease_ms = 120000,
                                 .words = {"/bin/sh", "-c", script},
                                 .word_count = 3,
                                 .params = "{\"lr\":0.001,\"opt\":\"adam\",\"amp\":true,\"n\":3}",
                                 .workdir = "",
                                 .target_step = 20,
                                 .grace_ms = 5000,
                                 .signal = SIGTERM,
                                 .objective_count = 1,
                                 .step_pattern = "",
                                 .checkpoint_store = "",
                                 .checkpoint_max_bytes = 1 << 30};

    assign.objectives[0] = (struct wire_objective){.metric = "val_loss", .required = true};
    assign.checkpoint.hash = "";
    assign.checkpoint.location = "";
    return assign;
}

struct record *coordinator_assign(struct coordinator *self, const struct wire_assign *assign)
{
    static struct wire_message message;

    message = (struct wire_message){.type = WIRE_ASSIGN};
    message.assign = *assign;
    assert_true(self->has_peer);
    assert_int_equal(transport_send(self->transport, &self->peer, &message), TIDE_OK);
    return record_of(self, assign->attempt);
}

struct record *coordinator_run(struct coordinator *self, const struct wire_assign *assign)
{
    struct record *record = coordinator_assign(self, assign);

    coordinator_wait(self, &record->results, record->results + 1);
    return record;
}

void coordinator_stop_attempt(struct coordinator *self, struct wire_attempt attempt,
                              enum wire_reason reason, int64_t grace_ms)
{
    static struct wire_message message;

    message = (struct wire_message){.type = WIRE_STOP};
    message.stop = (struct wire_stop){attempt, reason, grace_ms};
    coordinator_send(self, &message);
}
