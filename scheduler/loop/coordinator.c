#include "loop/coordinator.h"

#include "base/log.h"
#include "loop/clock.h"
#include "loop/inside.h"

#include <tidemill/version.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    DRIVEN_WAIT_MS = 20,     /* nothing wakes poll when a test turns the clock */
    TURN_MESSAGES_MAX = 4096 /* of one transaction */
};

static const struct core_capacity start_capacity = {.experiments = 4, .trials = 256, .workers = 16};

static enum tide_status core_open(struct coordinator *coordinator, struct error *error)
{
    coordinator->core_memory = malloc(core_bytes(start_capacity));
    coordinator->outcome = malloc(sizeof *coordinator->outcome);
    if (coordinator->core_memory == NULL || coordinator->outcome == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    coordinator->core = core_init(coordinator->core_memory, start_capacity,
                                  store_incarnation(coordinator->store), coordinator->lease_ms);
    return TIDE_OK;
}

/* Without configured keys every worker is on this machine: their checkpoints can lie beside the
 * store. */
static void checkpoints_place(struct coordinator *coordinator, const char *store)
{
    char absolute[KEY_PATH_BYTES];

    if (realpath(store, absolute) != NULL) {
        (void)snprintf(coordinator->checkpoints, sizeof coordinator->checkpoints,
                       "%.4000s.checkpoints", absolute);
    }
}

static enum tide_status store_begin(struct coordinator *coordinator,
                                    const struct coordinator_options *options, struct error *error)
{
    const struct store_options store = {.path = options->store,
                                        .software = "tidemill " TIDE_VERSION,
                                        .vfs = options->vfs,
                                        .ballast_bytes =
                                            options->keys == NULL ? 0 : STORE_BALLAST_BYTES,
                                        .wall_ms = clock_wall_ms()};
    const int length = snprintf(coordinator->run_directory, sizeof coordinator->run_directory,
                                "%s.run", options->store);

    const int objects =
        snprintf(coordinator->objects, sizeof coordinator->objects, "%s.objects", options->store);
    if (length < 0 || (size_t)length >= sizeof coordinator->run_directory || objects < 0 ||
        (size_t)objects >= sizeof coordinator->objects) {
        return error_set(error, TIDE_INVALID, "the path of the store is too long");
    }
    const enum tide_status status = store_open(&store, &coordinator->store, error);
    if (status == TIDE_OK && options->keys == NULL) {
        checkpoints_place(coordinator, options->store);
    } else if (status == TIDE_OK) {
        char notes[ERROR_TEXT_BYTES];
        store_notes(coordinator->store, notes, sizeof notes);
        log_line(LOG_INFO, "store", "notes=\"%s\"", notes);
    }
    return status;
}

static enum tide_status transport_begin(struct coordinator *coordinator,
                                        const struct coordinator_options *options,
                                        struct error *error)
{
    struct transport_config config = {.listen = options->listen,
                                      .run_directory = coordinator->run_directory,
                                      .keys_directory = options->keys,
                                      .incarnation = store_incarnation(coordinator->store),
                                      .limits = transport_limits_default()};

    (void)snprintf(config.cluster, sizeof config.cluster, "%s", store_cluster(coordinator->store));
    const enum tide_status status = transport_open(&config, &coordinator->transport, error);
    return status == TIDE_OK ? bulk_open(transport_bulk(coordinator->transport),
                                         coordinator->objects, &coordinator->bulk, error)
                             : status;
}

/*
 * The workers that an earlier `run` had started ended with it. Those that are started again say in
 * their HELLO what they still owe; what the others ran is lost.
 */
static void local_workers_lose(struct coordinator *coordinator, int started)
{
    for (int32_t id = 1; id <= (int32_t)coordinator->roster.count; id++) {
        const char *name = roster_entry(&coordinator->roster, id)->name;
        int number = 0;
        if (sscanf(name, "local-%d", &number) == 1 && number > started) {
            coordinator_worker_gone(coordinator, name);
        }
    }
}

enum tide_status coordinator_open(const struct coordinator_options *options,
                                  struct coordinator **opened, struct error *error)
{
    struct coordinator *coordinator = calloc(1, sizeof *coordinator);
    enum tide_status status = TIDE_OK;

