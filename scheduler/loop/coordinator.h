/*
 * coordinator: the shell around the core: one thread that polls, reads the clock, steps the core
 * for each event that has arrived, writes what it decided in one transaction, and only then sends.
 */
#ifndef LOOP_COORDINATOR_H
#define LOOP_COORDINATOR_H

#include "base/error.h"
#include "config/config.h"
#include "core/core.h"
#include "spec/spec.h"

struct coordinator;

struct coordinator_options {
    const char *store;  /* path of the store */
    const char *listen; /* NULL: loopback, the usual port or any free one */
    const char *keys;   /* directory of configured keys; NULL: ephemeral ones */
    int64_t lease_ms;   /* 0: the default */
    const char *vfs;    /* of SQLite; NULL the platform's: benchmarks and tests name their own */
    const struct config *config; /* the pools; NULL: none configured. Outlives the coordinator */
    int local_workers; /* how many local-N workers this process will start; 0: not its affair */
};

/*
 * coordinator_open: opens the store, loads the core and the searches, binds. TIDE_BUSY when another
 * coordinator has the store or the address; otherwise as store_open, transport_open. The caller has
 * blocked SIGINT, SIGTERM, SIGCHLD in every thread.
 */
enum tide_status coordinator_open(const struct coordinator_options *options,
                                  struct coordinator **coordinator, struct error *error)
    __attribute__((warn_unused_result));

/* coordinator_close: commits what is decided, says nothing to the workers (their leases hold),
 * removes the run directory. NULL is fine. */
void coordinator_close(struct coordinator *coordinator);

/*
 * coordinator_turn: waits until something happens, at most `wait_ms`, and deals with all of it.
 * `extra_fd` (-1 none) ends the wait too. TIDE_OK; TIDE_STALE when another coordinator has taken
 * the store; TIDE_IO when the store or the socket failed: close, and open again.
 */
enum tide_status coordinator_turn(struct coordinator *coordinator, int extra_fd, int64_t wait_ms,
                                  struct error *error) __attribute__((warn_unused_result));

/*
 * coordinator_submit: a new experiment from a parsed spec, which the coordinator takes over, also
 * on failure. `workdir` says where its commands start (spec/origin.h); what was packed is kept
 * already. TIDE_EXISTS when an unfinished experiment has the name, TIDE_LIMIT, TIDE_INVALID.
 */
enum tide_status coordinator_submit(struct coordinator *coordinator, struct spec *spec,
                                    const char *workdir, int32_t *experiment, struct error *error)
    __attribute__((warn_unused_result));

/* coordinator_keep_workdir: a packed one, of this process, as an operator would send it. TIDE_FULL,
 * TIDE_IO. */
enum tide_status coordinator_keep_workdir(struct coordinator *coordinator, int fd, int64_t bytes,
                                          const char *hash, struct error *error)
    __attribute__((warn_unused_result));

/* coordinator_command: an operator's verb; TIDE_NOT_FOUND, TIDE_REFUSED. */
enum tide_status coordinator_command(struct coordinator *coordinator,
                                     const struct command_event *command, struct error *error)
    __attribute__((warn_unused_result));

/* coordinator_worker_gone: the process of the worker `name` is known to have ended. */
void coordinator_worker_gone(struct coordinator *coordinator, const char *name);

/* coordinator_find: the unfinished experiment of this name, 0 when there is none; its spec is valid
 * until coordinator_close. */
int32_t coordinator_find(const struct coordinator *coordinator, const char *name,
                         const struct spec **spec);

/* coordinator_experiment: its row as it stands; NULL when there is none. Valid until the next call.
 */
const struct experiment_row *coordinator_experiment(const struct coordinator *coordinator,
                                                    int32_t experiment);

/* coordinator_idle: whether nothing of the experiment runs and nothing will without an operator. */
bool coordinator_idle(const struct coordinator *coordinator, int32_t experiment);

/* coordinator_endpoint: where it listens; coordinator_run_directory: STORE.run. Valid until
 * coordinator_close. */
const char *coordinator_endpoint(const struct coordinator *coordinator);
const char *coordinator_run_directory(const struct coordinator *coordinator);

#endif
