/*
 * The small pieces under the screens: numbers, times and durations as text, display widths, tables,
 * options, and JSON as it is printed. Each against values worked out by hand.
 */
#include "commands/agenda.h"
#include "commands/check.h"
#include "commands/document.h"
#include "commands/format.h"
#include "commands/options.h"
#include "commands/query.h"
#include "commands/screen.h"
#include "commands/signals.h"
#include "commands/table.h"
#include "support/support.h"

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void test_values(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0487, "0.0487"},       {0.411, "0.4110"},     {12, "12.000"},     {-61.5, "-61.500"},
        {123.456, "123.46"},      {9999.99, "10000.0"},  {150000, "150000"}, {0, "0"},
        {0.00012345, "0.000123"}, {-1.5e-7, "-1.5e-07"}, {1e200, "1e+200"},  {NAN, "-"}};
    char text[FORMAT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(format_value(text, cases[i].value), cases[i].text);
    }
}

/* The night of the summer's end is an hour longer and changes its offset; a tariff that is dear at
 * night does not pay. */
static void test_windows_of_check(void **state)
{
    static const char text[] =
        "name: a\ncommand: [echo, '{x}']\nparameters: {x: {type: float, min: 0, max: 1}}\n"
        "objective: {metric: loss, direction: minimize}\nbudget: {trials: 1}\n"
        "schedule: {timezone: Europe/Paris, windows: ['22:00-06:00'], prices: {unit: EUR/kWh,\n"
        "  default: 0.1, bands: [{when: '22:00-06:00', price: 0.3}]}}\n";
    static struct spec_report report;
    struct spec *spec = NULL;

    (void)state;
    assert_int_equal(spec_parse(text, strlen(text), "a", &spec, &report), TIDE_OK);
    json_t *model = check_windows_model(spec, ".", INT64_C(1792796400000)); /* 2026-10-24 01:00 */
    const json_t *next = json_object_get(model, "next");
    const json_t *night = json_array_get(next, 1);
    assert_int_equal(json_array_size(next), 3);
    assert_string_equal(model_text(json_array_get(next, 0), "from_local"),
                        "Fri 2026-10-23 22:00 +02:00");
    assert_string_equal(model_text(night, "from_local"), "Sat 2026-10-24 22:00 +02:00");
    assert_string_equal(model_text(night, "until_local"), "Sun 2026-10-25 06:00 +01:00");
    assert_int_equal(model_integer(night, "duration_ms"), 9 * 3600000);
    const json_t *worth = json_object_get(model, "worth");
    assert_true(json_is_false(json_object_get(worth, "pays")));
    assert_close(model_real(worth, "inside"), 0.3, 1e-12, 0);
    assert_true(model_real(worth, "always") < 0.17);
    json_decref(model);
    spec_free(spec);
}

/* All week is no window: nothing shuts in eight days, nor in a year. A deadline is the zone's. */
static void test_windows_that_never_shut(void **state)
{
    static const char text[] =
        "name: a\ncommand: [echo, '{x}']\nparameters: {x: {type: float, min: 0, max: 1}}\n"
        "objective: {metric: loss, direction: minimize}\nbudget: {trials: 1}\n"
        "schedule: {timezone: Europe/Paris, windows: ['Mon-Sun 00:00-24:00'],\n"
        "  deadline: 2026-10-25T12:00, if_late: on-demand}\n";
    static struct spec_report report;
    const int64_t now_ms = INT64_C(1792796400000);
    struct spec *spec = NULL;

    (void)state;
    assert_int_equal(spec_parse(text, strlen(text), "a", &spec, &report), TIDE_OK);
    json_t *check = check_windows_model(spec, ".", now_ms);
    json_t *agenda = agenda_read(text, ".", now_ms);
    assert_true(json_is_true(json_object_get(check, "always_open")));
    const json_t *deadline = json_object_get(check, "deadline");
    assert_string_equal(model_text(deadline, "at_local"), "Sun 2026-10-25 12:00 +01:00");
    assert_int_equal(model_integer(deadline, "left_ms"), 36 * 3600000);
    assert_string_equal(model_text(deadline, "if_late"), "on-demand");
    assert_int_equal(json_array_size(json_object_get(check, "next")), 0);
    assert_true(json_is_true(json_object_get(agenda, "open")));
    assert_true(json_is_null(json_object_get(agenda, "window")));
    json_decref(check);
    json_decref(agenda);
    spec_free(spec);
}

