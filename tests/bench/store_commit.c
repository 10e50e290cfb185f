/*
 * How many trials a second the store takes: every trial with the rows and events of its whole life
 * (suggested, offered, accepted, ended), `slots` of them in flight, a commit a turn, and a VFS
 * whose syncs take 4 ms. Then how long it takes to load them all again.
 *
 *     bench_store_commit [TRIALS [SLOTS [FOLDER]]]      20000, 1000, /dev/shm
 */
#include "store/store.h"
#include "support/shim_vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const int64_t start_ms = 1795000000123;

struct run {
    struct store *store;
    struct error error;
    int64_t now_ms;
    int64_t rows, commits;
};

static void must(struct run *run, enum tide_status status)
{
    if (status != TIDE_OK) {
        (void)fprintf(stderr, "bench_store_commit: %s: %s\n", tide_status_text(status),
                      run->error.text);
        exit(1);
    }
}

static double seconds_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_cpu(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void apply(struct run *run, const struct record *record, const char *const *items,
                  uint32_t count)
{
    must(run, store_apply(run->store, record, &(struct store_texts){items, count}));
    run->rows++;
}

static void trace(struct run *run, enum trace_kind kind, int32_t trial, const char *text)
{
    const struct trace line = {
        .kind = kind, .wall_ms = run->now_ms, .experiment = 1, .trial = trial, .attempt = 1};

    must(run, store_event(run->store, &line, text));
    run->rows++;
}

static void begin(struct run *run)
{
    static const char *const items[] = {"bench", "name: bench\n", "worker-1", "default"};
    const struct record experiment = {.kind = RECORD_EXPERIMENT,
                                      .experiment = {.id = 1,
                                                     .state = EXPERIMENT_RUNNING,
                                                     .created_ms = start_ms,
                                                     .name_text = 1,
                                                     .spec_text = 2}};
    const struct record worker = {.kind = RECORD_WORKER,
                                  .worker = {.id = 1,
                                             .connected = true,
                                             .slots = 256,
                                             .first_seen_ms = start_ms,
                                             .last_seen_ms = start_ms,
                                             .name_text = 3,
                                             .pool_text = 4}};

    apply(run, &experiment, items, 4);
    apply(run, &worker, items, 4);
}

static void experiment_goes_on(struct run *run, int64_t told)
{
    const struct record record = {.kind = RECORD_EXPERIMENT,
                                  .experiment = {.id = 1,
                                                 .state = EXPERIMENT_RUNNING,
                                                 .created_ms = start_ms,
                                                 .started_ms = start_ms,
                                                 .told_count = told}};

    apply(run, &record, NULL, 0);
}

static void suggest(struct run *run, int32_t trial, enum suggestion_state state)
{
    char params[160];
    const char *items[] = {params, "{\"phase\":\"random\"}"};
    const struct record record = {.kind = RECORD_SUGGESTION,
                                  .suggestion = {.experiment = 1,
                                                 .number = trial,
                                                 .state = state,
                                                 .trial = state == SUGGESTION_USED ? trial : -1,
                                                 .told_count = trial,
                                                 .params_text = state == SUGGESTION_READY ? 1 : 0,
                                                 .origin_text = state == SUGGESTION_READY ? 2 : 0}};

    (void)snprintf(params, sizeof params,
                   "{\"lr\":%.17g,\"dropout\":%.17g,\"layers\":%d,\"opt\":\"adam\"}",
                   1e-5 * (1 + trial % 9973), 0.5 / (1 + trial % 97), 1 + trial % 6);
    apply(run, &record, items, 2);
}

static void trial_is(struct run *run, int32_t trial, enum trial_state state)
{
    bool ended = state == TRIAL_COMPLETED;
    const struct record record = {.kind = RECORD_TRIAL,
                                  .trial = {.experiment = 1,
                                            .number = trial,
                                            .state = state,
                                            .suggestion = trial,
                                            .attempts = 1,
                                            .step = ended ? 1 : -1,
                                            .value_count = ended ? 1 : 0,
                                            .values = {(trial * 7919 % 1000003) / 1e6},
                                            .created_ms = run->now_ms,
                                            .started_ms = run->now_ms,
                                            .ended_ms = ended ? run->now_ms : 0,
                                            .useful_ms = ended ? 20 : 0,
                                            .told = ended ? trial + 1 : 0}};

    apply(run, &record, NULL, 0);
}

static void attempt_is(struct run *run, int32_t trial, enum attempt_state state)
{
    bool ended = state == ATTEMPT_DONE;
    const struct record record = {
        .kind = RECORD_ATTEMPT,
        .attempt = {.experiment = 1,
                    .trial = trial,
                    .number = 1,
                    .state = state,
                    .worker = 1,
                    .outcome = ended ? OUTCOME_COMPLETED : OUTCOME_NONE,
                    .cause = ended ? CAUSE_EXIT : CAUSE_NONE,
                    .exit_code = ended ? 0 : -1,
                    .last_step = -1,
                    .offered_ms = run->now_ms,
                    .started_ms = state == ATTEMPT_OFFERED ? 0 : run->now_ms,
                    .ended_ms = ended ? run->now_ms : 0,
                    .duration_ms = ended ? 20 : 0,
                    .useful_ms = ended ? 20 : 0,
                    .incarnation = 1}};

    apply(run, &record, NULL, 0);
}

static void offer(struct run *run, int32_t trial)
{
    suggest(run, trial, SUGGESTION_READY);
    suggest(run, trial, SUGGESTION_USED);
    trial_is(run, trial, TRIAL_RUNNING);
    attempt_is(run, trial, ATTEMPT_OFFERED);
    trace(run, TRACE_SUGGESTED, trial, "suggested 1.1234: ask 1234");
    trace(run, TRACE_TRIAL, trial, "trial 1.1234: running");
    trace(run, TRACE_OFFERED, trial, "offered 1.1234 attempt 1 worker 1: from step 0");
}

static void accept(struct run *run, int32_t trial)
{
    attempt_is(run, trial, ATTEMPT_ACTIVE);
    trace(run, TRACE_ACCEPTED, trial, "accepted 1.1234 attempt 1 worker 1");
}

static void end(struct run *run, int32_t trial)
{
    attempt_is(run, trial, ATTEMPT_DONE);
    trial_is(run, trial, TRIAL_COMPLETED);
    experiment_goes_on(run, trial + 1);
    trace(run, TRACE_ENDED, trial, "attempt_ended 1.1234 attempt 1 worker 1: done, exit");
    trace(run, TRACE_TRIAL, trial, "trial 1.1234: completed");
}

/* A turn: the third of the slots that is due ends, the next is accepted, the next is offered. */
static void run_trials(struct run *run, int32_t trials, int32_t slots)
{
    int32_t group = (slots + 2) / 3;

    for (int32_t first = -2 * group; first < trials; first += group) {
        for (int32_t i = 0; i < group; i++) {
            if (first + i >= 0 && first + i < trials) {
                end(run, first + i);
            }
            if (first + group + i >= 0 && first + group + i < trials) {
                accept(run, first + group + i);
            }
            if (first + 2 * group + i < trials) {
                offer(run, first + 2 * group + i);
            }
        }
        run->now_ms += 20;
        must(run, store_commit(run->store, run->now_ms, &run->error));
        run->commits++;
        must(run, store_tidy(run->store, &run->error));
    }
}

static int64_t load_kind(struct run *run, enum record_kind kind)
{
    struct store_rows *rows;
    struct store_row row;
    int64_t count = 0;

    must(run, store_rows_open(run->store, kind, &rows, &run->error));
    while (store_rows_next(rows, &row, &run->error) == TIDE_OK) {
        count++;
    }
    store_rows_close(rows);
    return count;
}

static void load(struct run *run)
{
    static const enum record_kind order[] = {RECORD_EXPERIMENT, RECORD_SUGGESTION, RECORD_TRIAL,
                                             RECORD_ATTEMPT, RECORD_WORKER};
    double begun = seconds_now(), cpu = seconds_cpu();
    int64_t count = 0;

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        count += load_kind(run, order[i]);
    }
    (void)printf("load      %lld rows in %.3f s, %.3f s of CPU\n", (long long)count,
                 seconds_now() - begun, seconds_cpu() - cpu);
}

