/*
 * What the real worker and its attempts survive: a coordinator that goes and comes back, a worker
 * and a supervisor killed with -9, a drain, checkpoints that are saved, restored and corrupted.
 * Each case has a coordinator and a worker of its own; nothing waits by sleeping.
 */
#include "support/support.h"

#include "coordinator.h"
#include "worker/agent.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static struct coordinator self;

static void path_in(char *path, const char *name)
{
    (void)snprintf(path, 600, "%s/%s", self.folder, name);
}

/* A script that holds a lock in a session of its own, and says so. */
static void holding_script(char *script, size_t bytes, const char *lock)
{
    (void)snprintf(script, bytes,
                   "(setsid flock %s sh -c 'exec sleep 600' &); until ! flock -n %s true; do :; "
                   "done; echo held; sleep 600",
                   lock, lock);
}

/* Blocks until nobody holds the lock any more; the test's time limit is the bound. */
static void wait_unlocked(const char *path)
{
    const int fd = open(path, O_RDWR | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    (void)close(fd);
}

static void a_result_waits_for_the_coordinator_and_for_the_worker(void **state)
{
    char go[600];
    char script[2048];

    (void)state;
    path_in(go, "go");
    (void)snprintf(script, sizeof script, "mkfifo %s; echo ready; read x <%s; echo val_loss=0.25",
                   go, go);
    const struct wire_assign assign = assignment(1, 1, script);
    struct record *record = coordinator_assign(&self, &assign);
    coordinator_wait_output(&self, record, "ready");
    coordinator_stop(&self);
    file_write(go, "x\n");
    char outbox[700];
    (void)snprintf(outbox, sizeof outbox, "%s/0123456789abcdef0123456789abcdef/outbox/7.1.1",
                   self.state);
    for (int i = 0; access(outbox, F_OK) != 0; i++) {
        assert_true(i < 300);
        coordinator_turn(&self, 100);
    }
    assert_int_equal(kill(self.worker, SIGKILL), 0);
    assert_int_equal(waitpid(self.worker, NULL, 0), self.worker);
    coordinator_restart(&self);
    coordinator_worker(&self, NULL);
    assert_int_equal(self.owed, 1);
    assert_int_equal(self.running, 0);
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_close(record->value, 0.25, 0, 0);
    struct record *again = coordinator_assign(&self, &assign);
    coordinator_wait(&self, &again->refused, 1);
    assert_int_equal(again->refusal, REFUSAL_STALE);
    assert_int_not_equal(access(outbox, F_OK), 0);
}

static void a_trial_runs_on_without_its_coordinator(void **state)
{
    char go[600];
    char script[2048];

    (void)state;
    path_in(go, "go");
    (void)snprintf(script, sizeof script,
                   "mkfifo %s; echo epoch 1 val_loss=2; echo ready; read x <%s; echo epoch 2 "
                   "val_loss=1",
                   go, go);
    const struct wire_assign assign = assignment(1, 1, script);
    struct record *record = coordinator_assign(&self, &assign);
    coordinator_wait_output(&self, record, "ready");
    coordinator_stop(&self);
    coordinator_restart(&self);
    self.slots_free = -1;
    coordinator_wait(&self, &self.hellos, 2);
    assert_int_equal(self.running, 1);
    coordinator_wait(&self, &self.slots_free, 1); /* READY: it has heard the WELCOME */
    file_write(go, "x\n");
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_non_null(strstr(record->points, "val_loss@2=1"));
}

static void a_killed_worker_leaves_nothing_behind(void **state)
{
    char lock[600];
    char script[2048];

    (void)state;
    path_in(lock, "lock");
    holding_script(script, sizeof script, lock);
    const struct wire_assign assign = assignment(1, 1, script);
    coordinator_wait_output(&self, coordinator_assign(&self, &assign), "held");
    assert_int_equal(kill(self.worker, SIGKILL), 0);
    assert_int_equal(waitpid(self.worker, NULL, 0), self.worker);
    self.worker = 0;
    wait_unlocked(lock);
}

/* The supervisor is the parent of the script. */
static void a_killed_supervisor_is_noticed(void **state)
{
    char lock[600];
    char holding[2048];
    char script[4096];

    (void)state;
    path_in(lock, "lock");
    holding_script(holding, sizeof holding, lock);
    (void)snprintf(script, sizeof script, "echo pid $PPID; %s", holding);
    const struct wire_assign assign = assignment(1, 1, script);
    struct record *record = coordinator_assign(&self, &assign);
    coordinator_wait_output(&self, record, "held");
    const pid_t supervisor = (pid_t)strtol(record->logs[STREAM_STDOUT] + 4, NULL, 10);
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_FAILED, CAUSE_WORKER);
    wait_unlocked(lock);
}

