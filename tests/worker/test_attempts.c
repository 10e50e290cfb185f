/*
 * The real worker program against a small coordinator on loopback: scripts that end in every way
 * there is, each with the outcome of the table "How an attempt ends" and a message that helps; what
 * a script finds in its environment; and that nothing it starts outlives it.
 */
#include "support/support.h"

#include "coordinator.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct coordinator self;

static int open_self(void **state)
{
    *state = &self;
    return coordinator_setup(state);
}

static struct record *run_script(int32_t trial, const char *script)
{
    const struct wire_assign assign = assignment(trial, 1, script);

    return coordinator_run(&self, &assign);
}

static void a_script_that_only_prints_completes(void **state)
{
    const struct record *record =
        run_script(0, "echo epoch 1 val_loss=0.5; echo epoch 2 val_loss=0.31; echo done >&2");

    (void)state;
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_close(record->value, 0.31, 0, 0);
    assert_int_equal(record->accepted, 1);
    assert_int_equal(record->result.last_step, 2);
    assert_string_equal(record->points, "val_loss@1=0.5 val_loss@2=0.31 ");
    assert_string_equal(record->logs[STREAM_STDOUT],
                        "epoch 1 val_loss=0.5\nepoch 2 val_loss=0.31\n");
    assert_string_equal(record->logs[STREAM_STDERR], "done\n");
    assert_string_equal(record->message, "");
}

static void each_failure_says_what_to_do(void **state)
{
    struct wire_assign assign = assignment(7, 1, "");
    const struct record *record = NULL;

    (void)state;
    record = run_script(1, "echo no number here");
    record_ended(record, OUTCOME_FAILED, CAUSE_NO_OBJECTIVE);
    record_says(record, "'val_loss' was never seen");
    record_says(record, "no number here");
    record = run_script(2, "echo Traceback >&2; exit 1");
    record_ended(record, OUTCOME_FAILED, CAUSE_EXIT);
    assert_int_equal(record->result.exit_code, 1);
    record_says(record, "exit 1; its last lines:\n  Traceback");
    record = run_script(3, "kill -SEGV $$");
    record_ended(record, OUTCOME_FAILED, CAUSE_SIGNAL);
    assert_int_equal(record->result.signal, SIGSEGV);
    record_says(record, "killed by signal 11");
    record = run_script(4, "kill -KILL $$");
    record_says(record, "perhaps the machine ran out of memory");
    assign.attempt.trial = 5;
    assign.words[0] = "no-such-command";
    record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_FAILED, CAUSE_NOT_FOUND);
    record_says(record, "'no-such-command' cannot be found");
    assign.attempt.trial = 6;
    assign.words[0] = "/etc/passwd";
    record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_FAILED, CAUSE_CANNOT_RUN);
    record_says(record, "'/etc/passwd' cannot be run: Permission denied");
}

static void the_infeasible_is_told_apart(void **state)
{
    struct wire_assign assign = assignment(13, 1, "echo CUDA out of memory; sleep 600");

    (void)state;
    record_ended(run_script(10, "echo val_loss=nan; exit 1"), OUTCOME_INFEASIBLE, CAUSE_NON_FINITE);
    record_ended(run_script(11, "exit 65"), OUTCOME_INFEASIBLE, CAUSE_INFEASIBLE);
    const struct record *record =
        run_script(12, "echo '{\"infeasible\":\"too wide\"}' >>$TIDEMILL_REPORT");
    record_ended(record, OUTCOME_INFEASIBLE, CAUSE_INFEASIBLE);
    record_says(record, "too wide");
    assign.rules[0] = (struct wire_rule){"CUDA out of memory", THEN_INFEASIBLE};
    assign.rule_count = 1;
    record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_INFEASIBLE, CAUSE_RULE_INFEASIBLE);
    record_says(record, "on_output matched: CUDA out of memory");
}

static void exit_75_asks_to_be_run_again(void **state)
{
    (void)state;
    record_ended(run_script(20, "exit 75"), OUTCOME_LEFT, CAUSE_REQUEUE);
}

static void a_script_that_hangs_is_ended_in_time(void **state)
{
    struct wire_assign assign = assignment(30, 1, "trap '' TERM; while :; do sleep 1; done");

    (void)state;
    assign.timeout_ms = 300;
    assign.grace_ms = 200;
    const struct record *record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_FAILED, CAUSE_TIMEOUT);
    assert_in_range(record->result.duration_ms, 500, 5000);
    assign = assignment(31, 1, "echo val_loss=1; exec sleep 600");
    assign.stall_ms = 300;
    record_ended(coordinator_run(&self, &assign), OUTCOME_FAILED, CAUSE_STALL);
}

/* 100 MB on stdout: counted, drained, kept at both ends, and sent as such. */
static void output_is_bounded_and_never_blocks(void **state)
{
    (void)state;
    const struct record *record = run_script(
        40, "echo begins; yes 0123456789abcdef | head -c 30000000; echo; echo val_loss=0.5");

    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_true(record->result.output_bytes > 30000000);
    assert_memory_equal(record->logs[STREAM_STDOUT], "begins\n0123", 11);
}

