/*
 * tidemill: the coordinator and the command line. Knows the list of verbs, and nothing of what they
 * do.
 */
#include "commands/command.h"
#include "commands/optimizer.h"

#include "base/text.h"

#include <tidemill/version.h>

#include <stdio.h>
#include <string.h>

static int command_help(int argc, char **argv);
static int command_version(int argc, char **argv);

static const struct command commands[] = {
    {"optimizer", "", "ask and tell as JSON lines, for any language", command_optimizer},
    {"help", "", "this list", command_help},
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
        (void)fprintf(to, "  %-9s %-28s %s\n", commands[i].name, commands[i].arguments,
                      commands[i].summary);
    }
    (void)fprintf(to, "\n'tidemill VERB --help' tells more about one.\n");
}

static int command_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    usage_print(stdout);
    return EXIT_CODE_OK;
}

static int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)printf("tidemill %s\n", TIDE_VERSION);
    return EXIT_CODE_OK;
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
    return command == NULL ? unknown_command(verb) : command->run(argc - 1, argv + 1);
}
