/*
 * What `tidemill check` prints, for good and bad specs and for logs of every kind: the commands of
 * check/transcript are run again and must print the same. UPDATE_GOLDEN=1 rewrites it; the
 * difference is to be read before it is committed.
 */
#include "commands/fixture.h"

#include "commands/command.h"
#include "commands/verbs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_WORDS_MAX = 8 };

/* The words after "$ tidemill ", split at blanks. */
static int run(char *line)
{
    char *words[LINE_WORDS_MAX + 1] = {NULL};
    char *save = NULL;
    int count = 0;

    for (char *word = strtok_r(line, " ", &save); word != NULL && count < LINE_WORDS_MAX;
         word = strtok_r(NULL, " ", &save)) {
        words[count++] = word;
    }
    return command_check(count, words);
}

static void run_and_print(const char *line, FILE *transcript)
{
    char copy[256];

    (void)snprintf(copy, sizeof copy, "%s", line);
    capture_begin();
    const int code = run(copy);
    char *text = capture_end();
    (void)fprintf(transcript, "$ tidemill %s\n%s", line, text);
    if (code != EXIT_CODE_OK) {
        (void)fprintf(transcript, "[exit %d]\n", code);
    }
    free(text);
}

static void the_transcript_is_repeated(void **state)
{
    static const char prompt[] = "$ tidemill ";
    char *golden = file_read("transcript");
    char *text = strdup(golden);
    char *printed = NULL;
    size_t bytes = 0;
    char *save = NULL;
    FILE *out = open_memstream(&printed, &bytes);
    int count = 0;

    (void)state;
    assert_non_null(out);
    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, prompt, sizeof prompt - 1) == 0) {
            run_and_print(line + sizeof prompt - 1, out);
            count++;
        }
    }
    assert_int_equal(fclose(out), 0);
    assert_true(count >= 15);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        file_write("transcript", printed);
    } else {
        assert_string_equal(printed, golden);
    }
    free(printed);
    free(text);
    free(golden);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_transcript_is_repeated),
    };

    if (argc > 1 && chdir(argv[1]) != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
