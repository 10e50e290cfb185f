/*
 * The walls around an attempt of a worker that was not started by its caller: an environment made
 * from nothing, another user (as root), no way to more privileges, files that others cannot read,
 * and a list of commands beyond which nothing runs.
 */
#include "support/support.h"

#include "coordinator.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct coordinator self;

/* The usual worker inherits the environment; this one does not. */
static void open_with(const char *const *words)
{
    coordinator_open(&self);
    self.bare = true;
    assert_int_equal(chmod(self.folder, 0755), 0); /* another user must get to the state folder */
    coordinator_worker(&self, words);
}

static void the_environment_is_made_from_nothing(void **state)
{
    static const char *const words[] = {"--allow-root", NULL};
    struct wire_assign assign = assignment(1, 1, "env | sed 's/=.*//' | sort | tr '\n' ' '; umask");

    (void)state;
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "x", 1), 0);
    assert_int_equal(setenv("HF_TOKEN", "of the worker", 1), 0);
    assert_int_equal(unsetenv("CUDA_VISIBLE_DEVICES"), 0);
    assert_int_equal(setenv("LANG", "C", 1), 0);
    open_with(words);
    assign.secrets[0] = "HF_TOKEN";
    assign.secret_count = 1;
    const struct record *record = coordinator_run(&self, &assign);
    assert_string_equal(
        record->logs[STREAM_STDOUT],
        "HF_TOKEN HOME LANG PATH PWD TIDEMILL_ATTEMPT TIDEMILL_BUDGET "
        "TIDEMILL_CHECKPOINT_DIR TIDEMILL_NOTICE TIDEMILL_PARAMS TIDEMILL_PARAM_amp "
        "TIDEMILL_PARAM_lr TIDEMILL_PARAM_n TIDEMILL_PARAM_opt TIDEMILL_REPORT "
        "TIDEMILL_RESUME TIDEMILL_TRIAL TMPDIR 0077\n");
    assign.attempt.trial = 2;
    assign.secrets[0] = "NO_SUCH_SECRET";
    record = coordinator_run(&self, &assign);
    assert_int_equal(record->result.cause, CAUSE_WORKER);
    assert_non_null(strstr(record->message, "secret NO_SUCH_SECRET is not in the environment"));
}

static void as_root_another_user_runs_it(void **state)
{
    static const char *const words[] = {"--user", "nobody", NULL};
    const struct wire_assign assign = assignment(
        1, 1,
        "id -u; id -G; grep NoNewPrivs /proc/self/status; echo x >$TMPDIR/x && echo wrote;"
        "echo m >$TIDEMILL_CHECKPOINT_DIR/model; ls -l $TIDEMILL_PARAMS | cut -c1-10;"
        "echo '{\"metrics\":{\"val_loss\":0.5}}' >>$TIDEMILL_REPORT; pwd");
    const struct passwd *nobody = getpwnam("nobody");
    char want[256];

    (void)state;
    if (geteuid() != 0 || nobody == NULL) {
        print_message("this needs root, and the user nobody\n");
        coordinator_open(&self); /* for coordinator_teardown */
        skip();
        return;
    }
    open_with(words);
    const struct record *record = coordinator_run(&self, &assign);
    (void)snprintf(want, sizeof want, "%u\n%u\nNoNewPrivs:\t1\nwrote\n-rw-------\n", nobody->pw_uid,
                   nobody->pw_gid);
    if (strncmp(record->logs[STREAM_STDOUT], want, strlen(want)) != 0) {
        fail_msg("%s%s%s", record->logs[STREAM_STDOUT], record->logs[STREAM_STDERR],
                 record->message);
    }
    assert_int_equal(record->result.outcome, OUTCOME_COMPLETED);
}

static void only_listed_commands_run(void **state)
{
    char path[600];
    const char *const words[] = {"--allow-root", "--allow-commands", path, NULL};
    struct wire_assign assign = assignment(1, 1, "echo val_loss=1");

    (void)state;
    coordinator_open(&self);
    self.bare = true;
    (void)snprintf(path, sizeof path, "%s/allowed", self.folder);
    file_write(path, "# what this worker runs\npython3\n\n/bin/sh\n");
    coordinator_worker(&self, words);
    struct record *record = coordinator_run(&self, &assign);
    assert_int_equal(record->result.outcome, OUTCOME_COMPLETED);
    assign.attempt.trial = 2;
    assign.words[0] = "/bin/bash";
    record = coordinator_assign(&self, &assign);
    coordinator_wait(&self, &record->refused, 1);
    assert_int_equal(record->refusal, REFUSAL_COMMAND);
    assert_int_equal(unlink(path), 0);
    assign.attempt.trial = 3;
    assign.words[0] = "/bin/sh";
    record = coordinator_assign(&self, &assign);
    coordinator_wait(&self, &record->refused, 1);
}

/* The program itself says no before it does anything. */
static void a_wrong_command_line_is_told(void **state)
{
    static const char *const lines[] = {"",
                                        "--slots 0 --keys x",
                                        "--keys x --connect tcp://h:1",
                                        "--keys x --label novalue",
                                        "--keys x --exit-when-idle 10",
                                        "--keys x extra",
                                        "--nonsense",
                                        "--keys x --notice moon"};

    (void)state;
    coordinator_open(&self); /* for coordinator_teardown */
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char command[1024];
        (void)snprintf(command, sizeof command, "'%s' --allow-root %s 2>/dev/null", WORKER_PROGRAM,
                       lines[i]);
        assert_int_equal(WEXITSTATUS(system(command)), 2);
    }
}

#define CASE(name) cmocka_unit_test_prestate_setup_teardown(name, NULL, coordinator_teardown, &self)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_environment_is_made_from_nothing),
        CASE(as_root_another_user_runs_it),
        CASE(only_listed_commands_run),
        CASE(a_wrong_command_line_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
