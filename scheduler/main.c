/*
 * tidemill: the coordinator and the command line. Knows the list of verbs, and nothing of what they
 * do.
 */
#include "commands/command.h"
#include "commands/completion.h"
#include "commands/optimizer.h"
#include "commands/verbs.h"

#include "base/text.h"

#include <tidemill/version.h>

#include <stdio.h>
#include <string.h>

static int command_completion(int argc, char **argv);
static int command_help(int argc, char **argv);
static int command_version(int argc, char **argv);

/* In the order in which they are of use. */
static const struct command commands[] = {
    {"run", "SPEC", "search here and now, with local workers", command_run},
    {"check", "SPEC", "whether a spec is good, what it would search", command_check},
    {"serve", "", "a coordinator for workers of other machines", command_serve},
    {"submit", "SPEC", "a spec for the coordinator that runs", command_submit},
    {"status", "[ID]", "a line for every experiment", command_status},
    {"watch", "[ID]", "an experiment as it goes on, in place", command_watch},
    {"trials", "[ID]", "the trials of an experiment, best first", command_trials},
    {"show", "[ID[.TRIAL]]", "a trial, or an experiment, in full", command_show},
    {"best", "[ID]", "the best trial, or the Pareto front", command_best},
    {"logs", "ID.TRIAL [-f]", "what a trial printed", command_logs},
    {"why", "[ID]", "why an experiment waits, what would change it", command_why},
    {"wait", "[ID]", "until an experiment has ended", command_wait},
    {"pause", "[ID]", "hold an experiment", command_pause},
    {"resume", "[ID]", "let a paused experiment go on", command_resume},
    {"stop", "ID", "no new trials; those that run finish", command_stop},
    {"cancel", "ID[.TRIAL]", "end an experiment or a trial at once", command_cancel},
    {"kick", "ID[.TRIAL]", "queue buried trials again", command_kick},
    {"drain", "WORKER", "empty a worker", command_drain},
    {"workers", "", "every worker and what it runs", command_workers},
    {"doctor", "", "what could be wrong with a store and its keys", command_doctor},
    {"keygen", "ROLE NAME", "a key for a worker or an operator elsewhere", command_keygen},
    {"export", "[ID] --format F", "every trial, for other programs", command_export},
    {"replay", "[ID]", "every suggestion computed again, and compared", command_replay},
    {"simulate", "SPEC --prices FILE", "what a search would have cost in a market",
     command_simulate},
    {"optimizer", "", "ask and tell as JSON lines, for any language", command_optimizer},
    {"completion", "bash|zsh|fish", "a script that lets a shell complete words",
     command_completion},
    {"help", "[VERB]", "this list, or more about a verb", command_help},
    {"version", "", "the version of this program", command_version},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static void usage_print(FILE *to)
{
    (void)fprintf(to, "usage: tidemill VERB [ARGUMENTS]\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)fprintf(to, "  %-10s %-18s %s\n", commands[i].name, commands[i].arguments,
                      commands[i].summary);
    }
    (void)fprintf(to, "\n'tidemill VERB --help' tells more about one.\n");
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
    }
    const char *nearest = text_nearest(name, names, COMMAND_COUNT);
    (void)fprintf(stderr, "tidemill: no verb '%s'", name);
    if (nearest == NULL) {
        (void)fprintf(stderr, "; 'tidemill help' lists them\n");
    } else {
        (void)fprintf(stderr, "; did you mean '%s'?\n", nearest);
    }
    return EXIT_CODE_USAGE;
}

static int command_completion(int argc, char **argv)
{
    return completion_run(commands, COMMAND_COUNT, argc, argv);
}

static int command_help(int argc, char **argv)
{
    char help[] = "--help";

    if (argc < 2 || strcmp(argv[1], help) == 0) {
        usage_print(stdout);
        return EXIT_CODE_OK;
    }
    const struct command *command = command_find(argv[1]);
    char *words[] = {argv[1], help, NULL};
    return command == NULL ? unknown_command(argv[1]) : command->run(2, words);
}

static int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)printf("tidemill %s\n", TIDE_VERSION);
    return EXIT_CODE_OK;
}

/* A full disk behind `>` must not look like success. */
static int output_check(int code)
{
    const bool written = fflush(stdout) == 0 && ferror(stdout) == 0;

    if (written || code != EXIT_CODE_OK) {
        return code;
    }
    (void)fputs("tidemill: the output could not be written\n", stderr);
    return EXIT_CODE_FAILED;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage_print(stderr);
        return EXIT_CODE_USAGE;
    }
    const char *verb = argv[1];
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "--version") == 0) {
        verb += 2;
    }
    const struct command *command = command_find(verb);
    return command == NULL ? unknown_command(verb) : output_check(command->run(argc - 1, argv + 1));
}
