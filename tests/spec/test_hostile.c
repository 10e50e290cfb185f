/*
 * Hostile input: every text and file here is refused with a clear error (or read, where it is only
 * odd), in under 50 ms of CPU time each; sanitizers get ten times as much. No input makes the
 * parser read what is no regular file.
 */
#include "support/support.h"

#include "base/rng.h"
#include "spec/spec.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
enum { CPU_MS_MAX = 500 };
#else
enum { CPU_MS_MAX = 50 };
#endif

enum { WHOLE = 256 * 1024 };

/* A text that is put together. */
struct text {
    char *bytes;
    size_t used;
};

static char room[2 * WHOLE];

static struct text text_new(void)
{
    return (struct text){room, 0};
}

static void add(struct text *text, const char *bytes, size_t count)
{
    assert_true(text->used + count <= sizeof room);
    memcpy(text->bytes + text->used, bytes, count);
    text->used += count;
}

static void say(struct text *text, const char *words)
{
    add(text, words, strlen(words));
}

/* The unit again and again, as often as it fits below `bytes`. */
static void repeat(struct text *text, const char *unit, size_t bytes)
{
    while (text->used + strlen(unit) <= bytes) {
        say(text, unit);
    }
}

/* The unit with a running number at its '#', as often as it fits below `bytes`. */
static void repeat_numbered(struct text *text, const char *unit, size_t bytes)
{
    char line[256];

    for (int i = 0;; i++) {
        const char *at = strchr(unit, '#');
        const int count =
            snprintf(line, sizeof line, "%.*s%d%s", (int)(at - unit), unit, i, at + 1);
        if (text->used + (size_t)count > bytes) {
            return;
        }
        say(text, line);
    }
}

static double cpu_ms(void)
{
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

/* Parses and prints the report; the CPU time it took. */
static double parse_ms(const struct text *text, struct spec **spec, struct spec_report *report,
                       enum tide_status *status)
{
    const double start_ms = cpu_ms();

    *status = spec_parse(text->bytes, text->used, "h.yaml", spec, report);
    free(spec_report_text(report));
    return cpu_ms() - start_ms;
}

/* Refused, one of the messages is this one, and the fastest of three times is below the bound: the
 * machine may be busy with other things. */
static void assert_refused(const struct text *text, const char *message)
{
    static struct spec_report report;
    struct spec *spec = NULL;
    enum tide_status status = TIDE_OK;
    double fastest_ms = 1e9;
    bool said = false;

    for (int i = 0; i < 3 && fastest_ms > CPU_MS_MAX; i++) {
        const double took_ms = parse_ms(text, &spec, &report, &status);
        fastest_ms = took_ms < fastest_ms ? took_ms : fastest_ms;
        if (status != TIDE_INVALID || spec != NULL || report.error_count == 0) {
            fail_msg("'%.60s' was accepted", text->bytes);
        }
    }
    for (size_t i = 0; i < report.errors_held; i++) {
        said = said || strstr(report.errors[i].text, message) != NULL;
    }
    if (!said) {
        fail_msg("'%.60s': '%s' instead of '%s'", text->bytes, report.errors[0].text, message);
    }
    if (fastest_ms > CPU_MS_MAX) {
        fail_msg("'%.60s' took %.1f ms", text->bytes, fastest_ms);
    }
}

static void assert_refused_bytes(const char *bytes, size_t count, const char *message)
{
    struct text text = text_new();

    add(&text, bytes, count);
    assert_refused(&text, message);
}

#define ASSERT_REFUSED(literal, message) assert_refused_bytes(literal, sizeof(literal) - 1, message)

static void deep_nesting_is_refused_at_once(void **state)
{
    static const char *const units[] = {"[", "{", "{a: ", "[{a: ", "- ", "? ", "[\n"};

    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct text text = text_new();
        say(&text, "name: x\nparameters:\n  ");
        repeat(&text, units[i], WHOLE);
        assert_refused(&text, *units[i] == '?' || strcmp(units[i], "{") == 0
                                  ? "a key must be a word"
                                  : "nested more than 16 deep");
    }
}

/* libyaml alone takes 18.9 s for the list of RELIABILITY.md. */
static void a_list_of_brackets_is_refused_at_once(void **state)
{
    struct text text = text_new();

    (void)state;
    repeat(&text, "[", 100000);
    assert_refused(&text, "nested more than 16 deep");
}

