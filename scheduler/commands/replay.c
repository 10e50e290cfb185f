/*
 * replay: every suggestion of an experiment computed again from what the store holds, and compared
 * bit for bit: the point, its phase, its acquisition and the fit.
 *
 * An ask is a pure function of the spec, its number, the ends told before it (`told_count` of the
 * suggestion, `told` of the trials), the points pending then, and the fit before it. Every ask gets
 * the stored points of its predecessors, whatever was computed for them here: so one difference
 * does not become many.
 */
#include "commands/replay.h"

#include "commands/format.h"
#include "commands/reading.h"
#include "commands/verbs.h"

#include "core/core.h"
#include "loop/study.h"
#include "loop/telling.h"

#include <tidemill/version.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIFFERENCES_SHOWN_MAX = 10 };

struct replay {
    struct spec *spec;
    struct experiment_config config;
    struct study *study;
    json_t *suggestions; /* by number */
    json_t *ends;        /* trials by the order in which they were told */
    json_t *stale;       /* numbers by the ask before which they were taken back */
    json_t *news; /* rungs reached, trials dug up and their later ends, by the log of events */
    size_t ends_taken, stale_taken, news_taken;
    const char *fit; /* the origin of the last suggestion that has one; NULL none */
};

/* ---- from the rows ---- */

struct spec *replay_spec(struct query *query, int64_t experiment)
{
    json_t *row =
        query_row(query, "SELECT name, spec FROM experiment WHERE id = ?", "i", experiment);
    const char *text = model_text(row, "spec");
    struct spec_report *report = calloc(1, sizeof *report);
    struct spec *spec = NULL;

    if (report == NULL ||
        spec_parse(text, strlen(text), model_text(row, "name"), &spec, report) != TIDE_OK) {
        spec = NULL;
    }
    free(report);
    json_decref(row);
    return spec;
}

/* The optimizer as it began. */
static bool study_begin(struct replay *replay, struct query *query, int64_t experiment)
{
    replay->spec = replay_spec(query, experiment);
    if (replay->spec != NULL) {
        replay->study = study_new(replay->spec);
        config_of_spec(replay->spec, &replay->config);
    }
    if (replay->study == NULL || !replay_sources(query, experiment, replay->spec, replay->study)) {
        query_refuse(query, TIDE_INVALID, "this program cannot read the stored spec any more");
        return false;
    }
    return true;
}

static bool replay_read(struct replay *replay, struct query *query, int64_t experiment)
{
    replay->suggestions =
        query_rows(query,
                   "SELECT number, trial, told_count, params, origin, (SELECT max(id) FROM event"
                   " WHERE experiment = s.experiment AND kind = 'suggested' AND a = number) AS"
                   " event FROM suggestion AS s"
                   " WHERE experiment = ? AND params IS NOT NULL ORDER BY number",
                   "i", experiment);
    replay->ends = query_rows(query,
                              "SELECT t.suggestion, t.told, t.objectives AS \"objectives:json\","
                              " t.constraints AS \"constraints:json\", t.rungs AS \"rungs:json\","
                              " iif(b.attempt IS NULL, t.state, 'buried') AS state,"
                              " iif(b.attempt IS NULL, t.useful_ms + t.lost_ms,"
                              " (SELECT sum(useful_ms + lost_ms) FROM attempt"
                              " WHERE experiment = t.experiment AND trial = t.number"
                              " AND number <= b.attempt)) AS spent_ms FROM trial AS t"
                              " LEFT JOIN (SELECT trial, min(attempt) AS attempt FROM event"
                              " WHERE experiment = ?1 AND kind = 'trial' AND a = ?2"
                              " GROUP BY trial) AS b ON b.trial = t.number"
                              " WHERE t.experiment = ?1 AND t.told IS NOT NULL ORDER BY t.told",
                              "ii", experiment, (int64_t)TRIAL_BURIED);
    replay->stale = query_rows(query,
                               "SELECT number, stale_at FROM suggestion WHERE experiment = ?"
                               " AND state = 'stale' ORDER BY stale_at, number",
                               "i", experiment);
    replay->news = query_rows(
        query,
        "SELECT e.id, e.kind, e.a, e.a AS rung, t.suggestion, t.told, t.params,"
        " t.rungs AS \"rungs:json\", t.objectives AS \"objectives:json\","
        " t.constraints AS \"constraints:json\","
        " iif(e.kind = 'trial' AND e.a = ?2, 'buried', t.state) AS state,"
        " (SELECT sum(useful_ms + lost_ms) FROM attempt WHERE experiment = e.experiment"
        " AND trial = e.trial AND number <= e.attempt) AS spent_ms FROM"
        " (SELECT *, lag(a) OVER earlier AS before, sum(kind = 'trial' AND a = ?2) OVER earlier"
        " AS buried FROM event WHERE experiment = ?1 AND kind IN ('rung', 'trial')"
        " WINDOW earlier AS (PARTITION BY trial, kind ORDER BY id)) AS e"
        " JOIN trial AS t ON t.experiment = e.experiment AND t.number = e.trial"
        " WHERE e.kind = 'rung' OR (e.before = ?2 AND e.a = ?3)"
        " OR (e.buried > (e.a = ?2) AND e.a > ?4) ORDER BY e.id",
        "iiii", experiment, (int64_t)TRIAL_BURIED, (int64_t)TRIAL_QUEUED, (int64_t)TRIAL_PAUSED);
    return query->status == TIDE_OK && study_begin(replay, query, experiment);
}

