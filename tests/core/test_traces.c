/*
 * core: stories. Each tells the core a short history and compares the trace it leaves, line by
 * line, with tests/core/golden/NAME.trace. UPDATE_GOLDEN=1 rewrites the files; the difference is
 * then reviewed like code.
 */
#include "core/story.h"

#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(int32_t trials, int32_t slots)
{
    const struct experiment_config config = world_config(trials);

    begin_as(&config, slots);
}

/* Three trials fail at once on worker 1, and well on worker 0. */
static void story_quarantine(void)
{
    begin(9, 1);
    world_accept(&world, 0, attempt(0, 1));
    complete(0, 0, 1, 0.5);
    answer_all();
    join(1, 1);
    answer_all();
    for (int32_t trial = 2; trial <= 4; trial++) {
        world_accept(&world, 1, attempt(trial, 1));
        world_tick(&world, 100);
        fail_attempt(1, trial, 1, CAUSE_EXIT);
        world_ready(&world, 1, 1);
        answer_all();
    }
    note("the other one goes on; it gets nothing until its time is over");
    world_accept(&world, 0, attempt(1, 1));
    complete(0, 1, 1, 0.25);
    answer_all();
    world_tick(&world, QUARANTINE_MS);
    world_ready(&world, 1, 1);
}

static void story_held(void)
{
    begin(2, 1);
    world_accept(&world, 0, attempt(0, 1));
    world_hold(&world, true);
    note("what runs goes on, nothing starts");
    complete(0, 0, 1, 0.5);
    answer_all();
    world_hold(&world, false);
    world_accept(&world, 0, attempt(1, 1));
    complete(0, 1, 1, 0.25);
}

static void story_happy(void)
{
    begin(2, 1);
    world_accept(&world, 0, attempt(0, 1));
    complete(0, 0, 1, 0.5);
    answer_all();
    world_accept(&world, 0, attempt(1, 1));
    complete(0, 1, 1, 0.25);
}

static void story_parallel(void)
{
    begin(5, 3);
    complete(0, 1, 1, 0.5);
    answer_all();
    world_accept(&world, 0, attempt(0, 1));
    world_result(&world, 0, attempt(0, 1), OUTCOME_INFEASIBLE, CAUSE_INFEASIBLE, 0);
    answer_all();
}

/* The only trial has saved step 9 when the notice arrives, and goes on elsewhere. */
static void notice_after_saving(const struct experiment_config *config)
{
    struct event event = {.kind = EVENT_PREEMPT, .preempt_deadline_ms = 25000};

    begin_as(config, 1);
    world_accept(&world, 0, attempt(0, 1));
    world_tick(&world, 5000);
    world_checkpoint(&world, 0, attempt(0, 1), 1, 9);
    note("a notice arrives; the attempt leaves and goes on elsewhere");
    event.worker = world.workers[0].id;
    world_step(&world, &event);
    leave(0, 0, 1);
    join(1, 1);
    world_accept(&world, 1, attempt(0, 2));
    complete(1, 0, 2, 0.5);
}

static void story_preempted(void)
{
    const struct experiment_config config = world_config(1);

    notice_after_saving(&config);
    assert_int_equal(world.rows.attempts[0].useful_ms, 5000);
}

static void story_from_start(void)
{
    struct experiment_config config = world_config(1);

    config.always_from_start = true;
    note("preemption.resume: restart");
    notice_after_saving(&config);
    assert_int_equal(world.rows.attempts[0].useful_ms, 0);
}

static void story_lost(void)
{
    begin(1, 1);
    world_accept(&world, 0, attempt(0, 1));
    note("silence: the lease of 120 s, 2 % and 2 s run out");
    world_tick(&world, 124399);
    note("not yet");
    world_tick(&world, 2);
    join(1, 1);
    world_accept(&world, 1, attempt(0, 2));
    note("what another key says of the first attempt is not heard");
    complete(1, 0, 1, 0.1);
    note("the first worker was only cut off: its result counts, the second attempt is called off");
    complete(0, 0, 1, 0.5);
    note("the second one's result comes too late");
    complete(1, 0, 2, 0.4);
}

static void story_revived(void)
{
    begin(1, 1);
    world_accept(&world, 0, attempt(0, 1));
    world_tick(&world, 124401);
    note("the lease ran out, nobody took the trial, and the worker is heard again: so is its "
         "attempt");
    world_ready(&world, 0, 0);
    world_hello(&world, 0, 1);
    complete(0, 0, 1, 0.5);
}

static void story_restarts(void)
{
    begin(1, 1);
    for (int32_t number = 1; number <= 3; number++) {
        world_accept(&world, 0, attempt(0, number));
        fail_attempt(0, 0, number, CAUSE_EXIT);
        world_ready(&world, 0, 1);
        world_tick(&world, 60000);
    }
    note("buried after two restarts; a person digs it up");
    world_command(&world, VERB_KICK, 1, 0);
    complete(0, 0, 4, 0.5);
}

