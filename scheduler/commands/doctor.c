/*
 * doctor: what could be wrong with a store, its place, its keys and its coordinator, looked at
 * without changing any of it. A finding a line; the exit code is 1 when one of them is bad.
 */
#include "commands/doctor.h"

#include "commands/reading.h"
#include "commands/verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FINDING_BYTES = 1024, CHECK_COLUMN = 9, TEXT_COLUMN = 22 };

static const char *const verdict_texts[] = {
#define X(name, text) text,
    VERDICT_LIST(X)
#undef X
};

void finding(struct examination *examination, const char *check, enum verdict verdict,
             const char *advice, const char *format, ...)
{
    char text[FINDING_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)json_array_append_new(examination->findings,
                                json_pack("{s:s, s:s, s:s, s:s?}", "check", check, "verdict",
                                          verdict_texts[verdict], "text", text, "advice", advice));
}

static enum verdict verdict_of(const json_t *row)
{
    const char *text = model_text(row, "verdict");
    int verdict = VERDICT_GOOD;

    while (verdict < VERDICT_BAD && strcmp(text, verdict_texts[verdict]) != 0) {
        verdict++;
    }
    return (enum verdict)verdict;
}

static size_t verdict_count(const json_t *findings, enum verdict verdict)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(findings); i++) {
        count += verdict_of(json_array_get(findings, i)) == verdict ? 1 : 0;
    }
    return count;
}

static void finding_print(struct screen *screen, const json_t *row)
{
    static const enum style styles[VERDICT_COUNT] = {STYLE_GOOD, STYLE_DIM, STYLE_WARN, STYLE_BAD};
    const enum verdict verdict = verdict_of(row);

    screen_style(screen, styles[verdict]);
    screen_print(screen, "%s", verdict_texts[verdict]);
    screen_plain(screen);
    screen_tab(screen, CHECK_COLUMN);
    screen_print(screen, "%s", model_text(row, "check"));
    screen_tab(screen, TEXT_COLUMN);
    screen_text(screen, model_text(row, "text"), 0);
    screen_print(screen, "\n");
    if (model_has(row, "advice")) {
        screen_tab(screen, TEXT_COLUMN);
        screen_print(screen, "-> ");
        screen_text(screen, model_text(row, "advice"), 0);
        screen_print(screen, "\n");
    }
}

static void findings_print(const struct examination *examination)
{
    struct screen screen = screen_open(stdout, examination->options->color);
    const json_t *findings = examination->findings;

    for (size_t i = 0; i < json_array_size(findings); i++) {
        finding_print(&screen, json_array_get(findings, i));
    }
    screen_print(&screen, "%zu bad, %zu warning, %zu note, %zu good\n",
                 verdict_count(findings, VERDICT_BAD), verdict_count(findings, VERDICT_WARNING),
                 verdict_count(findings, VERDICT_NOTE), verdict_count(findings, VERDICT_GOOD));
}

static void findings_document(const struct examination *examination)
{
    json_t *document = json_pack("{s:s, s:b, s:O}", "store", examination->options->store, "healthy",
                                 verdict_count(examination->findings, VERDICT_BAD) == 0, "findings",
                                 examination->findings);

    (void)json_dumpf(document, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(document);
}

static const struct option_rule rules[] = {
    {"full", 0, NULL, "read every page and check every reference: slow"},
    {"keys", 0, "DIR", "the configured keys of the coordinator"},
    {"connect", 0, "ENDPOINT", "a coordinator elsewhere, with --key and --server-key"},
    {"key", 0, "FILE", "the secret key of an operator"},
    {"server-key", 0, "KEY", "the public key of the coordinator, or its file"},
};

static const struct usage usage = {
    .verb = "doctor",
    .arguments = "",
    .text = "Looks for what could be wrong, and changes nothing: the versions, the clock,\n"
            "the file system and the disk of the store, what is in it, the modes of the\n"
            "keys' files, silent workers, and whether the coordinator answers. A finding a\n"
            "line, with what to do; exit code 1 when one of them is bad.",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .example = "tidemill doctor --store s.db\ntidemill doctor --store s.db --keys keys --json",
};

int command_doctor(int argc, char **argv)
{
    struct options options;
    struct examination examination = {.options = &options, .now_ms = wall_ms()};
    const int parsed = options_parse(&usage, argc, argv, &options);

    if (parsed != OPTIONS_GO) {
        return parsed;
    }
    examination.findings = json_array();
    examine_place(&examination);
    if (examine_store(&examination)) {
        examine_keys(&examination);
        examine_coordinator(&examination);
    }
    if (options.json) {
        findings_document(&examination);
    } else {
        findings_print(&examination);
    }
    const bool bad = verdict_count(examination.findings, VERDICT_BAD) > 0;
    json_decref(examination.findings);
    return fflush(stdout) == 0 && !bad ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
