/*
 * search_space: a spec in the optimizer library's terms.
 */
#ifndef LOOP_SEARCH_SPACE_H
#define LOOP_SEARCH_SPACE_H

#include "base/error.h"
#include "spec/spec.h"

#include <tidemill/optimizer.h>

/*
 * search_space_open: an optimizer for the spec, the caller's to end with tide_free. TIDE_INVALID
 * when the library refuses the space (too many parameters or choices), with the reason;
 * TIDE_NO_MEMORY.
 */
enum tide_status search_space_open(const struct spec *spec, struct tide_optimizer **optimizer,
                                   struct error *error) __attribute__((warn_unused_result));

/*
 * search_space_outcomes: the measured values of the outcome constraints, in the order of the spec,
 * as the library wants them: satisfied where <= 0. NaN stays NaN. `to` has room for
 * TIDE_OUTCOMES_MAX.
 */
void search_space_outcomes(const struct spec *spec, const double *measured, double *to);

/* search_space_outcome_count: how many constraints of the spec are on outcomes. */
size_t search_space_outcome_count(const struct spec *spec);

#endif
