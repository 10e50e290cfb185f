/* How an attempt begins and ends on this machine. */
#include "worker/attempt.h"

#include "worker/attempt_parts.h"
#include "worker/environment.h"
#include "worker/spawn.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void attempt_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

static void keep_assignment(struct attempt *attempt, const struct wire_assign *assign)
{
    attempt->id = assign->attempt;
    attempt->grace_ms = assign->grace_ms;
    attempt->rung = assign->rung;
    attempt->timeout_ms = assign->timeout_ms;
    attempt->stall_ms = assign->stall_ms;
    attempt->from_attempt = assign->checkpoint.attempt_number;
    if (attempt->from_attempt > 0) {
        attempt->from.bytes = assign->checkpoint.bytes;
        (void)text_copy(attempt->from.hash, sizeof attempt->from.hash, assign->checkpoint.hash);
        (void)text_copy(attempt->from.location, sizeof attempt->from.location,
                        assign->checkpoint.location);
    }
    attempt->signal = assign->signal;
    for (size_t i = 0; i < assign->rule_count; i++) {
        attempt->rules[i] = assign->rules[i].then;
    }
    (void)text_copy(attempt->command, sizeof attempt->command,
                    assign->word_count > 0 ? assign->words[0] : "");
    for (size_t i = 0; assign->objective_count > 0 && i < assign->pattern_count; i++) {
        if (text_equal(assign->patterns[i].key, assign->objectives[0].metric)) {
            (void)text_copy(attempt->pattern, sizeof attempt->pattern, assign->patterns[i].value);
        }
    }
}

static void init(struct attempt *attempt, const struct wire_assign *assign, const char *cluster)
{
    keep_assignment(attempt, assign);
    (void)text_copy(attempt->cluster, sizeof attempt->cluster, cluster);
    for (size_t i = 0; i < ATTEMPT_FD_COUNT; i++) {
        attempt->fds[i] = -1;
    }
    attempt->report = -1;
    attempt->job = -1;
    helper_init(&attempt->copying);
    helper_init(&attempt->checkpoint.helper);
    attempt->checkpoint.file = -1;
    attempt->checkpoint_step = -1;
    attempt->captures[0].fd = -1;
    attempt->captures[1].fd = -1;
    attempt->supervisor = -1;
    attempt->step = -1;
    attempt->kill_ms = INT64_MAX;
    attempt->facts = (struct verdict_facts){.exit_code = -1, .objective_finite = true};
    points_init(&attempt->points);
    tally_init(&attempt->tally, assign);
    for (size_t i = 0; i < 3; i++) {
        lines_init(&attempt->lines[i]);
    }
}

/* --- the folder --- */

static enum tide_status give_away(const struct attempt_options *options, const char *path,
                                  struct error *error)
{
    if (options->has_user && lchown(path, options->uid, options->gid) != 0) {
        return error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
    }
    return TIDE_OK;
}

static enum tide_status make_parts(struct attempt *attempt, const struct attempt_options *options,
                                   struct error *error)
{
    static const char *const parts[] = {"", "/checkpoint", "/tmp", "/work"};
    enum tide_status status = TIDE_OK;

    for (size_t i = 0; status == TIDE_OK && i < sizeof parts / sizeof *parts; i++) {
        char path[FILES_PATH_BYTES];
        if (!files_path(path, "%s%s", attempt->folder, parts[i])) {
            return error_set(error, TIDE_INVALID, "the state folder's path is too long");
        }
        status = files_folder(path, error);
        status = status == TIDE_OK ? give_away(options, path, error) : status;
    }
    return status;
}

