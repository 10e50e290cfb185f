/*
 * Whether a search stands still in a place and knows nothing of the rest.
 */
#ifndef OPTIMIZER_STANDSTILL_H
#define OPTIMIZER_STANDSTILL_H

#include <stdbool.h>

struct tide_optimizer;

/* standstill: nothing was gained lately, and the built model, which takes the values for exact,
 * explains next to nothing of an arbitrary point. */
bool standstill(struct tide_optimizer *optimizer);

#endif
