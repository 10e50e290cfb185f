/*
 * Bounded output: of 100 MB the first 1 MiB and the last 4 MiB are kept and come out again byte for
 * byte, the file never grows beyond that, a full disk loses bytes but not the count; and any bytes
 * become text that the wire takes. Points: what is added comes out once, and again after a break.
 */
#include "support/support.h"

#include "worker/capture.h"
#include "worker/points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char byte_at(int64_t offset)
{
    if (offset % 61 == 60) {
        return '\n';
    }
    return (char)('!' + (offset * 7 + offset / 4096) % 90);
}

static void write_to(struct capture *capture, int64_t until)
{
    static char block[77777]; /* no divisor of the bounds */

    while (capture->total < until) {
        const int64_t left = until - capture->total;
        const size_t bytes = left < (int64_t)sizeof block ? (size_t)left : sizeof block;
        for (size_t i = 0; i < bytes; i++) {
            block[i] = byte_at(capture->total + (int64_t)i);
        }
        capture_write(capture, block, bytes);
    }
}

/* Takes pieces until there are no more, each of them compared; the bytes they had. */
static int64_t take_pieces(struct capture *capture)
{
    char text[WIRE_LOG_BYTES];
    int64_t offset = 0;
    int64_t next = 0;
    int64_t bytes = 0;

    while (capture_piece(capture, text, &offset, &next)) {
        assert_int_equal(strlen(text), next - offset);
        for (int64_t i = 0; i < next - offset; i++) {
            if (text[i] != byte_at(offset + i)) {
                fail_msg("byte %ld is another", (long)(offset + i));
            }
        }
        bytes += next - offset;
        capture->sent = next;
    }
    return bytes;
}

static void the_ends_of_100_mb_are_kept(void **state)
{
    const int64_t total = 100000000;
    char *folder = scratch_new();
    char path[512];
    struct capture capture;
    struct error error;
    struct stat status;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/out", folder);
    assert_int_equal(capture_open(&capture, path, STREAM_STDOUT, &error), TIDE_OK);
    write_to(&capture, 5000);
    assert_int_equal(take_pieces(&capture), 5000);
    write_to(&capture, total);
    assert_int_equal(capture.total, total);
    assert_int_equal(take_pieces(&capture), CAPTURE_HEAD_BYTES - 5000);
    capture.ended = true;
    assert_int_equal(take_pieces(&capture), CAPTURE_TAIL_BYTES);
    assert_int_equal(capture.sent, total);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, CAPTURE_HEAD_BYTES + CAPTURE_TAIL_BYTES);
    capture_close(&capture);
    scratch_free(folder);
}

/* Totals around the bounds: what is kept comes out, once. */
static void no_byte_is_lost_or_repeated_at_the_bounds(void **state)
{
    static const int64_t totals[] = {0,
                                     1,
                                     CAPTURE_HEAD_BYTES - 1,
                                     CAPTURE_HEAD_BYTES,
                                     CAPTURE_HEAD_BYTES + 1,
                                     CAPTURE_HEAD_BYTES + CAPTURE_TAIL_BYTES,
                                     CAPTURE_HEAD_BYTES + CAPTURE_TAIL_BYTES + 1};
    char *folder = scratch_new();
    char path[512];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/out", folder);
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        const int64_t most = CAPTURE_HEAD_BYTES + CAPTURE_TAIL_BYTES;
        struct capture capture;
        struct error error;
        assert_int_equal(capture_open(&capture, path, STREAM_STDERR, &error), TIDE_OK);
        write_to(&capture, totals[i]);
        capture.ended = true;
        assert_int_equal(take_pieces(&capture), totals[i] < most ? totals[i] : most);
        capture_close(&capture);
    }
    scratch_free(folder);
}

static void a_full_disk_is_counted_on(void **state)
{
    struct capture capture;
    struct error error;
    char text[WIRE_LOG_BYTES];
    int64_t offset = 0;
    int64_t next = 0;

    (void)state;
    assert_int_equal(capture_open(&capture, "/dev/full", STREAM_STDOUT, &error), TIDE_OK);
    write_to(&capture, 3000000);
    capture.ended = true;
    assert_int_equal(capture.total, 3000000);
    assert_true(capture.failed);
    assert_false(capture_piece(&capture, text, &offset, &next));
    capture_close(&capture);
}

static void bytes_become_text(void **state)
{
    static const struct {
        const char *bytes;
        size_t count;
        bool last;
        const char *text;
        size_t taken;
    } cases[] = {
        {"plain\n", 6, false, "plain\n", 6},
        {"caf\xc3\xa9", 5, false, "caf\xc3\xa9", 5},
        {"caf\xc3", 4, false, "caf", 3},
        {"caf\xc3", 4, true, "caf\xef\xbf\xbd", 4},
        {"a\0b", 3, false,
         "a\xef\xbf\xbd"
         "b",
         3},
        {"\xff\xfe", 2, false, "\xef\xbf\xbd\xef\xbf\xbd", 2},
        {"\xed\xa0\x80", 3, false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 3},
        {"\xc0\xaf", 2, false, "\xef\xbf\xbd\xef\xbf\xbd", 2},
        {"\xf0\x9f\x8c\x8a", 4, false, "\xf0\x9f\x8c\x8a", 4},
        {"\xf0\x9f\x8c", 3, false, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        assert_int_equal(
            capture_text(cases[i].bytes, cases[i].count, cases[i].last, text, sizeof text),
            cases[i].taken);
        assert_string_equal(text, cases[i].text);
    }
    char narrow[6];
    assert_int_equal(capture_text("ab\xc3\xa9\xc3\xa9", 6, true, narrow, sizeof narrow), 4);
}

static void points_come_out_once_and_again_when_asked(void **state)
{
    static struct points points;
    static struct wire_metric metric;
    const size_t dropped = POINTS_MAX / 2;
    size_t total = 0;

    (void)state;
    points_init(&points);
    for (int i = 0; i < 3 * POINTS_MAX / 2; i++) {
        assert_true(points_add(&points, i % 2 == 0 ? "loss" : "acc", i / 2, i));
    }
    for (size_t count = points_batch(&points, &metric); count > 0;
         count = points_batch(&points, &metric)) {
        assert_close(metric.points[0].value, (double)(total + dropped), 0, 0);
        total += count;
        points_sent(&points, count);
    }
    assert_int_equal(total, POINTS_MAX);
    points_again(&points);
    assert_int_equal(points_batch(&points, &metric), WIRE_POINTS_MAX);
    assert_string_equal(metric.points[1].name, "acc");
    for (int i = 0; i < POINTS_NAMES_MAX - 2; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "m%d", i);
        assert_true(points_add(&points, name, 1, 1));
    }
    assert_false(points_add(&points, "one too many", 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ends_of_100_mb_are_kept),
        cmocka_unit_test(no_byte_is_lost_or_repeated_at_the_bounds),
        cmocka_unit_test(a_full_disk_is_counted_on),
        cmocka_unit_test(bytes_become_text),
        cmocka_unit_test(points_come_out_once_and_again_when_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
