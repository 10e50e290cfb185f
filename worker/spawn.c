#include "worker/spawn.h"

#include "worker/files.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

enum { SAFE_FD = 16 }; /* sources are moved above all targets, so that no dup2 hits a source */

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all;
    sigset_t none;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGKILL);
    (void)sigdelset(&all, SIGSTOP);
    (void)sigemptyset(&none);
    int code = posix_spawnattr_setsigdefault(attributes, &all);
    code = code == 0 ? posix_spawnattr_setsigmask(attributes, &none) : code;
    return code == 0 ? posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF |
                                                                POSIX_SPAWN_SETSIGMASK |
                                                                POSIX_SPAWN_SETSID)
                     : code;
}

static int set_files(posix_spawn_file_actions_t *actions, const int safe[SPAWN_FDS])
{
    int code = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);

    for (int i = 0; code == 0 && i < SPAWN_FDS; i++) {
        code = posix_spawn_file_actions_adddup2(actions, safe[i] < 0 ? STDIN_FILENO : safe[i],
                                                SPAWN_FIRST_FD + i);
    }
    return code;
}

static int spawn_with(const char *path, const char *const *words, const int safe[SPAWN_FDS],
                      pid_t *pid)
{
    static char *nothing[] = {NULL};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    char **copy = NULL;

    memcpy(&copy, &words, sizeof copy); /* posix_spawn does not change the words */
    int code = posix_spawnattr_init(&attributes);
    if (code != 0) {
        return code;
    }
    code = posix_spawn_file_actions_init(&actions);
    if (code == 0) {
        code = set_attributes(&attributes);
        code = code == 0 ? set_files(&actions, safe) : code;
        code = code == 0 ? posix_spawn(pid, path, &actions, &attributes, copy, nothing) : code;
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)posix_spawnattr_destroy(&attributes);
    return code;
}

static enum tide_status spawn_program(const char *path, const char *const *words,
                                      const int fds[SPAWN_FDS], pid_t *pid, struct error *error)
{
    int safe[SPAWN_FDS];
    int code = 0;

    for (int i = 0; i < SPAWN_FDS; i++) {
        safe[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, SAFE_FD);
        code = fds[i] >= 0 && safe[i] < 0 ? errno : code;
    }
    code = code == 0 ? spawn_with(path, words, safe, pid) : code;
    for (int i = 0; i < SPAWN_FDS; i++) {
        if (safe[i] >= 0) {
            (void)close(safe[i]);
        }
    }
    return code == 0 ? TIDE_OK
                     : error_set(error, TIDE_IO, "cannot start a process: %s", strerror(code));
}

enum tide_status spawn_self(const char *const *words, const int fds[SPAWN_FDS], pid_t *pid,
                            struct error *error)
{
    return spawn_program("/proc/self/exe", words, fds, pid, error);
}

enum tide_status spawn_beside(const char *name, const char *const *words, const int fds[SPAWN_FDS],
                              pid_t *pid, struct error *error)
{
    char path[FILES_PATH_BYTES];
    const ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 1);

    path[bytes > 0 ? bytes : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL || strlen(name) >= sizeof path - (size_t)(slash + 1 - path)) {
        return error_set(error, TIDE_NOT_FOUND, "this program does not know where it is");
    }
    (void)text_copy(slash + 1, sizeof path - (size_t)(slash + 1 - path), name);
    return spawn_program(path, words, fds, pid, error);
}