    if (coordinator == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    coordinator->lease_ms = options->lease_ms == 0 ? LEASE_MS : options->lease_ms;
    coordinator->has_pools = options->config != NULL && options->config->pool_count > 0;
    coordinator->parcels_end = &coordinator->parcels;
    coordinator->replies_end = &coordinator->replies;
    status = store_begin(coordinator, options, error);
    if (status == TIDE_OK) {
        status = searcher_open(&coordinator->searcher, error);
    }
    if (status == TIDE_OK) {
        status = core_open(coordinator, error);
    }
    if (status == TIDE_OK) {
        status = coordinator_load(coordinator, error);
    }
    if (status == TIDE_OK) {
        status = supplies_open(coordinator, options->config, error);
    }
    if (status == TIDE_OK) {
        claims_begin(coordinator);
        status = transport_begin(coordinator, options, error);
    }
    if (status != TIDE_OK) {
        coordinator_close(coordinator);
        return status;
    }
    if (options->local_workers > 0) {
        local_workers_lose(coordinator, options->local_workers);
    }
    *opened = coordinator;
    return TIDE_OK;
}

static void parcels_drop(struct coordinator *coordinator)
{
    while (coordinator->parcels != NULL) {
        struct parcel *parcel = coordinator->parcels;
        coordinator->parcels = parcel->next;
        parcel_free(parcel);
    }
    while (coordinator->replies != NULL) {
        struct reply *reply = coordinator->replies;
        coordinator->replies = reply->next;
        reply_free(reply);
    }
}

void coordinator_close(struct coordinator *coordinator)
{
    struct error error;

    if (coordinator == NULL) {
        return;
    }
    if (coordinator->store != NULL && coordinator->failed == TIDE_OK) {
        (void)!store_commit(coordinator->store, clock_wall_ms(),
                            &error); /* what fails now is redone after a restart */
    }
    bulk_close(coordinator->bulk);
    transport_close(coordinator->transport);
    searcher_close(coordinator->searcher);
    store_close(coordinator->store);
    supplies_fini(coordinator);
    parcels_drop(coordinator);
    roster_fini(&coordinator->roster);
    for (size_t i = 0; i <= EXPERIMENTS_MAX; i++) {
        gate_close(&coordinator->submissions[i]);
        spec_free(coordinator->submissions[i].spec);
        free(coordinator->submissions[i].workdir);
    }
    free(coordinator->core_memory);
    free(coordinator->outcome);
    free(coordinator);
}

static void sooner(int64_t *wait_ms, int64_t other_ms)
{
    *wait_ms = other_ms < 0 ? 0 : other_ms < *wait_ms ? other_ms : *wait_ms;
}

/* How long poll may wait: until the core, a failed commit or the caller wants the next turn. */
static long poll_timeout(const struct coordinator *coordinator, int64_t wait_ms)
{
    const int64_t deadline_ms = core_deadline(coordinator->core);
    const int64_t gates_ms = gates_deadline_ms(coordinator);

    if (coordinator->parcels != NULL && coordinator->retry_steady_ms == 0) {
        return 0; /* decided between turns: commit and send it now */
    }
    if (deadline_ms != INT64_MAX) {
        sooner(&wait_ms, deadline_ms - clock_boot_ms());
    }
    if (gates_ms != INT64_MAX) {
        sooner(&wait_ms, gates_ms - clock_wall_ms());
    }
    if (coordinator->retry_steady_ms != 0) {
        sooner(&wait_ms, coordinator->retry_steady_ms - clock_steady_ms());
    }
    if (coordinator->room_held) {
        sooner(&wait_ms, coordinator->room_steady_ms - clock_steady_ms());
    }
    sooner(&wait_ms, supplies_wait_ms(coordinator));
    if (clock_is_driven()) {
        sooner(&wait_ms, DRIVEN_WAIT_MS);
    }
    return (long)wait_ms;
}

static enum tide_status wait_for_something(struct coordinator *coordinator, int extra_fd,
                                           int64_t wait_ms, struct error *error)
{
    zmq_pollitem_t items[] = {
        {.socket = transport_socket(coordinator->transport), .events = ZMQ_POLLIN},
        {.fd = transport_alarm_fd(coordinator->transport), .events = ZMQ_POLLIN},
        {.fd = searcher_fd(coordinator->searcher), .events = ZMQ_POLLIN},
        {.fd = hooks_fd(coordinator->hooks), .events = ZMQ_POLLIN},
        {.fd = bulk_fd(coordinator->bulk), .events = ZMQ_POLLIN},
        {.fd = extra_fd, .events = ZMQ_POLLIN},
    };

    if (zmq_poll(items, extra_fd < 0 ? 5 : 6, poll_timeout(coordinator, wait_ms)) < 0 &&
        errno != EINTR) {
        return error_set(error, TIDE_IO, "zmq_poll: %s", zmq_strerror(errno));
    }
    return TIDE_OK;
}

static enum tide_status messages_take(struct coordinator *coordinator)
{
    static struct wire_message message; /* large; one thread */
    struct peer peer;
    enum tide_status status = TIDE_OK;

