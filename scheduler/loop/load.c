/*
 * load: the core, the roster and the searches from the store's rows. The tables are the truth;
 * nothing else is kept over a restart.
 */
#include "loop/inside.h"

#include "base/log.h"
#include "loop/clock.h"

#include <stdlib.h>
#include <string.h>

/* One kind of rows, and what is to be done with each. */
struct reading {
    enum record_kind kind;
    enum tide_status (*take)(struct coordinator *coordinator, const struct store_row *row,
                             struct error *error);
};

static const char *row_text(const struct store_row *row, uint32_t handle)
{
    return handle == 0 ? NULL : row->texts.items[handle - 1];
}

static enum tide_status rows_each(struct coordinator *coordinator, const struct reading *reading,
                                  struct error *error)
{
    struct store_rows *rows = NULL;
    struct store_row row;
    enum tide_status status = store_rows_open(coordinator->store, reading->kind, &rows, error);

    while (status == TIDE_OK) {
        status = store_rows_next(rows, &row, error);
        if (status == TIDE_OK) {
            status = reading->take(coordinator, &row, error);
        }
    }
    store_rows_close(rows);
    return status == TIDE_NOT_FOUND ? TIDE_OK : status;
}

static bool core_fits(struct coordinator *coordinator, struct core_capacity more)
{
    struct core_capacity capacity = core_capacity(coordinator->core);

    capacity.experiments += more.experiments;
    capacity.trials += more.trials;
    capacity.workers += more.workers;
    void *memory = malloc(core_bytes(capacity));
    if (memory == NULL) {
        return false;
    }
    coordinator->core = core_move(coordinator->core, memory, capacity);
    free(coordinator->core_memory);
    coordinator->core_memory = memory;
    return true;
}

/* The stored spec was valid when it was stored; a program that finds it invalid now must not guess.
 */
static enum tide_status spec_restore(const struct store_row *row, struct spec **spec,
                                     struct error *error)
{
    const char *text = row_text(row, row->record.experiment.spec_text);
    const char *name = row_text(row, row->record.experiment.name_text);
    struct spec_report *report = calloc(1, sizeof *report);

