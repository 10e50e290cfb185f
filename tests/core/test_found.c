/*
 * core: what the simulation found, one case each: a history of a few events in which it went wrong.
 */
#include "core/world.h"

#include "support/support.h"

#include <math.h>

static struct world world;

static const int64_t lease_ms = 120000 + 120000 / 50 + 2000;

static struct wire_attempt attempt(int32_t trial, int32_t number)
{
    return (struct wire_attempt){.experiment = 1, .trial = trial, .number = number};
}

static uint32_t said(enum wire_type type)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < world.outcome.message_count; i++) {
        count += world.outcome.messages[i].type == type ? 1 : 0;
    }
    return count;
}

static enum wire_verdict verdict(void)
{
    for (uint32_t i = 0; i < world.outcome.message_count; i++) {
        if (world.outcome.messages[i].type == WIRE_RESULT_ACK) {
            return world.outcome.messages[i].verdict;
        }
    }
    return VERDICT_UNKNOWN;
}

static const struct attempt_row *row_of(int32_t trial, int32_t number)
{
    for (uint32_t i = 0; i < world.rows.attempt_count; i++) {
        if (world.rows.attempts[i].trial == trial && world.rows.attempts[i].number == number) {
            return &world.rows.attempts[i];
        }
    }
    fail_msg("there is no attempt %d of trial %d", (int)number, (int)trial);
    return NULL;
}

/* A worker with two slots, and as many of the trials offered to it. */
static void begin(const struct experiment_config *config)
{
    world_init(&world);
    world_submit(&world, config);
    world_hello(&world, 0, 2);
    while (world.ask_count > 0) {
        world_answer(&world, TIDE_OK);
    }
    world_ready(&world, 0, 2);
    world_answer(&world, TIDE_OK);
    world_ready(&world, 0, 2);
}

static void renew(uint32_t worker)
{
    const struct world_worker *self = &world.workers[worker];
    struct event event = {.kind = EVENT_RENEW, .worker = self->id};

    event.renew.count = self->count;
    for (uint32_t i = 0; i < self->count; i++) {
        event.renew.running[i] = (struct wire_running){.attempt = self->running[i], .step = -1};
    }
    world_step(&world, &event);
}

/* Two attempts of odd ages: the moment at which the budget is used up is not a whole millisecond.
 * At the moment that the core names, it is; else the loop would turn until the next. */
static void the_deadline_of_a_budget_is_not_a_moment_early(void **state)
{
    struct experiment_config config = world_config(8);

    (void)state;
    config.compute_max_ms = 200000;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world.boot_ms += 1;
    world_accept(&world, 0, attempt(1, 1));
    while (core_experiment(world.core, 1)->state != EXPERIMENT_PAUSED) {
        const int64_t due_ms = core_deadline(world.core);
        world_tick(&world, due_ms - world.boot_ms);
        assert_true(core_deadline(world.core) > due_ms);
        renew(0);
    }
    world_fini(&world);
}

/* Stopped with its budget used up: the core does not ask for a turn that does nothing, for ever. */
static void a_stopped_search_asks_for_no_turn_over_its_budget(void **state)
{
    struct experiment_config config = world_config(8);

    (void)state;
    config.compute_max_ms = 60000;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_command(&world, VERB_STOP, 1, -1);
    world_tick(&world, 80000);
    assert_true(core_deadline(world.core) > world.boot_ms);
    world_fini(&world);
}

/* Stopped, and what waits has no budget left to run on: it ends all the same. */
static void a_stopped_search_without_budget_ends(void **state)
{
    struct experiment_config config = world_config(8);

    (void)state;
    config.compute_max_ms = 60000;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_command(&world, VERB_STOP, 1, -1);
    world_tick(&world, 80000);
    world_result(&world, 0, attempt(0, 1), OUTCOME_FAILED, CAUSE_EXIT, 0);
    world_result(&world, 0, attempt(1, 1), OUTCOME_FAILED, CAUSE_EXIT, 0);
    assert_int_equal(core_experiment(world.core, 1)->state, EXPERIMENT_STOPPED);
    world_fini(&world);
}

/* The coordinator stood still for an hour. What its workers said meanwhile is heard before any
 * lease is given up. */
static void renewals_that_wait_are_heard_first(void **state)
{
    const struct experiment_config config = world_config(8);
    struct world_worker *worker = &world.workers[0];

    (void)state;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_accept(&world, 0, attempt(1, 1));
    world.boot_ms += 3600000;
    worker->count = 1;
    for (int32_t i = 0; i < 2; i++) { /* one after the other, as from two workers */
        worker->running[0] = attempt(i, 1);
        renew(0);
    }
    world_tick(&world, 0);
    assert_int_equal(row_of(0, 1)->state, ATTEMPT_ACTIVE);
    assert_int_equal(row_of(1, 1)->state, ATTEMPT_ACTIVE);
    world_fini(&world);
}

/* An attempt that was given up is found again on its worker, which has been offered another trial
 * in its place since: it is told to go. */
