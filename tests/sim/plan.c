#include "plan.h"

#include "base/rng.h"

#include <stdio.h>
#include <string.h>

enum { REAL_ONE_IN = 8, GRACE_MS = 25000, STEP_MS = 20000, LONG_STEP_MS = 60000 };

static const char *const fault_words[] = {
#define X(name, word) [name] = (word),
    PLAN_FAULT_LIST(X)
#undef X
};

static const char *const wear_words[] = {
#define X(name, word) [name] = (word),
    PLAN_WEAR_LIST(X)
#undef X
};

int64_t plan_price_micro(int64_t wall_ms)
{
    return 20000 + wall_ms / PLAN_PRICE_MS * 7919 % 101 * 1009;
}

const char *fault_text(enum fault_kind kind)
{
    return fault_words[kind];
}

const char *wear_text(enum wear wear)
{
    return wear_words[wear];
}

static uint32_t below(struct rng *rng, uint32_t bound)
{
    return (uint32_t)rng_below(rng, bound);
}

/* In one history of three not at all; else up to `most`. */
static uint32_t intensity(struct rng *rng, uint32_t most)
{
    const uint32_t level = below(rng, most + 1);

    return below(rng, 3) == 0 ? 0 : level;
}

static void draw_wear(struct plan *plan, const struct plan_cut *cut)
{
    static const uint32_t most[WEAR_COUNT] = {
        [WEAR_DROP] = 80,  [WEAR_TWICE] = 80,   [WEAR_DEATH] = 100,   [WEAR_FAIL] = 20,
        [WEAR_SPOIL] = 20, [WEAR_ABRUPT] = 100, [WEAR_OBSTACLE] = 20, [WEAR_VILLAIN] = 600};
    struct rng rng;

    for (int wear = 0; wear < WEAR_COUNT; wear++) {
        rng_init(&rng, plan->seed, wear_words[wear]);
        const uint32_t level = intensity(&rng, most[wear]);
        plan->wear[wear] = cut->without[wear] ? 0 : level;
    }
    if (plan->wear[WEAR_VILLAIN] > 0 && plan->seed % 3 != 0) {
        plan->wear[WEAR_VILLAIN] = 0; /* in two histories of nine there is one */
    }
}

/* How long everything takes: a few messages of a few worlds as long as a lease. */
static void draw_pace(struct plan *plan)
{
    static const uint32_t delays[] = {3000, 3000, 3000, 3000, 3000, 20000, 20000, LEASE_MS};
    struct rng rng;

    rng_init(&rng, plan->seed, "pace");
    plan->delay_max_ms = 1 + (int64_t)below(&rng, delays[below(&rng, 8)]);
    plan->step_max_ms = below(&rng, 2) == 0 ? STEP_MS : LONG_STEP_MS;
}

/* Nothing is stopped early, or trials wait at rungs, or leave where they are below the median. */
static void draw_stopping(struct experiment_config *config, struct rng *rng)
{
    static const int64_t rungs[] = {1, 2, 6};
    static const int64_t looks[] = {2, 3, 4};
    const uint32_t rule = below(rng, 4);

    if (rule == 0) {
        config->stopping = STOPPING_HALVING;
        config->eta = 2 + (int32_t)below(rng, 2);
        memcpy(config->rung_steps, rungs, sizeof rungs);
    } else if (rule == 1) {
        config->stopping = STOPPING_MEDIAN;
        memcpy(config->rung_steps, looks, sizeof looks);
    }
    config->step_max = rule < 2 ? 6 : 0;
    config->rung_count = rule < 2 ? 3 : 0;
}

