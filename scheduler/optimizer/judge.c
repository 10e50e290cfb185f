/*
 * Knows the acquisition.
 *
 * One objective: LogEI (Ament et al., NeurIPS 2023); with pending points the logarithm of EI
 * averaged over joint draws of their values (Snoek et al., NIPS 2012, section 3.2), each draw with
 * its own incumbent. Several: the logarithm of the expected improvement of the hypervolume, exact
 * for independent processes by boxes (Yang et al., Journal of Global Optimization 75, 2019),
 * pending points at their expected values. Constraints multiply by their probability (Gardner et
 * al., ICML 2014).
 */
#include "optimizer/judge.h"

#include "optimizer/normal.h"
#include "optimizer/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double variance_floor = 1e-12; /* of the process's scale */
static const double least = 1e-200;         /* below it an expectation has no slope */

/* One point's prediction by every process. */
struct view {
    double mean[MODEL_PROCESSES_MAX][GP_DRAWS_MAX];
    double variance[MODEL_PROCESSES_MAX];
    double by_mean[MODEL_PROCESSES_MAX][GP_DRAWS_MAX];
    double by_variance[MODEL_PROCESSES_MAX];
};

static double least_variance(const struct judge *judge, size_t process)
{
    return variance_floor * exp(judge->model->gp[process].hyper.scale);
}

static double deviation(const struct judge *judge, const struct view *view, size_t process)
{
    return sqrt(fmax(view->variance[process], least_variance(judge, process)));
}

/* The slope by the deviation, as one by the variance; none where the floor holds. */
static void slope_by_sd(const struct judge *judge, struct view *view, size_t process, double slope)
{
    view->by_variance[process] = view->variance[process] > least_variance(judge, process)
                                     ? slope * 0.5 / sqrt(view->variance[process])
                                     : 0;
}

/* ---- one objective ---- */

static double bound(const struct judge *judge, struct view *view)
{
    const size_t draws = judge->model->gp[0].draws;
    double value = judge->caution * deviation(judge, view, 0);

    for (size_t d = 0; d < draws; d++) {
        view->by_mean[0][d] = -1 / (double)draws;
        value -= view->mean[0][d] / (double)draws;
    }
    slope_by_sd(judge, view, 0, judge->caution);
    return value;
}

static double improvement(const struct judge *judge, struct view *view)
{
    const size_t draws = judge->model->gp[0].draws;
    const double sd = deviation(judge, view, 0);
    double value[GP_DRAWS_MAX];
    double slope[GP_DRAWS_MAX];
    double top = -HUGE_VAL;
    double sum = 0;
    double by_sd = 1 / sd;

    for (size_t d = 0; d < draws; d++) {
        value[d] = normal_log_h((judge->incumbent[d] - view->mean[0][d]) / sd, &slope[d]);
        top = fmax(top, value[d]);
    }
    for (size_t d = 0; d < draws; d++) {
        value[d] = exp(value[d] - top);
        sum += value[d];
    }
    for (size_t d = 0; d < draws; d++) {
        const double part = value[d] / sum * slope[d] / sd;
        view->by_mean[0][d] = -part;
        by_sd -= part * (judge->incumbent[d] - view->mean[0][d]) / sd;
    }
    slope_by_sd(judge, view, 0, by_sd);
    return log(sd) + top + log(sum / (double)draws);
}

/* ---- several objectives ---- */

/* E[(t - Y)^+] and its slopes by mean and deviation. */
struct partial {
    double value, by_mean, by_sd;
};

static struct partial below(double t, double mean, double sd)
{
    const double z = (t - mean) / sd;
    struct partial partial = {0};

    if (z > -38) {
        const double cdf = normal_cdf(z);
        const double density = 0.39894228040143268 * exp(-0.5 * z * z);
        partial.value = fmax(sd * density + (t - mean) * cdf, 0);
        partial.by_mean = -cdf;
        partial.by_sd = density;
    }
    return partial;
}

static struct partial minus(struct partial a, struct partial b)
{
    return (struct partial){a.value - b.value, a.by_mean - b.by_mean, a.by_sd - b.by_sd};
}

static double volume_improvement(const struct judge *judge, struct view *view)
{
    const struct pareto *pareto = judge->pareto;
    const size_t m = pareto->objectives;
    struct partial at[TIDE_OBJECTIVES_MAX][PARETO_POINTS_MAX + 2];
    double by_mean[TIDE_OBJECTIVES_MAX] = {0};
    double by_sd[TIDE_OBJECTIVES_MAX] = {0};
    double total = 0;

    for (size_t j = 0; j < m; j++) {
        const double sd = deviation(judge, view, j);
        at[j][0] = (struct partial){0};
        for (size_t i = 1; i < pareto->bounds[j]; i++) {
            at[j][i] = below(pareto->bound[j][i], view->mean[j][0], sd);
        }
    }
    for (size_t c = 0; c < pareto->cells; c++) {
        struct partial side[TIDE_OBJECTIVES_MAX];
        double product = 1;
        for (size_t j = 0; j < m; j++) {
            side[j] = minus(at[j][pareto->cell[c].high[j]], at[j][pareto->cell[c].low[j]]);
            product *= side[j].value;
        }
        total += product;
        for (size_t j = 0; j < m && product > 0; j++) {
            by_mean[j] += product / side[j].value * side[j].by_mean;
            by_sd[j] += product / side[j].value * side[j].by_sd;
        }
    }
    for (size_t j = 0; j < m; j++) {
        view->by_mean[j][0] = total > least ? by_mean[j] / total : 0;
        slope_by_sd(judge, view, j, total > least ? by_sd[j] / total : 0);
    }
    return log(fmax(total, least));
}

