/*
 * A multi-layer perceptron with a softmax output, and one step of gradient descent on its
 * cross-entropy. All the arithmetic that counts is dgemm, over whichever BLAS GSL is linked to.
 */
#ifndef DIGITS_NETWORK_H
#define DIGITS_NETWORK_H

#include <gsl/gsl_matrix.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stdio.h>

enum { NETWORK_HIDDEN_MAX = 8 };

enum network_activation { TANH, RELU, LOGISTIC };

struct network_shape {
    int inputs;
    int hidden; /* units in each hidden layer */
    int layers; /* hidden layers, at most NETWORK_HIDDEN_MAX */
    int outputs;
    enum network_activation activation;
    double spread; /* of the first weights, as a multiple of what Glorot and Bengio advise */
};

struct network_rule {
    double lr;
    double momentum; /* share of a step that is repeated in the next; 0: plain descent */
    double l2;       /* penalty: half of it times the sum of the squared weights */
};

struct network_score {
    double loss;  /* mean cross-entropy, natural logarithm */
    double error; /* share of rows whose most likely class is not their label */
};

struct network;

/* network_new: weights drawn from `rng` (Glorot and Bengio, AISTATS 2010, eq. 16, times the shape's
 * spread), biases zero; no call may pass more than `rows_max` rows. The caller frees it. */
struct network *network_new(const struct network_shape *shape, size_t rows_max, gsl_rng *rng);
void network_free(struct network *network);

/* network_step: one step of the descent on the rows of `images`. */
void network_step(struct network *network, const struct network_rule *rule,
                  const gsl_matrix *images, const int *labels);

/* network_judge: how well the network does on the rows of `images`; it learns nothing from them. */
struct network_score network_judge(struct network *network, const gsl_matrix *images,
                                   const int *labels);

/* network_write, network_read: everything that the next step depends on. network_read expects the
 * same shape. False when the file fails or ends too early. */
bool network_write(const struct network *network, FILE *file);
bool network_read(struct network *network, FILE *file);

#endif
