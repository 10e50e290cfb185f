/*
 * How long the queries of docs/STORE.md take over a large store. A store of TRIALS trials with ten
 * metrics each is made in FOLDER (or taken from there when it exists), then every query of the page
 * runs five times; the median counts. The answer is 1 if one takes 50 ms or more.
 *
 *     bench_store_queries PAGE [TRIALS [FOLDER]]      docs/STORE.md, 20000, /tmp
 */
#include "store/documented.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { METRICS = 10, EXPERIMENTS = 4, GROUP = 2000, LIMIT_MS = 50, RUNS = 5 };

static const int64_t start_ms = 1795000000123;
static struct error error;

static void must(enum tide_status status)
{
    if (status != TIDE_OK) {
        (void)fprintf(stderr, "bench_store_queries: %s\n", error.text);
        exit(1);
    }
}

static double ms_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void apply(struct store *store, const struct record *record, const char *const *items,
                  uint32_t count)
{
    must(store_apply(store, record, &(struct store_texts){items, count}));
}

static void begin(struct store *store)
{
    static const struct store_objective objective = {"val_loss", false};
    static const char *const items[] = {"bench", "name: bench\n", "worker-1", "default"};

    for (int32_t id = 1; id <= EXPERIMENTS; id++) {
        const struct store_description description = {
            .experiment = id, .objectives = &objective, .objective_count = 1};
        const struct record experiment = {.kind = RECORD_EXPERIMENT,
                                          .experiment = {.id = id,
                                                         .state = EXPERIMENT_RUNNING,
                                                         .created_ms = start_ms,
                                                         .name_text = 1,
                                                         .spec_text = 2}};
        apply(store, &experiment, items, 4);
        must(store_describe(store, &description));
    }
    const struct record worker = {.kind = RECORD_WORKER,
                                  .worker = {.id = 1,
                                             .first_seen_ms = start_ms,
                                             .last_seen_ms = start_ms,
                                             .name_text = 3,
                                             .pool_text = 4}};
    apply(store, &worker, items, 4);
}

/* One trial in fifty fails; the last ones still run. */
static enum trial_state state_of(int32_t number, int32_t count)
{
    if (number + 16 > count) {
        return TRIAL_RUNNING;
    }
    return number % 50 == 49 ? TRIAL_FAILED : TRIAL_COMPLETED;
}

static void add_trial(struct store *store, int32_t experiment, int32_t number, int32_t count)
{
    char params[160];
    const char *items[] = {params, "{\"phase\":\"bayes\",\"acquisition\":0.0131}"};
    enum trial_state state = state_of(number, count);
    bool ended = state != TRIAL_RUNNING;
    const struct record suggestion = {.kind = RECORD_SUGGESTION,
                                      .suggestion = {.experiment = experiment,
                                                     .number = number,
                                                     .state = SUGGESTION_USED,
                                                     .trial = number,
                                                     .params_text = 1,
                                                     .origin_text = 2}};
    const struct record trial = {.kind = RECORD_TRIAL,
                                 .trial = {.experiment = experiment,
                                           .number = number,
                                           .state = state,
                                           .suggestion = number,
                                           .attempts = 1,
                                           .step = METRICS,
                                           .value_count = state == TRIAL_COMPLETED ? 1 : 0,
                                           .values = {(double)(number * 7919LL % 1000003) / 1e6},
                                           .created_ms = start_ms + number,
                                           .started_ms = start_ms + number,
                                           .ended_ms = ended ? start_ms + number + 20 : 0,
                                           .useful_ms = 20,
                                           .told = ended ? number + 1 : 0}};
    const struct record attempt = {.kind = RECORD_ATTEMPT,
                                   .attempt = {.experiment = experiment,
                                               .trial = number,
                                               .number = 1,
                                               .state = ended ? ATTEMPT_DONE : ATTEMPT_ACTIVE,
                                               .worker = 1,
                                               .offered_ms = start_ms + number,
                                               .started_ms = start_ms + number,
                                               .ended_ms = ended ? start_ms + number + 20 : 0,
                                               .useful_ms = 20}};

    (void)snprintf(params, sizeof params,
                   "{\"lr\":%.17g,\"dropout\":%.17g,\"layers\":%d,\"opt\":\"adam\"}",
                   1e-5 * (1 + number % 9973), 0.5 / (1 + number % 97), 1 + number % 6);
    apply(store, &suggestion, items, 2);
    apply(store, &trial, items, 2);
    apply(store, &attempt, items, 2);
}

