#include "commands/reproduce.h"

#include "spec/point.h"
#include "spec/spec.h"

#include <stdlib.h>
#include <string.h>

static json_t *words_list(char *const *argv)
{
    json_t *words = json_array();

    for (size_t i = 0; argv[i] != NULL; i++) {
        (void)json_array_append_new(words, json_string(argv[i]));
    }
    return words;
}

static json_t *spec_words(const struct spec *spec, const char *params)
{
    double *values = calloc(spec->parameter_count + 1, sizeof *values);
    char **argv = NULL;
    struct error error;
    json_t *words = NULL;

    if (values != NULL && spec_params_parse(spec, params, values, &error) == TIDE_OK &&
        spec_command(spec, values, spec->fidelity.max, &argv, &error) == TIDE_OK) {
        words = words_list(argv);
    }
    free(argv);
    free(values);
    return words;
}

json_t *reproduce_words(struct query *query, int64_t experiment, const json_t *params)
{
    json_t *row =
        query_row(query, "SELECT name, spec FROM experiment WHERE id = ?", "i", experiment);
    const char *text = model_text(row, "spec");
    char *json = json_dumps(params, JSON_REAL_PRECISION(17));
    struct spec_report *report = calloc(1, sizeof *report);
    struct spec *spec = NULL;
    json_t *words = NULL;

    if (json != NULL && report != NULL &&
        spec_parse(text, strlen(text), model_text(row, "name"), &spec, report) == TIDE_OK) {
        words = spec_words(spec, json);
    }
    spec_free(spec);
    free(report);
    free(json);
    json_decref(row);
    return words == NULL ? json_null() : words;
}

void reproduce_word(struct screen *screen, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./,:@%";

    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        screen_text(screen, word, 0);
        return;
    }
    screen_print(screen, "'");
    for (const char *at = word; *at != '\0';) {
        const size_t length = strcspn(at, "'");
        char *part = strndup(at, length);
        screen_text(screen, part == NULL ? "" : part, 0);
        free(part);
        at += length;
        if (*at == '\'') {
            screen_print(screen, "'\\''");
            at++;
        }
    }
    screen_print(screen, "'");
}

void reproduce_print(struct screen *screen, const json_t *words)
{
    for (size_t i = 0; i < json_array_size(words); i++) {
        screen_print(screen, i == 0 ? "" : " ");
        reproduce_word(screen, json_string_value(json_array_get(words, i)));
    }
    screen_print(screen, "\n");
}