static json_t *parallel_of(const char *search, const char *unit, int64_t trial_ms)
{
    static struct spec_report report;
    struct spec *spec = NULL;
    char text[640];

    (void)snprintf(
        text, sizeof text,
        "name: a\ncommand: [echo, '{x}']\nparameters: {x: {type: float, min: 0, max: 1}}\n"
        "objective: {metric: loss, direction: minimize}\nbudget: {trials: 100}\n"
        "search: {%s}\nretry: {timeout: 30m}\nschedule: {timezone: UTC, max_price: 3,\n"
        "  prices: {unit: %s, default: 1, bands: [{when: '10:00-12:00', price: 8}]}}\n",
        search, unit);
    assert_int_equal(spec_parse(text, strlen(text), "a", &spec, &report), TIDE_OK);
    json_t *model = check_parallel_model(spec, trial_ms);
    spec_free(spec);
    return model;
}

/* More at once never needs fewer trials; a price above max_price is never paid; what a trial took
 * counts before its limit; one at a time, and a search that learns nothing, cost nothing more. */
static void test_parallel_of_check(void **state)
{
    (void)state;
    assert_close(check_parallel_times(1), 1, 0, 0);
    for (int64_t i = 1; i < 100; i++) {
        assert_true(check_parallel_times(i + 1) >= check_parallel_times(i));
    }
    assert_close(check_parallel_times(8), /* halfway, by the logarithm */
                 (check_parallel_times(4) + check_parallel_times(16)) / 2, 1e-12, 0);
    assert_close(check_parallel_times(64), check_parallel_times(16), 0, 0);

    const double more = round(100 * (check_parallel_times(16) - 1));
    json_t *model = parallel_of("concurrency: 16", "EUR/h", 0);
    assert_close((double)model_integer(model, "more_trials"), more, 0, 0);
    assert_true(json_is_true(json_object_get(model, "trial_is_limit")));
    assert_close(model_real(model, "cost_low"), more * 0.5, 1e-9, 0);
    assert_close(model_real(model, "cost_high"), more * 1.5, 1e-9, 0);
    json_decref(model);
    model = parallel_of("concurrency: 16", "EUR/kWh", 6 * 60000);
    assert_true(json_is_false(json_object_get(model, "trial_is_limit")));
    assert_close(model_real(model, "cost_low"), more * 0.1, 1e-9, 0);
    assert_string_equal(model_text(model, "unit"), "EUR per kW");
    json_decref(model);
    assert_true(json_is_null(parallel_of("concurrency: 1", "EUR/h", 0)));
    assert_true(json_is_null(parallel_of("concurrency: 16, algorithm: random", "EUR/h", 0)));
}

static void test_durations(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0 s"},
                 {999, "0 s"},
                 {59999, "59 s"},
                 {60000, "1 min"},
                 {8040000, "2 h 14 min"},
                 {86399999, "23 h 59 min"},
                 {273600000, "3 d 4 h"},
                 {-5, "0 s"}};
    char text[FORMAT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(format_duration(text, cases[i].ms), cases[i].text);
    }
}

/* 2026-10-25 is the day on which Paris repeats an hour. */
static void test_times(void **state)
{
    const int64_t now_ms = INT64_C(1792888200000); /* 2026-10-25 00:30 UTC, 02:30 summer time */
    static const struct {
        int64_t away_ms;
        const char *text;
    } cases[] = {{0, "02:30"},
                 {3600000, "02:30"}, /* the same hour again */
                 {7200000, "03:30"},
                 {-10800000, "Sat 23:30"}, /* yesterday */
                 {172800000, "Tue 01:30"},
                 {INT64_C(2419200000), "2026-11-22 01:30"}};
    char text[FORMAT_BYTES];

    (void)state;
    assert_int_equal(setenv("TZ", "Europe/Paris", 1), 0);
    tzset();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(format_time(text, now_ms + cases[i].away_ms, now_ms), cases[i].text);
    }
}

static void test_parameters(void **state)
{
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {{"0.0019", "0.00190"}, {"1e-05", "1.00e-05"}, {"3", "3"},    {"\"adam\"", "adam"},
                 {"true", "true"},      {"false", "false"},    {"null", "-"}, {"[1]", "-"}};
    char text[FORMAT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *value = json_loads(cases[i].json, JSON_DECODE_ANY, NULL);
        assert_string_equal(format_parameter(text, value), cases[i].text);
        json_decref(value);
    }
    assert_string_equal(format_money(text, 4095000), "4.10");
    assert_string_equal(format_money(text, 0), "0.00");
    assert_string_equal(format_bytes(text, 512), "512 B");
    assert_string_equal(format_bytes(text, 34359738368), "32.0 GiB");
}

