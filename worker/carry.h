/*
 * carry: a file to the coordinator, or from it, by a process of its own, so that neither its bytes
 * nor its waiting delay a heartbeat:
 *
 *   tidemill-worker --carry         the file is descriptor 3, the order descriptor 4
 *
 * It runs as the worker, never as an attempt's user: it has the worker's key. In the end it prints
 * one line on stdout: CARRY_DONE, or "STATUS TEXT": why not.
 */
#ifndef WORKER_CARRY_H
#define WORKER_CARRY_H

#include "base/error.h"
#include "transport/keys.h"

#include <tidemill/wire.h>

#include <stdbool.h>
#include <sys/types.h>

#define CARRY_DONE "carried"

/* What is to be moved. */
struct carry_order {
    bool fetch; /* else store */
    enum wire_object object;
    struct wire_attempt attempt;
    int64_t bytes;
    char hash[WIRE_HASH_HEX + 1];
};

/* carry_spawn: begins; the process writes its line into `out` and closes it. `way` has the bulk
 * endpoint. */
enum tide_status carry_spawn(const struct carry_order *order, const struct key_access *way,
                             int file, int out, pid_t *pid, struct error *error);

/* carry_status: the outcome that its line tells, with the text for a person in `why`. */
enum tide_status carry_status(const char *line, const char **why);

/* carry_main: the program in this role; its exit code. */
int carry_main(void);

#endif
