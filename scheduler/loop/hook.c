/*
 * Knows how to wait for a process and its output at once: a pidfd says that it has ended, whatever
 * still holds its pipes.
 */
#include "loop/hook.h"

#include "loop/clock.h"
#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { FIRST_BYTES = 4096, PIECE_BYTES = 16384, PIECES_MAX = 64, SAID_BYTES = 192 };

/* What of it is watched: the low bits of an epoll event. */
enum watched { WATCH_OUTPUT, WATCH_STDERR, WATCH_PROCESS, WATCHED_COUNT };

struct hook {
    pid_t pid; /* 0: this place is free */
    int32_t key;
    int descriptors[WATCHED_COUNT]; /* -1 closed */
    char *output;                   /* terminated */
    size_t bytes, capacity;
    bool too_much, too_late;
    char said[SAID_BYTES]; /* the last line of stderr that was not empty */
    char line[SAID_BYTES]; /* the one being read */
    size_t line_bytes;
    int64_t until_ms;
};

struct hooks {
    int epoll;
    struct hook items[HOOKS_MAX];
    char *output; /* of the end that was taken last */
    char why[HOOK_WHY_BYTES];
};

enum tide_status hooks_open(struct hooks **hooks, struct error *error)
{
    *hooks = calloc(1, sizeof **hooks);
    if (*hooks == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    (*hooks)->epoll = epoll_create1(EPOLL_CLOEXEC);
    return (*hooks)->epoll < 0 ? error_set(error, TIDE_IO, "epoll: %s", strerror(errno)) : TIDE_OK;
}

/* Taken out of the set by name: a process that is just being started may hold the descriptor for a
 * moment longer than we do, and as long it would be watched. */
static void descriptor_close(const struct hooks *hooks, struct hook *hook, enum watched what)
{
    if (hook->descriptors[what] >= 0) {
        (void)epoll_ctl(hooks->epoll, EPOLL_CTL_DEL, hook->descriptors[what], NULL);
        (void)close(hook->descriptors[what]);
        hook->descriptors[what] = -1;
    }
}

static void descriptors_close(const struct hooks *hooks, struct hook *hook)
{
    descriptor_close(hooks, hook, WATCH_OUTPUT);
    descriptor_close(hooks, hook, WATCH_STDERR);
    descriptor_close(hooks, hook, WATCH_PROCESS);
}

void hooks_close(struct hooks *hooks)
{
    if (hooks == NULL) {
        return;
    }
    for (size_t i = 0; i < HOOKS_MAX; i++) {
        if (hooks->items[i].pid > 0) {
            descriptors_close(hooks, &hooks->items[i]);
            free(hooks->items[i].output);
        }
    }
    if (hooks->epoll >= 0) {
        (void)close(hooks->epoll);
    }
    free(hooks->output);
    free(hooks);
}

int hooks_fd(const struct hooks *hooks)
{
    return hooks->epoll;
}

int64_t hooks_deadline_ms(const struct hooks *hooks)
{
    int64_t until_ms = INT64_MAX;

    for (size_t i = 0; i < HOOKS_MAX; i++) {
        const struct hook *hook = &hooks->items[i];
        if (hook->pid > 0 && !hook->too_late && hook->until_ms < until_ms) {
            until_ms = hook->until_ms;
        }
    }
    return until_ms;
}

bool hook_runs(const struct hooks *hooks, int32_t key)
{
    for (size_t i = 0; i < HOOKS_MAX; i++) {
        if (hooks->items[i].pid > 0 && hooks->items[i].key == key) {
            return true;
        }
    }
    return false;
}

/* ---- starting ---- */

/* The environment with one more variable; the caller frees the list, not its strings. */
static char **environment_with(char *variable)
{
    size_t count = 0;

    while (environ[count] != NULL) {
        count++;
    }
    char **list = malloc((count + 2) * sizeof *list);
    if (list != NULL) {
        memcpy(list, environ, count * sizeof *list);
        list[count] = variable;
        list[count + 1] = NULL;
    }
    return list;
}

static int spawn(struct hook *hook, const char *const *words, int output, int errors,
                 const char *pool)
{
    char variable[128];
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;

    (void)snprintf(variable, sizeof variable, "TIDEMILL_POOL=%s", pool);
    char **environment = environment_with(variable);
    if (environment == NULL) {
        return ENOMEM;
    }
    spawn_attributes(&attributes);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    const int code = posix_spawnp(&hook->pid, words[0], &files, &attributes,
                                  (char *const *)(uintptr_t)words, environment);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    free(environment);
    return code;
}

static bool watch(struct hooks *hooks, size_t index, enum watched what)
{
    struct epoll_event event = {.events = EPOLLIN,
                                .data.u64 = index * WATCHED_COUNT + (uint64_t)what};

    return epoll_ctl(hooks->epoll, EPOLL_CTL_ADD, hooks->items[index].descriptors[what], &event) ==
           0;
}

/* Ours do not block, theirs do. */
static bool pipe_open(int *ours, int *theirs)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    *ours = ends[0];
    *theirs = ends[1];
    return fcntl(*ours, F_SETFL, O_NONBLOCK) == 0;
}