static void story_no_objective(void)
{
    begin(2, 1);
    fail_attempt(0, 0, 1, CAUSE_NO_OBJECTIVE);
    answer_all();
    fail_attempt(0, 1, 1, CAUSE_RULE_FAIL);
}

static void story_paused(void)
{
    begin(2, 1);
    world_accept(&world, 0, attempt(0, 1));
    world_command(&world, VERB_PAUSE, 1, -1);
    leave(0, 0, 1);
    world_command(&world, VERB_RESUME, 1, -1);
    world_accept(&world, 0, attempt(0, 2));
    complete(0, 0, 2, 0.5);
    answer_all();
    world_command(&world, VERB_STOP, 1, -1);
    complete(0, 1, 1, 0.4);
}

/* The night ends, and the next one goes on from the checkpoint on another worker. */
static void story_window(void)
{
    begin(2, 1);
    world_accept(&world, 0, attempt(0, 1));
    world_checkpoint(&world, 0, attempt(0, 1), 1, 3);
    note("the window shuts");
    world_gate(&world, 1, true, 0);
    leave(0, 0, 1);
    join(1, 1);
    note("the next one opens, but too late for a first checkpoint");
    world_gate(&world, 1, false, world.boot_ms + 1);
    note("and the one after that");
    world_gate(&world, 1, false, world.boot_ms + 3600000);
    world_accept(&world, 0, attempt(0, 2));
    complete(0, 0, 2, 0.5);
    answer_all();
}

static void story_cancelled(void)
{
    begin(5, 2);
    world_accept(&world, 0, attempt(0, 1));
    world_command(&world, VERB_CANCEL, 1, -1);
    leave(0, 0, 1);
    note("the other attempt was never accepted, and finishes all the same");
    complete(0, 1, 1, 0.5);
}

static void story_target(void)
{
    struct experiment_config config = world_config(10);

    config.objectives[0] = (struct objective_rule){.has_target = true, .target = 0.1};
    begin_as(&config, 2);
    complete(0, 0, 1, 0.05);
    leave(0, 1, 1);
}

static void story_failures(void)
{
    struct experiment_config config = world_config(10);

    config.failures_max = 1;
    begin_as(&config, 2);
    fail_attempt(0, 0, 1, CAUSE_NO_OBJECTIVE);
    leave(0, 1, 1);
}

static void story_budget(void)
{
    struct experiment_config config = world_config(10);

    config.compute_max_ms = 100000;
    begin_as(&config, 1);
    world_accept(&world, 0, attempt(0, 1));
    note("100 s of slot time, less 25 s of grace");
    world_tick(&world, 74000);
    note("still running");
    world_tick(&world, 1001);
    leave(0, 0, 1);
}

static void story_bad_checkpoint(void)
{
    begin(1, 1);
    world_accept(&world, 0, attempt(0, 1));
    world_checkpoint(&world, 0, attempt(0, 1), 1, 5);
    world_checkpoint(&world, 0, attempt(0, 1), 2, 10);
    world_checkpoint(&world, 0, attempt(0, 1), 3, 15);
    leave(0, 0, 1);
    note("the checkpoint of step 15 cannot be loaded, nor the one before it");
    fail_attempt(0, 0, 2, CAUSE_BAD_CHECKPOINT);
    fail_attempt(0, 0, 3, CAUSE_BAD_CHECKPOINT);
    note("the third one can; what is saved from there on takes the place of all of them");
    world_checkpoint(&world, 0, attempt(0, 4), 1, 12);
    leave(0, 0, 4);
    fail_attempt(0, 0, 5, CAUSE_BAD_CHECKPOINT);
    note("where none is left, the beginning");
    fail_attempt(0, 0, 6, CAUSE_BAD_CHECKPOINT);
    complete(0, 0, 7, 0.5);
}

static void story_restarted(void)
{
    begin(2, 1);
    world_accept(&world, 0, attempt(0, 1));
    note("kill -9, and a new coordinator on the same rows");
    world_restart(&world);
    world_hello(&world, 0, 1);
    world_ready(&world, 0, 0);
    complete(0, 0, 1, 0.5);
    answer_all();
    note("now the worker's own process dies and another takes its name");
    world.workers[0].count = 0;
    world.workers[0].restarted = true;
    join(0, 1);
    world_accept(&world, 0, attempt(1, 2));
    complete(0, 1, 2, 0.5);
}

static void story_refused(void)
{
    struct event event = {.kind = EVENT_REFUSE};

    begin(1, 1);
    event.worker = world.workers[0].id;
    event.refuse = (struct wire_refuse){.attempt = attempt(0, 1), .refusal = REFUSAL_DISK};
    world_step(&world, &event);
    world_ready(&world, 0, 1);
    complete(0, 0, 2, 0.5);
}

