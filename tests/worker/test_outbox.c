/*
 * The outbox at every point where it can fail: a worker that is killed at its first, second, third
 * ... operation on files finds, when it starts again, each result whole or not at all, and whole if
 * storing it had returned; the same with operations that fail instead. The linker puts the
 * operations of this file in the place of the real ones (--wrap).
 */
#include "base/text.h"
#include "support/support.h"

#include "worker/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STORED = 42, OPERATIONS_MAX = 500 };

static const char cluster[] = "0123456789abcdef0123456789abcdef";
static int countdown;
static bool dies; /* else the operation fails */

int __real_open(const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *data, size_t bytes);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *data, size_t bytes);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

static bool struck(void)
{
    if (countdown == 0 || --countdown > 0) {
        return false;
    }
    if (dies) {
        _exit(0);
    }
    errno = ENOSPC;
    return true;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    const int mode = (flags & O_CREAT) != 0 ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return struck() ? -1 : __real_open(path, flags, mode);
}

/* A write that is struck leaves half of its bytes. */
ssize_t __wrap_write(int fd, const void *data, size_t bytes)
{
    if (countdown == 1) {
        (void)!__real_write(fd, data, bytes / 2);
    }
    return struck() ? -1 : __real_write(fd, data, bytes);
}

int __wrap_fsync(int fd)
{
    return struck() ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return struck() ? -1 : __real_rename(from, to);
}

static struct wire_message *result_of(int32_t trial)
{
    static struct wire_message message;

    message = (struct wire_message){.type = WIRE_RESULT, .incarnation = 3, .seq = 1};
    (void)text_copy(message.cluster, sizeof message.cluster, cluster);
    (void)text_copy(message.boot, sizeof message.boot, cluster);
    message.result = (struct wire_result){.attempt = {7, trial, 1},
                                          .outcome = OUTCOME_COMPLETED,
                                          .cause = CAUSE_EXIT,
                                          .values = {{"val_loss", 0.2385 + trial}},
                                          .value_count = 1,
                                          .message = "as it was"};
    return &message;
}

static struct wire_message *checkpoint_of(int32_t trial)
{
    static struct wire_message message;

    message = (struct wire_message){.type = WIRE_CKPT, .incarnation = 3, .seq = 1};
    (void)text_copy(message.cluster, sizeof message.cluster, cluster);
    (void)text_copy(message.boot, sizeof message.boot, cluster);
    message.ckpt.attempt = (struct wire_attempt){7, trial, 1};
    message.ckpt.checkpoint = (struct wire_checkpoint){
        .attempt_number = 1,
        .seq = 2,
        .step = 9,
        .bytes = 100,
        .hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .location = "file:/store/x"};
    return &message;
}

/* What a worker does with trial 2, after trial 1 was stored in peace; true: it was stored. */
static bool work(const char *folder)
{
    struct outbox outbox;
    struct error error;
    const struct wire_attempt attempt = {7, 2, 1};

    const bool stored = outbox_open(&outbox, folder, &error) == TIDE_OK &&
                        outbox_enter(&outbox, cluster, 3, &error) == TIDE_OK &&
                        outbox_remember(&outbox, attempt, &error) == TIDE_OK &&
                        outbox_store(&outbox, result_of(2), checkpoint_of(2), &error) == TIDE_OK;
    outbox_close(&outbox);
    return stored;
}

/* What the next worker finds: trial 1 always, trial 2 whole or not at all. */
static bool finds_second(const char *folder)
{
    struct outbox outbox;
    struct outbox_cursor cursor = {0};
    struct agent_event event = {0};
    struct error error;
    int owed = 0;
    bool second = false;

    assert_int_equal(outbox_open(&outbox, folder, &error), TIDE_OK);
    assert_string_equal(outbox.cluster, cluster);
    assert_int_equal(outbox_incarnation(&outbox), 3);
    while (outbox_load(&outbox, &cursor, &event)) {
        if (event.kind != AGENT_SAW_OWED) {
            continue;
        }
        struct wire_message *message = calloc(1, sizeof *message);
        assert_int_equal(outbox_result(&outbox, event.attempt, message, &error), TIDE_OK);
        assert_close(message->result.values[0].value, 0.2385 + event.attempt.trial, 0, 0);
        wire_message_fini(message);
        free(message);
        owed++;
        if (event.attempt.trial == 2) {
            second = true;
            assert_int_equal(event.checkpoint.seq, 2); /* it is stored before the result */
        }
    }
    assert_int_equal(owed, second ? 2 : 1);
    outbox_close(&outbox);
    return second;
}