static void sigterm_drains_and_a_second_one_ends(void **state)
{
    const struct wire_assign polite =
        assignment(1, 1, "trap 'exit 75' TERM; echo ready; while :; do sleep 0.05; done");
    struct record *record = coordinator_assign(&self, &polite);

    (void)state;
    coordinator_wait_output(&self, record, "ready");
    assert_int_equal(kill(self.worker, SIGTERM), 0);
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_LEFT, CAUSE_NOTICE);
    assert_int_equal(WEXITSTATUS(coordinator_wait_exit(&self)), AGENT_EXIT_PREEMPTED);
    assert_int_equal(self.preempts, 1);
    assert_int_equal(self.byes, 1);
    coordinator_worker(&self, NULL);
    struct wire_assign deaf = assignment(2, 1, "trap '' TERM; echo ready; sleep 600");
    deaf.grace_ms = 600000;
    record = coordinator_assign(&self, &deaf);
    coordinator_wait_output(&self, record, "ready");
    assert_int_equal(kill(self.worker, SIGTERM), 0);
    coordinator_wait(&self, &self.preempts, 2);
    assert_int_equal(kill(self.worker, SIGTERM), 0);
    coordinator_wait(&self, &record->results, 1);
    assert_int_equal(WEXITSTATUS(coordinator_wait_exit(&self)), AGENT_EXIT_PREEMPTED);
}

static void an_idle_worker_leaves_when_told_so(void **state)
{
    static const char *const words[] = {"--exit-when-idle", "200ms", NULL};

    (void)state;
    assert_int_equal(kill(self.worker, SIGTERM), 0);
    (void)coordinator_wait_exit(&self);
    coordinator_worker(&self, words);
    assert_int_equal(coordinator_wait_exit(&self), 0);
    assert_int_equal(self.byes, 2);
}

/* Both at once: then only a control group knows what they left, and the next worker ends it. */
static void the_next_worker_ends_what_was_left(void **state)
{
    char lock[600];
    char holding[2048];
    char script[4096];

    (void)state;
    if (access("/sys/fs/cgroup/unified/cgroup.procs", W_OK) != 0 &&
        access("/sys/fs/cgroup/cgroup.procs", W_OK) != 0) {
        print_message("no control groups of version 2 can be made here\n");
        skip();
    }
    path_in(lock, "lock");
    holding_script(holding, sizeof holding, lock);
    (void)snprintf(script, sizeof script, "echo pid $PPID; %s", holding);
    const struct wire_assign assign = assignment(1, 1, script);
    struct record *record = coordinator_assign(&self, &assign);
    coordinator_wait_output(&self, record, "held");
    const pid_t supervisor = (pid_t)strtol(record->logs[STREAM_STDOUT] + 4, NULL, 10);
    assert_int_equal(kill(supervisor, SIGSTOP), 0); /* it does not see its worker die */
    assert_int_equal(kill(self.worker, SIGKILL), 0);
    assert_int_equal(waitpid(self.worker, NULL, 0), self.worker);
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    const int fd = open(lock, O_RDWR);
    assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    (void)close(fd);
    coordinator_worker(&self, NULL);
    wait_unlocked(lock);
}

/* Killed is the parent, and gone the folder: nothing is left to wait for. */
static void a_worker_ends_with_its_parent(void **state)
{
    char command[] = "sleep";
    char time[] = "600";
    char *sleeper[] = {command, time, NULL};
    char pid[16];
    const char *const words[] = {"--parent-pid", pid, NULL};
    char lock[600];
    char script[4096];
    pid_t parent = 0;

    (void)state;
    assert_int_equal(kill(self.worker, SIGTERM), 0);
    (void)coordinator_wait_exit(&self);
    assert_int_equal(posix_spawnp(&parent, command, NULL, NULL, sleeper, NULL), 0);
    (void)snprintf(pid, sizeof pid, "%d", parent);
    coordinator_worker(&self, words);
    path_in(lock, "lock");
    holding_script(script, sizeof script, lock);
    const struct wire_assign assign = assignment(1, 1, script);
    coordinator_wait_output(&self, coordinator_assign(&self, &assign), "held");
    (void)snprintf(script, sizeof script, "rm -rf '%s'", self.state);
    assert_int_equal(system(script), 0);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_int_equal(WEXITSTATUS(coordinator_wait_exit(&self)), AGENT_EXIT_PREEMPTED);
    wait_unlocked(lock);
}

