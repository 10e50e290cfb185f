/* What a worker holds: signals, its parent, its state folder, its keys, its link. */
#include "worker/worker_parts.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLUSH_MS = 1000, STATES_MAX = 64 };

static enum tide_status open_signals(struct worker *worker, struct error *error)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a killed supervisor leaves comes here */
    worker->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    worker->watches = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (worker->signals < 0 || worker->watches < 0) {
        return error_set(error, TIDE_IO, "signals or file watches: %s", strerror(errno));
    }
    return TIDE_OK;
}

static enum tide_status open_parent(struct worker *worker, struct error *error)
{
    const pid_t parent = worker->options->parent;

    worker->parent = -1;
    if (parent == 0) {
        return TIDE_OK;
    }
    worker->parent = pidfd_open(parent, 0);
    return worker->parent >= 0
               ? TIDE_OK
               : error_set(error, TIDE_NOT_FOUND, "--parent-pid %d: %s", parent, strerror(errno));
}

/* One folder for each worker of this user on this machine, found again at the next start. */
static enum tide_status open_default_state(struct worker *worker, struct error *error)
{
    const char *base = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    enum tide_status status = TIDE_BUSY;

    for (int i = 1; status == TIDE_BUSY && i <= STATES_MAX; i++) {
        const bool fits = base != NULL && base[0] == '/'
                              ? files_path(worker->state, "%s/tidemill/worker-%d", base, i)
                              : files_path(worker->state, "%s/.local/state/tidemill/worker-%d",
                                           home == NULL || home[0] != '/' ? "/var/tmp" : home, i);
        status = fits ? outbox_open(&worker->outbox, worker->state, error)
                      : error_set(error, TIDE_INVALID, "the state folder's path is too long");
    }
    return status;
}

/* Under --parent-pid nothing outlives the coordinator, so neither does the folder. */
static enum tide_status open_state(struct worker *worker, struct error *error)
{
    const struct options *options = worker->options;
    const char *temporary = getenv("TMPDIR");

    if (options->state != NULL) {
        char *absolute = NULL;
        enum tide_status status = files_folder(options->state, error);
        if (status == TIDE_OK) {
            absolute = realpath(options->state, NULL);
        }
        if (status == TIDE_OK && (absolute == NULL || !files_path(worker->state, "%s", absolute))) {
            status = error_set(error, TIDE_IO, "--state %s: %s", options->state, strerror(errno));
        }
        free(absolute);
        return status == TIDE_OK ? outbox_open(&worker->outbox, worker->state, error) : status;
    }
    if (options->parent == 0) {
        return open_default_state(worker, error);
    }
    if (!files_path(worker->state, "%s/tidemill-worker-XXXXXX",
                    temporary == NULL ? "/tmp" : temporary) ||
        mkdtemp(worker->state) == NULL) {
        return error_set(error, TIDE_IO, "%s: %s", worker->state, strerror(errno));
    }
    worker->temporary = true;
    return outbox_open(&worker->outbox, worker->state, error);
}

/* The attempts' user passes through to its own folders, and sees nothing else. */
static enum tide_status open_for_user(const struct worker *worker, struct error *error)
{
    static const char *const parts[] = {"", "/attempts", "/workdirs"};
    enum tide_status status = TIDE_OK;

    for (size_t i = 0; status == TIDE_OK && i < sizeof parts / sizeof *parts; i++) {
        char path[FILES_PATH_BYTES];
        if (!files_path(path, "%s%s", worker->state, parts[i])) {
            return error_set(error, TIDE_INVALID, "the state folder's path is too long");
        }
        status = files_folder(path, error);
        if (status == TIDE_OK && worker->options->user != NULL && chmod(path, 0711) != 0) {
            status = error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
        }
    }
    return status;
}

enum tide_status worker_open(struct worker *worker, struct error *error)
{
    const struct options *options = worker->options;
    enum tide_status status = open_signals(worker, error);

    status = status == TIDE_OK ? open_parent(worker, error) : status;
    status = status == TIDE_OK ? open_state(worker, error) : status;
    status = status == TIDE_OK ? open_for_user(worker, error) : status;
    status = status == TIDE_OK
                 ? notice_open(&worker->notice, options->notice, options->notice_url, error)
                 : status;
    status =
        status == TIDE_OK ? options_access(options, worker->state, &worker->access, error) : status;
    status = status == TIDE_OK ? link_open(&worker->link, &worker->access, error) : status;
    if (status == TIDE_OK) {
        cgroup_open(&worker->cgroup, worker->state);
    }
    worker->attempt_options =
        (struct attempt_options){.state = worker->state,
                                 .inherit_environment = options->inherit_environment,
                                 .has_user = options->user != NULL,
                                 .uid = options->uid,
                                 .gid = options->gid,
                                 .home = options->home,
                                 .cgroup = &worker->cgroup,
                                 .way = &worker->way};
    workdirs_open(&worker->workdirs, &worker->attempt_options);
    worker->way = worker->access;
    worker->way.endpoint[0] = '\0'; /* WELCOME tells */
    return status;
}

void worker_close(struct worker *worker)
{
    struct error ignored;

    notice_close(&worker->notice);
    tasks_farewell(worker);
    link_flush(&worker->link, FLUSH_MS);
    for (size_t i = 0; i < worker->task_count; i++) {
        attempt_free(worker->tasks[i].attempt);
    }
    workdirs_close(&worker->workdirs);
    if (worker->options->keys != NULL) {
        (void)!keys_revoke(worker->options->keys, KEY_WORKER, worker->options->name, &ignored);
    }
    cgroup_close(&worker->cgroup);
    if (worker->temporary) {
        files_remove(worker->state);
    }
    outbox_close(&worker->outbox);
}
