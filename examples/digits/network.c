#include "network.h"

#include "fail.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* A bias is a weight whose input is 1: every `weight` and every `input` has one more column than
 * the layer has inputs. */
struct layer {
    gsl_matrix *weight;   /* outputs x (inputs + 1), like the two below */
    gsl_matrix *gradient; /* of the loss, by the weights */
    gsl_matrix *velocity; /* what the last step moved the weights by */
    gsl_matrix *input;    /* rows x (inputs + 1) */
    gsl_matrix *output;   /* rows x outputs; on the way back, the gradient of the loss by it */
};

struct network {
    enum network_activation activation;
    size_t depth; /* hidden layers and the output */
    struct layer layer[NETWORK_HIDDEN_MAX + 1];
};

static void weights_draw(gsl_matrix *weight, double spread, gsl_rng *rng)
{
    const double reach = spread * sqrt(6.0 / (double)(weight->size1 + weight->size2 - 1));

    for (size_t i = 0; i < weight->size1; i++) {
        for (size_t j = 0; j + 1 < weight->size2; j++) {
            gsl_matrix_set(weight, i, j, gsl_ran_flat(rng, -reach, reach));
        }
    }
}

static void layer_init(struct layer *layer, size_t inputs, size_t outputs, size_t rows)
{
    layer->weight = gsl_matrix_calloc(outputs, inputs + 1);
    layer->gradient = gsl_matrix_calloc(outputs, inputs + 1);
    layer->velocity = gsl_matrix_calloc(outputs, inputs + 1);
    layer->input = gsl_matrix_alloc(rows, inputs + 1);
    layer->output = gsl_matrix_alloc(rows, outputs);
    gsl_matrix_set_all(layer->input, 1.0);
}

static void layer_fini(struct layer *layer)
{
    gsl_matrix_free(layer->weight);
    gsl_matrix_free(layer->gradient);
    gsl_matrix_free(layer->velocity);
    gsl_matrix_free(layer->input);
    gsl_matrix_free(layer->output);
}

struct network *network_new(const struct network_shape *shape, size_t rows_max, gsl_rng *rng)
{
    struct network *network = must_allocate(1, sizeof *network);
    const size_t hidden = (size_t)shape->hidden;

    network->activation = shape->activation;
    network->depth = (size_t)shape->layers + 1;
    for (size_t k = 0; k < network->depth; k++) {
        const size_t inputs = k == 0 ? (size_t)shape->inputs : hidden;
        const size_t outputs = k + 1 == network->depth ? (size_t)shape->outputs : hidden;
        layer_init(&network->layer[k], inputs, outputs, rows_max);
        weights_draw(network->layer[k].weight, shape->spread, rng);
    }
    return network;
}

void network_free(struct network *network)
{
    for (size_t k = 0; k < network->depth; k++) {
        layer_fini(&network->layer[k]);
    }
    free(network);
}

static double activate(enum network_activation activation, double x)
{
    switch (activation) {
    case TANH:
        return tanh(x);
    case RELU:
        return x > 0.0 ? x : 0.0;
    case LOGISTIC:
        return 1.0 / (1.0 + exp(-x));
    }
    return NAN;
}

/* slope: the derivative of the activation where its value is `y`. */
static double slope(enum network_activation activation, double y)
{
    switch (activation) {
    case TANH:
        return 1.0 - y * y;
    case RELU:
        return y > 0.0 ? 1.0 : 0.0;
    case LOGISTIC:
        return y * (1.0 - y);
    }
    return NAN;
}

/* first_rows: the first `rows` rows of `matrix` without its last `less` columns. */
static gsl_matrix_view first_rows(gsl_matrix *matrix, size_t rows, size_t less)
{
    return gsl_matrix_submatrix(matrix, 0, 0, rows, matrix->size2 - less);
}

/* forward: carries the rows of `images` through the network, up to the last layer's output. */
static void forward(struct network *network, const gsl_matrix *images)
{
    const size_t rows = images->size1;
    gsl_matrix_view input = first_rows(network->layer[0].input, rows, 1);

    gsl_matrix_memcpy(&input.matrix, images);
    for (size_t k = 0; k < network->depth; k++) {
        struct layer *layer = &network->layer[k];
        const gsl_matrix_view from = first_rows(layer->input, rows, 0);
        gsl_matrix_view to = first_rows(layer->output, rows, 0);
        gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1.0, &from.matrix, layer->weight, 0.0, &to.matrix);
        for (size_t i = 0; i < rows && k + 1 < network->depth; i++) {
            for (size_t j = 0; j < to.matrix.size2; j++) {
                const double sum = gsl_matrix_get(&to.matrix, i, j);
                gsl_matrix_set(layer[1].input, i, j, activate(network->activation, sum));
            }
        }
    }
}

