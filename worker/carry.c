#include "worker/carry.h"

#include "worker/spawn.h"

#include "base/text.h"
#include "transport/dealer_carry.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    FILE_FD = 3,
    ORDER_FD = 4,
    PATIENCE_MS = 600000 /* without progress: a coordinator may be away for minutes */
};

/* Both ends are the same binary, so the struct goes as it is. */
struct parcel {
    struct carry_order order;
    struct key_access way;
};

static int parcel_file(const struct parcel *parcel)
{
    const int fd = memfd_create("carry", MFD_CLOEXEC);

    if (fd >= 0 && write(fd, parcel, sizeof *parcel) != (ssize_t)sizeof *parcel) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

enum tide_status carry_spawn(const struct carry_order *order, const struct key_access *way,
                             int file, int out, pid_t *pid, struct error *error)
{
    static const char *const words[] = {"tidemill-worker", "--carry", NULL};
    const struct parcel parcel = {*order, *way};
    const int fd = parcel_file(&parcel);

    if (fd < 0) {
        return error_set(error, TIDE_IO, "no memory file: %s", strerror(errno));
    }
    const int fds[SPAWN_FDS] = {out, -1, file, fd};
    const enum tide_status status = spawn_self(words, fds, pid, error);
    (void)close(fd);
    return status;
}

enum tide_status carry_status(const char *line, const char **why)
{
    char *end = NULL;
    const long status = strtol(line, &end, 10);

    *why = line;
    if (text_equal(line, CARRY_DONE)) {
        return TIDE_OK;
    }
    if (end == line || status >= 0) {
        return TIDE_IO; /* it was killed, or spoke of something else */
    }
    *why = *end == ' ' ? end + 1 : end;
    return (enum tide_status)status;
}

int carry_main(void)
{
    struct parcel parcel;
    struct error error;

    (void)prctl(PR_SET_DUMPABLE, 0); /* it holds a secret key */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pread(ORDER_FD, &parcel, sizeof parcel, 0) != (ssize_t)sizeof parcel) {
        return 1;
    }
    const struct carry_order *order = &parcel.order;
    const struct carry carry = {.access = &parcel.way,
                                .claim = {order->object, order->attempt, order->hash},
                                .fd = FILE_FD,
                                .bytes = order->bytes,
                                .patience_ms = PATIENCE_MS};
    const enum tide_status status =
        order->fetch ? carry_fetch(&carry, &error) : carry_store(&carry, &error);
    if (status == TIDE_OK) {
        (void)puts(CARRY_DONE);
    } else {
        (void)printf("%d %s\n", (int)status, error.text);
    }
    (void)fflush(stdout);
    _exit(status == TIDE_OK ? 0 : 1); /* no exit handlers: see main.c */
}
