/*
 * Early stopping over recorded learning curves (tests/data/curves): how many epochs a search
 * computes until it has found a configuration whose value at the end is within a hundredth of the
 * best of the table. The rules are those of the system: rungs at epochs 3, 9 and 27, of those
 * that have reached a rung the best one in three goes on from its checkpoint, before anything new
 * is asked for. One trial at a time.
 *
 *   bench_curves TABLE.csv [--seeds N] [--trace]
 */
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tidemill/optimizer.h>

enum {
    ROWS_MAX = 2000,
    PARAMETERS_MAX = 8,
    LEVELS_MAX = 32,
    STEPS = 27,
    RUNGS = 3,
    ETA = 3,
    LINE_BYTES = 4096,
    SEEDS_MAX = 200
};

static const int rung_steps[RUNGS] = {3, 9, 27};
static const double within = 0.01; /* of the best final value */

/* A grid of configurations and what each was worth after every epoch; NaN once it has diverged. */
struct table {
    char names[PARAMETERS_MAX][32];
    size_t parameter_count, count;
    char levels[PARAMETERS_MAX][LEVELS_MAX][32];
    size_t level_count[PARAMETERS_MAX];
    double point[ROWS_MAX][PARAMETERS_MAX];
    double curve[ROWS_MAX][STEPS];
    double goal;
};

enum kind { FULL_RANDOM, FULL_BAYES, ASHA_RANDOM, ASHA_BOHB, ASHA_MODEL, KINDS };

static const char *const kind_names[KINDS] = {
    "random, trained in full", "bayes, trained in full", "asha, random points",
    "asha, points of the best rung's model", "asha, points of the curves' model"};

/* ---- the table ---- */

static double level_of(struct table *table, size_t parameter, const char *text)
{
    size_t level = 0;

    while (level < table->level_count[parameter] &&
           strcmp(table->levels[parameter][level], text) != 0) {
        level++;
    }
    if (level == table->level_count[parameter]) {
        (void)snprintf(table->levels[parameter][level], sizeof **table->levels, "%s", text);
        table->level_count[parameter]++;
    }
    return (double)level;
}

static void header_read(struct table *table, char *line)
{
    for (char *word = strtok(line, ",\n"); word != NULL; word = strtok(NULL, ",\n")) {
        if (strcmp(word, "1") == 0) {
            return;
        }
        (void)snprintf(table->names[table->parameter_count++], sizeof *table->names, "%s", word);
    }
}

static void row_read(struct table *table, char *line)
{
    double *curve = table->curve[table->count];
    size_t column = 0;

    for (size_t i = 0; i < STEPS; i++) {
        curve[i] = (double)NAN;
    }
    for (char *word = strtok(line, ",\n"); word != NULL; word = strtok(NULL, ",\n")) {
        if (column < table->parameter_count) {
            table->point[table->count][column] = level_of(table, column, word);
        } else if (column - table->parameter_count < STEPS) {
            curve[column - table->parameter_count] = strtod(word, NULL);
        }
        column++;
    }
    table->count++;
}

static void table_read(struct table *table, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE_BYTES];
    double best = HUGE_VAL;

    if (file == NULL || fgets(line, sizeof line, file) == NULL) {
        (void)fprintf(stderr, "curves: cannot read %s\n", path);
        exit(1);
    }
    header_read(table, line);
    while (table->count < ROWS_MAX && fgets(line, sizeof line, file) != NULL) {
        row_read(table, line);
    }
    (void)fclose(file);
    for (size_t i = 0; i < table->count; i++) {
        best = fmin(best, table->curve[i][STEPS - 1]);
    }
    table->goal = best + within * fabs(best);
}

static size_t row_of(const struct table *table, const double *x)
{
    for (size_t i = 0; i < table->count; i++) {
        if (memcmp(table->point[i], x, table->parameter_count * sizeof *x) == 0) {
            return i;
        }
    }
    (void)fprintf(stderr, "curves: the table lacks a point\n");
    exit(1);
}

/* ---- the search ---- */

struct trial {
    int64_t id;
    size_t row;
    int rung;     /* rungs reached */
    bool waiting; /* at it */
};