/* log_softmax: turns a row of outputs into log-probabilities. */
static void log_softmax(gsl_vector *row)
{
    const double top = gsl_vector_max(row);
    double sum = 0.0;

    for (size_t j = 0; j < row->size; j++) {
        sum += exp(gsl_vector_get(row, j) - top);
    }
    /* cppcheck-suppress invalidFunctionArg ; a row is never empty: the sum is at least 1 */
    gsl_vector_add_constant(row, -top - log(sum));
}

/* output_gradient: the last layer's outputs become the gradient of the mean loss by them. */
static void output_gradient(gsl_matrix *output, const int *labels)
{
    for (size_t i = 0; i < output->size1; i++) {
        gsl_vector_view row = gsl_matrix_row(output, i);
        log_softmax(&row.vector);
        for (size_t j = 0; j < output->size2; j++) {
            const double probability = exp(gsl_vector_get(&row.vector, j));
            const double wanted = (size_t)labels[i] == j ? 1.0 : 0.0;
            gsl_vector_set(&row.vector, j, (probability - wanted) / (double)output->size1);
        }
    }
}

/* backward: from the gradient by the last layer's outputs to the gradient by every weight. */
static void backward(struct network *network, size_t rows)
{
    for (size_t k = network->depth; k-- > 0;) {
        struct layer *layer = &network->layer[k];
        const gsl_matrix_view from = first_rows(layer->output, rows, 0);
        const gsl_matrix_view input = first_rows(layer->input, rows, 0);
        gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1.0, &from.matrix, &input.matrix, 0.0,
                       layer->gradient);
        if (k == 0) {
            break;
        }
        const gsl_matrix_view weight = first_rows(layer->weight, layer->weight->size1, 1);
        gsl_matrix_view to = first_rows(network->layer[k - 1].output, rows, 0);
        gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1.0, &from.matrix, &weight.matrix, 0.0,
                       &to.matrix);
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = 0; j < to.matrix.size2; j++) {
                const double bend = slope(network->activation, gsl_matrix_get(layer->input, i, j));
                *gsl_matrix_ptr(&to.matrix, i, j) *= bend;
            }
        }
    }
}

static void layer_update(struct layer *layer, const struct network_rule *rule)
{
    const size_t last = layer->weight->size2 - 1;

    for (size_t i = 0; i < layer->weight->size1; i++) {
        for (size_t j = 0; j <= last; j++) {
            double *weight = gsl_matrix_ptr(layer->weight, i, j);
            double *velocity = gsl_matrix_ptr(layer->velocity, i, j);
            const double penalty = j < last ? rule->l2 * *weight : 0.0; /* none on a bias */
            const double gradient = gsl_matrix_get(layer->gradient, i, j) + penalty;
            *velocity = rule->momentum * *velocity - rule->lr * gradient;
            *weight += *velocity;
        }
    }
}

void network_step(struct network *network, const struct network_rule *rule,
                  const gsl_matrix *images, const int *labels)
{
    gsl_matrix_view output =
        first_rows(network->layer[network->depth - 1].output, images->size1, 0);

    forward(network, images);
    output_gradient(&output.matrix, labels);
    backward(network, images->size1);
    for (size_t k = 0; k < network->depth; k++) {
        layer_update(&network->layer[k], rule);
    }
}

struct network_score network_judge(struct network *network, const gsl_matrix *images,
                                   const int *labels)
{
    gsl_matrix *output = network->layer[network->depth - 1].output;
    struct network_score score = {0};
    const double share = 1.0 / (double)images->size1;

    forward(network, images);
    for (size_t i = 0; i < images->size1; i++) {
        gsl_vector_view row = gsl_matrix_row(output, i);
        const bool wrong = gsl_vector_max_index(&row.vector) != (size_t)labels[i];
        log_softmax(&row.vector);
        score.loss -= share * gsl_vector_get(&row.vector, (size_t)labels[i]);
        score.error += wrong ? share : 0.0;
    }
    return score;
}

bool network_write(const struct network *network, FILE *file)
{
    for (size_t k = 0; k < network->depth; k++) {
        const struct layer *layer = &network->layer[k];
        if (gsl_matrix_fwrite(file, layer->weight) != 0 ||
            gsl_matrix_fwrite(file, layer->velocity) != 0) {
            return false;
        }
    }
    return true;
}

bool network_read(struct network *network, FILE *file)
{
    for (size_t k = 0; k < network->depth; k++) {
        const struct layer *layer = &network->layer[k];
        if (gsl_matrix_fread(file, layer->weight) != 0 ||
            gsl_matrix_fread(file, layer->velocity) != 0) {
            return false;
        }
    }
    return true;
}
