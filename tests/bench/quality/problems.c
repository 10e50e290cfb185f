/*
 * The six public problems that need no data (branin and hartmann6 as in Surjanovic and Bingham's
 * collection), and others of the same kinds on which nothing was tuned.
 */
#include "bench/quality/problems.h"

#include <math.h>

#define FLOAT(NAME, LOW, HIGH)                                                                     \
    {                                                                                              \
        .name = NAME, .type = TIDE_FLOAT, .low = (LOW), .high = (HIGH)                             \
    }
#define LOGFLOAT(NAME, LOW, HIGH)                                                                  \
    {                                                                                              \
        .name = NAME, .type = TIDE_FLOAT, .low = (LOW), .high = (HIGH), .log = true                \
    }
#define BOX10(L, H)                                                                                \
    {                                                                                              \
        FLOAT("a", L, H), FLOAT("b", L, H), FLOAT("c", L, H), FLOAT("d", L, H), FLOAT("e", L, H),  \
            FLOAT("f", L, H), FLOAT("g", L, H), FLOAT("h", L, H), FLOAT("i", L, H),                \
            FLOAT("j", L, H)                                                                       \
    }

static const double pi = 3.14159265358979323846;

static const struct tide_parameter branin_box[] = {FLOAT("x0", -5, 10), FLOAT("x1", 0, 15)};
static const struct tide_parameter unit_box[] = BOX10(0, 1);
static const struct tide_parameter rosenbrock_box[] = BOX10(-2, 2);
static const struct tide_parameter ackley_box[] = BOX10(-5, 10);
static const struct tide_parameter wide_box[] = BOX10(-10, 10);
static const struct tide_parameter mixed_space[] = {
    LOGFLOAT("f0", 1e-5, 1),
    FLOAT("f1", 0, 1),
    FLOAT("f2", 0, 1),
    LOGFLOAT("f3", 0.1, 1000),
    {.name = "i0", .type = TIDE_INT, .low = 1, .high = 10},
    {.name = "i1", .type = TIDE_INT, .low = 1, .high = 64, .log = true},
    {.name = "c", .type = TIDE_CATEGORICAL, .choice_count = 3},
    {.name = "m", .type = TIDE_CATEGORICAL, .choice_count = 4}};

static double square(double x)
{
    return x * x;
}

static double branin(const double *x)
{
    const double b = x[1] - 5.1 / (4 * pi * pi) * square(x[0]) + 5 / pi * x[0] - 6;

    return square(b) + 10 * (1 - 1 / (8 * pi)) * cos(x[0]) + 10;
}

static double hartmann6(const double *x)
{
    static const double alpha[] = {1.0, 1.2, 3.0, 3.2};
    static const double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}};
    static const double p[4][6] = {{.1312, .1696, .5569, .0124, .8283, .5886},
                                   {.2329, .4135, .8307, .3736, .1004, .9991},
                                   {.2348, .1451, .3522, .2883, .3047, .6650},
                                   {.4047, .8828, .8732, .5743, .1091, .0381}};
    double sum = 0;

    for (int i = 0; i < 4; i++) {
        double inner = 0;
        for (int j = 0; j < 6; j++) {
            inner += a[i][j] * square(x[j] - p[i][j]);
        }
        sum -= alpha[i] * exp(-inner);
    }
    return sum;
}

static double rosenbrock8(const double *x)
{
    double sum = 0;

    for (int i = 0; i < 7; i++) {
        sum += 100 * square(x[i + 1] - square(x[i])) + square(1 - x[i]);
    }
    return sum;
}

static double ackley10(const double *x)
{
    static const double s[] = {-1.7819, 6.1818, 6.7079, 3.4829, 6.1619,
                               -1.3535, 2.522,  5.3136, 6.9149, 2.2422};
    double squares = 0;
    double cosines = 0;

    for (int i = 0; i < 10; i++) {
        squares += square(x[i] - s[i]);
        cosines += cos(2 * pi * (x[i] - s[i]));
    }
    return -20 * exp(-0.2 * sqrt(squares / 10)) - exp(cosines / 10) + 20 + exp(1);
}

