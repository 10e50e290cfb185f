#include "commands/service.h"

#include "commands/signals.h"

#include "base/exit.h"
#include "base/log.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { REOPEN_MS = 1000 };

/* Keys and parameters are in memory: no core file. */
static void core_file_refuse(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
}

int service_open(struct service *service)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    struct error error;

    core_file_refuse();
    (void)signal(SIGPIPE, SIG_IGN);
    service->signals = signals_open(signals, sizeof signals / sizeof *signals);
    if (service->signals < 0) {
        (void)fprintf(stderr, "tidemill: cannot watch for signals\n");
        return EXIT_CODE_FAILED;
    }
    if (coordinator_open(&service->options, &service->coordinator, &error) != TIDE_OK) {
        (void)fprintf(stderr, "tidemill: %s\n", error.text);
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_OK;
}

static void signals_take(struct service *service)
{
    for (int number = signals_next(service->signals); number != 0;
         number = signals_next(service->signals)) {
        service->interrupts += number != SIGCHLD ? 1 : 0;
    }
}

/* The tables are the truth: what was decided and not committed is decided again. */
static enum tide_status service_reopen(struct service *service, struct error *error)
{
    const struct timespec pause = {.tv_sec = REOPEN_MS / 1000};

    log_line(LOG_ERROR, "reopening", "why=\"%s\"", error->text);
    coordinator_close(service->coordinator);
    service->coordinator = NULL;
    (void)nanosleep(&pause, NULL);
    return coordinator_open(&service->options, &service->coordinator, error);
}

enum tide_status service_turn(struct service *service, int64_t wait_ms, struct error *error)
{
    enum tide_status status =
        coordinator_turn(service->coordinator, service->signals, wait_ms, error);

    signals_take(service);
    if (status == TIDE_IO) {
        status = service_reopen(service, error);
    }
    return status;
}

void service_close(struct service *service)
{
    coordinator_close(service->coordinator);
    if (service->signals >= 0) {
        (void)close(service->signals);
    }
}