static enum tide_status make_file(const struct attempt *attempt,
                                  const struct attempt_options *options, const char *name,
                                  const char *text, struct error *error)
{
    char path[FILES_PATH_BYTES];

    if (!files_path(path, "%s/%s", attempt->folder, name)) {
        return error_set(error, TIDE_INVALID, "the state folder's path is too long");
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    const size_t bytes = strlen(text);
    if (fd < 0 || write(fd, text, bytes) != (ssize_t)bytes) {
        const int why = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return error_set(error, TIDE_IO, "%s: %s", path, strerror(why));
    }
    (void)close(fd);
    return give_away(options, path, error);
}

static enum tide_status open_files(struct attempt *attempt, struct error *error)
{
    static const char *const names[] = {"stdout", "stderr"};
    char path[FILES_PATH_BYTES];
    enum tide_status status = TIDE_OK;

    for (int i = 0; status == TIDE_OK && i < 2; i++) {
        (void)files_path(path, "%s/%s", attempt->folder, names[i]);
        status = capture_open(&attempt->captures[i], path, i == 0 ? STREAM_STDOUT : STREAM_STDERR,
                              error);
    }
    if (status == TIDE_OK) {
        (void)files_path(path, "%s/report", attempt->folder);
        attempt->report = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        status = attempt->report >= 0 ? TIDE_OK
                                      : error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
    }
    return status;
}

static enum tide_status make_folder(struct attempt *attempt, const struct attempt_options *options,
                                    const struct wire_assign *assign, struct error *error)
{
    if (!files_path(attempt->folder, "%s/attempts/%" PRId32 ".%" PRId32 ".%" PRId32, options->state,
                    attempt->id.experiment, attempt->id.trial, attempt->id.number)) {
        return error_set(error, TIDE_INVALID, "the state folder's path is too long");
    }
    files_remove(attempt->folder); /* of a worker that was killed */
    enum tide_status status = make_parts(attempt, options, error);
    status = status == TIDE_OK ? make_file(attempt, options, "params.json", assign->params, error)
                               : status;
    status = status == TIDE_OK ? make_file(attempt, options, "report", "", error) : status;
    return status == TIDE_OK ? open_files(attempt, error) : status;
}

/* --- the supervisor --- */

struct pipes {
    int control[2], out[2], err[2];
};

static bool open_pipes(struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pipes->control) == 0 &&
           pipe2(pipes->out, O_CLOEXEC) == 0 && pipe2(pipes->err, O_CLOEXEC) == 0;
}

static void take_end(int *to, int *from)
{
    *to = *from;
    *from = -1;
    (void)fcntl(*to, F_SETFL, O_NONBLOCK);
}

enum tide_status attempt_spawn(struct attempt *attempt, struct error *error)
{
    static const char *const words[] = {"tidemill-worker", "--supervise", NULL};
    struct pipes pipes;
    enum tide_status status = TIDE_OK;

    if (!open_pipes(&pipes)) {
        status = error_set(error, TIDE_IO, "no pipe: %s", strerror(errno));
    } else {
        const int fds[SPAWN_FDS] = {pipes.out[1], pipes.err[1], pipes.control[1], attempt->job};
        status = spawn_self(words, fds, &attempt->supervisor, error);
    }
    attempt_close(&attempt->job);
    if (status == TIDE_OK) {
        attempt->state = ATTEMPT_RUNNING;
        take_end(&attempt->fds[ATTEMPT_CONTROL], &pipes.control[0]);
        take_end(&attempt->fds[ATTEMPT_STDOUT], &pipes.out[0]);
        take_end(&attempt->fds[ATTEMPT_STDERR], &pipes.err[0]);
    }
    for (int i = 0; i < 2; i++) {
        attempt_close(&pipes.control[i]);
        attempt_close(&pipes.out[i]);
        attempt_close(&pipes.err[i]);
    }
    return status;
}