static void replay_fini(struct replay *replay)
{
    study_free(replay->study);
    spec_free(replay->spec);
    json_decref(replay->suggestions);
    json_decref(replay->ends);
    json_decref(replay->stale);
    json_decref(replay->news);
}

/* ---- what the search knew ---- */

/* A measured value that was not finite is null in the store. */
static void values_read(const json_t *list, size_t count, double *to)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(list, i);
        to[i] = json_is_number(value) ? json_number_value(value) : (double)NAN;
    }
}

static enum trial_state state_read(const char *text)
{
    int state = TRIAL_QUEUED;

    while (state < TRIAL_CANCELLED &&
           strcmp(trial_state_text((enum trial_state)state), text) != 0) {
        state++;
    }
    return (enum trial_state)state;
}

struct trial_row replay_trial(const struct spec *spec, const json_t *row)
{
    const json_t *rungs = json_object_get(row, "rungs");
    struct trial_row trial = {.suggestion = (int32_t)model_integer(row, "suggestion"),
                              .state = state_read(model_text(row, "state")),
                              .rung = (int32_t)json_array_size(rungs),
                              .useful_ms = model_integer(row, "spent_ms")};

    values_read(json_object_get(row, "objectives"), spec->objective_count, trial.values);
    values_read(json_object_get(row, "constraints"), OUTCOMES_MAX,
                trial.values + spec->objective_count);
    values_read(rungs, RUNGS_MAX, trial.rung_values);
    return trial;
}

static void end_tell(struct replay *replay, const json_t *row)
{
    const struct trial_row trial = replay_trial(replay->spec, row);
    struct search_tell tell;

    if (telling_end(&replay->config, &trial, &tell)) {
        study_tell(replay->study, &tell);
    } else {
        study_forget(replay->study, tell.number);
    }
}

static void known_until(struct replay *replay, int64_t number, int64_t told_count)
{
    const json_t *row = json_array_get(replay->ends, replay->ends_taken);

    while (row != NULL && model_integer(row, "told") <= told_count) {
        end_tell(replay, row);
        row = json_array_get(replay->ends, ++replay->ends_taken);
    }
    row = json_array_get(replay->stale, replay->stale_taken);
    while (row != NULL && model_integer(row, "stale_at") <= number) {
        study_forget(replay->study, (int32_t)model_integer(row, "number"));
        row = json_array_get(replay->stale, ++replay->stale_taken);
    }
}

