/*
 * options: the words after a verb. Each verb states what it takes in one `struct usage`; from it
 * come the parsing (getopt_long), the help page and the suggestion after a slip. --store, --json,
 * --color and --help belong to every verb and are added here.
 */
#ifndef COMMANDS_OPTIONS_H
#define COMMANDS_OPTIONS_H

#include "base/error.h"
#include "commands/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTIONS_MAX = 16, ARGUMENTS_MAX = 8 };

/* A verb's own option. `value` is what it takes, as the help calls it; NULL for a flag. */
struct option_rule {
    const char *name; /* without the dashes */
    char letter;      /* 0 for none */
    const char *value;
    const char *help; /* NULL: hidden, not for users */
};

struct usage {
    const char *verb;
    const char *arguments; /* "ID[.TRIAL]" */
    const char *text;      /* what it does: whole sentences, lines of at most 78 columns */
    const struct option_rule *rules;
    size_t rule_count;
    int arguments_min, arguments_max;
    const char *example; /* "tidemill show 7.12"; more than one, a line each */
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    const struct usage *usage;
    const char *store; /* "tidemill.db" where --store names none */
    bool store_named;  /* by --store */
    bool json;
    enum color_when color;
    const char *values[OPTIONS_MAX]; /* in the order of usage->rules: NULL absent, "" a flag */
    const char *arguments[ARGUMENTS_MAX];
    int argument_count;
};

enum { OPTIONS_GO = -1 };

/*
 * options_parse: OPTIONS_GO when the verb may run; otherwise the exit code, after the help (stdout)
 * or the mistake (stderr) has been printed. The strings are those of argv.
 */
int options_parse(const struct usage *usage, int argc, char **argv, struct options *options);

/* options_value: of the option `name`, which the usage has; NULL where it was not given. */
const char *options_value(const struct options *options, const char *name);

/*
 * options_integer: the option's value within min ... max; `otherwise` where it was not given.
 * TIDE_INVALID with what is wrong about it.
 */
enum tide_status options_integer(const struct options *options, const char *name, int64_t min,
                                 int64_t max, int64_t otherwise, int64_t *value,
                                 struct error *error);

/* options_duration: the same for "90", "90s", "15m", "2h", "1d"; in milliseconds. */
enum tide_status options_duration(const struct options *options, const char *name,
                                  int64_t otherwise_ms, int64_t *value_ms, struct error *error);

/* options_wrong: prints the mistake and how to get help; the answer is EXIT_CODE_USAGE. */
__attribute__((format(printf, 2, 3))) int options_wrong(const struct usage *usage,
                                                        const char *format, ...);

#endif
