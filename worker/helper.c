#include "worker/helper.h"

#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void helper_init(struct helper *helper)
{
    *helper = (struct helper){.out = -1};
}

static enum tide_status open_pipe(int out[2], struct error *error)
{
    return pipe2(out, O_CLOEXEC) == 0 ? TIDE_OK
                                      : error_set(error, TIDE_IO, "no pipe: %s", strerror(errno));
}

/* Takes the reading end of a process that was started, or gives up both. */
static enum tide_status begun(struct helper *helper, const int out[2], enum tide_status status)
{
    (void)close(out[1]);
    if (status != TIDE_OK) {
        (void)close(out[0]);
        return status;
    }
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    helper->out = out[0];
    helper->said_bytes = 0;
    return TIDE_OK;
}

enum tide_status helper_begin(struct helper *helper, const char *const *words, int file,
                              struct error *error)
{
    int out[2];

    if (open_pipe(out, error) != TIDE_OK) {
        return TIDE_IO;
    }
    helper->carries = false;
    const int fds[SPAWN_FDS] = {out[1], -1, file, -1};
    return begun(helper, out, spawn_self(words, fds, &helper->pid, error));
}

enum tide_status helper_carry(struct helper *helper, const struct carry_order *order,
                              const struct key_access *way, int file, struct error *error)
{
    int out[2];

    if (open_pipe(out, error) != TIDE_OK) {
        return TIDE_IO;
    }
    helper->carries = true;
    helper->order = *order;
    helper->file = file;
    return begun(helper, out, carry_spawn(order, way, file, out[1], &helper->pid, error));
}

/* What is there of a file says where the next process goes on. */
bool helper_reroute(struct helper *helper, const struct key_access *way)
{
    struct helper next = *helper;
    struct error error;

    if (helper->out < 0 || !helper->carries ||
        helper_carry(&next, &helper->order, way, helper->file, &error) != TIDE_OK) {
        return false; /* else it goes on as it was, until its patience ends */
    }
    helper_kill(helper);
    *helper = next;
    return true;
}

static void end(struct helper *helper)
{
    (void)close(helper->out);
    helper->out = -1;
    helper->said[helper->said_bytes] = '\0';
    helper->said[strcspn(helper->said, "\n")] = '\0';
    if (helper->pid > 0) {
        (void)waitpid(helper->pid, NULL, 0);
        helper->pid = 0;
    }
}

bool helper_ended(struct helper *helper)
{
    const size_t room = sizeof helper->said - 1 - helper->said_bytes;
    char rest[256];
    const ssize_t bytes = room > 0 ? read(helper->out, helper->said + helper->said_bytes, room)
                                   : read(helper->out, rest, sizeof rest);

    if (bytes > 0) {
        helper->said_bytes += room > 0 ? (size_t)bytes : 0;
        return false;
    }
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    end(helper);
    return true;
}

void helper_kill(struct helper *helper)
{
    if (helper->out >= 0) {
        if (helper->pid > 0) {
            (void)kill(helper->pid, SIGKILL);
        }
        end(helper);
    }
}
