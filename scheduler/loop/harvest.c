#include "loop/harvest.h"

#include "spec/point.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 160 }; /* results of all sources together: the search has its own to look at */

size_t harvest_objective(const struct spec *spec, size_t index, const struct spec *source)
{
    for (size_t i = 0; i < source->objective_count; i++) {
        if (strcmp(source->objectives[i].metric, spec->objectives[index].metric) == 0) {
            return i;
        }
    }
    return spec->objective_count == 1 && source->objective_count == 1 ? 0 : source->objective_count;
}

static bool maximized(const struct spec *source, size_t objective)
{
    return source->objectives[objective].maximize;
}

/* How many of the others are better by the first objective; ties break by number. */
static size_t rank_of(const struct harvest *harvest, size_t index)
{
    const size_t objective = harvest_objective(harvest->spec, 0, harvest->source);
    const double sign = maximized(harvest->source, objective) ? -1 : 1;
    const double mine = sign * harvest->rows[index]->values[objective];
    size_t better = 0;

    for (size_t i = 0; i < harvest->count; i++) {
        const double other = sign * harvest->rows[i]->values[objective];
        better += other < mine || (other == mine && i < index) ? 1 : 0;
    }
    return better;
}

/* The value of objective `index` as this search has it: with the sign of its own direction. */
static double value_of(const struct harvest *harvest, size_t index, const struct trial_row *row)
{
    const size_t objective = harvest_objective(harvest->spec, index, harvest->source);
    const bool turned =
        maximized(harvest->source, objective) != harvest->spec->objectives[index].maximize;

    return turned ? -row->values[objective] : row->values[objective];
}

static void row_tell(const struct harvest *harvest, int32_t experiment, const struct trial_row *row,
                     const struct harvest_ways *ways)
{
    struct search_tell tell = {
        .experiment = experiment, .completed = true, .source = harvest->index + 1};
    double x[SPEC_PARAMETERS_MAX];
    const char *params = ways->params(ways->context, row);
    char *borrowed = NULL;
    struct error error;

    if (params == NULL || !spec_params_borrow(harvest->spec, params, x) ||
        spec_params_json(harvest->spec, x, &borrowed, &error) != TIDE_OK) {
        return; /* not a point of this space */
    }
    for (size_t i = 0; i < OBJECTIVES_MAX + OUTCOMES_MAX; i++) {
        tell.values[i] =
            i < harvest->spec->objective_count ? value_of(harvest, i, row) : (double)NAN;
    }
    tell.params = borrowed;
    ways->tell(ways->context, &tell);
    free(borrowed);
}

/* Of more than the source's share half are the best and half the first others. */
void harvest_tell(const struct harvest *harvest, int32_t experiment,
                  const struct harvest_ways *ways)
{
    const size_t most = ROWS_MAX / harvest->spec->warm_start.count;
    size_t others = 0;

    for (size_t i = 0; i < harvest->count; i++) {
        const bool best = harvest->count <= most || rank_of(harvest, i) < most / 2;
        others += best ? 0 : 1;
        if (best || others <= most - most / 2) {
            row_tell(harvest, experiment, harvest->rows[i], ways);
        }
    }
}
