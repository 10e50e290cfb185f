/*
 * Knows what a legal point is and the geometry the kernel sees.
 */
#include "optimizer/space.h"

#include "base/digest.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A conditional number lies on an arc (Swersky et al., "Raiders of the Lost Architecture", 2014):
 * active values on a circle, inactive in its centre. So every active value is equally far from
 * inactive, two inactive ones coincide, and the kernel stays positive definite. Deviation: the
 * arc's angle is fixed at two thirds of a half turn and its radius scaled so that the ends of the
 * range are at distance one.
 */
static const double arc_angle = 2.0943951023931953;   /* 2 pi / 3 */
static const double arc_radius = 0.57735026918962576; /* 1 / (2 sin(angle / 2)) */

enum { CELL_FLOATS = 2 };
static const double near_same = 1e-7;
static const double near_reach = 1.01e-7; /* a little further, for rounding */
static const double cell_width = 1e-6;

bool space_discrete(const struct space *space, size_t parameter)
{
    const enum tide_type type = space->parameter[parameter].type;

    return type == TIDE_CATEGORICAL || type == TIDE_BOOL;
}

static bool numeric(const struct tide_parameter *parameter)
{
    return parameter->type == TIDE_FLOAT || parameter->type == TIDE_INT;
}

static double grid_step(const struct tide_parameter *parameter)
{
    if (parameter->step > 0) {
        return parameter->step;
    }
    return parameter->type == TIDE_INT ? 1 : 0;
}

uint64_t space_levels(const struct space *space, size_t index)
{
    const struct tide_parameter *parameter = &space->parameter[index];

    if (parameter->type == TIDE_BOOL) {
        return 2;
    }
    if (!numeric(parameter)) {
        return parameter->choice_count;
    }
    if (parameter->low == parameter->high) {
        return 1;
    }
    const double step = grid_step(parameter);
    if (step == 0) {
        return 0;
    }
    /* A last step that falls short of `high` by rounding alone is still a step. */
    const double levels = floor((parameter->high - parameter->low) / step * (1 + 1e-12)) + 1;
    return levels < 9e15 ? (uint64_t)levels : 0;
}

double space_level(const struct space *space, size_t index, uint64_t level)
{
    const struct tide_parameter *parameter = &space->parameter[index];

    if (!numeric(parameter)) {
        return (double)level;
    }
    return fmin(parameter->high, parameter->low + (double)level * grid_step(parameter));
}

bool space_active(const struct space *space, const double *x, size_t index)
{
    const struct tide_parameter *parameter = &space->parameter[index];

    if (parameter->when_count == 0) {
        return true;
    }
    for (size_t i = 0; i < parameter->when_count; i++) {
        if (x[parameter->when_parent] == parameter->when_values[i]) {
            return true; /* never where the parent is inactive: NaN equals nothing */
        }
    }
    return false;
}

static double nearest_level(const struct space *space, size_t index, double value)
{
    const struct tide_parameter *parameter = &space->parameter[index];
    const uint64_t levels = space_levels(space, index);

    if (levels == 0) {
        return fmin(fmax(value, parameter->low), parameter->high);
    }
    const double low = numeric(parameter) ? parameter->low : 0;
    const double step = numeric(parameter) ? grid_step(parameter) : 1;
    const double level = levels == 1 ? 0 : floor((value - low) / step + 0.5);
    return space_level(space, index, (uint64_t)fmin(fmax(level, 0), (double)(levels - 1)));
}

double space_value(const struct space *space, size_t index, double u)
{
    const struct tide_parameter *parameter = &space->parameter[index];

    if (!numeric(parameter)) {
        const double last = (double)(space_levels(space, index) - 1);
        return nearest_level(space, index, parameter->type == TIDE_ORDINAL ? u * last : u);
    }
    if (parameter->log) {
        const double low = log(parameter->low);
        return nearest_level(space, index, exp(low + u * (log(parameter->high) - low)));
    }
    /* Weighted rather than low + u (high - low): the difference may overflow. */
    return nearest_level(space, index, (1 - u) * parameter->low + u * parameter->high);
}

double space_place(const struct space *space, size_t index, double value)
{
    const struct tide_parameter *parameter = &space->parameter[index];
    double low = parameter->low;
    double high = parameter->high;

    if (space_discrete(space, index) || isnan(value)) {
        return value;
    }
    if (parameter->type == TIDE_ORDINAL) {
        low = 0;
        high = (double)(parameter->choice_count - 1);
    }
    if (low == high) {
        return 0.5;
    }
    if (numeric(parameter) && parameter->log) {
        return fmin(fmax((log(value) - log(low)) / (log(high) - log(low)), 0), 1);
    }
    return fmin(fmax((value / 2 - low / 2) / (high / 2 - low / 2), 0), 1);
}

double space_draw(const struct space *space, size_t index, double q)
{
    const struct tide_parameter *parameter = &space->parameter[index];
    const uint64_t levels = space_levels(space, index);

    if (levels == 0) {
        return space_value(space, index, q);
    }
    if (numeric(parameter) && parameter->log) {
        /* A level's share is the stretch of the logarithm that is nearest to it. */
        const double step = grid_step(parameter);
        const double low = log(fmax(parameter->low - step / 2, parameter->low / 2));
        const double high = log(space_level(space, index, levels - 1) + step / 2);
        return nearest_level(space, index, exp(low + q * (high - low)));
    }
    return space_level(space, index, (uint64_t)fmin(q * (double)levels, (double)(levels - 1)));
}