    if (report == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    const enum tide_status status = spec_parse(text, strlen(text), name, spec, report);
    if (status != TIDE_OK) {
        (void)error_set(
            error, status, "the stored spec of experiment %d (%s) is not valid: line %d: %s",
            (int)row->record.experiment.id, name, report->errors[0].line, report->errors[0].text);
    }
    free(report);
    return status;
}

static enum tide_status take_experiment(struct coordinator *coordinator,
                                        const struct store_row *row, struct error *error)
{
    const struct experiment_row *experiment = &row->record.experiment;
    const char *workdir = row_text(row, experiment->workdir_text);
    struct experiment_config config;
    struct spec *spec = NULL;
    enum tide_status status = spec_restore(row, &spec, error);

    if (status != TIDE_OK) {
        return status;
    }
    if (!core_fits(coordinator, (struct core_capacity){.experiments = 1})) {
        spec_free(spec);
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    config_of_spec(spec, &config);
    pools_of_spec(coordinator, spec, &config);
    coordinator->submissions[experiment->id] =
        submission_begin(spec, workdir == NULL ? "" : workdir);
    if (!warm_parse(&coordinator->submissions[experiment->id], experiment->id,
                    row_text(row, experiment->sources_text))) {
        return error_set(error, TIDE_INVALID, "experiment %d: its sources cannot be read",
                         (int)experiment->id);
    }
    coordinator->experiment_count = experiment->id;
    core_load_experiment(coordinator->core, experiment, &config);
    if (experiment->ended_ms == 0) {
        searcher_begin(coordinator->searcher, experiment->id, spec);
    }
    return gate_open(coordinator, experiment->id, error);
}

static bool is_open(const struct coordinator *coordinator, int32_t experiment)
{
    return core_experiment(coordinator->core, experiment)->ended_ms == 0;
}

static void suggestion_restore(struct coordinator *coordinator, const struct store_row *row)
{
    const struct suggestion_row *suggestion = &row->record.suggestion;
    const char *params = row_text(row, suggestion->params_text);
    const char *origin = row_text(row, suggestion->origin_text);

    if (suggestion->state != SUGGESTION_STALE && params != NULL) {
        searcher_pending(coordinator->searcher, suggestion->experiment, suggestion->number, params);
    }
    if (origin != NULL && strstr(origin, "\"fit\"") != NULL) {
        searcher_fit(coordinator->searcher, suggestion->experiment, origin);
    }
}

static enum tide_status take_suggestion(struct coordinator *coordinator,
                                        const struct store_row *row, struct error *error)
{
    (void)error;
    core_load_suggestion(coordinator->core, &row->record.suggestion);
    if (is_open(coordinator, row->record.suggestion.experiment)) {
        suggestion_restore(coordinator, row);
    }
    return TIDE_OK;
}

static bool has_ended(enum trial_state state)
{
    return state != TRIAL_QUEUED && state != TRIAL_RUNNING && state != TRIAL_PAUSED;
}

static void trial_restore(struct coordinator *coordinator, const struct trial_row *trial)
{
    trial_report(coordinator, trial);
    if (has_ended(trial->state)) {
        trial_tell(coordinator, trial);
    }
}

static enum tide_status take_trial(struct coordinator *coordinator, const struct store_row *row,
                                   struct error *error)
{
    const struct trial_row *trial = &row->record.trial;
    const struct core_capacity capacity = core_capacity(coordinator->core);

    if (coordinator->trials_loaded == capacity.trials &&
        !core_fits(coordinator, (struct core_capacity){.trials = capacity.trials / 2 + 1})) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    coordinator->trials_loaded++;
    core_load_trial(coordinator->core, trial);
    if (is_open(coordinator, trial->experiment)) {
        trial_restore(coordinator, trial);
    }
    return TIDE_OK;
}

static enum tide_status take_attempt(struct coordinator *coordinator, const struct store_row *row,
                                     struct error *error)
{
    (void)error;
    core_load_attempt(coordinator->core, &row->record.attempt);
    return TIDE_OK;
}

static enum tide_status take_worker(struct coordinator *coordinator, const struct store_row *row,
                                    struct error *error)
{
    const struct worker_row *worker = &row->record.worker;
    const struct core_capacity capacity = core_capacity(coordinator->core);

    if (coordinator->roster.count == capacity.workers &&
        !core_fits(coordinator, (struct core_capacity){.workers = capacity.workers / 2 + 1})) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    if (!roster_add(&coordinator->roster, row_text(row, worker->name_text),
                    row_text(row, worker->boot_text))) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    core_load_worker(coordinator->core, worker);
    if (!worker->connected) {
        return TIDE_OK;
    }
    const struct record gone = {.kind = RECORD_WORKER,
                                .worker = *core_worker(coordinator->core, worker->id)};
    return store_apply(coordinator->store, &gone, &(struct store_texts){0});
}

static enum tide_status take_pool(struct coordinator *coordinator, const struct store_row *row,
                                  struct error *error)
{
    (void)error;
    core_load_pool(coordinator->core, &row->record.pool);
    supply_load_pool(coordinator, row->record.pool.id, row_text(row, row->record.pool.name_text));
    return TIDE_OK;
}

static enum tide_status take_price(struct coordinator *coordinator, const struct store_row *row,
                                   struct error *error)
{
    (void)error;
    core_load_price(coordinator->core, &row->record.price);
    return TIDE_OK;
}

static enum tide_status take_availability(struct coordinator *coordinator,
                                          const struct store_row *row, struct error *error)
{
    (void)error;
    core_load_availability(coordinator->core, &row->record.availability);
    return TIDE_OK;
}

static enum tide_status take_machine(struct coordinator *coordinator, const struct store_row *row,
                                     struct error *error)
{
    const struct machine_row *machine = &row->record.machine;

    return supply_load_machine(coordinator, machine, row_text(row, machine->name_text))
               ? TIDE_OK
               : error_set(error, TIDE_NO_MEMORY, "out of memory");
}

static enum tide_status take_trouble(struct coordinator *coordinator, const struct store_row *row,
                                     struct error *error)
{
    const struct trouble_row *trouble = &row->record.trouble;

    (void)error;
    supply_load_trouble(coordinator, trouble->pool, SUPPLY_PRICE,
                        row_text(row, trouble->price_text));
    supply_load_trouble(coordinator, trouble->pool, SUPPLY_LAUNCH,
                        row_text(row, trouble->launch_text));
    supply_load_trouble(coordinator, trouble->pool, SUPPLY_TERMINATE,
                        row_text(row, trouble->terminate_text));
    return TIDE_OK;
}

enum tide_status coordinator_load(struct coordinator *coordinator, struct error *error)
{
    static const struct reading tables[] = {
        {RECORD_POOL, take_pool},
        {RECORD_PRICE, take_price},
        {RECORD_AVAILABILITY, take_availability},
        {RECORD_MACHINE, take_machine},
        {RECORD_TROUBLE, take_trouble},
        {RECORD_EXPERIMENT, take_experiment},
        {RECORD_SUGGESTION, take_suggestion},
        {RECORD_WORKER, take_worker},
        {RECORD_TRIAL, take_trial},
        {RECORD_ATTEMPT, take_attempt},
    };
    enum tide_status status = TIDE_OK;

    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == TIDE_OK; i++) {
        status = rows_each(coordinator, &tables[i], error);
    }
    for (int32_t id = 1; id <= coordinator->experiment_count && status == TIDE_OK; id++) {
        if (is_open(coordinator, id)) {
            warm_tell(coordinator, id);
        }
    }
    if (status == TIDE_OK) {
        core_load_entries(coordinator->core, store_entries(coordinator->store));
        core_loaded(coordinator->core, clock_boot_ms(), clock_wall_ms());
        gates_look(coordinator);
    }
    return status;
}

/* The rows of one experiment alone: its search is wanted again. */
static enum tide_status again_suggestion(struct coordinator *coordinator,
                                         const struct store_row *row, struct error *error)
{
    (void)error;
    if (row->record.suggestion.experiment == coordinator->restoring) {
        suggestion_restore(coordinator, row);
    }
    return TIDE_OK;
}

static enum tide_status again_trial(struct coordinator *coordinator, const struct store_row *row,
                                    struct error *error)
{
    (void)error;
    if (row->record.trial.experiment == coordinator->restoring) {
        trial_restore(coordinator, &row->record.trial);
    }
    return TIDE_OK;
}

enum tide_status search_restore(struct coordinator *coordinator, int32_t experiment,
                                struct error *error)
{
    static const struct reading suggestions = {RECORD_SUGGESTION, again_suggestion};
    static const struct reading trials = {RECORD_TRIAL, again_trial};

    coordinator->restoring = experiment;
    searcher_begin(coordinator->searcher, experiment, coordinator->submissions[experiment].spec);
    warm_tell(coordinator, experiment);
    const enum tide_status status = rows_each(coordinator, &suggestions, error);
    return status == TIDE_OK ? rows_each(coordinator, &trials, error) : status;
}
