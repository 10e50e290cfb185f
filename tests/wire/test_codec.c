/*
 * Shows that whatever is encoded comes back equal, for random messages of every type, and that the
 * frames of a version do not change: golden files, rewritten by UPDATE_GOLDEN=1.
 */
#include "support/support.h"

#include "wire/example_message.h"
#include "wire/random_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY_BYTES = 256, ROUNDS = 400 };

static char frame[WIRE_FRAME_BYTES];
static struct random_message random_one;

static void decode_again(const struct wire_message *message, size_t bytes)
{
    struct wire_message decoded;
    char why[WHY_BYTES] = "";

    if (wire_decode(frame, bytes, &decoded, why, sizeof why) != TIDE_OK) {
        fail_msg("%s refused: %s\n%.*s", wire_type_text(message->type), why, (int)bytes, frame);
    }
    message_same(&decoded, message);
    wire_message_fini(&decoded);
}

static void test_random_messages_come_back(void **state)
{
    struct rng rng;
    size_t bytes = 0;
    int encoded = 0;

    (void)state;
    rng_init(&rng, 2385, "wire");
    for (int type = 0; type < WIRE_TYPE_COUNT; type++) {
        encoded = 0;
        for (int i = 0; i < ROUNDS; i++) {
            random_message_make(&random_one, &rng, (enum wire_type)type, 0.1 + 0.2 * (i % 2));
            const enum tide_status status = wire_encode(&random_one.message, frame, &bytes);
            if (status == TIDE_LIMIT) {
                continue;
            }
            assert_int_equal(status, TIDE_OK);
            decode_again(&random_one.message, bytes);
            encoded++;
        }
        assert_true(encoded >= ROUNDS / 2);
    }
}

/* What has only lists of bounded things can never be too large for its frame. */
static void test_fullest_lists_fit(void **state)
{
    static const enum wire_type types[] = {WIRE_HELLO, WIRE_RENEW, WIRE_METRIC, WIRE_WELCOME,
                                           WIRE_LEASE};
    struct rng rng;
    size_t bytes = 0;

    (void)state;
    rng_init(&rng, 2386, "fullest");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (int round = 0; round < 50; round++) {
            random_message_make(&random_one, &rng, types[i], 1);
            assert_int_equal(wire_encode(&random_one.message, frame, &bytes), TIDE_OK);
            decode_again(&random_one.message, bytes);
        }
    }
}

static void check_golden(const char *path, size_t bytes)
{
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fprintf(file, "%.*s\n", (int)bytes, frame) > 0);
        assert_int_equal(fclose(file), 0);
        return;
    }
    char *golden = file_read(path);
    golden[strcspn(golden, "\n")] = '\0';
    frame[bytes] = '\0';
    assert_string_equal(frame, golden);
    free(golden);
}

static void test_golden_frames(void **state)
{
    struct wire_message message;
    char path[512];
    size_t bytes = 0;

    (void)state;
    for (int type = 0; type < WIRE_TYPE_COUNT; type++) {
        example_message(&message, (enum wire_type)type);
        assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_OK);
        (void)snprintf(path, sizeof path, "%s/%s.json", GOLDEN_DIRECTORY,
                       wire_type_text((enum wire_type)type));
        check_golden(path, bytes);
        decode_again(&message, bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_messages_come_back),
        cmocka_unit_test(test_fullest_lists_fit),
        cmocka_unit_test(test_golden_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
