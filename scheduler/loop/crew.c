#include "loop/crew.h"

#include "base/log.h"
#include "loop/clock.h"
#include "loop/spawn.h"
#include "loop/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { SHORT_LIFE_MS = 5000, SHORT_LIVES_MAX = 3 };

/* The worker's program lies beside ours; installed or built, both go together. */
static bool program_find(char *path, size_t bytes)
{
    char self[4096];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    if (length > 0) {
        self[length] = '\0';
        char *slash = strrchr(self, '/');
        *slash = '\0';
        if ((size_t)snprintf(path, bytes, "%s/tidemill-worker", self) < bytes &&
            access(path, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

static void member_name(char *name, int index)
{
    (void)snprintf(name, CREW_NAME_BYTES, "local-%d", index + 1);
}

static void log_path(const struct crew *crew, int index, char *path, size_t bytes)
{
    char name[CREW_NAME_BYTES];

    member_name(name, index);
    (void)snprintf(path, bytes, "%.4000s/%s.log", crew->directory, name);
}

static int member_spawn(struct crew *crew, int index)
{
    char name[CREW_NAME_BYTES];
    char parent[32];
    char state[4096 + CREW_NAME_BYTES];
    char log[4096 + CREW_NAME_BYTES];
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;

    member_name(name, index);
    log_path(crew, index, log, sizeof log);
    (void)snprintf(parent, sizeof parent, "%ld", (long)getpid());
    (void)snprintf(state, sizeof state, "%s/%s", crew->directory, name);
    const char *const words[] = {crew->program,
                                 "--keys",
                                 coordinator_run_directory(crew->coordinator),
                                 "--name",
                                 name,
                                 "--slots",
                                 "1",
                                 "--state",
                                 state,
                                 "--inherit-env",
                                 "--parent-pid",
                                 parent,
                                 geteuid() == 0 ? "--allow-root" : NULL,
                                 NULL};
    spawn_attributes(&attributes);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log,
                                           O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    const int code = posix_spawn(&crew->members[index].pid, crew->program, &files, &attributes,
                                 (char *const *)(uintptr_t)words, environ);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    crew->members[index].begun_steady_ms = clock_steady_ms();
    return code;
}

static enum tide_status member_start(struct crew *crew, int index, struct error *error)
{
    const int code = member_spawn(crew, index);

    if (code != 0) {
        crew->members[index].pid = 0;
        return error_set(error, TIDE_IO, "cannot start %s: %s", crew->program, strerror(code));
    }
    return TIDE_OK;
}

enum tide_status crew_open(struct crew *crew, struct coordinator *coordinator, int count,
                           const char *store, struct error *error)
{
    char relative[4096];
    enum tide_status status = TIDE_OK;

    *crew = (struct crew){.coordinator = coordinator, .count = count};
    if (!program_find(crew->program, sizeof crew->program)) {
        return error_set(error, TIDE_NOT_FOUND, "there is no tidemill-worker beside this program");
    }
    (void)snprintf(relative, sizeof relative, "%.4000s.work", store);
    if (mkdir(relative, 0700) != 0 && errno != EEXIST) {
        return error_set(error, TIDE_IO, "cannot make %s: %s", relative, strerror(errno));
    }
    if (realpath(relative, crew->directory) == NULL) {
        return error_set(error, TIDE_IO, "cannot find %s: %s", relative, strerror(errno));
    }
    for (int i = 0; i < count && status == TIDE_OK; i++) {
        status = member_start(crew, i, error);
    }
    return status;
}

static enum tide_status member_ended(struct crew *crew, struct coordinator *coordinator, int index,
                                     struct error *error)
{
    struct crew_member *member = &crew->members[index];
    char name[CREW_NAME_BYTES];
    char log[4096 + CREW_NAME_BYTES];

    member_name(name, index);
    member->pid = 0;
    coordinator_worker_gone(coordinator, name);
    if (crew->leaving) {
        return TIDE_OK;
    }
    const bool brief = clock_steady_ms() - member->begun_steady_ms < SHORT_LIFE_MS;
    member->short_lives = brief ? member->short_lives + 1 : 0;
    if (member->short_lives > SHORT_LIVES_MAX) {
        log_path(crew, index, log, sizeof log);
        return error_set(error, TIDE_REFUSED,
                         "worker %s ends as soon as it starts; its log is %.300s", name, log);
    }
    return member_start(crew, index, error);
}

enum tide_status crew_reap(struct crew *crew, struct coordinator *coordinator, struct error *error)
{
    enum tide_status status = TIDE_OK;

    for (int i = 0; i < crew->count && status == TIDE_OK; i++) {
        const pid_t pid = crew->members[i].pid;
        if (pid > 0 && waitpid(pid, NULL, WNOHANG) == pid) {
            status = member_ended(crew, coordinator, i, error);
        }
    }
    return status;
}

void crew_leave(struct crew *crew, bool now)
{
    crew->leaving = true;
    for (int i = 0; i < crew->count; i++) {
        if (crew->members[i].pid > 0) {
            (void)kill(crew->members[i].pid, now ? SIGKILL : SIGTERM);
        }
    }
}

int crew_running(const struct crew *crew)
{
    int running = 0;

    for (int i = 0; i < crew->count; i++) {
        running += crew->members[i].pid > 0 ? 1 : 0;
    }
    return running;
}

void crew_close(struct crew *crew, bool finished)
{
    crew_leave(crew, true);
    for (int i = 0; i < crew->count; i++) {
        if (crew->members[i].pid > 0) {
            (void)waitpid(crew->members[i].pid, NULL, 0);
            crew->members[i].pid = 0;
        }
    }
    if (finished && crew->directory[0] != '\0') {
        tree_remove(crew->directory);
    }
}