int main(int argc, char **argv)
{
    int32_t trials = argc > 1 ? atoi(argv[1]) : 20000, slots = argc > 2 ? atoi(argv[2]) : 1000;
    char path[512];
    struct run run = {.now_ms = start_ms};
    struct shim *shim = shim_register("slow");
    struct store_options options = {
        .path = path, .software = "bench", .vfs = "slow", .wall_ms = start_ms};

    (void)snprintf(path, sizeof path, "%s/tidemill-bench-%ld.db", argc > 3 ? argv[3] : "/dev/shm",
                   (long)getpid());
    if (shim == NULL) {
        return 1;
    }
    must(&run, store_open(&options, &run.store, &run.error));
    begin(&run);
    must(&run, store_commit(run.store, start_ms, &run.error));
    shim->sync_us = 4000;
    shim->sync_count = 0;
    double begun = seconds_now(), cpu = seconds_cpu();
    run_trials(&run, trials, slots);
    double took = seconds_now() - begun;
    cpu = seconds_cpu() - cpu;
    (void)printf("commit    %d trials, %d in flight: %.0f trials/s, %.0f rows/s, %lld commits, "
                 "%lld syncs of 4 ms; one core busy %.0f %%, %.1f us a trial\n",
                 trials, slots, trials / took, (double)run.rows / took, (long long)run.commits,
                 (long long)shim->sync_count, 100 * cpu / took, 1e6 * cpu / trials);
    store_close(run.store);
    begun = seconds_now();
    must(&run, store_open(&options, &run.store, &run.error));
    (void)printf("open      %.3f s\n", seconds_now() - begun);
    load(&run);
    store_close(run.store);
    for (size_t i = 0; i < 3; i++) {
        static const char *const suffixes[] = {"", "-wal", "-shm"};
        char name[600];
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
    return 0;
}
