/*
 * simulate_suite: `tidemill simulate --suite FOLDER`: the sets of docs/COST.md over the traces of a
 * folder.
 */
#ifndef COMMANDS_SIMULATE_SUITE_H
#define COMMANDS_SIMULATE_SUITE_H

#include "base/error.h"
#include "commands/screen.h"

#include <jansson.h>

/* simulate_suite_model: {"sets": [...], "electricity": [...]}; NULL with `error`. The caller's. */
json_t *simulate_suite_model(const char *folder, struct error *error);

/* simulate_suite_screen: the same as tables; false when memory ran out. */
bool simulate_suite_screen(const json_t *model, struct screen *screen);

#endif
