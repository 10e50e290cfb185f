/*
 * command: one verb of the command line, one file each. The table in main.c is the only list of
 * them.
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

/* What the shell sees; docs and --help give the same list. */
enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILED = 1,
    EXIT_CODE_USAGE = 2, /* wrong usage or an invalid spec */
    EXIT_CODE_NOT_FOUND = 3,
    EXIT_CODE_KEY_REFUSED = 4,
    EXIT_CODE_UNREACHABLE = 5,
    EXIT_CODE_ENDED_BADLY = 6, /* wait: the experiment failed or was stopped */
    EXIT_CODE_RUNNING = 8,
    EXIT_CODE_INTERRUPTED = 130
};

struct command {
    const char *name;
    const char *arguments;             /* "ID [--json]" */
    const char *summary;               /* one line, no full stop */
    int (*run)(int argc, char **argv); /* argv[0] is the verb; the answer is an exit code */
};

#endif
