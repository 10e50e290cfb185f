#include "worker/worker.h"

#include "worker/allow.h"
#include "worker/clock.h"
#include "worker/trace.h"
#include "worker/worker_parts.h"

#include "base/log.h"
#include "base/text.h"
#include "transport/dealer.h"

#include <tidemill/version.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    MESSAGES_A_TURN = 100,
    WAIT_LONGEST_MS = 3600000,
    FOLLOW_MS = 1000, /* how often a worker without a coordinator looks where that is */
    EXIT_CODE_FAILED = 1
};

/* --- saying --- */

static bool is_session(enum wire_type type)
{
    return type == WIRE_HELLO || type == WIRE_RESULT || type == WIRE_CKPT;
}

bool worker_say(struct worker *worker)
{
    struct wire_message *message = &worker->message;

    (void)text_copy(message->cluster, sizeof message->cluster, worker->agent.cluster);
    message->incarnation = worker->agent.incarnation;
    const enum tide_status status = link_send(&worker->link, message);
    if (status == TIDE_UNREACHABLE) {
        worker->link_down = true;
    } else if (status != TIDE_OK) {
        log_line(LOG_ERROR, "not_encoded", "type=%s why=\"%s\"", wire_type_text(message->type),
                 tide_status_text(status));
        return !is_session(message->type); /* what cannot be said is passed over */
    }
    return status == TIDE_OK;
}

static void fill_hello(const struct worker *worker, struct wire_hello *hello)
{
    const struct options *options = worker->options;

    hello->software = "tidemill-worker " TIDE_VERSION;
    hello->host = options->host;
    hello->pool = options->pool;
    hello->cpus_milli = options->cpus_milli;
    hello->memory_bytes = options->memory_bytes;
    hello->gpus = options->gpus;
    memcpy(hello->labels, options->labels, sizeof hello->labels);
    hello->label_count = options->label_count;
}

/* The envelope of a stored result is renewed; its body stays as it was judged. */
static void say_result(struct worker *worker, struct wire_attempt attempt)
{
    struct error error;

    if (outbox_result(&worker->outbox, attempt, &worker->message, &error) != TIDE_OK) {
        log_line(LOG_ERROR, "result_unreadable", "why=\"%s\"", error.text);
        return;
    }
    (void)worker_say(worker);
    wire_message_fini(&worker->message);
}

static void say_action(struct worker *worker, const struct agent_action *action)
{
    if (action->type == WIRE_RESULT) {
        say_result(worker, action->attempt);
        return;
    }
    worker->message = (struct wire_message){0};
    agent_message(&worker->agent, action, &worker->message);
    if (action->type == WIRE_HELLO) {
        fill_hello(worker, &worker->message.hello);
    }
    (void)worker_say(worker);
}

/* --- acting --- */

static void complain(const char *event, enum tide_status status, const struct error *error)
{
    if (status != TIDE_OK) {
        log_line(LOG_ERROR, event, "why=\"%s\"", error->text);
    }
}

static void act(struct worker *worker, const struct agent_action *action,
                const struct agent_event *event)
{
    struct error error;
    char text[256];

    if (action->kind != AGENT_DO_SEND || action->type != WIRE_RENEW) {
        log_line(LOG_DEBUG, "action", "do=\"%s\"", trace_action(action, text, sizeof text));
    }
    switch (action->kind) {
    case AGENT_DO_SEND:
        say_action(worker, action);
        break;
    case AGENT_DO_REMEMBER:
        complain("not_remembered", outbox_remember(&worker->outbox, action->attempt, &error),
                 &error);
        break;
    case AGENT_DO_START:
        tasks_start(worker, &event->message->assign);
        break;
    case AGENT_DO_STOP:
        tasks_stop(worker, action);
        break;
    case AGENT_DO_SETTLED:
        tasks_settled(worker, action);
        break;
    case AGENT_DO_FORGET:
        outbox_forget(&worker->outbox, action->attempt);
        break;
    case AGENT_DO_LOAD:
        complain(
            "state",
            outbox_enter(&worker->outbox, worker->agent.cluster, worker->agent.incarnation, &error),
            &error);
        worker->meets = true;
        break;
    case AGENT_DO_EXIT:
        worker->leaving = true;
        worker->exit_code = action->exit_code;
        break;
    }
}