    for (int i = 0; i < TURN_MESSAGES_MAX && status == TIDE_OK; i++) {
        status = transport_receive(coordinator->transport, clock_steady_ms(), &message, &peer);
        if (status == TIDE_OK) {
            receive_message(coordinator, &message, &peer);
            wire_message_fini(&message);
        }
    }
    return status == TIDE_NOT_FOUND ? TIDE_OK : status;
}

static void answers_take(struct coordinator *coordinator)
{
    struct search_answer answer;

    while (searcher_take(coordinator->searcher, &answer)) {
        receive_answer(coordinator, &answer);
    }
}

static void timers_take(struct coordinator *coordinator)
{
    for (int i = 0; i < TURN_MESSAGES_MAX && core_deadline(coordinator->core) <= clock_boot_ms();
         i++) {
        struct event event = {.kind = EVENT_TIMER};
        step(coordinator, &event);
    }
}

static enum tide_status commit_and_send(struct coordinator *coordinator, struct error *error)
{
    if (coordinator->retry_steady_ms > clock_steady_ms()) {
        return TIDE_OK;
    }
    const enum tide_status status = store_commit(coordinator->store, clock_wall_ms(), error);
    if (status == TIDE_BUSY || status == TIDE_FULL || status == TIDE_NO_MEMORY) {
        hindrance_met(coordinator, error);
        return TIDE_OK;
    }
    if (status != TIDE_OK) {
        return status;
    }
    hindrance_gone(coordinator);
    coordinator->began = false;
    supplies_act(coordinator);
    parcels_send(coordinator);
    replies_send(coordinator);
    const enum tide_status tidied = store_tidy(coordinator->store, error);
    return tidied == TIDE_IO ? TIDE_IO : TIDE_OK;
}

enum tide_status coordinator_turn(struct coordinator *coordinator, int extra_fd, int64_t wait_ms,
                                  struct error *error)
{
    enum tide_status status = wait_for_something(coordinator, extra_fd, wait_ms, error);

    if (status == TIDE_OK) {
        status = store_owned(coordinator->store, error);
    }
    if (status == TIDE_OK) {
        gates_look(coordinator);
        supplies_look(coordinator);
        room_look(coordinator);
        status = messages_take(coordinator);
        if (status != TIDE_OK) {
            (void)error_set(error, status, "the socket failed: keys can no longer be checked");
        }
    }
    if (status == TIDE_OK) {
        answers_take(coordinator);
        timers_take(coordinator);
        status = commit_and_send(coordinator, error);
    }
    if (status == TIDE_OK) {
        claims_answer(coordinator);
    }
    if (status == TIDE_OK && coordinator->failed != TIDE_OK) {
        status = coordinator->failed;
        *error = coordinator->error;
    }
    if (status != TIDE_OK) {
        coordinator->failed = status;
    }
    return status;
}

void coordinator_worker_gone(struct coordinator *coordinator, const char *name)
{
    const int32_t worker = roster_find(&coordinator->roster, name);
    struct event event = {.kind = EVENT_GONE, .worker = worker};

    if (worker != 0) {
        roster_entry(&coordinator->roster, worker)->connected = false;
        step(coordinator, &event);
    }
}

const struct experiment_row *coordinator_experiment(const struct coordinator *coordinator,
                                                    int32_t experiment)
{
    return core_experiment(coordinator->core, experiment);
}

bool coordinator_idle(const struct coordinator *coordinator, int32_t experiment)
{
    return core_idle(coordinator->core, experiment);
}

const char *coordinator_endpoint(const struct coordinator *coordinator)
{
    return transport_endpoint(coordinator->transport);
}

const char *coordinator_run_directory(const struct coordinator *coordinator)
{
    return coordinator->run_directory;
}
