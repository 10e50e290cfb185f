/*
 * Objects beside the store: whole or not there at all, whatever fails or ends in the middle. System
 * calls fail by countdown, the first, the second, the third ..., until a whole object gets through.
 */
#include "support/support.h"

#include "store/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BYTES = 3 * 1024 * 1024 + 2385, PIECE = 65536, FAULTS_MAX = 1000 };

static char root[600];
static unsigned char content[BYTES];
static struct object object;

/* --- faults --- */

static int countdown; /* calls until one fails; 0: none does */
static int fault;     /* its errno; 0: a write is cut short */
static bool failed;

static bool fails(void)
{
    if (countdown == 0 || --countdown > 0) {
        return false;
    }
    failed = true;
    errno = fault;
    return true;
}

ssize_t __real_pwrite(int fd, const void *data, size_t bytes, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t bytes, off_t offset);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_fallocate(int fd, int mode, off_t offset, off_t bytes);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t bytes);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);

ssize_t __wrap_pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
    const bool now = fails();

    if (now && fault != 0) {
        (void)__real_pwrite(fd, data, bytes / 2, offset); /* the disk was full in the middle */
        errno = fault;
        return -1;
    }
    return __real_pwrite(fd, data, now ? bytes / 2 : bytes, offset);
}

int __wrap_fsync(int fd)
{
    return fails() && fault != 0 ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return fails() && fault != 0 ? -1 : __real_rename(from, to);
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t bytes)
{
    return fails() && fault != 0 ? -1 : __real_fallocate(fd, mode, offset, bytes);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return fails() && fault != 0 ? -1 : __real_mkdir(path, mode);
}

/* --- helpers --- */

static void name_content(void)
{
    unsigned char hash[32];
    char text[OBJECT_HASH_BYTES];

    for (size_t i = 0; i < BYTES; i++) {
        content[i] = (unsigned char)(i * 2654435761U >> 13);
    }
    (void)crypto_generichash(hash, sizeof hash, content, BYTES, NULL, 0);
    (void)sodium_bin2hex(text, sizeof text, hash, sizeof hash);
    assert_true(object_set(&object, 7, 12, text));
}

/* From where the writer stands to the end, or to `until`. */
static enum tide_status write_on(struct object_writer *writer, int64_t until)
{
    enum tide_status status = TIDE_OK;

    while (status == TIDE_OK && writer->offset < until) {
        const int64_t left = until - writer->offset;
        status = object_write(writer, content + writer->offset,
                              left < PIECE ? (size_t)left : (size_t)PIECE);
    }
    return status;
}

static enum tide_status store_whole(void)
{
    struct object_writer writer;
    enum tide_status status = object_begin(&writer, root, &object, BYTES);

    if (status != TIDE_OK) {
        return status;
    }
    status = write_on(&writer, BYTES);
    if (status == TIDE_OK) {
        return object_finish(&writer);
    }
    object_abandon(&writer);
    return status;
}

static void check_whole(void)
{
    static unsigned char read_back[BYTES];
    int64_t bytes = 0;
    int fd = -1;

    assert_int_equal(object_open(root, &object, &fd, &bytes), TIDE_OK);
    assert_int_equal(bytes, BYTES);
    assert_int_equal(read(fd, read_back, BYTES), BYTES);
    assert_memory_equal(read_back, content, BYTES);
    assert_int_equal(close(fd), 0);
}

static bool is_there(const char *hash, const char *end)
{
    char path[800];

    (void)snprintf(path, sizeof path, "%s/7/12/%.64s%s", root, hash, end);
    return access(path, F_OK) == 0;
}

/* --- tests --- */

static void what_is_stored_is_found_and_read(void **state)
{
    struct object other = object;
    int64_t bytes = 0;
    int fd = -1;

    (void)state;
    assert_int_equal(object_find(root, &object, &bytes), TIDE_NOT_FOUND);
    assert_int_equal(store_whole(), TIDE_OK);
    check_whole();
    assert_false(is_there(object.hash, ".part"));
    other.trial = 13; /* the same hash under another trial is another object */
    assert_int_equal(object_open(root, &other, &fd, &bytes), TIDE_NOT_FOUND);
    objects_drop(root, 7, 12);
    assert_int_equal(object_find(root, &object, &bytes), TIDE_NOT_FOUND);
    assert_int_equal(access(root, F_OK), 0);
}

