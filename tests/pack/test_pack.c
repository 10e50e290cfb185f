/*
 * Archives: what .gitignore leaves out, by a table of git's own rules; that the same files give the
 * same hash whatever their times; and that nothing a hostile archive says lands outside, or takes
 * more of the disk than an honest one could.
 */
#include "support/support.h"

#include "pack/ignore.h"
#include "pack/unpack.h"
#include "pack/workdir.h"

#include <archive_entry.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char *scratch;

/* --- .gitignore --- */

static void git_s_rules_hold(void **state)
{
    static const struct {
        const char *rules, *path;
        bool folder, ignored;
    } rows[] = {
        {"*.log", "a.log", false, true},
        {"*.log", "deep/er/a.log", false, true},
        {"*.log", "a.logs", false, false},
        {"/a.log", "deep/a.log", false, false},
        {"/a.log", "a.log", false, true},
        {"data/", "data", true, true},
        {"data/", "data", false, false},
        {"data/", "x/data", true, true},
        {"x/data", "x/data", false, true},
        {"x/data", "y/x/data", false, false},
        {"*.log\n!keep.log", "keep.log", false, false},
        {"*.log\n!keep.log\nkeep.log", "keep.log", false, true},
        {"# no rule\n\n  \n", "# no rule", false, false},
        {"\\#file", "#file", false, true},
        {"name \n", "name", false, true},
        {"name\\ \n", "name ", false, true},
        {"a?c", "abc", false, true},
        {"a?c", "a/c", false, false},
        {"[a-c]x", "bx", false, true},
        {"[!a-c]x", "bx", false, false},
        {"**/end", "end", false, true},
        {"**/end", "a/b/end", false, true},
        {"a/**", "a/b/c", false, true},
        {"a/**", "a", true, false},
        {"a/**/b", "a/b", false, true},
        {"a/**/b", "a/x/y/b", false, true},
        {"a/**/b", "ab", false, false},
        {"a/**/b/*.c", "a/b/b/x.c", false, true},
        {"a/**/b/*.c", "a/b/x/b/y/b/x.c", false, true},
        {"a/**/b/*.c", "a/b/x/c/x.c", false, false},
        {"a/*/b", "a/x/y/b", false, false},
        {"*", "anything", false, true},
        {"/", "anything", false, false},
        {".*", ".hidden", false, true},
        {"crlf\r\n", "crlf", false, true},
    };
    char path[600];
    struct error error;

    (void)state;
    (void)snprintf(path, sizeof path, "%.500s/rules", scratch);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ignore ignore = {0};
        file_write(path, rows[i].rules);
        assert_int_equal(ignore_enter(&ignore, path, 0, &error), TIDE_OK);
        if (ignore_match(&ignore, rows[i].path, rows[i].folder) != rows[i].ignored) {
            fail_msg("'%s' and '%s'", rows[i].rules, rows[i].path);
        }
        ignore_fini(&ignore);
    }
}

/* A rule counts from its own folder on, and a deeper one has the last word. */
static void rules_of_folders_nest(void **state)
{
    struct ignore ignore = {0};
    char path[600];
    struct error error;

    (void)state;
    (void)snprintf(path, sizeof path, "%.500s/rules", scratch);
    file_write(path, "*.o\n");
    assert_int_equal(ignore_enter(&ignore, path, 0, &error), TIDE_OK);
    const size_t top = ignore.count;
    file_write(path, "!main.o\n/only\n");
    assert_int_equal(ignore_enter(&ignore, path, strlen("lib/"), &error), TIDE_OK);
    assert_false(ignore_match(&ignore, "lib/main.o", false));
    assert_true(ignore_match(&ignore, "lib/other.o", false));
    assert_true(ignore_match(&ignore, "lib/only", false));
    assert_false(ignore_match(&ignore, "lib/x/only", false));
    ignore_leave(&ignore, top);
    assert_true(ignore_match(&ignore, "lib/main.o", false));
    assert_int_equal(ignore_enter(&ignore, "/no/such/file", 0, &error), TIDE_OK);
    ignore_fini(&ignore);
}

/* --- the archive --- */