struct race {
    const struct table *table;
    enum kind kind;
    struct tide_optimizer *optimizer;
    struct trial trial[ROWS_MAX];
    size_t trial_count;
    int epochs;
    bool found, trace;
};

static struct tide_optimizer *search_open(const struct table *table, enum kind kind, uint64_t seed)
{
    struct tide_parameter parameters[PARAMETERS_MAX] = {0};
    struct tide_optimizer *optimizer = NULL;
    const bool random = kind == FULL_RANDOM || kind == ASHA_RANDOM;
    const struct tide_config config = {.parameters = parameters,
                                       .parameter_count = table->parameter_count,
                                       .algorithm = random ? TIDE_RANDOM : TIDE_BAYES,
                                       .step_max = kind == ASHA_MODEL ? STEPS : 0,
                                       .seed = seed};

    for (size_t i = 0; i < table->parameter_count; i++) {
        char *end = NULL;
        (void)strtod(table->levels[i][0], &end);
        parameters[i] =
            (struct tide_parameter){.name = table->names[i],
                                    .type = *end == '\0' ? TIDE_ORDINAL : TIDE_CATEGORICAL,
                                    .choice_count = table->level_count[i]};
    }
    if (tide_new(&config, &optimizer, NULL) != TIDE_OK) {
        exit(1);
    }
    return optimizer;
}

static void tell(struct race *race, const struct trial *trial, enum tide_outcome outcome, int step)
{
    const double value = step == 0 ? 0 : race->table->curve[trial->row][step - 1];
    const struct tide_result result = {
        .outcome = outcome, .values = &value, .step = outcome == TIDE_RUNNING ? (double)step : 0};

    if (tide_tell(race->optimizer, trial->id, NULL, &result) != TIDE_OK) {
        exit(1);
    }
}

/* What the search learns from a trial that has come to a rung, where it waits, or to its end. */
static void reached(struct race *race, const struct trial *trial, int step)
{
    if (race->kind == ASHA_MODEL && step < STEPS) {
        tell(race, trial, TIDE_RUNNING, step);
        tell(race, trial, TIDE_STOPPED, 0);
    } else if (step == STEPS) {
        tell(race, trial, TIDE_EVALUATED, STEPS);
    }
}

/*
 * BOHB: the model sees the values of one rung, the highest that enough trials have reached; here it
 * is this library's process, over that rung's values alone.
 */
static void rung_model(struct race *race, uint64_t seed)
{
    int rung = RUNGS;
    size_t enough = race->table->parameter_count + 2;
    size_t count = 0;

    for (; rung > 1; rung--) {
        count = 0;
        for (size_t i = 0; i < race->trial_count; i++) {
            count += race->trial[i].rung >= rung ? 1 : 0;
        }
        if (count >= enough) {
            break;
        }
    }
    tide_free(race->optimizer);
    race->optimizer = search_open(race->table, race->kind, seed);
    for (size_t i = 0; i < race->trial_count; i++) {
        const struct trial *trial = &race->trial[i];
        const size_t row = trial->row;
        const double value =
            trial->rung >= rung ? race->table->curve[row][rung_steps[rung - 1] - 1] : 0;
        const struct tide_result result = {
            .outcome = trial->rung >= rung ? TIDE_EVALUATED : TIDE_STOPPED, .values = &value};
        if (tide_tell(race->optimizer, trial->id, race->table->point[row], &result) != TIDE_OK) {
            exit(1);
        }
    }
    (void)tide_next_set(race->optimizer, (int64_t)race->trial_count);
}

/* Trains the trial to `step`, or to where it diverges. */
static void train(struct race *race, struct trial *trial, int from, int step)
{
    const double *curve = race->table->curve[trial->row];

    trial->waiting = false;
    for (int at = from; at < step; at++) {
        race->epochs++;
        if (!isfinite(curve[at])) {
            tell(race, trial, TIDE_INFEASIBLE, 0);
            trial->rung = 0;
            return;
        }
    }
    reached(race, trial, step);
    trial->rung++;
    trial->waiting = step < STEPS;
    race->found = race->found || (step == STEPS && curve[STEPS - 1] <= race->table->goal);
    if (race->trace) {
        (void)fprintf(stderr, "%5d epochs: trial %lld row %zu to %d: %g\n", race->epochs,
                      (long long)trial->id, trial->row, step, curve[step - 1]);
    }
}

