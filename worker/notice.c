#include "worker/notice.h"

#include "worker/spawn.h"

#include "base/log.h"
#include "base/number.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum tide_status notice_open(struct notice *notice, const char *cloud, const char *base,
                             struct error *error)
{
    const char *const words[] = {"tidemill-notice", cloud, base, NULL};
    int out[2];

    *notice = (struct notice){.fd = -1};
    if (cloud == NULL || text_equal(cloud, "none")) {
        return TIDE_OK;
    }
    if (pipe2(out, O_CLOEXEC) != 0) {
        return error_set(error, TIDE_IO, "no pipe: %s", strerror(errno));
    }
    const int fds[SPAWN_FDS] = {out[1], STDERR_FILENO, -1, -1};
    const enum tide_status status =
        spawn_beside("tidemill-notice", words, fds, &notice->process, error);
    (void)close(out[1]);
    if (status != TIDE_OK) {
        (void)close(out[0]);
        return status;
    }
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    notice->fd = out[0];
    return TIDE_OK;
}

/* "notice 120000 AWS notice" */
static bool read_notice(char *line, int64_t *grace_ms, char *source)
{
    static const char word[] = "notice ";
    char *number = line + sizeof word - 1;

    if (strncmp(line, word, sizeof word - 1) != 0) {
        log_line(LOG_INFO, "notices", "say=\"%s\"", line);
        return false;
    }
    char *blank = strchr(number, ' ');
    if (blank == NULL) {
        return false;
    }
    *blank = '\0';
    (void)text_copy(source, NOTICE_LINE_BYTES, blank + 1);
    return number_parse_integer(number, grace_ms) && *grace_ms >= 0;
}

bool notice_ready(struct notice *notice, int64_t *grace_ms, char *source)
{
    char byte = 0;
    ssize_t bytes = 0;

    while ((bytes = read(notice->fd, &byte, 1)) == 1) {
        if (byte != '\n') {
            notice->line[notice->used] = byte;
            notice->used += notice->used + 1 < sizeof notice->line ? 1 : 0;
            continue;
        }
        notice->line[notice->used] = '\0';
        notice->used = 0;
        if (read_notice(notice->line, grace_ms, source)) {
            return true;
        }
    }
    if (bytes == 0) { /* it has said all it had to say */
        (void)close(notice->fd);
        notice->fd = -1;
    }
    return false;
}

void notice_close(struct notice *notice)
{
    if (notice->fd >= 0) {
        if (notice->process > 0) {
            (void)kill(notice->process, SIGKILL);
        }
        (void)close(notice->fd);
        notice->fd = -1;
    }
}