static double mixed(const double *x)
{
    static const double centre[3][4] = {{.276189, .163633, .474253, .657454},
                                        {.444143, .489799, .158947, .49116},
                                        {.809265, .745557, .660975, .226115}};
    static const double offset[] = {0, .35, .8};
    static const double penalty[] = {.5, 1, 0, .25}; /* u v w z */
    static const int match[] = {2, 3, 0};            /* a: w, b: z, c: u */
    const int c = (int)x[6];
    const int m = (int)x[7];
    const double u[4] = {(log10(x[0]) + 5) / 5, x[1], x[2], (log10(x[3]) + 1) / 4};
    const double di = (x[4] - 5) / 10;
    const double dj = log(x[5] / 32) / log(64);
    const double p = m == match[c] ? 0 : 0.2 + 0.6 * penalty[m];
    double q[4];

    for (int i = 0; i < 4; i++) {
        q[i] = u[i] - centre[c][i];
    }
    return offset[c] + p * (0.5 + fabs(q[1])) + 4 * square(q[0]) + 6 * square(q[1] - q[2] / 2) +
           2 * square(q[2]) + 3 * square(q[3] + di) + 2 * square(di) + 3 * square(dj) +
           0.1 * (1 - cos(6 * pi * q[0]));
}

static double levy10(const double *x)
{
    double w[10];
    double sum = 0;

    for (int i = 0; i < 10; i++) {
        w[i] = 1 + (x[i] - 1) / 4;
    }
    sum = square(sin(pi * w[0]));
    for (int i = 0; i < 9; i++) {
        sum += square(w[i] - 1) * (1 + 10 * square(sin(pi * w[i] + 1)));
    }
    return sum + square(w[9] - 1) * (1 + square(sin(2 * pi * w[9])));
}

static double ellipsoid6(const double *x)
{
    static const double s[] = {0.317, 0.742, 0.105, 0.581, 0.893, 0.448};
    double sum = 0;

    for (int i = 0; i < 6; i++) {
        sum += pow(10, 0.8 * i) * square(x[i] - s[i]);
    }
    return sum;
}

static double rastrigin4(const double *x)
{
    static const double s[] = {0.317, 0.742, 0.205, 0.581};
    double sum = 0;

    for (int i = 0; i < 4; i++) {
        const double z = 6 * (x[i] - s[i]);
        sum += square(z) + 10 * (1 - cos(2 * pi * z));
    }
    return sum;
}

static const double branin_gp[] = {5.2e-5, 3.0e-5, 6.6e-5};
static const double hartmann_gp[] = {0.130, 2.8e-3, 0.185};
static const double noisy_gp[] = {0.27, 0.13, 0.49};
static const double rosenbrock_gp[] = {20.8, 15.3, 28.0};
static const double ackley_gp[] = {3.4, 3.0, 3.6};
static const double mixed_gp[] = {.0034, 9.0e-4, .023};

const struct problem problems[] = {
    {"branin", branin_box, 2, branin, 0.39788735772973816, 60, 0, branin_gp},
    {"hartmann6", unit_box, 6, hartmann6, -3.32236801141551, 60, 0, hartmann_gp},
    {"hartmann6_noisy", unit_box, 6, hartmann6, -3.32236801141551, 60, 0.1, noisy_gp},
    {"rosenbrock8", rosenbrock_box, 8, rosenbrock8, 0, 100, 0, rosenbrock_gp},
    {"ackley10", ackley_box, 10, ackley10, 0, 100, 0, ackley_gp},
    {"mixed", mixed_space, 8, mixed, 0, 100, 0, mixed_gp},
    {"levy10", wide_box, 10, levy10, 0, 100, 0, NULL},
    {"ellipsoid6", unit_box, 6, ellipsoid6, 0, 60, 0, NULL},
    {"rastrigin4", unit_box, 4, rastrigin4, 0, 60, 0, NULL},
};
const size_t problem_count = sizeof problems / sizeof *problems;