static void rung_tell(struct replay *replay, const json_t *row, int64_t told_count)
{
    const int64_t told = model_integer(row, "told");
    const bool ended = told > 0 && told <= told_count;
    const struct trial_row trial = replay_trial(replay->spec, row);
    struct search_tell tell;

    telling_rung(&replay->config, &trial, (int32_t)model_integer(row, "rung") - 1, &tell);
    tell.waits = tell.waits && !ended; /* its end has been told, and stays the last word */
    if (trial.state != TRIAL_CANCELLED || told > told_count) {
        study_tell(replay->study, &tell); /* else its point has been forgotten */
    }
}

/*
 * The next thing that the search may have known when it was asked: the log says that it came before
 * the answer, and nothing says on which side of the question. False when there is none.
 */
static bool news_next(struct replay *replay, const json_t *suggestion)
{
    const json_t *row = json_array_get(replay->news, replay->news_taken);

    if (row == NULL || model_integer(row, "id") > model_integer(suggestion, "event")) {
        return false;
    }
    replay->news_taken++;
    if (strcmp(model_text(row, "kind"), "rung") == 0) {
        rung_tell(replay, row, model_integer(suggestion, "told_count"));
    } else if (model_integer(row, "a") == TRIAL_QUEUED) { /* dug up */
        study_forget(replay->study, (int32_t)model_integer(row, "suggestion"));
        study_pending(replay->study, (int32_t)model_integer(row, "suggestion"),
                      model_text(row, "params"));
    } else {
        end_tell(replay, row);
    }
    return true;
}

/* ---- comparing ---- */

static json_t *difference(const json_t *row, const struct search_answer *answer)
{
    return json_pack("{s:I, s:O, s:s, s:s, s:s, s:s}", "number", model_integer(row, "number"),
                     "trial", json_object_get(row, "trial"), "stored", model_text(row, "params"),
                     "stored_origin", model_text(row, "origin"), "computed",
                     answer->params == NULL ? answer->why : answer->params, "computed_origin",
                     answer->origin == NULL ? "" : answer->origin);
}

static bool is_same(const json_t *row, const struct search_answer *answer)
{
    return answer->status == TIDE_OK && strcmp(model_text(row, "params"), answer->params) == 0 &&
           strcmp(model_text(row, "origin"), answer->origin) == 0;
}

static void answer_fini(struct search_answer *answer)
{
    free(answer->params);
    free(answer->origin);
    answer->params = answer->origin = NULL;
}

/* The fit before this ask, whatever the last one made of it. */
static void fit_again(struct replay *replay)
{
    study_fit(replay->study, replay->fit);
}

static void ask_again(struct replay *replay, const json_t *row, json_t *differences)
{
    const int32_t number = (int32_t)model_integer(row, "number");
    struct search_answer answer = {.number = number};

    known_until(replay, number, model_integer(row, "told_count"));
    study_ask(replay->study, &answer);
    study_forget(replay->study, number);
    while (!is_same(row, &answer) && news_next(replay, row)) {
        answer_fini(&answer);
        fit_again(replay);
        study_ask(replay->study, &answer);
        study_forget(replay->study, number);
    }
    if (!is_same(row, &answer)) {
        (void)json_array_append_new(differences, difference(row, &answer));
    }
    answer_fini(&answer);
    study_pending(replay->study, number, model_text(row, "params"));
    if (strstr(model_text(row, "origin"), "\"fit\"") != NULL) {
        replay->fit = model_text(row, "origin");
    }
    fit_again(replay);
}

/* What could make honest rows differ, in the order of how often it does. */
static json_t *reasons(const struct reading *reading)
{
    json_t *list = json_array();
    json_t *row = query_row(reading->query, "SELECT software <> ? AS \"other:bool\" FROM meta", "s",
                            "tidemill " TIDE_VERSION);

    if (json_is_true(json_object_get(row, "other"))) {
        (void)json_array_append_new(
            list, json_string("another version of tidemill has written to this store"));
    }
    (void)json_array_append_new(
        list, json_string("another build of tidemill, or another kind of CPU, made them"));
    json_decref(row);
    return list;
}