static void too_much_is_refused(void **state)
{
    struct text text = text_new();

    (void)state;
    repeat(&text, "#", WHOLE + 1);
    assert_refused(&text, "larger than 256 KiB");
    text = text_new();
    repeat(&text, "# a comment\n", WHOLE);
    assert_refused(&text, "it is empty");
    text = text_new();
    say(&text, "tags: [");
    repeat(&text, "1,", WHOLE);
    assert_refused(&text, "more than 50,000 values");
    text = text_new();
    repeat_numbered(&text, "k#: 1\n", WHOLE);
    assert_refused(&text, "more than 1000 keys");
    text = text_new();
    say(&text, "name: ");
    repeat(&text, "x", WHOLE);
    assert_refused(&text, "a value longer than 16 KiB");
    text = text_new();
    say(&text, "setup: |\n");
    repeat(&text, "  line\n", WHOLE);
    assert_refused(&text, "a value longer than 16 KiB");
    text = text_new();
    repeat(&text, "---\n", WHOLE);
    assert_refused(&text, "a second document");
}

static void yaml_features_are_refused(void **state)
{
    struct text text = text_new();

    (void)state;
    repeat_numbered(&text, "a#: &a x\n", 9000);
    assert_refused(&text, "anchors (&name) are not accepted");
    text = text_new();
    say(&text, "a: &a [x, x]\n");
    repeat(&text, "b: [*a, *a, *a, *a, *a, *a, *a]\n", 480);
    assert_refused(&text, "aliases (*name) are not accepted");
    text = text_new();
    repeat(&text, "%TAG !a! tag:a\n", WHOLE);
    assert_refused(&text, "is a directive");
    text = text_new();
    say(&text, "name: !");
    repeat(&text, "a", WHOLE - 8);
    say(&text, " x");
    assert_refused(&text, "");
    text = text_new();
    say(&text, "name: &");
    repeat(&text, "a", WHOLE - 8);
    say(&text, " x");
    assert_refused(&text, "anchors (&name) are not accepted");
    ASSERT_REFUSED("? [a, b]\n: c\n", "a key must be a word");
    ASSERT_REFUSED("? {a: b}\n: c\n", "a key must be a word");
    ASSERT_REFUSED("<<: {a: b}\n", "merge keys are not accepted");
    ASSERT_REFUSED("a: 1\n...\nb: 2\n", "");
}

static void wrong_encodings_are_refused(void **state)
{
    (void)state;
    ASSERT_REFUSED("\xff\xfen\0a\0m\0e\0", "UTF-16");
    ASSERT_REFUSED("\xfe\xff\0n\0a\0m\0e", "UTF-16");
    ASSERT_REFUSED("n\0a\0m\0e\0:\0", "UTF-16");
    ASSERT_REFUSED("\0n\0a\0m\0e\0:", "UTF-16");
    ASSERT_REFUSED("name: a\0b\n", "control character (U+0000)");
    ASSERT_REFUSED("name: \x80\n", "not UTF-8 (0x80)");
    ASSERT_REFUSED("name: \xc0\xaf\n", "not UTF-8 (0xC0)");
    ASSERT_REFUSED("name: \xed\xa0\x80\n", "not UTF-8 (0xED)");
    ASSERT_REFUSED("name: \xf4\x90\x80\x80\n", "not UTF-8 (0xF4)");
    ASSERT_REFUSED("name: \xe2\x82", "not UTF-8 (0xE2)");
    ASSERT_REFUSED("name: \x1b[31m\n", "control character (U+001B)");
    ASSERT_REFUSED("name: \x7f\n", "control character (U+007F)");
    ASSERT_REFUSED("name: \xe2\x80\xae\n", "control character (U+202E)");
    ASSERT_REFUSED("name: \xef\xbb\xbf\n", "control character (U+FEFF)");
    ASSERT_REFUSED("name: a\rtags: b\n", "a carriage return that ends no line");
    ASSERT_REFUSED("name: a\xe2\x80\xa8tags: b\n", "a line separator");
    ASSERT_REFUSED("name: a\xc2\x85tags: b\n", "a line separator");
    ASSERT_REFUSED("name: x\nparameters:\n\tlr: 1\n", "YAML: found character");
    ASSERT_REFUSED("", "it is empty");
    ASSERT_REFUSED("\xef\xbb\xbf", "it is empty");
}

