#include "commands/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Runs in a thread of BLAS only: in the main thread the signal is blocked. */
static void forward(int number)
{
    const int before = errno;

    (void)syscall(SYS_tgkill, getpid(), getpid(),
                  number); /* the main thread's id is the process's */
    errno = before;
}

int signals_open(const int *numbers, size_t count)
{
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < count; i++) {
        (void)sigaddset(&set, numbers[i]);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        (void)sigaction(numbers[i], &action, NULL);
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_next(int descriptor)
{
    struct signalfd_siginfo info;

    return read(descriptor, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
