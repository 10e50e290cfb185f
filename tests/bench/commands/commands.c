/*
 * How long the reading verbs take on a big store: one experiment of TRIALS trials (1,000,000 unless
 * the first argument says otherwise) with an attempt and two metrics each, a hundred small
 * experiments beside it, 1,000 workers. Each command is run as a person runs it, a process of its
 * own, RUNS times; the median and the worst are printed.
 *
 *   build/ci/tests/bench/commands/bench_commands [TRIALS [STORE]]
 *
 * A STORE that is there already is used as it stands.
 */
#include "store/store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 11, WORDS_MAX = 12 };

extern char **environ;

static const char store_sql[] =
    "PRAGMA synchronous = OFF; BEGIN;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
    " INSERT INTO worker (id, name, connected, draining, slots, cpus_milli, gpus, memory_bytes, "
    "pool,"
    "  host, labels, first_seen, last_seen) SELECT i, 'w' || i, 1, 0, 4, 8000, 0, 34359738368,"
    "  'default', 'h' || i, '{}', '2026-11-01 00:00:00.000', '2026-11-01 00:00:00.000' FROM n;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 101)"
    " INSERT INTO experiment (id, name, state, reason, created, started, told_count, compute_ms,"
    "  budget_trials, metric, direction, objectives, spec) SELECT i, 'e' || i, 'running', '',"
    "  '2026-11-01 00:00:00.000', '2026-11-01 00:00:00.000', 0, 0, 2000000, 'loss', 'minimize',"
    "  '[{\"metric\":\"loss\",\"direction\":\"minimize\"}]',"
    "  'name: e' || i || char(10) || 'command: sh t.sh {x} {y}' || char(10) ||"
    "  'parameters: {x: {type: float, min: 0, max: 1}, y: {type: int, min: 1, max: 9}}' || char(10)"
    "  || 'objective: {metric: loss, direction: minimize}' || char(10) || 'budget: {trials: "
    "2000000}'"
    "  FROM n;"
    "INSERT INTO parameter (experiment, position, name, type, low, high, log) SELECT id, 0, 'x',"
    "  'float', 0, 1, 0 FROM experiment UNION ALL SELECT id, 1, 'y', 'int', 1, 9, 0 FROM "
    "experiment;"
    "CREATE TEMP TABLE size AS SELECT %" PRId64 " AS trials;"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < (SELECT trials "
    "FROM"
    "  size))"
    " INSERT INTO trial (experiment, number, state, reason, value, objectives, feasible, params,"
    "  suggestion, attempts, restarts, preemptions, step, created, started, ended, useful_ms, "
    "lost_ms,"
    "  told, checkpoint_step)"
    " SELECT 101, i, CASE WHEN i %% 97 = 3 THEN 'failed' WHEN i >= (SELECT trials FROM size) - 200 "
    "THEN"
    "  'running' ELSE 'completed' END, 'none', (i * 7919 %% 1000003) / 1000003.0,"
    "  json_array((i * 7919 %% 1000003) / 1000003.0), 1, json_object('x', i / 1e6, 'y', i %% 9), "
    "i, 1,"
    "  0, 0, 2, '2026-11-01 00:00:00.000', '2026-11-01 00:00:00.000', '2026-11-01 00:05:00.000',"
    "  300000, 0, i + 1, 0 FROM n;"
    "INSERT INTO attempt (experiment, trial, number, state, worker, leave, outcome, cause, "
    "exit_code,"
    "  from_step, last_step, offered, started, ended, duration_ms, useful_ms, lost_ms, incarnation,"
    "  late) SELECT experiment, number, 1, CASE state WHEN 'running' THEN 'active' ELSE 'done' END,"
    "  1 + number %% 1000, 'none', 'completed', 'exit', 0, 0, 2, created, started,"
    "  iif(state = 'running', NULL, ended), 300000,"
    "  300000, 0, 1, 0 FROM trial;"
    "INSERT INTO metric (experiment, trial, attempt, step, name, value, reported) SELECT "
    "experiment,"
    "  number, 1, 1, 'loss', value + 1, created FROM trial UNION ALL SELECT experiment, number, 1, "
    "2,"
    "  'loss', value, created FROM trial;"
    "INSERT INTO event (time, kind, experiment, trial, attempt, worker, a, b, text) SELECT created,"
    "  'trial', experiment, number, 1, 1, 3, 0, 'trial ' || id || ': completed' FROM trial;"
    "INSERT INTO log SELECT experiment, number, 1, 'stdout', 0, 'epoch 1 loss=1' || char(10) FROM "
    "trial"
    "  WHERE number < 1000;"
    "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);";

static void store_make(const char *path, int64_t trials)
{
    const struct store_options options = {.path = path, .software = "bench"};
    struct store *store = NULL;
    struct error error = {0};
    sqlite3 *db = NULL;
    char *message = NULL;
    char *sql = sqlite3_mprintf(store_sql, trials);

    if (store_open(&options, &store, &error) != TIDE_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    store_close(store);
    (void)printf("making a store of %" PRId64 " trials ...\n", trials);
    (void)fflush(stdout);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        (void)fprintf(stderr, "%s\n", message);
        exit(1);
    }
    sqlite3_free(sql);
    (void)sqlite3_close(db);
}

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double command_ms(char **words)
{
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    const double begun_ms = now_ms();

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, TIDEMILL, &actions, NULL, words, environ) != 0) {
        (void)fprintf(stderr, "cannot start %s\n", TIDEMILL);
        exit(1);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)waitpid(pid, NULL, 0);
    return now_ms() - begun_ms;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return x < y ? -1 : x > y ? 1 : 0;
}

static void command_time(const char *line, const char *store)
{
    double times_ms[RUNS];
    char text[256];
    char program[] = "tidemill";
    char option[] = "--store";
    char path[512];
    char *words[WORDS_MAX + 4] = {program};
    char *rest = NULL;
    int count = 1;

    (void)snprintf(text, sizeof text, "%s", line);
    (void)snprintf(path, sizeof path, "%s", store);
    for (char *word = strtok_r(text, " ", &rest); word != NULL && count < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    words[count++] = option;
    words[count++] = path;
    for (int i = 0; i < RUNS; i++) {
        times_ms[i] = command_ms(words);
    }
    qsort(times_ms, RUNS, sizeof *times_ms, by_size);
    (void)printf("%-40s %8.1f %8.1f\n", line, times_ms[RUNS / 2], times_ms[RUNS - 1]);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    static const char *const lines[] = {"--version",
                                        "status",
                                        "status e101",
                                        "show e101",
                                        "show 101.5000",
                                        "best e101",
                                        "trials e101",
                                        "trials e101 --state failed",
                                        "trials e101 --state running",
                                        "trials e101 --sort -started",
                                        "trials e101 --sort x",
                                        "why e101",
                                        "workers",
                                        "logs 101.500",
                                        "wait e101 --timeout 0"};
    const int64_t trials = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    const char *store = argc > 2 ? argv[2] : "bench_commands.db";

    if (access(store, F_OK) != 0) {
        store_make(store, trials);
    }
    (void)printf("%-40s %8s %8s\n", "command", "median", "worst ms");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        command_time(lines[i], store);
    }
    return 0;
}
