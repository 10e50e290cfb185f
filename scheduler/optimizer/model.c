/*
 * Knows which observations the model sees, when it is fitted anew, and from where.
 */
#include "optimizer/state.h"

#include "base/rng.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 1000, PENDING_ROWS_MAX = 256, DRAWS = 16 };

static bool usable(const struct record *record)
{
    return record->outcome == TIDE_EVALUATED && isfinite(record->values[0]);
}

static enum tide_status reserve_values(struct tide_optimizer *optimizer, size_t count)
{
    if (count > optimizer->values_capacity) {
        const size_t capacity = 2 * count;
        double *values = realloc(optimizer->values, 4 * capacity * sizeof *values);
        if (values == NULL) {
            return TIDE_NO_MEMORY;
        }
        optimizer->values = values;
        optimizer->values_capacity = capacity;
    }
    return TIDE_OK;
}

/* Gathers the usable values and makes room for their rows. */
static enum tide_status gather(struct tide_optimizer *optimizer, size_t *count)
{
    const struct table *observed = &optimizer->observed;
    const size_t pending = optimizer->pending.count;
    enum tide_status status = reserve_values(optimizer, observed->count);

    *count = 0;
    if (status != TIDE_OK) {
        return status;
    }
    for (size_t i = 0; i < observed->count; i++) {
        if (usable(&observed->record[i])) {
            optimizer->values[(*count)++] = observed->record[i].values[0];
        }
    }
    if (*count < 2) {
        return TIDE_NOT_FOUND;
    }
    return gp_reserve(&optimizer->gp,
                      (*count < ROWS_MAX ? *count : ROWS_MAX) +
                          (pending < PENDING_ROWS_MAX ? pending : PENDING_ROWS_MAX));
}

static void add_rows(struct tide_optimizer *optimizer, size_t count)
{
    const struct table *observed = &optimizer->observed;
    const double sign = optimizer->objective[0].direction == TIDE_MAXIMIZE ? -1 : 1;
    double *scratch = optimizer->values + optimizer->values_capacity;
    size_t skip = count > ROWS_MAX ? count - ROWS_MAX : 0;

    warp_fit(&optimizer->warp, sign, optimizer->values, count, scratch);
    for (size_t i = 0; i < observed->count; i++) {
        if (usable(&observed->record[i])) {
            if (skip > 0) {
                skip--;
                continue;
            }
            gp_add(&optimizer->gp, observed->x + i * optimizer->space.count,
                   warp_forward(&optimizer->warp, observed->record[i].values[0]));
        }
    }
}

/* A fit is renewed at every new value while they are few, then at every twentieth more. */
static bool stale(const struct fit *fit, size_t count)
{
    return fit->told == 0 || count < fit->told ||
           (count > fit->told && count - fit->told >= 1 + fit->told / 40);
}

static void renew(struct tide_optimizer *optimizer, struct fit *fit, size_t count)
{
    const struct gp_prior prior = gp_prior_for(optimizer->space.count, optimizer->noisy);
    struct gp_hyper cold = gp_start(&prior);

    if (fit->told == 0) {
        fit->hyper = cold;
        (void)gp_fit(&optimizer->gp, &prior, &fit->hyper, 60);
    } else {
        const double warm_value = gp_fit(&optimizer->gp, &prior, &fit->hyper, 40);
        if (count < 100 && gp_fit(&optimizer->gp, &prior, &cold, 40) > warm_value) {
            fit->hyper = cold;
        }
    }
    fit->told = count;
}

/* Standard normal numbers that belong to a pending point by its id, whatever else is pending. */
static void append_pending(struct tide_optimizer *optimizer)
{
    const struct table *pending = &optimizer->pending;
    const size_t count = pending->count < PENDING_ROWS_MAX ? pending->count : PENDING_ROWS_MAX;
    const size_t first = pending->count - count;
    double normals[DRAWS * PENDING_ROWS_MAX];
    struct rng rng;

    for (size_t row = 0; row < count; row++) {
        const size_t i = first + row;
        rng_init(&rng, optimizer->seed ^ (uint64_t)pending->record[i].id * 0x9e3779b97f4a7c15U,
                 "fantasy");
        gp_pend(&optimizer->gp, pending->x + i * optimizer->space.count);
        for (size_t d = 0; d < DRAWS; d++) {
            normals[d * count + row] = gsl_cdf_ugaussian_Pinv((rng_unit(&rng) + 0.5 * 0x1p-53));
        }
    }
    gp_draw(&optimizer->gp, DRAWS, normals);
}

enum tide_status model_build(struct tide_optimizer *optimizer, struct fit *fit, bool refit)
{
    size_t count = 0;
    enum tide_status status = gather(optimizer, &count);

    if (status != TIDE_OK) {
        return status;
    }
    add_rows(optimizer, count);
    if (fit->told == 0 || (refit && stale(fit, count))) {
        renew(optimizer, fit, count);
    }
    status = gp_condition(&optimizer->gp, &fit->hyper);
    if (status == TIDE_OK) {
        append_pending(optimizer);
    }
    return status;
}
