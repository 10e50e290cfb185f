#include "loop/study.h"

#include "base/text.h"
#include "loop/search_space.h"
#include "spec/point.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

struct study {
    const struct spec *spec;
    struct tide_optimizer *optimizer;
    enum tide_status status; /* why it cannot go on; TIDE_OK it can */
    struct error error;
};

static void study_fail(struct study *study, enum tide_status status, const char *doing)
{
    if (status != TIDE_OK && study->status == TIDE_OK) {
        study->status = error_set(&study->error, status, "%s: %s", doing, tide_status_text(status));
    }
}

struct study *study_new(const struct spec *spec)
{
    struct study *study = calloc(1, sizeof *study);

    if (study != NULL) {
        study->spec = spec;
        study->status = search_space_open(spec, &study->optimizer, &study->error);
    }
    return study;
}

void study_free(struct study *study)
{
    if (study != NULL) {
        tide_free(study->optimizer);
        free(study);
    }
}

static bool study_works(const struct study *study)
{
    return study != NULL && study->status == TIDE_OK;
}

static bool params_point(struct study *study, const char *params, double *x)
{
    struct error error;
    const enum tide_status status = spec_params_parse(study->spec, params, x, &error);

    if (status != TIDE_OK && study->status == TIDE_OK) {
        study->status = status;
        study->error = error;
    }
    return status == TIDE_OK;
}

/* One that was stopped early has told its curve already. Where the steps have no end there is no
 * curve, and the best it had shown stands for what it would have reached. */
static enum tide_outcome outcome_of(const struct study *study, const struct search_tell *tell)
{
    const bool stands = study->spec->fidelity.name == NULL && study->spec->objective_count == 1 &&
                        search_space_outcome_count(study->spec) == 0 && isfinite(tell->values[0]);

    if (tell->running) {
        return TIDE_RUNNING;
    }
    if (tell->completed || (tell->stopped && stands)) {
        return TIDE_EVALUATED;
    }
    if (tell->stopped) {
        return TIDE_STOPPED;
    }
    return tell->infeasible ? TIDE_INFEASIBLE : TIDE_FAILED;
}

void study_tell(struct study *study, const struct search_tell *tell)
{
    double x[SPEC_PARAMETERS_MAX];
    double outcomes[TIDE_OUTCOMES_MAX];
    struct tide_result result = {
        .step = tell->running ? (double)tell->step : 0, .cost = tell->cost, .source = tell->source};

    if (!study_works(study) || (tell->params != NULL && !params_point(study, tell->params, x))) {
        return;
    }
    result.outcome = outcome_of(study, tell);
    if (result.outcome == TIDE_EVALUATED || result.outcome == TIDE_RUNNING) {
        result.values = tell->values;
        if (tell->completed && search_space_outcome_count(study->spec) > 0) {
            search_space_outcomes(study->spec, tell->values + study->spec->objective_count,
                                  outcomes);
            result.outcomes = outcomes;
        }
    }
    const enum tide_status status =
        tide_tell(study->optimizer, tell->source > 0 ? TIDE_OWN : tell->number,
                  tell->params == NULL ? NULL : x, &result);
    if (tell->source == 0 || status != TIDE_INVALID) { /* one between the steps of this space */
        study_fail(study, status, "telling a result");
    }
    if (tell->waits) { /* nothing is to be expected of it for now, so it is not pending */
        const struct tide_result waiting = {.outcome = TIDE_STOPPED};
        study_fail(
            study,
            tide_tell(study->optimizer, tell->number, tell->params == NULL ? NULL : x, &waiting),
            "telling a result");
    }
}

void study_pending(struct study *study, int32_t number, const char *params)
{
    double x[SPEC_PARAMETERS_MAX];

    if (study_works(study) && params_point(study, params, x)) {
        study_fail(study, tide_pending(study->optimizer, number, x), "restoring a pending point");
    }
}

