/*
 * Points of a spec's search space: `double[parameter_count]` in the order of the parameters, as
 * struct spec_parameter says. From a point to argv and to JSON, and back.
 */
#ifndef SPEC_POINT_H
#define SPEC_POINT_H

#include "base/error.h"
#include "spec/spec.h"

/*
 * spec_point_check: TIDE_OK if every active parameter has a value inside its bounds (whole for an
 * int, an index for a choice) and every inactive one is NaN; otherwise TIDE_INVALID, saying which.
 */
__attribute__((warn_unused_result)) enum tide_status
spec_point_check(const struct spec *spec, const double *values, struct error *error);

/* spec_point_active: whether parameter `index` is active, given its ancestors' values. */
bool spec_point_active(const struct spec *spec, const double *values, size_t index);

/* spec_point_initial: the defaults, and the middle of the range (of its logarithm under `log`), the
 * first choice or false where none is written. Fills parameter_count values. */
void spec_point_initial(const struct spec *spec, double *values);

/*
 * spec_command: argv for a point, NULL-terminated, without the wrapper. `step` is the step to reach
 * and is used only with a fidelity. The caller frees *argv by one free(). The point must pass
 * spec_point_check: TIDE_INVALID otherwise.
 */
__attribute__((warn_unused_result)) enum tide_status spec_command(const struct spec *spec,
                                                                  const double *values,
                                                                  int64_t step, char ***argv,
                                                                  struct error *error);

/* spec_params_json: {"lr":0.0019,...}: active parameters, then constants. The caller frees *json.
 */
__attribute__((warn_unused_result)) enum tide_status
spec_params_json(const struct spec *spec, const double *values, char **json, struct error *error);

/*
 * spec_params_parse: the reverse; fills parameter_count values. Constants may be there and must
 * then be the spec's. TIDE_INVALID, saying why, if it is not a point of the space.
 */
__attribute__((warn_unused_result)) enum tide_status
spec_params_parse(const struct spec *spec, const char *json, double *values, struct error *error);

/*
 * spec_params_borrow: a point of another spec's as near as this one has it, by the names of its
 * parameters; those it does not have take their default or the middle of their range, as
 * spec_point_initial. False where a value is not of this space.
 */
__attribute__((warn_unused_result)) bool spec_params_borrow(const struct spec *spec,
                                                            const char *json, double *values);

#endif