static double value_at(const struct race *race, const struct trial *trial, int rung)
{
    return race->table->curve[trial->row][rung_steps[rung] - 1];
}

/* The best trial that waits at the highest rung where it is among the best one in ETA. */
static struct trial *promotable(struct race *race)
{
    for (int rung = RUNGS - 1; rung-- > 0;) {
        struct trial *best = NULL;
        size_t count = 0;
        size_t ahead = 0;
        for (size_t i = 0; i < race->trial_count; i++) {
            struct trial *trial = &race->trial[i];
            count += trial->rung > rung ? 1 : 0;
            if (trial->waiting && trial->rung == rung + 1 &&
                (best == NULL || value_at(race, trial, rung) < value_at(race, best, rung))) {
                best = trial;
            }
        }
        for (size_t i = 0; i < race->trial_count && best != NULL; i++) {
            ahead += race->trial[i].rung > rung &&
                             value_at(race, &race->trial[i], rung) < value_at(race, best, rung)
                         ? 1
                         : 0;
        }
        if (best != NULL && ahead < count / ETA) {
            return best;
        }
    }
    return NULL;
}

static bool begin(struct race *race, uint64_t seed)
{
    struct trial *trial = &race->trial[race->trial_count];
    struct tide_suggestion suggestion;
    double x[PARAMETERS_MAX];

    if (race->kind == ASHA_BOHB) {
        rung_model(race, seed);
    }
    if (race->trial_count == race->table->count ||
        tide_ask(race->optimizer, x, &suggestion) != TIDE_OK) {
        return false;
    }
    *trial = (struct trial){.id = suggestion.id, .row = row_of(race->table, x)};
    race->trial_count++;
    train(race, trial, 0, race->kind >= ASHA_RANDOM ? rung_steps[0] : STEPS);
    return true;
}

static int run(const struct table *table, enum kind kind, uint64_t seed, bool trace)
{
    static struct race race;

    race = (struct race){.table = table, .kind = kind, .trace = trace};
    race.optimizer = search_open(table, kind, seed);
    while (!race.found) {
        struct trial *trial = kind >= ASHA_RANDOM ? promotable(&race) : NULL;
        if (trial != NULL) {
            train(&race, trial, rung_steps[trial->rung - 1], rung_steps[trial->rung]);
        } else if (!begin(&race, seed)) {
            break;
        }
    }
    tide_free(race.optimizer);
    return race.found ? race.epochs : (int)table->count * STEPS;
}

static int by_size(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int main(int argc, char **argv)
{
    static struct table table;
    int epochs[SEEDS_MAX];
    size_t seeds = 20;
    bool trace = false;
    double full = 0;

    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench_curves TABLE.csv [--seeds N] [--trace]\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        trace = trace || strcmp(argv[i], "--trace") == 0;
        if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            seeds = strtoul(argv[i + 1], NULL, 10);
        }
    }
    seeds = seeds < 1 ? 1 : seeds > SEEDS_MAX ? SEEDS_MAX : seeds;
    table_read(&table, argv[1]);
    printf("%s: %zu configurations of %d epochs; %d epochs would train all\n", argv[1], table.count,
           STEPS, (int)table.count * STEPS);
    for (enum kind kind = FULL_RANDOM; kind < KINDS; kind++) {
        double sum = 0;
        for (size_t i = 0; i < seeds; i++) {
            epochs[i] = run(&table, kind, i + 1, trace);
            sum += epochs[i] / (double)seeds;
        }
        qsort(epochs, seeds, sizeof *epochs, by_size);
        full = kind == FULL_BAYES ? sum : full;
        printf("%-38s epochs: mean %6.0f, median %5d, quartiles %5d %5d%s", kind_names[kind], sum,
               epochs[seeds / 2], epochs[seeds / 4], epochs[3 * seeds / 4],
               kind > FULL_BAYES ? "" : "\n");
        if (kind > FULL_BAYES) {
            printf("; %3.0f %% of bayes in full\n", 100 * sum / full);
        }
        (void)fflush(stdout);
    }
    return 0;
}
