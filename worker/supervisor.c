#include "worker/supervisor.h"

#include "worker/become.h"
#include "worker/clock.h"
#include "worker/files.h"
#include "worker/job.h"
#include "worker/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SWEEP_MS = 20, STUCK_MS = 60000 };

struct supervisor {
    struct job job;
    pid_t first;  /* the attempt's first process, which leads its group */
    bool exited;  /* it has been reaped */
    bool ordered; /* an order reached it before */
    bool ending;  /* everything must go */
    bool stuck;   /* and that takes too long */
    bool worker_gone;
    int64_t ending_ms;
    int signals; /* signalfd of SIGCHLD */
};

/* What the child tells of a failure before exec. */
struct failure {
    enum job_stage stage;
    int error;
};

static void report(const struct supervisor *self, const struct job_report *what)
{
    if (!self->worker_gone) {
        (void)send(JOB_CONTROL_FD, what, sizeof *what, MSG_NOSIGNAL);
    }
}

/* --- the child, between fork and exec --- */

static _Noreturn void child_fail(int fd, enum job_stage stage)
{
    const struct failure failure = {stage, errno};

    (void)!write(fd, &failure, sizeof failure);
    _exit(127);
}

static void child_signals(void)
{
    sigset_t none;

    for (int signal_number = 1; signal_number < NSIG; signal_number++) {
        (void)signal(signal_number, SIG_DFL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

extern char **environ;

static _Noreturn void child_run(const struct job *job, pid_t parent, int failed)
{
    const struct rlimit no_core = {0, 0};

    (void)setsid();
    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (job->private_umask) {
        (void)umask(077);
    }
    if (chdir(job->workdir) != 0) {
        child_fail(failed, JOB_AT_WORKDIR);
    }
    if (job->has_user && !become_user(job->uid, job->gid)) {
        child_fail(failed, JOB_AT_USER);
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the change of user, which clears it */
    if (getppid() != parent) {
        _exit(127);
    }
    child_signals();
    (void)dup3(failed, JOB_CONTROL_FD, O_CLOEXEC);
    (void)close_range(JOB_CONTROL_FD + 1, ~0U, 0);
    /* execvp wants words it may change, and leaves them alone: POSIX, rationale of exec. */
    char **words = NULL;
    memcpy(&words, &job->words, sizeof words);
    memcpy(&environ, &job->env, sizeof environ);
    (void)execvp(words[0], words);
    child_fail(JOB_CONTROL_FD, JOB_AT_EXEC);
}

/* --- the supervisor --- */

static void join_cgroup(const struct job *job)
{
    char path[4096];

    if (job->cgroup[0] == '\0' ||
        snprintf(path, sizeof path, "%s/cgroup.procs", job->cgroup) >= (int)sizeof path) {
        return;
    }
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "0", 1);
        (void)close(fd);
    }
}

static void kill_cgroup(const struct job *job)
{
    char path[4096];

    if (job->cgroup[0] == '\0' ||
        snprintf(path, sizeof path, "%s/cgroup.kill", job->cgroup) >= (int)sizeof path) {
        return;
    }
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "1", 1);
        (void)close(fd);
    }
}

static bool start(struct supervisor *self)
{
    struct failure failure = {JOB_AT_FORK, 0};
    const pid_t parent = getpid();
    int failed[2];

    if (pipe2(failed, O_CLOEXEC) != 0) {
        failure.error = errno;
    } else {
        self->first = fork();
        if (self->first == 0) {
            join_cgroup(&self->job);
            child_run(&self->job, parent, failed[1]);
        }
        failure.error = self->first < 0 ? errno : 0;
        (void)close(failed[1]);
        if (self->first > 0) {
            (void)!read(failed[0], &failure, sizeof failure); /* nothing: exec closed it */
        }
        (void)close(failed[0]);
    }
    /* From here on only the attempt holds its output open. */
    (void)dup2(STDIN_FILENO, STDOUT_FILENO);
    (void)dup2(STDIN_FILENO, STDERR_FILENO);
    const struct job_report said = {.kind = failure.error == 0 ? JOB_STARTED : JOB_FAILED,
                                    .stage = failure.stage,
                                    .error = failure.error};
    report(self, &said);
    return failure.error == 0;
}

static void end_everything(struct supervisor *self)
{
    if (!self->ending) {
        self->ending = true;
        self->ending_ms = clock_boot_ms();
        if (!self->exited) {
            (void)kill(-self->first, SIGKILL);
        }
        kill_cgroup(&self->job);
    }
}

/* Looks before it reaps: while the first process is a zombie its number, and its group's, cannot be
 * anybody else's. */
static void reap(struct supervisor *self)
{
    siginfo_t info = {0};

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        const bool first = info.si_pid == self->first && !self->exited;
        if (first) {
            end_everything(self);
            self->exited = true;
        }
        (void)waitid(P_PID, (id_t)info.si_pid, &info, WEXITED);
        if (first) {
            const struct job_report said = {
                .kind = JOB_EXITED,
                .exit_code = info.si_code == CLD_EXITED ? info.si_status : -1,
                .signal = info.si_code == CLD_EXITED ? 0 : info.si_status,
                .ordered = self->ordered};
            report(self, &said);
        }
        info.si_pid = 0;
    }
}

static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void obey(struct supervisor *self)
{
    struct job_order order = {.signal = JOB_END};
    const ssize_t bytes = recv(JOB_CONTROL_FD, &order, sizeof order, MSG_DONTWAIT);

    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (bytes != sizeof order) {
        self->worker_gone = true;
        order.signal = JOB_END;
    }
    reap(self); /* what has ended already is not ended by this order */
    if (self->exited) {
        return;
    }
    self->ordered = true; /* and only now may it know: it may end at once */
    if (order.notice[0] != '\0') {
        files_show(self->job.folder, "notice", order.notice);
    }
    if (order.signal == JOB_END) {
        end_everything(self);
    } else {
        (void)kill(-self->first, order.signal);
    }
}

static void sweep(struct supervisor *self)
{
    (void)sweep_children(NULL, 0);
    if (!self->stuck && clock_boot_ms() - self->ending_ms > STUCK_MS) {
        const struct job_report said = {.kind = JOB_STUCK};
        self->stuck = true;
        report(self, &said);
    }
}

static void turn(struct supervisor *self)
{
    struct pollfd items[2] = {{.fd = self->worker_gone ? -1 : JOB_CONTROL_FD, .events = POLLIN},
                              {.fd = self->signals, .events = POLLIN}};
    struct signalfd_siginfo info;

    (void)poll(items, 2, self->ending ? SWEEP_MS : -1);
    while (read(self->signals, &info, sizeof info) > 0) {
    }
    if (items[0].revents != 0) {
        obey(self);
    }
    reap(self);
    if (self->ending) {
        sweep(self);
    }
}

static void report_gone(const struct supervisor *self)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_CHILDREN, &usage);
    const struct job_report said = {
        .kind = JOB_GONE,
        .cpu_ms = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                  (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000,
        .max_rss_bytes = (int64_t)usage.ru_maxrss * 1024};
    report(self, &said);
}

int supervise(void)
{
    static struct supervisor self;
    sigset_t all;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)prctl(PR_SET_NAME, "tidemill-superv");
    (void)sigemptyset(&all);
    (void)sigaddset(&all, SIGCHLD);
    self.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (self.signals < 0 || !job_open(JOB_FILE_FD, &self.job)) {
        return 1;
    }
    (void)close(JOB_FILE_FD);
    if (!start(&self)) {
        return 0;
    }
    while (!self.exited || has_children()) {
        turn(&self);
    }
    report_gone(&self);
    return 0;
}