/* 0, or an errno after which the hook's descriptors are to be closed. */
static int begin(struct hooks *hooks, struct hook *hook, const char *const *words, const char *pool)
{
    const size_t index = (size_t)(hook - hooks->items);
    int output = -1;
    int errors = -1;
    int code = EMFILE;

    if (pipe_open(&hook->descriptors[WATCH_OUTPUT], &output) &&
        pipe_open(&hook->descriptors[WATCH_STDERR], &errors)) {
        code = spawn(hook, words, output, errors, pool);
    }
    if (output >= 0) {
        (void)close(output);
    }
    if (errors >= 0) {
        (void)close(errors);
    }
    if (code != 0) {
        return code;
    }
    hook->descriptors[WATCH_PROCESS] = (int)syscall(SYS_pidfd_open, hook->pid, 0);
    if (hook->descriptors[WATCH_PROCESS] < 0 || !watch(hooks, index, WATCH_OUTPUT) ||
        !watch(hooks, index, WATCH_STDERR) || !watch(hooks, index, WATCH_PROCESS)) {
        (void)kill(-hook->pid, SIGKILL);
        (void)waitpid(hook->pid, NULL, 0);
        return EMFILE;
    }
    return 0;
}

enum tide_status hook_start(struct hooks *hooks, int32_t key, const char *const *words,
                            const char *pool, int64_t timeout_ms, struct error *error)
{
    struct hook *hook = hooks->items;

    while (hook < hooks->items + HOOKS_MAX && hook->pid > 0) {
        hook++;
    }
    if (hook == hooks->items + HOOKS_MAX) {
        return error_set(error, TIDE_LIMIT, "%d commands run already", HOOKS_MAX);
    }
    *hook = (struct hook){.key = key,
                          .descriptors = {-1, -1, -1},
                          .output = malloc(FIRST_BYTES),
                          .capacity = FIRST_BYTES,
                          .until_ms = clock_steady_ms() + timeout_ms};
    if (hook->output == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    hook->output[0] = '\0';
    const int code = begin(hooks, hook, words, pool);
    if (code != 0) {
        descriptors_close(hooks, hook);
        free(hook->output);
        hook->pid = 0;
        return error_set(error, TIDE_IO, "cannot run %.200s: %s", words[0], strerror(code));
    }
    return TIDE_OK;
}

/* ---- reading ---- */

static void output_add(struct hook *hook, const char *piece, size_t bytes)
{
    while (hook->bytes + bytes + 1 > hook->capacity && hook->capacity < HOOK_OUTPUT_BYTES_MAX) {
        char *grown = realloc(hook->output, 2 * hook->capacity);
        if (grown == NULL) {
            break;
        }
        hook->output = grown;
        hook->capacity *= 2;
    }
    if (hook->bytes + bytes + 1 > hook->capacity) {
        hook->too_much = true; /* the rest is read and dropped, so that it does not hang */
        return;
    }
    memcpy(hook->output + hook->bytes, piece, bytes);
    hook->bytes += bytes;
    hook->output[hook->bytes] = '\0';
}

static void errors_add(struct hook *hook, const char *piece, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (piece[i] == '\n') {
            if (hook->line_bytes > 0) {
                memcpy(hook->said, hook->line, sizeof hook->said);
            }
            hook->line_bytes = 0;
        } else if (hook->line_bytes + 1 < sizeof hook->line) {
            hook->line[hook->line_bytes++] = (unsigned char)piece[i] < ' ' ? ' ' : piece[i];
            hook->line[hook->line_bytes] = '\0';
        }
    }
}

