/*
 * show: the two pages of the verb: an experiment's and a trial's.
 */
#ifndef COMMANDS_SHOW_H
#define COMMANDS_SHOW_H

#include "commands/reading.h"

json_t *show_trial_model(const struct reading *reading);
bool show_trial_screen(const struct reading *reading, json_t *model, struct screen *screen);

json_t *show_experiment_model(const struct reading *reading);
bool show_experiment_screen(const struct reading *reading, json_t *model, struct screen *screen);

/* show_rungs_model: what early stopping has seen of the trial; null where it looks at nothing.
 * show_rungs_screen: a line for each step it was looked at, and by what it was ended. */
json_t *show_rungs_model(const struct reading *reading, const json_t *trial);
void show_rungs_screen(struct screen *screen, const json_t *trial);

/* params_print: "lr 0.00190   layers 3": the values of a point, three blanks between them. */
void params_print(struct screen *screen, json_t *params);

#endif