static void level_one_is_what_counts(void **state)
{
    (void)state;
    const struct record *record = run_script(
        50, "echo val_loss=9; r=$TIDEMILL_REPORT;"
            "echo '{\"step\":1,\"metrics\":{\"val_loss\":0.5,\"acc\":0.25}}' >>$r;"
            "echo val_loss=8; echo '{\"final\":true,\"metrics\":{\"val_loss\":0.125}}' >>$r");

    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_close(record->value, 0.125, 0, 0);
    assert_non_null(strstr(record->points, "val_loss@1=0.5 acc@1=0.25 "));
    record = run_script(51, "echo '@tidemill {\"step\":4,\"metrics\":{\"val_loss\":0.75}}'");
    assert_close(record->value, 0.75, 0, 0);
    assert_int_equal(record->result.last_step, 4);
}

static void a_script_finds_what_it_needs(void **state)
{
    struct wire_assign assign = assignment(
        60, 2,
        "echo $TIDEMILL_TRIAL $TIDEMILL_ATTEMPT $TIDEMILL_RESUME $TIDEMILL_BUDGET;"
        "echo $TIDEMILL_PARAM_lr $TIDEMILL_PARAM_opt $TIDEMILL_PARAM_amp $TIDEMILL_PARAM_n;"
        "cat $TIDEMILL_PARAMS; echo; test -d $TIDEMILL_CHECKPOINT_DIR && echo $OMP_NUM_THREADS;"
        "test -e $TIDEMILL_NOTICE || echo val_loss=1; ls /proc/self/fd | tr '\\n' ' '; ulimit -c");

    (void)state;
    assign.env[0] = (struct wire_pair){"OMP_NUM_THREADS", "8"};
    assign.env_count = 1;
    const struct record *record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_string_equal(record->logs[STREAM_STDOUT],
                        "7.60 2 0 20\n0.001 adam true 3\n"
                        "{\"lr\":0.001,\"opt\":\"adam\",\"amp\":true,\"n\":3}\n8\nval_loss=1\n"
                        "0 1 2 3 0\n");
}

/* A stop: the notice file, then the signal; the script saves and leaves with 75. */
static void a_stop_is_a_notice_and_a_signal(void **state)
{
    const struct wire_assign assign = assignment(
        70, 1,
        "trap 'cat $TIDEMILL_NOTICE; exit 75' TERM; echo '@tidemill {\"step\":1,\"metrics\":{}}';"
        "echo ready; while :; do sleep 0.05; done");
    struct record *record = coordinator_assign(&self, &assign);

    (void)state;
    while (strstr(record->logs[STREAM_STDOUT], "ready") == NULL) {
        coordinator_turn(&self, 100);
    }
    coordinator_stop_attempt(&self, assign.attempt, LEAVE_WINDOW, 10000);
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_LEFT, CAUSE_NOTICE);
    assert_int_equal(record->result.exit_code, 75);
    assert_non_null(
        strstr(record->logs[STREAM_STDOUT], "{\"reason\":\"window\",\"deadline\":\"20"));
    record_says(record, "told to leave: window");
}

/* The supervisor stands still while the STOP arrives: the script does not see the notice before the
 * supervisor has the order, so that whoever leaves because of it has left on notice, however
 * quickly, and whatever its exit code. */
static void nobody_leaves_before_it_is_told(void **state)
{
    const struct wire_assign assign =
        assignment(72, 1,
                   "trap '' TERM; echo $PPID $TIDEMILL_NOTICE ready;"
                   "until [ -e $TIDEMILL_NOTICE ]; do sleep 0.02; done; exit 1");
    struct record *record = coordinator_assign(&self, &assign);
    int supervisor = 0;
    char notice[512] = "";

    (void)state;
    coordinator_wait_output(&self, record, "ready");
    assert_int_equal(sscanf(record->logs[STREAM_STDOUT], "%d %511s", &supervisor, notice), 2);
    assert_int_equal(kill(supervisor, SIGSTOP), 0);
    coordinator_stop_attempt(&self, assign.attempt, LEAVE_PREEMPTION, 20000);
    (void)run_script(73, "echo val_loss=1"); /* the worker has heard the STOP by then */
    const bool shown = access(notice, F_OK) == 0;
    assert_int_equal(kill(supervisor, SIGCONT), 0);
    assert_false(shown);
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_LEFT, CAUSE_NOTICE);
}

static void a_stop_without_grace_kills(void **state)
{
    const struct wire_assign assign = assignment(71, 1, "trap '' TERM; echo ready; sleep 600");
    struct record *record = coordinator_assign(&self, &assign);

    (void)state;
    while (strstr(record->logs[STREAM_STDOUT], "ready") == NULL) {
        coordinator_turn(&self, 100);
    }
    coordinator_stop_attempt(&self, assign.attempt, LEAVE_PRUNED, 0);
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_LEFT, CAUSE_NOTICE);
}