static void test_widths(void **state)
{
    (void)state;
    assert_int_equal(text_columns("digits"), 6);
    assert_int_equal(text_columns("d\u00e9j\u00e0"), 4);
    assert_int_equal(text_columns("\u5373\u3057"), 4);  /* two wide characters */
    assert_int_equal(text_columns("e\u0301"), 1);       /* a combining accent */
    assert_int_equal(text_columns("\033[2J"), 7);       /* \x1b[2J */
    assert_int_equal(text_columns("\u202e"), 6);        /* \u202e */
    assert_int_equal(text_columns("\xff\xc3"), 8);      /* \xff\xc3 */
    assert_int_equal(text_columns("\xed\xa0\x80"), 12); /* a surrogate, byte by byte */
    assert_int_equal(text_columns("\xc0\xaf"), 8);      /* an overlong slash */
}

/* What `print` draws on a screen of so many columns. */
static char *drawn(int columns, bool blocks, void (*print)(struct screen *screen))
{
    char *text = NULL;
    size_t bytes = 0;
    struct screen screen = {.out = open_memstream(&text, &bytes),
                            .columns = columns,
                            .terminal = columns > 0,
                            .clip = columns > 0,
                            .blocks = blocks};

    assert_non_null(screen.out);
    print(&screen);
    assert_int_equal(fclose(screen.out), 0);
    return text;
}

static void bars_print(struct screen *screen)
{
    const double curve[] = {8, 7, NAN, 4, 1};

    screen_bar(screen, 31, 50, 16);
    screen_print(screen, "|");
    screen_bar(screen, 60, 50, 2);
    screen_bar(screen, 1, 0, 2);
    screen_print(screen, "|");
    screen_spark(screen, curve, 5, 5);
    screen_spark(screen, curve, 5, 2);
    screen_spark(screen, curve, 1, 5);
    screen_print(screen, "\n");
}

static void test_bars(void **state)
{
    char *blocks = drawn(0, true, bars_print);
    char *letters = drawn(0, false, bars_print);

    (void)state;
    assert_string_equal(blocks,
                        "\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591"
                        "\u2591\u2591\u2591\u2591|"
                        "\u2588\u2588\u2591\u2591|\u2588\u2587 \u2584\u2581\u2588\u2581\u2581\n");
    assert_string_equal(letters, "#########.......|##..|#* :_#__\n");
    free(blocks);
    free(letters);
}

static void table_draw(struct screen *screen)
{
    struct table *table = table_new(3);

    assert_non_null(table);
    for (int i = 0; i < 40; i++) { /* more cells than the first allocation holds */
        table_cell(table, STYLE_NONE, "%d", i);
        table_cell(table, STYLE_BAD, "%s", i == 1 ? "\u5373\u3057" : i == 2 ? "" : "ab");
        table_cell(table, STYLE_NONE, "%s", i == 0 ? "a long cell" : "end");
    }
    assert_true(table_print(table, screen));
    table_free(table);
    table_free(NULL);
}

static void test_table(void **state)
{
    char *wide = drawn(0, true, table_draw);
    char *narrow = drawn(12, true, table_draw);

    (void)state;
    assert_memory_equal(
        wide, "0   ab    a long cell\n1   \u5373\u3057  end\n2         end\n3   ab    end\n",
        strlen("0   ab    a long cell\n1   \u5373\u3057  end\n2         end\n3   ab    end\n"));
    assert_memory_equal(narrow, "0   ab    a\u2026\n1   \u5373\u3057  e\u2026\n",
                        strlen("0   ab    a\u2026\n1   \u5373\u3057  e\u2026\n"));
    free(wide);
    free(narrow);
}

static void test_document(void **state)
{
    static const char *const texts[] = {
        "{\"a\":[1,2.5,0.1,1e-05,\"\\u00e9\\\"\",null,true,{}],\"b\":{\"c\":[]}}", "[]", "3",
        "\"x\""};
    char deep[256];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *value = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        char *text = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&text, &bytes);
        assert_true(document_print(value, false, out));
        assert_int_equal(fclose(out), 0);
        json_t *back = json_loads(text, JSON_DECODE_ANY, NULL);
        assert_true(json_equal(value, back));
        if (i == 0) {
            assert_string_equal(
                text, "{\"a\":[1,2.5,0.1,1e-05,\"\u00e9\\\"\",null,true,{}],\"b\":{\"c\":[]}}");
        }
        free(text);
        json_decref(back);
        json_decref(value);
    }
    memset(deep, '[', 40);
    memset(deep + 40, ']', 40);
    deep[80] = '\0';
    memmove(deep + 41, deep + 40, 41);
    deep[40] = '1';
    json_t *value = json_loads(deep, 0, NULL);
    assert_non_null(value);
    FILE *nowhere = fopen("/dev/null", "w");
    assert_false(document_print(value, true, nowhere));
    (void)fclose(nowhere);
    json_decref(value);
}