static void add_reports(struct store *store, int32_t experiment, int32_t number)
{
    static const char *const items[] = {"val_loss"};
    const struct wire_attempt attempt = {experiment, number, 1};

    for (int32_t step = 1; step <= METRICS; step++) {
        const struct record metric = {.kind = RECORD_METRIC,
                                      .metric = {.experiment = experiment,
                                                 .trial = number,
                                                 .attempt = 1,
                                                 .step = step,
                                                 .value = 1.0 / (step + number % 7),
                                                 .reported_ms = start_ms + number + step,
                                                 .name_text = 1}};
        apply(store, &metric, items, 1);
    }
    for (int i = 0; i < 6; i++) {
        const struct trace trace = {.kind = TRACE_TRIAL,
                                    .wall_ms = start_ms + number,
                                    .experiment = experiment,
                                    .trial = number};
        must(store_event(store, &trace, "trial 1.1234: completed"));
    }
    must(store_log(store, &attempt, STREAM_STDOUT, 0, "epoch 1 val_loss=0.31\n"));
}

static void fill(const struct store_options *options, int32_t trials)
{
    struct store *store;
    int32_t count = trials / EXPERIMENTS;
    double begun = ms_now();

    must(store_open(options, &store, &error));
    begin(store);
    for (int32_t number = 0; number < count; number++) {
        for (int32_t experiment = 1; experiment <= EXPERIMENTS; experiment++) {
            add_trial(store, experiment, number, count);
            add_reports(store, experiment, number);
        }
        if (number % (GROUP / EXPERIMENTS) == 0 || number == count - 1) {
            must(store_commit(store, start_ms, &error));
            must(store_tidy(store, &error));
        }
    }
    store_close(store);
    (void)printf("filled    %d trials, %d metrics in %.0f s\n", trials, trials * METRICS,
                 (ms_now() - begun) / 1e3);
}

static double run_once(struct sqlite3 *db, const char *sql, int *rows)
{
    sqlite3_stmt *statement;
    double begun = ms_now();

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        (void)fprintf(stderr, "bench_store_queries: %s\n%s", sqlite3_errmsg(db), sql);
        exit(1);
    }
    *rows = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        ++*rows;
    }
    (void)sqlite3_finalize(statement);
    return ms_now() - begun;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool run_query(struct sqlite3 *db, const char *sql)
{
    double took[RUNS];
    int rows = 0;

    for (int i = 0; i < RUNS; i++) {
        took[i] = run_once(db, sql, &rows);
    }
    double first = took[0];
    qsort(took, RUNS, sizeof *took, by_size);
    (void)printf("%8.2f ms  first %8.2f ms  %4d rows  %.*s\n", took[RUNS / 2], first, rows,
                 (int)strcspn(sql, "\n"), sql);
    return took[RUNS / 2] < LIMIT_MS;
}

int main(int argc, char **argv)
{
    int32_t trials = argc > 2 ? atoi(argv[2]) : 20000;
    char path[512], sql[4096];
    struct stat file;
    struct sqlite3 *db;
    bool inside = false, fast = true;
    FILE *page = fopen(argc > 1 ? argv[1] : "docs/STORE.md", "r");

    if (page == NULL) {
        perror("bench_store_queries");
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/tidemill-queries-%d.db", argc > 3 ? argv[3] : "/tmp",
                   trials);
    struct store_options options = {.path = path, .software = "bench", .wall_ms = start_ms};
    if (stat(path, &file) != 0) {
        fill(&options, trials);
    }
    double begun = ms_now();
    struct store *store;
    must(store_open(&options, &store, &error));
    (void)printf("opened    in %.0f ms, %.1f GB\n", ms_now() - begun,
                 stat(path, &file) == 0 ? (double)file.st_size / 1e9 : 0);
    must(store_reader_open(path, &db, &error));
    while (documented_next(page, &inside, sql, sizeof sql)) {
        fast = run_query(db, sql) && fast;
    }
    store_reader_close(db);
    store_close(store);
    (void)fclose(page);
    return fast ? 0 : 1;
}