void worker_event(struct worker *worker, struct agent_event *event)
{
    struct agent_outcome *outcome = malloc(sizeof *outcome);

    if (outcome == NULL) {
        abort();
    }
    event->boot_ms = clock_boot_ms();
    agent_step(&worker->agent, event, outcome);
    for (size_t i = 0; i < outcome->count; i++) {
        act(worker, &outcome->actions[i], event);
    }
    free(outcome);
}

/* Tells the agent what the disk knows of the present cluster. */
static void load(struct worker *worker)
{
    struct outbox_cursor cursor = {0};
    struct agent_event event = {0};

    while (outbox_load(&worker->outbox, &cursor, &event)) {
        worker_event(worker, &event);
    }
}

/* --- hearing --- */

static bool obstacle(const struct worker *worker, const struct wire_assign *assign,
                     enum wire_refusal *refusal)
{
    struct statvfs space;
    struct stat status;

    if (statvfs(worker->state, &space) == 0 &&
        (uint64_t)space.f_bavail * space.f_frsize < WORKER_DISK_BYTES) {
        *refusal = REFUSAL_DISK;
        return true;
    }
    if (worker->options->allow_commands != NULL &&
        (!allow_command(worker->options->allow_commands, assign->words[0]) ||
         (assign->setup_count > 0 &&
          !allow_command(worker->options->allow_commands, assign->setup[0])))) {
        *refusal = REFUSAL_COMMAND;
        return true;
    }
    if (assign->workdir[0] != '\0' &&
        (stat(assign->workdir, &status) != 0 || !S_ISDIR(status.st_mode))) {
        *refusal = REFUSAL_WORKDIR;
        return true;
    }
    return false;
}

/* Files come and go by a port that need not be the last coordinator's: what is being moved goes on
 * by the new one. */
static void files_by(struct worker *worker, int32_t bulk_port)
{
    char before[KEY_ENDPOINT_BYTES];

    (void)text_copy(before, sizeof before, worker->way.endpoint);
    if (bulk_port == 0 ||
        !key_endpoint_at(worker->access.endpoint, bulk_port, worker->way.endpoint)) {
        worker->way.endpoint[0] = '\0';
    }
    if (text_equal(before, worker->way.endpoint)) {
        return;
    }
    workdirs_reroute(&worker->workdirs);
    for (size_t i = 0; i < worker->task_count; i++) {
        attempt_reroute(worker->tasks[i].attempt);
    }
}

/* The session is new: what may have been lost is sent again. */
static void welcomed(struct worker *worker, int32_t bulk_port)
{
    struct error error;

    files_by(worker, bulk_port);
    complain(
        "state",
        outbox_enter(&worker->outbox, worker->agent.cluster, worker->agent.incarnation, &error),
        &error);
    for (size_t i = 0; i < worker->task_count; i++) {
        points_again(&worker->tasks[i].attempt->points);
    }
    log_line(LOG_INFO, "welcome", "cluster=%s incarnation=%" PRId64, worker->agent.cluster,
             worker->agent.incarnation);
}

static void hear(struct worker *worker, const struct wire_message *message)
{
    struct agent_event event = {.kind = AGENT_SAW_MESSAGE, .message = message};
    const enum agent_session before = worker->agent.session;

    if (message->type == WIRE_ASSIGN) {
        event.has_obstacle = obstacle(worker, &message->assign, &event.obstacle);
    } else if (message->type == WIRE_ERROR) {
        log_line(message->error.fatal ? LOG_ERROR : LOG_WARNING, "coordinator", "says=\"%s\"",
                 message->error.text);
    }
    worker_event(worker, &event);
    if (worker->meets) {
        worker->meets = false;
        load(worker);
    }
    if (before == AGENT_GREETING && worker->agent.session == AGENT_WELCOME) {
        welcomed(worker, message->welcome.bulk_port);
    }
}

static void hear_all(struct worker *worker)
{
    struct wire_message *message = malloc(sizeof *message);
    char why[256];

    for (int i = 0; message != NULL && i < MESSAGES_A_TURN; i++) {
        const enum tide_status status =
            dealer_receive(worker->link.dealer, message, why, sizeof why);
        if (status == TIDE_NOT_FOUND) {
            break;
        }
        if (status == TIDE_OK) {
            hear(worker, message);
            wire_message_fini(message);
        } else {
            log_line(LOG_WARNING, "malformed", "why=\"%s\"", why);
        }
    }
    free(message);
}

