/*
 * A space with a parameter of every type, a conditional number and a conditional choice.
 */
#ifndef TESTS_OPTIMIZER_EVERY_TYPE_H
#define TESTS_OPTIMIZER_EVERY_TYPE_H

#include <tidemill/optimizer.h>

enum { WIDTH = 7 };

static const double when_first[] = {0};
static const struct tide_parameter every_type[WIDTH] = {
    {.name = "rate", .type = TIDE_FLOAT, .low = 1e-4, .high = 2.5, .log = true},
    {.name = "kind", .type = TIDE_CATEGORICAL, .choice_count = 3},
    {.name = "depth", .type = TIDE_INT, .low = 1, .high = 17},
    {.name = "slope",
     .type = TIDE_FLOAT,
     .low = -3,
     .high = 5,
     .when_parent = 1,
     .when_values = when_first,
     .when_count = 1},
    {.name = "flag",
     .type = TIDE_BOOL,
     .when_parent = 1,
     .when_values = when_first,
     .when_count = 1},
    {.name = "size", .type = TIDE_ORDINAL, .choice_count = 4},
    {.name = "share", .type = TIDE_FLOAT, .low = 0, .high = 0.5, .step = 0.05},
};

#endif
