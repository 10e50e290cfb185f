/*
 * Shows what the codec refuses, in both directions, and that a failed allocation, whichever it is,
 * refuses the message without a leak and never yields half of one: the first, second, third ...
 * allocation fails until the decoding succeeds.
 */
#include "support/support.h"

#include "wire/example_message.h"
#include "wire/random_message.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY_BYTES = 256 };

static char frame[WIRE_FRAME_BYTES];

/* An allocator that counts what is held and fails when `countdown` reaches 0. */
static long countdown = -1;
static long held;

static void *counted_malloc(size_t bytes)
{
    if (countdown == 0) {
        return NULL;
    }
    countdown -= countdown > 0 ? 1 : 0;
    held++;
    return malloc(bytes);
}

static void counted_free(void *memory)
{
    held -= memory != NULL ? 1 : 0;
    free(memory);
}

struct malformed {
    const char *frame;
    const char *why; /* part of the reason given */
};

#define READY(rest) "{\"v\":1,\"type\":\"READY\",\"seq\":1," rest "}"
#define ACCEPT(rest) "{\"v\":1,\"type\":\"ACCEPT\",\"seq\":1," rest "}"
#define METRIC(points)                                                                             \
    "{\"v\":1,\"type\":\"METRIC\",\"seq\":1,\"experiment\":1,\"trial\":0,\"attempt\":1,"           \
    "\"points\":" points "}"
#define RESULT(outcome)                                                                            \
    "{\"v\":1,\"type\":\"RESULT\",\"seq\":1,\"experiment\":1,\"trial\":0,\"attempt\":1,"           \
    "\"outcome\":" outcome "}"

static const struct malformed malformed[] = {
    {"", "byte 0"},
    {"{", "byte 1"},
    {"[]", "not a JSON object"},
    {"7", "byte 1"},
    {"{} {}", "end of file expected"},
    {READY("\"slots_free\":1,\"slots_free\":1"), "duplicate"},
    {READY("\"slots_free\":NaN"), "invalid token"},
    {READY("\"slots_free\":1e9"), "slots_free must be an integer"},
    {READY("\"slots_free\":99999999999999999999"), "too big integer"},
    {READY("\"slots_free\":1.0"), "slots_free must be an integer"},
    {READY("\"slots_free\":\"1\""), "slots_free must be an integer"},
    {READY("\"slots_free\":null"), "slots_free must be an integer"},
    {READY("\"slots_free\":257"), "257 is not within 0 and 256"},
    {READY("\"slots_free\":-1"), "-1 is not within 0 and 256"},
    {READY("\"slots\":1"), "slots_free is missing"},
    {READY("\"slots_free\":1,\"deep\":[[[[[[[[]]]]]]]]"), "nested deeper than 8"},
    {READY("\"slots_free\":1,\"text\":\"\xff\""), "unable to decode byte 0xff"},
    {READY("\"slots_free\":1,\"text\":\"a\\u0000b\""), "\\u0000"},
    {READY("\"slots_free\":1,\"boot\":\"00112233445566778899aabbccddeefG\""), "boot must be"},
    {READY("\"slots_free\":1,\"cluster\":\"0011\""), "cluster must be"},
    {READY("\"slots_free\":1,\"incarnation\":-3"), "incarnation: -3"},
    {"{\"v\":2,\"type\":\"READY\",\"seq\":1,\"slots_free\":1}", "v: 2 is not within 1 and 1"},
    {"{\"type\":\"READY\",\"seq\":1,\"slots_free\":1}", "v is missing"},
    {"{\"v\":1,\"type\":\"READY\",\"slots_free\":1}", "seq is missing"},
    {"{\"v\":1,\"type\":\"ready\",\"seq\":1}", "type: no such word"},
    {"{\"v\":1,\"type\":3,\"seq\":1}", "type: no such word"},
    {ACCEPT("\"experiment\":0,\"trial\":0,\"attempt\":1"), "experiment: 0"},
    {ACCEPT("\"experiment\":1,\"trial\":0,\"attempt\":0"), "attempt: 0"},
    {ACCEPT("\"experiment\":1,\"trial\":2147483648,\"attempt\":1"), "trial: 2147483648"},
    {METRIC("{}"), "points must be an array"},
    {METRIC("[7]"), "points: an element is no object"},
    {METRIC("[{\"step\":1,\"metric\":\"\",\"value\":1}]"), "metric must be"},
    {METRIC("[{\"step\":1,\"metric\":\"a\\nb\",\"value\":1}]"), "metric must be"},
    {METRIC("[{\"step\":1,\"metric\":\"a\",\"value\":\"nan\"}]"), "value must be a finite number"},
    {METRIC("[{\"step\":1,\"metric\":\"a\",\"value\":1e999}]"), "real number overflow"},
    {METRIC("[{\"step\":-1,\"metric\":\"a\",\"value\":1}]"), "step: -1"},
    {"{\"v\":1,\"type\":\"ASSIGN\",\"seq\":1,\"experiment\":1,\"trial\":0,\"attempt\":1,"
     "\"lease_ms\":1,\"command\":[]}",
     "command: 0 elements"},
    {RESULT("\"none\""), "outcome: no such word"},
    {RESULT("\"Completed\""), "outcome: no such word"},
};

static void test_malformed_frames_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct wire_message message;
        char why[WHY_BYTES] = "";
        const char *text = malformed[i].frame;
        const enum tide_status status = wire_decode(text, strlen(text), &message, why, sizeof why);
        if (status != TIDE_PROTOCOL || strstr(why, malformed[i].why) == NULL) {
            fail_msg("%s\ngave %d: %s", text, (int)status, why);
        }
        assert_null(message.document);
    }
}