static const char head[] = "name: x\n"
                           "command: [run, \"{args}\"]\n"
                           "objective: {metric: loss, direction: minimize}\n"
                           "budget: {trials: 5}\n";

/* As many suggestions to look for as a file has room for. */
static void many_mistakes_are_counted_in_time(void **state)
{
    struct text text = text_new();

    (void)state;
    say(&text, head);
    say(&text, "parameters:\n");
    repeat_numbered(
        &text, "  parameter#: {type: categorcial, value: [1, 2], when: {paramter: 3}}\n", 7000);
    assert_refused(&text, "unknown parameter type 'categorcial'");
    text = text_new();
    say(&text, head);
    repeat_numbered(&text, "objektive_objektive_objektive_objektive_#: {}\n", 45000);
    assert_refused(&text, "unknown key");
    text = text_new();
    repeat(&text, "name: x\n", 7000);
    assert_refused(&text, "key 'name' again");
}

/* Sixty parameters of 256 choices, each depending on 256 wrong choices of the first. */
static void large_spaces_are_checked_in_time(void **state)
{
    struct text text = text_new();

    (void)state;
    say(&text, head);
    say(&text, "parameters:\n");
    for (int i = 0; i < 60; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "  p%d: {type: ordinal, values: [", i);
        say(&text, line);
        for (int j = 0; j < 256; j++) {
            (void)snprintf(line, sizeof line, "%s%d", j == 0 ? "" : ",", 1000 + j);
            say(&text, line);
        }
        say(&text, "], when: {p0: [");
        for (int j = 0; j < 256; j++) {
            (void)snprintf(line, sizeof line, "%s%d", j == 0 ? "" : ",", 2000 + j);
            say(&text, line);
        }
        say(&text, "]}}\n");
    }
    assert_refused(&text, "is not one of the values of 'p0'");
}

/* Each value is short enough, all of them are not. */
static void what_no_message_can_carry_is_refused(void **state)
{
    struct text text = text_new();

    (void)state;
    say(&text, head);
    say(&text, "parameters: {x: {type: bool}}\nenvironment:\n  env:\n");
    for (int i = 0; i < 17; i++) {
        char line[32];
        (void)snprintf(line, sizeof line, "    V%d: ", i);
        say(&text, line);
        repeat(&text, "z", text.used + 3800);
        say(&text, "\n");
    }
    assert_refused(&text, "a worker would be told");
    text = text_new();
    say(&text, head);
    say(&text, "parameters: {x: {type: bool}}\nenvironment:\n  env: {A: ");
    repeat(&text, "z", text.used + 4096);
    say(&text, "}\n");
    assert_refused(&text, "a value of 4096 bytes");
}

static void expensive_patterns_are_refused(void **state)
{
    static const char *const patterns[] = {
        "((a{30}){30}){30}", "(((((a{9}){9}){9}){9}){9})", "(a{32767})", "(a{2,32767})",
        "(.*)\\\\1",         "((a{1000}){1000})",
    };

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct text text = text_new();
        say(&text, head);
        say(&text, "parameters: {x: {type: bool}}\nmetrics: {patterns: {loss: \"");
        say(&text, patterns[i]);
        say(&text, "\"}}\n");
        assert_refused(&text, "a pattern without back references");
    }
}

/* What may be repeated, as often as it may be, in as many patterns as there may be. */
static void the_dearest_accepted_patterns_compile_in_time(void **state)
{
    static struct spec_report report;
    struct text text = text_new();
    struct spec *spec = NULL;
    enum tide_status status = TIDE_OK;
    double fastest_ms = 1e9;

    (void)state;
    say(&text, head);
    say(&text, "parameters: {x: {type: bool}}\non_output:\n");
    for (int i = 0; i < SPEC_RULES_MAX; i++) {
        say(&text, "  - {match: \"(([a-z]|[[:alpha:]]){30}){30}x\", then: fail}\n");
    }
    for (int i = 0; i < 3 && fastest_ms > CPU_MS_MAX; i++) {
        const double took_ms = parse_ms(&text, &spec, &report, &status);
        fastest_ms = took_ms < fastest_ms ? took_ms : fastest_ms;
        assert_int_equal(status, TIDE_OK);
        spec_free(spec);
    }
    if (fastest_ms > CPU_MS_MAX) {
        fail_msg("%.1f ms", fastest_ms);
    }
}

