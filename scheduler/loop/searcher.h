/*
 * searcher: the optimizers of all experiments, in a thread behind the loop. Jobs go in and are done
 * in order; answers come out and a file descriptor says so. Because the order is kept, an ask knows
 * exactly the tells that went in before it.
 */
#ifndef LOOP_SEARCHER_H
#define LOOP_SEARCHER_H

#include "base/error.h"
#include "core/limits.h"
#include "spec/spec.h"

struct searcher;

/* One evaluation as the store has it. */
struct search_tell {
    int32_t experiment;
    int32_t number;     /* the ask it answers */
    const char *params; /* JSON, copied; NULL when the ask was made by this searcher */
    bool completed;     /* else failed, or with `infeasible` the point's own fault */
    bool infeasible;
    bool running; /* `values` are those at `step`, and the point stays pending */
    bool waits;   /* running, but it waits at a rung, perhaps for ever */
    bool stopped; /* early stopping ended it, at `step` with `values` */
    size_t
        source; /* of a result of an earlier experiment: which of warm_start's, from 1; 0 its own */
    double cost; /* seconds of its attempts */
    int64_t step;
    double values[OBJECTIVES_MAX + OUTCOMES_MAX]; /* objectives, then outcome constraints; NaN
                                                     unknown */
};

/* The point that was asked for, or why there is none. The texts are the taker's to free. */
struct search_answer {
    int32_t experiment;
    int32_t number;
    enum tide_status status;
    bool enough;                /* TIDE_EXHAUSTED because nothing more is worth its money */
    char *params;               /* JSON object */
    char *origin;               /* JSON object: phase, acquisition, fit */
    char why[ERROR_TEXT_BYTES]; /* of a failure */
};

/* searcher_open: starts the thread. The caller ends it with searcher_close, which waits for the job
 * being done and drops the others. */
enum tide_status searcher_open(struct searcher **searcher, struct error *error)
    __attribute__((warn_unused_result));
void searcher_close(struct searcher *searcher);

/* searcher_fd: readable while answers wait. */
int searcher_fd(const struct searcher *searcher);

/* Jobs. They copy what they are given, but `spec`, which must live until searcher_close. Out of
 * memory ends in a failed answer later. */
void searcher_begin(struct searcher *searcher, int32_t experiment, const struct spec *spec);
void searcher_tell(struct searcher *searcher, const struct search_tell *tell);
void searcher_pending(struct searcher *searcher, int32_t experiment, int32_t number,
                      const char *params);
void searcher_forget(struct searcher *searcher, int32_t experiment, int32_t number);
void searcher_ask(struct searcher *searcher, int32_t experiment, int32_t number);
void searcher_end(struct searcher *searcher, int32_t experiment);

/* searcher_fit: the fit that was current, from the origin text of the last suggestion. */
void searcher_fit(struct searcher *searcher, int32_t experiment, const char *origin);

/* searcher_take: the oldest answer; false when there is none. */
bool searcher_take(struct searcher *searcher, struct search_answer *answer);

#endif
