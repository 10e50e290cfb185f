/*
 * The command line: the hyperparameters of a training run, and where its data is.
 */
#ifndef DIGITS_OPTIONS_H
#define DIGITS_OPTIONS_H

#include "network.h"

struct options {
    struct network_shape shape;
    struct network_rule rule;
    double decay;         /* the learning rate is multiplied by this after every epoch */
    int batch;            /* rows in one step of the descent */
    int epochs;           /* the epoch to reach, counted from the beginning of the training */
    int checkpoint_every; /* epochs */
    int seed;
    const char *data; /* borrowed from argv */
};

/* options_parse: fills `options` from argv (--name=value or --name value) over the defaults; fails
 * with what is wrong and the usage. */
void options_parse(struct options *options, int argc, char **argv);

#endif