static void write_at(const char *folder, const char *name, const char *text)
{
    char path[900];

    (void)snprintf(path, sizeof path, "%.500s/%.300s", folder, name);
    file_write(path, text);
}

static const char *make_folder(char path[600], const char *name)
{
    (void)snprintf(path, 600, "%.500s/%.60s", scratch, name);
    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

static struct workdir_packed packed_of(const char *folder)
{
    struct workdir_packed packed;
    struct error error;

    if (workdir_pack(folder, NULL, 1 << 20, &packed, &error) != TIDE_OK) {
        fail_msg("%s", error.text);
    }
    return packed;
}

static void the_same_files_give_the_same_hash(void **state)
{
    char first[600];
    char second[600];
    char path[700];
    const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

    (void)state;
    write_at(make_folder(first, "first"), "b.txt", "contents");
    write_at(first, "a.txt", "more");
    write_at(make_folder(second, "second"), "a.txt", "more");
    write_at(second, "b.txt", "contents");
    (void)snprintf(path, sizeof path, "%s/a.txt", second);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    assert_int_equal(chmod(path, 0600), 0);
    const struct workdir_packed one = packed_of(first);
    const struct workdir_packed other = packed_of(second);
    assert_string_equal(one.hash, other.hash);
    assert_int_equal(chmod(path, 0700), 0); /* a program now */
    const struct workdir_packed program = packed_of(second);
    assert_string_not_equal(one.hash, program.hash);
    write_at(second, "a.txt", "mor.");
    const struct workdir_packed changed = packed_of(second);
    assert_string_not_equal(program.hash, changed.hash);
    assert_int_equal(lseek(one.fd, 0, SEEK_SET), 0);
    assert_true(unpack_verify(one.fd, one.bytes, one.hash));
    assert_false(unpack_verify(one.fd, one.bytes - 1, one.hash));
    (void)close(one.fd);
    (void)close(other.fd);
    (void)close(program.fd);
    (void)close(changed.fd);
}

static void what_cannot_be_sent_is_said(void **state)
{
    struct workdir_packed packed;
    struct error error;
    char folder[600];
    char path[700];

    (void)state;
    make_folder(folder, "refused");
    (void)snprintf(path, sizeof path, "%s/out", folder);
    assert_int_equal(symlink("../first", path), 0);
    assert_int_equal(workdir_pack(folder, NULL, 1 << 20, &packed, &error), TIDE_INVALID);
    assert_non_null(strstr(error.text, "'out' is a link that leads out"));
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/random", folder);
    const int hollow = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(hollow, (off_t)1 << 40), 0); /* it could not be unpacked again */
    (void)close(hollow);
    assert_int_equal(workdir_pack(folder, NULL, 1 << 20, &packed, &error), TIDE_LIMIT);
    assert_non_null(strstr(error.text, "or 16 MiB"));
    assert_int_equal(unlink(path), 0);
    const int from = open("/dev/urandom", O_RDONLY);
    const int to = open(path, O_WRONLY | O_CREAT, 0600);
    static char noise[300000];
    assert_int_equal(read(from, noise, sizeof noise), sizeof noise);
    assert_int_equal(write(to, noise, sizeof noise), sizeof noise);
    (void)close(from);
    (void)close(to);
    assert_int_equal(workdir_pack(folder, NULL, 100000, &packed, &error), TIDE_LIMIT);
    assert_non_null(strstr(error.text, ".gitignore"));
    assert_int_equal(workdir_pack("/no/such/folder", NULL, 1 << 20, &packed, &error), TIDE_IO);
}

/* The store may lie in the folder: it and what belongs to it stay behind. */
static void a_store_is_not_packed(void **state)
{
    char folder[600];
    char store[700];
    struct workdir_packed packed;
    struct error error;

    (void)state;
    write_at(make_folder(folder, "stored"), "train.py", "x");
    const struct workdir_packed before = packed_of(folder);
    write_at(folder, "s.db", "1");
    write_at(folder, "s.db-wal", "2");
    write_at(folder, "s.db.objects", "3");
    (void)snprintf(store, sizeof store, "%s/s.db", folder);
    assert_int_equal(workdir_pack(folder, store, 1 << 20, &packed, &error), TIDE_OK);
    assert_string_equal(packed.hash, before.hash);
    (void)close(packed.fd);
    (void)close(before.fd);
}

