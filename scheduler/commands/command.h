/*
 * command: one verb of the command line, one file each. The table in main.c is the only list of
 * them.
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "base/exit.h"

struct command {
    const char *name;
    const char *arguments;             /* "ID [--json]" */
    const char *summary;               /* one line, no full stop */
    int (*run)(int argc, char **argv); /* argv[0] is the verb; the answer is an exit code */
};

#endif
