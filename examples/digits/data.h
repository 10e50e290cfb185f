/*
 * The images: 1,797 rows of 64 pixels from 0 to 16 and a label, split once and for all into rows to
 * train on and rows to judge by.
 */
#ifndef DIGITS_DATA_H
#define DIGITS_DATA_H

#include <gsl/gsl_matrix.h>

enum {
    DATA_ROWS = 1797,
    DATA_TRAINING = 500,
    DATA_VALIDATION = DATA_ROWS - DATA_TRAINING,
    DATA_PIXELS = 64,
    DATA_CLASSES = 10
};

struct data_part {
    gsl_matrix *images; /* a row an image, pixels scaled to 0 ... 1 */
    int *labels;
};

struct data {
    struct data_part training;
    struct data_part validation;
};

/* data_open: reads `path` and splits it, the same way at every call; fails if it is not the file.
 * data_close frees what it holds. */
void data_open(struct data *data, const char *path);
void data_close(struct data *data);

#endif
