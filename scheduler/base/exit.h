/*
 * What a program tells the shell that started it; docs and --help give the same list.
 */
#ifndef BASE_EXIT_H
#define BASE_EXIT_H

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

#endif
