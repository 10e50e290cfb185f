/*
 * libtidemill: the search for better points, by asking and telling. (C17; link with -ltidemill.)
 *
 * The library computes; it does no input or output, reads no clock, keeps no global state and never
 * ends the caller's program. Different optimizers may be used from different threads at the same
 * time; one optimizer by one thread at a time.
 *
 * A point is `double x[parameter_count]` in the order of the parameters: the value itself for float
 * and int, the index of the choice for categorical and ordinal, 0 or 1 for bool, NaN for a
 * parameter that is inactive.
 *
 * An ask is a pure function of the configuration, its index k, the observations and the pending
 * points (both ordered by id, whatever order they were told in) and the previous fit: the same
 * inputs give the same bits on one build and one kind of CPU. To continue or replay a search from
 * stored rows: tide_tell the results, tide_pending what was asked and not told, tide_fit_set the
 * fit that was current, tide_next_set k; the next ask is the one the first program would have made.
 */
#ifndef TIDEMILL_OPTIMIZER_H
#define TIDEMILL_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tidemill/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TIDE_PARAMETERS_MAX = 100,
    TIDE_CHOICES_MAX = 1024,
    TIDE_OBJECTIVES_MAX = 4,
    TIDE_CONSTRAINTS_MAX = 32, /* on parameters */
    TIDE_OUTCOMES_MAX = 4,     /* outcome constraints */
    TIDE_FIT_MAX = 2048,       /* doubles in a fit */
    TIDE_MESSAGE_BYTES = 256
};

/* ---- what is searched ---- */

enum tide_type { TIDE_FLOAT, TIDE_INT, TIDE_CATEGORICAL, TIDE_ORDINAL, TIDE_BOOL };

struct tide_parameter {
    const char *name; /* [A-Za-z_][A-Za-z0-9_]*, unique */
    enum tide_type type;
    double low, high; /* float, int: both ends included */
    bool log;         /* float, int: searched by the logarithm; low > 0 */
    double step;      /* float, int: only low + i step is proposed; 0 for none */
    size_t choice_count;
    const double *choice_values; /* what constraints read for choice i; NULL: i itself */
    size_t when_parent; /* active only if parameter `when_parent` (an earlier one) is active and */
    const double *when_values; /* its value is one of these; */
    size_t when_count;         /* 0: always active */
    bool has_default;
    double default_value;
};

enum tide_direction { TIDE_MINIMIZE, TIDE_MAXIMIZE };

struct tide_objective {
    enum tide_direction direction;
    bool has_reference; /* two objectives or more: worse values than this are of no interest */
    double reference;
};

enum tide_algorithm { TIDE_BAYES, TIDE_RANDOM, TIDE_SOBOL, TIDE_GRID };

/* All zero but the parameters: one objective, minimised by TIDE_BAYES. */
struct tide_config {
    const struct tide_parameter *parameters;
    size_t parameter_count;
    const struct tide_objective *objectives;
    size_t objective_count;         /* 0: one, minimised */
    const char *const *constraints; /* on parameters: "width * dropout <= 200" */
    size_t constraint_count;
    size_t outcome_count; /* outcome constraints a tell carries */
    uint64_t seed;
    enum tide_algorithm algorithm;
    size_t initial;      /* points before the model leads, the caller's own too; 0: chosen */
    size_t budget;       /* hint: evaluations in all; 0: unknown */
    size_t parallel;     /* hint: evaluations at the same time; 0: one */
    bool noisy;          /* hint: the same point told twice may have two values */
    double step_max;     /* fidelity: the step of a full evaluation; 0: no fidelity */
    size_t source_count; /* earlier searches whose observations are told too (warm start) */
    bool per_cost; /* divides what is to be gained at a point by what it is expected to cost */
};

struct tide_optimizer;

/*
 * tide_new: an optimizer over a copy of `config`, the caller's to free. TIDE_INVALID explains
 * itself in `message` (TIDE_MESSAGE_BYTES; may be NULL). Sets the process's OpenBLAS to one thread.
 */
enum tide_status tide_new(const struct tide_config *config, struct tide_optimizer **optimizer,
                          char *message);

/* tide_free: accepts NULL. */
void tide_free(struct tide_optimizer *optimizer);

/* ---- ask and tell ---- */

enum tide_phase {
    TIDE_PHASE_DEFAULT, /* the parameters' defaults: ask 0 where any is given */
    TIDE_PHASE_SOURCE,  /* the best point of an earlier search */
    TIDE_PHASE_SOBOL,
    TIDE_PHASE_RANDOM,
    TIDE_PHASE_GRID,
    TIDE_PHASE_BAYES
};

struct tide_suggestion {
    int64_t id; /* the ask's index k, from 0 */
    enum tide_phase phase;
    double acquisition; /* bayes: log of the expected improvement in the model's units, else NaN */
};

/*
 * tide_ask: fills `x` and adds it to the pending points. The point is legal (bounds, steps,
 * constraints) and differs from every observed and pending one. TIDE_EXHAUSTED when no such point
 * is left. After a failure nothing has changed.
 */
enum tide_status tide_ask(struct tide_optimizer *optimizer, double *x,
                          struct tide_suggestion *suggestion);

