/*
 * Scalars that keep the type they have in YAML: choices and constants. What looks like a number or
 * a bool in YAML 1.1 and is none here (010, 0x10, 1_000, yes) is named, with what to write instead.
 */
#include "spec/reader.h"

#include "base/digest.h"
#include "base/number.h"
#include "spec/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

static bool goes_on(char byte)
{
    return (byte >= '0' && byte <= '9') || byte == '_';
}

/* Copies `text` without underscores, group commas and leading zeros. */
static void strip_decoration(const char *text, char *bare, size_t bytes)
{
    const size_t sign = *text == '-' || *text == '+';
    size_t used = 0;

    for (size_t i = 0; text[i] != '\0' && used + 1 < bytes; i++) {
        const bool leading = used == sign && text[i] == '0' && goes_on(text[i + 1]);
        if (text[i] != '_' && text[i] != ',' && !leading) {
            bare[used++] = text[i];
        }
    }
    bare[used] = '\0';
}

void reader_number_hint(const struct node *node, char *hint, size_t bytes)
{
    char bare[NUMBER_TEXT_BYTES];
    char *end = NULL;
    double value = 0;
    const unsigned long long hexadecimal = strtoull(node->text, &end, 16);

    hint[0] = '\0';
    strip_decoration(node->text, bare, sizeof bare);
    if (!node->plain && number_parse_real(node->text, &value)) {
        (void)snprintf(hint, bytes, "without the quotes");
    } else if (strncmp(node->text, "0x", 2) == 0 && *end == '\0') {
        (void)snprintf(hint, bytes, "try %llu", hexadecimal);
    } else if (number_parse_real(bare, &value) && strcmp(bare, node->text) != 0) {
        (void)snprintf(hint, bytes, "try %s", bare);
    }
}

const char *reader_bool_hint(const char *text)
{
    static const char *const words[][2] = {
        {"yes", "try true"}, {"no", "try false"},  {"on", "try true"}, {"off", "try false"},
        {"y", "try true"},   {"n", "try false"},   {"1", "try true"},  {"0", "try false"},
        {"t", "try true"},   {"true", "try true"}, {"f", "try false"}, {"false", "try false"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i][0]) == 0) {
            return words[i][1];
        }
    }
    return "";
}

/* Words YAML 1.1 takes for bools and null. Here they are text, and whoever meant a bool is told. */
static bool is_norway(const char *text)
{
    static const char *const words[] = {
        "y",  "Y",   "yes", "Yes", "YES",  "n",    "N",     "no",    "No",   "NO",   "on",   "On",
        "ON", "off", "Off", "OFF", "True", "TRUE", "False", "FALSE", "null", "Null", "NULL", "~"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

void reader_norway(struct reader *reader, const struct node *node)
{
    if (node->plain && is_norway(node->text)) {
        reader_warning(reader, node->place, "quote it, or write true or false",
                       "'%s' is text here, no bool and no null", node->text);
    }
}

/* A number to a person and none here: 010, 0x10, 0o17, 1_000, 1e400. Times and versions are text.
 */
static bool is_bad_number(const char *text)
{
    char bare[NUMBER_TEXT_BYTES];
    char *end = NULL;
    double value = 0;

    strip_decoration(text, bare, sizeof bare);
    if (number_parse_real(bare, &value) ||
        (strncmp(text, "0o", 2) == 0 && text[2 + strspn(text + 2, "01234567")] == '\0')) {
        return true;
    }
    value = strtod(text, &end);
    return *end == '\0' && end != text && (isinf(value) || strpbrk(text, "xX") != NULL);
}

static const char *json_text(struct reader *reader, const char *text)
{
    json_t *value = json_string(text);
    char *dumped = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    char *copy = dumped == NULL ? NULL : arena_text(reader->arena, dumped, strlen(dumped));

    reader->no_memory = reader->no_memory || copy == NULL;
    free(dumped);
    json_decref(value);
    return copy;
}

/* The number as text; a real is marked as one in JSON even where it is whole. */
static void scalar_number(struct reader *reader, struct spec_scalar *scalar)
{
    char text[NUMBER_TEXT_BYTES + 2];

    (void)number_print_real(text, scalar->number);
    scalar->text = arena_text(reader->arena, text, strlen(text));
    if (strpbrk(text, ".e") == NULL) {
        memcpy(text + strlen(text), ".0", 3);
    }
    scalar->json = arena_text(reader->arena, text, strlen(text));
    reader->no_memory = reader->no_memory || scalar->text == NULL || scalar->json == NULL;
}

static void scalar_integer(struct reader *reader, struct spec_scalar *scalar, int64_t value)
{
    char text[NUMBER_TEXT_BYTES];

    scalar->type = SPEC_SCALAR_INTEGER;
    scalar->number = (double)value;
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    scalar->text = arena_text(reader->arena, text, strlen(text));
    scalar->json = scalar->text;
    reader->no_memory = reader->no_memory || scalar->text == NULL;
}

static bool is_bool(const struct node *node)
{
    return node->plain && (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0);
}

/* The type and what follows from it; false after a complaint. */
static bool read_type(struct reader *reader, const struct node *node, struct spec_scalar *scalar)
{
    int64_t integer = 0;
    char hint[SPEC_HINT_BYTES];

    if (is_bool(node)) {
        scalar->type = SPEC_SCALAR_BOOL;
        scalar->number = node->text[0] == 't';
        scalar->json = node->text;
    } else if (node->plain && number_parse_integer(node->text, &integer)) {
        scalar_integer(reader, scalar, integer);
    } else if (node->plain && number_parse_real(node->text, &scalar->number)) {
        scalar->type = SPEC_SCALAR_REAL;
        scalar_number(reader, scalar);
    } else if (node->plain && is_bad_number(node->text)) {
        reader_number_hint(node, hint, sizeof hint);
        reader_error(reader, node->place, hint[0] == '\0' ? "quote it if it is text" : hint,
                     "'%s' is not a number here", shown_text(node->text).text);
        return false;
    } else {
        reader_norway(reader, node);
        scalar->json = json_text(reader, node->text);
    }
    return true;
}

bool reader_scalar(struct reader *reader, const struct node *node, struct spec_scalar *scalar)
{
    *scalar = (struct spec_scalar){.type = SPEC_SCALAR_TEXT, .text = node->text};
    if (node->text_bytes == 0 || node->text_bytes > SPEC_VALUE_BYTES ||
        !utf8_all_printable(node->text, node->text_bytes)) {
        reader_error(reader, node->place, "", "%s",
                     node->text_bytes == 0                 ? "an empty value"
                     : node->text_bytes > SPEC_VALUE_BYTES ? "a value of more than 1024 bytes"
                                                           : "control characters in a value");
        return false;
    }
    if (!read_type(reader, node, scalar) || reader->no_memory) {
        return false;
    }
    scalar->digest = digest_text(scalar->text);
    return true;
}
