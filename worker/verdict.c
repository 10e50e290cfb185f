#include "worker/verdict.h"

#include <stddef.h>

static bool saw_infeasible(const struct verdict_facts *facts)
{
    return facts->infeasible || facts->exit_code == EXIT_INFEASIBLE;
}

static bool saw_non_finite(const struct verdict_facts *facts)
{
    return !facts->objective_finite;
}

static bool rule_infeasible(const struct verdict_facts *facts)
{
    return facts->rule_matched && facts->rule == THEN_INFEASIBLE;
}

/* A script that only prints has no final line: what it did after the signal does not count. */
static bool left_on_notice(const struct verdict_facts *facts)
{
    return facts->noticed && !facts->final;
}

static bool rule_fail(const struct verdict_facts *facts)
{
    return facts->rule_matched && facts->rule == THEN_FAIL;
}

static bool rule_restart(const struct verdict_facts *facts)
{
    return facts->rule_matched && facts->rule == THEN_RESTART;
}

static bool rule_avoid(const struct verdict_facts *facts)
{
    return facts->rule_matched && facts->rule == THEN_AVOID_WORKER;
}

/* Timeouts are our outcome whatever the exit code is: they stand above exit 75. */
static bool timed_out(const struct verdict_facts *facts)
{
    return facts->timed_out && !facts->final;
}

static bool stalled(const struct verdict_facts *facts)
{
    return facts->stalled && !facts->final;
}

static bool requeued(const struct verdict_facts *facts)
{
    return facts->exit_code == EXIT_REQUEUE;
}

/* A script that had reported its final line and was then ended by our signal has finished too. */
static bool exited_well(const struct verdict_facts *facts)
{
    return facts->exit_code == 0 || (facts->final && facts->ended_by_us);
}

static bool completed(const struct verdict_facts *facts)
{
    return exited_well(facts) && facts->objective_seen;
}

static bool out_of_memory(const struct verdict_facts *facts)
{
    return facts->out_of_memory;
}

static bool signalled(const struct verdict_facts *facts)
{
    return facts->signal != 0;
}

static bool always(const struct verdict_facts *facts)
{
    (void)facts;
    return true;
}

/* In the order of the table; where the table has one row for several things, the narrower first. */
static const struct {
    bool (*fits)(const struct verdict_facts *facts);
    struct verdict verdict;
} rows[] = {
    {saw_infeasible, {OUTCOME_INFEASIBLE, CAUSE_INFEASIBLE}},
    {saw_non_finite, {OUTCOME_INFEASIBLE, CAUSE_NON_FINITE}},
    {rule_infeasible, {OUTCOME_INFEASIBLE, CAUSE_RULE_INFEASIBLE}},
    {left_on_notice, {OUTCOME_LEFT, CAUSE_NOTICE}},
    {rule_fail, {OUTCOME_FAILED, CAUSE_RULE_FAIL}},
    {rule_restart, {OUTCOME_FAILED, CAUSE_RULE_RESTART}},
    {rule_avoid, {OUTCOME_FAILED, CAUSE_RULE_AVOID}},
    {timed_out, {OUTCOME_FAILED, CAUSE_TIMEOUT}},
    {stalled, {OUTCOME_FAILED, CAUSE_STALL}},
    {requeued, {OUTCOME_LEFT, CAUSE_REQUEUE}},
    {completed, {OUTCOME_COMPLETED, CAUSE_EXIT}},
    {exited_well, {OUTCOME_FAILED, CAUSE_NO_OBJECTIVE}},
    {out_of_memory, {OUTCOME_FAILED, CAUSE_OUT_OF_MEMORY}},
    {signalled, {OUTCOME_FAILED, CAUSE_SIGNAL}},
    {always, {OUTCOME_FAILED, CAUSE_EXIT}},
};

struct verdict verdict_of(const struct verdict_facts *facts)
{
    size_t row = 0;

    if (facts->not_started != CAUSE_NONE) {
        return (struct verdict){OUTCOME_FAILED, facts->not_started};
    }
    while (!rows[row].fits(facts)) {
        row++;
    }
    return rows[row].verdict;
}
