/*
 * Messages arrive in the order the checks run and leave in the order of the file. Of too many the
 * first in that order are held, so which ones a person sees does not depend on the order of the
 * checks.
 */
#include "spec/complain.h"

#include "base/text.h"
#include "spec/shown.h"
#include "spec/utf8.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXCERPT_WHOLE = 120, /* a line of this many characters is shown whole */
    EXCERPT_AROUND = 60, /* characters shown before and after the place in a longer one */
};

void report_begin(struct spec_report *report, const char *name)
{
    const size_t bytes = strlen(name);
    const size_t skipped = bytes < sizeof report->file ? 0 : bytes - sizeof report->file + 1;

    *report = (struct spec_report){0};
    text_copy(report->file, sizeof report->file, name + skipped);
    if (!utf8_all_printable(report->file, strlen(report->file))) {
        text_copy(report->file, sizeof report->file, shown_text(name).text);
    }
}

static bool comes_before(struct spec_place place, const struct spec_message *message)
{
    return place.line != message->line ? place.line < message->line
                                       : place.column < message->column;
}

/*
 * Room for a message at `place` in the sorted list of at most `max`; the last one falls off a full
 * list. NULL where it would be the last one itself: a hostile spec has thousands of mistakes, and
 * most are only counted.
 */
static struct spec_message *make_room(struct spec_message *list, size_t *held, size_t max,
                                      struct spec_place place)
{
    size_t at = *held;

    while (at > 0 && comes_before(place, &list[at - 1])) {
        at--;
    }
    if (at == max) {
        return NULL;
    }
    *held += *held < max;
    memmove(&list[at + 1], &list[at], (*held - at - 1) * sizeof *list);
    return &list[at];
}

/* The line numbered from 1, without its end. */
static const char *line_find(const struct source *source, int line, size_t *bytes)
{
    const char *at = source->text;
    const char *end = source->text + source->bytes;
    const char *stop = NULL;

    for (int i = 1; i < line; i++) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        at = next == NULL ? end : next + 1;
    }
    stop = memchr(at, '\n', (size_t)(end - at));
    *bytes = (size_t)((stop == NULL ? end : stop) - at);
    *bytes -= *bytes > 0 && at[*bytes - 1] == '\r';
    return at;
}

struct excerpt {
    char *text;
    size_t used;
};

static void excerpt_add(struct excerpt *excerpt, const char *text, size_t bytes)
{
    if (excerpt->used + bytes < SPEC_EXCERPT_BYTES) {
        memcpy(excerpt->text + excerpt->used, text, bytes);
        excerpt->used += bytes;
        excerpt->text[excerpt->used] = '\0';
    }
}

/* One printable character for each of the line's, so that the caret stands under its place. */
static void excerpt_fill(struct spec_message *message, const char *line, size_t bytes)
{
    const bool whole = utf8_count(line, bytes) <= EXCERPT_WHOLE;
    const int first =
        !whole && message->column > EXCERPT_AROUND ? message->column - EXCERPT_AROUND : 1;
    struct excerpt excerpt = {message->excerpt, 0};
    int column = 1;
    size_t length = 0;

    message->excerpt_column = message->column - first + 1;
    if (first > 1) {
        excerpt_add(&excerpt, "\xe2\x80\xa6", 3);
        message->excerpt_column++;
    }
    for (size_t at = 0; at < bytes; at += length, column++) {
        uint32_t character = 0;
        length = utf8_read(line + at, bytes - at, &character);
        if (!whole && column > message->column + EXCERPT_AROUND) {
            excerpt_add(&excerpt, "\xe2\x80\xa6", 3);
            return;
        }
        if (column < first) {
            length = length == 0 ? 1 : length;
        } else if (length != 0 && character == '\t') {
            excerpt_add(&excerpt, " ", 1);
        } else if (length == 0 || !utf8_printable(character)) {
            excerpt_add(&excerpt, "\xef\xbf\xbd", 3);
            length = length == 0 ? 1 : length;
        } else {
            excerpt_add(&excerpt, line + at, length);
        }
    }
}

struct spec_message *complain_slot(struct spec_report *report, enum severity severity,
                                   const struct source *source, struct spec_place place,
                                   const char *hint)
{
    const bool error = severity == SEVERITY_ERROR;
    struct spec_message *message =
        error ? make_room(report->errors, &report->errors_held, SPEC_ERRORS_MAX, place)
              : make_room(report->warnings, &report->warnings_held, SPEC_WARNINGS_MAX, place);

    *(error ? &report->error_count : &report->warning_count) += 1;
    if (message == NULL) {
        return NULL;
    }
    *message = (struct spec_message){
        .line = place.line, .column = place.column, .length = place.length > 0 ? place.length : 1};
    text_copy(message->hint, sizeof message->hint, hint);
    if (source != NULL && place.line > 0) {
        size_t bytes = 0;
        const char *line = line_find(source, place.line, &bytes);
        excerpt_fill(message, line, bytes);
    }
    return message;
}

