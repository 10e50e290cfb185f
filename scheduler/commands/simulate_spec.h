/*
 * simulate_spec: `tidemill simulate SPEC`: what one search would have cost in a recorded market.
 */
#ifndef COMMANDS_SIMULATE_SPEC_H
#define COMMANDS_SIMULATE_SPEC_H

#include "base/error.h"
#include "commands/screen.h"
#include "spec/spec.h"

#include <jansson.h>

struct simulate_request {
    const struct spec *spec;
    const char *prices;      /* a file */
    const char *preemptions; /* a file; NULL: machines stay */
    const char *policy;      /* NULL: all */
    int64_t seeds;
    int64_t trial_ms;
    int64_t tick_ms;
    int64_t delay_ms;
    int64_t power_watt;      /* of a machine, where prices are per kWh */
    int64_t on_demand_micro; /* per hour; 0: none can be had */
};

/* simulate_spec_model: a row per policy; NULL with `error`. The caller's. */
json_t *simulate_spec_model(const struct simulate_request *request, struct error *error);

/* simulate_spec_screen: the same as a table; false when memory ran out. */
bool simulate_spec_screen(const json_t *model, struct screen *screen);

#endif