static void story_exhausted(void)
{
    begin(10, 1);
    complete(0, 0, 1, 0.5);
    world_answer(&world, TIDE_EXHAUSTED);
}

static void story_enough(void)
{
    struct event event = {.kind = EVENT_SUGGESTED};

    begin(10, 2);
    note("nothing may start, so the third point waits, and a fourth is asked for");
    world_gate(&world, 1, true, 0);
    complete(0, 0, 1, 0.5);
    note("that is not worth its trial, and then the one that waits is not either");
    event.suggested = (struct suggested_event){
        .experiment = 1, .number = 3, .status = TIDE_EXHAUSTED, .enough = true};
    world_step(&world, &event);
    world_gate(&world, 1, false, 0);
    complete(0, 1, 1, 0.4);
}

static void story_halving(void)
{
    struct experiment_config config = world_config(4);

    world_halve(&config);
    world_submit(&world, &config);
    join(0, 1);
    note("the best of three goes on to step 3, and as the best of one there it waits");
    for (int32_t trial = 0; trial < 3; trial++) {
        answer_all();
        world_checkpoint(&world, 0, attempt(trial, 1), 1, 1);
        complete(0, trial, 1, trial == 1 ? 0.1 : 0.5);
    }
    complete(0, 1, 2, 0.05);
    answer_all();
    note("the fourth is no better; the best may finish, so that there is a result");
    complete(0, 3, 1, 0.7);
    world_tick(&world, 0);
    complete(0, 1, 3, 0.01);
    world_tick(&world, 0);
}

static void story_median(void)
{
    struct experiment_config config = world_config(6);

    world_median(&config);
    world_submit(&world, &config);
    join(0, 3);
    join(1, 3);
    answer_all();
    for (int32_t trial = 0; trial < 6; trial++) {
        world_accept(&world, (uint32_t)trial / 3, attempt(trial, 1));
    }
    note("five pass step 2; there is no median of fewer than five others");
    for (int32_t trial = 0; trial < 5; trial++) {
        world_metric(&world, (uint32_t)trial / 3, attempt(trial, 1), 2, 0.1 * (trial + 1));
    }
    note("the sixth is as good as their median");
    world_metric(&world, 1, attempt(5, 1), 3, 0.3);
    note("they come to step 4 and do better; the sixth passes steps 4 and 8 and does not");
    for (int32_t trial = 0; trial < 5; trial++) {
        world_metric(&world, (uint32_t)trial / 3, attempt(trial, 1), 8, 0.05 * (trial + 1));
        complete((uint32_t)trial / 3, trial, 1, 0.1);
    }
    world_metric(&world, 1, attempt(5, 1), 8, 0.4);
    note("a coordinator that starts now knows why the trial is leaving");
    world_restart(&world);
    world_hello(&world, 1, 3);
    leave(1, 5, 1);
}

static void golden(const char *name)
{
    char path[512];
    char *want = NULL;

    (void)snprintf(path, sizeof path, "%s/%s.trace", TIDE_GOLDEN, name);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        file_write(path, trace);
        return;
    }
    want = file_read(path);
    assert_string_equal(trace, want);
    free(want);
}

static void tell(const char *name, void (*story)(void))
{
    const char *wrong = NULL;

    world_init(&world);
    trace[0] = '\0';
    world.trace = trace;
    story();
    wrong = core_check(world.core);
    if (wrong != NULL) {
        fail_msg("%s: %s", name, wrong);
    }
    world_fini(&world);
    golden(name);
}

static void every_story_leaves_its_trace(void **state)
{
    static const struct {
        const char *name;
        void (*story)(void);
    } stories[] = {
        {"happy", story_happy},
        {"held", story_held},
        {"quarantine", story_quarantine},
        {"parallel", story_parallel},
        {"preempted", story_preempted},
        {"from_start", story_from_start},
        {"lost", story_lost},
        {"revived", story_revived},
        {"restarts", story_restarts},
        {"no_objective", story_no_objective},
        {"paused", story_paused},
        {"window", story_window},
        {"cancelled", story_cancelled},
        {"target", story_target},
        {"failures", story_failures},
        {"budget", story_budget},
        {"ledger", story_ledger},
        {"budget_cost", story_budget_cost},
        {"plan", story_plan},
        {"forecast", story_forecast},
        {"guess", story_guess},
        {"pace", story_pace},
        {"launch", story_launch},
        {"late", story_late},
        {"moved", story_moved},
        {"not_moved", story_not_moved},
        {"not_moved_from_start", story_not_moved_from_start},
        {"burst", story_burst},
        {"bad_checkpoint", story_bad_checkpoint},
        {"restarted", story_restarted},
        {"refused", story_refused},
        {"exhausted", story_exhausted},
        {"enough", story_enough},
        {"halving", story_halving},
        {"median", story_median},
    };

    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        tell(stories[i].name, stories[i].story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_story_leaves_its_trace)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