enum tide_outcome {
    TIDE_EVALUATED,
    TIDE_FAILED,     /* no value; a point to avoid, never the best */
    TIDE_INFEASIBLE, /* the same, and it was the point's fault */
    TIDE_RUNNING,    /* a value at `step` of a point that stays pending */
    TIDE_STOPPED     /* no value: ended on the way, and what was told of its way stays */
};

struct tide_result {
    enum tide_outcome outcome;
    const double *values;   /* one per objective; NULL unless EVALUATED or RUNNING; NaN: INFEASIBLE,
                               of a RUNNING one unknown */
    const double *outcomes; /* one per outcome constraint, satisfied where <= 0; NULL: unknown */
    double step;            /* with fidelity: what `values` were measured at; 0: step_max */
    double cost;            /* what it took, in the caller's unit; 0: unknown */
    size_t source;          /* 0: this search; 1 ... source_count: an earlier one (TIDE_OWN) */
};

enum { TIDE_OWN = -1 };

/*
 * tide_tell: an observation. `id` is an ask's, whose point leaves the pending ones (`x` may be NULL
 * then; given, it counts), or TIDE_OWN for a point of the caller's. Telling an id again replaces
 * its observation. TIDE_INVALID for an illegal point, TIDE_NOT_FOUND for an id that is not known
 * and has no `x`.
 */
enum tide_status tide_tell(struct tide_optimizer *optimizer, int64_t id, const double *x,
                           const struct tide_result *result);

/* tide_forget: a pending point that will never be told, or an observation to drop. */
enum tide_status tide_forget(struct tide_optimizer *optimizer, int64_t id);

/* ---- state, for programs that keep rows ---- */

/* tide_pending: `x` was asked as `id` and is not told yet. */
enum tide_status tide_pending(struct tide_optimizer *optimizer, int64_t id, const double *x);

/* tide_next_set: the next ask is number `k`. */
enum tide_status tide_next_set(struct tide_optimizer *optimizer, int64_t k);

/* tide_fit_get: writes the current fit (at most TIDE_FIT_MAX doubles) and returns their number; 0
 * before the first fit. tide_fit_set: takes one written before, by the same configuration. */
size_t tide_fit_get(const struct tide_optimizer *optimizer, double *fit);
enum tide_status tide_fit_set(struct tide_optimizer *optimizer, const double *fit, size_t count);

/* ---- answers ---- */

/* A view of an observation; pointers are valid until the next tell or forget. */
struct tide_observation {
    int64_t id;
    const double *x;
    const double *values; /* as told */
    enum tide_outcome outcome;
    size_t source;
};

/* tide_count: observations; tide_get: the index-th of them, ordered by id, the caller's own first.
 */
size_t tide_count(const struct tide_optimizer *optimizer);
enum tide_status tide_get(const struct tide_optimizer *optimizer, size_t index,
                          struct tide_observation *observation);

/*
 * tide_best: indices (for tide_get) of the recommendation: one point, under noise the one with the
 * best posterior mean; with several objectives the Pareto front, ordered by the first. `count` says
 * how many there are, even beyond `capacity`. TIDE_NOT_FOUND before the first evaluated point.
 */
enum tide_status tide_best(struct tide_optimizer *optimizer, size_t *indices, size_t capacity,
                           size_t *count);

/* Quantiles, in the objective's own units; low and high are one standard deviation apart from the
 * median in the model's. */
struct tide_prediction {
    double median, low, high;
};

/* tide_predict: the noise-free value of an objective at `x`. TIDE_NOT_FOUND below two values. */
enum tide_status tide_predict(struct tide_optimizer *optimizer, const double *x, size_t objective,
                              struct tide_prediction *prediction);

/*
 * tide_importance: for each parameter the share of the model's variance over the space that would
 * be lost without it (total Sobol' index, normalised to sum 1). `share` has parameter_count.
 */
enum tide_status tide_importance(struct tide_optimizer *optimizer, size_t objective, double *share);

/*
 * tide_partial: the model's mean over the other parameters with `parameter` held at each of `count`
 * values, and how sure it is. TIDE_INVALID for a value that the parameter never has.
 */
enum tide_status tide_partial(struct tide_optimizer *optimizer, size_t objective, size_t parameter,
                              const double *values, size_t count,
                              struct tide_prediction *predictions);

/*
 * tide_headroom: how much better than the best found an untried point may be, in the objective's
 * own units: the distance to the best end of the model's intervals, each of which holds with
 * `confidence` (0.5 to 1) at its point. TIDE_NOT_FOUND before there are five observations for each
 * parameter and one, or with several objectives.
 */
enum tide_status tide_headroom(struct tide_optimizer *optimizer, double confidence,
                               double *headroom);

/* ---- constraints as text, for those who check a spec before they use it ---- */

/*
 * tide_constraint_check: whether `text` is numbers, names, + - * / ( ) and one of <= >= < >. False
 * gives the byte offset of the first fault and says in `message` (TIDE_MESSAGE_BYTES) what it is.
 */
bool tide_constraint_check(const char *text, const char *const *names, size_t name_count,
                           size_t *offset, char *message);

/* tide_constraint_holds: at `values`, one per name; a NaN value that is used makes it hold. False
 * for a text that tide_constraint_check refuses. */
bool tide_constraint_holds(const char *text, const char *const *names, size_t name_count,
                           const double *values);

#ifdef __cplusplus
}
#endif

#endif