void study_forget(struct study *study, int32_t number)
{
    if (study_works(study)) {
        (void)tide_forget(study->optimizer,
                          number); /* one that was never asked here is forgotten already */
    }
}

void study_fit(struct study *study, const char *origin)
{
    double fit[TIDE_FIT_MAX];
    size_t count = 0;
    json_t *document = origin == NULL ? NULL : json_loads(origin, JSON_REJECT_DUPLICATES, NULL);
    const json_t *list = json_object_get(document, "fit");

    for (; count < json_array_size(list) && count < TIDE_FIT_MAX; count++) {
        fit[count] = json_number_value(json_array_get(list, count));
    }
    if (study_works(study) && tide_fit_set(study->optimizer, fit, count) != TIDE_OK) {
        (void)tide_fit_set(study->optimizer, fit, 0);
    }
    json_decref(document);
}

static const char *phase_text(enum tide_phase phase)
{
    switch (phase) {
    case TIDE_PHASE_DEFAULT:
        return "default";
    case TIDE_PHASE_SOURCE:
        return "warm_start";
    case TIDE_PHASE_SOBOL:
        return "sobol";
    case TIDE_PHASE_RANDOM:
        return "random";
    case TIDE_PHASE_GRID:
        return "grid";
    case TIDE_PHASE_BAYES:
        return "bayes";
    }
    return "?";
}

/* {"phase": "bayes", "acquisition": -3.2, "fit": [...]}: what `show` tells and what a restart
 * needs. */
static char *origin_text(const struct study *study, const struct tide_suggestion *suggestion)
{
    double fit[TIDE_FIT_MAX];
    const size_t count = tide_fit_get(study->optimizer, fit);
    json_t *list = json_array();
    json_t *document = json_pack("{s:s}", "phase", phase_text(suggestion->phase));

    if (isfinite(suggestion->acquisition)) {
        (void)json_object_set_new(document, "acquisition", json_real(suggestion->acquisition));
    }
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, json_real(fit[i]));
    }
    if (count > 0) {
        (void)json_object_set(document, "fit", list);
    }
    json_decref(list);
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    return text;
}

/* The spec's `stop`: whether the model leaves less to gain than that. */
static bool is_enough(struct study *study)
{
    const struct spec_stop *stop = &study->spec->stop;
    double headroom = 0;

    return !isnan(stop->improvement_below) &&
           tide_headroom(study->optimizer, stop->confidence, &headroom) == TIDE_OK &&
           headroom < stop->improvement_below;
}

static void ask_fill(struct study *study, struct search_answer *answer)
{
    double x[SPEC_PARAMETERS_MAX];
    struct tide_suggestion suggestion;
    struct error error;

    (void)tide_next_set(study->optimizer, answer->number);
    if (is_enough(study)) {
        answer->status = TIDE_EXHAUSTED;
        answer->enough = true;
        (void)text_copy(answer->why, sizeof answer->why, "no improvement is worth another trial");
        return;
    }
    answer->status = tide_ask(study->optimizer, x, &suggestion);
    if (answer->status != TIDE_OK) {
        (void)text_copy(answer->why, sizeof answer->why, tide_status_text(answer->status));
        return;
    }
    answer->status = spec_params_json(study->spec, x, &answer->params, &error);
    if (answer->status != TIDE_OK) {
        (void)text_copy(answer->why, sizeof answer->why, error.text);
        return;
    }
    answer->origin = origin_text(study, &suggestion);
}

void study_ask(struct study *study, struct search_answer *answer)
{
    if (study == NULL) {
        answer->status = TIDE_NO_MEMORY;
        (void)text_copy(answer->why, sizeof answer->why, "out of memory");
    } else if (study->status != TIDE_OK) {
        answer->status = study->status;
        (void)text_copy(answer->why, sizeof answer->why, study->error.text);
    } else {
        ask_fill(study, answer);
    }
}