static json_t *replay_model(const struct reading *reading)
{
    struct replay replay = {0};
    json_t *model = NULL;

    if (replay_read(&replay, reading->query, reading->target.experiment)) {
        json_t *why = reasons(reading);
        json_t *differences = json_array();
        const json_t *row;
        size_t i;

        query_end(reading->query); /* the store must not wait for the mathematics */
        json_array_foreach(replay.suggestions, i, row)
        {
            ask_again(&replay, row, differences);
        }
        const bool same = json_array_size(differences) == 0;
        model = json_pack("{s:I, s:s, s:I, s:b, s:o, s:o}", "experiment",
                          reading->target.experiment, "name", reading->target.name, "suggestions",
                          (json_int_t)json_array_size(replay.suggestions), "same", same,
                          "differences", differences, "may_be_because", why);
    }
    replay_fini(&replay);
    return model;
}

/* ---- the screen ---- */

static void difference_print(struct screen *screen, const json_t *row)
{
    screen_print(screen, "ask %" PRId64, model_integer(row, "number"));
    if (model_has(row, "trial")) {
        screen_print(screen, " (trial %" PRId64 ")", model_integer(row, "trial"));
    }
    screen_print(screen, "\n");
    screen_label(screen, "  stored");
    screen_text(screen, model_text(row, "stored"), 0);
    screen_print(screen, "\n");
    screen_label(screen, "  computed");
    screen_text(screen, model_text(row, "computed"), 0);
    screen_print(screen, strcmp(model_text(row, "stored"), model_text(row, "computed")) == 0
                             ? "   the same point from another fit\n"
                             : "\n");
}

static void differences_print(struct screen *screen, const json_t *model)
{
    const json_t *list = json_object_get(model, "differences");
    const json_t *why = json_object_get(model, "may_be_because");

    for (size_t i = 0; i < json_array_size(list) && i < DIFFERENCES_SHOWN_MAX; i++) {
        difference_print(screen, json_array_get(list, i));
    }
    if (json_array_size(list) > DIFFERENCES_SHOWN_MAX) {
        screen_print(screen, "and %zu more: --json has them all\n",
                     json_array_size(list) - DIFFERENCES_SHOWN_MAX);
    }
    for (size_t i = 0; i < json_array_size(why); i++) {
        screen_label(screen, i == 0 ? "maybe" : "or");
        screen_print(screen, "%s\n", json_string_value(json_array_get(why, i)));
    }
}

static bool replay_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    const bool same = json_is_true(json_object_get(model, "same"));
    const int64_t count = model_integer(model, "suggestions");
    const int64_t differ = (int64_t)json_array_size(json_object_get(model, "differences"));

    (void)reading;
    screen_text(screen, model_text(model, "name"), 0);
    screen_print(screen, "  %" PRId64 " suggestion%s computed again: ", count,
                 count == 1 ? "" : "s");
    screen_style(screen, same ? STYLE_GOOD : STYLE_BAD);
    if (same) {
        screen_print(screen, "every one the same, bit for bit");
    } else {
        screen_print(screen, "%" PRId64 " the same, %" PRId64 " not", count - differ, differ);
    }
    screen_plain(screen);
    screen_print(screen, "\n");
    if (!same) {
        differences_print(screen, model);
    }
    return true;
}

static int replay_verdict(const json_t *model)
{
    return json_is_true(json_object_get(model, "same")) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

const struct reading_verb verb_replay = {
    .usage = {.verb = "replay",
              .arguments = "[ID]",
              .text =
                  "Computes every suggestion of an experiment again, from what the store holds:\n"
                  "the spec, what had been told and what was pending when it was asked for, and\n"
                  "the fit before it. On the build and kind of CPU that made them each comes out\n"
                  "bit for bit; those that do not are shown (exit code 1).",
              .arguments_max = 1,
              .example = "tidemill replay 7"},
    .targets = READING_EXPERIMENT,
    .model = replay_model,
    .screen = replay_screen,
    .verdict = replay_verdict,
};

int command_replay(int argc, char **argv)
{
    return reading_run(&verb_replay, argc, argv, wall_ms());
}
