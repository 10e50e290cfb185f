/*
 * The processes of a search: one per objective, one per outcome constraint, and one for the odds
 * that a point fails; over the caller's space with two parameters more where they are needed: the
 * step of a value (fidelity) and its source (warm start).
 */
#ifndef OPTIMIZER_MODEL_H
#define OPTIMIZER_MODEL_H

#include "optimizer/gp.h"
#include "optimizer/space.h"
#include "optimizer/warp.h"

enum {
    MODEL_PROCESSES_MAX = TIDE_OBJECTIVES_MAX + TIDE_OUTCOMES_MAX + 2,
    MODEL_LEARNT_MAX = TIDE_OBJECTIVES_MAX + TIDE_OUTCOMES_MAX + 1,
    MODEL_START_MAX = 16 /* points of a search's own before the model leads */
};

struct tide_optimizer;

/* What is left of a fit for the next one: objectives, outcomes and, with one objective, the same
 * objective unwarped. The odds take the first objective's weights. */
struct fit {
    size_t told; /* rows it was made from; 0: there is none */
    struct gp_hyper hyper[MODEL_LEARNT_MAX];
    double lambda[MODEL_LEARNT_MAX];
    double lead; /* one objective: nats by which the unwarped fit is the more plausible one */
};

/* Which of the fits of a single objective an ask prefers: the unwarped one serves it where that is
 * the more plausible, or is asked for and not out of the question. */
enum model_face { MODEL_WARPED, MODEL_PLAIN };

struct model {
    struct space space;                    /* the caller's parameters, then step and source */
    size_t shared;                         /* how many the caller's are */
    size_t step_at;                        /* index of the step, or space.count */
    double step_aim;                       /* the step that points are judged at */
    size_t source_at;                      /* index of the source, or space.count */
    struct gp gp[MODEL_PROCESSES_MAX];     /* objectives, outcomes, odds, cost */
    double cost_sd;                        /* of the logarithm of the cost */
    struct gp thinner;                     /* some of one process's rows, for a fit */
    struct gp earlier;                     /* scratch: what a source alone says (source.c) */
    struct warp warp[MODEL_PROCESSES_MAX]; /* of objectives and outcomes */
    size_t sources_believed;               /* by the process that was built last */
    size_t objectives;
    size_t outcomes;
    bool known[MODEL_PROCESSES_MAX]; /* which have enough to go by; odds: something failed */
    double *values;                  /* scratch: 3 x values_capacity */
    size_t values_capacity;
    uint64_t serial; /* counts builds */
};

/* model_init: TIDE_INVALID explains itself in `message`. model_fini accepts a zeroed one. */
enum tide_status model_init(struct model *model, const struct tide_config *config, char *message);
void model_fini(struct model *model);

/* model_place: the caller's point as the model sees it, of this search, evaluated to step_aim. */
void model_place(const struct model *model, const double *x, double *placed);

/*
 * model_build: warps the values, fits where `fit` is too old, conditions and, if
 * `pending`, appends the pending points, drawing their values jointly where there is one objective.
 * TIDE_NOT_FOUND with fewer than two values of every objective, TIDE_NUMERIC where no model could
 * be made.
 */
enum tide_status model_build(struct tide_optimizer *optimizer, struct fit *fit,
                             enum model_face face, bool pending);

/* model_aim_full: judges points at their full step from here to the next build. */
void model_aim_full(struct model *model);

/* cost_build: the process of what a point costs; false where nothing tells costs apart. */
bool cost_build(struct tide_optimizer *optimizer, struct gp *gp);

/* model_learnt: how many fits there are. */
size_t model_learnt(const struct model *model);

/* model_warp: gives the rows of process `index` their values, warped by the power `lambda`. */
void model_warp(struct model *model, size_t index, double lambda, const double *values,
                size_t count);

/* model_renew: fits process `index`, whose rows and told values are given; with one objective both
 * with a warp and without. */
void model_renew(struct model *model, struct fit *fit, size_t index, bool noisy,
                 const double *values, size_t count);

#endif
