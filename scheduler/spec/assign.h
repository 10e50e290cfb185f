/*
 * What a worker is told of a spec with every attempt.
 */
#ifndef SPEC_ASSIGN_H
#define SPEC_ASSIGN_H

#include "spec/spec.h"

#include <tidemill/wire.h>

/*
 * spec_assign: fills what is the same for every attempt of the experiment: environment, secrets,
 * grace, time-outs, signal, objectives (and the outcomes of constraints), patterns, rules, where
 * checkpoints go. The rest of *assign stays as it is; all pointers are the spec's own.
 */
void spec_assign(const struct spec *spec, struct wire_assign *assign);

#endif