void space_settle(const struct space *space, double *x)
{
    for (size_t i = 0; i < space->count; i++) {
        const struct tide_parameter *parameter = &space->parameter[i];
        if (!space_active(space, x, i)) {
            x[i] = NAN;
        } else if (isnan(x[i])) {
            x[i] = parameter->has_default ? parameter->default_value : space_draw(space, i, 0.5);
        } else {
            x[i] = nearest_level(space, i, x[i]);
        }
    }
}

bool space_allowed(const struct space *space, const double *x)
{
    double read[SPACE_PARAMETERS_MAX];

    if (space->constraint_count == 0) {
        return true;
    }
    for (size_t i = 0; i < space->count; i++) {
        const double *values = space->choice_values[i];
        read[i] = values == NULL || isnan(x[i]) ? x[i] : values[(size_t)x[i]];
    }
    for (size_t i = 0; i < space->constraint_count; i++) {
        if (!constraint_holds(&space->constraint[i], read)) {
            return false;
        }
    }
    return true;
}

bool space_takes(const struct space *space, size_t parameter, double value)
{
    const double slack = numeric(&space->parameter[parameter]) ? 1e-9 * fabs(value) : 0;

    return isfinite(value) && fabs(nearest_level(space, parameter, value) - value) <= slack;
}

bool space_legal(const struct space *space, const double *x)
{
    for (size_t i = 0; i < space->count; i++) {
        if (space_active(space, x, i) == (isnan(x[i]) != 0) ||
            (!isnan(x[i]) && !space_takes(space, i, x[i]))) {
            return false;
        }
    }
    return space_allowed(space, x);
}

static bool on_arc(const struct space *space, size_t index)
{
    return space->parameter[index].when_count > 0 && !space_discrete(space, index);
}

void space_features(const struct space *space, const double *x, double *features, size_t stride)
{
    size_t column = 0;

    for (size_t i = 0; i < space->count; i++) {
        const double u = space_place(space, i, x[i]);
        if (on_arc(space, i)) {
            features[column++ * stride] = isnan(u) ? 0 : arc_radius * sin(arc_angle * u);
            features[column++ * stride] = isnan(u) ? 0 : arc_radius * cos(arc_angle * u);
        } else {
            features[column++ * stride] = isnan(u) ? -1 : u;
        }
    }
}

void space_slope(const struct space *space, const double *x, const double *slope, double *gradient)
{
    size_t column = 0;

    for (size_t i = 0; i < space->count; i++) {
        if (on_arc(space, i)) {
            if (!isnan(x[i])) {
                const double angle = arc_angle * space_place(space, i, x[i]);
                gradient[i] += arc_radius * arc_angle *
                               (cos(angle) * slope[column] - sin(angle) * slope[column + 1]);
            }
            column += 2;
        } else {
            gradient[i] += space_discrete(space, i) ? 0 : slope[column];
            column++;
        }
    }
}

bool space_same(const struct space *space, const double *a, const double *b)
{
    for (size_t i = 0; i < space->count; i++) {
        if (isnan(a[i]) || isnan(b[i])) {
            if (isnan(a[i]) != isnan(b[i])) {
                return false;
            }
            continue;
        }
        if (a[i] == b[i]) {
            continue;
        }
        if (space_levels(space, i) > 0 ||
            fabs(space_place(space, i, a[i]) - space_place(space, i, b[i])) > near_same) {
            return false;
        }
    }
    return true;
}

/*
 * A cell is all the levels of a point, and a small square of the places of its first two true
 * floats; a third one would only make more neighbours. `shift` moves these
 * two.
 */
static uint64_t cell_of(const struct space *space, const double *x, const double *shift)
{
    uint64_t digest = DIGEST_START;
    size_t floats = 0;

    for (size_t i = 0; i < space->count; i++) {
        if (isnan(x[i]) || space_levels(space, i) > 0) {
            digest = digest_real(digest, x[i]);
        } else if (floats < CELL_FLOATS) {
            const double place = space_place(space, i, x[i]) + shift[floats++] * near_reach;
            digest = digest_integer(digest, (int64_t)floor(place / cell_width));
        }
    }
    return digest;
}

uint64_t space_cell(const struct space *space, const double *x)
{
    return cell_of(space, x, (const double[CELL_FLOATS]){0, 0});
}

/* Cells are wider than two tolerances, so the four corners are in all the cells there are. */
size_t space_cells(const struct space *space, const double *x, uint64_t *cells)
{
    size_t count = 0;

    for (int corner = 0; corner < SPACE_CELLS_MAX; corner++) {
        const double shift[CELL_FLOATS] = {corner % 2 == 0 ? -1 : 1, corner / 2 == 0 ? -1 : 1};
        const uint64_t cell = cell_of(space, x, shift);
        bool known = false;
        for (size_t i = 0; i < count; i++) {
            known = known || cells[i] == cell;
        }
        if (!known) {
            cells[count++] = cell;
        }
    }
    return count;
}

bool space_default(const struct space *space, double *x)
{
    bool any = false;

    for (size_t i = 0; i < space->count; i++) {
        x[i] = NAN;
        any = any || space->parameter[i].has_default;
    }
    space_settle(space, x);
    return any && space_allowed(space, x);
}

bool space_enumerate(const struct space *space, uint64_t index, double *x)
{
    bool first = true;

    for (size_t i = 0; i < space->count; i++) {
        const uint64_t levels = space_levels(space, i);
        if (levels == 0) {
            return false; /* not finite: there is no such point */
        }
        const uint64_t level = index % levels;
        index /= levels;
        x[i] = space_level(space, i, level);
        if (!space_active(space, x, i)) {
            x[i] = NAN;
            first = first && level == 0;
        }
    }
    return first && space_allowed(space, x);
}
