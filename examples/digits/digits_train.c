/*
 * digits-train: trains a multi-layer perceptron on the 8x8 digits and prints how well it does after
 * every epoch. An ordinary program that takes its hyperparameters from the command line; what it
 * does for tidemill is in guest.c.
 */
#include "data.h"
#include "fail.h"
#include "guest.h"
#include "options.h"
#include "training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Declared here because OpenBLAS's cblas.h and GSL's declare the same enumerations. */
extern void openblas_set_num_threads(int threads);

static void save(const struct training *training)
{
    if (guest_checkpoint_path() != NULL) {
        training_save(training, guest_checkpoint_path());
        guest_checkpointed(training->epoch);
    }
}

/* train: from wherever the training stands to the last epoch; returns the exit status. */
static int train(struct training *training)
{
    const struct options *options = training->options;

    while (training->epoch < options->epochs) {
        const struct network_score score = training_epoch(training);
        if (!isfinite(score.loss)) {
            (void)printf("epoch %d diverged\n", training->epoch);
            guest_infeasible("diverged");
            return EXIT_DIVERGED;
        }
        guest_report(training->epoch, score.error, score.loss);
        if (training->epoch == options->epochs) {
            break;
        }
        if (guest_must_leave()) {
            save(training);
            return EXIT_REQUEUE;
        }
        if (training->epoch % options->checkpoint_every == 0) {
            save(training);
        }
    }
    save(training);
    guest_final();
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options;
    struct data data;
    struct training training;

    options_parse(&options, argc, argv);
    openblas_set_num_threads(1); /* one trial, one core: parallelism is the scheduler's */
    guest_open();
    data_open(&data, options.data);
    training_init(&training, &options, &data);
    if (guest_resuming()) {
        training_load(&training, guest_checkpoint_path());
    }
    const int status = train(&training);
    training_fini(&training);
    data_close(&data);
    return status;
}
