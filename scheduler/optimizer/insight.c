/*
 * Knows how to ask the model what matters: total Sobol' indices and partial dependence, both over
 * a random sample of the space.
 */
#include "base/rng.h"
#include "optimizer/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 512 };

/* The sample, its variations, and what the model says of them. */
struct survey {
    struct tide_optimizer *optimizer;
    struct gp *gp;
    double *x; /* SAMPLE x model.space.count */
    double *mean;
    double *variance;
    double *work;
};

static void survey_close(struct survey *survey)
{
    free(survey->x);
    free(survey->mean);
    free(survey->variance);
    free(survey->work);
}

static enum tide_status survey_open(struct survey *survey, struct tide_optimizer *optimizer,
                                    size_t objective)
{
    struct fit fit = optimizer->fit;
    enum tide_status status = TIDE_INVALID;

    *survey = (struct survey){.optimizer = optimizer};
    if (objective < optimizer->model.objectives) {
        status = model_build(optimizer, &fit, MODEL_WARPED, false);
        model_aim_full(&optimizer->model);
    }
    if (status != TIDE_OK) {
        return status;
    }
    survey->gp = &optimizer->model.gp[objective];
    survey->x = calloc(SAMPLE * optimizer->model.space.count, sizeof *survey->x);
    survey->mean = calloc(SAMPLE, sizeof *survey->mean);
    survey->variance = calloc(SAMPLE, sizeof *survey->variance);
    survey->work = calloc(SAMPLE * survey->gp->observed, sizeof *survey->work);
    if (survey->x == NULL || survey->mean == NULL || survey->variance == NULL ||
        survey->work == NULL) {
        survey_close(survey);
        return TIDE_NO_MEMORY;
    }
    return TIDE_OK;
}

/* Point i of sample `block`, drawn for every parameter whether active or not. */
static void raw_point(const struct survey *survey, size_t block, size_t i, double *x)
{
    const struct space *space = &survey->optimizer->space;
    struct rng rng;

    rng_init(&rng, block * SAMPLE + i, "insight");
    for (size_t p = 0; p < space->count; p++) {
        x[p] = space_draw(space, p, rng_unit(&rng));
    }
}

static void place(struct survey *survey, size_t i, double *raw)
{
    space_settle(&survey->optimizer->space, raw);
    model_place(&survey->optimizer->model, raw,
                survey->x + i * survey->optimizer->model.space.count);
}

static void look(struct survey *survey)
{
    gp_screen(survey->gp, survey->x, SAMPLE, survey->mean, survey->variance, survey->work);
}

/* Jansen's estimator of the total index: half the mean squared change when one parameter alone is
 * drawn anew. */
static double unsettled(struct survey *survey, size_t parameter, const double *base)
{
    double raw[TIDE_PARAMETERS_MAX];
    double other[TIDE_PARAMETERS_MAX];
    double sum = 0;

    for (size_t i = 0; i < SAMPLE; i++) {
        raw_point(survey, 0, i, raw);
        raw_point(survey, 1, i, other);
        raw[parameter] = other[parameter];
        place(survey, i, raw);
    }
    look(survey);
    for (size_t i = 0; i < SAMPLE; i++) {
        sum += 0.5 * (survey->mean[i] - base[i]) * (survey->mean[i] - base[i]);
    }
    return sum / SAMPLE;
}

enum tide_status tide_importance(struct tide_optimizer *optimizer, size_t objective, double *share)
{
    struct survey survey;
    double raw[TIDE_PARAMETERS_MAX];
    double base[SAMPLE];
    double total = 0;
    const enum tide_status status = survey_open(&survey, optimizer, objective);

    if (status != TIDE_OK) {
        return status;
    }
    for (size_t i = 0; i < SAMPLE; i++) {
        raw_point(&survey, 0, i, raw);
        place(&survey, i, raw);
    }
    look(&survey);
    memcpy(base, survey.mean, sizeof base);
    for (size_t p = 0; p < optimizer->space.count; p++) {
        share[p] = unsettled(&survey, p, base);
        total += share[p];
    }
    for (size_t p = 0; p < optimizer->space.count; p++) {
        share[p] = total > 0 ? share[p] / total : 1 / (double)optimizer->space.count;
    }
    survey_close(&survey);
    return TIDE_OK;
}

/* Makes `parameter` active by giving its ancestors values that do. */
static void activate(const struct space *space, size_t parameter, size_t turn, double *x)
{
    while (space->parameter[parameter].when_count > 0) {
        const struct tide_parameter *child = &space->parameter[parameter];
        x[child->when_parent] = child->when_values[turn % child->when_count];
        parameter = child->when_parent;
    }
}

static bool all_taken(const struct space *space, size_t parameter, const double *values,
                      size_t count)
{
    for (size_t v = 0; v < count; v++) {
        if (!space_takes(space, parameter, values[v])) {
            return false;
        }
    }
    return true;
}

enum tide_status tide_partial(struct tide_optimizer *optimizer, size_t objective, size_t parameter,
                              const double *values, size_t count,
                              struct tide_prediction *predictions)
{
    struct survey survey;
    double raw[TIDE_PARAMETERS_MAX];
    enum tide_status status = TIDE_INVALID;

    if (parameter < optimizer->space.count &&
        all_taken(&optimizer->space, parameter, values, count)) {
        status = survey_open(&survey, optimizer, objective);
    }
    if (status != TIDE_OK) {
        return status;
    }
    const struct warp *warp = &optimizer->model.warp[objective];
    for (size_t v = 0; v < count; v++) {
        double mean = 0;
        double sd = 0;
        for (size_t i = 0; i < SAMPLE; i++) {
            raw_point(&survey, 0, i, raw);
            activate(&optimizer->space, parameter, i, raw);
            raw[parameter] = values[v];
            place(&survey, i, raw);
        }
        look(&survey);
        for (size_t i = 0; i < SAMPLE; i++) {
            mean += survey.mean[i] / SAMPLE;
            sd += sqrt(survey.variance[i]) / SAMPLE;
        }
        const double low = warp_back(warp, mean - sd);
        const double high = warp_back(warp, mean + sd);
        predictions[v] =
            (struct tide_prediction){warp_back(warp, mean), fmin(low, high), fmax(low, high)};
    }
    survey_close(&survey);
    return TIDE_OK;
}
