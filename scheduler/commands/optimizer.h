/*
 * The verb `tidemill optimizer`.
 */
#ifndef COMMANDS_OPTIMIZER_H
#define COMMANDS_OPTIMIZER_H

#include <stdio.h>

/* optimizer_serve: answers requests from `in` on `out` until `quit` or the end of input. 0, or 1 if
 * `out` could not be written. */
int optimizer_serve(FILE *in, FILE *out);

int command_optimizer(int argc, char **argv);

#endif
