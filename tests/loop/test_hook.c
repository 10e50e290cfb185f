/*
 * hook: commands that end well, badly, too late or with too much to say, that leave something
 * running behind them, and that are not there; each is waited for by its descriptor, never by a
 * clock.
 */
#include "support/support.h"

#include "loop/hook.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 100000 };

static struct hooks *hooks;

static int hooks_make(void **state)
{
    struct error error;

    (void)state;
    return hooks_open(&hooks, &error) == TIDE_OK ? 0 : -1;
}

static int hooks_drop(void **state)
{
    (void)state;
    hooks_close(hooks);
    return 0;
}

static void start(int32_t key, const char *script, int64_t timeout_ms)
{
    const char *const words[] = {"sh", "-c", script, NULL};
    struct error error;

    assert_int_equal(hook_start(hooks, key, words, "spot", timeout_ms, &error), TIDE_OK);
}

static struct hook_end ended(void)
{
    struct hook_end end;
    struct pollfd item = {.fd = hooks_fd(hooks), .events = POLLIN};

    while (!hooks_next(hooks, &end)) {
        (void)poll(&item, 1, 50);
    }
    return end;
}

static void output_and_environment_arrive(void **state)
{
    (void)state;
    start(7, "echo $TIDEMILL_POOL; echo two", LONG_MS);
    assert_true(hook_runs(hooks, 7));
    const struct hook_end end = ended();
    assert_true(end.good);
    assert_int_equal(end.key, 7);
    assert_string_equal(end.output, "spot\ntwo\n");
    assert_false(hook_runs(hooks, 7));
}

static void a_failure_says_why(void **state)
{
    (void)state;
    start(1, "echo i-1; echo first >&2; echo quota exceeded >&2; exit 3", LONG_MS);
    const struct hook_end end = ended();
    assert_false(end.good);
    assert_string_equal(end.output, "i-1\n");
    assert_string_equal(end.why, "exit 3: quota exceeded");
}

/* The pipe stays open for as long as the child lives; its end is nobody's business. */
static void a_child_left_behind_does_not_hold_it_up(void **state)
{
    (void)state;
    start(1, "exec 3<&0; (trap '' HUP; echo $$ >&2; exec sleep 1000) & echo $!", LONG_MS);
    const struct hook_end end = ended();
    assert_true(end.good);
    assert_int_equal(kill((pid_t)atoi(end.output), SIGKILL), 0);
}

static void too_late_is_killed(void **state)
{
    (void)state;
    start(1, "sleep 1000", 0);
    const struct hook_end end = ended();
    assert_false(end.good);
    assert_string_equal(end.why, "it took too long");
}

static void too_much_is_refused_and_does_not_hang(void **state)
{
    (void)state;
    start(1, "head -c 9000000 /dev/zero", LONG_MS);
    const struct hook_end end = ended();
    assert_false(end.good);
    assert_true(strncmp(end.why, "it printed more than", 20) == 0);
}

static void what_is_not_there_is_said_at_once(void **state)
{
    const char *const words[] = {"/nowhere/at/all", NULL};
    struct error error;

    (void)state;
    assert_int_equal(hook_start(hooks, 1, words, "spot", LONG_MS, &error), TIDE_IO);
    assert_string_equal(error.text, "cannot run /nowhere/at/all: No such file or directory");
    assert_false(hook_runs(hooks, 1));
}

static void many_run_side_by_side(void **state)
{
    bool seen[64] = {false};

    (void)state;
    for (int32_t key = 0; key < 64; key++) {
        start(key, "echo x", LONG_MS);
    }
    for (int i = 0; i < 64; i++) {
        const struct hook_end end = ended();
        assert_true(end.good && !seen[end.key]);
        seen[end.key] = true;
    }
}

int main(void)
{
#define HOOK_TEST(function) cmocka_unit_test_setup_teardown(function, hooks_make, hooks_drop)
    const struct CMUnitTest tests[] = {
        HOOK_TEST(output_and_environment_arrive),
        HOOK_TEST(a_failure_says_why),
        HOOK_TEST(a_child_left_behind_does_not_hold_it_up),
        HOOK_TEST(too_late_is_killed),
        HOOK_TEST(too_much_is_refused_and_does_not_hang),
        HOOK_TEST(what_is_not_there_is_said_at_once),
        HOOK_TEST(many_run_side_by_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
