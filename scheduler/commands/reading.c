#include "commands/reading.h"

#include "commands/document.h"
#include "commands/reproduce.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

int64_t wall_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void reading_suggest(const struct options *options, const char *format, ...)
{
    struct screen screen = screen_open(stderr, COLOR_NEVER);
    va_list arguments;

    (void)fflush(stdout); /* so that it comes last where both go to one place */
    (void)fputs("next: ", stderr);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (options->store_named) {
        (void)fputs(" --store ", stderr);
        reproduce_word(&screen, options->store);
    }
    (void)fputc('\n', stderr);
}

static bool model_print(const struct reading_verb *verb, const struct reading *reading,
                        json_t *model)
{
    struct screen screen = screen_open(stdout, reading->options->color);

    if (!reading->options->json) {
        return verb->screen(reading, model, &screen);
    }
    const bool printed = document_print(model, true, stdout);
    (void)putchar('\n');
    return printed;
}

static int target_read(enum reading_target kind, struct reading *reading)
{
    const struct usage *usage = reading->options->usage;
    const char *named =
        reading->options->argument_count > 0 ? reading->options->arguments[0] : NULL;

    if (kind == READING_NOTHING || (kind == READING_ANY && named == NULL)) {
        return OPTIONS_GO;
    }
    const int found = target_find(reading->query, usage->verb, named, &reading->target);
    const bool trial = reading->target.trial != TRIAL_NONE;
    if (found == OPTIONS_GO && kind == READING_TRIAL && !trial) {
        return options_wrong(usage, "'%s' is an experiment; say which trial: %" PRId64 ".0", named,
                             reading->target.experiment);
    }
    if (found == OPTIONS_GO && trial && (kind == READING_ANY || kind == READING_EXPERIMENT)) {
        return options_wrong(usage, "'%s' is a trial; this is about whole experiments", named);
    }
    return found;
}

static int verb_answer(const struct reading_verb *verb, struct reading *reading)
{
    const int found = target_read(verb->targets, reading);

    if (found != OPTIONS_GO) {
        return found;
    }
    json_t *model = verb->model(reading);
    const bool printed =
        model != NULL && reading->query->status == TIDE_OK && model_print(verb, reading, model);
    const int code = printed && verb->verdict != NULL ? verb->verdict(model) : EXIT_CODE_OK;
    json_decref(model);
    return printed ? code : query_report(reading->query, verb->usage.verb);
}

int reading_run(const struct reading_verb *verb, int argc, char **argv, int64_t now_ms)
{
    struct options options;
    struct query query;
    struct reading reading = {.options = &options, .query = &query, .now_ms = now_ms};
    const int parsed = options_parse(&verb->usage, argc, argv, &options);

    if (parsed != OPTIONS_GO) {
        return parsed;
    }
    if (!query_open(&query, options.store)) {
        const int code = query_report(&query, options.usage->verb);
        query_close(&query);
        return code;
    }
    query_begin(&query);
    const int code = verb_answer(verb, &reading);
    query_end(&query);
    query_close(&query);
    return code;
}