/* --- checkpoints --- */

static struct wire_assign saving(int32_t trial, int32_t number, const char *script)
{
    static char store[600];
    struct wire_assign assign = assignment(trial, number, script);

    path_in(store, "store");
    assign.checkpoint_store = store;
    return assign;
}

static void a_checkpoint_carries_on(void **state)
{
    struct wire_assign assign =
        saving(1, 1,
               "cd $TIDEMILL_CHECKPOINT_DIR; mkdir d; echo weights >d/new; mv d/new d/model;"
               "ln -s d/model last; echo '{\"checkpoint\":3}' >>$TIDEMILL_REPORT;"
               "until test -e $TIDEMILL_REPORT.saved; do sleep 0.01; done;"
               "cat $TIDEMILL_REPORT.saved; echo more >d/more; exit 75");
    struct record *record = coordinator_run(&self, &assign);

    (void)state;
    record_ended(record, OUTCOME_LEFT, CAUSE_REQUEUE);
    assert_string_equal(record->logs[STREAM_STDOUT], "{\"step\":3,\"saved\":true}\n");
    assert_int_equal(record->checkpoints, 2);
    assert_int_equal(record->checkpoint.seq, 2);
    assert_int_equal(record->checkpoint.step, 3);
    assert_non_null(strstr(record->location, "/7.1/1-2.tar.zst"));
    assign = saving(1, 2,
                    "cd $TIDEMILL_CHECKPOINT_DIR; echo $TIDEMILL_RESUME; cat d/model last "
                    "d/more; echo val_loss=1");
    assign.checkpoint = record->checkpoint;
    record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_string_equal(record->logs[STREAM_STDOUT], "1\nweights\nweights\nmore\nval_loss=1\n");
    assert_int_equal(record->checkpoints, 0);
}

static void a_stopped_script_leaves_its_checkpoint(void **state)
{
    const struct wire_assign assign =
        saving(2, 1,
               "trap 'echo late >$TIDEMILL_CHECKPOINT_DIR/x; exit 0' TERM; echo epoch 4; "
               "echo epoch 4 val_loss=1; echo ready; while :; do sleep 0.05; done");
    struct record *record = coordinator_assign(&self, &assign);

    (void)state;
    coordinator_wait_output(&self, record, "ready");
    coordinator_stop_attempt(&self, assign.attempt, LEAVE_WINDOW, 5000);
    coordinator_wait(&self, &record->results, 1);
    record_ended(record, OUTCOME_LEFT, CAUSE_NOTICE);
    assert_int_equal(record->checkpoints, 1);
    assert_int_equal(record->checkpoint.step, 4);
}

static void a_checkpoint_that_is_not_the_one_is_refused(void **state)
{
    struct wire_assign assign =
        saving(3, 1, "echo weights >$TIDEMILL_CHECKPOINT_DIR/model; exit 75");
    struct record *first = coordinator_run(&self, &assign);
    const char *path = first->location + strlen("file:");

    (void)state;
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 30, SEEK_SET), 0);
    const int byte = fgetc(file);
    assert_int_equal(fseek(file, 30, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
    assign = saving(3, 2, "echo val_loss=1");
    assign.checkpoint = first->checkpoint;
    struct record *record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_FAILED, CAUSE_BAD_CHECKPOINT);
    assert_non_null(strstr(record->message, "its hash differs"));
    assert_int_equal(unlink(path), 0);
    assign.attempt.number = 3;
    record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_FAILED, CAUSE_BAD_CHECKPOINT);
    assert_non_null(strstr(record->message, "No such file"));
}

static bool is_saved(const struct record *record, int attempt, int seq)
{
    char path[1024 + 32];

    (void)snprintf(path, sizeof path, "%s", record->location + strlen("file:"));
    (void)snprintf(strrchr(path, '/'), 32, "/%d-%d.tar.zst", attempt, seq);
    return access(path, F_OK) == 0;
}

/* As many as the spec says; what an attempt saved that was given up does not count, nor what could
 * not be loaded: both are after the checkpoint from which the next attempt begins. */