static const struct option_rule rules[] = {{"limit", 'n', "N", "so many"},
                                           {"follow", 'f', NULL, "go on"},
                                           {"timeout", 0, "TIME", "so long"}};
static const struct usage usage = {.verb = "v",
                                   .arguments = "A [B]",
                                   .text = "Text.",
                                   .rules = rules,
                                   .rule_count = 3,
                                   .arguments_min = 1,
                                   .arguments_max = 2,
                                   .example = "tidemill v a\ntidemill v a b"};

/* Parses a line; the first words that the test wants to see are in `options`. */
static int parse(struct options *options, char *line, char **words)
{
    char *rest = NULL;
    int count = 0;

    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    words[count] = NULL;
    return options_parse(&usage, count, words, options);
}

static void test_options(void **state)
{
    struct options options;
    struct error error;
    int64_t value = 0;
    char *words[16];
    char line[] = "v a -fn5 --timeout 1.5h b --json --store s.db --color never";

    (void)state;
    assert_int_equal(parse(&options, line, words), OPTIONS_GO);
    assert_int_equal(options.argument_count, 2);
    assert_string_equal(options.arguments[1], "b");
    assert_string_equal(options.store, "s.db");
    assert_true(options.json);
    assert_int_equal(options.color, COLOR_NEVER);
    assert_string_equal(options_value(&options, "follow"), "");
    assert_int_equal(options_integer(&options, "limit", 0, 9, 3, &value, &error), TIDE_OK);
    assert_int_equal(value, 5);
    assert_int_equal(options_integer(&options, "limit", 0, 4, 3, &value, &error), TIDE_INVALID);
    assert_string_equal(error.text, "--limit takes a whole number from 0 to 4, not '5'");
    assert_int_equal(options_duration(&options, "timeout", 7, &value, &error), TIDE_OK);
    assert_int_equal(value, 5400000);
}

/* Each mistake is exit code 2, and none of them runs the verb. */
static void test_option_mistakes(void **state)
{
    static const char *const lines[] = {
        "v",           "v a b c",     "v a --nosuch",    "v a -x",
        "v a --limit", "v a --color", "v a --color=red", "v a --json=1"};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct options options;
        char *words[16];
        char line[64];
        (void)snprintf(line, sizeof line, "%s", lines[i]);
        assert_int_equal(parse(&options, line, words), EXIT_CODE_USAGE);
    }
    for (int i = 0; i < 2; i++) {
        struct options options;
        char *words[16];
        char line[64];
        (void)snprintf(line, sizeof line, "%s", i == 0 ? "v --help" : "v a b -h");
        assert_int_equal(parse(&options, line, words), EXIT_CODE_OK);
    }
}

static void *thread_sleep(void *stop)
{
    char byte = 0;

    (void)!read(*(int *)stop, &byte, 1);
    return NULL;
}

/* A thread that existed before, and blocks nothing, takes no signal away. */
static void test_signals(void **state)
{
    static const int numbers[] = {SIGTERM, SIGCHLD};
    int stop[2];
    pthread_t thread;

    (void)state;
    assert_int_equal(pipe(stop), 0);
    assert_int_equal(pthread_create(&thread, NULL, thread_sleep, &stop[0]), 0);
    const int descriptor = signals_open(numbers, 2);
    assert_true(descriptor >= 0);
    for (int i = 0; i < 200; i++) {
        struct pollfd polled = {.fd = descriptor, .events = POLLIN};
        int number = 0;
        assert_int_equal(kill(getpid(), numbers[i % 2]), 0);
        while (number == 0) { /* the thread may take it after poll saw it, and gives it back */
            assert_int_equal(poll(&polled, 1, 10000), 1);
            number = signals_next(descriptor);
        }
        assert_int_equal(number, numbers[i % 2]);
        assert_int_equal(signals_next(descriptor), 0);
    }
    assert_int_equal(close(stop[1]), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(stop[0]);
    (void)close(descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_windows_of_check),
        cmocka_unit_test(test_windows_that_never_shut),
        cmocka_unit_test(test_parallel_of_check),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_option_mistakes),
        cmocka_unit_test(test_signals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
