/*
 * Every screen of the reading verbs, as a person sees it: the transcripts under golden/ are run
 * again, command by command, on the store of fixture.sql at a fixed moment, and must come out the
 * same. UPDATE_GOLDEN=1 rewrites them; the difference is to be read before it is committed.
 */
#include "commands/fixture.h"

#include "commands/reading.h"
#include "commands/verbs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const struct reading_verb *reading;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"best", &verb_best, NULL},       {"show", &verb_show, NULL},
    {"status", &verb_status, NULL},   {"trials", &verb_trials, NULL},
    {"why", &verb_why, NULL},         {"workers", &verb_workers, NULL},
    {"export", NULL, command_export}, {"logs", NULL, command_logs},
    {"wait", NULL, command_wait},
};

static int verb_run(struct words *words)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, words->items[0]) == 0) {
            return verbs[i].reading != NULL
                       ? reading_run(verbs[i].reading, words->count, words->items, FIXTURE_NOW_MS)
                       : verbs[i].run(words->count, words->items);
        }
    }
    fail_msg("no verb %s", words->items[0]);
    return -1;
}

/* One command and what it prints, at the end of the transcript. */
static void line_run(const char *line, FILE *transcript)
{
    struct words words;

    words_split(&words, line);
    capture_begin();
    const int code = verb_run(&words);
    char *text = capture_end();
    (void)fprintf(transcript, "$ tidemill %s\n%s", line, text);
    if (code != EXIT_CODE_OK) {
        (void)fprintf(transcript, "[exit %d]\n", code);
    }
    free(text);
}

/* Runs the commands of a transcript again. */
static char *transcript_repeat(const char *golden)
{
    static const char prompt[] = "$ tidemill ";
    char *text = NULL;
    size_t bytes = 0;
    FILE *transcript = open_memstream(&text, &bytes);
    char *copy = strdup(golden);
    char *rest = NULL;

    assert_non_null(transcript);
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, prompt, strlen(prompt)) == 0) {
            line_run(line + strlen(prompt), transcript);
        }
    }
    free(copy);
    assert_int_equal(fclose(transcript), 0);
    return text;
}

static void transcript_check(const char *name)
{
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/%s", GOLDEN, name);
    char *want = file_read(path);
    char *got = transcript_repeat(want);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        file_write(path, got);
    } else if (strcmp(want, got) != 0) {
        fail_msg("%s has changed; now it is:\n%s", path, got);
    }
    free(want);
    free(got);
}

static void test_transcripts(void **state)
{
    DIR *folder = opendir(GOLDEN);
    int count = 0;

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strstr(entry->d_name, ".txt") != NULL) {
            transcript_check(entry->d_name);
            count++;
        }
    }
    (void)closedir(folder);
    assert_true(count >= 6);
}

/* Whatever a store holds, no byte of it that a terminal obeys reaches a screen. */
static void test_hostile_texts(void **state)
{
    static const char *const lines[] = {
        "show 8", "show 8.0",      "show 8.1", "trials 8",        "best 8",
        "why 8",  "workers --all", "status",   "show 8.0 --json", "logs 8.0 --json"};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct words words;
        words_split(&words, lines[i]);
        capture_begin();
        (void)verb_run(&words);
        char *text = capture_end();
        for (const char *at = text; *at != '\0'; at++) {
            assert_true((unsigned char)*at >= 0x20 || *at == '\n');
        }
        assert_null(strstr(text, "\u202e"));
        free(text);
    }
}

/* --color=always colours a screen that is no terminal; without it there is none. */
static void test_color(void **state)
{
    static const char *const lines[] = {"status --color=always", "status --color=never", "status"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct words words;
        words_split(&words, lines[i]);
        capture_begin();
        assert_int_equal(verb_run(&words), EXIT_CODE_OK);
        char *text = capture_end();
        assert_int_equal(strstr(text, "\033[") != NULL, i == 0);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transcripts),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_color),
    };

    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
