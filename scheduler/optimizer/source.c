/*
 * Knows what the values of an earlier search mean for this one.
 *
 * A process over a source's values alone predicts the search's own points. How those predictions
 * and the told values are spread gives scale and offset; how they rank the points says whether the
 * source is about the same thing (the ranking loss of Feurer et al., "Scalable Meta-Learning for
 * Bayesian Optimization", 2018; deviation: a source is taken or left, and how far one that is taken
 * may be believed is its weight in the kernel, fitted like the others).
 */
#include "optimizer/source.h"

#include <math.h>
#include <string.h>

enum { PAIRS_MIN = 6 }; /* fewer say nothing of a ranking */

static const double believable = 0.65; /* share of the pairs it has to rank as they are */
static const double clip = 3;          /* deviations beyond which a source's values are cut */
static const double least_noise = 1e-2;
static const double least_spread = 0.4; /* of predictions: the divisor of a scale */

struct moments {
    double mean, sd;
    size_t count;
};

static bool is_of(const struct model *model, const struct gp *gp, size_t row, size_t source)
{
    return gp->x[row * model->space.count + model->source_at] == (double)source;
}

static struct moments moments_of(const struct model *model, const struct gp *gp, size_t source,
                                 const double *values)
{
    struct moments moments = {0};
    double square = 0;

    for (size_t i = 0; i < gp->observed; i++) {
        moments.mean += is_of(model, gp, i, source) ? values[i] : 0;
        moments.count += is_of(model, gp, i, source) ? 1 : 0;
    }
    moments.mean /= moments.count > 0 ? (double)moments.count : 1;
    for (size_t i = 0; i < gp->observed; i++) {
        const double away = is_of(model, gp, i, source) ? values[i] - moments.mean : 0;
        square += away * away;
    }
    moments.sd = moments.count > 0 ? sqrt(square / (double)moments.count) : 0;
    return moments;
}

/* A process over the source's values, without units; false if there is none. */
static bool source_learn(struct model *model, const struct gp *gp, size_t source,
                         const struct moments *moments, const struct gp_hyper *hyper,
                         const double *values)
{
    struct gp_hyper smooth = *hyper;

    smooth.noise = fmax(hyper->noise, log(least_noise));
    smooth.mean = 0;
    if (!(moments->sd > 0) || gp_reserve(&model->earlier, moments->count) != TIDE_OK) {
        return false;
    }
    for (size_t i = 0; i < gp->observed; i++) {
        if (is_of(model, gp, i, source)) {
            const double away = (values[i] - moments->mean) / moments->sd;
            gp_add(&model->earlier, gp->x + i * model->space.count, fmin(fmax(away, -clip), clip));
        }
    }
    return gp_condition(&model->earlier, &smooth) == TIDE_OK;
}

/* What the source expects at a row of the search's own, evaluated in full. */
static double source_expects(struct model *model, const struct gp *gp, size_t row, size_t source)
{
    double at[SPACE_PARAMETERS_MAX];
    double mean[GP_DRAWS_MAX];
    double variance = 0;

    memcpy(at, gp->x + row * model->space.count, model->space.count * sizeof *at);
    at[model->source_at] = (double)source;
    if (model->step_at != SIZE_MAX) {
        at[model->step_at] = model->space.parameter[model->step_at].high;
    }
    gp_predict(&model->earlier, at, mean, &variance);
    return mean[0];
}

static bool same_step(const struct model *model, const struct gp *gp, size_t a, size_t b)
{
    const size_t step = model->step_at;

    return step == SIZE_MAX ||
           gp->x[a * model->space.count + step] == gp->x[b * model->space.count + step];
}

/* Whether the source ranks enough pairs of the search's own rows as they are. */
static bool ranks_well(const struct model *model, const struct gp *gp, const double *expected,
                       const double *values)
{
    size_t pairs = 0;
    size_t agreed = 0;

    for (size_t i = 0; i < gp->observed; i++) {
        for (size_t j = 0; j < i && is_of(model, gp, i, 0); j++) {
            const double product = (expected[i] - expected[j]) * (values[i] - values[j]);
            if (is_of(model, gp, j, 0) && product != 0 && same_step(model, gp, i, j)) {
                pairs++;
                agreed += product > 0 ? 1 : 0;
            }
        }
    }
    return pairs < PAIRS_MIN || (double)agreed >= believable * (double)pairs;
}

/* The source's values in the search's units; as they are where it has none yet to compare with. */
static void source_scale(const struct model *model, const struct gp *gp, size_t source,
                         const struct moments *moments, const double *expected, double *values)
{
    const struct moments own = moments_of(model, gp, 0, values);
    const struct moments guess = moments_of(model, gp, 0, expected);
    const double scale = own.count < 2 ? moments->sd : own.sd / fmax(guess.sd, least_spread);

    for (size_t i = 0; i < gp->observed && own.count > 0; i++) {
        if (is_of(model, gp, i, source)) {
            const double away = (values[i] - moments->mean) / moments->sd;
            values[i] = own.mean + scale * (away - guess.mean);
        }
    }
}

/* Takes the source's rows out; those behind them move up. */
static void source_drop(const struct model *model, struct gp *gp, size_t source, double *values)
{
    const size_t rows = gp->observed;
    double at[SPACE_PARAMETERS_MAX];
    size_t kept = 0;

    gp_clear(gp);
    for (size_t i = 0; i < rows; i++) {
        if (!is_of(model, gp, i, source)) {
            memcpy(at, gp->x + i * model->space.count, model->space.count * sizeof *at);
            gp_add(gp, at, values[i]);
            values[kept++] = values[i];
        }
    }
}

size_t source_align(struct model *model, struct gp *gp, const struct gp_hyper *hyper,
                    double *values)
{
    const size_t sources = model->space.parameter[model->source_at].choice_count;
    double *expected = model->values + 2 * model->values_capacity;

    model->sources_believed = 0;

    for (size_t source = 1; source < sources; source++) {
        const struct moments moments = moments_of(model, gp, source, values);
        if (!source_learn(model, gp, source, &moments, hyper, values)) {
            source_drop(model, gp, source, values); /* it has nothing to say */
            continue;
        }
        for (size_t i = 0; i < gp->observed; i++) {
            expected[i] = is_of(model, gp, i, 0) ? source_expects(model, gp, i, source) : 0;
        }
        if (ranks_well(model, gp, expected, values)) {
            source_scale(model, gp, source, &moments, expected, values);
            model->sources_believed++;
        } else {
            source_drop(model, gp, source, values);
        }
    }
    return gp->observed;
}
