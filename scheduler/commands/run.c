/*
 * run: the first five minutes. A coordinator and its local workers in one go, until the experiment
 * has ended; the same command again continues what was interrupted.
 */
#include "commands/options.h"
#include "commands/service.h"
#include "commands/spec_file.h"
#include "commands/verbs.h"
#include "commands/watch.h"

#include "base/exit.h"
#include "base/text.h"
#include "loop/crew.h"
#include "spec/spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURN_MS = 250, LEAVE_MS = 40000, LOCAL_HOLD_MS = 7200000 };

static const struct option_rule rules[] = {
    {"workers", 'w', "N", "local workers, one slot each (the number of cores)"},
    {"lease", 0, "TIME", "how long a silent worker keeps its attempts (120s)"},
};

static const struct usage usage = {
    .verb = "run",
    .arguments = "SPEC",
    .text = "Searches: a coordinator and local workers in one go, until the experiment has\n"
            "ended. Run again on the same store, it continues an unfinished experiment of\n"
            "the same spec. Ctrl-C lets the attempts save and leave; a second one ends them.",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .arguments_min = 1,
    .arguments_max = 1,
    .example = "tidemill run examples/digits/spec.yaml --workers 2",
};

/* What the spec says of prices per hour is what this machine costs: a pool of its own, as no
 * configuration names any. */
struct local_pool {
    struct spec *spec;                   /* owned: the pool borrows its texts */
    char file[2 * SPEC_FILE_PATH_BYTES]; /* of its prices: relative to where its commands start */
    struct config_pool pool;
    struct config config;
};

struct run {
    struct service service;
    struct local_pool local;
    struct crew crew;
    struct watch *watch;
    struct options options;
    int64_t worker_count;
    int32_t experiment;
};

static const char *local_file(struct run *run, const char *file)
{
    char folder[SPEC_FILE_PATH_BYTES] = ".";

    if (file == NULL || file[0] == '/') {
        return file;
    }
    (void)spec_file_workdir(run->local.spec, run->options.arguments[0], folder);
    (void)snprintf(run->local.file, sizeof run->local.file, "%s/%s", folder, file);
    return run->local.file;
}

static void local_pool_open(struct run *run)
{
    struct local_pool *local = &run->local;
    const struct spec_schedule *schedule = NULL;
    static struct spec_report report; /* what it says has been said */

    if (spec_load(run->options.arguments[0], &local->spec, &report) != TIDE_OK) {
        return;
    }
    schedule = &local->spec->schedule;
    local->pool = (struct config_pool){
        .name = "default",
        .price = {.source = schedule->prices.file != NULL     ? CONFIG_PRICE_FILE
                            : schedule->prices.band_count > 0 ? CONFIG_PRICE_BANDS
                                                              : CONFIG_PRICE_CONSTANT,
                  .prices = schedule->prices,
                  .timezone = schedule->timezone,
                  .hold_ms = LOCAL_HOLD_MS},
        .slots = 1};
    local->pool.price.prices.file = local_file(run, schedule->prices.file);
    (void)text_copy(local->pool.currency, sizeof local->pool.currency, local->spec->currency);
    local->config = (struct config){.pools = &local->pool, .pool_count = 1};
    if (schedule->prices.given && schedule->prices.unit == SPEC_PER_HOUR) {
        run->service.options.config = &local->config;
    }
}

/* An unfinished experiment of this name is this one, or in its way. */
static enum tide_status experiment_continue(struct run *run, const struct spec *spec,
                                            int32_t experiment, const struct spec *stored,
                                            struct error *error)
{
    const struct command_event resume = {
        .verb = VERB_RESUME, .experiment = experiment, .trial = -1};

    if (stored->digest != spec->digest) {
        return error_set(error, TIDE_EXISTS,
                         "experiment %" PRId32
                         " of this store is called '%s' too, is not finished and has another "
                         "spec.\nGive this one another name or another --store, or end that one:\n"
                         "  tidemill serve --store %s &\n  tidemill cancel %" PRId32 " --store %s",
                         experiment, spec->name, run->options.store, experiment,
                         run->options.store);
    }
    run->experiment = experiment;
    if (coordinator_experiment(run->service.coordinator, experiment)->state == EXPERIMENT_PAUSED) {
        return coordinator_command(run->service.coordinator, &resume, error);
    }
    return TIDE_OK;
}

static enum tide_status experiment_begin(struct run *run, struct spec *spec, struct error *error)
{
    char workdir[SPEC_FILE_PATH_BYTES];
    struct workdir_packed packed;
    const struct spec *stored = NULL;
    const int32_t open = coordinator_find(run->service.coordinator, spec->name, &stored);

