#include "worker/setup.h"

#include "worker/capture.h"
#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READS_A_TURN = 16 };

void setup_init(struct setup *setup)
{
    *setup = (struct setup){.control = -1, .output = -1, .supervisor = -1};
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

enum tide_status setup_begin(struct setup *setup, int job, int64_t now_ms, struct error *error)
{
    static const char *const words[] = {"tidemill-worker", "--supervise", NULL};
    int control[2] = {-1, -1};
    int out[2] = {-1, -1};
    enum tide_status status = TIDE_OK;

    setup_init(setup);
    setup->deadline_ms = now_ms + SETUP_TIMEOUT_MS;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0 ||
        pipe2(out, O_CLOEXEC) != 0) {
        status = error_set(error, TIDE_IO, "no pipe: %s", strerror(errno));
    } else {
        const int fds[SPAWN_FDS] = {out[1], out[1], control[1], job};
        status = spawn_self(words, fds, &setup->supervisor, error);
    }
    close_fd(&control[1]);
    close_fd(&out[1]);
    if (status != TIDE_OK) {
        close_fd(&control[0]);
        close_fd(&out[0]);
        return status;
    }
    setup->control = control[0];
    setup->output = out[0];
    (void)fcntl(setup->output, F_SETFL, O_NONBLOCK);
    return TIDE_OK;
}

/* Keeps the last bytes: of a tail that is full the older half goes. */
static void keep(struct setup *setup, const char *data, size_t bytes)
{
    const size_t most = sizeof setup->tail - 1;

    if (bytes > most) {
        data += bytes - most;
        bytes = most;
    }
    if (setup->tail_bytes + bytes > most) {
        const size_t drop = setup->tail_bytes + bytes - most;
        memmove(setup->tail, setup->tail + drop, setup->tail_bytes - drop);
        setup->tail_bytes -= drop;
    }
    memcpy(setup->tail + setup->tail_bytes, data, bytes);
    setup->tail_bytes += bytes;
    setup->tail[setup->tail_bytes] = '\0';
}

static void read_output(struct setup *setup)
{
    char data[4096];

    for (int i = 0; setup->output >= 0 && i < READS_A_TURN; i++) {
        const ssize_t bytes = read(setup->output, data, sizeof data);
        if (bytes > 0) {
            keep(setup, data, (size_t)bytes);
        } else if (bytes == 0) {
            close_fd(&setup->output);
        } else {
            return;
        }
    }
}

static void read_control(struct setup *setup)
{
    struct job_report report;
    ssize_t bytes = 0;

    while ((bytes = recv(setup->control, &report, sizeof report, MSG_DONTWAIT)) ==
           (ssize_t)sizeof report) {
        if (report.kind == JOB_FAILED) {
            setup->not_started = report.error;
        } else if (report.kind == JOB_EXITED) {
            setup->end = report;
        } else if (report.kind == JOB_GONE) {
            setup->gone = true;
        }
    }
    if (bytes >= 0 || (errno != EAGAIN && errno != EINTR)) {
        close_fd(&setup->control);
    }
}

static void tell_why(const struct setup *setup, char *why, size_t bytes)
{
    char tail[SETUP_TAIL_BYTES];
    char how[128];

    if (setup->not_started != 0) {
        (void)snprintf(how, sizeof how, "cannot be run: %s", strerror(setup->not_started));
    } else if (setup->timed_out) {
        (void)snprintf(how, sizeof how, "took longer than %d minutes", SETUP_TIMEOUT_MS / 60000);
    } else if (!setup->gone) {
        (void)snprintf(how, sizeof how, "was interrupted: its supervisor was killed");
    } else if (setup->end.signal != 0) {
        (void)snprintf(how, sizeof how, "was ended by signal %d", setup->end.signal);
    } else {
        (void)snprintf(how, sizeof how, "exited with %d", setup->end.exit_code);
    }
    (void)capture_text(setup->tail, setup->tail_bytes, false, tail, sizeof tail);
    (void)snprintf(why, bytes, "the setup %s%s%s", how, tail[0] == '\0' ? "" : "; it said last:\n",
                   tail);
}

enum setup_event setup_ready(struct setup *setup, char *why, size_t bytes)
{
    read_output(setup);
    if (setup->control >= 0) {
        read_control(setup);
    }
    if (setup->control >= 0) {
        return SETUP_BUSY;
    }
    read_output(setup);
    close_fd(&setup->output);
    if (setup->gone && setup->not_started == 0 && !setup->timed_out && setup->end.signal == 0 &&
        setup->end.exit_code == 0) {
        return SETUP_DONE;
    }
    tell_why(setup, why, bytes);
    return SETUP_FAILED;
}

void setup_tick(struct setup *setup, int64_t now_ms)
{
    const struct job_order order = {.signal = JOB_END};

    if (setup->control >= 0 && setup->deadline_ms <= now_ms && !setup->timed_out) {
        setup->timed_out = true;
        (void)send(setup->control, &order, sizeof order, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

/* The end of the socket is the supervisor's order to end everything. */
void setup_kill(struct setup *setup)
{
    close_fd(&setup->control);
    close_fd(&setup->output);
}
