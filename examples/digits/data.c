#include "data.h"

#include "fail.h"

#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXEL_MAX = 16 };

/* The split belongs to the data: no option changes it, so that trials can be compared. */
static const unsigned long split_seed = 1998;

static void part_allocate(struct data_part *part, size_t rows)
{
    part->images = gsl_matrix_alloc(rows, DATA_PIXELS);
    part->labels = must_allocate(rows, sizeof *part->labels);
}

static void part_free(struct data_part *part)
{
    gsl_matrix_free(part->images);
    free(part->labels);
}

/* next_value: the number before the next comma or line end of `file`, from 0 to `max`. */
static int next_value(FILE *file, const char *path, int max)
{
    int value = -1;

    if (fscanf(file, "%d", &value) != 1 || value < 0 || value > max) {
        fail(EXIT_FAILED, "%s: it does not hold 1,797 rows of 64 pixels and a label", path);
    }
    (void)fgetc(file);
    return value;
}

static void row_read(struct data_part *part, size_t row, FILE *file, const char *path)
{
    for (size_t i = 0; i < DATA_PIXELS; i++) {
        gsl_matrix_set(part->images, row, i, (double)next_value(file, path, PIXEL_MAX) / PIXEL_MAX);
    }
    part->labels[row] = next_value(file, path, DATA_CLASSES - 1);
}

/* split_draw: where each row of the file goes: below DATA_TRAINING, a training row. */
static void split_draw(size_t *place)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    gsl_rng_set(rng, split_seed);
    for (size_t i = 0; i < DATA_ROWS; i++) {
        place[i] = i;
    }
    gsl_ran_shuffle(rng, place, DATA_ROWS, sizeof *place);
    gsl_rng_free(rng);
}

void data_open(struct data *data, const char *path)
{
    size_t place[DATA_ROWS];
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
    }
    part_allocate(&data->training, DATA_TRAINING);
    part_allocate(&data->validation, DATA_VALIDATION);
    split_draw(place);
    for (size_t i = 0; i < DATA_ROWS; i++) {
        if (place[i] < DATA_TRAINING) {
            row_read(&data->training, place[i], file, path);
        } else {
            row_read(&data->validation, place[i] - DATA_TRAINING, file, path);
        }
    }
    (void)fclose(file);
}

void data_close(struct data *data)
{
    part_free(&data->training);
    part_free(&data->validation);
}
