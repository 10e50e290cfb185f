#include "guest.h"

#include "fail.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *report;          /* NULL: nobody asked for one */
static const char *notice;    /* NULL: nobody will send one */
static char checkpoint[4096]; /* empty: none is wanted */
static volatile sig_atomic_t terminated;

static void on_sigterm(int number)
{
    (void)number;
    terminated = 1;
}

static void report_open(const char *path)
{
    report = fopen(path, "a");
    if (report == NULL) {
        fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
    }
}

/* report_line: one line of JSON, visible to the reader at once. */
__attribute__((format(printf, 1, 2))) static void report_line(const char *format, ...)
{
    va_list arguments;

    if (report == NULL) {
        return;
    }
    va_start(arguments, format);
    (void)vfprintf(report, format, arguments);
    va_end(arguments);
    if (fputc('\n', report) == EOF || fflush(report) != 0) {
        fail(EXIT_FAILED, "the report cannot be written: %s", strerror(errno));
    }
}

void guest_open(void)
{
    const char *report_path = getenv("TIDEMILL_REPORT");
    const char *directory = getenv("TIDEMILL_CHECKPOINT_DIR");
    struct sigaction action = {.sa_handler = on_sigterm};

    if (report_path != NULL) {
        report_open(report_path);
    }
    if (directory != NULL && snprintf(checkpoint, sizeof checkpoint, "%s/digits.checkpoint",
                                      directory) >= (int)sizeof checkpoint) {
        fail(EXIT_FAILED, "TIDEMILL_CHECKPOINT_DIR is too long");
    }
    notice = getenv("TIDEMILL_NOTICE");
    (void)sigaction(SIGTERM, &action, NULL);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
}

void guest_report(int epoch, double val_error, double val_loss)
{
    (void)printf("epoch %d val_error=%.6f val_loss=%.9g\n", epoch, val_error, val_loss);
    report_line("{\"step\":%d,\"metrics\":{\"val_error\":%.6f,\"val_loss\":%.9g}}", epoch,
                val_error, val_loss);
}

void guest_checkpointed(int epoch)
{
    report_line("{\"checkpoint\":%d}", epoch);
}

void guest_infeasible(const char *reason)
{
    report_line("{\"infeasible\":\"%s\"}", reason);
}

void guest_final(void)
{
    report_line("{\"final\":true}");
}

bool guest_must_leave(void)
{
    return terminated != 0 || (notice != NULL && access(notice, F_OK) == 0);
}

const char *guest_checkpoint_path(void)
{
    return checkpoint[0] == '\0' ? NULL : checkpoint;
}

bool guest_resuming(void)
{
    const char *resume = getenv("TIDEMILL_RESUME");

    return checkpoint[0] != '\0' && resume != NULL && strcmp(resume, "1") == 0;
}
