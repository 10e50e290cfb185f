#include "training.h"

#include "fail.h"

#include <errno.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A checkpoint begins with the hyperparameters in words, so that one of another run is not taken
 * for one of this run; a new layout gets a new number. */
static const char header_format[] = "digits checkpoint 1: hidden %d layers %d activation %d "
                                    "lr %a decay %a momentum %a l2 %a spread %a batch %d seed %d\n";

enum { HEADER_BYTES = 256 };

void training_init(struct training *training, const struct options *options,
                   const struct data *data)
{
    *training = (struct training){.options = options, .data = data};
    training->rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(training->rng, (unsigned long)options->seed);
    training->network = network_new(&options->shape, DATA_ROWS, training->rng);
}

void training_fini(struct training *training)
{
    network_free(training->network);
    gsl_rng_free(training->rng);
}

/* batch_gather: copies the rows named by `order` side by side. */
static void batch_gather(const struct data_part *part, const size_t *order, gsl_matrix *images,
                         int *labels)
{
    for (size_t i = 0; i < images->size1; i++) {
        const gsl_vector_const_view row = gsl_matrix_const_row(part->images, order[i]);
        gsl_matrix_set_row(images, i, &row.vector);
        labels[i] = part->labels[order[i]];
    }
}

struct network_score training_epoch(struct training *training)
{
    static double pixels[DATA_TRAINING * DATA_PIXELS];
    static int labels[DATA_TRAINING];
    const struct data *data = training->data;
    const size_t batch = (size_t)training->options->batch;
    struct network_rule rule = training->options->rule;
    size_t order[DATA_TRAINING];

    rule.lr *= pow(training->options->decay, training->epoch);
    for (size_t i = 0; i < DATA_TRAINING; i++) {
        order[i] = i;
    }
    gsl_ran_shuffle(training->rng, order, DATA_TRAINING, sizeof *order);
    for (size_t start = 0; start < DATA_TRAINING; start += batch) {
        const size_t rows = batch < DATA_TRAINING - start ? batch : DATA_TRAINING - start;
        gsl_matrix_view images = gsl_matrix_view_array(pixels, rows, DATA_PIXELS);
        batch_gather(&data->training, order + start, &images.matrix, labels);
        network_step(training->network, &rule, &images.matrix, labels);
    }
    training->epoch++;
    return network_judge(training->network, data->validation.images, data->validation.labels);
}

static void header_print(char *header, const struct options *options)
{
    const struct network_shape *shape = &options->shape;
    const struct network_rule *rule = &options->rule;

    memset(header, 0, HEADER_BYTES);
    (void)snprintf(header, HEADER_BYTES, header_format, shape->hidden, shape->layers,
                   (int)shape->activation, rule->lr, options->decay, rule->momentum, rule->l2,
                   shape->spread, options->batch, options->seed);
}

static bool state_write(const struct training *training, FILE *file)
{
    char header[HEADER_BYTES];

    header_print(header, training->options);
    return fwrite(header, sizeof header, 1, file) == 1 &&
           fwrite(&training->epoch, sizeof training->epoch, 1, file) == 1 &&
           gsl_rng_fwrite(file, training->rng) == 0 && network_write(training->network, file) &&
           fflush(file) == 0 && fsync(fileno(file)) == 0;
}

void training_save(const struct training *training, const char *path)
{
    char unfinished[4096 + 8];

    (void)snprintf(unfinished, sizeof unfinished, "%s.new", path);
    FILE *file = fopen(unfinished, "wb");
    if (file == NULL || !state_write(training, file) || fclose(file) != 0 ||
        rename(unfinished, path) != 0) {
        fail(EXIT_FAILED, "%s: %s", unfinished, strerror(errno));
    }
}

static bool state_read(struct training *training, FILE *file)
{
    char header[HEADER_BYTES];
    char expected[HEADER_BYTES];

    header_print(expected, training->options);
    return fread(header, sizeof header, 1, file) == 1 &&
           memcmp(header, expected, sizeof header) == 0 &&
           fread(&training->epoch, sizeof training->epoch, 1, file) == 1 &&
           gsl_rng_fread(file, training->rng) == 0 && network_read(training->network, file);
}

void training_load(struct training *training, const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
    }
    if (!state_read(training, file)) {
        fail(EXIT_FAILED, "%s: it is damaged or belongs to other hyperparameters", path);
    }
    (void)fclose(file);
}