static void the_last_checkpoints_stay(void **state)
{
    static const char script[] =
        "for i in 1 2 3 4; do echo $i >$TIDEMILL_CHECKPOINT_DIR/model;"
        "echo \"{\\\"checkpoint\\\":$i}\" >>$TIDEMILL_REPORT;"
        "until grep -qs \":$i,\" $TIDEMILL_REPORT.saved; do sleep 0.01; done; done;"
        "echo val_loss=1";
    struct wire_assign assign = saving(4, 1, script);

    (void)state;
    assign.checkpoint_keep = 3;
    struct record *record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_int_equal(record->checkpoints, 4);
    for (int seq = 1; seq <= 4; seq++) {
        assert_int_equal(is_saved(record, 1, seq), seq > 1);
    }
    assign.attempt.number = 2;
    assign.checkpoint = record->checkpoint;
    assign.checkpoint.seq = 2; /* as if 1-3 and 1-4 had never been recorded */
    assign.checkpoint_keep = 5;
    record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_true(is_saved(record, 1, 2) && is_saved(record, 2, 1) && is_saved(record, 2, 4));
    assert_true(!is_saved(record, 1, 3) && !is_saved(record, 1, 4));
}

/* The attempt is over and its log has left before its last checkpoint is on record: what that makes
 * superfluous goes all the same. */
static void what_is_recorded_late_still_makes_room(void **state)
{
    static const char script[] =
        "for i in 1 2; do echo $i >$TIDEMILL_CHECKPOINT_DIR/model;"
        "echo \"{\\\"checkpoint\\\":$i}\" >>$TIDEMILL_REPORT;"
        "until grep -qs \":$i,\" $TIDEMILL_REPORT.saved; do sleep 0.01; done; done;"
        "echo val_loss=1";
    struct wire_assign assign = saving(6, 1, script);

    (void)state;
    assign.checkpoint_keep = 1;
    self.full = true;
    struct record *record = coordinator_assign(&self, &assign);
    coordinator_wait_output(&self, record, "val_loss=1");
    self.full = false; /* the last one is sent again, some seconds later */
    coordinator_wait(&self, &record->results, 1);
    assert_int_equal(is_saved(record, 1, 2), true);
    assert_int_equal(is_saved(record, 1, 1), false);
}

/* It takes long to archive; the coordinator's disk may be full, and it take ten minutes. */
static void a_result_waits_for_no_checkpoint_that_nobody_needs(void **state)
{
    static const char script[] = "truncate -s 12G $TIDEMILL_CHECKPOINT_DIR/model;"
                                 "echo '{\"checkpoint\":1}' >>$TIDEMILL_REPORT; echo val_loss=1";
    struct wire_assign assign = saving(5, 1, script);
    struct record *record = coordinator_run(&self, &assign);

    (void)state;
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_int_equal(record->checkpoints, 0);
    assign = saving(6, 1, "echo 1 >$TIDEMILL_CHECKPOINT_DIR/model; echo val_loss=1");
    record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_int_equal(record->checkpoints, 0);
}

/* From there it may go on: the checkpoint comes first. */
static void a_result_at_a_rung_waits_for_its_checkpoint(void **state)
{
    struct wire_assign assign =
        saving(7, 1, "echo 1 >$TIDEMILL_CHECKPOINT_DIR/model; echo val_loss=1");

    (void)state;
    assign.rung = true;
    struct record *record = coordinator_run(&self, &assign);
    record_ended(record, OUTCOME_COMPLETED, CAUSE_EXIT);
    assert_int_equal(record->checkpoints, 1);
}

#define CASE(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, coordinator_setup, coordinator_teardown, &self)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_result_waits_for_the_coordinator_and_for_the_worker),
        CASE(a_trial_runs_on_without_its_coordinator),
        CASE(a_killed_worker_leaves_nothing_behind),
        CASE(a_killed_supervisor_is_noticed),
        CASE(sigterm_drains_and_a_second_one_ends),
        CASE(an_idle_worker_leaves_when_told_so),
        CASE(the_next_worker_ends_what_was_left),
        CASE(a_worker_ends_with_its_parent),
        CASE(a_checkpoint_carries_on),
        CASE(a_stopped_script_leaves_its_checkpoint),
        CASE(a_checkpoint_that_is_not_the_one_is_refused),
        CASE(the_last_checkpoints_stay),
        CASE(what_is_recorded_late_still_makes_room),
        CASE(a_result_waits_for_no_checkpoint_that_nobody_needs),
        CASE(a_result_at_a_rung_waits_for_its_checkpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