static enum tide_status make_job(struct attempt *attempt, const struct attempt_options *options,
                                 const struct wire_assign *assign,
                                 const struct environment *environment, struct error *error)
{
    const char *words[WIRE_WORDS_MAX + 1] = {NULL};
    char own[FILES_PATH_BYTES];

    memcpy(words, assign->words, assign->word_count * sizeof *words);
    (void)files_path(own, "%s/work", attempt->folder);
    cgroup_make(options->cgroup, attempt->id, attempt->cgroup);
    const struct job job = {.private_umask = !options->inherit_environment,
                            .has_user = options->has_user,
                            .uid = options->uid,
                            .gid = options->gid,
                            .workdir = assign->workdir[0] == '\0' ? own : assign->workdir,
                            .cgroup = attempt->cgroup,
                            .folder = attempt->folder,
                            .words = words,
                            .env = (const char *const *)environment->strings};
    return job_create(&job, &attempt->job, error);
}

static enum tide_status prepare(struct attempt *attempt, const struct attempt_options *options,
                                const struct wire_assign *assign, struct error *error)
{
    static const char *const names[] = {"params.json", "report", "notice", "checkpoint", "tmp"};
    char paths[5][FILES_PATH_BYTES];
    struct environment *environment = malloc(sizeof *environment);

    for (size_t i = 0; i < 5; i++) {
        (void)files_path(paths[i], "%s/%s", attempt->folder, names[i]);
    }
    const struct environment_paths places = {.params = paths[0],
                                             .report = paths[1],
                                             .notice = paths[2],
                                             .checkpoint = paths[3],
                                             .temporary = paths[4],
                                             .home = options->home};
    if (environment == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "no memory for the environment");
    }
    enum tide_status status =
        environment_make(environment, assign, &places, options->inherit_environment, error);
    if (status == TIDE_OK) {
        status = make_job(attempt, options, assign, environment, error);
    }
    environment_fini(environment);
    free(environment);
    return status;
}

static void begin(struct attempt *attempt, const struct attempt_options *options,
                  const struct wire_assign *assign, int64_t now_ms)
{
    char folder[FILES_PATH_BYTES];
    struct error error = {0};

    enum tide_status status = parse_open(&attempt->parser, assign, &error);
    status = status == TIDE_OK ? make_folder(attempt, options, assign, &error) : status;
    (void)files_path(folder, "%s/checkpoint", attempt->folder);
    checkpoint_init(&attempt->checkpoint, assign, attempt->cluster, folder, options->way,
                    options->state);
    attempt->checkpoint.has_user = options->has_user;
    attempt->checkpoint.uid = options->uid;
    attempt->checkpoint.gid = options->gid;
    status = status == TIDE_OK ? prepare(attempt, options, assign, &error) : status;
    if (status != TIDE_OK) {
        attempt_not_started(attempt, CAUSE_WORKER, error.text, now_ms);
    } else if (assign->workdir_hash[0] != '\0') {
        attempt->state = ATTEMPT_PREPARING;
    } else {
        attempt_restore(attempt, now_ms);
    }
}

struct attempt *attempt_new(const struct attempt_options *options, const struct wire_assign *assign,
                            const char *cluster, int64_t now_ms)
{
    struct attempt *attempt = calloc(1, sizeof *attempt);

    if (attempt != NULL) {
        init(attempt, assign, cluster);
        attempt->started_ms = now_ms;
        attempt->active_ms = now_ms;
        begin(attempt, options, assign, now_ms);
    }
    return attempt;
}

/* --- the end --- */

void attempt_free(struct attempt *attempt)
{
    if (attempt == NULL) {
        return;
    }
    helper_kill(&attempt->copying);
    checkpoint_abandon(&attempt->checkpoint);
    attempt->fds[ATTEMPT_HELPER] = -1;
    for (size_t i = 0; i < ATTEMPT_FD_COUNT; i++) {
        attempt_close(&attempt->fds[i]);
    }
    attempt_close(&attempt->job);
    attempt_close(&attempt->report);
    capture_close(&attempt->captures[0]);
    capture_close(&attempt->captures[1]);
    parse_close(&attempt->parser);
    (void)cgroup_end(attempt->cgroup);
    if (attempt->folder[0] != '\0') {
        files_remove(attempt->folder);
    }
    free(attempt);
}