/* --- hostile archives --- */

struct hostile {
    const char *name, *link, *hardlink;
    mode_t type;
};

static int archive_of(const struct hostile *entries, size_t count)
{
    const int fd = memfd_create("archive", MFD_CLOEXEC);
    struct archive *to = archive_write_new();
    struct sink sink;

    assert_true(sink_open(&sink, to, fd, 1 << 20));
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, entries[i].name);
        archive_entry_set_filetype(entry, entries[i].type);
        archive_entry_set_perm(entry, 06777);
        archive_entry_set_size(entry, entries[i].type == AE_IFREG ? 3 : 0);
        if (entries[i].link != NULL) {
            archive_entry_set_symlink(entry, entries[i].link);
        }
        if (entries[i].hardlink != NULL) {
            archive_entry_set_hardlink(entry, entries[i].hardlink);
        }
        assert_int_equal(archive_write_header(to, entry), ARCHIVE_OK);
        (void)archive_write_data(to, "bad", 3);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(to), ARCHIVE_OK);
    (void)archive_write_free(to);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void nothing_lands_outside(void **state)
{
    static const struct hostile rows[][2] = {
        {{"/tmp/tidemill-absolute", NULL, NULL, AE_IFREG}},
        {{"../outside", NULL, NULL, AE_IFREG}},
        {{"a/../../outside", NULL, NULL, AE_IFREG}},
        {{"link", "/etc", NULL, AE_IFLNK}},
        {{"link", "../..", NULL, AE_IFLNK}},
        {{"link", "a/../../..", NULL, AE_IFLNK}},
        {{"hard", NULL, "/etc/passwd", AE_IFREG}},
        {{"pipe", NULL, NULL, AE_IFIFO}},
        {{"device", NULL, NULL, AE_IFCHR}},
        {{"disk", NULL, NULL, AE_IFBLK}},
        {{"inner", ".", NULL, AE_IFLNK}, {"inner/file", NULL, NULL, AE_IFREG}},
    };
    char folder[600];
    char outside[700];
    struct error error;

    (void)state;
    make_folder(folder, "victim");
    (void)snprintf(outside, sizeof outside, "%.500s/outside", scratch);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int fd = archive_of(rows[i], rows[i][1].name == NULL ? 1 : 2);
        assert_int_equal(chdir(folder), 0);
        const enum tide_status status = unpack(fd, 1 << 20, &error);
        assert_int_equal(chdir("/"), 0);
        if (status != TIDE_INVALID && status != TIDE_IO) {
            fail_msg("row %zu, '%s', was taken", i, rows[i][0].name);
        }
        assert_int_equal(access(outside, F_OK), -1);
        assert_int_equal(access("/tmp/tidemill-absolute", F_OK), -1);
        (void)close(fd);
    }
}

/* Bits that make a program run as its owner do not travel. */
static void special_bits_do_not_travel(void **state)
{
    const struct hostile one = {"program", NULL, NULL, AE_IFREG};
    char folder[600];
    char path[700];
    struct stat status;
    struct error error;

    (void)state;
    make_folder(folder, "bits");
    const int fd = archive_of(&one, 1);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(unpack(fd, 1 << 20, &error), TIDE_OK);
    assert_int_equal(chdir("/"), 0);
    (void)snprintf(path, sizeof path, "%s/program", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07000, 0);
    (void)close(fd);
}

/* --- archives of a few KB that stand for very much --- */

struct bomb {
    const char *name;
    mode_t type;
    int64_t bytes; /* that it says it has */
    bool hollow;   /* a hole, but for its first 512 bytes */
    int times;
    enum tide_status status;
    const char *said;
};

static void write_bomb(struct archive *to, const struct bomb *bomb)
{
    static char zeros[1 << 20];
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, bomb->name);
    archive_entry_set_filetype(entry, bomb->type);
    archive_entry_set_perm(entry, 0700);
    archive_entry_set_size(entry, bomb->bytes);
    if (bomb->hollow) {
        archive_entry_sparse_add_entry(entry, 0, 512);
    }
    assert_int_equal(archive_write_header(to, entry), ARCHIVE_OK);
    for (size_t left = bomb->hollow ? 512 : (size_t)bomb->bytes, bytes = 0; left > 0;
         left -= bytes) {
        bytes = left < sizeof zeros ? left : sizeof zeros;
        assert_int_equal(archive_write_data(to, zeros, bytes), bytes);
    }
    archive_entry_free(entry);
}