static void test_unknown_keys_are_ignored(void **state)
{
    static const char text[] = READY(
        "\"slots_free\":3,\"colour\":{\"of\":[1,2,{\"the\":null}]},\"brackets\":\"[[[[[[[[[[\"");
    struct wire_message message;
    char why[WHY_BYTES] = "";

    (void)state;
    assert_int_equal(wire_decode(text, sizeof text - 1, &message, why, sizeof why), TIDE_OK);
    assert_int_equal(message.ready.slots_free, 3);
    wire_message_fini(&message);
}

/* A list one longer than its limit, a text one longer than its own. */
static void test_limits_of_lists_and_texts(void **state)
{
    static char text[WIRE_FRAME_BYTES];
    struct wire_message message;
    char why[WHY_BYTES] = "";
    size_t bytes = 0;

    (void)state;
    bytes = (size_t)snprintf(text, sizeof text,
                             "{\"v\":1,\"type\":\"RENEW\",\"seq\":1,\"token\":1,\"running\":[");
    for (int i = 0; i <= WIRE_SLOTS_MAX; i++) {
        bytes += (size_t)snprintf(text + bytes, sizeof text - bytes, "%s{}", i == 0 ? "" : ",");
    }
    bytes += (size_t)snprintf(text + bytes, sizeof text - bytes, "]}");
    assert_int_equal(wire_decode(text, bytes, &message, why, sizeof why), TIDE_PROTOCOL);
    assert_string_equal(why, "running: 257 elements, not within 0 and 256");

    bytes = (size_t)snprintf(text, sizeof text,
                             "{\"v\":1,\"type\":\"ERROR\",\"seq\":1,\"text\":\"%0*d\"}",
                             WIRE_TEXT_BYTES, 0);
    assert_int_equal(wire_decode(text, bytes, &message, why, sizeof why), TIDE_PROTOCOL);
    assert_string_equal(why, "text: longer than 4095 bytes");
}

static void test_frame_limit(void **state)
{
    static char text[WIRE_FRAME_BYTES + 1];
    static char body[WIRE_FRAME_BYTES];
    struct wire_message message = {.type = WIRE_REPLY, .reply = {.id = 1, .body = body}};
    char why[WHY_BYTES] = "";
    size_t bytes = 0;

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, "{\"v\":1,\"type\":\"WHO\",\"seq\":1}", 28);
    assert_int_equal(wire_decode(text, WIRE_FRAME_BYTES, &message, why, sizeof why), TIDE_OK);
    wire_message_fini(&message);
    assert_int_equal(wire_decode(text, sizeof text, &message, why, sizeof why), TIDE_PROTOCOL);
    assert_string_equal(why, "a frame of 65537 bytes, over 65536");

    memset(body, 'x', sizeof body - 1);
    message = (struct wire_message){.type = WIRE_REPLY, .reply = {.id = 1, .body = body}};
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_LIMIT);
    for (size_t length = sizeof body - 1; wire_encode(&message, frame, &bytes) != TIDE_OK;) {
        body[--length] = '\0';
    }
    assert_int_equal(bytes, WIRE_FRAME_BYTES); /* the largest that fits fills it to the last byte */
}

static void test_encode_refuses_what_decode_would(void **state)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    struct wire_message message;
    size_t bytes = 0;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        example_message(&message, WIRE_RESULT);
        message.result.values[0].value = bad[i];
        assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_INVALID);
    }
    example_message(&message, WIRE_RESULT);
    message.result.message = "\xc3";
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_INVALID);
    message.result.message = "\xed\xa0\x80"; /* a surrogate */
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_INVALID);
    example_message(&message, WIRE_RESULT);
    message.result.outcome = OUTCOME_NONE;
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_INVALID);
    example_message(&message, WIRE_RESULT);
    message.result.exit_code = 256;
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_INVALID);
    example_message(&message, WIRE_WELCOME);
    message.welcome.running[0].verdict = VERDICT_SEND; /* not an answer to a running attempt */
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_INVALID);
    example_message(&message, WIRE_ASSIGN);
    message.assign.word_count = 0; /* nothing to run */
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_INVALID);
    example_message(&message, WIRE_HELLO);
    message.hello.pool = "night spot";
    assert_int_equal(wire_encode(&message, frame, &bytes), TIDE_INVALID);
}

static void test_every_failed_allocation(void **state)
{
    struct wire_message example;
    struct wire_message message;
    char why[WHY_BYTES] = "";
    size_t bytes = 0;
    enum tide_status status = TIDE_NO_MEMORY;
    long failures = 0;

    (void)state;
    example_message(&example, WIRE_ASSIGN);
    assert_int_equal(wire_encode(&example, frame, &bytes), TIDE_OK);
    json_set_alloc_funcs(counted_malloc, counted_free);
    for (long allocation = 0; status != TIDE_OK; allocation++) {
        countdown = allocation;
        status = wire_decode(frame, bytes, &message, why, sizeof why);
        countdown = -1;
        if (status != TIDE_OK) {
            assert_true(status == TIDE_NO_MEMORY || status == TIDE_PROTOCOL);
            assert_true(*why != '\0');
            assert_int_equal(held, 0);
            failures++;
        }
    }
    message_same(&message, &example);
    wire_message_fini(&message);
    assert_int_equal(held, 0);
    assert_true(failures > 50); /* the frame of an ASSIGN takes that many */
    json_set_alloc_funcs(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed_frames_are_refused),
        cmocka_unit_test(test_unknown_keys_are_ignored),
        cmocka_unit_test(test_limits_of_lists_and_texts),
        cmocka_unit_test(test_frame_limit),
        cmocka_unit_test(test_encode_refuses_what_decode_would),
        cmocka_unit_test(test_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
