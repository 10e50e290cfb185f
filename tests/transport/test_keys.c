/*
 * Shows what a key directory lets in and what it refuses, on real files in a directory of the
 * test's own: who can write there can join, nobody else, and a secret that others may read is none.
 */
#include "support/support.h"

#include "transport/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct error error;
static char path_text[4096];

static const char *path_in(const char *directory, const char *name)
{
    (void)snprintf(path_text, sizeof path_text, "%s/%s", directory, name);
    return path_text;
}

/* A coordinator's directory as it is while one runs. */
static char *run_directory(struct key_pair *server)
{
    char *parent = scratch_new();
    char *directory = strdup(path_in(parent, "store.run"));

    free(parent);
    assert_int_equal(keys_directory_make(directory, &error), TIDE_OK);
    assert_int_equal(keys_serve(directory, server, &error), TIDE_OK);
    assert_int_equal(keys_announce(directory, "tcp://127.0.0.1:7733", &error), TIDE_OK);
    return directory;
}

static void run_directory_free(char *directory)
{
    *strrchr(directory, '/') = '\0';
    scratch_free(directory);
}

static unsigned mode_of(const char *path)
{
    struct stat about;

    assert_int_equal(stat(path, &about), 0);
    return (unsigned)about.st_mode & 07777;
}

static void test_join_gives_what_it_takes_to_connect(void **state)
{
    struct key_pair server;
    struct key_access mine;
    char granted[KEY_TEXT_BYTES];
    char *directory = run_directory(&server);

    (void)state;
    assert_int_equal(keys_join(directory, KEY_WORKER, "spot-a3", &mine, &error), TIDE_OK);
    assert_string_equal(mine.endpoint, "tcp://127.0.0.1:7733");
    assert_string_equal(mine.server_key, server.public_key);
    assert_string_not_equal(mine.pair.secret_key, server.secret_key);
    assert_int_equal(key_public_read(path_in(directory, "worker/spot-a3.pub"), granted, &error),
                     TIDE_OK);
    assert_string_equal(granted, mine.pair.public_key);

    struct key_access second; /* a name is one process's, as long as that lives */
    assert_int_equal(keys_join(directory, KEY_WORKER, "spot-a3", &second, &error), TIDE_BUSY);
    assert_non_null(strstr(error.text, "another name"));
    assert_int_equal(close(mine.lock), 0);
    assert_int_equal(keys_join(directory, KEY_WORKER, "spot-a3", &second, &error), TIDE_OK);
    keys_leave(directory, KEY_WORKER, "spot-a3", &second);
    assert_int_not_equal(access(path_in(directory, "worker/spot-a3.pub"), F_OK), 0);
    assert_int_equal(keys_revoke(directory, KEY_WORKER, "spot-a3", &error), TIDE_NOT_FOUND);
    run_directory_free(directory);
}

static void test_modes(void **state)
{
    struct key_pair server;
    char *directory = run_directory(&server);

    (void)state;
    assert_int_equal(mode_of(directory), 0700);
    assert_int_equal(mode_of(path_in(directory, "worker")), 0700);
    assert_int_equal(mode_of(path_in(directory, "server.key")), 0600);
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(keys_directory_make(directory, &error), TIDE_REFUSED);
    assert_non_null(strstr(error.text, "chmod 700"));
    assert_int_equal(chmod(directory, 0720), 0);
    struct key_access mine;
    assert_int_equal(keys_join(directory, KEY_WORKER, "w", &mine, &error), TIDE_REFUSED);
    assert_int_equal(chmod(directory, 0700), 0);
    run_directory_free(directory);
}

static void test_the_server_key_lives_as_long_as_somebody_needs_it(void **state)
{
    struct key_pair first;
    struct key_pair again;
    struct key_access mine;
    char *directory = run_directory(&first);

    (void)state;
    assert_int_equal(keys_serve(directory, &again, &error), TIDE_OK);
    assert_string_equal(again.secret_key, first.secret_key);
    assert_string_equal(again.public_key, first.public_key);
    assert_int_equal(keys_join(directory, KEY_WORKER, "survivor", &mine, &error), TIDE_OK);
    keys_retire(directory, "tcp://127.0.0.1:1"); /* another one has taken its place */
    assert_int_equal(access(path_in(directory, "endpoint"), F_OK), 0);
    /* a worker lives on, and must find the same coordinator again */
    keys_retire(directory, "tcp://127.0.0.1:7733");
    assert_int_equal(keys_serve(directory, &again, &error), TIDE_OK);
    assert_string_equal(again.public_key, first.public_key);
    assert_int_equal(access(path_in(directory, "worker/survivor.pub"), F_OK), 0);
    assert_int_not_equal(access(path_in(directory, "endpoint"), F_OK), 0);
    assert_int_equal(close(mine.lock), 0);
    keys_retire(directory, "tcp://127.0.0.1:7733");
    assert_int_not_equal(access(directory, F_OK), 0);
    assert_int_equal(keys_join(directory, KEY_OPERATOR, "me", &mine, &error), TIDE_UNREACHABLE);
    assert_int_equal(keys_directory_make(directory, &error), TIDE_OK);
    assert_int_equal(keys_serve(directory, &again, &error), TIDE_OK);
    assert_string_not_equal(again.secret_key, first.secret_key);
    run_directory_free(directory);
}

static void test_a_directory_that_is_none(void **state)
{
    char *directory = scratch_new();

    (void)state;
    file_write(path_in(directory, "file"), "");
    assert_int_equal(keys_directory_make(path_in(directory, "file"), &error), TIDE_REFUSED);
    char *link = strdup(path_in(directory, "link"));
    assert_int_equal(symlink("/tmp", link), 0);
    assert_int_equal(keys_directory_make(link, &error), TIDE_REFUSED);
    free(link);
    scratch_free(directory);
}

