#include "commands/options.h"

#include "base/assert.h"
#include "base/number.h"
#include "base/text.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHARED_STORE, SHARED_JSON, SHARED_COLOR, SHARED_HELP, SHARED_COUNT };

static const struct option_rule shared[SHARED_COUNT] = {
    [SHARED_STORE] = {"store", 0, "FILE", "the store; tidemill.db in this folder without it"},
    [SHARED_JSON] = {"json", 0, NULL, "the same facts as JSON"},
    [SHARED_COLOR] = {"color", 0, "WHEN", "auto (default), always or never"},
    [SHARED_HELP] = {"help", 'h', NULL, "this page"},
};

enum { LONG_FIRST = 256, NAMES_MAX = OPTIONS_MAX + SHARED_COUNT };

/* A verb's own rules come first, the shared ones after them. */
static const struct option_rule *rule_at(const struct usage *usage, size_t index)
{
    return index < usage->rule_count ? &usage->rules[index] : &shared[index - usage->rule_count];
}

static size_t rule_count(const struct usage *usage)
{
    ASSERT(usage->rule_count <= OPTIONS_MAX);
    return usage->rule_count + SHARED_COUNT;
}

static void rule_print(const struct option_rule *rule)
{
    char left[64];

    if (rule->help == NULL) {
        return;
    }
    (void)snprintf(left, sizeof left, "--%s%s%s", rule->name, rule->value == NULL ? "" : " ",
                   rule->value == NULL ? "" : rule->value);
    if (rule->letter == 0) {
        (void)printf("      %-20s %s\n", left, rule->help);
    } else {
        (void)printf("  -%c, %-20s %s\n", rule->letter, left, rule->help);
    }
}

static void help_print(const struct usage *usage)
{
    (void)printf("usage: tidemill %s%s%s [OPTIONS]\n\n%s\n\n", usage->verb,
                 *usage->arguments == '\0' ? "" : " ", usage->arguments, usage->text);
    for (size_t i = 0; i < rule_count(usage); i++) {
        rule_print(rule_at(usage, i));
    }
    (void)printf("\nexample:\n");
    for (const char *line = usage->example; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        (void)printf("  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n' ? 1 : 0);
    }
}

int options_wrong(const struct usage *usage, const char *format, ...)
{
    va_list arguments;

    (void)fprintf(stderr, "tidemill %s: ", usage->verb);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "\nusage: tidemill %s%s%s [OPTIONS]; 'tidemill %s --help' tells more\n",
                  usage->verb, *usage->arguments == '\0' ? "" : " ", usage->arguments, usage->verb);
    return EXIT_CODE_USAGE;
}

static int unknown_option(const struct usage *usage, const char *word)
{
    const char *names[NAMES_MAX];
    char typed[64];
    size_t count = 0;

    for (size_t i = 0; i < rule_count(usage); i++) {
        if (rule_at(usage, i)->help != NULL) {
            names[count++] = rule_at(usage, i)->name;
        }
    }
    (void)text_copy(typed, sizeof typed, word + strspn(word, "-"));
    typed[strcspn(typed, "=")] = '\0';
    const char *nearest = text_nearest(typed, names, count);
    if (strncmp(word, "--", 2) != 0 || nearest == NULL) {
        return options_wrong(usage, "unknown option '%s'", word);
    }
    return options_wrong(usage, "unknown option '%s'; did you mean '--%s'?", word, nearest);
}

/* What getopt_long needs, made from the rules. */
static void getopt_tables(const struct usage *usage, struct option *longs, char *shorts)
{
    *shorts++ = ':'; /* a missing value is ':' and not '?' */
    for (size_t i = 0; i < rule_count(usage); i++) {
        const struct option_rule *rule = rule_at(usage, i);
        longs[i] =
            (struct option){rule->name, rule->value == NULL ? no_argument : required_argument, NULL,
                            LONG_FIRST + (int)i};
        if (rule->letter != 0) {
            *shorts++ = rule->letter;
            if (rule->value != NULL) {
                *shorts++ = ':';
            }
        }
    }
    longs[rule_count(usage)] = (struct option){0};
    *shorts = '\0';
}

static size_t rule_of(const struct usage *usage, int code)
{
    if (code >= LONG_FIRST) {
        return (size_t)(code - LONG_FIRST);
    }
    for (size_t i = 0; i < rule_count(usage); i++) {
        if (rule_at(usage, i)->letter == code) {
            return i;
        }
    }
    return rule_count(usage);
}