static void assert_file_refused(const char *path, const char *message)
{
    static struct spec_report report;
    struct spec *spec = NULL;
    double took_ms = cpu_ms();

    assert_int_equal(spec_load(path, &spec, &report), TIDE_INVALID);
    took_ms = cpu_ms() - took_ms;
    assert_null(spec);
    if (report.error_count != 1 || strstr(report.errors[0].text, message) == NULL) {
        fail_msg("%s: %s", path, report.errors[0].text);
    }
    assert_true(took_ms <= CPU_MS_MAX);
}

static void what_is_no_regular_file_is_not_read(void **state)
{
    char *directory = scratch_new();
    char path[512];
    char link_path[512];

    (void)state;
    assert_file_refused("/dev/zero", "it is a device, not a file");
    assert_file_refused("/dev/null", "it is a device, not a file");
    assert_file_refused("/dev/tty", "");
    assert_file_refused(directory, "it is a directory, not a file");
    (void)snprintf(path, sizeof path, "%s/fifo", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_file_refused(path, "it is a FIFO, not a file");
    (void)snprintf(link_path, sizeof link_path, "%s/link", directory);
    assert_int_equal(symlink(path, link_path), 0);
    assert_file_refused(link_path, "it is a FIFO, not a file");
    (void)snprintf(path, sizeof path, "%s/nothing", directory);
    assert_file_refused(path, "cannot read it: No such file");
    assert_file_refused("", "cannot read it: No such file");
    (void)snprintf(path, sizeof path, "%s/loop", directory);
    assert_int_equal(symlink(path, path), 0);
    assert_file_refused(path, "cannot read it: Too many levels of symbolic links");
    scratch_free(directory);
}

/* A sparse file of a terabyte is read no further than its first 256 KiB. */
static void a_huge_file_is_not_read_to_its_end(void **state)
{
    char *directory = scratch_new();
    char path[512];
    int descriptor = -1;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/huge", directory);
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(ftruncate(descriptor, (off_t)1 << 40), 0);
    (void)close(descriptor);
    assert_file_refused(path, "larger than 256 KiB");
    scratch_free(directory);
}

/* 20,000 texts made of the words and signs of specs: none may crash, and none may take long. */
static void random_texts_do_no_harm(void **state)
{
    static const char *const words[] = {
        "name",       ": ",
        "x",          "\n",
        "  ",         "- ",
        "[",          "]",
        "{",          "}",
        ", ",         "command",
        "parameters", "type",
        "float",      "min",
        "max",        "1e-3",
        "\"",         "'",
        "|\n",        "when",
        "values",     "categorical",
        "&a",         "*a",
        "!t",         "budget",
        "trials",     "5",
        "objective",  "metric",
        "loss",       "direction",
        "minimize",   "schedule",
        "windows",    "Mon-Fri 22:00-06:00",
        "{lr}",       "{args}",
        "#",          "%",
        "\t",         "<<",
        "default",    "step",
        "log",        "true",
        "no",         "010",
        "\xc3\xa9",
    };
    static struct spec_report report;
    struct rng rng;

    (void)state;
    rng_init(&rng, 2385, "hostile");
    for (int i = 0; i < 20000; i++) {
        struct text text = text_new();
        struct spec *spec = NULL;
        const uint64_t count = rng_below(&rng, 80);
        for (uint64_t j = 0; j < count; j++) {
            say(&text, words[rng_below(&rng, sizeof words / sizeof *words)]);
        }
        const enum tide_status status = spec_parse(text.bytes, text.used, "r.yaml", &spec, &report);
        assert_int_equal(status == TIDE_OK, spec != NULL);
        assert_int_equal(status == TIDE_OK, report.error_count == 0);
        spec_free(spec);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_nesting_is_refused_at_once),
        cmocka_unit_test(a_list_of_brackets_is_refused_at_once),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(yaml_features_are_refused),
        cmocka_unit_test(wrong_encodings_are_refused),
        cmocka_unit_test(many_mistakes_are_counted_in_time),
        cmocka_unit_test(large_spaces_are_checked_in_time),
        cmocka_unit_test(what_no_message_can_carry_is_refused),
        cmocka_unit_test(expensive_patterns_are_refused),
        cmocka_unit_test(the_dearest_accepted_patterns_compile_in_time),
        cmocka_unit_test(what_is_no_regular_file_is_not_read),
        cmocka_unit_test(a_huge_file_is_not_read_to_its_end),
        cmocka_unit_test(random_texts_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