static void what_is_found_again_needs_a_slot(void **state)
{
    const struct experiment_config config = world_config(3);
    struct world_worker *worker = &world.workers[0];
    struct event bye = {.kind = EVENT_BYE};

    (void)state;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_accept(&world, 0, attempt(1, 1));
    world_hello(&world, 1, 1);
    world_ready(&world, 1, 1);
    world_answer(&world, TIDE_OK);
    bye.worker = world.workers[1].id;
    world_step(&world, &bye); /* trial 2 waits, ahead of any other */
    world_tick(&world, lease_ms - 20000);
    worker->running[0] = attempt(1, 1);
    worker->count = 1;
    renew(0);
    world_tick(&world, 20001);
    assert_int_equal(row_of(0, 1)->state, ATTEMPT_LOST);
    assert_int_equal(row_of(2, 2)->worker, worker->id);
    worker->running[0] = attempt(0, 1);
    renew(0);
    assert_int_equal(row_of(0, 1)->state, ATTEMPT_LOST);
    assert_int_equal(world.outcome.running[0].verdict, VERDICT_REVOKED);
    world_fini(&world);
}

/* An offer that its worker has not seen is made again, and its lease begins anew: the worker may
 * begin on it only now. */
static void an_offer_made_again_has_a_lease_of_its_own(void **state)
{
    const struct experiment_config config = world_config(8);

    (void)state;
    begin(&config);
    world.workers[0].count = 0;
    world_tick(&world, lease_ms - 1000);
    world_hello(&world, 0, 2);
    assert_int_equal(said(WIRE_ASSIGN), 2);
    assert_int_equal(world.outcome.messages[0].type, WIRE_WELCOME); /* it takes nothing before */
    world_tick(&world, 2000);
    assert_int_equal(row_of(0, 1)->state, ATTEMPT_OFFERED);
    world_fini(&world);
}

/* What a worker owes of an earlier attempt says nothing of the newest: an offer that it has not
 * seen is made again, one of a process that is gone is lost at once, and the late result still
 * counts.
 */
static void an_earlier_attempt_in_the_outbox_holds_nothing_up(void **state)
{
    const struct experiment_config config = world_config(8);
    struct world_worker *worker = &world.workers[0];

    (void)state;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_accept(&world, 0, attempt(1, 1));
    world_tick(&world, lease_ms + 1);
    worker->outbox[worker->outbox_count++] = attempt(0, 1);
    worker->count = 0;
    world_hello(&world, 0, 2);
    world_ready(&world, 0, 2);
    assert_int_equal(row_of(0, 2)->state, ATTEMPT_OFFERED);
    worker->count = 0;
    world_hello(&world, 0, 2);
    assert_int_equal(said(WIRE_ASSIGN), 2);
    worker->count = 0;
    worker->restarted = true;
    world_hello(&world, 0, 2);
    assert_int_equal(row_of(0, 2)->state, ATTEMPT_LOST);
    world_result(&world, 0, attempt(0, 1), OUTCOME_COMPLETED, CAUSE_EXIT, 0.25);
    assert_int_equal(verdict(), VERDICT_RECORDED);
    world_fini(&world);
}

/* The window has shut since: the offer is not made again, but taken back. */
static void no_offer_is_made_again_outside_of_a_window(void **state)
{
    struct experiment_config config = world_config(8);

    (void)state;
    config.finish_at_close = true;
    begin(&config);
    world.workers[0].count = 0;
    world_gate(&world, 1, true, 0);
    world_hello(&world, 0, 2);
    assert_int_equal(said(WIRE_ASSIGN), 0);
    assert_int_equal(said(WIRE_STOP), 2);
    world_tick(&world, lease_ms + 1);
    assert_int_equal(world.rows.trials[0][0].reason, TRIAL_REASON_WINDOW);
    world_fini(&world);
}

/* A late result brings a trial to a rung from which it would go on, while a newer attempt runs: the
 * newer one stays, and nothing is started beside it. */
static void a_late_rung_starts_nothing_beside_a_newer_attempt(void **state)
{
    struct experiment_config config = world_config(1);

    (void)state;
    world_halve(&config);
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_tick(&world, lease_ms + 1);
    world_hello(&world, 1, 1);
    world_ready(&world, 1, 1);
    world_accept(&world, 1, attempt(0, 2));
    world_result(&world, 0, attempt(0, 1), OUTCOME_COMPLETED, CAUSE_EXIT, 0.25);
    assert_int_equal(row_of(0, 2)->state, ATTEMPT_ACTIVE);
    assert_int_equal(said(WIRE_STOP) + said(WIRE_ASSIGN), 0);
    assert_int_equal(verdict(), VERDICT_SUPERSEDED);
    world_fini(&world);
}

