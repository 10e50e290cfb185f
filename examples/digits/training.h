/*
 * A training run as a thing that can be put down and taken up: everything the next epoch depends
 * on, so that a resumed run is the uninterrupted one, bit for bit.
 */
#ifndef DIGITS_TRAINING_H
#define DIGITS_TRAINING_H

#include "data.h"
#include "network.h"
#include "options.h"

#include <gsl/gsl_rng.h>

struct training {
    const struct options *options; /* borrowed, as is the data, until training_fini */
    const struct data *data;
    struct network *network;
    gsl_rng *rng;
    int epoch; /* the last one done */
};

/* training_init: before the first epoch. training_fini frees what it holds. */
void training_init(struct training *training, const struct options *options,
                   const struct data *data);
void training_fini(struct training *training);

/* training_epoch: one pass over the training rows in a new order; how well the network then does on
 * the validation rows. */
struct network_score training_epoch(struct training *training);

/* training_save: replaces the checkpoint at `path` in one step; a reader finds the old one or the
 * new one, whole. Fails if it cannot. */
void training_save(const struct training *training, const char *path);

/* training_load: continues from the checkpoint at `path`; fails if it is not one of a run with the
 * same hyperparameters. */
void training_load(struct training *training, const char *path);

#endif
