#include "options.h"

#include "data.h"
#include "fail.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: digits-train [--data digits.csv] [--lr R] [--decay R] [--opt sgd|momentum] [--momentum "
    "R]\n"
    "                    [--hidden N] [--layers N] [--spread R] [--activation tanh|relu|logistic]\n"
    "                    [--batch N] [--l2 R] [--epochs N] [--seed N] [--checkpoint-every N]\n"
    "Trains a multi-layer perceptron on 8x8 images of digits and prints, after every epoch,\n"
    "its loss and its error on images it has not seen.\n";

/* The order of the names is the order of the enumerations. */
static const char *const activations[] = {"tanh", "relu", "logistic", NULL};
static const char *const descents[] = {"sgd", "momentum", NULL};

struct option {
    const char *name;
    enum { REAL, COUNT, CHOICE, TEXT } kind;
    void *value; /* double, int, an enumeration, const char * */
    double low, high;
    const char *const *choices; /* ends with NULL */
};

static _Noreturn void refuse(const char *name, const char *text)
{
    (void)fputs(usage, stderr);
    fail(EXIT_USAGE, "--%s: not understood: '%s'", name, text);
}

static double real_of(const struct option *option, const char *text)
{
    char *end = NULL;
    const double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= option->low && value <= option->high)) {
        refuse(option->name, text);
    }
    return value;
}

static int count_of(const struct option *option, const char *text)
{
    char *end = NULL;

    errno = 0;
    const long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || (double)value < option->low ||
        (double)value > option->high) {
        refuse(option->name, text);
    }
    return (int)value;
}

static int choice_of(const struct option *option, const char *text)
{
    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            return i;
        }
    }
    refuse(option->name, text);
}

static void option_set(const struct option *option, const char *text)
{
    switch (option->kind) {
    case REAL:
        *(double *)option->value = real_of(option, text);
        break;
    case COUNT:
        *(int *)option->value = count_of(option, text);
        break;
    case CHOICE:
        *(int *)option->value = choice_of(option, text);
        break;
    case TEXT:
        *(const char **)option->value = text;
        break;
    }
}

/* option_find: the option that `word` ("name" or "name=value") names. */
static const struct option *option_find(const struct option *known, size_t count, const char *word)
{
    const size_t length = strcspn(word, "=");

    for (size_t i = 0; i < count; i++) {
        if (strlen(known[i].name) == length && strncmp(known[i].name, word, length) == 0) {
            return &known[i];
        }
    }
    return NULL;
}

/* words_parse: --name=value or --name value, each of a known option. */
static void words_parse(const struct option *known, size_t count, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char *equals = strchr(word, '=');
        const char *value = equals != NULL ? equals + 1 : argv[i + 1];
        const struct option *option =
            strncmp(word, "--", 2) == 0 ? option_find(known, count, word + 2) : NULL;

        if (option == NULL || value == NULL) {
            (void)fputs(usage, stderr);
            fail(EXIT_USAGE, "'%s': not understood", word);
        }
        i += equals == NULL;
        option_set(option, value);
    }
}

void options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){.shape = {.inputs = DATA_PIXELS,
                                          .outputs = DATA_CLASSES,
                                          .hidden = 64,
                                          .layers = 1,
                                          .spread = 1.0},
                                .rule = {.lr = 0.1, .momentum = 0.9, .l2 = 1e-4},
                                .decay = 1.0,
                                .batch = 32,
                                .epochs = 20,
                                .checkpoint_every = 5,
                                .data = "digits.csv"};
    enum { SGD, MOMENTUM };
    int descent = SGD;
    int activation = TANH;
    const struct option known[] = {
        {.name = "lr", .value = &options->rule.lr, .low = 1e-12, .high = 1e3},
        {.name = "decay", .value = &options->decay, .high = 1.0},
        {.name = "spread", .value = &options->shape.spread, .high = 1e3},
        {.name = "momentum", .value = &options->rule.momentum, .high = 1.0},
        {.name = "l2", .value = &options->rule.l2, .high = 1e3},
        {.name = "opt", .kind = CHOICE, .value = &descent, .choices = descents},
        {.name = "hidden", .kind = COUNT, .value = &options->shape.hidden, .low = 1, .high = 4096},
        {.name = "layers",
         .kind = COUNT,
         .value = &options->shape.layers,
         .low = 1,
         .high = NETWORK_HIDDEN_MAX},
        {.name = "activation", .kind = CHOICE, .value = &activation, .choices = activations},
        {.name = "batch", .kind = COUNT, .value = &options->batch, .low = 1, .high = DATA_TRAINING},
        {.name = "epochs", .kind = COUNT, .value = &options->epochs, .low = 1, .high = 1e6},
        {.name = "seed", .kind = COUNT, .value = &options->seed, .high = INT_MAX},
        {.name = "checkpoint-every",
         .kind = COUNT,
         .value = &options->checkpoint_every,
         .low = 1,
         .high = 1e6},
        {.name = "data", .kind = TEXT, .value = &options->data}};

    words_parse(known, sizeof known / sizeof known[0], argc, argv);
    options->rule.momentum = descent == SGD ? 0.0 : options->rule.momentum;
    options->shape.activation = (enum network_activation)activation;
}
