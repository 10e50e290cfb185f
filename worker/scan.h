/*
 * scan: the default pattern of level 0 (docs/WORKER.md): where on a line of output the value
 * of a metric stands, and the step.
 */
#ifndef WORKER_SCAN_H
#define WORKER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* scan_clean: copies `line` into `clean` (of `bytes`) without terminal escapes (colours, cursor
 * moves). */
void scan_clean(char *clean, size_t bytes, const char *line);

/*
 * scan_value: the last value of metric `name` on the line. The name stands whole (best_loss is not
 * loss), maybe in quotes; then `=`, `:`, a table's bar or a blank; then a number, nan or inf, maybe
 * inside something(...). False if there is none.
 */
bool scan_value(const char *line, const char *name, double *value);

/* scan_step: the first whole number after epoch, step, iter or iteration, or a leading [N] or
 * [N/M]. */
bool scan_step(const char *line, int64_t *step);

/* scan_number: the number, nan or inf that `text` begins with, and its length; false if none. */
bool scan_number(const char *text, double *value, size_t *length);

#endif