static void test_secret_files(void **state)
{
    struct key_pair pair;
    struct key_pair read;
    char *directory = scratch_new();
    char *path = strdup(path_in(directory, "worker.key"));

    (void)state;
    key_pair_make(&pair);
    assert_int_equal(key_pair_read(path, &read, &error), TIDE_NOT_FOUND);
    assert_int_equal(key_secret_write(path, &pair, &error), TIDE_OK);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(key_secret_write(path, &pair, &error), TIDE_EXISTS);
    assert_int_equal(key_pair_read(path, &read, &error), TIDE_OK);
    assert_string_equal(read.public_key, pair.public_key);
    assert_string_equal(read.secret_key, pair.secret_key);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(key_pair_read(path, &read, &error), TIDE_REFUSED);
    assert_non_null(strstr(error.text, "chmod 600"));
    free(path);
    scratch_free(directory);
}

static void test_texts_that_are_no_key(void **state)
{
    static const char *const texts[] = {
        "",
        "short",
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf",   /* 39 characters */
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf77", /* 41 */
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]y~7",  /* not of the alphabet */
        "######################################## ", /* beyond 32 bits a group */
        "########################################"};
    char key[KEY_TEXT_BYTES];
    char *directory = scratch_new();

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        file_write(path_in(directory, "bad.pub"), texts[i]);
        assert_int_equal(key_public_read(path_in(directory, "bad.pub"), key, &error), TIDE_INVALID);
    }
    file_write(path_in(directory, "good.pub"), "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\r\n");
    assert_int_equal(key_public_read(path_in(directory, "good.pub"), key, &error), TIDE_OK);
    assert_string_equal(key, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
    assert_int_equal(key_public_read("/dev/zero", key, &error), TIDE_REFUSED);
    scratch_free(directory);
}

static void test_tokens(void **state)
{
    struct key_pair server;
    struct key_pair pair;
    struct key_pair again;
    char token[KEY_TOKEN_BYTES];
    char server_key[KEY_TEXT_BYTES];
    char *directory = run_directory(&server);

    (void)state;
    key_pair_make(&pair);
    key_token_make(server.public_key, &pair, token);
    assert_int_equal(strspn(token, "0123456789abcdef"), 128);
    assert_int_equal(key_token_read(token, server_key, &again, &error), TIDE_OK);
    assert_string_equal(server_key, server.public_key);
    assert_string_equal(again.secret_key, pair.secret_key);
    assert_string_equal(again.public_key, pair.public_key);
    assert_int_equal(key_token_write(path_in(directory, "a.token"), token, &error), TIDE_OK);
    assert_int_equal(mode_of(path_in(directory, "a.token")), 0600);
    again = (struct key_pair){{0}, {0}};
    assert_int_equal(key_token_read(path_in(directory, "a.token"), server_key, &again, &error),
                     TIDE_OK);
    assert_string_equal(again.secret_key, pair.secret_key);
    assert_int_equal(chmod(path_in(directory, "a.token"), 0644), 0);
    assert_int_equal(key_token_read(path_in(directory, "a.token"), server_key, &again, &error),
                     TIDE_REFUSED);
    token[100] = 'x';
    assert_int_equal(key_token_read(token, server_key, &again, &error), TIDE_INVALID);
    token[100] = '\0';
    assert_int_equal(key_token_read(token, server_key, &again, &error), TIDE_NOT_FOUND);
    run_directory_free(directory);
}

static void test_keys_that_expire(void **state)
{
    struct key_pair server;
    char granted[KEY_TEXT_BYTES];
    char *directory = run_directory(&server);
    const int64_t now_s = time(NULL);

    (void)state;
    assert_int_equal(keys_grant(directory, KEY_ENROL, "past", server.public_key, now_s - 1, &error),
                     TIDE_OK);
    assert_int_equal(
        keys_grant(directory, KEY_ENROL, "soon", server.public_key, now_s + 1000, &error), TIDE_OK);
    assert_int_equal(keys_grant(directory, KEY_ENROL, "never", server.public_key, 0, &error),
                     TIDE_OK);
    assert_true(keys_expired(directory, KEY_ENROL, "past"));
    assert_false(keys_expired(directory, KEY_ENROL, "soon"));
    assert_false(keys_expired(directory, KEY_ENROL, "never"));
    assert_int_equal(key_public_read(path_in(directory, "enrol/soon.pub"), granted, &error),
                     TIDE_OK);
    assert_string_equal(granted, server.public_key);
    run_directory_free(directory);
}

static void test_names(void **state)
{
    struct key_pair server;
    static const char *const bad[] = {
        "",
        ".",
        "..",
        ".hidden",
        "../operator/me",
        "a/b",
        "a b",
        "é",
        "a-name-of-sixty-four-bytes-is-one-too-long-for-any-worker-here-x"};
    char *directory = run_directory(&server);

    (void)state;
    assert_true(key_name_valid("spot-a3.eu_1"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(key_name_valid(bad[i]));
        assert_int_equal(keys_grant(directory, KEY_WORKER, bad[i], server.public_key, 0, &error),
                         TIDE_INVALID);
    }
    run_directory_free(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join_gives_what_it_takes_to_connect),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_the_server_key_lives_as_long_as_somebody_needs_it),
        cmocka_unit_test(test_a_directory_that_is_none),
        cmocka_unit_test(test_secret_files),
        cmocka_unit_test(test_texts_that_are_no_key),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_keys_that_expire),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