/* A trial of a search that had ended is dug up outside of a window: it waits for the next one. */
static void what_is_dug_up_waits_for_a_window(void **state)
{
    struct experiment_config config = world_config(1);

    (void)state;
    config.restarts_max = 0;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_result(&world, 0, attempt(0, 1), OUTCOME_FAILED, CAUSE_EXIT, 0);
    assert_int_equal(core_experiment(world.core, 1)->state, EXPERIMENT_COMPLETED);
    world_gate(&world, 1, true, 0);
    world_ready(&world, 0, 2);
    world_command(&world, VERB_KICK, 1, -1);
    assert_int_equal(said(WIRE_ASSIGN), 0);
    world_gate(&world, 1, false, 0);
    assert_int_equal(said(WIRE_ASSIGN), 1);
    world_fini(&world);
}

/* A search that had ended is dug up on workers that came since: it counts their slots, and makes
 * new trials for them. */
static void what_is_dug_up_counts_the_workers_of_now(void **state)
{
    struct experiment_config config = world_config(4);
    struct event bye = {.kind = EVENT_BYE};

    (void)state;
    config.restarts_max = 0;
    config.failures_max = 1;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_result(&world, 0, attempt(0, 1), OUTCOME_FAILED, CAUSE_EXIT, 0);
    assert_int_equal(core_experiment(world.core, 1)->state, EXPERIMENT_FAILED);
    bye.worker = world.workers[0].id;
    world_step(&world, &bye);
    world_hello(&world, 1, 2);
    world_ready(&world, 1, 2);
    world.ask_count = 0;
    world_command(&world, VERB_KICK, 1, -1);
    assert_null(core_check(world.core));
    assert_int_equal(said(WIRE_ASSIGN), 1);
    world_result(&world, 1, attempt(0, 2), OUTCOME_COMPLETED, CAUSE_EXIT, 0.5);
    assert_true(world.ask_count > 0);
    world_fini(&world);
}

/* A RESULT of trial `trial`, first attempt, with its objective and one constrained outcome. */
static void result_with(int32_t trial, double value, double outcome)
{
    struct event event = {.kind = EVENT_RESULT, .worker = world.workers[0].id};

    event.result = (struct result_event){.attempt = attempt(trial, 1),
                                         .outcome = OUTCOME_COMPLETED,
                                         .value_count = 2,
                                         .values = {value, outcome}};
    world_step(&world, &event);
}

/* A trial that may not be the best ended the search as if it were: its value was that of the
 * target, but its outcome out of bounds or never seen. */
static void no_target_is_reached_outside_of_the_constraints(void **state)
{
    struct experiment_config config = world_config(4);

    (void)state;
    config.objectives[0] = (struct objective_rule){.has_target = true, .target = 0.1};
    config.outcome_count = 1;
    config.outcomes[0] = (struct outcome_rule){.min = 1, .max = 2};
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    world_accept(&world, 0, attempt(1, 1));
    result_with(0, 0.05, 2.5);
    assert_int_equal(core_experiment(world.core, 1)->state, EXPERIMENT_RUNNING);
    result_with(1, 0.05, (double)NAN);
    assert_int_not_equal(core_experiment(world.core, 1)->state, EXPERIMENT_COMPLETED);
    while (world.ask_count > 0) {
        world_answer(&world, TIDE_OK);
    }
    world_ready(&world, 0, 2);
    world_accept(&world, 0, attempt(2, 1));
    result_with(2, 0.05, 2);
    assert_int_equal(core_experiment(world.core, 1)->state, EXPERIMENT_COMPLETED);
    assert_int_equal(core_experiment(world.core, 1)->reason, WHY_TARGET);
    world_fini(&world);
}

/* A worker says BYE and its process ends: it leaves once, and what it held goes on elsewhere. */
static void a_worker_leaves_once(void **state)
{
    const struct experiment_config config = world_config(8);
    struct event event = {.kind = EVENT_BYE};

    (void)state;
    begin(&config);
    world_accept(&world, 0, attempt(0, 1));
    event.worker = world.workers[0].id;
    world_step(&world, &event);
    assert_int_equal(row_of(0, 1)->state, ATTEMPT_LOST);
    event.kind = EVENT_GONE;
    world_step(&world, &event);
    assert_int_equal(world.outcome.trace_count, 0);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_deadline_of_a_budget_is_not_a_moment_early),
        cmocka_unit_test(a_stopped_search_asks_for_no_turn_over_its_budget),
        cmocka_unit_test(a_stopped_search_without_budget_ends),
        cmocka_unit_test(renewals_that_wait_are_heard_first),
        cmocka_unit_test(what_is_found_again_needs_a_slot),
        cmocka_unit_test(an_offer_made_again_has_a_lease_of_its_own),
        cmocka_unit_test(an_earlier_attempt_in_the_outbox_holds_nothing_up),
        cmocka_unit_test(no_offer_is_made_again_outside_of_a_window),
        cmocka_unit_test(a_late_rung_starts_nothing_beside_a_newer_attempt),
        cmocka_unit_test(what_is_dug_up_waits_for_a_window),
        cmocka_unit_test(what_is_dug_up_counts_the_workers_of_now),
        cmocka_unit_test(no_target_is_reached_outside_of_the_constraints),
        cmocka_unit_test(a_worker_leaves_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
