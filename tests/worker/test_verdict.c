/*
 * The table "How an attempt ends": one case for each row, and for each pair of rows that can fit at
 * once the one that must win.
 */
#include "support/support.h"

#include "worker/verdict.h"

/* A script that exited with code 0 and had printed a finite objective. */
static struct verdict_facts well(void)
{
    return (struct verdict_facts){.objective_seen = true, .objective_finite = true};
}

static void check(struct verdict_facts facts, enum wire_outcome outcome, enum wire_cause cause)
{
    const struct verdict verdict = verdict_of(&facts);

    assert_int_equal(verdict.outcome, outcome);
    assert_int_equal(verdict.cause, cause);
}

static void each_row_has_its_case(void **state)
{
    struct verdict_facts facts = well();

    (void)state;
    check(facts, OUTCOME_COMPLETED, CAUSE_EXIT);
    facts.objective_seen = false;
    check(facts, OUTCOME_FAILED, CAUSE_NO_OBJECTIVE);
    facts.exit_code = 1;
    check(facts, OUTCOME_FAILED, CAUSE_EXIT);
    facts.exit_code = EXIT_REQUEUE;
    check(facts, OUTCOME_LEFT, CAUSE_REQUEUE);
    facts.exit_code = EXIT_INFEASIBLE;
    check(facts, OUTCOME_INFEASIBLE, CAUSE_INFEASIBLE);
    facts.exit_code = -1;
    facts.signal = 11;
    check(facts, OUTCOME_FAILED, CAUSE_SIGNAL);
    facts.out_of_memory = true;
    check(facts, OUTCOME_FAILED, CAUSE_OUT_OF_MEMORY);
    facts.stalled = true;
    check(facts, OUTCOME_FAILED, CAUSE_STALL);
    facts.timed_out = true;
    check(facts, OUTCOME_FAILED, CAUSE_TIMEOUT);
    facts.rule_matched = true;
    facts.rule = THEN_AVOID_WORKER;
    check(facts, OUTCOME_FAILED, CAUSE_RULE_AVOID);
    facts.rule = THEN_RESTART;
    check(facts, OUTCOME_FAILED, CAUSE_RULE_RESTART);
    facts.rule = THEN_FAIL;
    check(facts, OUTCOME_FAILED, CAUSE_RULE_FAIL);
    facts.noticed = true;
    check(facts, OUTCOME_LEFT, CAUSE_NOTICE);
    facts.rule = THEN_INFEASIBLE;
    check(facts, OUTCOME_INFEASIBLE, CAUSE_RULE_INFEASIBLE);
    facts.objective_finite = false;
    check(facts, OUTCOME_INFEASIBLE, CAUSE_NON_FINITE);
    facts.infeasible = true;
    check(facts, OUTCOME_INFEASIBLE, CAUSE_INFEASIBLE);
    facts.not_started = CAUSE_NOT_FOUND;
    check(facts, OUTCOME_FAILED, CAUSE_NOT_FOUND);
}

/* A script that only prints and was told to leave: whatever it did afterwards, it left. */
static void a_notice_makes_a_printing_script_leave(void **state)
{
    struct verdict_facts facts = well();

    (void)state;
    facts.noticed = true;
    check(facts, OUTCOME_LEFT, CAUSE_NOTICE);
    facts.exit_code = 1;
    check(facts, OUTCOME_LEFT, CAUSE_NOTICE);
    facts.exit_code = -1;
    facts.signal = 15;
    facts.ended_by_us = true;
    check(facts, OUTCOME_LEFT, CAUSE_NOTICE);
}

/* The final line says that the trial had finished: then neither notice nor timeout undoes it. */
static void a_final_line_finishes_the_trial(void **state)
{
    struct verdict_facts facts = well();

    (void)state;
    facts.noticed = true;
    facts.final = true;
    check(facts, OUTCOME_COMPLETED, CAUSE_EXIT);
    facts.exit_code = -1;
    facts.signal = 15;
    facts.ended_by_us = true;
    check(facts, OUTCOME_COMPLETED, CAUSE_EXIT);
    facts.noticed = false;
    facts.timed_out = true;
    check(facts, OUTCOME_COMPLETED, CAUSE_EXIT);
    facts.ended_by_us = false;
    facts.signal = 11;
    check(facts, OUTCOME_FAILED, CAUSE_SIGNAL);
    facts.signal = 0;
    facts.exit_code = 3;
    check(facts, OUTCOME_FAILED, CAUSE_EXIT);
}

/* A timeout is our outcome whatever the code: a requeue would go on for ever. */
static void a_timeout_stands_above_exit_75(void **state)
{
    struct verdict_facts facts = well();

    (void)state;
    facts.timed_out = true;
    facts.exit_code = EXIT_REQUEUE;
    check(facts, OUTCOME_FAILED, CAUSE_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_has_its_case),
        cmocka_unit_test(a_notice_makes_a_printing_script_leave),
        cmocka_unit_test(a_final_line_finishes_the_trial),
        cmocka_unit_test(a_timeout_stands_above_exit_75),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