/* What is there to be read, but not for ever; a pipe at its end is watched no more. */
static void drain(const struct hooks *hooks, struct hook *hook, enum watched what)
{
    char piece[PIECE_BYTES];
    ssize_t got = 1;

    for (int i = 0; i < PIECES_MAX && hook->descriptors[what] >= 0 && got > 0; i++) {
        got = read(hook->descriptors[what], piece, sizeof piece);
        if (got > 0 && what == WATCH_OUTPUT) {
            output_add(hook, piece, (size_t)got);
        } else if (got > 0) {
            errors_add(hook, piece, (size_t)got);
        }
    }
    if (got == 0) {
        descriptor_close(hooks, hook, what);
    }
}

/* ---- ending ---- */

static void why_print(const struct hook *hook, const siginfo_t *info, char *why)
{
    char what[64];

    if (hook->too_late) {
        (void)snprintf(what, sizeof what, "it took too long");
    } else if (hook->too_much) {
        (void)snprintf(what, sizeof what, "it printed more than %d bytes", HOOK_OUTPUT_BYTES_MAX);
    } else {
        (void)snprintf(what, sizeof what, "%s %d", info->si_code == CLD_EXITED ? "exit" : "signal",
                       info->si_status);
    }
    (void)snprintf(why, HOOK_WHY_BYTES, "%s%s%s", what, hook->said[0] == '\0' ? "" : ": ",
                   hook->said);
}

static void finish(struct hooks *hooks, struct hook *hook, struct hook_end *end)
{
    siginfo_t info = {0};

    drain(hooks, hook, WATCH_OUTPUT);
    drain(hooks, hook, WATCH_STDERR);
    errors_add(hook, "\n", 1);
    (void)waitid(P_PID, (id_t)hook->pid, &info, WEXITED);
    descriptors_close(hooks, hook);
    free(hooks->output);
    hooks->output = hook->output;
    why_print(hook, &info, hooks->why);
    *end = (struct hook_end){.key = hook->key,
                             .good = info.si_code == CLD_EXITED && info.si_status == 0 &&
                                     !hook->too_late && !hook->too_much,
                             .output = hooks->output,
                             .why = hooks->why};
    hook->pid = 0;
}

static void late_kill(struct hooks *hooks)
{
    const int64_t now_ms = clock_steady_ms();

    for (size_t i = 0; i < HOOKS_MAX; i++) {
        struct hook *hook = &hooks->items[i];
        if (hook->pid > 0 && !hook->too_late && hook->until_ms <= now_ms) {
            hook->too_late = true;
            (void)kill(-hook->pid, SIGKILL);
        }
    }
}

bool hooks_next(struct hooks *hooks, struct hook_end *end)
{
    struct epoll_event event;

    late_kill(hooks);
    while (epoll_wait(hooks->epoll, &event, 1, 0) == 1) {
        struct hook *hook = &hooks->items[event.data.u64 / WATCHED_COUNT];
        const enum watched what = (enum watched)(event.data.u64 % WATCHED_COUNT);
        if (what == WATCH_PROCESS) {
            finish(hooks, hook, end);
            return true;
        }
        drain(hooks, hook, what);
    }
    return false;
}
