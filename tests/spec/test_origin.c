/*
 * Where an experiment's commands start, as one text: what was packed comes back with its folder,
 * whatever the folder is called, and a path is a path.
 */
#include "spec/origin.h"
#include "support/support.h"

#include <string.h>

static void origins_come_back(void **state)
{
    static const char *const folders[] = {"/", "/a:b/packed:c", "/home/me/my code"};
    const char hash[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    char origin[128];
    char path[128];
    char found[WIRE_HASH_HEX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        assert_true(origin_packed(origin, sizeof origin, hash, folders[i]));
        assert_true(origin_hash(origin, found));
        assert_string_equal(found, hash);
        assert_string_equal(origin_folder(origin), folders[i]);
        assert_false(origin_hash(folders[i], found));
        assert_string_equal(found, "");
        assert_string_equal(origin_folder(folders[i]), folders[i]);
        assert_true(origin_path(path, sizeof path, origin, "day.csv"));
        assert_memory_equal(path, folders[i], strlen(folders[i]));
        assert_string_equal(path + strlen(folders[i]), "/day.csv");
        assert_true(origin_path(path, sizeof path, origin, "/day.csv"));
        assert_string_equal(path, "/day.csv");
        assert_false(origin_path(path, strlen(folders[i]) + 1, origin, "day.csv"));
    }
    assert_false(origin_packed(origin, sizeof hash, hash, "/"));
}

/* A submission may come from any program: what is missing is not there, what is too long is cut. */
static void odd_origins_are_borne(void **state)
{
    char found[WIRE_HASH_HEX + 1];
    char hostile[1024];

    (void)state;
    assert_false(origin_hash("", found));
    assert_string_equal(origin_folder(""), "");
    assert_false(origin_hash("packed:", found));
    assert_true(origin_hash("packed:ab", found));
    assert_string_equal(found, "ab");
    assert_string_equal(origin_folder("packed:ab"), "");
    memset(hostile, 'a', sizeof hostile);
    memcpy(hostile, "packed:", 7);
    hostile[sizeof hostile - 1] = '\0';
    assert_true(origin_hash(hostile, found));
    assert_int_equal(strlen(found), WIRE_HASH_HEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_come_back),
        cmocka_unit_test(odd_origins_are_borne),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
