#include "loop/telling.h"

#include <math.h>
#include <string.h>

/* The one objective that is known at a rung; none is of a trial that has reached none. */
static void rung_fill(const struct experiment_config *config, const struct trial_row *row,
                      int32_t rung, struct search_tell *tell)
{
    for (size_t i = 0; i < OBJECTIVES_MAX + OUTCOMES_MAX; i++) {
        tell->values[i] = (double)NAN;
    }
    if (rung >= 0) {
        tell->step = config->rung_steps[rung];
        tell->values[config->ranked] = row->rung_values[rung];
    }
}

bool telling_end(const struct experiment_config *config, const struct trial_row *row,
                 struct search_tell *tell)
{
    *tell = (struct search_tell){.experiment = row->experiment,
                                 .number = row->suggestion,
                                 .completed = row->state == TRIAL_COMPLETED,
                                 .infeasible = row->state == TRIAL_INFEASIBLE,
                                 .stopped = row->state == TRIAL_PRUNED,
                                 .cost = (double)(row->useful_ms + row->lost_ms) / 1000};
    memcpy(tell->values, row->values, sizeof tell->values);
    if (tell->stopped) {
        rung_fill(config, row, row->rung - 1, tell);
    }
    return row->state != TRIAL_CANCELLED;
}

void telling_rung(const struct experiment_config *config, const struct trial_row *row, int32_t rung,
                  struct search_tell *tell)
{
    *tell = (struct search_tell){.experiment = row->experiment,
                                 .number = row->suggestion,
                                 .running = true,
                                 .waits = config->stopping == STOPPING_HALVING};
    rung_fill(config, row, rung, tell);
}