static int color_parse(const char *text, struct options *options)
{
    static const char *const words[] = {"auto", "always", "never"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            options->color = (enum color_when)i;
            return OPTIONS_GO;
        }
    }
    return options_wrong(options->usage, "--color is auto, always or never, not '%s'", text);
}

static int option_take(struct options *options, size_t index, const char *value)
{
    const struct usage *usage = options->usage;

    if (index < usage->rule_count) {
        options->values[index] = value == NULL ? "" : value;
        return OPTIONS_GO;
    }
    switch (index - usage->rule_count) {
    case SHARED_STORE:
        options->store = value;
        options->store_named = true;
        return OPTIONS_GO;
    case SHARED_JSON:
        options->json = true;
        return OPTIONS_GO;
    case SHARED_COLOR:
        return color_parse(value, options);
    default:
        help_print(usage);
        return EXIT_CODE_OK;
    }
}

static int arguments_take(struct options *options, int argc, char **argv)
{
    const struct usage *usage = options->usage;

    options->argument_count = argc;
    if (argc < usage->arguments_min) {
        return options_wrong(usage, "%s is missing", usage->arguments);
    }
    if (argc > usage->arguments_max) {
        return options_wrong(usage, "'%s' is one word too many", argv[usage->arguments_max]);
    }
    for (int i = 0; i < argc; i++) {
        options->arguments[i] = argv[i];
    }
    return OPTIONS_GO;
}

int options_parse(const struct usage *usage, int argc, char **argv, struct options *options)
{
    struct option longs[NAMES_MAX + 1];
    char shorts[2 * NAMES_MAX + 2];
    int answer = OPTIONS_GO;

    ASSERT(usage->arguments_max <= ARGUMENTS_MAX);
    *options = (struct options){.usage = usage, .store = "tidemill.db", .color = COLOR_AUTO};
    getopt_tables(usage, longs, shorts);
    opterr = 0;
    optind = 0; /* glibc: start anew, so that a program may parse twice */
    while (answer == OPTIONS_GO) {
        const int before = optind == 0 ? 1 : optind;
        const int code = getopt_long(argc, argv, shorts, longs, NULL);
        if (code == -1) {
            return arguments_take(options, argc - optind, argv + optind);
        }
        if (code == ':') {
            return options_wrong(usage, "'%s' needs a value", argv[optind - 1]);
        }
        const size_t index = rule_of(usage, code);
        if (code == '?' || index == rule_count(usage)) {
            /* inside a bundle of letters optind has not moved on */
            return unknown_option(usage, argv[optind > before ? optind - 1 : before]);
        }
        answer = option_take(options, index, optarg);
    }
    return answer;
}

const char *options_value(const struct options *options, const char *name)
{
    size_t at = 0;

    while (at < options->usage->rule_count && strcmp(options->usage->rules[at].name, name) != 0) {
        at++;
    }
    ASSERT(at < options->usage->rule_count); /* only an option of the usage is asked for */
    return options->values[at];
}

enum tide_status options_integer(const struct options *options, const char *name, int64_t min,
                                 int64_t max, int64_t otherwise, int64_t *value,
                                 struct error *error)
{
    const char *text = options_value(options, name);

    *value = otherwise;
    if (text == NULL || (number_parse_integer(text, value) && *value >= min && *value <= max)) {
        return TIDE_OK;
    }
    return error_set(error, TIDE_INVALID, "--%s takes a whole number from %lld to %lld, not '%s'",
                     name, (long long)min, (long long)max, text);
}

enum tide_status options_duration(const struct options *options, const char *name,
                                  int64_t otherwise_ms, int64_t *value_ms, struct error *error)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"", 1e3}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
    const char *text = options_value(options, name);
    char digits[NUMBER_TEXT_BYTES];
    double number = 0;

    *value_ms = otherwise_ms;
    if (text == NULL) {
        return TIDE_OK;
    }
    const size_t length = strspn(text, "0123456789.");
    (void)snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (number_parse_real(digits, &number) && number < 1e9) {
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            if (strcmp(text + length, units[i].unit) == 0) {
                *value_ms = (int64_t)(number * units[i].ms);
                return TIDE_OK;
            }
        }
    }
    return error_set(error, TIDE_INVALID, "--%s takes a time such as 90s, 15m or 2h, not '%s'",
                     name, text);
}
