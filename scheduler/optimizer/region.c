/*
 * Knows how far around the best point a local ask may go.
 *
 * After TuRBO (Eriksson et al., "Scalable Global Optimization via Local Bayesian Optimization",
 * NeurIPS 2019, section 2): the sides follow the lengthscales, double after three successes in a
 * row and halve after a run of failures; a region that has become tiny starts again. Deviations:
 * only every third ask is local, all asks share one model of all observations, and nothing is kept
 * between asks: successes and failures are counted anew from the observations in order of their
 * ids, so that the order of telling leaves no trace.
 */
#include "optimizer/region.h"

#include "optimizer/state.h"

#include <math.h>
#include <string.h>

enum { LOCAL_EVERY = 3, SUCCESSES = 3 };

static const double side_start = 0.8;
static const double side_most = 1.6;
static const double side_least = 0x1p-7;
static const double weight_low = -4; /* lengthscale 7.4: a longer one widens no further */
static const double weight_high = 6; /* lengthscale 0.05 */
static const double widest = 4;      /* of the geometric mean of the lengthscales */

bool region_local(const struct tide_optimizer *optimizer, int64_t k)
{
    return optimizer->model.objectives == 1 && k >= (int64_t)optimizer->initial &&
           k % LOCAL_EVERY == 1;
}

/* What an observation was worth, less is better; infinite if it is no value of this search. */
static double worth(const struct tide_optimizer *optimizer, const struct record *record)
{
    return record->outcome == TIDE_EVALUATED && record->source == 0
               ? optimizer->model.warp[0].sign * record->values[0]
               : HUGE_VAL;
}

static double side_now(const struct tide_optimizer *optimizer)
{
    const size_t d = optimizer->space.count;
    const size_t patience = 1 + (d < 4 ? 4 : d) / 2;
    double best = HUGE_VAL;
    double side = side_start;
    size_t good = 0;
    size_t bad = 0;

    for (size_t i = 0; i < optimizer->observed.count; i++) {
        const struct record *record = &optimizer->observed.record[i];
        const double value = worth(optimizer, record);
        const bool better = value < best;
        best = fmin(best, value);
        if (!region_local(optimizer, record->id)) {
            continue;
        }
        good = better ? good + 1 : 0;
        bad = better ? 0 : bad + 1;
        if (good == SUCCESSES) {
            side = fmin(2 * side, side_most);
            good = 0;
        }
        if (bad == patience) {
            side = side / 2 < side_least ? side_start : side / 2;
            bad = 0;
        }
    }
    return side;
}

/* log lengthscale of a parameter, within reason */
static double log_length(const struct gp_hyper *hyper, size_t i)
{
    return -0.5 * fmin(fmax(hyper->weight[i], weight_low), weight_high);
}

void region_set(struct region *region, const struct tide_optimizer *optimizer, const double *centre)
{
    const struct space *space = &optimizer->model.space;
    const struct gp_hyper *hyper = &optimizer->model.gp[0].hyper;
    const double side = side_now(optimizer);
    double mean = 0;
    size_t count = 0;

    memcpy(region->centre, centre, space->count * sizeof *centre);
    for (size_t i = 0; i < optimizer->model.shared; i++) {
        mean += space_discrete(space, i) ? 0 : log_length(hyper, i);
        count += space_discrete(space, i) ? 0 : 1;
    }
    mean /= count > 0 ? (double)count : 1;
    for (size_t i = 0; i < space->count; i++) {
        const bool number = !space_discrete(space, i) && !isnan(centre[i]);
        const double u = number ? space_place(space, i, centre[i]) : 0.5;
        const double half = 0.5 * side * fmin(exp(log_length(hyper, i) - mean), widest);
        region->low[i] = number ? fmax(0, u - half) : 0;
        region->high[i] = number ? fmin(1, u + half) : 1;
    }
}

double region_clamp(const struct region *region, size_t i, double u)
{
    return fmin(fmax(u, region->low[i]), region->high[i]);
}