static char *prepared(void)
{
    char *folder = scratch_new();
    struct outbox outbox;
    struct error error;

    countdown = 0;
    assert_int_equal(outbox_open(&outbox, folder, &error), TIDE_OK);
    assert_int_equal(outbox_enter(&outbox, cluster, 3, &error), TIDE_OK);
    assert_int_equal(outbox_store(&outbox, result_of(1), NULL, &error), TIDE_OK);
    outbox_close(&outbox);
    return folder;
}

static void killed_anywhere_it_loses_nothing_it_had_stored(void **state)
{
    int n = 1;

    (void)state;
    for (bool done = false; !done; n++) {
        char *folder = prepared();
        int status = 0;
        assert_true(n < OPERATIONS_MAX);
        const pid_t child = fork();
        if (child == 0) {
            dies = true;
            countdown = n;
            _exit(work(folder) ? STORED : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        done = WEXITSTATUS(status) == STORED;
        assert_true(done || WEXITSTATUS(status) == 0);
        assert_true(finds_second(folder) || !done);
        scratch_free(folder);
    }
    assert_true(n > 10);
}

static void a_failure_anywhere_is_told_and_harms_nothing(void **state)
{
    int n = 1;

    (void)state;
    dies = false;
    for (bool untouched = false; !untouched; n++) {
        char *folder = prepared();
        assert_true(n < OPERATIONS_MAX);
        countdown = n;
        const bool stored = work(folder);
        untouched = countdown > 0;
        countdown = 0;
        assert_true(finds_second(folder) || !stored);
        scratch_free(folder);
    }
    assert_true(n > 10);
}

static void a_folder_has_one_worker(void **state)
{
    char *folder = scratch_new();
    struct outbox first;
    struct outbox second;
    struct error error;

    (void)state;
    assert_int_equal(outbox_open(&first, folder, &error), TIDE_OK);
    assert_int_equal(outbox_open(&second, folder, &error), TIDE_BUSY);
    outbox_close(&first);
    assert_int_equal(outbox_open(&second, folder, &error), TIDE_OK);
    outbox_close(&second);
    scratch_free(folder);
}

/* What lies about in the folder is no result; what is damaged is left out. */
static void damage_is_passed_over(void **state)
{
    char *folder = prepared();
    char path[1024];
    struct outbox outbox;
    struct outbox_cursor cursor = {0};
    struct agent_event event = {0};
    struct wire_message message;
    struct error error;
    int owed = 0;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/%s/outbox/7.5.1", folder, cluster);
    file_write(path, "{\"v\":1,");
    (void)snprintf(path, sizeof path, "%s/%s/outbox/7.05.1", folder, cluster);
    file_write(path, "");
    (void)snprintf(path, sizeof path, "%s/%s/seen", folder, cluster);
    file_write(path, "7 1 1\nnonsense\n7 9 4\n7 9");
    assert_int_equal(outbox_open(&outbox, folder, &error), TIDE_OK);
    int remembered = 0;
    while (outbox_load(&outbox, &cursor, &event)) {
        owed += event.kind == AGENT_SAW_OWED ? 1 : 0;
        remembered += event.kind == AGENT_SAW_REMEMBERED ? 1 : 0;
    }
    assert_int_equal(remembered, 2);
    assert_int_equal(owed, 1);
    const struct wire_attempt damaged = {7, 5, 1};
    assert_int_not_equal(outbox_result(&outbox, damaged, &message, &error), TIDE_OK);
    outbox_close(&outbox);
    scratch_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_anywhere_it_loses_nothing_it_had_stored),
        cmocka_unit_test(a_failure_anywhere_is_told_and_harms_nothing),
        cmocka_unit_test(a_folder_has_one_worker),
        cmocka_unit_test(damage_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