void complain(struct spec_report *report, const struct source *source, struct spec_place place,
              const char *hint, const char *format, ...)
{
    struct spec_message *message = complain_slot(report, SEVERITY_ERROR, source, place, hint);
    va_list arguments;

    if (message == NULL) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
}

static void print_place(FILE *out, const char *file, const struct spec_message *message)
{
    if (message->line > 0) {
        (void)fprintf(out, "%s:%d:%d: ", file, message->line, message->column);
    } else {
        (void)fprintf(out, "%s: ", file);
    }
}

/* The columns of at most `count` characters from *at on, which moves behind them. */
static int columns_pass(const char **at, int count)
{
    const char *end = *at + strlen(*at);
    uint32_t character = 0;
    int columns = 0;

    for (int i = 0; i < count && *at < end; i++) {
        const size_t length = utf8_read(*at, (size_t)(end - *at), &character);
        const int wide = length == 0 ? 1 : utf8_columns(character);
        columns += wide < 0 ? 1 : wide;
        *at += length == 0 ? 1 : length;
    }
    return columns;
}

static void print_excerpt(FILE *out, const struct spec_message *message)
{
    const int digits = snprintf(NULL, 0, "%d", message->line);
    const char *at = message->excerpt;
    const int before = columns_pass(&at, message->excerpt_column - 1);
    const int under = columns_pass(&at, message->length);

    (void)fprintf(out, "  %d | %s\n", message->line, message->excerpt);
    (void)fprintf(out, "  %*s | %*s^", digits, "", before, "");
    for (int i = 1; i < under; i++) {
        (void)fputc('~', out);
    }
    (void)fprintf(out, "%s%s\n", message->hint[0] == '\0' ? "" : " ", message->hint);
}

static void print_message(FILE *out, const char *file, const char *severity,
                          const struct spec_message *message)
{
    print_place(out, file, message);
    (void)fprintf(out, "%s: %s", severity, message->text);
    if (message->excerpt[0] != '\0') {
        (void)fputc('\n', out);
        print_excerpt(out, message);
    } else {
        (void)fprintf(out, "%s%s\n", message->hint[0] == '\0' ? "" : "; ", message->hint);
    }
}

static struct spec_place place_of(const struct spec_message *message)
{
    return (struct spec_place){message->line, message->column, message->length};
}

/* The two lists as one, by place; an error before a warning where they share one. */
static void print_messages(FILE *out, const struct spec_report *report)
{
    const struct spec_message *error = report->errors;
    const struct spec_message *warning = report->warnings;
    const struct spec_message *last_error = error + report->errors_held;
    const struct spec_message *last_warning = warning + report->warnings_held;

    while (error < last_error || warning < last_warning) {
        if (error < last_error &&
            (warning == last_warning || !comes_before(place_of(warning), error))) {
            print_message(out, report->file, "error", error++);
        } else {
            print_message(out, report->file, "warning", warning++);
        }
    }
}

static void print_rest(FILE *out, const char *file, size_t rest, const char *what)
{
    if (rest > 0) {
        (void)fprintf(out, "%s: and %zu more %s%s\n", file, rest, what, rest == 1 ? "" : "s");
    }
}

char *spec_report_text(const struct spec_report *report)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (out == NULL) {
        return NULL;
    }
    print_messages(out, report);
    print_rest(out, report->file, report->error_count - report->errors_held, "error");
    print_rest(out, report->file, report->warning_count - report->warnings_held, "warning");
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static json_t *messages_json(const struct spec_message *messages, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct spec_message *message = &messages[i];
        (void)json_array_append_new(
            list, json_pack("{s:i, s:i, s:i, s:s, s:s, s:s}", "line", message->line, "column",
                            message->column, "length", message->length, "text", message->text,
                            "hint", message->hint, "source", message->excerpt));
    }
    return list;
}

char *spec_report_json(const struct spec_report *report)
{
    json_t *root = json_pack("{s:s, s:o, s:I, s:o, s:I}", "file", report->file, "errors",
                             messages_json(report->errors, report->errors_held), "error_count",
                             (json_int_t)report->error_count, "warnings",
                             messages_json(report->warnings, report->warnings_held),
                             "warning_count", (json_int_t)report->warning_count);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);

    json_decref(root);
    return text;
}
