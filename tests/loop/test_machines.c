/*
 * machines: a list of them through launches that bring all, too few, too many or nonsense, a
 * restart in the middle of a launch, and machines that idle. No process is started.
 */
#include "support/support.h"

#include "loop/machines.h"

#include <string.h>

static const int64_t wall_ms = 1795000000000;

static void a_launch_names_what_it_started(void **state)
{
    struct machines machines = {0};

    (void)state;
    assert_true(machines_ask(&machines, 3, wall_ms, 10));
    assert_int_equal(machines_count(&machines, MACHINE_ASKED), 3);
    const struct machines_answer answer =
        machines_answer(&machines, "i-1\ni-2\n\nnot an id\r\ni-2\n", wall_ms + 5, 20);
    assert_int_equal(answer.granted, 2);
    assert_int_equal(answer.nonsense, 1);
    assert_int_equal(answer.missing, 1);
    assert_int_equal(machines_count(&machines, MACHINE_UP), 2);
    assert_int_equal(machines_count(&machines, MACHINE_GONE), 1);
    assert_non_null(machines_find(&machines, "i-2"));
    machines_fini(&machines);
}

static void more_than_was_asked_for_is_up_too(void **state)
{
    struct machines machines = {0};

    (void)state;
    assert_true(machines_ask(&machines, 1, wall_ms, 10));
    const struct machines_answer answer = machines_answer(&machines, "a\nb", wall_ms, 20);
    assert_int_equal(answer.granted, 2);
    assert_int_equal(answer.missing, 0);
    assert_int_equal(machines_count(&machines, MACHINE_UP), 2);
    machines_fini(&machines);
}

/* The rows of a launch whose answer was never read: its workers are adopted one by one, and a later
 * launch does not give their places away. */
static void a_restart_within_a_launch_forgets_nothing(void **state)
{
    struct machines machines = {0};

    (void)state;
    for (int32_t number = 1; number <= 3; number++) {
        const struct machine_row row = {.pool = 1,
                                        .number = number,
                                        .state = number == 1 ? MACHINE_GONE : MACHINE_ASKED,
                                        .launched_ms = wall_ms};
        assert_true(machines_load(&machines, &row, number == 1 ? "old" : NULL, 30));
    }
    assert_int_equal(machines.count, 2);
    assert_int_equal(machines.last_number, 3);
    assert_int_equal(machines_adopt(&machines, "stray", wall_ms)->number, 2);
    assert_true(machines_ask(&machines, 1, wall_ms, 40));
    (void)machines_answer(&machines, "", wall_ms, 50);
    assert_int_equal(machines_count(&machines, MACHINE_ASKED), 1);
    assert_int_equal(machines_adopt(&machines, "other", wall_ms)->number, 3);
    assert_int_equal(machines_adopt(&machines, "third", wall_ms)->number, 5);
    assert_int_equal(machines_count(&machines, MACHINE_UP), 3);
    machines_fini(&machines);
}

static void the_idlest_ends_first_and_not_too_soon(void **state)
{
    struct machines machines = {0};

    (void)state;
    machines_add(&machines, MACHINE_UP, "busy", wall_ms)->free_boot_ms = INT64_MAX;
    machines_add(&machines, MACHINE_UP, "late", wall_ms)->free_boot_ms = 2000;
    machines_add(&machines, MACHINE_UP, "early", wall_ms)->free_boot_ms = 1000;
    assert_null(machines_idlest(&machines, 1999, 1000));
    assert_string_equal(machines_idlest(&machines, 2000, 1000)->name, "early");
    machines_move(machines_find(&machines, "early"), MACHINE_ENDING, wall_ms);
    assert_null(machines_idlest(&machines, 2999, 1000));
    assert_string_equal(machines_idlest(&machines, 3000, 1000)->name, "late");
    machines_fini(&machines);
}

/* A row is forgotten only once it is written. */
static void what_is_gone_is_swept_after_its_row(void **state)
{
    struct machines machines = {0};

    (void)state;
    machines_move(machines_add(&machines, MACHINE_UP, "a", wall_ms), MACHINE_GONE, wall_ms + 7);
    machines_sweep(&machines);
    assert_int_equal(machines.count, 1);
    assert_int_equal(machines.items[0].ended_ms, wall_ms + 7);
    machines.items[0].changed = false;
    machines_sweep(&machines);
    assert_int_equal(machines.count, 0);
    machines_fini(&machines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_launch_names_what_it_started),
        cmocka_unit_test(more_than_was_asked_for_is_up_too),
        cmocka_unit_test(a_restart_within_a_launch_forgets_nothing),
        cmocka_unit_test(the_idlest_ends_first_and_not_too_soon),
        cmocka_unit_test(what_is_gone_is_swept_after_its_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