/* ---- constraints ---- */

/* log P(value <= limit), its slopes into the view. */
static double chance(const struct judge *judge, struct view *view, size_t process, double limit,
                     double noise)
{
    const double sd =
        sqrt(deviation(judge, view, process) * deviation(judge, view, process) + noise);
    const double z = (limit - view->mean[process][0]) / sd;
    double slope = 0;
    const double value = normal_log_cdf(z, &slope);

    view->by_mean[process][0] = -slope / sd;
    view->by_variance[process] = -slope * z * 0.5 / (sd * sd);
    return value;
}

static double verdict(const struct judge *judge, struct view *view)
{
    const struct model *model = judge->model;
    const size_t odds = model->objectives + model->outcomes;
    double value = 0;

    memset(view->by_mean, 0, sizeof view->by_mean);
    memset(view->by_variance, 0, sizeof view->by_variance);
    if (!judge->hopeless) {
        value = model->objectives > 1 ? volume_improvement(judge, view)
                : judge->caution > 0  ? bound(judge, view)
                                      : improvement(judge, view);
    }
    for (size_t i = model->objectives; i < odds; i++) {
        if (model->known[i]) {
            value += chance(judge, view, i, warp_forward(&model->warp[i], 0), 0);
        }
    }
    if (model->known[odds]) {
        value += chance(judge, view, odds, 0.5, exp(model->gp[odds].hyper.noise));
    }
    if (model->known[odds + 1] && judge->caution == 0) { /* per cost: its logarithm is subtracted */
        value -= model->cost_sd * view->mean[odds + 1][0];
        view->by_mean[odds + 1][0] = -model->cost_sd;
    }
    return value;
}

double judge_point(struct judge *judge, const double *x, double *gradient)
{
    struct model *model = judge->model;
    const size_t processes = model->objectives + model->outcomes + 2;
    struct view view = {0};
    double slope[SPACE_PARAMETERS_MAX];

    for (size_t i = 0; i < processes; i++) {
        if (model->known[i]) {
            gp_predict(&model->gp[i], x, view.mean[i], &view.variance[i]);
        }
    }
    const double value = verdict(judge, &view);
    if (gradient != NULL) {
        memset(gradient, 0, model->space.count * sizeof *gradient);
        for (size_t i = 0; i < processes; i++) {
            if (model->known[i]) {
                gp_slopes(&model->gp[i], x, view.by_mean[i], view.by_variance[i], slope);
                for (size_t p = 0; p < model->space.count; p++) {
                    gradient[p] += slope[p];
                }
            }
        }
    }
    return value;
}

static void judge_batch(struct judge *judge, const double *x, size_t count, double *score)
{
    struct model *model = judge->model;
    const size_t processes = model->objectives + model->outcomes + 2;
    double mean[MODEL_PROCESSES_MAX][JUDGE_BATCH * 16];
    double variance[MODEL_PROCESSES_MAX][JUDGE_BATCH];
    struct view view = {0};

    for (size_t i = 0; i < processes; i++) {
        if (model->known[i]) {
            gp_screen(&model->gp[i], x, count, mean[i], variance[i], judge->work);
        }
    }
    for (size_t row = 0; row < count; row++) {
        for (size_t i = 0; i < processes; i++) {
            const size_t draws = model->gp[i].draws;
            if (model->known[i]) {
                memcpy(view.mean[i], mean[i] + row * draws, draws * sizeof **view.mean);
                view.variance[i] = variance[i][row];
            }
        }
        score[row] = verdict(judge, &view);
    }
}

void judge_many(struct judge *judge, const double *x, size_t count, double *score)
{
    for (size_t at = 0; at < count; at += JUDGE_BATCH) {
        const size_t batch = count - at < JUDGE_BATCH ? count - at : JUDGE_BATCH;
        judge_batch(judge, x + at * judge->model->space.count, batch, score + at);
    }
}

/* ---- life ---- */

enum tide_status judge_open(struct judge *judge, const struct tide_optimizer *optimizer)
{
    size_t rows = 1;

    for (size_t i = 0; i < MODEL_PROCESSES_MAX; i++) {
        const struct gp *gp = &judge->model->gp[i];
        rows = gp->observed + gp->pending > rows ? gp->observed + gp->pending : rows;
    }
    if (rows * JUDGE_BATCH > judge->work_reals) {
        free(judge->work);
        judge->work_reals = 0;
        judge->work = calloc(2 * rows * JUDGE_BATCH, sizeof *judge->work);
        if (judge->work == NULL) {
            return TIDE_NO_MEMORY;
        }
        judge->work_reals = 2 * rows * JUDGE_BATCH;
    }
    if (judge->model->objectives > 1 && judge->pareto == NULL) {
        judge->pareto = malloc(sizeof *judge->pareto);
        if (judge->pareto == NULL) {
            return TIDE_NO_MEMORY;
        }
    }
    judge->caution = 0;
    judge_standing(judge, optimizer);
    return TIDE_OK;
}

void judge_close(struct judge *judge)
{
    free(judge->pareto);
    free(judge->work);
    *judge = (struct judge){0};
}