static void draw_experiment(struct plan *plan, uint32_t index)
{
    struct experiment_config *config = &plan->config[index];
    struct plan_gate *gate = &plan->gate[index];
    char name[32];
    struct rng rng;

    (void)snprintf(name, sizeof name, "experiment %u", index);
    rng_init(&rng, plan->seed, name);
    *config = (struct experiment_config){
        .trials_max = plan->trials,
        .restarts_max = (int32_t)below(&rng, 4),
        .preemptions_max = below(&rng, 8) == 0 ? 3 : 1000,
        .backoff_ms = 1000 + (int64_t)below(&rng, 30000),
        .grace_ms = GRACE_MS,
        .finish_at_close = below(&rng, 4) == 0,
        .sequential_model = below(&rng, 2) == 0,
        .concurrency_max = below(&rng, 4) == 0 ? 1 + (int32_t)below(&rng, 3) : 0,
        .failures_max = below(&rng, 4) == 0 ? 1 + (int32_t)below(&rng, 4) : 0,
        .objective_count = 1};
    if (below(&rng, 6) == 0) {
        config->compute_max_ms = (int64_t)(1 + below(&rng, 6)) * 100000 * plan->trials / 8;
    }
    if (plan->large) {
        config->concurrency_max = 0;
        config->failures_max = 0;
    }
    draw_stopping(config, &rng);
    config->always_from_start = below(&rng, 8) == 0;
    plan->stop_on_lease_loss[index] = below(&rng, 2) == 0;
    gate->gated = below(&rng, 4) == 0;
    gate->start_ms = (int64_t)below(&rng, 600000);
    gate->open_ms = 120000 + (int64_t)below(&rng, 900000);
    gate->shut_ms = 30000 + (int64_t)below(&rng, 600000);
}

/* How often each kind comes, of all faults of this history. */
static uint32_t draw_weights(const struct plan *plan, uint32_t weights[FAULT_COUNT])
{
    uint32_t sum = 0;
    struct rng rng;

    for (int kind = 0; kind < FAULT_COUNT; kind++) {
        rng_init(&rng, plan->seed, fault_words[kind]);
        weights[kind] = intensity(&rng, 10);
        sum += weights[kind];
    }
    return sum;
}

static struct fault draw_fault(const struct plan *plan, uint32_t number,
                               const uint32_t weights[FAULT_COUNT], uint32_t sum)
{
    static const int64_t spans[] = {1000, 10000, 60000, 130000, 400000, 3600000};
    struct fault fault = {0};
    char name[32];
    struct rng rng;

    (void)snprintf(name, sizeof name, "fault %u", number);
    rng_init(&rng, plan->seed, name);
    uint32_t at = below(&rng, sum);
    while (at >= weights[fault.kind]) {
        at -= weights[fault.kind++];
    }
    fault.machine = below(&rng, plan->machines);
    fault.span_ms = 1 + (int64_t)rng_below(&rng, (uint64_t)spans[below(&rng, 6)]);
    fault.draw = below(&rng, 1U << 20);
    return fault;
}

static void draw_faults(struct plan *plan, const struct plan_cut *cut)
{
    uint32_t weights[FAULT_COUNT];
    const uint32_t sum = draw_weights(plan, weights);
    struct rng rng;

    rng_init(&rng, plan->seed, "moments of faults");
    const int64_t mean_ms = (5000 + (int64_t)below(&rng, 200000)) / (plan->large ? 8 : 1);
    int64_t at_ms = 0;
    for (uint32_t i = 0; i < PLAN_FAULTS_MAX && sum > 0; i++) {
        at_ms += 1 + (int64_t)rng_below(&rng, (uint64_t)(2 * mean_ms));
        if (at_ms >= PLAN_STORM_MS) {
            break;
        }
        plan->faults[plan->fault_count] = draw_fault(plan, i, weights, sum);
        plan->faults[plan->fault_count].at_ms = cut->left_out[i] ? INT64_MAX : at_ms;
        plan->fault_count++;
    }
}

void plan_make(struct plan *plan, uint64_t seed, bool large, const struct plan_cut *cut)
{
    struct rng rng;

    memset(plan, 0, sizeof *plan);
    rng_init(&rng, seed, "world");
    plan->seed = seed;
    plan->large = large;
    plan->real = !large && seed % REAL_ONE_IN == 0;
    plan->priced = below(&rng, 2) == 0;
    plan->experiments = 1 + (below(&rng, 3) == 0 ? 1 : 0);
    plan->machines = large ? 50 : 3;
    plan->trials = large ? 500 / (int32_t)plan->experiments : 8 / (int32_t)plan->experiments;
    draw_wear(plan, cut);
    draw_pace(plan);
    plan->villain = plan->wear[WEAR_VILLAIN] > 0;
    plan->machines += plan->villain ? 1 : 0;
    for (uint32_t i = 0; i < plan->experiments; i++) {
        draw_experiment(plan, i);
    }
    draw_faults(plan, cut);
}