/* --- signals --- */

static void terminate(struct worker *worker, const char *source)
{
    struct agent_event event = {.kind = worker->terminations++ == 0 ? AGENT_SAW_NOTICE
                                                                    : AGENT_SAW_STOP_NOW,
                                .source = source};

    log_line(LOG_INFO, "terminate", "source=\"%s\" now=%s", source,
             worker->terminations > 1 ? "true" : "false");
    worker_event(worker, &event);
}

static void read_signals(struct worker *worker)
{
    struct signalfd_siginfo info;

    while (read(worker->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP) {
            terminate(worker, info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGHUP");
        } else if (info.ssi_signo == SIGINT && worker->options->parent == 0) {
            terminate(worker, "SIGINT"); /* else it was for the parent, which decides */
        }
    }
    tasks_reap(worker);
}

static void read_notice(struct worker *worker)
{
    char source[NOTICE_LINE_BYTES];
    struct agent_event event = {.kind = AGENT_SAW_NOTICE, .source = source};

    if (notice_ready(&worker->notice, &event.grace_ms, source)) {
        log_line(LOG_WARNING, "notice", "source=\"%s\" in_ms=%" PRId64, source, event.grace_ms);
        worker_event(worker, &event);
    }
}

/* --- the loop --- */

enum {
    ITEM_LINK,
    ITEM_SIGNALS,
    ITEM_WATCHES,
    ITEM_PARENT,
    ITEM_NOTICE,
    ITEM_FIRST_WORKDIR,
    ITEM_FIRST_TASK = ITEM_FIRST_WORKDIR + WORKDIRS_MAX * WORKDIR_FDS
};

static size_t fill_items(const struct worker *worker, struct pollfd *items)
{
    size_t count = ITEM_FIRST_TASK;

    items[ITEM_LINK] = (struct pollfd){.fd = link_fd(&worker->link), .events = POLLIN};
    items[ITEM_SIGNALS] = (struct pollfd){.fd = worker->signals, .events = POLLIN};
    items[ITEM_WATCHES] = (struct pollfd){.fd = worker->watches, .events = POLLIN};
    items[ITEM_PARENT] = (struct pollfd){.fd = worker->parent, .events = POLLIN};
    items[ITEM_NOTICE] = (struct pollfd){.fd = worker->notice.fd, .events = POLLIN};
    for (int i = 0; i < WORKDIRS_MAX; i++) {
        int fds[WORKDIR_FDS];
        workdirs_fds(&worker->workdirs, i, fds);
        for (int fd = 0; fd < WORKDIR_FDS; fd++) {
            items[ITEM_FIRST_WORKDIR + i * WORKDIR_FDS + fd] =
                (struct pollfd){.fd = fds[fd], .events = POLLIN};
        }
    }
    for (size_t i = 0; i < worker->task_count; i++) {
        for (int fd = 0; fd < ATTEMPT_FD_COUNT; fd++) {
            items[count++] =
                (struct pollfd){.fd = worker->tasks[i].attempt->fds[fd], .events = POLLIN};
        }
    }
    return count;
}

static void read_workdirs(struct worker *worker, const struct pollfd *items)
{
    for (int i = 0; i < WORKDIRS_MAX; i++) {
        const struct pollfd *own = &items[ITEM_FIRST_WORKDIR + i * WORKDIR_FDS];
        if (own[0].revents != 0 || own[1].revents != 0) {
            workdirs_ready(&worker->workdirs, i, clock_boot_ms());
        }
    }
}

/* The items of attempts stand in the order in which fill_items put them. */
static void read_tasks(struct worker *worker, const struct pollfd *items)
{
    const int64_t now_ms = clock_boot_ms();
    const size_t tasks = worker->task_count;

    for (size_t i = 0; i < tasks; i++) {
        struct attempt *attempt = worker->tasks[i].attempt;
        const struct pollfd *own = &items[ITEM_FIRST_TASK + i * ATTEMPT_FD_COUNT];
        for (int fd = 0; fd < ATTEMPT_FD_COUNT; fd++) {
            if (own[fd].revents != 0 && attempt->fds[fd] == own[fd].fd) {
                attempt_ready(attempt, (enum attempt_fd)fd, now_ms);
            }
        }
    }
}

/* A broken connection shows itself by a link that cannot be written to; when it can again, the
 * coordinator may be another one, and is greeted at once. False: messages wait. */
static bool watch_link(struct worker *worker)
{
    struct agent_event event = {.kind = AGENT_SAW_LINK_UP};
    bool readable = false;
    bool writable = false;

    link_look(&worker->link, &readable, &writable);
    if (worker->link_down && writable) {
        worker->link_down = false;
        worker_event(worker, &event);
        link_look(&worker->link, &readable, &writable);
    }
    worker->link_down = !writable;
    return !readable;
}

static bool may_move(const struct worker *worker)
{
    return worker->link_down && worker->options->keys != NULL;
}

/* Without configured keys a coordinator may come back on another port, which it announces. */
static void follow(struct worker *worker)
{
    char endpoint[KEY_ENDPOINT_BYTES];
    char before[KEY_ENDPOINT_BYTES];
    struct error error;

    if (!may_move(worker) || keys_announced(worker->options->keys, endpoint, &error) != TIDE_OK ||
        text_equal(endpoint, worker->access.endpoint)) {
        return;
    }
    (void)text_copy(before, sizeof before, worker->access.endpoint);
    (void)text_copy(worker->access.endpoint, sizeof worker->access.endpoint, endpoint);
    log_line(LOG_INFO, "moved", "connect=%s", endpoint);
    complain("link", link_move(&worker->link, before, &worker->access, &error), &error);
}

static int wait_ms(const struct worker *worker)
{
    const int64_t longest_ms = may_move(worker) ? FOLLOW_MS : WAIT_LONGEST_MS;
    const int64_t agent_ms = agent_deadline(&worker->agent);
    const int64_t tasks_ms = tasks_deadline(worker);
    const int64_t left_ms = (agent_ms < tasks_ms ? agent_ms : tasks_ms) - clock_boot_ms();

    return left_ms < 0 ? 0 : left_ms > longest_ms ? (int)longest_ms : (int)left_ms;
}

static void turn(struct worker *worker)
{
    static struct pollfd items[ITEM_FIRST_TASK + WORKER_TASKS_MAX * ATTEMPT_FD_COUNT];
    const bool quiet = watch_link(worker);
    follow(worker);
    const size_t count = fill_items(worker, items);

    (void)poll(items, count, quiet ? wait_ms(worker) : 0);
    if (items[ITEM_SIGNALS].revents != 0) {
        read_signals(worker);
    }
    if (items[ITEM_PARENT].revents != 0) {
        worker->terminations = 1;
        (void)close(worker->parent);
        worker->parent = -1;
        terminate(worker, "parent ended");
    }
    if (items[ITEM_NOTICE].revents != 0) {
        read_notice(worker);
    }
    if (items[ITEM_WATCHES].revents != 0) {
        tasks_reports(worker);
    }
    read_workdirs(worker, items);
    read_tasks(worker, items);
    hear_all(worker);
    if (agent_deadline(&worker->agent) <= clock_boot_ms()) {
        struct agent_event event = {.kind = AGENT_SAW_TIMER};
        worker_event(worker, &event);
    }
    tasks_turn(worker);
}

int worker_run(const struct options *options)
{
    static struct worker worker;
    struct error error;

    worker.options = options;
    if (worker_open(&worker, &error) != TIDE_OK) {
        (void)fprintf(stderr, "tidemill-worker: %s\n", error.text);
        return EXIT_CODE_FAILED;
    }
    const struct agent_config config = {.slots = options->slots,
                                        .idle_exit_ms = options->idle_exit_ms};
    agent_init(&worker.agent, &config, worker.outbox.cluster, outbox_incarnation(&worker.outbox));
    load(&worker);
    log_line(LOG_INFO, "worker", "name=%s slots=%" PRId32 " connect=%s state=\"%s\"", options->name,
             options->slots, worker.access.endpoint, worker.state);
    struct agent_event event = {.kind = AGENT_SAW_START};
    worker_event(&worker, &event);
    while (!worker.leaving) {
        turn(&worker);
    }
    worker_close(&worker);
    log_line(LOG_INFO, "leave", "code=%d", worker.exit_code);
    return worker.exit_code;
}