    if (open != 0) {
        const enum tide_status status = experiment_continue(run, spec, open, stored, error);
        spec_free(spec);
        return status;
    }
    enum tide_status status = spec_file_pack(spec, run->options.arguments[0], run->options.store,
                                             &packed, workdir, error);
    if (status == TIDE_OK && packed.fd >= 0) {
        status = coordinator_keep_workdir(run->service.coordinator, packed.fd, packed.bytes,
                                          packed.hash, error);
        (void)close(packed.fd);
    }
    if (status != TIDE_OK) {
        spec_free(spec);
        return status;
    }
    return coordinator_submit(run->service.coordinator, spec, workdir, &run->experiment, error);
}

static bool run_ended(const struct run *run)
{
    return coordinator_idle(run->service.coordinator, run->experiment);
}

/* Turns until the experiment has ended or somebody interrupts. */
static enum tide_status run_search(struct run *run, struct error *error)
{
    enum tide_status status = TIDE_OK;

    while (status == TIDE_OK && !run_ended(run) && run->service.interrupts == 0) {
        status = service_turn(&run->service, TURN_MS, error);
        if (status == TIDE_OK) {
            status = crew_reap(&run->crew, run->service.coordinator, error);
        }
        if (status == TIDE_OK) {
            status = watch_turn(run->watch, error);
        }
    }
    return status;
}

/* The workers leave; while they do, the coordinator takes what they still have to say. */
static void run_leave(struct run *run)
{
    struct error error;
    const int interrupts = run->service.interrupts;
    int64_t turns = LEAVE_MS / TURN_MS;
    enum tide_status status = TIDE_OK;

    crew_leave(&run->crew, false);
    while (status == TIDE_OK && crew_running(&run->crew) > 0 && turns-- > 0 &&
           run->service.interrupts == interrupts) {
        status = service_turn(&run->service, TURN_MS, &error);
        (void)!crew_reap(&run->crew, run->service.coordinator, &error);
    }
    crew_leave(&run->crew, true);
}

static int run_exit_code(const struct run *run, bool interrupted)
{
    const struct experiment_row *row =
        coordinator_experiment(run->service.coordinator, run->experiment);

    if (interrupted) {
        (void)fprintf(stderr, "interrupted; the same command continues it\n");
        return EXIT_CODE_INTERRUPTED;
    }
    if (row->state == EXPERIMENT_COMPLETED && !watch_found(run->watch)) {
        return EXIT_CODE_FAILED; /* it ended well, and is no use to anybody */
    }
    return row->state == EXPERIMENT_COMPLETED || row->state == EXPERIMENT_PAUSED ? EXIT_CODE_OK
                                                                                 : EXIT_CODE_FAILED;
}

static enum tide_status display_open(struct run *run, struct error *error)
{
    const struct watch_options options = {.words = &run->options, .experiment = run->experiment};
    const enum tide_status status =
        service_turn(&run->service, 0, error); /* it shows what is in the store */

    return status == TIDE_OK ? watch_open(&options, &run->watch, error) : status;
}

static int run_all(struct run *run, struct spec *spec)
{
    struct error error;
    bool finished = false;
    int code = EXIT_CODE_FAILED;
    enum tide_status status = experiment_begin(run, spec, &error);

    if (status == TIDE_OK) {
        status = crew_open(&run->crew, run->service.coordinator, (int)run->worker_count,
                           run->options.store, &error);
    }
    if (status == TIDE_OK) {
        status = display_open(run, &error);
    }
    if (status == TIDE_OK) {
        status = run_search(run, &error);
    }
    if (status == TIDE_OK) {
        finished = run_ended(run);
        run_leave(run);
        watch_results(run->watch);
    }
    if (status == TIDE_OK) {
        code = run_exit_code(run, !finished);
    } else {
        (void)fprintf(stderr, "tidemill: %s\n", error.text);
        code = status == TIDE_INVALID ? EXIT_CODE_USAGE : EXIT_CODE_FAILED; /* the spec's fault */
    }
    watch_close(run->watch);
    crew_close(&run->crew, finished);
    return code;
}

int command_run(int argc, char **argv)
{
    static struct run run;
    struct error error;
    int code = options_parse(&usage, argc, argv, &run.options);

    if (code != OPTIONS_GO) {
        return code;
    }
    const int64_t cores = sysconf(_SC_NPROCESSORS_ONLN);
    run.service.options = (struct coordinator_options){.store = run.options.store};
    if (options_integer(&run.options, "workers", 1, CREW_MAX, cores, &run.worker_count, &error) !=
            TIDE_OK ||
        options_duration(&run.options, "lease", 0, &run.service.options.lease_ms, &error) !=
            TIDE_OK) {
        return options_wrong(&usage, "%s", error.text);
    }
    run.service.options.local_workers = (int)run.worker_count;
    struct spec *spec = spec_file_read(run.options.arguments[0], run.options.json);
    if (spec == NULL) {
        return EXIT_CODE_USAGE;
    }
    local_pool_open(&run);
    code = service_open(&run.service);
    if (code == EXIT_CODE_OK) {
        code = run_all(&run, spec);
    } else {
        spec_free(spec);
    }
    service_close(&run.service);
    spec_free(run.local.spec);
    return code;
}