/* A process that ends in the middle of it leaves what the next one goes on from. */
static void an_upload_that_broke_off_goes_on(void **state)
{
    struct object_writer writer;
    int64_t bytes = 0;
    int code = 0;
    const pid_t child = fork();

    (void)state;
    if (child == 0) {
        const bool good = object_begin(&writer, root, &object, BYTES) == TIDE_OK &&
                          write_on(&writer, 20 * PIECE + 77) == TIDE_OK;
        (void)raise(good ? SIGKILL : SIGABRT);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(WTERMSIG(code), SIGKILL);
    assert_int_equal(object_find(root, &object, &bytes), TIDE_NOT_FOUND);
    assert_int_equal(object_begin(&writer, root, &object, BYTES), TIDE_OK);
    assert_int_equal(writer.offset, 20 * PIECE + 77);
    assert_int_equal(write_on(&writer, BYTES), TIDE_OK);
    assert_int_equal(object_finish(&writer), TIDE_OK);
    check_whole();
    objects_drop(root, 7, 12);
}

/* After a power cut the part may hold anything: it is found out, and gone. */
static void other_bytes_are_not_kept(void **state)
{
    struct object_writer writer;
    int64_t bytes = 0;
    char path[800];

    (void)state;
    assert_int_equal(object_begin(&writer, root, &object, BYTES), TIDE_OK);
    assert_int_equal(write_on(&writer, 10 * PIECE), TIDE_OK);
    object_abandon(&writer);
    (void)snprintf(path, sizeof path, "%s/7/12/%.64s.part", root, object.hash);
    const int fd = open(path, O_WRONLY);
    assert_int_equal(__real_pwrite(fd, "rot", 3, 4 * PIECE), 3);
    assert_int_equal(close(fd), 0);
    assert_int_equal(object_begin(&writer, root, &object, BYTES), TIDE_OK);
    assert_int_equal(writer.offset, 10 * PIECE);
    assert_int_equal(write_on(&writer, BYTES), TIDE_OK);
    assert_int_equal(object_finish(&writer), TIDE_INVALID);
    assert_false(is_there(object.hash, ".part"));
    assert_int_equal(object_find(root, &object, &bytes), TIDE_NOT_FOUND);
    assert_int_equal(store_whole(), TIDE_OK); /* and can be sent anew */
    check_whole();
    objects_drop(root, 7, 12);
}

static void a_part_that_is_too_long_begins_anew(void **state)
{
    struct object_writer writer;

    (void)state;
    assert_int_equal(object_begin(&writer, root, &object, BYTES), TIDE_OK);
    assert_int_equal(write_on(&writer, 10 * PIECE), TIDE_OK);
    object_abandon(&writer);
    assert_int_equal(object_begin(&writer, root, &object, 5 * PIECE), TIDE_OK);
    assert_int_equal(writer.offset, 0);
    object_abandon(&writer);
    objects_drop(root, 7, 12);
}

/* Nothing half made is ever taken for an object, and when the disk has room again it goes on. */
static void check_faults(int error)
{
    int64_t bytes = 0;
    int n = 1;

    fault = error;
    for (failed = true; failed && n < FAULTS_MAX; n++) {
        failed = false;
        countdown = n;
        const enum tide_status status = store_whole();
        countdown = 0;
        if (status != TIDE_OK) {
            assert_true(failed);
            assert_int_equal(status, error == ENOSPC ? TIDE_FULL : TIDE_IO);
        }
        if (object_find(root, &object, &bytes) == TIDE_OK) {
            check_whole();
        }
        assert_int_equal(store_whole(), TIDE_OK);
        check_whole();
        objects_drop(root, 7, 12);
    }
    assert_in_range(n, 10, FAULTS_MAX - 1);
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    check_faults(ENOSPC);
}

static void a_failing_disk_loses_nothing(void **state)
{
    (void)state;
    check_faults(EIO);
}

static void writes_that_are_cut_short_are_made_whole(void **state)
{
    (void)state;
    fault = 0;
    for (int n = 1; n < 60; n++) {
        failed = false;
        countdown = n;
        assert_int_equal(store_whole(), TIDE_OK);
        countdown = 0;
        check_whole();
        objects_drop(root, 7, 12);
    }
}

/* --- what may go --- */

static void put(const char *name, int64_t at_s)
{
    char path[800];
    const struct timespec times[2] = {{.tv_sec = at_s}, {.tv_sec = at_s}};

    (void)snprintf(path, sizeof path, "%s/7/12/%.70s", root, name);
    file_write(path, name);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static const char *hash_of(char letter)
{
    static char hashes[16][OBJECT_HASH_BYTES];
    char *hash = hashes[letter - 'a'];

    memset(hash, letter, OBJECT_HASH_BYTES - 1);
    return hash;
}

static void what_nobody_names_goes(void **state)
{
    struct object_writer writer;
    char part[80];
    struct objects_kept kept = {.newest = true};

    (void)state;
    assert_int_equal(object_begin(&writer, root, &object, BYTES), TIDE_OK);
    object_abandon(&writer);
    for (int letter = 'a'; letter <= 'e'; letter++) {
        put(hash_of((char)letter), 1000 + letter);
    }
    (void)snprintf(part, sizeof part, "%.64s.part", hash_of('f'));
    put(part, 2000);
    (void)snprintf(kept.hashes[kept.count++], OBJECT_HASH_BYTES, "%.64s", hash_of('b'));
    objects_keep(root, 7, 12, &kept);
    assert_true(is_there(hash_of('b'), ""));
    assert_true(is_there(hash_of('e'), "")); /* the newest: word of it may be on its way */
    assert_false(is_there(hash_of('a'), ""));
    assert_false(is_there(hash_of('d'), ""));
    assert_true(is_there(hash_of('f'), ".part"));
    kept.part = object.hash; /* another one is offered: this one alone is on its way */
    (void)snprintf(kept.hashes[kept.count++], OBJECT_HASH_BYTES, "%.64s", hash_of('e'));
    put(hash_of('c'), 1000);
    objects_keep(root, 7, 12, &kept);
    assert_true(is_there(object.hash, ".part"));
    assert_false(is_there(hash_of('f'), ".part"));
    assert_false(is_there(hash_of('c'), "")); /* older than what is named: nobody will */

    struct object_trial *trials = NULL;
    assert_int_equal(objects_trials(root, &trials), 1);
    assert_int_equal(trials[0].experiment, 7);
    assert_int_equal(trials[0].trial, 12);
    free(trials);
    objects_drop(root, 7, 12);
    assert_int_equal(objects_trials(root, &trials), 0);
    free(trials);
}

static void names_that_are_no_hash_are_refused(void **state)
{
    struct object any;
    char hash[OBJECT_HASH_BYTES];

    (void)state;
    (void)snprintf(hash, sizeof hash, "%s", object.hash);
    assert_true(object_set(&any, 1, 0, hash));
    hash[10] = '/';
    assert_false(object_set(&any, 1, 0, hash));
    hash[10] = 'G';
    assert_false(object_set(&any, 1, 0, hash));
    assert_false(object_set(&any, 1, 0, "../../../etc/passwd"));
    assert_false(object_set(&any, 1, 0, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_is_found_and_read),
        cmocka_unit_test(an_upload_that_broke_off_goes_on),
        cmocka_unit_test(other_bytes_are_not_kept),
        cmocka_unit_test(a_part_that_is_too_long_begins_anew),
        cmocka_unit_test(a_full_disk_loses_nothing),
        cmocka_unit_test(a_failing_disk_loses_nothing),
        cmocka_unit_test(writes_that_are_cut_short_are_made_whole),
        cmocka_unit_test(what_nobody_names_goes),
        cmocka_unit_test(names_that_are_no_hash_are_refused),
    };
    char *scratch = scratch_new();

    assert_true(sodium_init() >= 0);
    (void)snprintf(root, sizeof root, "%s/s.db.objects", scratch);
    name_content();
    const int code = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_free(scratch);
    return code;
}