/* R6: the same attempt again is not run again, a lower one is refused. */
static void an_attempt_is_run_once(void **state)
{
    struct wire_assign assign = assignment(80, 3, "echo val_loss=1");
    struct record *record = NULL;

    (void)state;
    (void)coordinator_run(&self, &assign);
    record = coordinator_assign(&self, &assign);
    coordinator_wait(&self, &record->refused, 1);
    assert_int_equal(record->refusal, REFUSAL_STALE);
    assert_int_equal(record->results, 1);
    assign.attempt.number = 2;
    record = coordinator_assign(&self, &assign);
    coordinator_wait(&self, &record->refused, 1);
    assert_int_equal(record->refusal, REFUSAL_STALE);
}

static void a_workdir_that_is_not_there_is_refused(void **state)
{
    struct wire_assign assign = assignment(81, 1, "true");

    (void)state;
    assign.workdir = "/no/such/folder";
    struct record *record = coordinator_assign(&self, &assign);
    coordinator_wait(&self, &record->refused, 1);
    assert_int_equal(record->refusal, REFUSAL_WORKDIR);
}

/* A double fork in a session of its own: its lock on a file ends only with it. */
static void nothing_outlives_its_attempt(void **state)
{
    char script[2048];
    char lock[600];

    (void)state;
    (void)snprintf(lock, sizeof lock, "%s/lock", self.folder);
    (void)snprintf(script, sizeof script,
                   "(setsid flock %s sh -c 'echo held; exec sleep 600' &) ;"
                   "until ! flock -n %s true; do :; done; echo val_loss=1",
                   lock, lock);
    record_ended(run_script(90, script), OUTCOME_COMPLETED, CAUSE_EXIT);
    (void)snprintf(script, sizeof script, "flock -n %s true && echo val_loss=1", lock);
    record_ended(run_script(91, script), OUTCOME_COMPLETED, CAUSE_EXIT);
}

/* tidemill.py in a real attempt: it reports, saves, is told to stop, requeues, and goes on. */
static void a_python_script_saves_and_goes_on(void **state)
{
    static const char script[] =
        "import sys; sys.path.insert(0, '" WORKER_SOURCES "')\n"
        "import tidemill as tm, os, time\n"
        "p = tm.params({'lr': 0.1})\n"
        "path = os.path.join(tm.checkpoint_dir(), 'step')\n"
        "start = int(open(path).read()) if tm.resuming() else 0\n"
        "for step in range(start + 1, tm.budget(5) + 1):\n"
        "    tm.report(step=step, val_loss=p['lr'] / step)\n"
        "    open(path + '.new', 'w').write(str(step)); os.replace(path + '.new', path)\n"
        "    if step == 3 and not tm.resuming():\n"
        "        assert tm.checkpoint(step)\n"
        "        while not tm.should_stop(): time.sleep(0.01)\n"
        "        tm.requeue(step)\n"
        "tm.final(val_loss=p['lr'])\n";
    static char store[600];
    struct wire_assign assign = assignment(95, 1, "");

    (void)state;
    if (access("/usr/bin/python3", X_OK) != 0) {
        print_message("there is no /usr/bin/python3\n");
        skip();
    }
    (void)snprintf(store, sizeof store, "%s/store", self.folder);
    assign.checkpoint_store = store;
    assign.words[0] = "/usr/bin/python3";
    assign.words[2] = script;
    assign.target_step = 5;
    assign.env[0] = (struct wire_pair){"PYTHONDONTWRITEBYTECODE", "1"};
    assign.env_count = 1;
    struct record *record = coordinator_assign(&self, &assign);
    coordinator_wait(&self, &record->checkpoints, 1);
    coordinator_stop_attempt(&self, assign.attempt, LEAVE_PREEMPTION, 20000);
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_LEFT, CAUSE_NOTICE);
    assert_int_equal(record->checkpoint.step, 3);
    assign.attempt.number = 2;
    assign.checkpoint = record->checkpoint;
    record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_close(record->value, 0.001, 0, 0);
    assert_string_equal(record->points, "val_loss@4=0.00025 val_loss@5=0.0002 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_that_only_prints_completes),
        cmocka_unit_test(each_failure_says_what_to_do),
        cmocka_unit_test(the_infeasible_is_told_apart),
        cmocka_unit_test(exit_75_asks_to_be_run_again),
        cmocka_unit_test(a_script_that_hangs_is_ended_in_time),
        cmocka_unit_test(output_is_bounded_and_never_blocks),
        cmocka_unit_test(level_one_is_what_counts),
        cmocka_unit_test(a_script_finds_what_it_needs),
        cmocka_unit_test(a_stop_is_a_notice_and_a_signal),
        cmocka_unit_test(nobody_leaves_before_it_is_told),
        cmocka_unit_test(a_stop_without_grace_kills),
        cmocka_unit_test(an_attempt_is_run_once),
        cmocka_unit_test(a_workdir_that_is_not_there_is_refused),
        cmocka_unit_test(nothing_outlives_its_attempt),
        cmocka_unit_test(a_python_script_saves_and_goes_on),
    };

    return cmocka_run_group_tests(tests, open_self, coordinator_teardown);
}