static int archive_of_bomb(const struct bomb *bomb)
{
    const int fd = memfd_create("bomb", MFD_CLOEXEC);
    struct archive *to = archive_write_new();
    struct sink sink;

    assert_true(sink_open(&sink, to, fd, 1 << 20));
    for (int i = 0; i < bomb->times; i++) {
        write_bomb(to, bomb);
    }
    assert_int_equal(archive_write_close(to), ARCHIVE_OK);
    assert_true(sink.bytes < 64 * 1024);
    (void)archive_write_free(to);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* By what they say they hold, before it is written: bytes, holes, files, folders above a file. */
static void a_bomb_does_not_fill_the_disk(void **state)
{
    enum { LIMIT = 16 << 20, LEVELS = 2 * UNPACK_ENTRIES_MAX };
    static char deep[LEVELS + 2];
    const struct bomb rows[] = {
        {"one", AE_IFREG, LIMIT + 1, false, 1, TIDE_INVALID, "more than 16777216 bytes"},
        {"many", AE_IFREG, LIMIT / 4, false, 5, TIDE_INVALID, "more than 16777216 bytes"},
        {"hole", AE_IFREG, (int64_t)1 << 40, true, 1, TIDE_INVALID, "more than 16777216 bytes"},
        {"entry", AE_IFDIR, 0, false, UNPACK_ENTRIES_MAX + 1, TIDE_INVALID, "more than 100000"},
        {deep, AE_IFREG, 0, false, 1, TIDE_INVALID, "more than 100000 files and folders"},
        {"right", AE_IFREG, LIMIT, false, 1, TIDE_OK, ""},
    };
    char folder[600];
    struct error error;
    struct stat status;

    (void)state;
    memset(deep, 'a', LEVELS + 1);
    for (size_t i = 1; i < LEVELS; i += 2) {
        deep[i] = '/';
    }
    make_folder(folder, "bombed");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int fd = archive_of_bomb(&rows[i]);
        error.text[0] = '\0';
        assert_int_equal(chdir(folder), 0);
        assert_int_equal(unpack(fd, LIMIT, &error), rows[i].status);
        assert_true(stat(rows[i].name, &status) != 0 || status.st_size <= LIMIT);
        assert_int_not_equal(access("a", F_OK), 0);
        assert_int_equal(chdir("/"), 0);
        assert_non_null(strstr(error.text, rows[i].said));
        (void)close(fd);
    }
}

/* However much may be unpacked: no file is begun that would leave the disk without room. */
static void what_the_disk_cannot_hold_is_not_begun(void **state)
{
    const struct bomb huge = {"huge", AE_IFREG, (int64_t)1 << 60, true, 1, TIDE_FULL, "no room"};
    char folder[600];
    struct error error;

    (void)state;
    make_folder(folder, "full");
    const int fd = archive_of_bomb(&huge);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(unpack(fd, INT64_MAX, &error), huge.status);
    assert_int_not_equal(access(huge.name, F_OK), 0);
    assert_int_equal(chdir("/"), 0);
    assert_non_null(strstr(error.text, huge.said));
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(git_s_rules_hold),
        cmocka_unit_test(rules_of_folders_nest),
        cmocka_unit_test(the_same_files_give_the_same_hash),
        cmocka_unit_test(what_cannot_be_sent_is_said),
        cmocka_unit_test(a_store_is_not_packed),
        cmocka_unit_test(nothing_lands_outside),
        cmocka_unit_test(special_bits_do_not_travel),
        cmocka_unit_test(a_bomb_does_not_fill_the_disk),
        cmocka_unit_test(what_the_disk_cannot_hold_is_not_begun),
    };

    assert_true(sodium_init() >= 0);
    scratch = scratch_new();
    const int code = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_free(scratch);
    return code;
}
