/*
 * completion: what a shell needs to complete the words of a command line. The verbs are written
 * into the script; options and experiments are asked of the program when they are wanted, so a
 * script does not grow old.
 */
#ifndef COMMANDS_COMPLETION_H
#define COMMANDS_COMPLETION_H

#include "commands/command.h"

#include <stddef.h>

/* completion_run: the verb `completion`, for the `count` verbs of `commands`; an exit code. */
int completion_run(const struct command *commands, size_t count, int argc, char **argv);

#endif
