/*
 * service: what `run` and `serve` share: signals as a descriptor, and the coordinator that is
 * closed and opened again when its disk or its socket fails.
 */
#ifndef COMMANDS_SERVICE_H
#define COMMANDS_SERVICE_H

#include "loop/coordinator.h"

struct service {
    struct coordinator_options options;
    struct coordinator *coordinator;
    int signals;    /* a signalfd: SIGINT, SIGTERM, SIGHUP, SIGCHLD */
    int interrupts; /* how often it was asked to end */
};

/* service_open: blocks the signals, opens the coordinator; prints what is wrong. The answer is an
 * exit code, EXIT_CODE_OK to go on. */
int service_open(struct service *service);

/*
 * service_turn: one turn of the coordinator; signals are counted. TIDE_STALE when the store has
 * another coordinator now. A failed disk or socket is answered by closing and opening, at most once
 * a second; the error is logged.
 */
enum tide_status service_turn(struct service *service, int64_t wait_ms, struct error *error);

void service_close(struct service *service);

#endif
